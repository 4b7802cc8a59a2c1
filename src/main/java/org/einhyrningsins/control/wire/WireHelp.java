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
                                           show one line for each program; fail if one
                                           is not as wanted
            show [--graph] [PROGRAM]...    show each worker and socket, or the order of
                                           start
            explain [PROGRAM]...           explain their state, and what comes next
            plan [PROGRAM]...              show what a reload would do
            reload [--reset] [--confirm TIME] [PROGRAM]...
                                           read the file again and apply what changed;
                                           go back unless it is confirmed in that time;
                                           forget what was stopped, scaled or rolled
                                           back by hand
            confirm                        keep what 'reload --confirm' changed
            upgrade [--fleet] [PROGRAM]...
                                           replace workers, with the same definition
            rollback PROGRAM... [GENERATION]
                                           replace workers, with the definition of an
                                           earlier generation
            history [PROGRAM]...           show the latest generations
            promote PROGRAM...             let a rollout go on from its canary
            abort PROGRAM...               end a rollout, bring the old version back
            start [PROGRAM]...             start what is stopped or has failed
            stop PROGRAM...                stop gracefully; the program stays stopped
            restart PROGRAM...             stop, then start
            inc [PROGRAM]... [N]           run N more workers
            dec [PROGRAM]... [N]           run N fewer workers
            scale PROGRAM... N             run N workers
            signal SIGNAL... [PROGRAM]...  send signals to workers
            events [--manager] [--since TIME] [PROGRAM]...
                                           print what happens, or happened since then;
                                           or the last lines of the manager's log
            wait [--for STATE] [PROGRAM]...
                                           wait until they are ready, stopped, done or
                                           rolled
            logs [PROGRAM]...              name the files that workers write to
            quieter, louder                log less, or more
            reexec                         replace the manager by its newest version
            die [SIGNAL]                   stop all programs and end the manager
            version, ehlo                  print which manager this is
            help                           print this help

            Older names: state (everything, as einhorn shows it), set_workers [PROGRAM]...
            N (scale), upgrade_fleet [PROGRAM]... (upgrade --fleet).
            """;
}
