// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Limits on the size of packages, files, classes and records. Nothing is exempt.
class SizesTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final int MAX_FILES = 30;
    private static final int MAX_LINES = 400;
    private static final int MAX_FIELDS = 15;
    private static final int MAX_COMPONENTS = 8;

    private static final JavaClasses SHIPPED =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("org.einhyrningsins");

    @Test
    void aPackageHasAtMostThirtyFiles() throws IOException {
        Map<String, Integer> files = new TreeMap<>();
        for (Path file : sources()) {
            files.merge(SOURCES.relativize(file.getParent()).toString(), 1, Integer::sum);
        }
        assertThat(files).hasSizeGreaterThan(20);
        check("files", files, MAX_FILES);
    }

    @Test
    void aFileHasAtMostFourHundredLines() throws IOException {
        Map<String, Integer> lines = new TreeMap<>();
        for (Path file : sources()) {
            lines.merge(file.getFileName().toString(), Files.readAllLines(file).size(), Math::max);
        }
        assertThat(lines).containsKey("Main.java");
        check("lines", lines, MAX_LINES);
    }

    @Test
    void aClassHasAtMostFifteenFields() throws IOException {
        Map<String, Integer> fields = new TreeMap<>();
        for (JavaClass type : SHIPPED) {
            if (!type.isRecord()) {
                fields.put(name(type), (int) type.getFields().stream().filter(this::own).count());
            }
        }
        assertThat(fields).containsKey("manager.Manager");
        check("fields", fields, MAX_FIELDS);
    }

    @Test
    void aRecordIsMadeOfAtMostEightComponents() throws IOException {
        Map<String, Integer> components = new TreeMap<>();
        for (JavaClass type : SHIPPED) {
            if (type.isRecord()) {
                components.put(name(type), parameters(type));
            }
        }
        assertThat(components).containsEntry("spec.WorkerId", 2);
        check("components", components, MAX_COMPONENTS);
    }

    /// The parameters of its longest constructor: at least its components.
    private static int parameters(JavaClass record) {
        return record.getConstructors().stream()
                .mapToInt(each -> each.getRawParameterTypes().size())
                .max()
                .orElseThrow();
    }

    private boolean own(JavaField field) {
        return !field.getModifiers().contains(JavaModifier.STATIC)
                && !field.getModifiers().contains(JavaModifier.SYNTHETIC);
    }

    private static String name(JavaClass type) {
        return type.getName().substring("org.einhyrningsins.".length());
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }

    private static void check(String what, Map<String, Integer> sizes, int max) {
        Map<String, Integer> tooLarge = new TreeMap<>(sizes);
        tooLarge.values().removeIf(size -> size <= max);
        assertThat(tooLarge).as("more than %d %s", max, what).isEmpty();
    }
}
