// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The format has a name for everything, and these names are what they were: `format-N-names.txt`
/// has those of each format, the types' as in the present one. What is new there is added to the
/// file by `mvn test -DargLine=-Dgolden=write`, which neither changes nor removes anything.
final class FormatNamesTest {
    private static final Path FILES =
            Path.of("src/test/resources/org/einhyrningsins/manager/snapshot");

    private final FormatWalk walk = new FormatWalk();

    @Test
    void everyTypeComponentAndConstantHasAName() {
        List<String> wrong = new ArrayList<>();
        Map<String, String> lines = FormatNames.lines(FormatTable.TEXT);
        Set<String> types = new TreeSet<>();
        for (Class<?> type : walk.named) {
            String name = FormatNames.javaName(type);
            if (!types.add(name)) {
                wrong.add("two types are called " + name);
            }
            if (!lines.containsKey(name)) {
                wrong.add("no line for " + name + " " + FormatWalk.parts(type));
                continue;
            }
            compare(type, FormatNames.of(type), wrong);
        }
        lines.keySet().stream()
                .filter(name -> !types.contains(name))
                .forEach(name -> wrong.add("no image has a " + name));
        assertThat(wrong).as("in FormatTable").isEmpty();
    }

    private static void compare(Class<?> type, FormatNames names, List<String> wrong) {
        Set<String> parts = new LinkedHashSet<>(names.parts().keySet());
        parts.addAll(names.flat().keySet());
        for (String part : FormatWalk.parts(type)) {
            if (!parts.remove(part)) {
                wrong.add("no name for " + part + " of " + FormatNames.javaName(type));
            }
        }
        parts.forEach(part -> wrong.add(FormatNames.javaName(type) + " has no " + part));
        for (RecordComponent each : flat(type, names)) {
            if (each.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                wrong.add(each.getName() + " of " + FormatNames.javaName(type) + " can be null");
            }
            compare(
                    each.getType(),
                    Objects.requireNonNull(names.flat().get(each.getName())),
                    wrong);
        }
    }

    /// The flat ones among the components of a record.
    private static List<RecordComponent> flat(Class<?> type, FormatNames names) {
        return !type.isRecord()
                ? List.of()
                : Stream.of(type.getRecordComponents())
                        .filter(each -> names.flat().containsKey(each.getName()))
                        .toList();
    }

    @Test
    void isWrittenInValuesThatTheReaderKnows() {
        assertThat(walk.simple)
                .containsExactlyInAnyOrder(
                        String.class,
                        boolean.class,
                        Boolean.class,
                        int.class,
                        Integer.class,
                        long.class,
                        Long.class,
                        double.class,
                        Duration.class,
                        InetAddress.class,
                        Path.class);
    }

    @ParameterizedTest
    @MethodSource("org.einhyrningsins.manager.snapshot.GoldenStatesTest#formats")
    void noTwoHaveTheSameName(int format) {
        OlderNames older = OlderNames.of(format);
        Set<String> types = new TreeSet<>();
        for (Class<?> type : walk.named) {
            FormatNames names = FormatNames.of(type);
            assertThat(types.add(names.type())).as(names.type()).isTrue();
            assertThat(parts(names).map(part -> older.part(names.type(), part)))
                    .as(names.type())
                    .doesNotHaveDuplicates()
                    .doesNotContain(SnapshotLanguage.IS);
        }
        walk.variants.forEach(
                (variants, kinds) ->
                        assertThat(kinds.stream().map(kind -> kind(older, kind)))
                                .as(variants.getName())
                                .doesNotHaveDuplicates());
    }

    /// The names of its components or constants, those of the flat ones among them.
    private static Stream<String> parts(FormatNames names) {
        return Stream.concat(
                names.parts().values().stream(),
                names.flat().values().stream().flatMap(FormatNamesTest::parts));
    }

    @Test
    void whatIsOneOfSeveralHasTheirNameAndItsOwn() {
        walk.variants.forEach(
                (variants, kinds) ->
                        assertThat(
                                        kinds.stream()
                                                .map(FormatNames::type)
                                                .map(FormatNamesTest::group))
                                .as(variants.getName())
                                .doesNotContain("")
                                .containsOnly(group(FormatNames.type(kinds.getFirst()))));
    }

    @Test
    void everyOlderFormatIsKnown() {
        assertThat(FILES.resolve("format-" + SnapshotLanguage.NUMBER + "-names.txt")).exists();
        for (int format = 1; format <= SnapshotLanguage.NUMBER; format++) {
            assertThat(FILES.resolve("format-" + format)).isDirectory();
            OlderNames.of(format);
        }
    }

