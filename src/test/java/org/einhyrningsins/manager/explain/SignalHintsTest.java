// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.explain;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.spec.fact.Fact;
import org.einhyrningsins.spec.fact.FactKind;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

class SignalHintsTest {
    private static String of(String command, long secondsBefore, String signal) {
        Fact sent =
                new Fact(
                        10_000 - 1000 * secondsBefore,
                        "web",
                        -1,
                        0,
                        FactKind.COMMAND,
                        command + ", by ann (uid 7)",
                        Map.of("command", "signal"));
        Fact end = new Fact(10_000, "web", 1, 9, FactKind.EXITED, "", Map.of("signal", signal));
        return SignalHints.of(List.of(sent), end, Map.of());
    }

    @Test
    void whatAnOperatorSentIsSaidAndNothingElseIsBlamedOnThem() {
        String who = "it was sent by an operator: ";
        assertThat(of("signal KILL web", 1, "SIGKILL")).startsWith(who + "signal KILL web, by ann");
        assertThat(of("signal kill web:1", 1, "SIGKILL")).startsWith(who);
        assertThat(of("signal 9 web:0,1", 1, "SIGKILL")).startsWith(who);
        assertThat(of("signal USR2 web", 1, "SIGSEGV")).startsWith("it crashed");
        assertThat(of("signal KILL web:0", 1, "SIGKILL")).startsWith("not by this manager");
        assertThat(of("signal KILL web:11", 1, "SIGKILL")).startsWith("not by this manager");
        assertThat(of("signal KILL web", 6, "SIGKILL")).startsWith("not by this manager");
        assertThat(of("signal KILL web", -1, "SIGKILL")).startsWith("not by this manager");
    }

    @Test
    void aLimitIsNamedWithItsValue() {
        Map<Resource, Limit> limits =
                Map.of(
                        Resource.CPU, new Limit(3, 9),
                        Resource.FSIZE, new Limit(4096, 8192),
                        Resource.CORE, new Limit(0, 0));
        assertThat(SignalHints.of("SIGXCPU", false, limits)).endsWith("limits.cpu allows (3s)");
        assertThat(SignalHints.of("SIGXFSZ", false, limits))
                .endsWith("limits.fsize allows (4096 bytes)");
        assertThat(SignalHints.of("SIGKILL", false, limits))
                .contains("limits.cpu, which kills at 9s");
        assertThat(SignalHints.of("SIGKILL", false, Map.of())).doesNotContain("limits.cpu");
        assertThat(SignalHints.of("SIGXCPU", false, Map.of())).contains("the manager's own");
        assertThat(SignalHints.of("SIGSEGV", false, limits)).endsWith("since limits.core is 0");
    }

    @Test
    void whetherThereIsACoreIsSaid() {
        assertThat(SignalHints.of("SIGABRT", true, Map.of())).contains("coredumpctl");
        assertThat(SignalHints.of("SIGABRT", false, Map.of())).contains("no core was kept");
    }

    @Test
    void everySignalHasAHint() {
        for (String signal :
                List.of("SIGHUP", "SIGPIPE", "SIGSYS", "SIGUSR2", "SIGBUS", "signal 34")) {
            assertThat(SignalHints.of(signal, false, Map.of())).isNotEmpty();
        }
        assertThat(SignalHints.of("SIGTERM", false, Map.of())).contains("a1=15");
    }
}
