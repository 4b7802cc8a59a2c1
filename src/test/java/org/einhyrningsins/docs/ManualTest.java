// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.einhyrningsins.config.JobKeys;
import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.control.report.FailureStatus;
import org.einhyrningsins.control.report.ManagerHead;
import org.einhyrningsins.control.report.ProgramDetails;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.report.SocketStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.report.VersionStatus;
import org.einhyrningsins.control.report.WorkerStatus;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonId;
import org.einhyrningsins.control.wire.MalformedRequest;
import org.einhyrningsins.control.wire.RequestReader;
import org.einhyrningsins.docs.ManPage.Example;
import org.einhyrningsins.manager.Manager;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.WorkerId;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import picocli.CommandLine.Model.CommandSpec;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The manual says what the program does: no key, option, command, signal, variable or field is
/// missing in it, none is in it that does not exist, and its examples work.
class ManualTest {
    private static final ManPage LANGUAGE = ManPage.read("einhyrningsins.yaml.5");
    private static final ManPage MANAGER = ManPage.read("einhyrningsins.1");
    private static final ManPage CLIENT = ManPage.read("einhyrningsinsctl.1");
    private static final ManPage WIRE = ManPage.read("einhyrningsins-control.7");
    private static final ManPage WORKER = ManPage.read("einhyrningsins-worker.7");
    private static final ManPage TUTORIAL = ManPage.read("einhyrningsins.7");
    private static final ManPage QUICK = ManPage.read("einhyrningsins-quick.7");
    private static final ManPage TROUBLE = ManPage.read("einhyrningsins-trouble.7");

    private static final ConfigKeys SCHEMA = ConfigKeys.read();
    private static final String MINIMAL = "programs: {web: {command: [./server]}}";

    @TempDir Path directory;

    // ---- the language

    @Test
    void describesEveryKeyOfTheFileAndNoOther() {
        assertThat(LANGUAGE.tagged("Ic"))
                .doesNotHaveDuplicates()
                .containsExactlyInAnyOrderElementsOf(SCHEMA.all());
    }

    @Test
    void showsEveryKeyInAnExample() {
        Set<String> shown = new TreeSet<>();
        for (Example example : yamlExamples().toList()) {
            shown.addAll(ConfigKeys.usedIn(asFile(example)));
        }
        assertThat(shown).containsAll(SCHEMA.all());
    }

    @ParameterizedTest
    @MethodSource("yamlExamples")
    void itsExamplesLoad(Example example) throws IOException {
        assertThat(load(asFile(example)).programs()).isNotNull();
    }

    @Test
    void showsTheDefaults() throws IOException {
        Example defaults =
                yamlExamples()
                        .filter(e -> e.text().startsWith("control:\n  mode:"))
                        .findFirst()
                        .orElseThrow();
        assertThat(load(defaults.text())).isEqualTo(load(MINIMAL));
    }

    static Stream<Example> yamlExamples() {
        return Stream.concat(LANGUAGE.examples().stream(), WORKER.examples().stream())
                .filter(ManualTest::isYaml);
    }

    /// What an editor or a terminal is shown is none, nor are programs and lines of the wire.
    private static boolean isYaml(Example example) {
        return example.page().equals(WORKER.name())
                ? example.file().endsWith(".yaml")
                : !example.text().startsWith("#") && !example.text().startsWith("services.yaml:");
    }

    /// Keys of one program become a file with that program, others one without any.
    private static String asFile(Example example) {
        String first = example.text().substring(0, example.text().indexOf(':'));
        if (SCHEMA.top().contains(first)) {
            boolean whole = example.text().contains("programs:") || first.equals("include");
            String programs = first.equals("groups") ? "{web: {command: /bin/true}}" : "{}";
            return whole ? example.text() : example.text() + "\nprograms: " + programs + "\n";
        }
        String command = first.equals("command") ? "" : "    command: [/bin/true]\n";
        List<String> beside = JobKeys.beside(first);
        boolean job = !beside.isEmpty();
        String kind = job ? "    " + String.join("\n    ", beside) + "\n" : "";
        String bind =
                job || first.equals("kind") || first.equals("bind")
                        ? ""
                        : "    bind: [{name: http, tcp: ':80'}]\n";
        String others =
                first.startsWith("after")
                        ? """
                          db: {command: [/bin/true]}
                          cache: {command: [/bin/true]}
                          migrate: {command: [/bin/true], kind: job}
                        """
                        : "";
        return "programs:\n"
                + others
                + "  web:\n"
                + command
                + kind
                + bind
                + example.text().indent(4);
    }

