// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager;

import org.einhyrningsins.config.value.Surroundings;
import org.einhyrningsins.manager.control.Access;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.PromptContents;
import org.einhyrningsins.manager.spawn.Environment;
import org.einhyrningsins.posix.kernel.Accounts;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;

import java.util.OptionalInt;

/// The machine a file is read on: the same for the manager and for `check`.
public final class Machine {
    private Machine() {}

    /// What the loader may ask of it. The environment is what workers inherit, without what is the
    /// launcher's or the manager's own.
    public static Surroundings surroundings() {
        return new Surroundings(
                Environment.inherited(System.getenv()),
                Runtime.getRuntime().availableProcessors(),
                name -> Accounts.uid(name).isPresent(),
                name -> Accounts.gid(name).isPresent(),
                new ProcessRights(),
                new PromptContents());
    }

    /// The accounts that `control.allow` names, as numbers.
    public static Access access(ControlSpec spec, Log log) {
        return Access.of(spec.allow(), Processes.user(), new Accountant(log));
    }

    private record Accountant(Log log) implements Access.Directory {
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
