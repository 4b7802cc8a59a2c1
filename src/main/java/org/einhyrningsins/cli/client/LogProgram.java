// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli.client;

import org.einhyrningsins.cli.terminal.ClientCommand;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.Terminal;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.control.report.LogPlace;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.JsonText;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// `logs`: reads the files of the places that the manager named. The manager has no part in it, so
/// a reader that is slow, or never reads, costs it nothing.
final class LogProgram {
    private static final int LINES = 10;
    private static final long PAUSE_MILLIS = 100;

    private final ClientCommand asked;
    private final TextOutput out;
    private final TextOutput err;
    private final boolean terminal = Terminal.isTerminal(1);

    LogProgram(ClientCommand asked, TextOutput out, TextOutput err) {
        this.asked = asked;
        this.out = out;
        this.err = err;
    }

    /// Shows what is there, and if asked to, what comes.
    ///
    /// @return the exit status
    int run(List<LogPlace> places) {
        List<LogPlace> files = new ArrayList<>();
        for (LogPlace place : places) {
            if (place.file() == null) {
                err.print(CommandNames.CONTROL + ": " + place.why());
            } else {
                files.add(place);
            }
        }
        if (files.isEmpty()) {
            return places.isEmpty() ? ExitStatus.DONE.code() : ExitStatus.FAILED.code();
        }
        ExitStatus status = read(files);
        boolean all = files.size() == places.size();
        return (status == ExitStatus.DONE && !all ? ExitStatus.FAILED : status).code();
    }

    private ExitStatus read(List<LogPlace> places) {
        List<LogTail> tails = new ArrayList<>();
        try {
            List<Shown> shown = shown(places);
            for (Shown each : shown) {
                tellOfOthers(each);
                LogTail tail =
                        new LogTail(
                                Path.of(String.valueOf(each.place().file())),
                                taker(each, shown.size() > 1 || each.names().size() > 1));
                tails.add(tail);
                tail.last(asked.count() < 0 ? LINES : asked.count());
                if (!asked.follows()) {
                    tail.end();
                }
            }
            return asked.follows() ? follow(tails) : tellOfMissing(tails);
        } catch (AccessDeniedException e) {
            err.print(
                    CommandNames.CONTROL
                            + ": cannot read "
                            + e.getFile()
                            + ": permission denied; its owner, or root, can");
            return ExitStatus.NOT_ALLOWED;
        } catch (IOException e) {
            err.print(CommandNames.CONTROL + ": cannot read a log: " + e.getMessage());
            return ExitStatus.FAILED;
        } finally {
            tails.forEach(LogTail::close);
        }
    }

    /// A file that is shown once, whoever of those that were asked for writes to it.
    ///
    /// @param place the first of them
    /// @param names of programs that write to it, and were asked for; a line is of one of them
    private record Shown(LogPlace place, List<String> names) {
        /// Returns the label of the lines: `web:0`, or `api,web` where the writer is unknown.
        String label() {
            List<String> all = writers();
            return all.size() > 1 ? String.join(",", all) : place.label();
        }

        List<String> writers() {
            List<String> all = new ArrayList<>(names);
            place.others().stream().filter(other -> !all.contains(other)).forEach(all::add);
            return all;
        }
    }

    /// Lines of two programs in one file would be shown twice, each time as another's.
    private static List<Shown> shown(List<LogPlace> places) {
        List<Shown> shown = new ArrayList<>();
        Map<Object, Shown> byFile = new HashMap<>();
        for (LogPlace place : places) {
            Shown first = byFile.get(file(place));
            if (first == null || first.place().program().equals(place.program())) {
                Shown each = new Shown(place, new ArrayList<>(List.of(place.program())));
                byFile.putIfAbsent(file(place), each);
                shown.add(each);
            } else if (!first.names().contains(place.program())) {
                first.names().add(place.program());
            }
        }
        return shown;
    }

    /// The same for two names of one file.
    private static Object file(LogPlace place) {
        Path path = Path.of(String.valueOf(place.file()));
        try {
            return path.toRealPath();
        } catch (IOException nothingThere) {
            return path;
        }
    }

    private void tellOfOthers(Shown shown) {
        List<String> others = new ArrayList<>(shown.place().others());
        others.removeAll(shown.names());
        if (!others.isEmpty()) {
            err.print(
                    CommandNames.CONTROL
                            + ": "
                            + String.join(", ", others)
                            + " writes to "
                            + shown.place().file()
                            + " too, and the lines do not say whose they are");
        }
    }

    private ExitStatus tellOfMissing(List<LogTail> tails) {
        for (LogTail tail : tails) {
            if (tail.missing()) {
                err.print(
                        CommandNames.CONTROL + ": nothing was written to " + tail.path() + " yet");
            }
        }
        return ExitStatus.DONE;
    }

    /// Files cannot be waited for without loading more than the wait is worth: they are looked at.
    private static ExitStatus follow(List<LogTail> tails) throws IOException {
        while (true) {
            boolean more = false;
            for (LogTail tail : tails) {
                more |= tail.more();
            }
            if (!more) {
                try {
                    Thread.sleep(PAUSE_MILLIS);
                } catch (InterruptedException left) { // the shell's way to say that it is enough
                    Thread.currentThread().interrupt();
                    return ExitStatus.DONE;
                }
            }
        }
    }

    private LogTail.Taker taker(Shown shown, boolean labelled) {
        LogPlace place = shown.place();
        return new LogTail.Taker() {
            @Override
            public void line(byte[] line) {
                show(shown, labelled, line);
            }

            @Override
            public boolean wants(byte[] line) {
                return wantsAll() || isOf(place, line);
            }

            @Override
            public boolean wantsAll() {
                return !place.shared() || place.slot() < 0;
            }
        };
    }

    /// Prints a line. On a terminal control characters are made harmless; a pipe gets the bytes as
    /// they are.
    private void show(Shown shown, boolean labelled, byte[] line) {
        if (!asked.json() && !labelled && !terminal) {
            out.copy(withEnd(line));
            return;
        }
        String text = new String(line, StandardCharsets.UTF_8);
        if (asked.json()) {
            out.print(json(shown, text));
        } else {
            out.print((labelled ? shown.label() + " | " : "") + text + "\n");
        }
    }

    private static byte[] withEnd(byte[] line) {
        byte[] whole = java.util.Arrays.copyOf(line, line.length + 1);
        whole[line.length] = '\n';
        return whole;
    }

    /// True if the line's prefix says that it is of that slot.
    private static boolean isOf(LogPlace place, byte[] line) {
        String text = new String(line, StandardCharsets.UTF_8);
        int word = place.prefix().indexOf("slot");
        String[] words = text.split(" ", word + 2);
        return words.length > word && words[word].equals(place.label());
    }

    /// Returns a line as JSON, without a program where the writer is unknown.
    private static String json(Shown shown, String line) {
        LogPlace place = shown.place();
        StringBuilder json = new StringBuilder("{\"program\":");
        if (shown.writers().size() == 1) {
            JsonText.quote(json, place.program());
        } else {
            json.append("null");
        }
        json.append(",\"slot\":").append(place.slot() < 0 ? "null" : place.slot());
        json.append(",\"line\":");
        JsonText.quote(json, line);
        return json.append('}').toString();
    }
}