    private ServicesSpec load(String text) throws IOException {
        Files.writeString(directory.resolve("web.env"), "A=1\n");
        Files.writeString(directory.resolve("extra.yaml"), "programs: {}\n");
        Path file = Files.writeString(directory.resolve("services.yaml"), text);
        LoadEnvironment machine = new LoadEnvironment(Map.of(), 2, name -> true, name -> true);
        return switch (ConfigLoader.load(file, machine)) {
            case LoadResult.Valid valid -> valid.services();
            case LoadResult.Invalid invalid ->
                    throw new AssertionError(
                            String.join(
                                    "\n",
                                    invalid.problems().stream()
                                            .map(ConfigProblem::render)
                                            .toList()));
        };
    }

    // ---- the command lines

    @Test
    void describesEveryOptionOfTheManager() {
        CommandSpec model = model("launch.LaunchModel");
        assertThat(MANAGER.options()).isEqualTo(options(model));
        assertThat(MANAGER.under("DESCRIPTION").tagged("Cm"))
                .containsExactlyElementsOf(model.subcommands().keySet());
    }

    @Test
    void describesEveryOptionAndCommandOfTheClient() {
        CommandSpec model = model("client.ControlModel");
        assertThat(CLIENT.options()).isEqualTo(options(model));
        assertThat(CLIENT.under("Commands").tagged("Cm"))
                .containsExactlyElementsOf(model.subcommands().keySet());
    }

    /// The models belong to their room, and only help has a use for the whole of them.
    private static CommandSpec model(String name) {
        try {
            Method root = Class.forName("org.einhyrningsins.cli." + name).getDeclaredMethod("root");
            root.setAccessible(true);
            return (CommandSpec) root.invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(name, e);
        }
    }

    private static Set<String> options(CommandSpec command) {
        Set<String> options = new TreeSet<>();
        command.options().forEach(option -> options.addAll(List.of(option.names())));
        command.subcommands().values().forEach(c -> options.addAll(options(c.getCommandSpec())));
        return options;
    }

    @Test
    void describesEverySignalToTheManager() throws ReflectiveOperationException {
        Class<?> desk = Class.forName(Manager.class.getPackageName() + ".SignalReader");
        Field signals = desk.getDeclaredField("SIGNALS");
        signals.setAccessible(true);
        String text = String.join("\n", MANAGER.under("SIGNALS").lines());
        for (Object signal : (Set<?>) signals.get(null)) {
            if (signal != Signal.CHLD) {
                assertThat(text).containsPattern("SIG" + signal + "\\b");
            }
        }
    }

    @Test
    void describesEveryExitStatus() {
        for (ExitStatus status : ExitStatus.values()) {
            assertThat(CLIENT.under("EXIT STATUS").lines()).contains(".It " + status.code());
        }
    }

    @Test
    void describesEveryVariableOfTheLaunchers() {
        String pages = text(MANAGER);
        for (String launcher :
                List.of("src/main/dist/bin/einhyrningsins", "src/build/up-to-date")) {
            for (String variable : found("\\bEINHYRNINGSINS_[A-Z]+_?[A-Z]+", read(launcher))) {
                if (!variable.startsWith("EINHYRNINGSINS_ORIG")) {
                    assertThat(pages).as(launcher).contains("Ev " + variable);
                }
            }
        }
    }

    // ---- the worker and the wire

