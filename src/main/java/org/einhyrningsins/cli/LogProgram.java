// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.control.JsonText;
import org.einhyrningsins.control.LogPlace;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `logs`: reads the files of the places that the manager named. The manager has no part in it, so
/// a reader that is slow, or never reads, costs it nothing.
final class LogProgram {
    private static final int LINES = 10;
    private static final long PAUSE_MILLIS = 100;

    private final Invocation asked;
    private final Output out;
    private final Output err;
    private final boolean terminal = Terminal.isTerminal(1);

    LogProgram(Invocation asked, Output out, Output err) {
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
                err.print(ControlProgram.NAME + ": " + place.why());
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
            for (LogPlace place : places) {
                LogTail tail =
                        new LogTail(
                                Path.of(String.valueOf(place.file())),
                                taker(place, places.size() > 1));
                tails.add(tail);
                tail.last(asked.count() < 0 ? LINES : asked.count());
                if (!asked.follows()) {
                    tail.end();
                }
            }
            return asked.follows() ? follow(tails) : tellOfMissing(tails);
        } catch (AccessDeniedException e) {
            err.print(
                    ControlProgram.NAME
                            + ": cannot read "
                            + e.getFile()
                            + ": permission denied; its owner, or root, can");
            return ExitStatus.NOT_ALLOWED;
        } catch (IOException e) {
            err.print(ControlProgram.NAME + ": cannot read a log: " + e.getMessage());
            return ExitStatus.FAILED;
        } finally {
            tails.forEach(LogTail::close);
        }
    }

    private ExitStatus tellOfMissing(List<LogTail> tails) {
        for (LogTail tail : tails) {
            if (tail.missing()) {
                err.print(ControlProgram.NAME + ": nothing was written to " + tail.path() + " yet");
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

    private LogTail.Taker taker(LogPlace place, boolean labelled) {
        return new LogTail.Taker() {
            @Override
            public void line(byte[] line) {
                show(place, labelled, line);
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

    /// On a terminal, what would command it is made harmless; a pipe gets what is there.
    private void show(LogPlace place, boolean labelled, byte[] line) {
        if (!asked.json() && !labelled && !terminal) {
            out.copy(withEnd(line));
            return;
        }
        String text = new String(line, StandardCharsets.UTF_8);
        if (asked.json()) {
            out.print(json(place, text));
        } else {
            out.print((labelled ? place.label() + " | " : "") + text + "\n");
        }
    }

    private static byte[] withEnd(byte[] line) {
        byte[] whole = java.util.Arrays.copyOf(line, line.length + 1);
        whole[line.length] = '\n';
        return whole;
    }

    /// Whether the words before the line say that it is of that slot.
    private static boolean isOf(LogPlace place, byte[] line) {
        String text = new String(line, StandardCharsets.UTF_8);
        int word = place.prefix().indexOf("slot");
        String[] words = text.split(" ", word + 2);
        return words.length > word && words[word].equals(place.label());
    }

    private static String json(LogPlace place, String line) {
        StringBuilder json = new StringBuilder("{\"program\":");
        JsonText.quote(json, place.program());
        json.append(",\"slot\":").append(place.slot() < 0 ? "null" : place.slot());
        json.append(",\"line\":");
        JsonText.quote(json, line);
        return json.append('}').toString();
    }
}
