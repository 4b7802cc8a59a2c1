// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// The schema, the manual and the readers say of each key what the table in [ConfigShape] says.
/// What is missing is named, with the file and the words to add.
///
/// Other tests take the keys from the same table: `SchemaAgreementTest` gives each all kinds of
/// values, `PlanSeesEveryKeyTest` changes each and prints it, `SchemaTest` looks for it in a good
/// sample, `MainTest` in the starter file, `ManualTest` in an example and the quick reference.
class KeyTableTest {
    private static final Map<?, ?> SCHEMA = new Yaml().load(Samples.read(SchemaText.FILE));
    private static final Path MANUAL = Path.of("man/einhyrningsins.yaml.5");
    private static final Pattern RANGE = Pattern.compile("(number|decimal) (-?\\d+)\\.\\.(\\d+)");
    private static final Pattern WORDS = Pattern.compile("[a-z-]+( \\| [a-z-]+)+");

    private static final Pattern AT_ONCE =
            Pattern.compile("[Aa] change applies (to running workers )?at once");

    /// The kinds that are one word; other words of a kind stand for themselves.
    private static final Set<String> KINDS =
            Set.of(
                    "number", "decimal", "time", "size", "percent", "octal", "flag", "path", "text",
                    "name", "word", "list", "map", "signal", "server", "program", "port");

    @TempDir Path directory;

