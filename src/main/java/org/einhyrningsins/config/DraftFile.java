// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.spec.SocketSpec;
import org.yaml.snakeyaml.reader.StreamReader;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// A file as an import writes it, with comments on what it cannot say.
final class DraftFile {
    private final List<String> head = new ArrayList<>();
    private final StringBuilder top = new StringBuilder();
    private final DraftProgram defaults = new DraftProgram("defaults", this);
    private final SequencedMap<String, DraftProgram> programs = new LinkedHashMap<>();
    private final AddressBook book = new AddressBook();
    private final HostNames names = new HostNames();
    private final Map<String, Set<String>> order = new HashMap<>();
    private int lost;

    /// @param what as in `supervisord`
    DraftFile(String what, Path file) {
        head.add(
                "Imported from "
                        + what
                        + ", "
                        + file
                        + ". What was not carried over stands in a comment.");
    }

    void say(String comment) {
        head.add(comment);
    }

    /// Says at the head that a setting was not carried over, and why.
    void lost(Section section, Setting setting, String why) {
        head.add(lost(setting, "[" + section.name() + "] " + why));
    }

    /// The comment on a setting that is not carried over.
    String lost(Setting setting, String why) {
        lost++;
        return setting.key().startsWith(IniText.OVERRULED)
                ? "overruled: "
                        + new Setting(
                                setting.key().substring(IniText.OVERRULED.length()),
                                setting.value(),
                                setting.place())
                        + " (the same key is given elsewhere, and that counts)"
                : "not carried over: " + setting + " (" + why + ")";
    }

    /// Says that all that is left of a section was not carried over, and why.
    void lostWhole(Section section, String why) {
        head.add(
                "not carried over: "
                        + section.place()
                        + ": ["
                        + section.name()
                        + "] ("
                        + why
                        + ")");
        lost++;
        for (Setting setting : section.takeRest()) {
            head.add("  " + setting);
        }
    }

    /// A line of the top of the file.
    void top(String yaml) {
        top.append(yaml).append('\n');
    }

    DraftProgram defaults() {
        return defaults;
    }

    /// A new program, by that name or one like it.
    DraftProgram program(String wanted) {
        String name = freeName(wanted);
        DraftProgram program = new DraftProgram(name, this);
        programs.put(name, program);
        if (!name.equals(wanted)) {
            program.say("was named " + Texts.quoted(wanted));
        }
        return program;
    }

    private String freeName(String wanted) {
        String plain = plainName(wanted, "program");
        String name = plain.equals("all") ? "all-1" : plain;
        for (int i = 2; programs.containsKey(name); i++) {
            String end = "-" + i;
            name = plain.substring(0, Math.min(plain.length(), 64 - end.length())) + end;
        }
        return name;
    }

    /// What is like it and can name a program or a socket.
    static String plainName(String wanted, String otherwise) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < wanted.length() && name.length() < 64; i++) {
            String c = wanted.substring(i, i + 1);
            boolean good = Texts.isName(name + c);
            if (good || !name.isEmpty()) {
                name.append(good ? c : "-");
            }
        }
        return name.isEmpty() ? otherwise : name.toString();
    }

    /// Notes who binds which socket.
    ///
    /// @param kind tcp, udp or unix
    /// @throws Misread if it cannot be bound there, or if another program of the file does
    void claim(String kind, String address, boolean ipv6Only, String program, Place place)
            throws Misread {
        BindText texts = BindText.ofFile(Path.of("/"), names);
        SocketSpec.Address at =
                switch (kind) {
                    case "tcp" -> texts.tcp(address);
                    case "udp" -> texts.udp(address);
                    default -> texts.unix(address);
                };
        SocketSpec socket =
                new SocketSpec("socket", at, true, false, 1, ipv6Only, SocketSpec.UnixFile.DEFAULT);
        String objection = book.claim(socket, program, place);
        if (objection != null) {
            throw new Misread(objection);
        }
    }

    /// Notes that one comes after another; false if that one already comes after it.
    boolean comesAfter(String one, String other) {
        Set<String> before = new TreeSet<>(Set.of(other));
        int known = 0;
        while (known != before.size()) {
            known = before.size();
            Set.copyOf(before).forEach(name -> before.addAll(order.getOrDefault(name, Set.of())));
        }
        if (before.contains(one)) {
            return false;
        }
        order.computeIfAbsent(one, _ -> new TreeSet<>()).add(other);
        return true;
    }

    Imported print() {
        StringBuilder out = new StringBuilder();
        for (String line : head) {
            comment(line, 0, out);
        }
        out.append(top);
        out.append(defaults.isEmpty() ? "" : "defaults:\n");
        defaults.print(defaults.isEmpty() ? 0 : 2, out);
        out.append("programs:").append(programs.isEmpty() ? " {}\n" : "\n");
        for (DraftProgram program : programs.values()) {
            out.append("  ").append(Printer.quoted(program.name())).append(":\n");
            program.print(4, out);
        }
        return new Imported(out.toString(), programs.size(), lost);
    }

    /// One line, of nothing but what YAML takes.
    static void comment(String text, int indent, StringBuilder out) {
        out.repeat(' ', indent).append("# ");
        text.codePoints().forEach(c -> out.appendCodePoint(harmless(c)));
        out.append('\n');
    }

    private static int harmless(int c) {
        boolean line = c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
        if (line || c == '\t') {
            return ' ';
        }
        return c >= ' ' && c != 0xFEFF && StreamReader.isPrintable(c) ? c : '?';
    }
}
