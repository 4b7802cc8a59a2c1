// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.LineSource;
import org.jline.keymap.KeyMap;
import org.jline.reader.Binding;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.exec.ExecTerminalProvider;
import org.jline.terminal.spi.SystemStream;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Lines that a person edits, with history and completion: JLine. The terminal is set with stty
/// (JLine's provider "exec"), since the others call native code, for which the JVM would have to be
/// told at every start of the client, and are no faster.
final class InteractiveLineSource implements LineSource {
    private final Terminal terminal;
    private final LineReader reader;
    private final String prompt;

    private InteractiveLineSource(Terminal terminal, LineReader reader, String prompt) {
        this.terminal = terminal;
        this.reader = reader;
        this.prompt = prompt;
    }

    /// Opens the terminal. To be called by the thread that will read.
    ///
    /// @param type of the terminal, as in TERM
    /// @param history null to keep none
    /// @throws IOException if the terminal cannot be set
    static InteractiveLineSource open(
            String prompt, String type, @Nullable Path history, Completion completion)
            throws IOException {
        Terminal terminal = terminal(type);
        Thread shell = Thread.currentThread();
        terminal.handle(Terminal.Signal.INT, signal -> shell.interrupt());
        LineReader reader = reader(terminal, completion);
        bindArrows(reader);
        if (history != null) {
            remember(reader, history);
        }
        return new InteractiveLineSource(terminal, reader, prompt);
    }

    private static Terminal terminal(String type) throws IOException {
        // not by TerminalBuilder, which runs test(1) five times to learn what we know
        return new ExecTerminalProvider()
                .sysTerminal(
                        CommandNames.CONTROL,
                        type,
                        false,
                        StandardCharsets.UTF_8,
                        true,
                        Terminal.SignalHandler.SIG_DFL,
                        false,
                        SystemStream.Output);
    }

    /// Arrow keys as they are in either mode of the terminal: it may not be in the one its
    /// description tells of.
    static void bindArrows(LineReader reader) {
        KeyMap<Binding> keys = Objects.requireNonNull(reader.getKeyMaps().get(LineReader.MAIN));
        for (String prefix : List.of("\033[", "\033O")) {
            keys.bind(new Reference(LineReader.UP_LINE_OR_HISTORY), prefix + "A");
            keys.bind(new Reference(LineReader.DOWN_LINE_OR_HISTORY), prefix + "B");
            keys.bind(new Reference(LineReader.FORWARD_CHAR), prefix + "C");
            keys.bind(new Reference(LineReader.BACKWARD_CHAR), prefix + "D");
            keys.bind(new Reference(LineReader.BEGINNING_OF_LINE), prefix + "H");
            keys.bind(new Reference(LineReader.END_OF_LINE), prefix + "F");
        }
    }

    private static LineReader reader(Terminal terminal, Completion completion) {
        return LineReaderBuilder.builder()
                .terminal(terminal)
                .appName(CommandNames.CONTROL)
                .parser(InteractiveLineSource::parsed)
                .completer((r, line, candidates) -> add(completion, line, candidates))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.INSERT_TAB, false)
                .build();
    }

    static void remember(LineReader reader, Path history) {
        reader.setVariable(LineReader.HISTORY_SIZE, ShellHistoryFile.BOUND);
        reader.setVariable(LineReader.HISTORY_FILE_SIZE, ShellHistoryFile.BOUND);
        reader.setVariable(LineReader.HISTORY_FILE, history);
        reader.unsetOpt(LineReader.Option.HISTORY_TIMESTAMPED);
    }

    private static ParsedLine parsed(String line, int cursor, Parser.ParseContext context) {
        return Typed.at(line, cursor);
    }

    private static void add(Completion completion, ParsedLine line, List<Candidate> candidates) {
        List<String> before = line.words().subList(0, line.wordIndex());
        String start = line.word().substring(0, line.wordCursor());
        for (Completion.Choice choice : completion.choices(before, start)) {
            String meaning = choice.meaning().isEmpty() ? null : choice.meaning();
            candidates.add(
                    new Candidate(choice.word(), choice.word(), null, meaning, null, null, true));
        }
    }

    @Override
    public @Nullable String read() {
        try {
            return reader.readLine(prompt);
        } catch (UserInterruptException nothingAsked) {
            return "";
        } catch (EndOfFileException left) {
            return null;
        }
    }

    @Override
    public boolean isInteractive() {
        return true;
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException gone) {
            // the terminal went away, and needs no setting back
            return;
        }
    }

    /// Text typed of the command that the cursor is in.
    ///
    /// @param words of that command
    /// @param wordIndex index of the word that the cursor is in
    /// @param wordCursor position of the cursor in it
    record Typed(String line, int cursor, List<String> words, int wordIndex, int wordCursor)
            implements ParsedLine {
        private static final String SEPARATORS = " \t;";

        static Typed at(String line, int cursor) {
            int command = line.lastIndexOf(';', cursor - 1) + 1;
            int start = cursor;
            while (start > command && !separates(line.charAt(start - 1))) {
                start--;
            }
            int end = cursor;
            while (end < line.length() && !separates(line.charAt(end))) {
                end++;
            }
            List<String> words = new ArrayList<>();
            for (String word : line.substring(command, start).split("[ \t]+", -1)) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
            int index = words.size();
            words.add(line.substring(start, end));
            return new Typed(line, cursor, List.copyOf(words), index, cursor - start);
        }

        private static boolean separates(char c) {
            return SEPARATORS.indexOf(c) >= 0;
        }

        @Override
        public String word() {
            return words.get(wordIndex);
        }
    }
}
