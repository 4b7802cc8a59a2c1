// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;

import org.einhyrningsins.control.report.ProgramStatus;
import org.einhyrningsins.core.Program;
import org.einhyrningsins.core.Slot;
import org.einhyrningsins.core.Worker;
import org.einhyrningsins.core.WorkerState;
import org.einhyrningsins.core.metric.ProgramCounters;
import org.einhyrningsins.manager.runtime.FactTimes;
import org.einhyrningsins.posix.process.ProcessUsage;
import org.einhyrningsins.posix.process.Processes;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The numbers of a snapshot in a text format of Prometheus. What each is called is a promise:
/// dashboards and alerts are made of the names.
final class PrometheusMetrics {
    private static final double MILLIS = 1e3;
    private final PageData pageData;
    private final MetricFamilies families;

    private PrometheusMetrics(PageData pageData) {
        this.pageData = pageData;
        this.families = new MetricFamilies(pageData);
    }

    static byte[] text(PageData pageData, boolean open) {
        PrometheusMetrics prometheusMetrics = new PrometheusMetrics(pageData);
        prometheusMetrics.manager();
        prometheusMetrics.programs();
        prometheusMetrics.workers();
        prometheusMetrics.slots();
        prometheusMetrics.logs();
        ExpositionFormatWriter writer =
                open
                        ? OpenMetricsTextFormatWriter.builder().build()
                        : PrometheusTextFormatWriter.builder().build();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writer.write(bytes, prometheusMetrics.families.snapshots());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot happen: writing to memory", e);
        }
        return bytes.toByteArray();
    }

    // ---- the manager

    private void manager() {
        PageData.Manager manager = pageData.manager();
        families.add(
                InfoSnapshot.builder()
                        .name(MetricFamilies.OURS + "build")
                        .help("Which version the manager is.")
                        .dataPoint(
                                InfoDataPointSnapshot.builder()
                                        .labels(Labels.of("version", pageData.status().version()))
                                        .build())
                        .build());
        families.gauge(
                "process_start_time_seconds",
                "When the manager started, since 1970; a re-exec does not change it.",
                manager.startedMillis() / MILLIS);
        ProcessUsage processUsage = ProcessUsage.of(Processes.self());
        if (processUsage != null) {
            families.counter(
                    "process_cpu_seconds",
                    "Processor time of the manager.",
                    processUsage.cpuSeconds());
            String what = "Resident memory of the manager.";
            families.gauge(
                    "process_resident_memory_bytes", what, (double) processUsage.residentBytes());
        }
        families.gauge(
                "process_open_fds",
                "Descriptors that the manager has open.",
                ProcessUsage.openFiles());
        families.gauge(
                "process_max_fds", "Descriptors that it may open.", (double) manager.mostFiles());
        Runtime jvm = Runtime.getRuntime();
        heap("jvm_memory_used_bytes", "Used memory.", jvm.totalMemory() - jvm.freeMemory());
        heap("jvm_memory_max_bytes", "The most there may be.", jvm.maxMemory());
        families.counter(
                MetricFamilies.OURS + "reexecs",
                "How often the manager became another program." + MetricFamilies.KEPT,
                (double) manager.reexecs());
        families.counter(
                MetricFamilies.OURS + "recoveries",
                "How often a manager went on for one that had been killed." + MetricFamilies.KEPT,
                (double) manager.recoveries());
        families.gauge(
                MetricFamilies.OURS + "control_clients",
                "Clients at the control socket.",
                manager.clients());
    }

    private void heap(String name, String help, long bytes) {
        families.add(
                GaugeSnapshot.builder()
                        .name(name)
                        .help(help)
                        .dataPoint(MetricFamilies.point(Labels.of("area", "heap"), (double) bytes))
                        .build());
    }

    // ---- programs

    private void programs() {
        states();
        families.gauges(
                "program_workers_wanted",
                "Workers there should be.",
                numbers -> wanted(numbers.program()));
        populations();
        families.gauges(
                "program_generation",
                "Which definition new workers get, from 1.",
                numbers -> numbers.program().serving().generation());
        families.gauges(
                "program_generation_start_time_seconds",
                "When that definition began to serve, since 1970.",
                numbers -> MetricFamilies.counter(numbers, ProgramCounters.SERVING_SINCE) / MILLIS);
        families.gauges(
                "program_rollout_in_progress",
                "1 while a rollout is under way.",
                numbers -> numbers.program().rollout() == null ? 0 : 1);
        families.gauges(
                "program_slots_backing_off",
                "Slots without a worker that failed before and wait for their next try.",
                numbers -> backingOff(numbers.program()));
        families.gauges(
                "job_failed",
                "1 if the last run of the job failed.",
                program -> program.newest().job() != null,
                numbers -> numbers.program().outcome() == Program.Outcome.FAILED ? 1 : 0);
        families.gauges(
                "schedule_last_due_time_seconds",
                "When the job was last due by its schedule, since 1970.",
                program -> program.newest().schedule() != null,
                numbers -> numbers.program().tasks().dueMillis() / MILLIS);
        families.gauges(
                "schedule_next_due_time_seconds",
                "When the job is due next by its schedule, since 1970, without its jitter.",
                program -> FactTimes.nextRunMillis(program.newest()) > 0,
                numbers -> FactTimes.nextRunMillis(numbers.program().newest()) / MILLIS);
        families.counters(
                "program_give_ups",
                "How often the program was given up (restart.give-up).",
                ProgramCounters.GIVE_UPS);
    }

    private void states() {
        GaugeSnapshot.Builder family =
                GaugeSnapshot.builder()
                        .name(MetricFamilies.OURS + "program_state")
                        .help("1 for the state that the program is in, as status has it.");
        for (ProgramStatus program : pageData.status().programs()) {
            for (ProgramStatus.State state : ProgramStatus.State.values()) {
                Labels labels = Labels.of("program", program.name(), "state", state.word());
                family.dataPoint(MetricFamilies.point(labels, program.state() == state ? 1 : 0));
            }
        }
        families.add(family.build());
    }

    private static int wanted(Program program) {
        int wanted = 0;
        for (Slot slot : program.slots()) {
            wanted += program.wants(slot) ? 1 : 0;
        }
        return wanted;
    }

    private static int backingOff(Program program) {
        int waiting = 0;
        for (Slot slot : program.slots()) {
            boolean failed = slot.past().quickDeaths() > 0;
            waiting += failed && slot.current() == null && program.wants(slot) ? 1 : 0;
        }
        return waiting;
    }

    private void populations() {
        GaugeSnapshot.Builder family =
                GaugeSnapshot.builder()
                        .name(MetricFamilies.OURS + "program_workers")
                        .help("Workers there are, by state; those of old versions too.");
        for (PageData.Numbers numbers : pageData.programs()) {
            Map<String, Integer> population = population(numbers.program());
            for (String state : List.of("starting", "settling", "ready", "stopping")) {
                Labels labels = Labels.of("program", numbers.program().name(), "state", state);
                family.dataPoint(MetricFamilies.point(labels, population.getOrDefault(state, 0)));
            }
        }
        families.add(family.build());
    }

    private static Map<String, Integer> population(Program program) {
        Map<String, Integer> population = new HashMap<>();
        for (Slot slot : program.slots()) {
            for (Worker worker : slot.workers()) {
                String state =
                        switch (worker.state()) {
                            case WorkerState.Starting ignored -> "starting";
                            case WorkerState.Settling ignored -> "settling";
                            case WorkerState.Ready ignored -> "ready";
                            case WorkerState.Stopping ignored -> "stopping";
                        };
                population.merge(state, 1, Integer::sum);
            }
        }
        return population;
    }

    // ---- what happened to workers

    private void workers() {
        families.counters(
                "worker_starts",
                "Workers that were spawned, or tried to be.",
                ProgramCounters.STARTS);
        families.counters(
                "worker_failed_starts",
                "Workers that could not be spawned, ended before they were up, or were not up in"
                        + " time.",
                ProgramCounters.FAILED_STARTS);
        exits();
        summary("worker_ack_seconds", "From the spawn of a worker to its ack.", "", "");
        summary(
                "rollout_duration_seconds",
                "Rollouts that ended.",
                "result",
                ProgramCounters.ROLLOUTS);
        families.counters(
                "health_check_failures",
                "Health checks of workers that were up and did not pass.",
                ProgramCounters.HEALTH_FAILURES);
    }

    private void exits() {
        CounterSnapshot.Builder family =
                CounterSnapshot.builder()
                        .name(MetricFamilies.OURS + "worker_exits")
                        .help(
                                "Workers that ended: cause own if nobody told them to, else why"
                                        + " they were told; exit success, failure,"
                                        + " out-of-memory, a signal, or unknown."
                                        + MetricFamilies.KEPT);
        for (PageData.Numbers numbers : pageData.programs()) {
            Map<String, Long> exits = new HashMap<>(Map.of("own success", 0L, "own failure", 0L));
            exits.putAll(labelled(numbers, ProgramCounters.EXITS));
            exits.forEach(
                    (key, number) -> {
                        String[] words = key.split(" ", -1);
                        String name = numbers.program().name();
                        Labels labels =
                                Labels.of("program", name, "cause", words[0], "exit", words[1]);
                        family.dataPoint(MetricFamilies.count(labels, (double) number));
                    });
        }
        families.add(family.build());
    }

    /// The numbers of one name by what else their keys say.
    private static Map<String, Long> labelled(PageData.Numbers numbers, String name) {
        Map<String, Long> found = new HashMap<>();
        numbers.counters()
                .forEach(
                        (key, number) -> {
                            if (key.startsWith(name + " ")) {
                                found.put(key.substring(name.length() + 1), number);
                            }
                        });
        return found;
    }

    /// @param label label that tells the counts apart; empty for the acks, which are one
    private void summary(String name, String help, String label, String counts) {
        SummarySnapshot.Builder family =
                SummarySnapshot.builder()
                        .name(MetricFamilies.OURS + name)
                        .help(help + MetricFamilies.KEPT);
        for (PageData.Numbers numbers : pageData.programs()) {
            String program = numbers.program().name();
            if (label.isEmpty()) {
                Labels labels = Labels.of("program", program);
                long count = MetricFamilies.counter(numbers, ProgramCounters.ACKS);
                family.dataPoint(
                        MetricFamilies.times(
                                labels,
                                count,
                                MetricFamilies.counter(numbers, ProgramCounters.ACK_MICROS)));
                continue;
            }
            for (String result : List.of("succeeded", "failed", "aborted")) {
                Labels labels = Labels.of("program", program, label, result);
                long count = MetricFamilies.counter(numbers, counts + " " + result);
                long micros =
                        MetricFamilies.counter(
                                numbers, ProgramCounters.ROLLOUT_MICROS + " " + result);
                family.dataPoint(MetricFamilies.times(labels, count, micros));
            }
        }
        families.add(family.build());
    }

    // ---- slots

    private void slots() {
        CounterSnapshot.Builder restarts =
                CounterSnapshot.builder()
                        .name(MetricFamilies.OURS + "slot_restarts")
                        .help("How often the slot was filled again after a death.");
        CounterSnapshot.Builder processor =
                CounterSnapshot.builder()
                        .name(MetricFamilies.OURS + "worker_cpu_seconds")
                        .help("Processor time of the slot's worker, without its children.");
        GaugeSnapshot.Builder memory =
                GaugeSnapshot.builder()
                        .name(MetricFamilies.OURS + "worker_resident_memory_bytes")
                        .help("Resident memory of the slot's worker, without its children.");
        GaugeSnapshot.Builder born =
                GaugeSnapshot.builder()
                        .name(MetricFamilies.OURS + "worker_start_time_seconds")
                        .help("When the slot's worker was started, since 1970.");
        for (PageData.Numbers numbers : pageData.programs()) {
            String program = numbers.program().name();
            for (Slot slot : numbers.program().slots()) {
                restarts.dataPoint(
                        MetricFamilies.count(
                                labels(program, slot.index()), slot.past().restarts()));
            }
            for (PageData.Life life : numbers.lives()) {
                Labels labels = labels(program, life.slot());
                born.dataPoint(MetricFamilies.point(labels, life.bornMillis() / MILLIS));
                ProcessUsage processUsage = life.usage().get();
                if (processUsage != null) {
                    processor.dataPoint(MetricFamilies.count(labels, processUsage.cpuSeconds()));
                    memory.dataPoint(
                            MetricFamilies.point(labels, (double) processUsage.residentBytes()));
                }
            }
        }
        families.add(restarts.build());
        families.add(processor.build());
        families.add(memory.build());
        families.add(born.build());
    }

    private static Labels labels(String program, int slot) {
        return Labels.of("program", program, "slot", Integer.toString(slot));
    }

    // ---- kept logs

    private void logs() {
        GaugeSnapshot.Builder bytes =
                GaugeSnapshot.builder()
                        .name(MetricFamilies.OURS + "kept_log_bytes")
                        .help("What the log files hold that are being written (logs.max-size).");
        CounterSnapshot.Builder lines =
                CounterSnapshot.builder()
                        .name(MetricFamilies.OURS + "kept_log_lost_lines")
                        .help("Lines that could not be written; begins again with the manager.");
        CounterSnapshot.Builder lost =
                CounterSnapshot.builder()
                        .name(MetricFamilies.OURS + "kept_log_lost_bytes")
                        .help("Bytes of these lines.");
        for (PageData.Numbers numbers : pageData.programs()) {
            PageData.Log log = numbers.log();
            if (log != null) {
                Labels labels = Labels.of("program", numbers.program().name());
                bytes.dataPoint(MetricFamilies.point(labels, (double) log.bytes()));
                lines.dataPoint(MetricFamilies.count(labels, (double) log.lostLines()));
                lost.dataPoint(MetricFamilies.count(labels, (double) log.lostBytes()));
            }
        }
        families.add(bytes.build());
        families.add(lines.build());
        families.add(lost.build());
    }
}
