// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.systemd;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.value.ImportComments;

import java.util.List;

/// Words for settings of systemd that have no counterpart here. What is listed first counts.
///
/// @param kind lost, or needs nothing here
record SystemdReasons(ImportComments.Kind kind, String why) {
    private record Reason(String keys, ImportComments.Kind kind, String why) {}

    private static final String SANDBOX =
            "there is no key like it; see sandbox, or put the manager itself into such a sandbox";
    private static final String SOCKET_RELATIONS =
            "After|Before|Wants|Requires|Requisite|BindsTo|PartOf|Upholds";
    private static final String CGROUP = "no such limit of a control group is set";

    private static Reason lost(String keys, String why) {
        return new Reason(keys, ImportComments.Kind.LOST, why);
    }

    private static Reason same(String keys, String why) {
        return new Reason(keys, ImportComments.Kind.SAME, why);
    }

    private static final List<Reason> REASONS =
            List.of(
                    lost("ExecReload", "'einhyrningsinsctl reload' replaces the workers"),
                    lost("ExecStop|ExecStopPost", "workers are stopped by signals alone"),
                    lost("Exec(Start|Stop|Reload).*", "nothing is run beside a worker"),
                    same("PIDFile|GuessMainPID", "who is started is who is supervised"),
                    lost("RemainAfterExit", "a program that ends has ended"),
                    same("BusName", "there is no D-Bus; see ack"),
                    same("NotifyAccess", "a worker and its descendants may notify"),
                    lost("FileDescriptorStore.*", "descriptors of workers are not stored"),
                    lost("Timeout.*", "the stop ends in KILL after its time"),
                    lost("RuntimeRandomizedExtraSec", "max-age varies by a tenth"),
                    lost("FinalKillSignal|SendSIGKILL", "the last signal is KILL"),
                    lost("SendSIGHUP|RestartKillSignal|WatchdogSignal", "see stop"),
                    lost(".*Action|RebootArgument|.*ExitStatus", "the system is left alone"),
                    lost("SupplementaryGroups", "a user has the groups it is in"),
                    lost("PAMName|SetLoginEnvironment", "workers are no logins"),
                    lost(
                            "(Load|Set|Import)Credential.*",
                            "credentials are files, and not encrypted"),
                    same("Slice|Delegate.*", "a group of its own, where the manager may make any"),
                    same("(CPU|Memory|IO|Block|IP|Tasks)Accounting", "it is only counted"),
                    lost(
                            "Memory(High|Low|Min|Swap.*|ZSwap.*|Limit|Pressure.*)"
                                    + "|CPU(Weight|Shares|Quota.*)|Startup.*|IO(Weight|.*Max)"
                                    + "|IO(Device|Read|Write).*|Tasks.*|Block.*|IPAddress.*"
                                    + "|IPIngress.*|IPEgress.*|Device.*|ManagedOOM.*|Allowed.*",
                            CGROUP),
                    lost(
                            "CPU.*|IO.*|NUMA.*|OOM.*|CoredumpFilter|TimerSlackNSec|Personality",
                            "not set; a command such as chrt does"),
                    same("Syslog.*|Log(Level|Rate|Extra|Namespace).*", "see logs"),
                    lost("IgnoreSIGPIPE", "no signal is ignored"),
                    same("TTY.*|Utmp(Identifier|Mode)", "workers have no terminal"),
                    lost("Standard.*", "see logs and stdin"),
                    lost(
                            "Root.*|Private.*|Protect.*|Restrict.*|Read.*(Paths|Directories)"
                                    + "|Inaccessible.*|Bind(ReadOnly)?Paths|Temporary.*|Mount.*"
                                    + "|System.*|Secure.*|SELinux.*"
                                    + "|AppArmor.*|Smack.*|Lock.*|Memory.*|Exec.*Paths|NoExec.*"
                                    + "|Network.*|IPC.*|ProcSubset|Keyring.*|RemoveIPC"
                                    + "|Extension.*|User.*|Socket(Bind.*)|Ephemeral.*",
                            SANDBOX),
                    same("Description|Documentation|SourcePath", "a description"),
                    lost("OnFailure.*|OnSuccess.*", "nothing is started by that"),
                    same(
                            "DefaultDependencies|RefuseManual.*|AllowIsolate|IgnoreOnIsolate"
                                    + "|Collect.*|Job.*|SurviveFinal.*|StopWhenUnneeded",
                            "it concerns systemd's own jobs"),
                    lost(
                            "Propagates.*|Reload.*|JoinsNamespaceOf|RequiresMountsFor"
                                    + "|WantsMountsFor|Conflicts",
                            "programs know no other relation than after"),
                    lost("ConfigurationDirectory.*", "it has to be there"),
                    lost("StartLimit.*", "see restart.give-up"),
                    lost("Restart.*", "see restart"));

