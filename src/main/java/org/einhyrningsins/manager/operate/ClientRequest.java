// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.report.ReplyData;
import org.einhyrningsins.control.report.ReplyWriter;
import org.einhyrningsins.control.wire.ControlRequest;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.model.VersionOrigin;
import org.einhyrningsins.manager.control.ControlConnection;
import org.einhyrningsins.manager.control.PeerNames;
import org.einhyrningsins.manager.control.PendingCommand;
import org.einhyrningsins.manager.runtime.Clock;

import java.util.function.Supplier;

/// A request, and the client that is to have the reply.
///
/// @param names of clients
record ClientRequest(ControlConnection client, ControlRequest request, PeerNames names) {
    void reply(ExitStatus status, String message) {
        client.send(ReplyWriter.done(request.id(), status, message));
    }

    /// Replies with a text for people or with the report, as the client asked for.
    void reply(ExitStatus status, Supplier<String> text, ReplyData report) {
        client.send(
                request.text()
                        ? ReplyWriter.done(request.id(), status, text.get())
                        : ReplyWriter.done(request.id(), status, "", report));
    }

    /// Origin of a version that the client asks for.
    VersionOrigin origin(VersionOrigin.Made made) {
        return Clock.origin(made, names.asker(client.peer(), request.claim()));
    }

    /// A command whose outcome this client learns of; one who would not wait is answered when it
    /// has begun.
    PendingCommand pending() {
        VersionOrigin.Made made =
                request.command().startsWith("upgrade")
                        ? VersionOrigin.Made.UPGRADE
                        : VersionOrigin.Made.START;
        return new PendingCommand(client, request.id(), request.waits()).from(origin(made));
    }
}
