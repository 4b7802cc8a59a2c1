// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

class ControlCommandTest {
    private static final CommandTarget WEB = new CommandTarget("web", CommandTarget.WHOLE);
    private static final CommandTarget WEB_2 = new CommandTarget("web", 2);

    @Test
    void noNameMeansEveryProgramWhereNothingStops() throws UsageException {
        assertThat(read("status")).isEqualTo(new ControlCommand.Status(List.of(), false));
        assertThat(read("show")).isEqualTo(new ControlCommand.Show(List.of(), false));
        assertThat(read("reload")).isEqualTo(new ControlCommand.Reload(List.of(), null, false));
        assertThat(read("upgrade")).isEqualTo(new ControlCommand.Upgrade(List.of(), false));
        assertThat(read("start")).isEqualTo(new ControlCommand.Start(List.of()));
        assertThat(read("logs")).isEqualTo(new ControlCommand.Logs(List.of()));
        assertThat(read("logs web:2")).isEqualTo(new ControlCommand.Logs(List.of(WEB_2)));
        assertThat(read("events"))
                .isEqualTo(new ControlCommand.Events(List.of(), null, true, false));
        assertThat(read("inc")).isEqualTo(new ControlCommand.Increase(List.of(), 1));
    }

    @Test
    void whatStopsMustBeAskedOfAllInSoManyWords() throws UsageException {
        for (String command : List.of("stop", "restart", "scale 3")) {
            refuses(command, "all");
        }
        assertThat(read("stop all")).isEqualTo(new ControlCommand.Stop(List.of()));
        assertThat(read("restart all")).isEqualTo(new ControlCommand.Restart(List.of()));
        assertThat(read("scale all 3")).isEqualTo(new ControlCommand.Scale(List.of(), 3));
    }

    @Test
    void understandsSignals() throws UsageException {
        List<CommandTarget> all = List.of();
        assertThat(read("signal HUP"))
                .isEqualTo(new ControlCommand.Deliver(List.of(Signal.HUP), all));
        assertThat(read("signal HUP all"))
                .isEqualTo(new ControlCommand.Deliver(List.of(Signal.HUP), all));
        assertThat(read("signal sigusr2 web:2"))
                .isEqualTo(new ControlCommand.Deliver(List.of(Signal.USR2), List.of(WEB_2)));
        assertThat(read("signal USR1 SIGTERM web"))
                .isEqualTo(
                        new ControlCommand.Deliver(
                                List.of(Signal.USR1, Signal.TERM), List.of(WEB)));
        assertThat(read("signal USR1 term"))
                .isEqualTo(
                        new ControlCommand.Deliver(
                                List.of(Signal.USR1),
                                List.of(new CommandTarget("term", CommandTarget.WHOLE))));
        refuses("signal", "needs a signal");
        assertThat(read("reexec")).isEqualTo(new ControlCommand.Reexec());
        refuses("reexec web", "takes no arguments");
        assertThat(read("die")).isEqualTo(new ControlCommand.Die(null));
        assertThat(read("die SIGTERM")).isEqualTo(new ControlCommand.Die(Signal.TERM));
        refuses("die web", "'web' is no signal");
        refuses("die TERM KILL", "one signal at most");
    }

    @Test
    void understandsTheNamesThatEinhornGaveThem() throws UsageException {
        assertThat(read("set_workers 4")).isEqualTo(new ControlCommand.Scale(List.of(), 4));
        assertThat(read("set_workers web 4")).isEqualTo(new ControlCommand.Scale(List.of(WEB), 4));
        refuses("set_workers", "a number");
        refuses("set_workers 0", "from 1");
        assertThat(read("upgrade_fleet")).isEqualTo(new ControlCommand.Upgrade(List.of(), true));
        assertThat(read("upgrade_fleet web"))
                .isEqualTo(new ControlCommand.Upgrade(List.of(WEB), true));
        assertThat(read("quieter")).isEqualTo(new ControlCommand.Loudness(false));
        assertThat(read("louder")).isEqualTo(new ControlCommand.Loudness(true));
        assertThat(read("state")).isEqualTo(new ControlCommand.State());
        assertThat(read("ehlo gdb")).isEqualTo(new ControlCommand.Greet("gdb"));
        assertThat(read("help")).isEqualTo(new ControlCommand.Help());
        refuses("config number:", "'config' is not taken");
    }

