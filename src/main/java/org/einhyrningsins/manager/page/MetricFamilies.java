// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;

import org.einhyrningsins.core.Program;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/// Families of metrics, in the order in which they were added.
final class MetricFamilies {
    static final String OURS = "einhyrningsins_";
    private static final double MICROS = 1e6;
    static final String KEPT =
            " Goes on over re-exec and recovery; begins again when the manager is started anew.";

    private final PageData pageData;
    private final List<MetricSnapshot> all = new ArrayList<>();

    MetricFamilies(PageData pageData) {
        this.pageData = pageData;
    }

    MetricSnapshots snapshots() {
        return new MetricSnapshots(all);
    }

    void add(MetricSnapshot family) {
        all.add(family);
    }

    /// A family of one number.
    void gauge(String name, String help, double value) {
        all.add(
                GaugeSnapshot.builder()
                        .name(name)
                        .help(help)
                        .dataPoint(point(Labels.EMPTY, value))
                        .build());
    }

    void counter(String name, String help, double value) {
        all.add(
                CounterSnapshot.builder()
                        .name(name)
                        .help(help)
                        .dataPoint(count(Labels.EMPTY, value))
                        .build());
    }

    /// A family with a number for each program.
    void gauges(String name, String help, ToDoubleFunction<PageData.Numbers> value) {
        gauges(name, help, program -> true, value);
    }

    /// A family with a number for each program that is meant; none at all if none is.
    void gauges(
            String name,
            String help,
            Predicate<Program> which,
            ToDoubleFunction<PageData.Numbers> value) {
        List<PageData.Numbers> meant =
                pageData.programs().stream().filter(each -> which.test(each.program())).toList();
        if (meant.isEmpty() && !pageData.programs().isEmpty()) {
            return;
        }
        GaugeSnapshot.Builder family = GaugeSnapshot.builder().name(OURS + name).help(help);
        for (PageData.Numbers numbers : meant) {
            Labels labels = Labels.of("program", numbers.program().name());
            family.dataPoint(point(labels, value.applyAsDouble(numbers)));
        }
        all.add(family.build());
    }

    /// A family with a number for each program, out of its counters.
    void counters(String name, String help, String key) {
        CounterSnapshot.Builder family =
                CounterSnapshot.builder().name(OURS + name).help(help + KEPT);
        for (PageData.Numbers numbers : pageData.programs()) {
            Labels labels = Labels.of("program", numbers.program().name());
            family.dataPoint(count(labels, (double) counter(numbers, key)));
        }
        all.add(family.build());
    }

    /// Returns one of the counters of a program; 0 if it was never counted.
    static long counter(PageData.Numbers numbers, String key) {
        return numbers.counters().getOrDefault(key, 0L);
    }

    static GaugeDataPointSnapshot point(Labels labels, double value) {
        return GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    static CounterDataPointSnapshot count(Labels labels, double value) {
        return CounterDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    static SummaryDataPointSnapshot times(Labels labels, long count, long micros) {
        return SummaryDataPointSnapshot.builder()
                .labels(labels)
                .count(count)
                .sum(micros / MICROS)
                .build();
    }
}
