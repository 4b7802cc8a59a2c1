// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.Loaded;
import org.einhyrningsins.config.Loader;
import org.einhyrningsins.config.Problem;
import org.einhyrningsins.config.Surroundings;
import org.einhyrningsins.control.ExitStatus;
import org.einhyrningsins.core.Command;
import org.einhyrningsins.core.Plan;
import org.einhyrningsins.posix.PosixException;
import org.einhyrningsins.posix.UnknownAccountException;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.ServicesSpec;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// Reads the file again and brings the programs to what it says. New sockets are bound before
/// anything is touched; if the file has a problem or a socket cannot be had, nothing is.
final class Reloader {
    private final Definition definition;
    private final Surroundings surroundings;
    private final Programs programs;
    private final SocketTable sockets;
    private final Log log;
    private final Hosting hosting;

    /// Makes hosts of new programs, and takes over what is not a program's.
    interface Hosting {
        ProgramHost host(ProgramSpec spec) throws IOException;

        void settings(ServicesSpec services);
    }

    /// What came of it at once; with code DONE, the programs' answers are still to come.
    record Outcome(ExitStatus code, String message) {}

    Reloader(
            Definition definition,
            Surroundings surroundings,
            Programs programs,
            SocketTable sockets,
            Log log,
            Hosting hosting) {
        this.definition = definition;
        this.surroundings = surroundings;
        this.programs = programs;
        this.sockets = sockets;
        this.log = log;
        this.hosting = hosting;
    }

    /// Reads the definition.
    Loaded load() {
        return switch (definition) {
            case Definition.File file -> Loader.load(file.path(), surroundings);
            case Definition.CommandLine line -> new Loaded.Valid(line.services(), List.of());
        };
    }

    /// @param names only these programs, and these roll whether they changed or not; empty for all
    ///   that changed. A command line never changes, and who says reload wants something done: all.
    Outcome reload(Set<String> names, Conversation conversation, Operator operator) {
        Set<String> named =
                names.isEmpty() && definition instanceof Definition.CommandLine line
                        ? line.services().programs().keySet()
                        : names;
        return switch (load()) {
            case Loaded.Invalid invalid -> refuse(invalid);
            case Loaded.Valid valid -> apply(valid, named, conversation, operator);
        };
    }

    /// Brings what was recovered to what the file says.
    Outcome bringUpToDate(ServicesSpec services, Conversation conversation, Operator operator) {
        Loaded.Valid valid = new Loaded.Valid(services, List.of());
        return apply(valid, Set.of(), conversation, operator);
    }

    private Outcome refuse(Loaded.Invalid invalid) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : invalid.problems()) {
            text.append(problem.render()).append('\n');
        }
        text.append(
                invalid.problems().size() == 1
                        ? "1 problem"
                        : invalid.problems().size() + " problems");
        String message = text.append("; nothing was changed").toString();
        log.error("", "cannot reload " + definition + ": " + message);
        return new Outcome(ExitStatus.INVALID, message);
    }

    private Outcome apply(
            Loaded.Valid valid, Set<String> named, Conversation conversation, Operator operator) {
        for (String name : named) {
            if (!valid.services().programs().containsKey(name) && programs.get(name) == null) {
                return new Outcome(
                        ExitStatus.USAGE,
                        operator.unknown(name) + " and " + definition + " has none");
            }
        }
        Plan plan = plan(valid.services(), named);
        try {
            sockets.open(needed(plan, valid.services()));
        } catch (SocketTable.CannotBind e) {
            log.error("", "cannot reload: " + e.getMessage());
            return new Outcome(ExitStatus.FAILED, e.getMessage() + "; nothing was changed");
        }
        for (Problem warning : valid.warnings()) {
            log.warn("", warning.render());
        }
        if (named.isEmpty()) {
            hosting.settings(valid.services());
        }
        carryOut(plan, valid.services(), named, conversation, operator);
        programs.order(valid.services().programs().keySet());
        return new Outcome(ExitStatus.DONE, "reload: accepted");
    }

    private Plan plan(ServicesSpec services, Set<String> named) {
        SequencedMap<String, ProgramSpec> now = programs.definitions();
        SequencedMap<String, ProgramSpec> next = new LinkedHashMap<>(services.programs());
        if (!named.isEmpty()) {
            now.keySet().retainAll(named);
            next.keySet().retainAll(named);
        }
        return Plan.between(now, next);
    }

    private static List<ProgramSpec> needed(Plan plan, ServicesSpec services) {
        List<ProgramSpec> needed = new ArrayList<>();
        plan.changes()
                .forEach(
                        (name, change) -> {
                            ProgramSpec spec = services.programs().get(name);
                            if (spec != null) {
                                needed.add(spec);
                            }
                        });
        return needed;
    }

    private void carryOut(
            Plan plan,
            ServicesSpec services,
            Set<String> named,
            Conversation conversation,
            Operator operator) {
        // expected first: a program may answer at once, and must not end the conversation
        conversation.expect();
        int unchanged = 0;
        for (Map.Entry<String, Plan.Change> entry : plan.changes().entrySet()) {
            if (entry.getValue() == Plan.Change.UNCHANGED && !named.contains(entry.getKey())) {
                unchanged++;
                continue;
            }
            conversation.expect();
            log.info(entry.getKey(), "reload: " + word(entry.getValue()));
            change(entry.getKey(), services, named, conversation, operator);
        }
        int changed = plan.changes().size() - unchanged;
        conversation.outcome(true, changed + " changed, " + unchanged + " unchanged");
    }

    private void change(
            String name,
            ServicesSpec services,
            Set<String> named,
            Conversation conversation,
            Operator operator) {
        ProgramHost host = programs.get(name);
        ProgramSpec spec = services.programs().get(name);
        if (host != null && spec == null) {
            programs.retire(host);
            operator.ask(host, new Command.Stop(null, null), conversation);
        } else if (host != null && spec != null) {
            operator.ask(host, new Command.Apply(spec, named.contains(name)), conversation);
        } else if (spec != null) {
            add(spec, conversation, operator);
        }
    }

    private void add(ProgramSpec spec, Conversation conversation, Operator operator) {
        try {
            ProgramHost host = hosting.host(spec);
            operator.ask(host, new Command.Start(null), conversation);
        } catch (IOException e) {
            stillborn(spec, RuntimeFiles.why(e), conversation);
        } catch (PosixException | UnknownAccountException e) {
            stillborn(spec, String.valueOf(e.getMessage()), conversation);
        }
    }

    private void stillborn(ProgramSpec spec, String why, Conversation conversation) {
        String message = "cannot make its worker sockets: " + why;
        log.error(spec.name(), message);
        conversation.outcome(false, spec.name() + ": " + message);
    }

    private static String word(Plan.Change change) {
        return switch (change) {
            case ADDED -> "new, is started";
            case REMOVED -> "no longer in the file, is stopped";
            case UNCHANGED -> "unchanged, is rolled because it was named";
            case IN_PLACE -> "changed, no worker needs to be replaced";
            case ROLLED -> "changed, is rolled";
        };
    }
}
