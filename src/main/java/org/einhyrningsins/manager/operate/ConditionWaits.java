// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.control.wire.ControlCommand;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.control.wire.UsageException;
import org.einhyrningsins.core.observe.ConditionCheck;
import org.einhyrningsins.manager.control.ControlConnection;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.ProgramTable;
import org.einhyrningsins.manager.snapshot.ConditionWaitSnapshot;
import org.einhyrningsins.spec.ProgramCondition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// Clients that wait until programs meet a condition (`wait`). They are looked at after each step
/// of a program, and not at all while there are none; one that has gone is forgotten then.
public final class ConditionWaits {
    private final ProgramTable programTable;
    private final TargetScopes targetScopes;
    private final Set<ControlConnection> clients = new LinkedHashSet<>();

    ConditionWaits(ProgramTable programTable) {
        this.programTable = programTable;
        this.targetScopes = new TargetScopes(programTable);
    }

    /// Answers at once if the condition holds or cannot hold any more, or if the client would not
    /// wait.
    void begin(ClientRequest request, ControlCommand.Wait order) throws UsageException {
        Set<String> names = new LinkedHashSet<>();
        targetScopes.toAct(order.targets()).keySet().forEach(host -> names.add(host.name()));
        var wait = new ConditionWaitSnapshot(request.request().id(), order.condition(), names);
        ConditionCheck seen = check(wait);
        if (seen.result() != ConditionCheck.Result.PENDING || !request.request().waits()) {
            request.reply(code(seen), seen.words());
        } else if (request.client().await(wait)) {
            clients.add(request.client());
        } else {
            request.reply(ExitStatus.FAILED, "this connection waits for too much already");
        }
    }

    private static ExitStatus code(ConditionCheck seen) {
        return seen.result() == ConditionCheck.Result.MET ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    /// Goes on with a client of another manager; what happened meanwhile is taken up with the next
    /// step.
    public void resume(ControlConnection client) {
        clients.add(client);
    }

    /// Something happened to a program.
    public void stepped() {
        if (clients.isEmpty()) {
            return;
        }
        for (ControlConnection client : List.copyOf(clients)) {
            for (ConditionWaitSnapshot wait : client.conditions()) {
                ConditionCheck seen = check(wait);
                if (seen.result() != ConditionCheck.Result.PENDING) {
                    client.answerCondition(wait, code(seen), seen.words());
                }
            }
            if (client.closed() || client.conditions().isEmpty()) {
                clients.remove(client);
            }
        }
    }

    /// All programs together: one that cannot meet the condition decides.
    private ConditionCheck check(ConditionWaitSnapshot wait) {
        List<String> met = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        for (String name : wait.programs()) {
            ConditionCheck one = check(name, wait.condition());
            String words = name + ": " + one.words();
            switch (one.result()) {
                case MET -> met.add(words);
                case PENDING ->
                        pending.add(name + ": not " + wait.condition().word() + ": " + one.words());
                case IMPOSSIBLE -> {
                    String why = name + ": not " + wait.condition().word() + ": " + one.words();
                    return new ConditionCheck(ConditionCheck.Result.IMPOSSIBLE, why);
                }
            }
        }
        return pending.isEmpty()
                ? new ConditionCheck(ConditionCheck.Result.MET, all(met))
                : new ConditionCheck(ConditionCheck.Result.PENDING, all(pending));
    }

    private static String all(List<String> words) {
        return words.isEmpty() ? "there is no program" : String.join("\n", words);
    }

    private ConditionCheck check(String name, ProgramCondition condition) {
        ProgramHost host = host(name);
        if (host != null) {
            return ConditionCheck.of(host.program(), condition);
        }
        return new ConditionCheck(
                condition == ProgramCondition.STOPPED
                        ? ConditionCheck.Result.MET
                        : ConditionCheck.Result.IMPOSSIBLE,
                "removed");
    }

    /// The program of that name; one that was removed as long as it has processes.
    private @Nullable ProgramHost host(String name) {
        ProgramHost host = programTable.get(name);
        if (host == null) {
            for (ProgramHost each : programTable.everyHost()) {
                host = each.name().equals(name) ? each : host;
            }
        }
        return host;
    }
}
