// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.model.ProgramPhase;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.SplittableRandom;

final class ImageTextTest {
    /// Written by the first version that wrote images. It is to be read for ever: what a newer
    /// version adds has its default.
    private static final String FIRST = "program-format-1.json";

    @Test
    void readsWhatTheFirstVersionWrote() throws Exception {
        ProgramSnapshot image = SnapshotDecoder.read(first(), ProgramSnapshot.class);
        assertThat(image.program().name()).isEqualTo("web");
        assertThat(image.program().phase()).isInstanceOf(ProgramPhase.Running.class);
        assertThat(image.program().rollout())
                .matches(rollout -> rollout != null && rollout.canary() == null);
        assertThat(image.program().slots()).hasSize(3);
        assertThat(image.program().slots().getFirst().workers().getFirst().health().recalled())
                .isFalse();
        assertThat(image.program().slots().getFirst().workers().getFirst().state())
                .isInstanceOf(WorkerState.class);
        assertThat(image.program().slots().getFirst().past().crashLoop()).isFalse();
        assertThat(image.program().slots().getFirst().past().crashes().recent()).isEmpty();
        assertThat(image.program().slots().getFirst().past().last()).isNull();
        assertThat(image.program().serving().spec().sockets()).hasSize(2);
        assertThat(image.workers()).isNotEmpty();
        assertThat(image.workerSockets().getFirst().name()).isEqualTo("web");
    }

    @Test
    void writesWhatItReads() throws Exception {
        ProgramSnapshot image = SnapshotDecoder.read(first(), ProgramSnapshot.class);
        String again = new SnapshotEncoder().write(image);
        assertThat(SnapshotDecoder.read(again, ProgramSnapshot.class)).isEqualTo(image);
        assertThat(again).doesNotContain("\n\n");
    }

    @Test
    void componentsAreGroupedInJavaOnly() throws Exception {
        ProgramSnapshot image = SnapshotDecoder.read(first(), ProgramSnapshot.class);
        String again = new SnapshotEncoder().write(image);
        assertThat(again)
                .contains(
                        "\"definition\":{\"name\":\"web\",\"workers\":",
                        ",\"command\":[",
                        ",\"sockets\":[",
                        ",\"managerLink\":{",
                        ",\"release\":null}")
                .doesNotContain("\"launch\"", "\"bind\":{", "\"supervision\"", "\"found\"");
        assertThatThrownBy(
                        () ->
                                SnapshotDecoder.read(
                                        again.replace("\"workers\":", "\"launch\":{},\"workers\":"),
                                        ProgramSnapshot.class))
                .hasMessage(
                        "versions.0.definition: it has 'launch', of which this version knows"
                                + " nothing");
        String without = again.replaceFirst(",\"managerLink\":\\{[^}]*}", "");
        assertThat(without).isNotEqualTo(again);
        assertThat(SnapshotDecoder.read(without, ProgramSnapshot.class)).isEqualTo(image);
        String hole = again.replaceFirst(",\"directory\":\"[^\"]*\"", "");
        assertThatThrownBy(() -> SnapshotDecoder.read(hole, ProgramSnapshot.class))
                .hasMessage("versions.0.definition.directory: expected something, found nothing");
    }

    @Test
    void anOlderTextGetsTheDefaultOfWhatItLacks() throws Exception {
        String older = first().replaceAll("\"retiring\":false,", "");
        assertThat(older).isNotEqualTo(first());
        assertThat(SnapshotDecoder.read(older, ProgramSnapshot.class).retiring()).isFalse();
        String noRestart =
                first().replaceAll("\"restart\":\\{.*?\\},\"giveUp\":null,\"burst\":50\\},", "");
        assertThat(noRestart).isNotEqualTo(first());
        assertThat(
                        SnapshotDecoder.read(noRestart, ProgramSnapshot.class)
                                .program()
                                .serving()
                                .spec()
                                .restart())
                .isEqualTo(org.einhyrningsins.spec.RestartSpec.DEFAULT);
    }

    @Test
    void refusesWhatItDoesNotUnderstand() throws Exception {
        int next = SnapshotLanguage.NUMBER + 1;
        refuses(
                first().replace("\"format\":1", "\"format\":" + next),
                "its format is " + next + " and release ");
        refuses(
                first().replace("\"format\":1", "\"format\":" + next),
                "reads up to 2: the release that wrote it, or a later one, can read it");
        refuses(first().replace("\"format\":1", "\"format\":null"), "no format number");
        refuses(
                first().replace("\"retiring\":", "\"telepathy\":1,\"retiring\":"),
                "'telepathy', of which this version knows nothing");
        refuses(first().replace("\"is\":\"Running\"", "\"is\":\"Dreaming\""), "Dreaming");
        refuses("", "cut off");
        refuses("{\"format\":tru", "cut off");
        refuses("{\"format\":trx", "no JSON at character 10: expected a value");
        refuses("[]", "expected an object");
        refuses("{\"format\":1}", "expected a list");
        refuses("[".repeat(100_000), "less nesting");
    }

    @Test
    void refusesAnImageWithAHoleInIt() throws Exception {
        refuses("{\"format\":1,\"versions\":[],\"body\":{}}", "program: expected something");
        refuses(
                first().replace("\"phase\":{\"is\":\"Running\"}", "\"phase\":null"),
                "program.phase: expected something, found nothing");
        refuses(
                first().replace("\"doors\":[{", "\"doors\":[null,{"),
                "doors.0: expected something, found nothing");
        refuses(
                first().replace("\"parts\":[{\"is\":\"Slot\"}]", "\"parts\":null"),
                "versions.0.spec.env.SLOT.parts: expected something, found nothing");
    }

    @Test
    void refusesNumbersThatNobodyCanReckonWith() throws Exception {
        refuses(first().replace("\"factor\":2.0", "\"factor\":1e999"), "expected a value");
        refuses(
                first().replace("\"settle\":[20,0]", "\"settle\":[9223372037,0]"),
                "rollout.settle: expected a time");
    }

    private static void refuses(String text, String why) {
        assertThatThrownBy(() -> SnapshotDecoder.read(text, ProgramSnapshot.class))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aTornTextIsRefusedWhereverItIsTorn() throws Exception {
        String whole = first().strip();
        for (int length = 0; length < whole.length(); length += 1 + length % 7) {
            refuses(whole.substring(0, length), "");
        }
    }

    private static final String FLIPS = "{}[]\",:0-9ntf\\e.";

    @Test
    void aChangedTextIsAnImageOrRefused() throws Exception {
        String whole = first();
        SplittableRandom random = new SplittableRandom(7);
        int read = 0;
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder(whole);
            for (int j = 0; j <= random.nextInt(3); j++) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, FLIPS.charAt(random.nextInt(FLIPS.length())));
                    case 1 -> text.deleteCharAt(at);
                    default -> text.insert(at, text.charAt(random.nextInt(text.length())));
                }
            }
            try {
                SnapshotDecoder.read(text.toString(), ProgramSnapshot.class);
                read++;
            } catch (SnapshotException refused) {
                assertThat(refused).hasMessageNotContaining("Exception in");
            }
        }
        assertThat(read).isLessThan(3_000);
    }

    private static String first() throws IOException {
        try (InputStream in = ImageTextTest.class.getResourceAsStream(FIRST)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
