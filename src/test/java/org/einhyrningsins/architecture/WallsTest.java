// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.stream.Stream;

class WallsTest {

    private static final Walls WALLS = new Walls("org.einhyrningsins");
    private static final JavaClasses SHIPPED =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("org.einhyrningsins");

    /// A small house beside this test in which somebody broke every wall.
    private static final Walls FALLEN_WALLS = new Walls("org.einhyrningsins.architecture.fallen");

    private static final JavaClasses FALLEN =
            new ClassFileImporter().importPackages("org.einhyrningsins.architecture.fallen");

    @Test
    void looksAtTheHouse() {
        assertThat(SHIPPED.contain("org.einhyrningsins.cli.Main")).isTrue();
    }

    @ParameterizedTest
    @MethodSource("rules")
    void stands(String rule) {
        WALLS.rule(rule).check(SHIPPED);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void fallsWhenBroken(String rule) {
        assertThatThrownBy(() -> FALLEN_WALLS.rule(rule).check(FALLEN))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("fallen");
    }

    private static Stream<String> rules() {
        return WALLS.all().keySet().stream();
    }
}
