// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.program;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.EventLoop;
import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.ProcessGroups;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Process groups that outlive the worker that led them, with what came from it in other groups:
/// tells when nobody is left of one.
///
/// The kernel tells of the death of a process, not of a group's. So the members of a group are
/// looked for in `/proc`, for all groups in one pass, and a pidfd of each is watched; when one of
/// them ends, those that are left are looked for again, as there may be new ones. One that moved to
/// another group does not end, so that there is a look every [#PATIENCE] in any case. A pass takes
/// some microseconds for each process of the machine; however many there are, the loop spends no
/// more than a tenth of its time on it.
public final class ProcessGroupWatch {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int SHARE = 10;

    private final EventLoop eventLoop;
    private final Map<Integer, Group> groups = new HashMap<>();
    private @Nullable Moment due;
    private Moment rested = new Moment(Long.MIN_VALUE);

    public ProcessGroupWatch(EventLoop eventLoop) {
        this.eventLoop = eventLoop;
    }

    /// One that is waited for.
    ///
    /// @param leader a pidfd of the process that led it; -1 if there is none
    /// @param members pidfds of those that were found last
    private record Group(
            int leader, int number, Others others, Runnable empty, List<Integer> members) {}

    /// Processes to wait for beside those of the group.
    interface Others {
        /// Those that live.
        List<Integer> look();
    }

    /// Waits until nobody is left of a group, and then says so, once; not before this returns.
    ///
    /// @param leader a pidfd of the process that led it, which stays the caller's and is open until
    ///   then; -1 if there is none
    /// @param others who is waited for as well, in other groups
    void await(int leader, int number, Others others, Runnable empty) {
        groups.put(number, new Group(leader, number, others, empty, new ArrayList<>()));
        due = Clock.now();
    }

    /// Looks for those that are left, if that is due.
    ///
    /// @return when to look again; null if nobody is waited for
    public @Nullable Moment turn(Moment now) {
        Moment when = due;
        if (when == null || groups.isEmpty()) {
            due = null;
            return null;
        }
        Moment next = when.compareTo(rested) < 0 ? rested : when;
        if (!next.reached(now)) {
            return next;
        }
        look();
        Moment after = Clock.now();
        rested = after.plus(after.since(now).multipliedBy(SHARE));
        due = groups.isEmpty() ? null : Moment.earlier(due, after.plus(PATIENCE));
        return due;
    }

    private void look() {
        due = null;
        List<Group> over = new ArrayList<>();
        try {
            Map<Integer, List<Integer>> found = found();
            for (Group group : List.copyOf(groups.values())) {
                List<Integer> members =
                        new ArrayList<>(found.getOrDefault(group.number(), List.of()));
                members.addAll(group.others().look());
                close(group);
                members.forEach(pid -> watch(group, pid));
                if (members.isEmpty()) {
                    groups.remove(group.number());
                    over.add(group);
                }
            }
        } catch (PosixException e) {
            // no descriptor or no memory to look with, or to watch one: the next look is soon
        }
        over.forEach(group -> group.empty().run());
    }

    /// Those of which nobody is left at all need no look at every process.
    private Map<Integer, List<Integer>> found() {
        List<Integer> some = new ArrayList<>();
        for (Group group : groups.values()) {
            if (ProcessGroups.groupExists(group.leader(), group.number())) {
                some.add(group.number());
            }
        }
        return some.isEmpty() ? Map.of() : ProcessGroups.members(Set.copyOf(some));
    }

    /// One that ended since is noticed at the next look.
    private void watch(Group group, int pid) {
        int pidfd = Processes.open(pid);
        if (pidfd >= 0) {
            group.members().add(pidfd);
            eventLoop.watch(pidfd, Poll.IN, events -> ended(pidfd));
        } else {
            due = Clock.now();
        }
    }

    private void ended(int pidfd) {
        eventLoop.forget(pidfd);
        due = Clock.now();
    }

    private void close(Group group) {
        for (int pidfd : group.members()) {
            eventLoop.forget(pidfd);
            Descriptors.close(pidfd);
        }
        group.members().clear();
    }
}
