// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Lines that a person edits, with history and completion: JLine. The terminal is set with stty
/// (JLine's provider "exec"), since the others call native code, for which the JVM would have to be
/// told at every start of the client, and are no faster.
final class EditedLines implements LineSource {
    private final Terminal terminal;
    private final LineReader reader;
    private final String prompt;

    private EditedLines(Terminal terminal, LineReader reader, String prompt) {
        this.terminal = terminal;
        this.reader = reader;
        this.prompt = prompt;
    }

    /// To be called by the thread that will read.
    ///
    /// @param history null to keep none
    /// @throws IOException if the terminal cannot be set
    static EditedLines open(String prompt, @Nullable Path history, Completion completion)
            throws IOException {
        Terminal terminal = terminal();
        Thread shell = Thread.currentThread();
        terminal.handle(Terminal.Signal.INT, signal -> shell.interrupt());
        LineReader reader = reader(terminal, completion);
        if (history != null) {
            remember(reader, history);
        }
        return new EditedLines(terminal, reader, prompt);
    }

    private static Terminal terminal() throws IOException {
        try {
            return TerminalBuilder.builder().system(true).provider("exec").dumb(false).build();
        } catch (IllegalStateException e) {
            throw new IOException(e);
        }
    }

    private static LineReader reader(Terminal terminal, Completion completion) {
        return LineReaderBuilder.builder()
                .terminal(terminal)
                .appName(ControlProgram.NAME)
                .parser(EditedLines::parsed)
                .completer((r, line, candidates) -> add(completion, line, candidates))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.INSERT_TAB, false)
                .build();
    }

    static void remember(LineReader reader, Path history) {
        reader.setVariable(LineReader.HISTORY_SIZE, ShellHistory.BOUND);
        reader.setVariable(LineReader.HISTORY_FILE_SIZE, ShellHistory.BOUND);
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

    /// What is typed of the command that the cursor is in.
    ///
    /// @param words of that command
    /// @param wordIndex which of them the cursor is in
    /// @param wordCursor where in it
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
