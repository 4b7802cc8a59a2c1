// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/// Imports the socket of a FastCGI program, which takes it as descriptor 0.
final class SupervisordSocket {
    private final SupervisordContext context;
    private final ImportedProgram program;
    private final ForeignSection settings;

    SupervisordSocket(SupervisordContext context) {
        this.context = context;
        this.program = context.program();
        this.settings = context.settings();
    }

    void write() {
        ForeignSetting socket = context.expanded("socket");
        ForeignSetting backlog = settings.take("socket_backlog");
        ForeignSetting owner = settings.take("socket_owner");
        ForeignSetting mode = settings.take("socket_mode");
        if (socket == null) {
            return;
        }
        boolean unix = socket.value().startsWith("unix://");
        String yaml = bound(socket, unix);
        if (yaml == null) {
            for (ForeignSetting more : Arrays.asList(backlog, owner, mode)) {
                if (more != null) {
                    program.same(more, "it belongs to a socket that is not bound");
                }
            }
            return;
        }
        yaml += backlog(backlog) + owner(owner, unix) + mode(mode, unix);
        program.socket("fcgi", yaml);
        program.set("stdin", "fcgi");
    }

    private @Nullable String bound(ForeignSetting socket, boolean unix) {
        String address = socket.value().replaceFirst("^(tcp|unix)://", "");
        String kind = unix ? "unix" : "tcp";
        try {
            if (!unix && !socket.value().startsWith("tcp://")) {
                throw new ValueException("expected tcp://HOST:PORT or unix:///PATH");
            }
            program.file().claim(kind, address, false, program.name(), socket.place());
            return kind + ": " + YamlText.quoted(address);
        } catch (ValueException e) {
            program.blocks(socket, e.reason());
            return null;
        }
    }

    private String backlog(@Nullable ForeignSetting backlog) {
        Integer length = backlog == null ? null : program.number("bind", backlog, 1, 65535);
        return length == null ? "" : ", backlog: " + length;
    }

    private String owner(@Nullable ForeignSetting owner, boolean unix) {
        if (owner == null) {
            return "";
        } else if (!unix || owner.value().isEmpty()) {
            program.lost("bind", owner, "only the file of a UNIX socket has an owner");
            return "";
        }
        String[] names = owner.value().split("[:.]", 2);
        String group = names.length < 2 ? "" : program.owner("group", names[1], owner);
        return program.owner("owner", names[0], owner) + group;
    }

    private String mode(@Nullable ForeignSetting mode, boolean unix) {
        String bits = mode == null ? null : ImportedValues.octal(mode.value());
        if (mode != null && (bits == null || !unix)) {
            program.lost("bind", mode, "expected permission bits, of a UNIX socket");
        }
        return bits == null || !unix ? "" : ", mode: " + bits;
    }
}
