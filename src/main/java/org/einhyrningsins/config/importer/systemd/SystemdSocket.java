// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

/// Writes the sockets of a `.socket` unit into the `bind` of its program. Source:
/// systemd.socket(5).
final class SystemdSocket {
    private final SystemdImporter.Unit unit;
    private final ImportedProgram program;
    private final boolean nonBlocking;
    private final SystemdSettings settings;

    /// @param nonBlocking the service's setting for all its sockets
    SystemdSocket(SystemdImporter.Unit unit, ImportedProgram program, boolean nonBlocking) {
        this.unit = unit;
        this.program = program;
        this.nonBlocking = nonBlocking;
        this.settings = new SystemdSettings(unit.section("Socket"), unit.text(), program);
    }

    void write() {
        Options options = options();
        for (ForeignSetting listen : settings.list(key -> key.startsWith("Listen"))) {
            try {
                listen(listen, options);
            } catch (ValueException e) {
                program.blocks(listen, e.reason());
            }
        }
        for (ForeignSection foreignSection : unit.sections().values()) {
            for (ForeignSetting foreignSetting : foreignSection.takeRest()) {
                SystemdReasons.of(foreignSection.name(), foreignSetting)
                        .report(program, "bind", foreignSetting);
            }
        }
    }

    /// Options that all sockets of the unit share.
    private record Options(String name, boolean ipv6Only, String all, String unix) {}

    private Options options() {
        ForeignSetting name = settings.last("FileDescriptorName");
        ForeignSetting accept = settings.last("Accept");
        if (accept != null && !accept.isTrue()) {
            program.same(accept, "as it is here");
        }
        ForeignSetting service = settings.last("Service");
        if (service != null) {
            program.same(service, "this program");
        }
        ForeignSetting only = settings.last("BindIPv6Only");
        if (only != null) {
            program.comment("bind", only, "see ipv6-only of each socket");
        }
        ForeignSetting backlog = settings.last("Backlog");
        Integer length = backlog == null ? null : program.number("bind", backlog, 1, 65535);
        return new Options(
                name == null ? unit.name() : name.value(),
                only != null && only.value().equals("ipv6-only"),
                length == null ? "" : ", backlog: " + length,
                unixOptions());
    }

    private String unixOptions() {
        StringBuilder unix = new StringBuilder();
        ForeignSetting mode = settings.last("SocketMode");
        String bits = mode == null ? "\"0666\"" : ImportedValues.octal(mode.value());
        if (mode != null && bits == null) {
            program.lost("bind", mode, "expected octal digits, at most 0777");
        } else {
            unix.append(", mode: ").append(bits);
        }
        unix.append(owner("owner", settings.last("SocketUser")));
        return unix.append(owner("group", settings.last("SocketGroup"))).toString();
    }

    private String owner(String key, @Nullable ForeignSetting foreignSetting) {
        return foreignSetting == null || foreignSetting.value().isEmpty()
                ? ""
                : program.owner(key, foreignSetting.value(), foreignSetting);
    }

    private void listen(ForeignSetting listen, Options options) throws ValueException {
        String address = unit.text().specified(listen.value());
        boolean datagram = listen.key().equals("ListenDatagram");
        if (!datagram && !listen.key().equals("ListenStream")) {
            throw new ValueException("only TCP, UDP and UNIX stream sockets are bound");
        }
        boolean unix = address.startsWith("/") || address.startsWith("@");
        if (address.startsWith("vsock:") || (unix && datagram)) {
            throw new ValueException("only TCP, UDP and UNIX stream sockets are bound");
        }
        String kind = unix ? "unix" : datagram ? "udp" : "tcp";
        String full = TextUtil.areDigits(address) ? "[::]:" + address : address;
        boolean ipv6 = full.startsWith("[");
        program.file()
                .claim(kind, full, ipv6 && options.ipv6Only(), program.name(), listen.place());
        StringBuilder yaml = new StringBuilder();
        yaml.append(kind).append(": ").append(YamlText.quoted(full));
        yaml.append(datagram ? "" : options.all());
        yaml.append(ipv6 && options.ipv6Only() ? ", ipv6-only: true" : "");
        yaml.append(address.startsWith("/") ? options.unix() : "");
        yaml.append(nonBlocking ? ", non-blocking: true" : "");
        program.socket(name(options.name(), listen), yaml.toString());
    }

    private String name(String wanted, ForeignSetting listen) {
        String plain = ImportedServices.plainName(wanted, "socket");
        String name = plain;
        for (int i = 2; program.hasSocket(name); i++) {
            String end = "-" + i;
            name = plain.substring(0, Math.min(plain.length(), 64 - end.length())) + end;
        }
        if (!name.equals(wanted)) {
            program.comment("bind", listen, "named " + name + " and not " + wanted);
        }
        return name;
    }
}
