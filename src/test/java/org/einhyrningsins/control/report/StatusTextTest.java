// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.report;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.einhyrningsins.control.Golden;
import org.einhyrningsins.control.Samples;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

class StatusTextTest {
    @Test
    void readsAsTheGoldenFileHasIt() throws IOException {
        String text =
                "status\n\n"
                        + StatusText.programs(Samples.report())
                        + "\nshow\n\n"
                        + StatusText.workers(Samples.report())
                        + "\nshow api\n\n"
                        + StatusText.workers(Samples.report(List.of(Samples.api())))
                        + "\nstatus of nothing\n\n"
                        + StatusText.programs(Samples.report(List.of()));
        Golden.check("status.txt", text);
    }

    @Test
    void writesTheTwoLargestUnitsOfADuration() {
        assertThat(StatusText.duration(-5)).isEqualTo("0s");
        assertThat(StatusText.duration(59_999)).isEqualTo("59s");
        assertThat(StatusText.duration(60_000)).isEqualTo("1m0s");
        assertThat(StatusText.duration(3_599_999)).isEqualTo("59m59s");
        assertThat(StatusText.duration(3_600_000)).isEqualTo("1h0m");
        assertThat(StatusText.duration(183_845_000)).isEqualTo("2d3h");
    }

    @Test
    void saysThatAReloadWaitsToBeConfirmed() {
        StatusReport report = new StatusReport("", 1, 0, "", 23_400, List.of(Samples.web()));
        String told =
                "\nThe last reload goes back in 23s unless it is confirmed: einhyrningsinsctl"
                        + " confirm\n";
        assertThat(StatusText.programs(report)).endsWith(told);
        assertThat(StatusText.workers(report)).endsWith(told);
        assertThat(new String(ReplyWriter.done(JsonId.NONE, ExitStatus.DONE, "", report), UTF_8))
                .contains("\"confirm_ms\":23400,");
    }

    @Test
    void aThousandWorkersAreNoWork() {
        StatusReport report = Samples.big(200, 5);
        StatusText.workers(report);
        long start = System.nanoTime();
        int lines = StatusText.workers(report).split("\n", -1).length;
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        assertThat(lines).isEqualTo(1 + 200 * 6 + 1);
        assertThat(taken).isLessThan(Duration.ofMillis(500));
    }
}