    @Test
    void everyMapOfTheLanguageIsInTheListOfAll() throws IllegalAccessException {
        List<Object> constants = new ArrayList<>();
        for (Field field : ConfigShape.class.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == ConfigShape.class) {
                constants.add(field.get(null));
            }
        }
        assertThat(ConfigShape.ALL).containsExactlyElementsOf(cast(constants));
    }

    private static List<ConfigShape> cast(List<Object> constants) {
        return constants.stream().map(ConfigShape.class::cast).toList();
    }

    @Test
    void everyRowUsesTheWordsOfTheTable() {
        for (KeyRow row : KeyRow.all()) {
            assertThat(row.applies())
                    .as("when a change of " + row + " applies, in ConfigShape")
                    .isIn("reload", "start", "rolled", "in place", "either", "bind");
            assertThat(row.sentence()).as("the sentence on " + row).matches("(?s)\\S.*[.)]");
            assertThat(row.shape().keys()).contains(row.name());
        }
    }

    // ---- the schema

    @Test
    void theSchemaSaysWhatTheTableSays() {
        List<String> missing = new ArrayList<>();
        for (KeyRow row : KeyRow.all()) {
            Map<?, ?> properties = SchemaText.properties(SCHEMA, row.shape().name());
            if (!(properties.get(row.name()) instanceof Map<?, ?> property)) {
                missing.add(row + ": add it: " + stub(row));
                continue;
            }
            String words = sentence(row);
            if (!words.equals(described(property))) {
                missing.add(row + ": write \"description\": \"" + words + "\"");
            }
            Object value = property.get("default");
            if (!row.initial().equals(value == null ? KeyRow.NONE : value.toString())) {
                missing.add(row + ": the default is " + row.initial() + ", not " + value);
            }
            if (!isOfKind(row, property)) {
                missing.add(row + ": a value is " + row.kind() + ": " + type(row));
            }
        }
        assertThat(missing).as("to do in " + SchemaText.FILE).isEmpty();
    }

    private static String sentence(KeyRow row) {
        return row.sentence() + (row.hasDefault() ? " Default " + row.initial() + "." : "");
    }

    private static @Nullable Object described(Map<?, ?> property) {
        Object own = property.get("description");
        return own == null && property.get("$ref") instanceof String reference
                ? SchemaText.definition(SCHEMA, reference).get("description")
                : own;
    }

    private static String stub(KeyRow row) {
        return "\"%s\": { \"description\": \"%s\", %s, \"examples\": […] }"
                .formatted(row.name(), sentence(row), type(row));
    }

    /// What the schema has of a kind, if that alone says it.
    private static String type(KeyRow row) {
        var range = RANGE.matcher(row.kind());
        if (range.find()) {
            return "\"type\": \"%s\", \"minimum\": %s, \"maximum\": %s"
                    .formatted(
                            range.group(1).equals("number") ? "integer" : "number",
                            range.group(2),
                            range.group(3));
        }
        return switch (row.kind()) {
            case "flag" -> "\"$ref\": \"#/$defs/flag\"";
            case "octal" -> "\"$ref\": \"#/$defs/octal\"";
            case "size" -> "\"$ref\": \"#/$defs/memory\"";
            case "time" -> "\"$ref\": \"#/$defs/positive\" (or duration, if it may be 0)";
            default ->
                    isChoice(row.kind())
                            ? "\"enum\": " + List.of(row.kind().split(" \\| ", -1))
                            : "say which values there are";
        };
    }

    private static boolean isChoice(String kind) {
        return WORDS.matcher(kind).matches()
                && List.of(kind.split(" \\| ", -1)).stream().noneMatch(KINDS::contains);
    }

    /// That it takes and refuses the same as the readers, whatever its kind, is tested elsewhere.
    private static boolean isOfKind(KeyRow row, Map<?, ?> property) {
        List<Map<?, ?>> ways = ways(property);
        var range = RANGE.matcher(row.kind());
        if (range.find()) {
            return ways.stream()
                    .anyMatch(
                            way ->
                                    range.group(2).equals(String.valueOf(way.get("minimum")))
                                            && range.group(3)
                                                    .equals(String.valueOf(way.get("maximum"))));
        } else if (row.kind().equals("flag")) {
            return ways.stream()
                    .anyMatch(way -> refers(way, "flag") || "boolean".equals(way.get("type")));
        } else if (row.kind().matches("time( \\|.*)?")) {
            return ways.stream()
                    .anyMatch(way -> refers(way, "positive") || refers(way, "duration"));
        } else if (row.kind().equals("octal")) {
            return ways.stream().anyMatch(way -> refers(way, "octal"));
        } else if (isChoice(row.kind())) {
            return ways.stream()
                    .anyMatch(
                            way ->
                                    way.get("enum") instanceof List<?> words
                                            && Set.of(row.kind().split(" \\| ", -1))
                                                    .equals(Set.copyOf(words)));
        }
        return true;
    }

    private static boolean refers(Map<?, ?> way, String definition) {
        return ("#/$defs/" + definition).equals(way.get("$ref"));
    }

    private static List<Map<?, ?>> ways(Map<?, ?> property) {
        List<Map<?, ?>> ways = new ArrayList<>(List.of(property));
        for (String word : List.of("oneOf", "anyOf")) {
            if (property.get(word) instanceof List<?> list) {
                list.forEach(way -> ways.add((Map<?, ?>) way));
            }
        }
        return ways;
    }

    // ---- the manual

    /// What the manual has on a key.
    ///
    /// @param kind behind the colon, without macros
    private record Entry(String heading, String kind, String text) {}

    @Test
    void theManualSaysWhatTheTableSays() {
        List<String> missing = new ArrayList<>();
        for (KeyRow row : KeyRow.all()) {
            Entry entry = entry(row.path());
            if (entry == null) {
                missing.add(row + ": add it:\n" + page(row));
                continue;
            }
            String kind = RANGE.matcher(row.kind()).replaceFirst("$1");
            if (!kind.equals(entry.kind())) {
                missing.add(row + ": write '.It Ic " + row + " : Ar " + kind + "'");
            }
            var range = RANGE.matcher(row.kind());
            if (range.find() && !hasRange(entry.text(), range.group(2), range.group(3))) {
                missing.add(
                        row + ": say 'from %s to %s'".formatted(range.group(2), range.group(3)));
            }
            boolean said = entry.text().matches("(?s).*\\bDefault " + value(row) + "\\.?(\\s.*)?");
            if (row.hasDefault() && !said) {
                missing.add(row + ": say 'Default " + row.initial() + ".'");
            }
            if (!appliesAs(row, entry)) {
                missing.add(row + ": say that a change applies as " + row.applies());
            }
        }
        assertThat(missing).as("to do in " + MANUAL).isEmpty();
    }

    private static String value(KeyRow row) {
        return Pattern.quote(row.initial());
    }

    private static boolean hasRange(String text, String min, String max) {
        return Pattern.compile("\\bfrom " + min + "( \\([^)]*\\))? to " + max + "\\b")
                .matcher(text)
                .find();
    }

    private static boolean appliesAs(KeyRow row, Entry entry) {
        return switch (row.applies()) {
            case "start" -> entry.text().contains("Read at start only.");
            case "reload" -> entry.heading().equals("THE FILE");
            case "rolled" ->
                    entry.heading().endsWith("(rolled)")
                            || entry.text().contains("A change rolls.");
            case "bind" ->
                    entry.text().contains("Read when the socket is bound.")
                            || entry.text().contains("that would change it for a socket in use");
            case "either" -> entry.text().contains(" rolls");
            default ->
                    entry.heading().endsWith("(in place)")
                            || AT_ONCE.matcher(entry.text()).find()
                            || appliesAtOnce(row.path());
        };
    }

    /// Whether that is said of the map in which the key is.
    private static boolean appliesAtOnce(String path) {
        Entry map = entry(path.substring(0, Math.max(0, path.lastIndexOf('.'))));
        return map != null && AT_ONCE.matcher(map.text()).find();
    }

    private static String page(KeyRow row) {
        return ".It Ic %s : Ar %s\n%s".formatted(row, row.kind(), sentence(row));
    }

    private static @Nullable Entry entry(String path) {
        String heading = "";
        String kind = null;
        StringBuilder text = new StringBuilder();
        for (String line : Samples.read(MANUAL).split("\n", -1)) {
            boolean section = line.startsWith(".Sh ") || line.startsWith(".Ss ");
            if (section || line.startsWith(".It Ic ")) {
                if (kind != null) {
                    return new Entry(heading, kind, text.toString());
                } else if (section) {
                    heading = line.substring(4);
                } else if (line.startsWith(".It Ic " + path + " : ")) {
                    kind = plain(line.substring(".It Ic  : ".length() + path.length()));
                }
            } else if (kind != null && !line.startsWith(".Dl ")) {
                text.append(plain(line)).append(' ');
            }
        }
        return null;
    }

    /// As the reader of the page sees a line.
    private static String plain(String line) {
        return line.replaceFirst("^\\.(?=[A-Z])", "")
                .replaceAll("(^| )Oo ", "$1[")
                .replaceAll(" Oc\\b", "]")
                .replaceAll("\\b(Ar|Cm|Ic|No|Ql|Li|Va|Em|Pq) ", "")
                .replaceAll(" ?\\bNs ", "")
                .replace("\\&", "")
                .replace("\\-", "-")
                .replace("\\(dq", "\"")
                .replaceAll(" ([.,;])$", "$1");
    }

    // ---- the readers

    @Test
    void aDefaultIsWhatAFileMeansWithoutTheKey() throws IOException {
        List<String> wrong = new ArrayList<>();
        int compared = 0;
        for (KeyRow row : KeyRow.all()) {
            if (row.hasDefault()) {
                SchemaAgreementTest.Key key = row.key();
                Object with = load(key.file(quoted(row)));
                if (!with.equals(load(key.fileWithout()))) {
                    wrong.add(
                            row
                                    + ": the table of ConfigShape says that its default is "
                                    + row.initial()
                                    + ", the record in spec or the reader in config.read another");
                }
                compared++;
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(compared).isGreaterThan(40);
    }

    private static String quoted(KeyRow row) {
        return row.kind().equals("octal") ? "\"" + row.initial() + "\"" : row.initial();
    }

    /// What the file means, or what is wrong with it.
    private Object load(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("services.yaml"), text);
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, _ -> true, _ -> true);
        return switch (ConfigLoader.load(file, machine)) {
            case LoadResult.Valid valid -> valid.services();
            case LoadResult.Invalid invalid ->
                    new AssertionError(
                            invalid.problems().stream().map(ConfigProblem::message).toList());
        };
    }
}
