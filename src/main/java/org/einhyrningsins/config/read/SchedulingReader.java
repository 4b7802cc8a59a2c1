// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Cpus;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.SchedulingSpec;
import org.einhyrningsins.spec.SchedulingSpec.IoClass;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Reads what a worker gets of processors, disks and the kernel's patience.
public record SchedulingReader(Values values) {
    private static final int MAX_LEVEL = 7;
    private static final int USUAL_LEVEL = 4; // as the kernel has it for a nice of 0
    private static final String IO =
            "idle, best-effort or realtime, or one with a level from 0 to 7";

    SchedulingSpec read(Fields program) {
        return new SchedulingSpec(
                score(program), cpus(program.node("cpus")), io(program.node("io-class")));
    }

    private @Nullable Integer score(Fields program) {
        Node node = program.node("oom-score-adj");
        if (node instanceof Scalar scalar && scalar.text().equals("never")) {
            values.expected(node, "a number from -1000 to 1000", "; write -1000");
            return null;
        }
        return node == null ? null : values.number(node, -1000, 1000, 0);
    }

    private List<Integer> cpus(@Nullable Node node) {
        List<Integer> cpus = new ArrayList<>();
        for (Node one : node == null ? List.<Node>of() : values.oneOrMany(node)) {
            String text = values.text(one, Cpus.WHAT);
            if (text != null) {
                try {
                    cpus.addAll(Cpus.parse(text));
                } catch (Misread e) {
                    values.problems().report(one.place(), e);
                }
            }
        }
        if (node instanceof Node.Items items && items.values().isEmpty()) {
            values.expected(node, Cpus.WHAT, "; leave the key out for all");
        }
        return cpus;
    }

    private @Nullable IoClass io(@Nullable Node node) {
        if (node == null) {
            return null;
        }
        if (!(node instanceof Scalar scalar) || scalar.isNull()) {
            values.expected(node, IO);
            return null;
        }
        String[] parts = scalar.text().split(":", 2);
        for (IoClass.Kind kind : IoClass.Kind.values()) {
            if (Shape.word(kind).equals(parts[0])) {
                return io(scalar, kind, parts);
            }
        }
        values.expected(node, IO, hint(parts[0]));
        return null;
    }

    private @Nullable IoClass io(Scalar scalar, IoClass.Kind kind, String[] parts) {
        boolean idle = kind == IoClass.Kind.IDLE;
        if (parts.length == 1) {
            return new IoClass(kind, idle ? 0 : USUAL_LEVEL);
        }
        String level = parts[1].strip();
        boolean known = Texts.areDigits(level) && level.length() == 1;
        if (idle || !known || Integer.parseInt(level) > MAX_LEVEL) {
            String example = "; write " + (idle ? "idle" : Shape.word(kind) + ":" + USUAL_LEVEL);
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

    /// As it is read.
    public static String print(IoClass io) {
        String word = Shape.word(io.kind());
        return io.kind() == IoClass.Kind.IDLE ? word : word + ":" + io.level();
    }
}
