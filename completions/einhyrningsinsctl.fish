# SPDX-License-Identifier: GPL-3.0-or-later
# Completion for fish, of einhyrningsins and einhyrningsinsctl. To be installed as
# /usr/share/fish/vendor_completions.d/einhyrningsinsctl.fish, and einhyrningsins.fish beside it as a link to it.
# What may be typed is asked of einhyrningsinsctl, so this need never change.

function __einhyrningsins_choices
    set -l words (commandline -opc)
    set -l name (string replace -r '.*/' '' -- $words[1])
    einhyrningsinsctl complete $name $words[2..] (commandline -ct) 2>/dev/null
end

function __einhyrningsins_wants_file
    set -l words (commandline -opc)
    contains -- $words[-1] -d --socket --socket-path
end

complete -c einhyrningsinsctl -f -a '(__einhyrningsins_choices)'
complete -c einhyrningsinsctl -n __einhyrningsins_wants_file -F
complete -c einhyrningsins -a '(__einhyrningsins_choices)'