    private static final List<Reason> SOCKET_REASONS =
            List.of(
                    same("ReusePort", "nobody else binds the address; see per-worker"),
                    lost(
                            "MaxConnections.*|PollLimit.*|TriggerLimit.*",
                            "the program accepts by itself"),
                    lost("Exec.*", "nothing is run when a socket is bound"),
                    lost("Symlinks", "only the socket itself is made"),
                    same("DirectoryMode", "directories are not made for it"),
                    same("RemoveOnStop", "the file of a UNIX socket is removed at the end"),
                    lost(
                            "FlushPending|Writable|Timestamping|Pass.*",
                            "the socket is as bind makes it"),
                    same("Timeout.*", "the manager binds at once or says why not"));

    /// @param section such as `Service`
    static SystemdReasons of(String section, ForeignSetting foreignSetting) {
        String key = foreignSetting.key();
        if (section.equals("Install")) {
            return same("the programs of this file start with the manager");
        } else if (section.startsWith("X-") || key.startsWith("X-")) {
            return same("systemd ignores it too");
        } else if (key.equals("ExecReload") && isSignal(foreignSetting.value())) {
            return same("'einhyrningsinsctl signal' sends a worker that signal");
        } else if (foreignSetting.value().isEmpty()) {
            return same("nothing, so the default");
        } else if (isDefault(key, foreignSetting)) {
            return same("as it is here");
        } else if (section.equals("Unit") && key.matches(SOCKET_RELATIONS)) {
            return same("sockets are bound when the manager starts");
        }
        for (Reason reason : section.equals("Socket") ? SOCKET_REASONS : REASONS) {
            if (key.matches(reason.keys())) {
                return new SystemdReasons(reason.kind(), reason.why());
            }
        }
        if (section.equals("Socket")) {
            String base = key.matches("Description|Documentation|DefaultDependencies") ? "" : key;
            return base.isEmpty()
                    ? same("a description")
                    : new SystemdReasons(
                            ImportComments.Kind.LOST, "such an option of a socket is not set");
        }
        return new SystemdReasons(ImportComments.Kind.LOST, "nothing here is like it");
    }

    private static SystemdReasons same(String why) {
        return new SystemdReasons(ImportComments.Kind.SAME, why);
    }

    private static boolean isDefault(String key, ForeignSetting foreignSetting) {
        boolean no = Boolean.FALSE.equals(foreignSetting.flag());
        return key.equals("SendSIGKILL")
                ? foreignSetting.isTrue()
                : key.equals("FinalKillSignal")
                        ? foreignSetting.value().endsWith("KILL")
                        : no || foreignSetting.value().equals("infinity");
    }

    private static boolean isSignal(String command) {
        return command.matches("[-+!@:]*(/usr)?/bin/kill (-s )?-?[A-Z0-9]+ \\$[{]?MAINPID[}]?");
    }

    /// Says it at a program.
    ///
    /// @param key the key that it belongs to; empty for the head
    void report(ImportedProgram program, String key, ForeignSetting foreignSetting) {
        if (kind == ImportComments.Kind.SAME) {
            program.same(foreignSetting, why);
        } else {
            program.lost(key, foreignSetting, why);
        }
    }
}
