// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.TextTemplate;
import org.einhyrningsins.spec.TextTemplate.AddressOf;
import org.einhyrningsins.spec.TextTemplate.Part;
import org.einhyrningsins.spec.TextTemplate.ReleaseName;
import org.einhyrningsins.spec.TextTemplate.ReleasePath;
import org.einhyrningsins.spec.TextTemplate.Slot;
import org.einhyrningsins.spec.TextTemplate.Text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Reads texts with places to be filled in, `${…}`, of one program. Of dollars before a `{` each
/// two stand for one, so `$${` is a literal `${`.
///
/// @param program its name
/// @param environment variables for `${env.NAME}`
/// @param sockets in the order of their descriptors
public record TemplateReader(
        String program, Map<String, String> environment, List<SocketSpec> sockets) {
    private static final String KNOWN =
            "${program}, ${slot}, ${env.NAME}, ${fd.NAME}, ${address.NAME}, ${release} and"
                    + " ${release.name}";

    public TextTemplate parse(String text) throws ValueException {
        List<Part> parts = new ArrayList<>();
        StringBuilder literal = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            int dollars = dollars(text, at);
            int open = at + dollars;
            if (dollars == 0 || open == text.length() || text.charAt(open) != '{') {
                literal.append(text, at, Math.max(open, at + 1));
                at = Math.max(open, at + 1);
                continue;
            }
            literal.repeat('$', dollars / 2);
            if (dollars % 2 == 0) {
                literal.append('{');
                at = open + 1;
                continue;
            }
            int close = text.indexOf('}', open);
            if (close < 0) {
                throw new ValueException("${ is not closed; write $${ for a literal ${");
            }
            place(text.substring(open + 1, close), literal, parts);
            if (literal.length() > ConfigLimits.MAX_TEXT) {
                throw new ValueException(
                        "it means more than 131,071 characters; the kernel takes no more");
            }
            at = close + 1;
        }
        if (parts.isEmpty() || !literal.isEmpty()) {
            flush(literal, parts);
        }
        return new TextTemplate(parts);
    }

    private static int dollars(String text, int from) {
        int end = from;
        while (end < text.length() && text.charAt(end) == '$') {
            end++;
        }
        return end - from;
    }

    private static void flush(StringBuilder literal, List<Part> parts) {
        parts.add(new Text(literal.toString()));
        literal.setLength(0);
    }

    private void place(String name, StringBuilder literal, List<Part> parts) throws ValueException {
        if (name.equals("program")) {
            literal.append(program);
        } else if (name.startsWith("env.")) {
            literal.append(variable(name.substring(4)));
        } else if (name.startsWith("fd.")) {
            literal.append(ProgramSpec.FIRST_SOCKET_FD + socket(name.substring(3)));
        } else if (name.equals("slot")) {
            late(new Slot(), literal, parts);
        } else if (name.equals("release")) {
            late(new ReleasePath(), literal, parts);
        } else if (name.equals("release.name")) {
            late(new ReleaseName(), literal, parts);
        } else if (name.startsWith("address.")) {
            String socket = name.substring(8);
            socket(socket);
            late(new AddressOf(socket), literal, parts);
        } else {
            throw new ValueException(
                    "${"
                            + TextUtil.cut(name)
                            + "} is unknown"
                            + meant(name)
                            + "; there are "
                            + KNOWN
                            + "; write $${ for a literal ${");
        }
    }

    private static String meant(String name) {
        String nearest = SpellingSuggestion.of(name, List.of("program", "slot", "release"));
        if (nearest != null) {
            return "; did you mean ${" + nearest + "}?";
        }
        boolean variable = EnvFile.isVariable(name) || name.indexOf(":-") > 0;
        boolean ours = name.equals("env") || name.equals("fd") || name.equals("address");
        return variable && !ours ? "; write ${env." + TextUtil.cut(name) + "} for a variable" : "";
    }

    private static void late(Part part, StringBuilder literal, List<Part> parts) {
        if (!literal.isEmpty()) {
            flush(literal, parts);
        }
        parts.add(part);
    }

    /// Expands a variable. As in a shell, a default also replaces an empty one.
    private String variable(String text) throws ValueException {
        int split = text.indexOf(":-");
        String name = split < 0 ? text : text.substring(0, split);
        String value = environment.get(name);
        if (split >= 0) {
            return value == null || value.isEmpty() ? text.substring(split + 2) : value;
        } else if (value == null) {
            throw new ValueException(
                    "the variable "
                            + TextUtil.quoted(name)
                            + " is not set; write ${env."
                            + TextUtil.cut(name)
                            + ":-…} to give it a default");
        }
        return value;
    }

    private int socket(String name) throws ValueException {
        for (int i = 0; i < sockets.size(); i++) {
            if (sockets.get(i).name().equals(name)) {
                return i;
            }
        }
        throw ValueException.ofMissing(noSocket(name));
    }

    /// Returns the message for a socket name that does not exist.
    public String noSocket(String name) {
        StringBuilder message =
                new StringBuilder()
                        .append(TextUtil.quoted(program))
                        .append(" has no socket named ")
                        .append(TextUtil.quoted(name));
        String before = "; it has ";
        for (SocketSpec socket : sockets) {
            message.append(before).append(socket.name());
            before = ", ";
        }
        return message.append(
                        sockets.isEmpty()
                                ? "; it has no bind; give it one, as in bind: [{ name: "
                                        + (TextUtil.isName(name) ? name : "http")
                                        + ", tcp: \"0.0.0.0:8080\" }]"
                                : "")
                .toString();
    }
}