    @Test
    void describesEveryVariableOfAWorker() throws IOException {
        StringBuilder manager = new StringBuilder();
        Path room = Path.of("src/main/java/org/einhyrningsins/manager");
        try (Stream<Path> files = Files.walk(room)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> manager.append(read(file.toString())));
        }
        List<String> named =
                found(
                        "(put|List.of)\\(\"(EINHORN|LISTEN|SERVER|NOTIFY)_[A-Z_]+",
                        manager.toString());
        assertThat(named).hasSizeGreaterThan(10);
        for (String name : named) {
            assertThat(text(WORKER)).contains(name.substring(name.indexOf('"') + 1));
        }
    }

    @Test
    void describesEveryCommandOfTheWire() {
        Set<String> commands = new TreeSet<>(model("client.ControlModel").subcommands().keySet());
        assertThat(WIRE.under("Commands").tagged("Cm"))
                .containsExactlyInAnyOrderElementsOf(commands);
    }

    @Test
    void describesEveryFieldOfAStatus() {
        WorkerStatus worker =
                new WorkerStatus(
                        new WorkerId(0, 1),
                        1,
                        "",
                        VersionStatus.of(1),
                        0,
                        0,
                        "",
                        FailureStatus.NONE);
        ProgramStatus program =
                new ProgramStatus(
                        "",
                        VersionStatus.of(1),
                        new ProgramStatus.Condition(
                                ProgramStatus.State.RUNNING, 1, 1, "", "", FailureStatus.NONE),
                        new OperatorOverride(true, 1, List.of(1)),
                        List.of(""),
                        List.of(worker),
                        List.of(new SocketStatus("", "", true)));
        ProgramDetails details =
                new ProgramDetails(
                        List.of("a"), "/", "u", List.of("l"), new ProgramDetails.Usage(1, 1, 1));
        StatusReport report =
                new StatusReport(
                        "",
                        1,
                        0,
                        "",
                        -1,
                        List.of(program),
                        new ManagerHead("h", "t", true, Map.of()),
                        Map.of("", details));
        byte[] reply = ReplyWriter.done(JsonId.of(1), ExitStatus.DONE, "", report);
        for (String field :
                found("\"[a-z_]+\":", new String(reply, StandardCharsets.UTF_8).strip())) {
            String name = field.substring(1, field.length() - 2);
            assertThat(text(WIRE)).containsPattern("Va ([a-z_]+ , )*" + name + "\\b");
        }
    }

    @Test
    void describesEveryStateOfAProgram() {
        for (ProgramStatus.State state : ProgramStatus.State.values()) {
            assertThat(WIRE.tagged("Li")).contains(state.word());
            assertThat(text(CLIENT)).containsPattern("\\.Em .*" + state.word());
        }
    }

    @Test
    void itsRequestsAreUnderstood() {
        int requests = 0;
        for (Example example : WIRE.examples()) {
            for (String line : example.text().split("\n", -1)) {
                String request = line.startsWith("> ") ? line.substring(2) : line;
                if (request.startsWith("{\"id\"") || request.startsWith("---%0Aid")) {
                    assertThat(RequestReader.parse(request.getBytes(StandardCharsets.UTF_8)))
                            .as(example + ": " + request)
                            .isNotInstanceOf(MalformedRequest.class);
                    requests++;
                }
            }
        }
        assertThat(requests).isPositive();
    }

    // ---- tutorial, quick reference, trouble

    @Test
    void theFileOfTheTutorialLoads() throws IOException {
        List<Example> files =
                TUTORIAL.examples().stream().filter(e -> e.file().endsWith(".yaml")).toList();
        assertThat(files).hasSize(1);
        assertThat(load(files.getFirst().text()).programs()).hasSize(1);
    }

    @Test
    void theQuickReferenceHasEveryKey() throws IOException {
        String file = QUICK.under("KEYS").examples().getFirst().text();
        assertThat(load(file).programs()).isNotEmpty();
        for (String key : SCHEMA.all()) {
            assertThat(file)
                    .containsPattern("\\b" + key.substring(key.lastIndexOf('.') + 1) + "\\b");
        }
    }

    @Test
    void theQuickReferenceHasEveryCommandStateAndExitStatus() {
        for (String command : model("launch.LaunchModel").subcommands().keySet()) {
            assertThat(text(QUICK.under("The manager"))).containsPattern("\\b" + command + "\\b");
        }
        for (String command : model("client.ControlModel").subcommands().keySet()) {
            assertThat(text(QUICK.under("The client"))).containsPattern("\\b" + command + "\\b");
        }
        for (ProgramStatus.State state : ProgramStatus.State.values()) {
            assertThat(QUICK.under("STATES").examples().getFirst().text())
                    .containsPattern("(?m)^" + state.word() + " ");
        }
        for (ExitStatus status : ExitStatus.values()) {
            assertThat(QUICK.under("EXIT STATUS").examples().getFirst().text())
                    .containsPattern("(?m)^" + status.code() + " ");
        }
    }

    /// A symptom is what the program says, to the letter: an ellipsis stands for names and numbers.
    @Test
    void everySymptomIsAMessageOfTheProgram() throws IOException {
        String program = sources().replaceAll("\"\\s*\\+\\s*\"", "");
        int symptoms = 0;
        for (String line : TROUBLE.lines()) {
            if (line.startsWith(".It Li ")) {
                for (String symptom : found("\"[^\"]+\"", line)) {
                    String words = symptom.substring(1, symptom.length() - 1).replace("\\-", "-");
                    assertThat(List.of(words.split(" \\.\\.\\. ", -1)))
                            .as(line)
                            .allMatch(program::contains);
                    symptoms++;
                }
            }
        }
        assertThat(symptoms).isGreaterThan(50);
    }

    private static String sources() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(file -> read(file.toString()))
                    .collect(Collectors.joining("\n"));
        }
    }

    // ---- the pages

    @ParameterizedTest
    @MethodSource("pages")
    void mandocHasNothingToSay(Path page) throws IOException, InterruptedException {
        boolean there = Files.isExecutable(Path.of("/usr/bin/mandoc"));
        assertThat(there || System.getenv("EINHYRNINGSINS_CI") == null).as("mandoc").isTrue();
        assumeTrue(there, "mandoc is not installed");
        Path said = directory.resolve("said");
        Process mandoc =
                new ProcessBuilder("mandoc", "-Tlint", "-Wwarning", page.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
        assertThat(mandoc.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(said)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("pages")
    void printsWhatItsLinesSeemToSay(Path page) throws IOException {
        List<String> misread =
                Files.readAllLines(page).stream()
                        .filter(line -> line.startsWith("'") || MdocLine.of(line).isMisread())
                        .toList();
        assertThat(misread).isEmpty();
    }

    /// The lines that the one above has to find.
    @Test
    void knowsLinesThatPrintSomethingElse() {
        assertThat(
                        List.of(
                                ".Ss In which order",
                                ".Sh AT HOME An example",
                                ".Dl Do this",
                                ".It Ic after : So it goes",
                                ".Pq Ql python3 -u , Ql stdbuf -oL .",
                                ".Pq Ql stop all , Ql die , No a signal .",
                                ".Ql ExecStop= , ExecStartPost= ,",
                                ".Ql ( succeeded , failed ) ;"))
                .allMatch(line -> MdocLine.of(line).isMisread());
        assertThat(
                        List.of(
                                ".Ss \\&In which order",
                                ".Dl \"In a text\"",
                                ".Pq Ql python3 -u .",
                                ".Ql complete Ar name word ... ,",
                                ".Pq see Ic restart.when , and Ql x ;",
                                "In a text.",
                                ".\\\" In a comment"))
                .noneMatch(line -> MdocLine.of(line).isMisread());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void refersToPagesThatThereAre(Path page) {
        String text = read(page.toString());
        for (String reference : found("\\.Xr einhyrningsins\\S* [1-9]", text)) {
            String[] words = reference.split(" ", -1);
            assertThat(ManPage.FOLDER.resolve(words[1] + "." + words[2])).exists();
        }
    }

    static List<Path> pages() throws IOException {
        try (Stream<Path> pages = Files.list(ManPage.FOLDER)) {
            return pages.sorted().toList();
        }
    }

    private static String text(ManPage page) {
        return String.join("\n", page.lines());
    }

    private static List<String> found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        List<String> found = matcher.results().map(result -> result.group()).toList();
        assertThat(found).as(pattern).isNotEmpty();
        return found;
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
