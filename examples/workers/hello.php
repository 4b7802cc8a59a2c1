<?php
// SPDX-License-Identifier: GPL-3.0-or-later
header('Content-Type: text/plain');
printf("Hello from version=%s pid=%d slot=%s\n", getenv('VERSION'), getmypid(), getenv('EINHORN_CHILD_INDEX'));
