// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// A `[socket:x]` of circus, which belongs to the first program that takes it.
///
/// @param name in lower case, as circus knows it
record CircusSocket(String name, ForeignSection section) {
    private static final String TAKEN = "(taken)";

    /// Returns its name in a form that a socket can have.
    String plainName() {
        return ImportedServices.plainName(name, "socket");
    }

    /// True if a program has it, or has said why not.
    static boolean isTaken(ForeignSection foreignSection) {
        return foreignSection.has(TAKEN);
    }

    /// Writes it into a program's `bind`; says there why, if it cannot be.
    void write(ImportedProgram program, CircusVariables texts) {
        ForeignSection settings = section.copy();
        settings.take(TAKEN);
        if (!isTaken(section)) {
            section.add(new ForeignSetting(TAKEN, "", section.place()));
        }
        try {
            String yaml = address(settings, program, texts);
            program.socket(plainName(), yaml + options(settings, program, yaml));
            if (!name.equals(plainName())) {
                program.comment("bind", "the socket was named " + TextUtil.quoted(name));
            }
        } catch (ValueException e) {
            ForeignSetting whole =
                    new ForeignSetting("[" + section.name() + "]", "", section.place());
            program.blocks(whole, e.reason());
            ForeignSection all = section.copy();
            all.take(TAKEN);
            all.takeRest()
                    .forEach(
                            foreignSetting ->
                                    program.same(
                                            foreignSetting,
                                            "it belongs to a socket that is not bound"));
            return;
        }
        for (ForeignSetting foreignSetting : settings.takeRest()) {
            boolean moot = foreignSetting.key().matches("(?i)replace|use_papa");
            if (moot
                    || (foreignSetting.key().equals("interface")
                            && foreignSetting.value().isEmpty())) {
                program.same(foreignSetting, whyNot(foreignSetting.key()));
            } else {
                program.lost("bind", foreignSetting, whyNot(foreignSetting.key()));
            }
        }
    }

    private String address(ForeignSection settings, ImportedProgram program, CircusVariables texts)
            throws ValueException {
        ForeignSetting path = settings.take("path");
        String family = value(settings.take("family"), path == null ? "AF_INET" : "AF_UNIX");
        String type = value(settings.take("type"), "SOCK_STREAM");
        boolean unix = path != null || family.equals("AF_UNIX");
        boolean datagram = type.equals("SOCK_DGRAM");
        if (!datagram && !type.equals("SOCK_STREAM")) {
            throw new ValueException("there are no sockets of type " + type);
        } else if (unix && (path == null || datagram)) {
            throw new ValueException("a UNIX socket needs a path, and is of type SOCK_STREAM");
        }
        String kind = unix ? "unix" : datagram ? "udp" : "tcp";
        String address =
                unix && path != null ? texts.expanded(path.value()) : internet(settings, texts);
        program.file().claim(kind, address, false, program.name(), section.place());
        return kind + ": " + YamlText.quoted(address);
    }

    private static String internet(ForeignSection settings, CircusVariables texts)
            throws ValueException {
        String host = texts.expanded(value(settings.take("host"), "localhost"));
        String port = texts.expanded(value(settings.take("port"), "8080"));
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    private static String value(@Nullable ForeignSetting foreignSetting, String usual) {
        return foreignSetting == null ? usual : foreignSetting.value();
    }

    /// Circus's sockets do not block unless it is said.
    private static String options(
            ForeignSection settings, ImportedProgram program, String address) {
        StringBuilder options = new StringBuilder();
        ForeignSetting blocking = settings.take("blocking");
        boolean blocks = blocking != null && blocking.isTrue();
        options.append(", non-blocking: ").append(!blocks);
        ForeignSetting backlog = settings.take("backlog");
        boolean datagram = address.startsWith("udp:");
        Integer length =
                backlog == null || datagram ? null : program.number("bind", backlog, 1, 65535);
        if (length != null) {
            options.append(", backlog: ").append(length);
        } else if (backlog != null && datagram) {
            program.same(backlog, "UDP has none");
        }
        ForeignSetting umask = settings.take("umask");
        String bits = umask == null ? null : ImportedValues.octal(umask.value());
        if (umask != null && (bits == null || !address.startsWith("unix:"))) {
            program.lost("bind", umask, "expected octal digits, for a UNIX socket");
        } else if (bits != null) {
            int mode = 0777 & ~Integer.parseInt(bits.substring(1, 5), 8);
            options.append(String.format(", mode: \"%04o\"", mode));
        }
        return options.append(ownOfEach(settings, program, address)).toString();
    }

    /// Circus binds one for each worker, too.
    private static String ownOfEach(
            ForeignSection settings, ImportedProgram program, String address) {
        ForeignSetting each = settings.take("so_reuseport");
        if (each == null || !each.isTrue()) {
            return "";
        }
        if (address.startsWith("unix:") || address.endsWith(":0\"")) {
            program.lost("bind", each, "per-worker is for TCP and UDP, at a port that is named");
            return "";
        }
        return ", per-worker: true";
    }

    private static String whyNot(String key) {
        return switch (key.toLowerCase(Locale.ROOT)) {
            case "replace" -> "a file that nobody answers at is always replaced";
            case "interface" -> "sockets are bound to addresses, not to devices";
            case "use_papa" -> "the manager itself keeps its sockets";
            default -> "nothing here is like it";
        };
    }
}
