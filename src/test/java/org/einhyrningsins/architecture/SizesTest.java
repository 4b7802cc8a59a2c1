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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Limits on the size of packages, files, classes and records.
///
/// `too-large.txt` lists what is larger, with its size: a list that may only become shorter. What
/// grows beyond its line fails, and so does a line that is not needed any more.
class SizesTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Path KNOWN = Path.of("src/test/resources/architecture/too-large.txt");
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
            lines.put(file.getFileName().toString(), Files.readAllLines(file).size());
        }
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
        check("fields", fields, MAX_FIELDS);
    }

    @Test
    void aRecordHasAtMostEightComponents() throws IOException {
        Map<String, Integer> components = new TreeMap<>();
        for (JavaClass type : SHIPPED) {
            if (type.isRecord()) {
                int count = (int) type.getFields().stream().filter(this::own).count();
                components.put(name(type), count);
            }
        }
        check("components", components, MAX_COMPONENTS);
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

    private static void check(String what, Map<String, Integer> sizes, int max) throws IOException {
        Map<String, Integer> known = known(what);
        Map<String, String> wrong = new TreeMap<>();
        sizes.forEach(
                (name, size) -> {
                    int limit = known.getOrDefault(name, max);
                    if (size > limit) {
                        wrong.put(name, size + " " + what + ", at most " + limit);
                    }
                });
        known.forEach(
                (name, size) -> {
                    int now = sizes.getOrDefault(name, 0);
                    if (now <= max) {
                        wrong.put(name, "is not too large any more: take it out of " + KNOWN);
                    }
                });
        assertThat(wrong).isEmpty();
    }

    private static Map<String, Integer> known(String what) throws IOException {
        return Files.readAllLines(KNOWN).stream()
                .map(line -> line.split(" "))
                .filter(words -> words.length == 3 && words[0].equals(what))
                .collect(Collectors.toMap(words -> words[1], words -> Integer.valueOf(words[2])));
    }
}
