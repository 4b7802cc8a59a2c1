// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.operate;

import org.einhyrningsins.config.print.Settings;
import org.einhyrningsins.config.read.Loaded;
import org.einhyrningsins.config.read.Loader;
import org.einhyrningsins.config.source.Problem;
import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.control.report.PlanText;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.core.Aftermath;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.model.Change;
import org.einhyrningsins.core.model.Command;
import org.einhyrningsins.core.model.Difference;
import org.einhyrningsins.core.model.Event;
import org.einhyrningsins.core.model.Fallback;
import org.einhyrningsins.core.model.SocketKey;
import org.einhyrningsins.core.plan.Handover;
import org.einhyrningsins.core.plan.Plan;
import org.einhyrningsins.core.plan.Sharing;
import org.einhyrningsins.core.plan.SocketMove;
import org.einhyrningsins.manager.control.Conversation;
import org.einhyrningsins.manager.program.ProgramHost;
import org.einhyrningsins.manager.program.Programs;
import org.einhyrningsins.manager.runtime.Definition;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.socket.SocketTable;
import org.einhyrningsins.manager.spawn.Births;
import org.einhyrningsins.spec.Intent;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.SocketSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/// Reads the file again, plans what has to be done, and brings the programs to what it says. All
/// that can be had or known before is: sockets are bound, worker sockets opened, commands looked
/// for. If the file has a problem, or something of that cannot be had, nothing is changed.
public final class Reloader {
    private final LaunchOptions options;
    private final Definition definition;
    private final Surroundings surroundings;
    private final Programs programs;
    private final SocketTable sockets;
    private final Births births;
    private final Log log;
    private final Hosting hosting;
    private final Trials trials;

    /// Makes hosts of new programs, and takes over what is not a program's.
    public interface Hosting extends Preparation.Hosts {
        /// Takes them over, but for what is read at start only.
        void settings(ServicesSpec services);

        /// Has what these settings need besides; they come into force, or are forgone.
        void prepare(ServicesSpec services) throws SocketTable.CannotBind;

        /// Gives back what was had for settings that do not come into force.
        void forgo();

        /// Those taken over last.
        ServicesSpec settings();

        /// What has become of them: of the log what an operator made of it, of HTTP what could be
        /// had.
        ServicesSpec inForce();

        /// Sockets may be over.
        void unsettled();

        /// Closes sockets that no definition needs.
        void closeUnused();

        /// A reload begins.
        ///
        /// @return to be run when it is over
        Runnable reloading();

        /// What was decided is to be written down before anybody is told or touched.
        void decided();

        /// Whoever keeps copies of the sockets is to have the new ones before anybody serves there.
        ///
        /// @return false if that failed
        boolean kept();
    }

    /// What came of it at once; with code DONE, the programs' answers are still to come.
    record Outcome(ExitStatus code, String message) {}

    /// What a reload is to do, worked out and not begun.
    ///
    /// @param objections why it is refused; none if it is not
    record Prospect(ServicesSpec services, Plan plan, List<String> objections) {}

    /// What is to be worked out cannot be.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final ExitStatus code;

        Refused(ExitStatus code, String message) {
            super(message);
            this.code = code;
        }