    @Test
    void understandsProgramsAndSlots() throws UsageException {
        assertThat(read("reload web web:2"))
                .isEqualTo(new ControlCommand.Reload(List.of(WEB, WEB_2), null, false));
        assertThat(read("upgrade --fleet web"))
                .isEqualTo(new ControlCommand.Upgrade(List.of(WEB), true));
        assertThat(WEB).hasToString("web");
        assertThat(WEB_2).hasToString("web:2");
    }

    @Test
    void understandsTrials() throws UsageException {
        assertThat(read("plan web")).isEqualTo(new ControlCommand.Plan(List.of(WEB)));
        assertThat(read("confirm")).isEqualTo(new ControlCommand.Confirm());
        assertThat(read("reload --confirm 30s web"))
                .isEqualTo(new ControlCommand.Reload(List.of(WEB), Duration.ofSeconds(30), false));
        assertThat(read("reload --confirm 1500ms"))
                .isEqualTo(new ControlCommand.Reload(List.of(), Duration.ofMillis(1500), false));
        assertThat(read("reload --confirm 24h"))
                .isEqualTo(new ControlCommand.Reload(List.of(), Duration.ofHours(24), false));
        refuses("reload --confirm", "needs a time");
        for (String time : List.of("web", "30", "s", "0s", "999ms", "25h", "-1s", "9999999s")) {
            refuses("reload --confirm " + time, "from 1s to 24h");
        }
        refuses("confirm web", "takes no arguments");
    }

    @Test
    void decidesOnRolloutsOfWholeProgramsThatAreNamed() throws UsageException {
        assertThat(read("promote web")).isEqualTo(new ControlCommand.Promote(List.of(WEB)));
        assertThat(read("abort web")).isEqualTo(new ControlCommand.Abort(List.of(WEB)));
        assertThat(read("abort all")).isEqualTo(new ControlCommand.Abort(List.of()));
        for (String command : List.of("promote", "abort")) {
            refuses(command, "all for every program");
            refuses(command + " web:2", "a rollout is the whole program's");
        }
    }

    @Test
    void understandsNumbersOfWorkers() throws UsageException {
        assertThat(read("inc web")).isEqualTo(new ControlCommand.Increase(List.of(WEB), 1));
        assertThat(read("dec web 2")).isEqualTo(new ControlCommand.Decrease(List.of(WEB), 2));
        assertThat(read("inc 3")).isEqualTo(new ControlCommand.Increase(List.of(), 3));
        assertThat(read("scale web 0")).isEqualTo(new ControlCommand.Scale(List.of(WEB), 0));
        refuses("scale web", "a number");
        refuses("scale web 10001", "from 0 to 10000");
        refuses("scale web 99999999999", "from 0 to 10000");
        refuses("inc web 0", "from 1");
        refuses("inc web:2", "whole programs");
    }

    @Test
    void saysWhatIsWrong() {
        refuses("fly", "unknown command 'fly'");
        refuses("status web:x", "the slot must be a number");
        refuses("status web:", "the slot must be a number");
        refuses("status we/b", "'we/b' is no program");
        refuses("status web all", "'all' already means every program");
        refuses("signal FOO web", "'FOO' is no signal");
        refuses("version 1", "'version' takes no arguments");
    }

    private static void refuses(String line, String why) {
        assertThatThrownBy(() -> read(line))
                .as(line)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(why);
    }

    private static ControlCommand read(String line) throws UsageException {
        List<String> words = List.of(line.split(" ", -1));
        return ControlCommand.read(words.get(0), words.subList(1, words.size()));
    }
}
