// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.runtime.Clock;
import org.einhyrningsins.manager.runtime.ProcReader;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.process.Cgroups;
import org.einhyrningsins.spec.process.CgroupSpec;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;

/// A control group for each program, in which are those of its workers ([WorkerCgroups]). Its
/// limits are of all of them together. They are changed while workers run, and stay when the
/// manager is killed.
final class ProgramCgroups {
    /// Prefix of its groups: no file of the kernel's in a group begins like that, and no worker
    /// tag.
    private static final String PREFIX = "program-";

    private static final String PROCESSES = "cgroup.procs";

    /// A worker that is killed since memory ran out is dead, and seen to be, sooner.
    private static final Duration LATELY = Duration.ofSeconds(10);

    private final Cgroups groups;
    private final Set<String> controllers = new HashSet<>();
    private final Set<String> retired = new HashSet<>();
    private final Map<String, Group> known = new HashMap<>();

    ProgramCgroups(Cgroups groups) {
        this.groups = groups;
    }

    /// State of one program's group.
    private static final class Group {
        boolean there;

        /// True if it has no processes yet.
        boolean fresh;

        /// True if its limits are known to be those of [#held].
        boolean sure;

        @Nullable CgroupSpec held;
        @Nullable CgroupSpec wanted;

        /// Number of times that its memory ran out, and the moment when that was seen to grow.
        long ooms;

        @Nullable Moment oomAt;
    }

    /// True if the directory is a program's group.
    static boolean isOne(String directory) {
        return directory.startsWith(PREFIX);
    }

    /// The program that a worker's mark begins with.
    static String program(String mark) {
        return mark.substring(0, mark.indexOf(':'));
    }

    /// Returns the path of a worker's group.
    static String place(String mark) {
        return directory(program(mark)) + "/" + mark;
    }

    static String directory(String program) {
        return PREFIX + program;
    }

    private Group of(String program) {
        return known.computeIfAbsent(program, ignored -> new Group());
    }

    /// A manager before this one made it. It goes if there is nobody in it.
    void found(String directory) {
        if (!groups.remove(directory)) {
            adopt(of(directory.substring(PREFIX.length())), directory);
        }
    }

    private void adopt(Group group, String directory) {
        group.there = true;
        group.sure = false;
        group.ooms = groups.ownOoms(directory);
    }

    /// Makes a group for a worker, in that of its program.
    ///
    /// @return its directory, as [Cgroups#make] has it
    int make(String mark) {
        String program = program(mark);
        Group group = of(program);
        if (!group.there) {
            make(program, group);
        }
        try {
            return groups.make(place(mark));
        } catch (PosixException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            make(program, group); // somebody removed it
            return groups.make(place(mark));
        }
    }

    private void make(String program, Group group) {
        retired.remove(program);
        if (groups.makeAbove(directory(program))) {
            group.there = true;
            group.fresh = true;
            group.sure = true;
            group.held = null;
            group.ooms = 0;
        } else {
            adopt(group, directory(program));
        }
        for (String controller : controllers) {
            groups.enable(directory(program), controller);
        }
    }

    /// Sets the limits of all workers of a program together.
    void want(String program, @Nullable CgroupSpec limits) {
        if (limits != null || known.containsKey(program)) {
            of(program).wanted = limits;
        }
    }

    /// True if the program's workers are limited together.
    boolean limited(String program) {
        Group group = known.get(program);
        return group != null && group.wanted != null;
    }

    /// True if the program's workers share a limited memory.
    boolean sharesMemory(String program) {
        Group group = known.get(program);
        CgroupSpec wanted = group == null ? null : group.wanted;
        return wanted != null && wanted.memoryMax() != null;
    }

    /// Applies the limits of all workers of a program together, if there is a group. To take memory
    /// back may take the kernel its time, in which others are not held up.
    ///
    /// @return false if the result is not known yet
    /// @throws PosixException if it cannot
    boolean applyLimits(String program) {
        Group group = known.get(program);
        if (group == null || !group.there) {
            return true;
        }
        boolean fresh = group.fresh;
        group.fresh = false;
        CgroupSpec wanted = group.wanted;
        if (group.sure && Objects.equals(group.held, wanted)) {
            return true;
        }
        SequencedMap<String, String> files = changes(program, group);
        group.sure = false;
        files.keySet().forEach(this::enable);
        String directory = directory(program);
        boolean done = true;
        if (fresh) {
            write(directory, files);
        } else {
            Boolean answer = ProcReader.ask(directory, () -> write(directory, files)).answer();
            done = answer != null;
        }
        if (done) {
            group.sure = true;
            group.held = wanted;
        }
        return done;
    }

    private boolean write(String directory, Map<String, String> files) {
        files.forEach((file, value) -> groups.set(directory, file, value));
        return true;
    }

    /// Returns the files to write: the limits wanted, and defaults for those no longer wanted.
    private SequencedMap<String, String> changes(String program, Group group) {
        CgroupSpec wanted = group.wanted;
        CgroupSpec held = group.held;
        SequencedMap<String, String> files =
                wanted == null ? new LinkedHashMap<>() : wanted.filesOfProgram();
        Set<String> before = held == null ? Set.of() : held.filesOfProgram().keySet();
        CgroupSpec.UNLIMITED.forEach(
                (file, value) -> {
                    boolean set =
                            group.sure
                                    ? before.contains(file)
                                    : groups.has(directory(program), file);
                    if (set) {
                        files.putIfAbsent(file, value);
                    }
                });
        return files;
    }

    /// Enables, for each worker, the controller that a file belongs to.
    void enable(String file) {
        String controller = file.substring(0, file.indexOf('.'));
        if (!controllers.contains(controller)) {
            groups.enable(controller);
            known.forEach(
                    (program, group) -> {
                        group.there = group.there && groups.has(directory(program), PROCESSES);
                        if (group.there) {
                            groups.enable(directory(program), controller);
                        }
                    });
            controllers.add(controller);
        }
    }

    /// True if memory ran out recently for all workers of a program together.
    boolean ranOutOfMemory(String program) {
        Group group = known.get(program);
        if (group == null || !group.there) {
            return false;
        }
        Moment now = Clock.now();
        long count = groups.ownOoms(directory(program));
        if (count > group.ooms) {
            group.ooms = count;
            group.oomAt = now;
        }
        return group.oomAt != null && now.since(group.oomAt).compareTo(LATELY) < 0;
    }

    /// There is no such program any more. Its group goes when nobody is in it.
    void forget(String program) {
        if (known.remove(program) != null) {
            retired.add(program);
            removeRetired();
        }
    }

    /// Removes those of programs that are no more.
    void removeRetired() {
        if (!retired.isEmpty()) {
            retired.removeIf(program -> groups.remove(directory(program)));
        }
    }
}
