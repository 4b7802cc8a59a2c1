// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.CpuList;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.process.SchedulingSpec;
import org.einhyrningsins.spec.process.SchedulingSpec.IoClass;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Reads what a worker gets of processors, disks and the kernel's patience.
public record SchedulingReader(ValueReader values) {
    private static final int MAX_LEVEL = 7;
    private static final int USUAL_LEVEL = 4; // as the kernel has it for a nice of 0
    private static final String IO =
            "idle, best-effort or realtime, or one with a level from 0 to 7";

    SchedulingSpec read(ConfigFields program) {
        return new SchedulingSpec(
                score(program), cpus(program.node("cpus")), io(program.node("io-class")));
    }

    private @Nullable Integer score(ConfigFields program) {
        ConfigNode configNode = program.node("oom-score-adj");
        if (configNode instanceof Scalar scalar && scalar.text().equals("never")) {
            values.expected(configNode, "a number from -1000 to 1000", "; write -1000");
            return null;
        }
        return configNode == null ? null : values.number(configNode, -1000, 1000, 0);
    }

    private List<Integer> cpus(@Nullable ConfigNode configNode) {
        List<Integer> cpus = new ArrayList<>();
        for (ConfigNode one :
                configNode == null ? List.<ConfigNode>of() : values.oneOrMany(configNode)) {
            String text = values.text(one, CpuList.WHAT);
            if (text != null) {
                try {
                    cpus.addAll(CpuList.parse(text));
                } catch (ValueException e) {
                    values.problems().report(one.place(), e);
                }
            }
        }
        if (configNode instanceof ConfigNode.Items items && items.values().isEmpty()) {
            values.expected(configNode, CpuList.WHAT, "; leave the key out for all");
        }
        return cpus;
    }

    private @Nullable IoClass io(@Nullable ConfigNode configNode) {
        if (configNode == null) {
            return null;
        }
        if (!(configNode instanceof Scalar scalar) || scalar.isNull()) {
            values.expected(configNode, IO);
            return null;
        }
        String[] parts = scalar.text().split(":", 2);
        for (IoClass.Kind kind : IoClass.Kind.values()) {
            if (ConfigShape.word(kind).equals(parts[0])) {
                return io(scalar, kind, parts);
            }
        }
        values.expected(configNode, IO, hint(parts[0]));
        return null;
    }

    private @Nullable IoClass io(Scalar scalar, IoClass.Kind kind, String[] parts) {
        boolean idle = kind == IoClass.Kind.IDLE;
        if (parts.length == 1) {
            return new IoClass(kind, idle ? 0 : USUAL_LEVEL);
        }
        String level = parts[1].strip();
        boolean known = TextUtil.areDigits(level) && level.length() == 1;
        if (idle || !known || Integer.parseInt(level) > MAX_LEVEL) {
            String example =
                    "; write " + (idle ? "idle" : ConfigShape.word(kind) + ":" + USUAL_LEVEL);
            values.expected(scalar, IO, example);
            return null;
        }
        return new IoClass(kind, Integer.parseInt(level));
    }

    private static String hint(String word) {
        return switch (word) {
            case "none", "0" -> "; leave the key out for the manager's";
            case "1", "rt", "real-time" -> "; write realtime";
            case "2", "be", "best_effort" -> "; write best-effort";
            case "3" -> "; write idle";
            default -> "";
        };
    }

    /// Returns the class and level as they are read.
    public static String print(IoClass io) {
        String word = ConfigShape.word(io.kind());
        return io.kind() == IoClass.Kind.IDLE ? word : word + ":" + io.level();
    }
}
