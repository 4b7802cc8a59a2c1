// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.manager.control.AccessControl;
import org.einhyrningsins.manager.runtime.ManagerLog;
import org.einhyrningsins.manager.runtime.NonBlockingFiles;
import org.einhyrningsins.manager.spawn.WorkerEnvironment;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;

import java.util.OptionalInt;

/// The machine a file is read on: the same for the manager and for `check`.
public final class HostFacts {
    private HostFacts() {}

    /// Returns the facts that the configuration may depend on. The environment is the one that
    /// workers inherit, without the launcher's and the manager's own variables.
    public static LoadEnvironment surroundings() {
        return new LoadEnvironment(
                WorkerEnvironment.inherited(System.getenv()),
                Runtime.getRuntime().availableProcessors(),
                name -> Accounts.uid(name).isPresent(),
                name -> Accounts.gid(name).isPresent(),
                new EffectiveCapabilities(),
                new NonBlockingFiles());
    }

    /// The accounts that `control.allow` names, as numbers.
    public static AccessControl access(ControlSpec spec, ManagerLog managerLog) {
        return AccessControl.of(spec.allow(), Processes.user(), new Accountant(managerLog));
    }

    private record Accountant(ManagerLog log) implements AccessControl.Directory {
        @Override
        public OptionalInt uid(String user) {
            return Accounts.uid(user);
        }

        @Override
        public OptionalInt gid(String group) {
            return Accounts.gid(group);
        }

        @Override
        public void unknown(AllowSpec.Who who) {
            log.warn("", "control.allow: nobody knows " + who + " any more; it lets nobody in");
        }
    }
}
