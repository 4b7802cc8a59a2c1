// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control;

import org.einhyrningsins.control.report.FailureStatus;
import org.einhyrningsins.control.report.ManagerHead;
import org.einhyrningsins.control.report.PlanReport;
import org.einhyrningsins.control.report.ProgramDetails;
import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.control.report.SocketStatus;
import org.einhyrningsins.control.report.StatusReport;
import org.einhyrningsins.control.report.VersionStatus;
import org.einhyrningsins.control.report.WorkerStatus;
import org.einhyrningsins.spec.OperatorOverride;
import org.einhyrningsins.spec.WorkerId;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Reports that look like life.
public final class Samples {
    private Samples() {}

    public static StatusReport report() {
        return report(List.of(web(), api(), db()));
    }

    public static StatusReport report(List<ProgramStatus> programs) {
        return new StatusReport(
                "0.1.0",
                4242,
                183_845_000,
                "/etc/services.yaml",
                -1,
                programs,
                new ManagerHead(
                        "shop1",
                        "2026-11-21T04:10:17.000Z",
                        true,
                        Map.of("shop", List.of("web", "api"))),
                Map.of(
                        "api",
                        new ProgramDetails(
                                List.of("./api", "--port", "${slot}"),
                                "/srv/api",
                                "www-data",
                                List.of("/var/log/api/0.log"),
                                new ProgramDetails.Usage(3, 123_456_789, 61_234))));
    }

    public static PlanReport plan() {
        return new PlanReport(
                "/etc/services.yaml",
                List.of(
                        new PlanReport.SettingPlan("control.socket", null, "/x.sock", true),
                        new PlanReport.SettingPlan("log.level", "info", "debug", false)),
                List.of(
                        new PlanReport.ProgramPlan(
                                "web",
                                PlanReport.Word.ROLLED,
                                4,
                                List.of(
                                        new PlanReport.KeyPlan(
                                                "command", "[./a]", "[./b, \"1 2\"]", false, true),
                                        new PlanReport.KeyPlan(
                                                "env.TOKEN", null, "(hidden)", true, true),
                                        new PlanReport.KeyPlan("workers", "2", "4", false, false)),
                                List.of("the rollout under way is given up for it")),
                        new PlanReport.ProgramPlan(
                                "new", PlanReport.Word.ADDED, 1, List.of(), List.of()),
                        new PlanReport.ProgramPlan(
                                "db",
                                PlanReport.Word.IN_PLACE,
                                1,
                                List.of(
                                        new PlanReport.KeyPlan(
                                                "rollout.settle", "1s", "2s", false, false)),
                                List.of()),
                        new PlanReport.ProgramPlan(
                                "idle", PlanReport.Word.NOTED, 1, List.of(), List.of()),
                        new PlanReport.ProgramPlan(
                                "same", PlanReport.Word.UNCHANGED, 1, List.of(), List.of()),
                        new PlanReport.ProgramPlan(
                                "by-hand",
                                PlanReport.Word.UNCHANGED,
                                2,
                                List.of(),
                                List.of("scaled by hand to 5, and stays so; the file says 2")),
                        new PlanReport.ProgramPlan(
                                "old", PlanReport.Word.REMOVED, 3, List.of(), List.of())),
                List.of(
                        new PlanReport.SocketPlan(
                                "127.0.0.1:80", PlanReport.Word.KEPT, "web/http", "web/http"),
                        new PlanReport.SocketPlan(
                                "127.0.0.1:81", PlanReport.Word.KEPT, "old/http", "new/http"),
                        new PlanReport.SocketPlan("unix:@x", PlanReport.Word.OPENED, null, "web/x"),
                        new PlanReport.SocketPlan(
                                "udp:[::1]:5", PlanReport.Word.CLOSED, "old/dns", null)),
                List.of());
    }

    public static ProgramStatus web() {
        return new ProgramStatus(
                "web",
                VersionStatus.of(3),
                new ProgramStatus.Condition(
                        ProgramStatus.State.ROLLING,
                        4,
                        4,
                        "smooth, 1 of 4 replaced",
                        "",
                        FailureStatus.NONE),
                OperatorOverride.NONE,
                List.of("api"),
                List.of(
                        new WorkerStatus(
                                new WorkerId(0, 9),
                                5101,
                                "ready",
                                VersionStatus.of(3),
                                2_000,
                                1,
                                "",
                                FailureStatus.NONE),
                        new WorkerStatus(
                                new WorkerId(1, 2),
                                4312,
                                "stopping",
                                VersionStatus.of(2),
                                183_840_000,
                                0,
                                "told to go by TERM",
                                FailureStatus.NONE),
                        new WorkerStatus(
                                new WorkerId(1, 10),
                                5102,
                                "starting",
                                VersionStatus.of(3),
                                400,
                                0,
                                "",
                                FailureStatus.NONE),
                        new WorkerStatus(
                                new WorkerId(2, 3),
                                4313,
                                "ready",
                                VersionStatus.of(2),
                                183_840_000,
                                0,
                                "",
                                FailureStatus.NONE)),
                List.of(
                        new SocketStatus("http", "127.0.0.1:8080"),
                        new SocketStatus("admin", "unix:/run/web.sock")));
    }

    public static ProgramStatus api() {
        return new ProgramStatus(
                "api",
                VersionStatus.of(1),
                new ProgramStatus.Condition(
                        ProgramStatus.State.BACKING_OFF,
                        0,
                        1,
                        "",
                        "died with status 1 after 12ms: \u001b[31mcannot\nopen\u001b[0m db",
                        FailureStatus.NONE),
                new OperatorOverride(false, 1, List.of(2, 3)),
                List.of(),
                List.of(
                        new WorkerStatus(
                                new WorkerId(0, 17),
                                0,
                                "backing-off",
                                VersionStatus.of(1),
                                0,
                                16,
                                "next try in 12s",
                                FailureStatus.NONE)),
                List.of());
    }

    static ProgramStatus db() {
        return new ProgramStatus(
                "db-with-a-longer-name",
                VersionStatus.of(1),
                new ProgramStatus.Condition(
                        ProgramStatus.State.STOPPED,
                        0,
                        2,
                        "smooth, failed, old version kept",
                        "stopped by an operator",
                        FailureStatus.NONE),
                new OperatorOverride(true, null, List.of()),
                List.of(),
                List.of(),
                List.of());
    }

    public static StatusReport big(int programs, int workers) {
        List<ProgramStatus> all = new ArrayList<>();
        for (int i = 0; i < programs; i++) {
            List<WorkerStatus> some = new ArrayList<>();
            for (int slot = 0; slot < workers; slot++) {
                some.add(
                        new WorkerStatus(
                                new WorkerId(slot, 1),
                                1000 + slot,
                                "ready",
                                VersionStatus.of(1),
                                5_000,
                                0,
                                "",
                                FailureStatus.NONE));
            }
            all.add(
                    new ProgramStatus(
                            "p" + i,
                            VersionStatus.of(1),
                            new ProgramStatus.Condition(
                                    ProgramStatus.State.RUNNING, 5, 5, "", "", FailureStatus.NONE),
                            OperatorOverride.NONE,
                            List.of(),
                            some,
                            List.of()));
        }
        return report(all);
    }
}
