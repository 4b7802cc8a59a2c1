// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

/// Text of `help` on the wire: for those who speak the protocol by hand, and for `einhornsh`. The
/// client has help of its own.
public final class WireHelp {
    private WireHelp() {}

    public static final String TEXT =
            """
            You are speaking to the einhyrningsins manager. PROGRAM may be PROGRAM:SLOT or
            all; without one, every program is meant.

            status [--exit-code] [PROGRAM]...
                                           how the programs are; a failure if one is not
                                           as wanted
            show [--graph] [PROGRAM]...    the same with each worker and socket, or the
                                           order of start
            explain [PROGRAM]...           why they are as they are, and what comes next
            plan [PROGRAM]...              what reload would do
            reload [--reset] [--confirm TIME] [PROGRAM]...
                                           read the file again and roll what changed;
                                           go back unless it is confirmed in that time;
                                           forget what was stopped or scaled by hand
            confirm                        stay with what was reloaded
            upgrade [--fleet] [PROGRAM]...
                                           roll onto new workers, definition as it is
            promote PROGRAM...             let a rollout go on from its canary
            abort PROGRAM...               end a rollout, bring the old version back
            start [PROGRAM]...             start what is stopped or has failed
            stop PROGRAM...                stop gracefully, and keep stopped
            restart PROGRAM...             stop, then start
            inc [PROGRAM]... [N]           run N workers more
            dec [PROGRAM]... [N]           run N workers fewer
            scale PROGRAM... N             run N workers
            signal SIGNAL... [PROGRAM]...  send signals to workers
            events [--manager] [--since TIME] [PROGRAM]...
                                           tell what happens, or happened since then;
                                           or the manager's last lines of log
            wait [--for STATE] [PROGRAM]...
                                           wait until they are ready, stopped, done or
                                           rolled
            logs [PROGRAM]...              tell where its output is to be read
            quieter, louder                log less, or more
            reexec                         replace the manager by its newest version
            die [SIGNAL]                   stop everything; the manager exits
            version, ehlo                  which manager this is
            help                           this

            Older names: state (everything, as einhorn shows it), set_workers [PROGRAM]...
            N (scale), upgrade_fleet [PROGRAM]... (upgrade --fleet).
            """;
}
