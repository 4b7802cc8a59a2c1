// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.Samples;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.SocketProtocol;
import org.einhyrningsins.spec.StopSpec.Step;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;

class StopPresetTest {
    private static final String MANUAL = Samples.read(Path.of("man/einhyrningsins.yaml.5"));
    private static final String SCHEMA = Samples.read(Path.of("schema/services.schema.json"));

    @ParameterizedTest
    @EnumSource
    void isInTheManualWithItsSteps(StopPreset preset) {
        StringBuilder row = new StringBuilder("\n.It Cm " + ConfigShape.word(preset) + "\n.Li ");
        for (Step step : preset.stop(null).steps()) {
            row.append(step.signal());
            row.append(step.signal() == Signal.KILL ? "\n" : seconds(step));
        }
        assertThat(MANUAL).contains(row);
    }

    private static String seconds(Step step) {
        return " " + step.patience().toSeconds() + "s, ";
    }

    @ParameterizedTest
    @EnumSource
    void isInTheSchema(StopPreset preset) {
        assertThat(SCHEMA).containsPattern("[(|]" + ConfigShape.word(preset) + "[|)]");
    }

    @ParameterizedTest
    @EnumSource
    void isNoSignal(StopPreset preset) {
        assertThat(Signal.of(ConfigShape.word(preset))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void everyProtocolIsInTheManual(SocketProtocol socketProtocol) {
        assertThat(MANUAL).contains("\n.It Cm " + ConfigShape.word(socketProtocol) + "\n");
    }
}
