// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;

import java.util.List;

/// Words for keys of a service in a compose file that have no counterpart here. What is listed
/// first counts.
final class ComposeReasons {
    private record Reason(String keys, boolean isLost, String why) {}

    private static final List<Reason> REASONS =
            List.of(
                    new Reason("x-.*", false, "compose ignores it, too"),
                    new Reason(
                            "container_name|labels|annotations|platform|pull_policy|attach"
                                    + "|develop|expose|deploy[.](labels|endpoint_mode|mode)",
                            false,
                            "it concerns containers alone"),
                    new Reason(
                            "networks|network_mode|links|external_links|dns.*|extra_hosts"
                                    + "|hostname|domainname|mac_address",
                            true,
                            "the network is that of this machine"),
                    new Reason(
                            "volumes|volumes_from|tmpfs|devices|storage_opt|shm_size",
                            true,
                            "the files are those of this machine"),
                    new Reason("secrets|configs", true, "files are not put anywhere; see env-file"),
                    new Reason(
                            "privileged|cap_add|cap_drop|security_opt|read_only|userns_mode|ipc|pid"
                                + "|uts|cgroup.*|sysctls|group_add|device_cgroup_rules|isolation"
                                + "|credential_spec|runtime|gpus",
                            true,
                            "a program has the rights of its user, and no walls around it"),
                    new Reason("logging|log_.*", true, "see logs"),
                    new Reason("tty|stdin_open", true, "workers have no terminal"),
                    new Reason(
                            "cpu.*|mem_.*|memswap_limit|pids_limit|oom_.*|blkio_config",
                            true,
                            "no such limit of a control group is set"),
                    new Reason("post_start|pre_stop", true, "nothing is run beside a worker"),
                    new Reason("deploy[.](update|rollback)_config", true, "see rollout"),
                    new Reason("deploy[.]placement", false, "there is one machine"));

    /// Keys of namespaces that a container may share with the machine that it runs on.
    private static final String SHARED = "network_mode|pid|ipc|uts|userns_mode|cgroup";

    private ComposeReasons() {}

    static void report(ImportedProgram program, ForeignSetting foreignSetting) {
        boolean isMachine =
                foreignSetting.key().matches(SHARED) && foreignSetting.value().equals("host");
        if (isMachine || Boolean.FALSE.equals(foreignSetting.flag())) {
            program.same(foreignSetting, "as it is here");
            return;
        }
        for (Reason reason : REASONS) {
            if (foreignSetting.key().matches(reason.keys())) {
                if (reason.isLost()) {
                    program.lost(foreignSetting, reason.why());
                } else {
                    program.same(foreignSetting, reason.why());
                }
                return;
            }
        }
        program.lost(foreignSetting, "nothing here is like it");
    }
}
