// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.spawn;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Errno;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.spawn.Landlock;
import org.einhyrningsins.posix.spawn.SpawnException;
import org.einhyrningsins.spec.ProgramSpec;
import org.einhyrningsins.spec.Release;
import org.einhyrningsins.spec.process.ConfinementSpec;
import org.einhyrningsins.spec.process.DirectorySpec;
import org.einhyrningsins.spec.process.SandboxSpec;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Works out what a worker with a `sandbox` may reach: what its definition says, and what every
/// program needs to run at all. A ruleset is made for each start, of what there is then.
///
/// @param ruleset descriptor for the child to restrict itself by; -1 for none
/// @param rules rules to put into it; null for none
record SandboxRuleset(int ruleset, Landlock.@Nullable Rules rules) implements AutoCloseable {
    /// Paths that programs, libraries and runtimes read and execute.
    private static final List<Path> USUAL =
            paths("/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc /opt /proc /sys");

    /// Devices that programs write to and that hold nothing.
    private static final List<Path> DEVICES =
            paths("/dev/null /dev/zero /dev/full /dev/random /dev/urandom");

    private static List<Path> paths(String all) {
        List<Path> paths = new ArrayList<>();
        for (String path : all.split(" ", -1)) {
            paths.add(Path.of(path));
        }
        return paths;
    }

    /// @param executable the file that is executed
    /// @param secrets the directory of its credentials; null if it has none
    /// @throws PosixException also if the kernel lacks what is required
    static SandboxRuleset of(ProgramSpec spec, Path executable, @Nullable Path secrets) {
        ConfinementSpec confinement = spec.identity().confinement();
        SandboxSpec sandbox = confinement.sandbox();
        if (sandbox == null) {
            return new SandboxRuleset(-1, null);
        }
        if (sandbox.required() && Landlock.abi() < sandbox.abi()) {
            String what = "sandbox: Landlock " + sandbox.abi() + " of the kernel";
            throw new PosixException(what, Errno.EOPNOTSUPP.number());
        }
        List<Path> usual = new ArrayList<>(USUAL);
        usual.add(executable);
        if (spec.workingDirectory().getParent() != null) { // else it would be all there is
            usual.add(spec.workingDirectory());
        }
        if (secrets != null) {
            usual.add(secrets);
        }
        List<Path> write = inRelease(spec, sandbox.write());
        for (DirectorySpec made : confinement.directories()) {
            write.add(made.path());
        }
        try {
            Landlock.Rules rules =
                    new Landlock.Rules(
                            usual,
                            DEVICES,
                            inRelease(spec, sandbox.read()),
                            write,
                            sandbox.connect(),
                            sandbox.bind(),
                            sandbox.scope());
            return new SandboxRuleset(Landlock.ruleset(rules), rules);
        } catch (PosixException e) {
            throw new PosixException("sandbox: " + e.call(), e.number());
        }
    }

    private static List<Path> inRelease(ProgramSpec spec, List<Path> paths) {
        List<Path> kept = new ArrayList<>(paths);
        kept.replaceAll(path -> Release.apply(spec.release(), path));
        return kept;
    }

    /// Lets it reach what it may. Whoever owns a part of a path may make that take as long as they
    /// like. The ruleset is the child's, too, however it was come by.
    void fill(SpawnPreparation.Site site) throws SpawnException {
        Landlock.Rules what = rules;
        if (what == null || ruleset < 0) {
            return;
        }
        int copy = Descriptors.raisedCopy(ruleset); // ours is closed when the child is there
        if (copy < 0) {
            throw new SpawnException("sandbox", -copy, "");
        }
        try {
            site.lay("sandbox", () -> fill(copy, what));
        } finally {
            if (site.refused()) {
                Descriptors.close(copy);
            }
        }
    }

    private static void fill(int ruleset, Landlock.Rules rules) {
        try {
            Landlock.fill(ruleset, rules);
        } finally {
            Descriptors.close(ruleset);
        }
    }

    @Override
    public void close() {
        if (ruleset >= 0) {
            Descriptors.close(ruleset);
        }
    }
}
