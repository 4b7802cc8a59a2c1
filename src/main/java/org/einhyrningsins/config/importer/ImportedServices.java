// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.check.BindConflicts;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.BindAddressText;
import org.einhyrningsins.config.value.HostNameLookup;
import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.config.value.LoadEnvironment;
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
public final class ImportedServices {
    private final String what;
    private final Path file;
    private final ImportComments head = new ImportComments();
    private final StringBuilder top = new StringBuilder();
    private final ImportedProgram defaults = new ImportedProgram("defaults", this);
    private final SequencedMap<String, ImportedProgram> programs = new LinkedHashMap<>();
    private final SequencedMap<String, List<String>> groups = new LinkedHashMap<>();
    private final BindConflicts book = new BindConflicts();
    private final HostNameLookup names = new HostNameLookup();
    private final Map<String, Set<String>> order = new HashMap<>();
    private int changes;

    /// Begins a file that is imported from another.
    ///
    /// @param what as in `supervisord`
    public ImportedServices(String what, Path file) {
        this.what = what;
        this.file = file;
    }

    public void comment(String comment) {
        head.comment(comment);
    }

    /// Says at the head what became of a setting.
    ///
    /// @param setting null for something that the other manager does without being told
    public void remark(ImportComments.Kind kind, @Nullable Object setting, String why) {
        count(kind);
        head.add(kind, setting, why);
    }

    /// Notes that somewhere in the file a remark of that kind is made.
    void count(ImportComments.Kind kind) {
        changes += kind.changes() ? 1 : 0;
    }

    /// Says at the head that a setting was not carried over, and why.
    public void lost(ForeignSection foreignSection, ForeignSetting foreignSetting, String why) {
        remark(foreignSection, foreignSetting, ImportComments.Kind.LOST, why);
    }

    /// Says at the head that a setting needs nothing here, and why.
    public void same(ForeignSection foreignSection, ForeignSetting foreignSetting, String why) {
        remark(foreignSection, foreignSetting, ImportComments.Kind.SAME, why);
    }

    private void remark(
            ForeignSection foreignSection,
            ForeignSetting foreignSetting,
            ImportComments.Kind kind,
            String why) {
        if (IniText.isOverruled(foreignSetting)) {
            remark(ImportComments.Kind.SAME, IniText.plain(foreignSetting), IniText.ELSEWHERE);
        } else {
            remark(kind, foreignSetting, "[" + foreignSection.name() + "] " + why);
        }
    }

    /// Says that all that is left of a section was not carried over, and why.
    public void lostWhole(ForeignSection foreignSection, String why) {
        whole(foreignSection, ImportComments.Kind.LOST, why);
    }

    /// Says that all that is left of a section needs nothing here, and why.
    public void sameWhole(ForeignSection foreignSection, String why) {
        whole(foreignSection, ImportComments.Kind.SAME, why);
    }

    private void whole(ForeignSection foreignSection, ImportComments.Kind kind, String why) {
        StringBuilder all =
                new StringBuilder(foreignSection.place() + ": [" + foreignSection.name() + "]");
        for (ForeignSetting foreignSetting : foreignSection.takeRest()) {
            all.append(all.indexOf(" with ") < 0 ? " with " : ", ").append(foreignSetting.words());
        }
        remark(kind, all, why);
    }

    /// A line of the top of the file.
    public void top(String yaml) {
        top.append(yaml).append('\n');
    }

    public ImportedProgram defaults() {
        return defaults;
    }

    /// Names of the programs so far.
    public Set<String> names() {
        return Set.copyOf(programs.keySet());
    }

    /// A name for several programs, that one or one like it.
    ///
    /// @param members as they are named here
    public void group(String wanted, List<String> members) {
        String name = freeName(programs.containsKey(wanted) ? wanted + "-group" : wanted);
        groups.put(name, List.copyOf(members));
        if (!name.equals(wanted)) {
            comment("The group " + wanted + " is named " + name + ", as a program has that name.");
        }
    }

    /// A new program, by that name or one like it.
    public ImportedProgram program(String wanted) {
        String name = freeName(wanted);
        ImportedProgram program = new ImportedProgram(name, this);
        programs.put(name, program);
        if (!name.equals(wanted)) {
            program.comment("was named " + TextUtil.quoted(wanted));
        }
        return program;
    }

