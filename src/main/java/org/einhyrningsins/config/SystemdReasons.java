// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import java.util.List;

/// Why a setting of systemd has no place here. What is listed first counts.
final class SystemdReasons {
    private record Reason(String keys, String why) {}

    private static final String SANDBOX =
            "workers are not put into namespaces or sandboxes; the manager itself can be";

    private static final List<Reason> REASONS =
            List.of(
                    new Reason("ExecStartPre|ExecCondition", "do it in a script that ends in exec"),
                    new Reason(
                            "ExecReload",
                            "'einhyrningsinsctl reload' replaces the workers, 'signal' sends one a"
                                    + " signal"),
                    new Reason("ExecStop|ExecStopPost", "workers are told to go by signals alone"),
                    new Reason("ExecStartPost", "nothing is run beside a worker"),
                    new Reason("Exec.*", "nothing is run beside a worker"),
                    new Reason("PIDFile|GuessMainPID", "workers stay in the foreground"),
                    new Reason("RemainAfterExit", "a program that ends has ended"),
                    new Reason("BusName", "there is no D-Bus; see ack"),
                    new Reason("NotifyAccess", "a worker and its descendants may notify"),
                    new Reason("FileDescriptorStore.*", "descriptors are not stored"),
                    new Reason("TimeoutStartSec|TimeoutSec", "see ack.timeout"),
                    new Reason("Timeout.*", "the stop ends in KILL after its time"),
                    new Reason("RuntimeMaxSec|RuntimeRandomizedExtraSec", "see max-age"),
                    new Reason(
                            "SuccessExitStatus|RestartPreventExitStatus|RestartForceExitStatus",
                            "only status 0 is told from the others"),
                    new Reason("FinalKillSignal|SendSIGKILL", "the last signal is always KILL"),
                    new Reason("SendSIGHUP|RestartKillSignal|WatchdogSignal", "see stop"),
                    new Reason(".*Action|RebootArgument|.*ExitStatus", "the system is left alone"),
                    new Reason("SupplementaryGroups", "a user has the groups it is in"),
                    new Reason("DynamicUser", "users are not made; name one in user"),
                    new Reason("PAMName|SetLoginEnvironment", "workers are no logins"),
                    new Reason(
                            "MemoryDenyWriteExecute|LoadCredential.*|SetCredential.*|ImportCredential.*",
                            SANDBOX),
                    new Reason("Slice|Delegate.*", "cgroups are not managed"),
                    new Reason(
                            "Memory.*|CPU(Weight|Quota.*|Accounting)|Startup.*|IO(Weight|.*Max"
                                    + "|Accounting)|IO(Device|Read|Write).*|Tasks.*|Block.*"
                                    + "|IP(Accounting|Address.*)|Device.*|ManagedOOM.*",
                            "cgroups are not managed; see limits"),
                    new Reason(
                            "CPU.*|IO.*|NUMA.*|OOM.*|CoredumpFilter|TimerSlackNSec|Personality",
                            "not set for workers; a wrapper such as nice, taskset or choom does"),
                    new Reason("Syslog.*|Log.*", "workers do not log to the journal"),
                    new Reason("TTY.*|Standard.*|UtmpIdentifier|UtmpMode", "see logs and stdin"),
                    new Reason(
                            "(Runtime|State|Cache|Logs|Configuration)Directory.*",
                            "directories are not made; they have to be there"),
                    new Reason(
                            "Root.*|Private.*|Protect.*|Restrict.*|Read.*Paths|Inaccessible.*"
                                    + "|Bind(ReadOnly)?Paths|Temporary.*|Mount.*|NoNew.*|System.*"
                                    + "|Capab.*|Ambient.*|Secure.*|SELinux.*|AppArmor.*|Smack.*"
                                    + "|Lock.*|Memory.*|Exec.*Paths|NoExec.*|Network.*|IPC.*"
                                    + "|ProcSubset|Keyring.*|RemoveIPC|Extension.*|User.*",
                            SANDBOX),
                    new Reason("Description|Documentation|SourcePath", "a comment"),
                    new Reason("Condition.*|Assert.*", "nothing is asked before a start"),
                    new Reason(
                            "Wants|Requires|Requisite|BindsTo|PartOf|Upholds|Conflicts|Before"
                                    + "|Propagates.*|Reload.*|JoinsNamespaceOf|RequiresMountsFor"
                                    + "|WantsMountsFor|OnFailure.*|OnSuccess.*|StopWhen.*"
                                    + "|DefaultDependencies|RefuseManual.*|AllowIsolate"
                                    + "|IgnoreOnIsolate|Collect.*|Job.*|SurviveFinal.*",
                            "programs know no other relation than after"),
                    new Reason("StartLimit.*", "see restart.give-up"),
                    new Reason("Restart.*", "see restart"));

    private static final List<Reason> SOCKET_REASONS =
            List.of(
                    new Reason(
                            "ReusePort",
                            "nobody else binds the address; for a socket of each worker's own, see"
                                    + " per-worker"),
                    new Reason(
                            "MaxConnections.*|PollLimit.*|TriggerLimit.*",
                            "the program accepts by itself"),
                    new Reason("Exec.*", "nothing is run when a socket is bound"),
                    new Reason("DirectoryMode|Symlinks", "only the socket itself is made"),
                    new Reason("RemoveOnStop", "the file of a UNIX socket is removed at the end"),
                    new Reason(
                            "FlushPending|Writable|Timestamping|Pass.*",
                            "the socket is as bind makes it"),
                    new Reason("Timeout.*", "the manager binds at once or says why not"));

    private SystemdReasons() {}

    /// Of a key in a section such as `Service`.
    static String of(String section, String key) {
        if (section.equals("Install")) {
            return "all programs of the file are started with the manager";
        } else if (section.startsWith("X-") || key.startsWith("X-")) {
            return "systemd ignores it too";
        }
        List<Reason> reasons = section.equals("Socket") ? SOCKET_REASONS : REASONS;
        for (Reason reason : reasons) {
            if (key.matches(reason.keys())) {
                return reason.why();
            }
        }
        return section.equals("Socket")
                ? "such an option of a socket is not set"
                : "nothing here is like it";
    }
}