        ExitStatus code() {
            return code;
        }
    }

    public Reloader(
            LaunchOptions options,
            Surroundings surroundings,
            Programs programs,
            SocketTable sockets,
            Births births,
            Log log,
            Hosting hosting) {
        this.options = options;
        this.definition = options.definition();
        this.surroundings = surroundings;
        this.programs = programs;
        this.sockets = sockets;
        this.births = births;
        this.log = log;
        this.hosting = hosting;
        this.trials = new Trials(programs, log, hosting::settings, hosting::unsettled);
    }

    /// Those that wait for a confirmation.
    public Trials trials() {
        return trials;
    }

    /// Every definition whose sockets are needed.
    public List<ProgramSpec> inUse() {
        List<ProgramSpec> inUse = programs.inUse();
        inUse.addAll(trials.definitions());
        return inUse;
    }

    /// Reads the definition. What the command line says instead is in it.
    public Loaded load() {
        Loaded loaded =
                switch (definition) {
                    case Definition.File file -> Loader.load(file.path(), surroundings);
                    case Definition.CommandLine line ->
                            new Loaded.Valid(line.services(), List.of());
                };
        return switch (loaded) {
            case Loaded.Valid valid ->
                    new Loaded.Valid(options.over(valid.services()), valid.warnings());
            case Loaded.Invalid invalid -> invalid;
        };
    }

    // ---- what is to be done

    /// What a reload would do. Changes nothing.
    ///
    /// @param names only these programs, and these roll whether they changed or not; empty for all
    ///   that changed. A command line never changes, and who says reload wants something done: all.
    Prospect prospect(Set<String> names) throws Refused {
        return switch (load()) {
            case Loaded.Invalid invalid -> throw new Refused(ExitStatus.INVALID, said(invalid));
            case Loaded.Valid valid -> prospect(valid, names);
        };
    }

    /// Brings what was recovered to what the file says. A command line rolls nothing for that.
    ///
    /// @param reset what was stopped or scaled by hand is as the file says it again
    /// @param stopped new ones that an operator had stopped
    public void bringUpToDate(
            ServicesSpec services, boolean reset, Set<String> stopped, Operator operator) {
        Plan plan = plan(services.programs(), Set.of());
        try {
            if (!plan.objections().isEmpty()) {
                throw new Refused(ExitStatus.FAILED, String.join("\n", plan.objections()));
            }
            Preparation preparation = prepare(plan, null, reset);
            Conversation nobody = Conversation.withNobody();
            Set<String> idle = new TreeSet<>(stopped);
            idle.addAll(stopped(plan, reset));
            carryOut(plan, preparation, idle, reset, "", nobody, operator);
            programs.order(services.programs().keySet());
        } catch (Refused e) {
            refuse(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private static String said(Loaded.Invalid invalid) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : invalid.problems()) {
            text.append(problem.render()).append('\n');
        }
        int count = invalid.problems().size();
        return text.append(count).append(count == 1 ? " problem" : " problems").toString();
    }

    private Prospect prospect(Loaded.Valid valid, Set<String> names) throws Refused {
        for (String name : names) {
            if (!valid.services().programs().containsKey(name) && programs.get(name) == null) {
                String message = programs.unknown(name) + " and " + definition + " has none";
                throw new Refused(ExitStatus.USAGE, message);
            }
        }
        for (Problem warning : valid.warnings()) {
            log.warn("", warning.render());
        }
        Set<String> named =
                names.isEmpty() && definition instanceof Definition.CommandLine line
                        ? line.services().programs().keySet()
                        : names;
        Plan plan = plan(valid.services().programs(), named);
        plan = names.isEmpty() ? withSettings(plan, valid.services()) : plan;
        List<String> objections = new ArrayList<>(plan.objections());
        for (Change change : plan.changes().values()) {
            ProgramSpec after = change.after();
            String objection =
                    after == null || change.kind() == Change.Kind.UNCHANGED
                            ? null
                            : births.objection(after);
            if (objection != null) {
                objections.add("'" + change.program() + "': " + objection);
            }
        }
        return new Prospect(valid.services(), plan, objections);
    }

    /// Sockets that only a version has that may come back are no obstacle: see [#makeWay].
    private Plan plan(SequencedMap<String, ProgramSpec> next, Set<String> named) {
        List<ProgramSpec> inUse = programs.needed();
        inUse.addAll(trials.definitions());
        Plan.Now now = new Plan.Now(programs.states(), inUse);
        return Plan.between(now, next, named, Settings::of);
    }

    private Plan withSettings(Plan plan, ServicesSpec next) {
        return plan.withSettings(Settings.of(hosting.inForce()), Settings.of(next));
    }

    String definition() {
        return definition.toString();
    }

    // ---- doing it

    /// @param names as for [#prospect]
    /// @param terms whether it has to be confirmed; null for a reload that stays
    /// @param reset what was stopped or scaled by hand is as the file says it again
    public Outcome reload(
            Set<String> names,
            Trials.@Nullable Terms terms,
            boolean reset,
            Conversation conversation,
            Operator operator) {
        Runnable over = hosting.reloading();
        conversation.whenOver(over);
        Outcome outcome = begin(names, terms, reset, conversation, operator);
        if (outcome.code() != ExitStatus.DONE) {
            over.run(); // nobody was asked anything, so nobody answers
        }
        return outcome;
    }

    private Outcome begin(
            Set<String> names,
            Trials.@Nullable Terms terms,
            boolean reset,
            Conversation conversation,
            Operator operator) {
        String awaited = terms == null ? trials.objection() : null;
        if (awaited != null) {
            return refuse(ExitStatus.FAILED, awaited);
        }
        try {
            Prospect prospect = prospect(names);
            if (!prospect.objections().isEmpty()) {
                return refuse(ExitStatus.FAILED, String.join("\n", prospect.objections()));
            }
            if (operator.handovers().underWay()) {
                operator.handovers().drop("another reload began");
                prospect = prospect(names); // of how things are now
            }
            ServicesSpec settings = names.isEmpty() ? prospect.services() : null;
            Preparation preparation = prepare(prospect.plan(), settings, reset);
            boolean trial = terms != null && !(prospect.plan().nothing() && !reset);
            if (terms != null && trial) {
                trials.begin(terms, hosting.settings(), conversation);
                hosting.decided();
            }
            if (settings != null) {
                takeOver(settings, prospect.plan());
            }
            String more = terms == null || !trial ? "" : "; " + terms.words();
            more += words(prospect.plan()) + byHand(prospect.plan(), reset);
            carryOut(
                    prospect.plan(),
                    preparation,
                    stopped(prospect.plan(), reset),
                    reset,
                    more,
                    conversation,
                    operator);
            programs.order(prospect.services().programs().keySet());
            return new Outcome(ExitStatus.DONE, "reload: accepted" + more);
        } catch (Refused e) {
            return refuse(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private void takeOver(ServicesSpec settings, Plan plan) {
        hosting.settings(settings);
        for (Difference setting : plan.settings()) {
            if (setting.waitsForStart()) {
                log.warn("", "reload: " + setting.key() + " " + PlanText.AT_START);
            } else {
                log.info("", "reload: " + setting.words());
            }
        }
    }

    /// What changed that is no program's, and what could not; empty for nothing.
    private String words(Plan plan) {
        StringBuilder words = new StringBuilder();
        for (Difference setting : plan.settings()) {
            words.append('\n').append(setting.words());
            words.append(setting.waitsForStart() ? "; " + PlanText.AT_START : "");
        }
        for (SocketMove move : plan.sockets()) {
            if (move.remark() != null && move.to() != null) {
                words.append('\n').append(move.to().program()).append(": ").append(move.remark());
            }
        }
        List<Program> others = new ArrayList<>(programs.states().values());
        others.removeIf(program -> plan.changes().containsKey(program.name()));
        for (Change change : plan.changes().values()) {
            ProgramSpec after = change.after();
            for (String shared : after == null ? List.<String>of() : Sharing.words(after, others)) {
                words.append('\n').append(change.program()).append(": ").append(shared);
            }
        }
        for (Handover handover : plan.handovers()) {
            Change giver = plan.changes().get(handover.giver());
            if (giver != null && giver.notes().contains(handover.oneWay())) {
                words.append('\n').append(giver.program()).append(": ").append(handover.oneWay());
            }
        }
        return words.toString();
    }

    private Outcome refuse(ExitStatus code, String why) {
        String message = code == ExitStatus.USAGE ? why : why + "; nothing was changed";
        log.error("", "cannot reload " + definition + ": " + message);
        return new Outcome(code, message);
    }

    /// Has all that is needed, or nothing.
    ///
    /// @param settings those that come into force; null if those in force stay
    /// @param reset nothing is kept of what was set by hand
    private Preparation prepare(Plan plan, @Nullable ServicesSpec settings, boolean reset)
            throws Refused {
        Map<String, Intent> byHand = new HashMap<>();
        if (!reset) {
            plan.inherited().forEach((name, its) -> byHand.put(name, its.intent()));
        }
        Preparation preparation = new Preparation(programs, hosting, byHand);
        try {
            if (settings != null) {
                hosting.prepare(settings);
            }
            for (Change change : plan.changes().values()) {
                preparation.prepare(change);
            }
            makeWay(needed(plan));
            if (sockets.open(needed(plan), plan.sockets()) > 0) {
                hosting.decided(); // a worker born with one must not be all that knows of it
                if (!hosting.kept()) {
                    hosting.unsettled();
                    throw new SocketTable.CannotBind(
                            "cannot start a keeper that has the new sockets (control.keeper); the"
                                    + " log says why");
                }
            }
            return preparation;
        } catch (Preparation.Failed | SocketTable.CannotBind e) {
            preparation.undo();
            hosting.forgo();
            throw new Refused(ExitStatus.FAILED, String.valueOf(e.getMessage()));
        }
    }

    /// A socket that is open only since a version may come back, and that is in the way of one that
    /// is wanted now, is closed: that version does not come back then.
    public void makeWay(List<ProgramSpec> wanted) {
        boolean some = false;
        for (ProgramHost host : programs.everyHost()) {
            Fallback fallback = host.program().fallback();
            if (fallback == null || fallback.taken() != null || host.program().debuts()) {
                continue;
            }
            String why = hindrance(fallback.version().spec(), wanted);
            if (why != null) {
                host.take(new Event.Forsaken(why));
                some = true;
            }
        }
        if (some) {
            hosting.closeUnused();
        }
    }

    /// What of the older definition somebody else has, in words; null for nothing.
    private static @Nullable String hindrance(ProgramSpec older, List<ProgramSpec> wanted) {
        for (SocketSpec held : older.sockets()) {
            for (ProgramSpec program : wanted) {
                for (SocketSpec socket : program.sockets()) {
                    boolean same = SocketKey.of(program, socket).equals(SocketKey.of(older, held));
                    boolean own = program.name().equals(older.name());
                    if (same && !own) {
                        return held.address() + " belongs to " + program.name();
                    }
                    if (same && !held.hasFlagsOf(socket)) {
                        return held.address() + " has other flags";
                    }
                    if (!same && socket.overlaps(held)) {
                        return socket.address() + " of " + program.name() + " is in the way";
                    }
                }
            }
        }
        return null;
    }

    private static List<ProgramSpec> needed(Plan plan) {
        List<ProgramSpec> needed = new ArrayList<>();
        for (Change change : plan.changes().values()) {
            if (change.after() != null) {
                needed.add(change.after());
            }
        }
        return needed;
    }

    /// New ones that were stopped under another name.
    private static Set<String> stopped(Plan plan, boolean reset) {
        Set<String> stopped = new TreeSet<>();
        plan.inherited()
                .forEach(
                        (name, its) -> {
                            if (!reset && its.intent().stopped()) {
                                stopped.add(name);
                            }
                        });
        return stopped;
    }

    /// @param stopped new ones that are not started
    private void carryOut(
            Plan plan,
            Preparation preparation,
            Set<String> stopped,
            boolean reset,
            String more,
            Conversation conversation,
            Operator operator) {
        // expected first: a program may answer at once, and must not end the conversation
        conversation.expect();
        int changed = 0;
        int asked = 0;
        boolean added = false;
        List<ProgramHost> removed = new ArrayList<>();
        Turns turns = new Turns(plan, programs.states(), stopped, reset);
        for (Change change : plan.changes().values()) {
            Command command = reset ? resetting(change) : change.command();
            changed += command == null || change.asAsked() ? 0 : 1;
            asked += change.asAsked() ? 1 : 0;
            command = command == null ? turns.joining(change) : command;
            if (command == null) {
                affirm(change);
                continue;
            }
            conversation.expect();
            ProgramHost host = preparation.host(change);
            if (change.kind() == Change.Kind.ADDED) {
                programs.add(host);
                added = true;
            }
            if (turns.has(change.program())) {
                turns.add(change, command, operator.ticket(conversation));
                continue;
            }
            boolean quiet =
                    change.kind() == Change.Kind.ADDED && stopped.contains(change.program());
            String words = quiet ? "new, is stopped as it was" : words(change);
            log.info(change.program(), "reload: " + words);
            if (change.kind() == Change.Kind.REMOVED) {
                programs.retire(host);
                removed.add(host);
                continue;
            }
            operator.ask(host, quiet ? new Command.Stop(null, null) : command, conversation);
        }
        operator.stop(removed, null, conversation);
        turns.begin(operator.handovers());
        hosting.unsettled();
        if (added) {
            hosting.decided(); // a worker of a program that nobody knows of would be nobody's
        }
        int unchanged = plan.changes().size() - changed - asked;
        conversation.outcome(true, counted(asked, changed, unchanged) + more);
    }

    /// `1 rolled as asked, 0 changed`; `2 changed, 3 unchanged`.
    private static String counted(int asked, int changed, int unchanged) {
        String rolled = asked == 0 ? "" : asked + " rolled as asked, ";
        String rest = asked > 0 && unchanged == 0 ? "" : ", " + unchanged + " unchanged";
        return rolled + changed + " changed" + rest;
    }

    /// What serves is what the file says: how another version failed is of no interest any more.
    private void affirm(Change change) {
        ProgramHost host = programs.get(change.program());
        if (host != null && host.program().remembersFailure()) {
            host.take(new Event.Affirmed());
        }
    }

    /// What a program is told that is to be as the file says in everything.
    private @Nullable Command resetting(Change change) {
        ProgramSpec after = change.after();
        return after == null || change.before() == null || !isSetByHand(change)
                ? change.command()
                : new Command.Reset(after, change.roll());
    }

    private boolean isSetByHand(Change change) {
        ProgramHost host = programs.get(change.program());
        return host != null && !host.program().intent().none();
    }

    /// What stays as an operator set it; empty for nothing.
    private String byHand(Plan plan, boolean reset) {
        StringBuilder words = new StringBuilder();
        for (Change change : plan.changes().values()) {
            ProgramHost host = programs.get(change.program());
            ProgramSpec after = change.after();
            if (!reset && host != null && after != null && isSetByHand(change)) {
                words.append('\n').append(host.name()).append(": stays as it was set by hand: ");
                words.append(host.program().intent().words(after.workers()));
                words.append("; 'reload --reset ").append(host.name()).append("' ends that");
            }
        }
        if (!reset) {
            plan.inherited().forEach((name, its) -> words.append(inherited(plan, name, its)));
        }
        return words.toString();
    }

    private static String inherited(Plan plan, String name, Plan.Inheritance its) {
        Change change = plan.changes().get(name);
        ProgramSpec after = change == null ? null : change.after();
        return "\n"
                + name
                + ": stays as "
                + its.from()
                + " was set by hand: "
                + its.intent().words(after == null ? 0 : after.workers())
                + "; 'reload --reset "
                + name
                + "' ends that";
    }

    private static String words(Change change) {
        List<String> keys = new ArrayList<>();
        for (Difference difference : change.differences()) {
            keys.add(difference.key());
        }
        String what = keys.isEmpty() ? "" : " (" + String.join(", ", keys) + ")";
        return switch (change.kind()) {
            case ADDED -> "new, is started";
            case REMOVED -> "no longer in the file, is stopped";
            case UNCHANGED -> "unchanged, as the file says again";
            case NOTED -> "changed" + what + ", no worker of it runs";
            case IN_PLACE -> "changed" + what + ", no worker needs to be replaced";
            case BACK ->
                    "back to the definition that serves"
                            + what
                            + ", workers of the newer one are replaced";
            case ROLLED -> rolled(change, what);
        };
    }

    private static String rolled(Change change, String what) {
        if (!change.differences().isEmpty()) {
            return "changed" + what + ", is rolled";
        }
        return change.roll()
                ? "unchanged, is rolled as asked"
                : "its workers are of another definition than the file's, is rolled";
    }

    // ---- and back

    /// Stays with what the last reload brought.
    Outcome confirm() {
        Aftermath aftermath = trials.confirm();
        if (aftermath == null) {
            String failed = failures(programs.states().values());
            return new Outcome(ExitStatus.FAILED, "no reload waits to be confirmed" + failed);
        }
        hosting.unsettled();
        hosting.decided();
        if (aftermath.back().isEmpty()) {
            return new Outcome(ExitStatus.DONE, "confirmed: the new definitions stay");
        }
        String stay = String.join(", ", aftermath.changed());
        String what = stay.isEmpty() ? "the new settings" : stay;
        return new Outcome(
                ExitStatus.FAILED,
                "confirmed: "
                        + what
                        + "; not confirmed, since it failed:"
                        + failures(aftermath.back()));
    }

    /// A line for each of them that had a version that failed.
    private static String failures(Collection<Program> programs) {
        StringBuilder lines = new StringBuilder();
        for (Program program : programs) {
            if (program.remembersFailure()) {
                lines.append('\n').append(program.name()).append(": ");
                lines.append(Statuses.verdict(program));
            }
        }
        return lines.toString();
    }

    /// Brings back what was before a reload that nobody confirmed in time. What cannot be brought
    /// back stays as it is, and is told.
    public void goBack(Operator operator) {
        Trials.Before before = trials.expire();
        if (before == null) {
            return;
        }
        operator.handovers().drop("going back to what was before");
        Plan plan = withSettings(plan(before.definitions(), Set.of()), before.settings());
        Preparation preparation;
        try {
            preparation = prepare(plan, before.settings(), false);
        } catch (Refused e) {
            log.error("", "cannot go back: " + e.getMessage() + "; the new definitions stay");
            return;
        }
        takeOver(before.settings(), plan);
        Conversation conversation = Conversation.withNobody();
        Set<String> idle = new TreeSet<>(before.stopped());
        idle.addAll(stopped(plan, false));
        carryOut(plan, preparation, idle, false, "", conversation, operator);
        for (Trials.Intent intent : before.intents(plan)) {
            ProgramHost host = programs.get(intent.program());
            if (host != null) {
                conversation.expect();
                operator.ask(host, intent.command(), conversation);
            }
        }
        programs.order(before.definitions().keySet());
    }
}
