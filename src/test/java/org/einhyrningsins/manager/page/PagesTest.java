// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.control.report.FailureStatus;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.report.VersionStatus;
import org.einhyrningsins.control.report.WorkerStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.core.model.ProgramCommand;
import org.einhyrningsins.core.model.ProgramEvent;
import org.einhyrningsins.posix.process.ProcessUsage;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.WorkerId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

class PagesTest {
    private static final String EVIL = "<script>alert(\"1\" & '2')</script>\u0000";

    @TempDir Path directory;

    @Test
    void showsNothingOfWorkersAsItIs() throws IOException {
        String html = text(Pages.STATUS);
        assertThat(html)
                .contains("&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;")
                .doesNotContain("<script", "\u0000", "http://", "https://", " src=", "@import")
                .contains("<h2>web</h2>", "2 of 3");
    }

    @Test
    void answersWhatTheStatusCommandAnswers() throws IOException {
        assertThat(text(Pages.JSON))
                .startsWith("{\"request_id\":null,\"message\":\"\",\"code\":0,\"data\":{")
                .contains("\"manager_pid\":4242", "\"name\":\"web\"");
    }

    @Test
    void writesWhatPrometheusReads() throws IOException {
        assertThat(text(Pages.METRICS))
                .contains("# TYPE einhyrningsins_worker_starts_total counter")
                .contains("einhyrningsins_worker_starts_total{program=\"web\"} 7.0\n")
                .contains(
                        "einhyrningsins_worker_exits_total{cause=\"own\",exit=\"SIGKILL\",program=\"web\"}"
                            + " 2.0\n")
                .contains("einhyrningsins_worker_ack_seconds_count{program=\"web\"} 4\n")
                .contains("einhyrningsins_worker_ack_seconds_sum{program=\"web\"} 1.5\n")
                .contains("einhyrningsins_program_workers{program=\"web\",state=\"starting\"} 3.0")
                .contains("einhyrningsins_program_state{program=\"web\",state=\"running\"} 1.0")
                .contains("einhyrningsins_worker_resident_memory_bytes{program=\"web\",slot=\"0\"}")
                .contains("einhyrningsins_kept_log_lost_lines_total{program=\"web\"} 5.0")
                .doesNotContain("_created", "slot=\"1\"} 9")
                .endsWith("\n");
        assertThat(text(Pages.OPEN_METRICS)).endsWith("# EOF\n");
    }

    @Test
    void findsTheFormatThatIsAskedFor() {
        String open = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3";
        assertThat(Pages.of(new HttpRequest("GET", "/metrics", open, "")))
                .isEqualTo(Pages.OPEN_METRICS);
        assertThat(Pages.of(new HttpRequest("GET", "/metrics", "", ""))).isEqualTo(Pages.METRICS);
        assertThat(Pages.of(new HttpRequest("GET", "/", open, ""))).isEqualTo(Pages.STATUS);
        assertThat(Pages.of(new HttpRequest("GET", "/../etc/passwd", "", ""))).isNull();
    }

    private String text(Pages page) throws IOException {
        RenderedPage made = page.make(snapshot());
        assertThat(made.status()).isEqualTo(200);
        return new String(made.body(), StandardCharsets.UTF_8);
    }

    private PageData snapshot() throws IOException {
        int self = (int) ProcessHandle.current().pid();
        ProgramStatus web =
                new ProgramStatus(
                        "web",
                        VersionStatus.of(1),
                        new ProgramStatus.Condition(
                                ProgramStatus.State.RUNNING, 2, 3, "", EVIL, FailureStatus.NONE),
                        OperatorOverride.NONE,
                        List.of(),
                        List.of(
                                new WorkerStatus(
                                        new WorkerId(0, 1),
                                        self,
                                        "ready",
                                        VersionStatus.of(1),
                                        61_000,
                                        0,
                                        EVIL,
                                        FailureStatus.NONE)),
                        List.of());
        StatusReport report =
                new StatusReport("0.1.0", 4242, 1_000, "/etc/" + EVIL, -1, List.of(web));
        PageData.Numbers numbers =
                new PageData.Numbers(
                        program(),
                        Map.of(
                                "starts", 7L,
                                "acks", 4L,
                                "ack-micros", 1_500_000L,
                                "exits own SIGKILL", 2L),
                        List.of(new PageData.Life(0, 1_000, () -> ProcessUsage.of(self))),
                        new PageData.Log(100, 5, 500));
        var manager = new PageData.Manager(1_000, 1, 2, 3, 1024);
        return new PageData(report, List.of(numbers), manager);
    }

    private Program program() throws IOException {
        Path file = directory.resolve("services.yaml");
        Files.writeString(file, "programs: {web: {command: [/bin/true], workers: 3}}\n");
        var nobody = new LoadEnvironment(Map.of(), 1, name -> true, name -> true);
        LoadResult.Valid valid = (LoadResult.Valid) ConfigLoader.load(file, nobody);
        Moment now = new Moment(0);
        return Program.of(valid.services().programs().firstEntry().getValue(), now)
                .step(new ProgramEvent.Requested(1, new ProgramCommand.Start(null)), now)
                .program();
    }
}
