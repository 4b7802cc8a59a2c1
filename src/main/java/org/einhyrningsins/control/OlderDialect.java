// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import org.jspecify.annotations.Nullable;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/// What workers wrote before the wire was JSON: YAML on one line, its newlines and percent signs
/// escaped as in URLs. Workers only ever say two things, so this reads the shapes those two take,
/// block or flow, quoted or not, with keys as strings or as Ruby symbols:
///
///     --- %0Acommand: worker:ack%0Apid: 123%0A
///     --- {command: worker:ack, pid: 123}
///     {command:worker:ack,pid:123}
final class OlderDialect {
    private @Nullable String command;
    private @Nullable JsonId id;
    private int pid;

    private OlderDialect() {}

    /// Whether the line is in this dialect: it begins with `---`, or with a brace and then
    /// something that cannot begin a JSON key.
    static boolean speaks(byte[] line) {
        int at = skipBlanks(line, 0);
        if (at < line.length && line[at] == '-') {
            return true;
        }
        int next = skipBlanks(line, at + 1);
        return next < line.length
                && line[at] == '{'
                && (Character.isLetter(line[next]) || line[next] == '\'' || line[next] == ':');
    }

    static Parsed parse(byte[] line) {
        OlderDialect message = new OlderDialect();
        String text = unescape(new String(line, StandardCharsets.UTF_8));
        for (String entry : text.replace('\n', ',').split(",", -1)) {
            message.take(entry);
        }
        return message.parsed();
    }

    private void take(String entry) {
        String bare = strip(entry);
        int colon = bare.indexOf(':');
        if (colon < 0) {
            return;
        }
        String value = strip(bare.substring(colon + 1));
        switch (strip(bare.substring(0, colon))) {
            case "command" -> command = value;
            case "pid" -> pid = number(value);
            case "id" -> id = JsonId.of(value);
            default -> {}
        }
    }

    private Parsed parsed() {
        Malformed refused =
                new Malformed(
                        id == null ? JsonId.NONE : id,
                        "a line that is not JSON may only be worker:ack or worker:ping; "
                                + "expected as in {\"id\":1,\"command\":\"status\"}");
        return command == null ? refused : Requests.workerMessage(command, pid, id, refused);
    }

    /// Without the document's mark, braces, quotes, blanks and a symbol's colon around it.
    private static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && "-{'\": \t\r".indexOf(text.charAt(from)) >= 0) {
            from++;
        }
        while (from < to && "}'\" \t\r".indexOf(text.charAt(to - 1)) >= 0) {
            to--;
        }
        return text.substring(from, to);
    }

    private static String unescape(String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEscaped) {
            return text;
        }
    }

    /// The number, or 0 if it is none.
    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }

    private static int skipBlanks(byte[] line, int from) {
        int at = from;
        while (at < line.length && (line[at] == ' ' || line[at] == '\t')) {
            at++;
        }
        return at;
    }
}
