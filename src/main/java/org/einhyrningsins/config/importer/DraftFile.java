// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.Printer;
import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.AddressBook;
import org.einhyrningsins.config.value.BindText;
import org.einhyrningsins.config.value.HostNames;
import org.einhyrningsins.config.value.Remarks;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.spec.SocketSpec;
import org.jspecify.annotations.Nullable;
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
import java.util.regex.Pattern;

/// A file as an import writes it, with comments on what it cannot say.
public final class DraftFile {
    private final String what;
    private final Path file;
    private final Remarks head = new Remarks();
    private final StringBuilder top = new StringBuilder();
    private final DraftProgram defaults = new DraftProgram("defaults", this);
    private final SequencedMap<String, DraftProgram> programs = new LinkedHashMap<>();
    private final AddressBook book = new AddressBook();
    private final HostNames names = new HostNames();
    private final Map<String, Set<String>> order = new HashMap<>();
    private int changes;

    /// @param what as in `supervisord`
    public DraftFile(String what, Path file) {
        this.what = what;
        this.file = file;
    }

    public void say(String comment) {
        head.say(comment);
    }

    /// Says at the head what became of a setting.
    ///
    /// @param setting null for something that the other manager does without being told
    public void remark(Remarks.Kind kind, @Nullable Object setting, String why) {
        count(kind);
        head.add(kind, setting, why);
    }

    /// Notes that somewhere in the file a remark of that kind is made.
    void count(Remarks.Kind kind) {
        changes += kind.changes() ? 1 : 0;
    }

    /// Says at the head that a setting was not carried over, and why.
    public void lost(Section section, Setting setting, String why) {
        remark(section, setting, Remarks.Kind.LOST, why);
    }

    /// Says at the head that a setting needs nothing here, and why.
    public void same(Section section, Setting setting, String why) {
        remark(section, setting, Remarks.Kind.SAME, why);
    }

    private void remark(Section section, Setting setting, Remarks.Kind kind, String why) {
        if (IniText.isOverruled(setting)) {
            remark(Remarks.Kind.SAME, IniText.plain(setting), IniText.ELSEWHERE);
        } else {
            remark(kind, setting, "[" + section.name() + "] " + why);
        }
    }

    /// Says that all that is left of a section was not carried over, and why.
    public void lostWhole(Section section, String why) {
        whole(section, Remarks.Kind.LOST, why);
    }

    /// Says that all that is left of a section needs nothing here, and why.
    public void sameWhole(Section section, String why) {
        whole(section, Remarks.Kind.SAME, why);
    }

    private void whole(Section section, Remarks.Kind kind, String why) {
        StringBuilder all = new StringBuilder(section.place() + ": [" + section.name() + "]");
        for (Setting setting : section.takeRest()) {
            all.append(all.indexOf(" with ") < 0 ? " with " : ", ").append(setting.words());
        }
        remark(kind, all, why);
    }

    /// A line of the top of the file.
    public void top(String yaml) {
        top.append(yaml).append('\n');
    }

    public DraftProgram defaults() {
        return defaults;
    }

    /// A new program, by that name or one like it.
    public DraftProgram program(String wanted) {
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
    public static String plainName(String wanted, String otherwise) {
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
    public void claim(String kind, String address, boolean ipv6Only, String program, Place place)
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
    public boolean comesAfter(String one, String other) {
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

    /// Writes it all down.
    ///
    /// @param machine which users and groups are known
    public Imported print(Surroundings machine) throws Unimportable {
        if (programs.isEmpty()) {
            List<String> lines = new ArrayList<>(head.lines(this::shortened));
            lines.removeIf(line -> !line.startsWith(Remarks.Kind.LOST.words()));
            String why = lines.isEmpty() ? "" : "; " + String.join("; ", lines);
            throw new Unimportable(file, 0, "there is nothing to run in it" + why);
        }
        defaults.settle(machine);
        programs.values().forEach(program -> program.settle(machine));
        StringBuilder body = new StringBuilder();
        body.append(defaults.isEmpty() ? "" : "defaults:\n");
        Remarks strays = defaults.print(defaults.isEmpty() ? 0 : 2, body);
        if (defaults.isEmpty()) {
            head.addAll(strays);
        }
        for (DraftProgram program : programs.values()) {
            for (String before : program.after()) {
                DraftProgram followed = programs.get(before);
                if (followed != null) {
                    followed.followed();
                }
                if (followed != null && followed.isIdle()) {
                    program.differs("after", before + " is not started, so it is not waited for");
                }
            }
        }
        body.append("programs:").append(programs.isEmpty() ? " {}\n" : "\n");
        int blocked = 0;
        for (DraftProgram program : programs.values()) {
            body.append("  ").append(Printer.quoted(program.name())).append(":\n");
            program.print(4, body);
            blocked += program.isBlocked() ? 1 : 0;
        }
        Imported imported = new Imported("", programs.size(), changes, blocked);
        StringBuilder out = new StringBuilder();
        comment("Imported from " + what + ", " + file + ": " + imported.verdict() + ".", 0, out);
        for (String line : head.lines(this::shortened)) {
            comment(line, 0, out);
        }
        return new Imported(
                out.append(top).append(body).toString(), programs.size(), changes, blocked);
    }

    /// Names files beside the one that is imported by their names alone, as in `web.conf:12:`.
    String shortened(String comment) {
        Path folder = ImportedFile.folder(file);
        Path given = file.getParent();
        String shorter = folder.getNameCount() == 0 ? comment : without(comment, folder);
        return given == null || given.equals(folder) ? shorter : without(shorter, given);
    }

    private static String without(String comment, Path folder) {
        return comment.replaceAll(
                "(?<![^ ])" + Pattern.quote(folder + "/") + "(?=[^ :]+:[0-9]+\\b)", "");
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
