// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Requests as einhorn's clients write them: a YAML document on one line, its newlines and percent
/// signs escaped as in URLs; block or flow, quoted or not, with keys as strings or as Ruby symbols:
///
///     ---%0Aid: 1%0Acommand: signal%0Aargs:%0A- USR2%0A
///     --- {command: worker:ack, pid: 123}
///
/// A request without an id comes from a client that expects one reply and no more, so it is
/// answered at once. See einhorn's lib/einhorn/client.rb and command/interface.rb.
final class EinhornDialect {
    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,17})");

    private final Map<String, YamlRequest.Value> fields;
    private JsonId id = JsonId.NONE.in(Dialect.YAML);

    private EinhornDialect(Map<String, YamlRequest.Value> fields) {
        this.fields = fields;
    }

    /// True if the line is in this dialect: it begins with `---` or an escape, with a word and a
    /// colon, or with a brace and then something that cannot begin a JSON key.
    static boolean speaks(byte[] line) {
        int at = skipBlanks(line, 0);
        if (at == line.length) {
            return false;
        }
        int next = skipBlanks(line, at + 1);
        return switch (line[at]) {
            case '-', '%' -> true;
            case '{' ->
                    next < line.length && (isLetter(line[next]) || ":'".indexOf(line[next]) >= 0);
            default -> (isLetter(line[at]) || line[at] == ':') && hasColon(line, next);
        };
    }

    static ParsedLine parse(byte[] line) {
        String text = new String(unescape(line), StandardCharsets.UTF_8);
        try {
            return new EinhornDialect(YamlRequest.read(text)).parsed();
        } catch (UsageException e) {
            return new MalformedRequest(
                    JsonId.NONE.in(Dialect.YAML), String.valueOf(e.getMessage()));
        }
    }

    private ParsedLine parsed() {
        try {
            id = id("id");
            String command = text("command");
            if (command == null || command.isEmpty()) {
                throw new UsageException("no command; expected as in --- {id: 1, command: state}");
            }
            return RequestReader.workerMessage(
                    command, pid(), id, id("request_id"), request(command));
        } catch (UsageException e) {
            return new MalformedRequest(id, String.valueOf(e.getMessage()));
        }
    }

    private ControlRequest request(String command) throws UsageException {
        return new ControlRequest(id, command, args(command), !id.none(), true);
    }

    private List<String> args(String command) throws UsageException {
        String user = command.equals("ehlo") ? text("user") : null;
        return switch (fields.getOrDefault("args", YamlRequest.NOTHING)) {
            case YamlRequest.Items(var texts) ->
                    texts.isEmpty() && user != null ? List.of(user) : texts;
            case YamlRequest.Text text when text.none() -> user == null ? List.of() : List.of(user);
            case YamlRequest.Text ignored -> throw wrong("args", "a list of strings");
            case YamlRequest.Other ignored -> throw wrong("args", "a list of strings");
        };
    }

    private JsonId id(String name) throws UsageException {
        return switch (fields.getOrDefault(name, YamlRequest.NOTHING)) {
            case YamlRequest.Text text when text.none() -> JsonId.NONE.in(Dialect.YAML);
            case YamlRequest.Text text when isInteger(text) ->
                    new JsonId(text.text(), Dialect.YAML);
            case YamlRequest.Text text -> new JsonId(YamlText.quote(text.text()), Dialect.YAML);
            case YamlRequest.Items ignored -> throw wrong(name, "a number or a string");
            case YamlRequest.Other ignored -> throw wrong(name, "a number or a string");
        };
    }

    private static boolean isInteger(YamlRequest.Text text) {
        return text.plain() && INTEGER.matcher(text.text()).matches();
    }

    /// A symbol counts as its name.
    private @Nullable String text(String name) throws UsageException {
        return switch (fields.getOrDefault(name, YamlRequest.NOTHING)) {
            case YamlRequest.Text text when text.none() -> null;
            case YamlRequest.Text text -> text.word();
            case YamlRequest.Items ignored -> throw wrong(name, "a string");
            case YamlRequest.Other ignored -> throw wrong(name, "a string");
        };
    }

    /// The number, or 0 if it is none.
    private int pid() throws UsageException {
        String pid = text("pid");
        if (pid == null || pid.length() > 9 || !CommandTarget.isNumber(pid)) {
            return 0;
        }
        return Integer.parseInt(pid);
    }

    private static UsageException wrong(String name, String expected) {
        return new UsageException("field '" + name + "': expected " + expected);
    }

    /// Decodes escapes: `%` and two hexadecimal digits is a byte. Einhorn escapes only newlines and
    /// percent signs now, but did more once, and clients in other languages escape whatever their
    /// library does. A percent sign that begins no escape stands for itself.
    private static byte[] unescape(byte[] line) {
        byte[] bytes = new byte[line.length];
        int length = 0;
        for (int at = 0; at < line.length; at++) {
            int value = line[at] == '%' ? hex(line, at + 1) : -1;
            bytes[length++] = value < 0 ? line[at] : (byte) value;
            at += value < 0 ? 0 : 2;
        }
        return Arrays.copyOf(bytes, length);
    }

    private static int hex(byte[] line, int at) {
        if (at + 1 >= line.length) {
            return -1;
        }
        int high = Character.digit(line[at], 16);
        int low = Character.digit(line[at + 1], 16);
        return high < 0 || low < 0 ? -1 : 16 * high + low;
    }

    private static boolean isLetter(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    }

    private static boolean hasColon(byte[] line, int from) {
        for (int at = from; at < line.length; at++) {
            if (line[at] == ':') {
                return true;
            }
        }
        return false;
    }

    private static int skipBlanks(byte[] line, int from) {
        int at = from;
        while (at < line.length && (line[at] == ' ' || line[at] == '\t')) {
            at++;
        }
        return at;
    }
}