    private String freeName(String wanted) {
        String plain = plainName(wanted, "program");
        String name = plain.equals("all") ? "all-1" : plain;
        for (int i = 2; programs.containsKey(name) || groups.containsKey(name); i++) {
            String end = "-" + i;
            name = plain.substring(0, Math.min(plain.length(), 64 - end.length())) + end;
        }
        return name;
    }

    /// Returns a similar name that a program or a socket can have.
    public static String plainName(String wanted, String otherwise) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < wanted.length() && name.length() < 64; i++) {
            String c = wanted.substring(i, i + 1);
            boolean good = TextUtil.isName(name + c);
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
    public void claim(
            String kind,
            String address,
            boolean ipv6Only,
            String program,
            SourcePosition sourcePosition)
            throws ValueException {
        BindAddressText texts = BindAddressText.ofFile(Path.of("/"), names);
        SocketSpec.Address at =
                switch (kind) {
                    case "tcp" -> texts.tcp(address);
                    case "udp" -> texts.udp(address);
                    default -> texts.unix(address);
                };
        SocketSpec socket =
                new SocketSpec("socket", at, true, false, 1, ipv6Only, SocketSpec.UnixFile.DEFAULT);
        String objection = book.claim(socket, program, sourcePosition);
        if (objection != null) {
            throw new ValueException(objection);
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
    public ImportResult print(LoadEnvironment machine) throws ImportException {
        if (programs.isEmpty()) {
            List<String> lines = new ArrayList<>(head.lines(this::shortened));
            lines.removeIf(line -> !line.startsWith(ImportComments.Kind.LOST.words()));
            String why = lines.isEmpty() ? "" : "; " + String.join("; ", lines);
            throw new ImportException(file, 0, "there is nothing to run in it" + why);
        }
        defaults.dropUnknownAccounts(machine);
        programs.values().forEach(program -> program.dropUnknownAccounts(machine));
        StringBuilder body = new StringBuilder();
        body.append(defaults.isEmpty() ? "" : "defaults:\n");
        ImportComments strays = defaults.print(defaults.isEmpty() ? 0 : 2, body);
        if (defaults.isEmpty()) {
            head.addAll(strays);
        }
        programs.values().forEach(ImportedProgram::settleJob);
        for (ImportedProgram program : programs.values()) {
            for (String before : List.copyOf(program.after())) {
                ImportedProgram followed = programs.get(before);
                if (followed != null) {
                    followed.followed();
                    program.checkCondition(followed);
                }
                if (followed != null && followed.isIdle()) {
                    program.differs("after", before + " is not started, so it is not waited for");
                }
            }
        }
        if (!groups.isEmpty()) {
            body.append("groups:\n");
            groups.forEach(
                    (name, members) ->
                            body.append("  ")
                                    .append(YamlText.quoted(name))
                                    .append(": ")
                                    .append(YamlText.words(members))
                                    .append('\n'));
        }
        body.append("programs:").append(programs.isEmpty() ? " {}\n" : "\n");
        int blocked = 0;
        for (ImportedProgram program : programs.values()) {
            body.append("  ").append(YamlText.quoted(program.name())).append(":\n");
            program.print(4, body);
            blocked += program.isBlocked() ? 1 : 0;
        }
        ImportResult importResult = new ImportResult("", programs.size(), changes, blocked);
        StringBuilder out = new StringBuilder();
        comment(
                "Imported from " + what + ", " + file + ": " + importResult.verdict() + ".",
                0,
                out);
        for (String line : head.lines(this::shortened)) {
            comment(line, 0, out);
        }
        return new ImportResult(
                out.append(top).append(body).toString(), programs.size(), changes, blocked);
    }

    /// Names files beside the one that is imported by their names alone, as in `web.conf:12:`.
    String shortened(String comment) {
        Path folder = ForeignFiles.folder(file);
        Path given = file.getParent();
        String shorter = folder.getNameCount() == 0 ? comment : without(comment, folder);
        return given == null || given.equals(folder) ? shorter : without(shorter, given);
    }

    private static String without(String comment, Path folder) {
        return comment.replaceAll(
                "(?<![^ ])" + Pattern.quote(folder + "/") + "(?=[^ :]+:[0-9]+\\b)", "");
    }

    /// Writes one line of a comment, with only characters that YAML takes.
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