    @ParameterizedTest
    @MethodSource("org.einhyrningsins.manager.snapshot.GoldenStatesTest#formats")
    void theNamesAreWhatTheyWere(int format) throws Exception {
        Path file = FILES.resolve("format-" + format + "-names.txt");
        Set<String> are = names(format);
        Set<String> were = new TreeSet<>(Files.readAllLines(file));
        assertThat(were).isNotEmpty();
        assertThat(without(were, are))
                .as(
                        "not so any more in format %d: after a rename in Java, FormatTable changes"
                                + " left of `=` only; to change the format, see package-info",
                        format)
                .isEmpty();
        if (format == SnapshotLanguage.NUMBER) {
            if ("write".equals(System.getProperty("golden"))) {
                Files.write(file, are);
                were = are;
            }
            assertThat(without(are, were))
                    .as("new, and not in %s: run with -Dgolden=write", file)
                    .isEmpty();
        }
    }

    private static Set<String> without(Set<String> names, Set<String> others) {
        Set<String> rest = new TreeSet<>(names);
        rest.removeAll(others);
        return rest;
    }

    // ---- what there is, a line each

    private Set<String> names(int format) throws Exception {
        OlderNames older = OlderNames.of(format);
        Set<String> names = new TreeSet<>();
        for (Class<?> type : walk.named) {
            String its = FormatNames.type(type);
            walk.variants.forEach(
                    (variants, kinds) -> {
                        if (kinds.contains(type)) {
                            names.add(group(its) + " is " + kind(older, type));
                        }
                    });
            add(type, FormatNames.of(type), format, names);
        }
        return names;
    }

    private static void add(Class<?> type, FormatNames of, int format, Set<String> to)
            throws Exception {
        OlderNames older = OlderNames.of(format);
        for (Map.Entry<String, String> part : of.parts().entrySet()) {
            String name = of.type() + " " + older.part(of.type(), part.getValue());
            boolean known = type.isEnum() || format < SnapshotLanguage.NUMBER;
            to.add(known ? name : name + described(type, part.getKey()));
        }
        for (RecordComponent each : flat(type, of)) {
            add(each.getType(), Objects.requireNonNull(of.flat().get(each.getName())), format, to);
        }
    }

    /// What a component is, and what becomes of it where a text lacks it.
    private static String described(Class<?> type, String component) throws Exception {
        for (RecordComponent each : type.getRecordComponents()) {
            if (each.getName().equals(component)) {
                boolean required = !each.getAnnotatedType().isAnnotationPresent(Nullable.class);
                String missing =
                        missing(SnapshotDecoder.byDefault(each.getGenericType()), required);
                return ": " + word(each.getGenericType()) + (required ? "" : " or null") + missing;
            }
        }
        throw new AssertionError(type + " without " + component);
    }

    private static String missing(@Nullable Object value, boolean required) throws Exception {
        return value == null && required ? "" : ", else " + text(value);
    }

    /// Of a record, what is not as it would be if it were missing: so a component that is new
    /// changes nothing here, unless it has another value where all of the record is missing.
    private static String text(@Nullable Object value) throws Exception {
        return switch (value) {
            case null -> "null";
            case Record record -> {
                List<String> parts = new ArrayList<>();
                add(record, RecordShape.of(record.getClass()), parts);
                String kind = FormatNames.type(record.getClass());
                yield (kind + " " + parts).replace(" []", "");
            }
            case Enum<?> constant -> ConstantNames.of(constant);
            case String text -> "'" + text + "'";
            case List<?> list -> {
                List<String> parts = new ArrayList<>();
                for (Object each : list) {
                    parts.add(text(each));
                }
                yield parts.toString();
            }
            default -> value.toString();
        };
    }

    private static void add(Object record, RecordShape shape, List<String> to) throws Exception {
        for (RecordShape.Component each : shape.inRecordOrder()) {
            Object its = RecordShape.get(each, record);
            if (each.flat() != null) {
                add(Objects.requireNonNull(its), each.flat(), to);
            } else if (!Objects.equals(its, SnapshotDecoder.byDefault(each.type()))) {
                to.add(each.name() + " " + text(its));
            }
        }
    }

    private static String word(Type type) {
        if (type instanceof ParameterizedType many) {
            Type[] arguments = many.getActualTypeArguments();
            return arguments.length == 1
                    ? "list of " + word(arguments[0])
                    : "map of " + word(arguments[1]) + " by " + word(arguments[0]);
        }
        Class<?> one = (Class<?>) type;
        if (SnapshotEncoder.isSealed(one)) {
            Class<?> first = one;
            while (first.isSealed()) {
                first = first.getPermittedSubclasses()[0];
            }
            return group(FormatNames.type(first));
        }
        return one.isRecord() || one.isEnum()
                ? FormatNames.type(one)
                : Map.of("String", "text", "Integer", "int", "Long", "long")
                        .getOrDefault(
                                one.getSimpleName(), one.getSimpleName().toLowerCase(Locale.ROOT));
    }

    private static String kind(OlderNames older, Class<?> type) {
        return FormatNames.kind(older.type(FormatNames.type(type)));
    }

    private static String group(String type) {
        return type.substring(0, Math.max(0, type.lastIndexOf('.')));
    }
}
