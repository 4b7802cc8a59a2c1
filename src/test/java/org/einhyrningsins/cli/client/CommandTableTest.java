// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.cli.launch.LaunchModel;
import org.einhyrningsins.cli.launch.StarterFile;
import org.einhyrningsins.cli.terminal.ClientCommand;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.control.wire.CommandKind;
import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.control.wire.WireHelp;
import org.einhyrningsins.manager.control.AccessControl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Client, manager, help and manuals say the same of each command. The commands are those that have
/// a page in [CommandHelp], from which help and completion come; what is missing elsewhere is named
/// with its place.
class CommandTableTest {
    private static final Duration AT_ONCE = Duration.ofSeconds(10);

    static List<CommandHelp.Page> pages() {
        return CommandHelp.ALL;
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandHasAKind(CommandHelp.Page page) {
        assertThat(CommandKind.of(page.name()))
                .as("%s: add it to CommandKind.of", page.name())
                .isNotNull();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandHasItsReplyInTheSchema(CommandHelp.Page page) throws IOException {
        String schema = Files.readString(Path.of("schema/replies.schema.json"));
        assertThat(schema)
                .as("%s: add it to the $defs of schema/replies.schema.json", page.name())
                .contains("\n    \"" + page.name() + "\": {");
    }

    @Test
    void everyOrderOfTheManagerIsReadFromACommandWithAPage() throws UsageException {
        Set<Class<?>> read = new HashSet<>();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            read.add(order(page).getClass());
        }
        assertThat(read)
                .as("records of ControlCommand; add a page to CommandHelp for the command")
                .containsExactlyInAnyOrder(ControlCommand.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void theManagerGivesTheRightsOfItsKind(CommandHelp.Page page) throws UsageException {
        assertThat(AccessControl.Role.READER.may(order(page)))
                .as("%s: AccessControl.onlyLooks and CommandKind differ", page.name())
                .isEqualTo(kind(page).looks());
        assertThat(AccessControl.Role.STRANGER.may(order(page))).isFalse();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void theClientWaitsAsItsKindSays(CommandHelp.Page page) {
        List<String> words = new ArrayList<>(List.of(page.name()));
        words.addAll(needed(page));
        ClientCommand asked = FastClientArguments.read(words.toArray(new String[0]));
        if (page.name().equals("help")) {
            assertThat(asked).isNull();
            return;
        }
        if (asked == null) {
            throw new AssertionError("FastClientArguments does not read " + words);
        }
        Duration patience = asked.timeLimit();
        assertThat(asked.outlivesClient()).isEqualTo(kind(page) == CommandKind.OPERATION);
        switch (kind(page)) {
            case QUESTION, CHANGE -> assertThat(patience).isEqualTo(AT_ONCE);
            case OPERATION -> assertThat(patience).isEqualTo(Duration.ofHours(1));
            case STREAM -> assertThat(patience).isGreaterThan(Duration.ofDays(365));
        }
    }

    // ---- what is written of them

    @Test
    void theHelpOfTheWireHasEachWithItsArguments() {
        List<String> missing = new ArrayList<>();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            String arguments = onTheWire(page);
            Pattern line = Pattern.compile("(?m)^" + page.name() + "((?: \\S+)*?)(?:  .*)?$");
            Matcher own = line.matcher(WireHelp.TEXT);
            boolean there =
                    own.find()
                            ? own.group(1).strip().equals(arguments)
                            : named(WireHelp.TEXT.replaceAll("\\s+", " "), page, arguments);
            if (!there) {
                missing.add((page.name() + " " + arguments).strip() + "  " + page.summary());
            }
        }
        assertThat(missing).as("to do in WireHelp").isEmpty();
    }

    /// Commands that share a line, or are named in the text below.
    private static boolean named(String text, CommandHelp.Page page, String arguments) {
        String words = (page.name() + " " + arguments).strip();
        return Pattern.compile("\\b" + Pattern.quote(words) + "(?=[ ,])").matcher(text).find();
    }

    @Test
    void theManualsHaveEachWithItsArguments() throws IOException {
        List<String> missing = new ArrayList<>();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            missing.addAll(missing("einhyrningsinsctl.1", page, arguments(page)));
            if (!Set.of("help", "ehlo").contains(page.name())) {
                missing.addAll(missing("einhyrningsins-control.7", page, onTheWire(page)));
            }
        }
        assertThat(missing).as("to do in man").isEmpty();
    }

    private static List<String> missing(String file, CommandHelp.Page page, String arguments)
            throws IOException {
        String start = ".It Cm " + page.name();
        for (String line : Files.readAllLines(Path.of("man", file))) {
            if (line.equals(start) || line.startsWith(start + " ")) {
                String said = plain(line.substring(start.length()));
                return said.equals(arguments)
                        ? List.of()
                        : List.of(
                                file
                                        + ": "
                                        + page.name()
                                        + " takes '"
                                        + arguments
                                        + "', not '"
                                        + said
                                        + "'");
            }
        }
        return List.of(file + ": add " + start + " …, it takes '" + arguments + "'");
    }

    /// What macros of a manual mean, in the words of the help.
    private static String plain(String macros) {
        return macros.replaceAll(" Op Ar (\\w+) \\.\\.\\.", " [$1]...")
                .replaceAll(" Op Ar (\\w+)", " [$1]")
                .replaceAll(" Oo Ar (\\w+) \\.\\.\\. Oc", " [$1]...")
                .replaceAll(" Oo ", " [")
                .replaceAll(" Oc\\b", "]")
                .replaceAll("(Fl |Cm -)(?=-?\\w)", "-")
                .replaceAll("\\bAr ", "")
                .replaceAll(" \\.\\.\\.", "...")
                .toUpperCase(Locale.ROOT)
                .replaceAll("TARGET", "PROGRAM")
                .replaceAll("-N LINES", "-n N")
                .replaceAll("-N ", "-n ")
                .replace("[-F]", "[-f]")
                .replace("--GRAPH", "--graph")
                .replace("--RESET", "--reset")
                .replace("--CONFIRM", "--confirm")
                .replace("--FLEET", "--fleet")
                .replace("--EXIT-CODE", "--exit-code")
                .replace("--FOR", "--for")
                .replace("--MANAGER", "--manager")
                .replace("--SINCE", "--since")
                .strip();
    }

    /// Commands of einhorn's that are called otherwise here say only that, and help is help.
    private static final Set<String> WITHOUT_A_VERB = Set.of("set_workers", "upgrade_fleet");

    @Test
    void theHelpAndTheManualUseTheSameVerb() throws IOException {
        String manual = Files.readString(Path.of("man/einhyrningsinsctl.1"));
        List<String> others = new ArrayList<>();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            String verb = page.summary().split("[ ,;]", 2)[0];
            Pattern said =
                    Pattern.compile(
                            "(?m)^\\.It Cm " + page.name() + "( .*)?\n((?!\\.It Cm ).*\n)*",
                            Pattern.UNIX_LINES);
            Matcher entry = said.matcher(manual);
            boolean same =
                    entry.find()
                            && Pattern.compile(
                                            "\\b" + Pattern.quote(verb) + "e?s?\\b",
                                            Pattern.CASE_INSENSITIVE)
                                    .matcher(entry.group())
                                    .find();
            if (!same && !WITHOUT_A_VERB.contains(page.name())) {
                others.add(page.name() + ": " + page.summary());
            }
        }
        assertThat(others).as("begin with a verb that einhyrningsinsctl(1) uses").isEmpty();
    }

    /// One word for one thing: a worker is ready, and goes by being stopped; a file is rotated.
    @Test
    void theHelpHasTheWordsOfTheGlossary() {
        StringBuilder help = new StringBuilder(WireHelp.TEXT).append(StarterFile.TEXT);
        help.append(String.join("\n", CommandHelp.ROOT_FOOTER));
        for (CommandHelp.Page page : CommandHelp.ALL) {
            help.append(page.summary()).append('\n');
            help.append(String.join("\n", page.details())).append('\n');
            help.append(String.join("\n", page.examples())).append('\n');
        }
        for (Completion.Choice option : LaunchModel.choices(List.of(), "-")) {
            help.append(option).append('\n');
        }
        for (String word :
                List.of("is up", "are up", "put aside", "whoever", "niceness", "roll onto")) {
            assertThat(help.toString()).doesNotContain(word);
        }
    }

    @Test
    void theFileAndItsManualNameWhatReadersMayUse() throws IOException {
        Set<String> may = new TreeSet<>();
        for (CommandHelp.Page page : CommandHelp.ALL) {
            if (kind(page).looks()) {
                may.add(page.name());
            }
        }
        String sentence = ConfigShape.ALLOW.table().replaceAll("(?s).*: ", "");
        assertThat(sentence.strip().replace(".", "").split(", ", -1))
                .as("commands in the row of ConfigShape on control.allow.read")
                .containsExactlyInAnyOrderElementsOf(may);
        String manual = Files.readString(Path.of("man/einhyrningsins.yaml.5"));
        Matcher list =
                Pattern.compile("They may use\n\\.Cm (.*)\nand\n\\.Cm (.*) \\.\n").matcher(manual);
        assertThat(list.find()).isTrue();
        assertThat((list.group(1) + " , " + list.group(2)).split(" , ", -1))
                .as("commands in einhyrningsins.yaml(5) on control.allow.read")
                .containsExactlyInAnyOrderElementsOf(may);
    }

    // ---- a page

    private static CommandKind kind(CommandHelp.Page page) {
        CommandKind kind = CommandKind.of(page.name());
        if (kind == null) {
            throw new AssertionError(page.name() + ": add it to CommandKind.of");
        }
        return kind;
    }

    private static ControlCommand order(CommandHelp.Page page) throws UsageException {
        return ControlCommand.read(page.name(), needed(page));
    }

    /// The arguments, with one word for what a target may be.
    private static String arguments(CommandHelp.Page page) {
        return page.synopsis()
                .substring(page.name().length())
                .replaceAll("PROGRAM( \\| (PROGRAM:SLOT|all))+", "PROGRAM")
                .strip();
    }

    /// Without the options that the client itself carries out.
    private static String onTheWire(CommandHelp.Page page) {
        return arguments(page).replaceAll("\\[-\\w( \\w+)?\\] ?|\\[COMMAND\\]", "");
    }

    /// Words for the arguments that it cannot do without.
    private static List<String> needed(CommandHelp.Page page) {
        List<String> words = new ArrayList<>();
        for (String word :
                arguments(page).replaceAll("\\[[^]]*\\](\\.\\.\\.)?", "").split(" ", -1)) {
            switch (word.replace("...", "")) {
                case "" -> {}
                case "PROGRAM" -> words.add("web");
                case "SIGNAL" -> words.add("HUP");
                case "N" -> words.add("2");
                default -> throw new AssertionError(page.synopsis() + ": what is " + word + "?");
            }
        }
        return words;
    }
}
