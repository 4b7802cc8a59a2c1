// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.process.SchedulingSpec;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Lists of processors as the kernel and taskset(1) write them: `0-3,8`.
public final class CpuList {
    private CpuList() {}

    public static final String WHAT = "numbers of processors such as \"0-3,8\"";

    /// Reads a list of processors.
    ///
    /// @throws Misread if it is none, or too large
    public static List<Integer> parse(String text) throws ValueException {
        Set<Integer> cpus = new TreeSet<>();
        for (String part : text.split(",", -1)) {
            String[] ends = part.strip().split("-", 2);
            int first = number(ends[0], text);
            int last = ends.length == 1 ? first : number(ends[1], text);
            if (last < first) {
                throw new ValueException("expected " + WHAT + ", found " + TextUtil.quoted(text));
            }
            for (int cpu = first; cpu <= last; cpu++) {
                cpus.add(cpu);
            }
        }
        return new ArrayList<>(cpus);
    }

    private static int number(String digits, String text) throws ValueException {
        String bare = digits.strip();
        if (!TextUtil.areDigits(bare)) {
            throw new ValueException("expected " + WHAT + ", found " + TextUtil.quoted(text));
        }
        if (bare.length() > 6 || Integer.parseInt(bare) >= SchedulingSpec.MAX_CPUS) {
            int last = SchedulingSpec.MAX_CPUS - 1;
            throw new ValueException("processors have numbers from 0 to " + last);
        }
        return Integer.parseInt(bare);
    }

    /// Writes a list of processors, ranges as ranges.
    ///
    /// @param cpus in order
    public static String print(List<Integer> cpus) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < cpus.size(); i++) {
            int last = i;
            while (last + 1 < cpus.size() && cpus.get(last + 1) == cpus.get(last) + 1) {
                last++;
            }
            text.append(i == 0 ? "" : ",").append(cpus.get(i));
            if (last > i) {
                text.append('-').append(cpus.get(last));
            }
            i = last;
        }
        return text.append('"').toString();
    }
}
