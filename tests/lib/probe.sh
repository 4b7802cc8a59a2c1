#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Notes the signal state that it was born with before python, which changes some, takes over under the same pid.
#   probe.sh DIRECTORY ACK
while read -r line; do
    printf '%s\n' "$line"
done </proc/self/status >"$1/$EINHORN_MASTER_PID-$NAME-$EINHORN_CHILD_INDEX.status"
exec python3 -IS "${0%/*}/probe.py" "$@"
