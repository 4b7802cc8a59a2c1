// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.Misread;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Shape;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.value.Fields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.Values;
import org.einhyrningsins.spec.IdentitySpec.Limit;
import org.einhyrningsins.spec.IdentitySpec.Resource;

import java.util.EnumMap;
import java.util.Map;

/// Reads `limits`: resources of setrlimit(2) with one value for the soft and the hard limit, or
/// `soft:hard`, or `unlimited`. Those that count bytes take sizes.
record LimitsReader(Values values) {

    Map<Resource, Limit> read(Fields limits) {
        Map<Resource, Limit> read = new EnumMap<>(Resource.class);
        for (Resource resource : Resource.values()) {
            Node node = limits.node(Shape.word(resource));
            if (node != null) {
                read.put(resource, limit(node, resource));
            }
        }
        return read;
    }

    private Limit limit(Node node, Resource resource) {
        String text = values.text(node, "a limit");
        if (text == null) {
            return new Limit(0, 0);
        }
        try {
            int colon = text.indexOf(':');
            long soft = amount(colon < 0 ? text : text.substring(0, colon), resource);
            long hard = colon < 0 ? soft : amount(text.substring(colon + 1), resource);
            if (hard != Limit.UNLIMITED && (soft == Limit.UNLIMITED || soft > hard)) {
                throw new Misread(
                        "the soft limit is above the hard one: "
                                + Texts.quoted(text)
                                + "; the soft one comes first, as in "
                                + Texts.quoted(
                                        text.substring(colon + 1)
                                                + ":"
                                                + text.substring(0, colon)));
            }
            return new Limit(soft, hard);
        } catch (Misread e) {
            values.problems().report(node.place(), e);
            return new Limit(0, 0);
        }
    }

    private static long amount(String text, Resource resource) throws Misread {
        if (text.equals("unlimited")) {
            return Limit.UNLIMITED;
        } else if (!hint(text).isEmpty()) {
            throw new Misread(
                    "expected a limit or unlimited, found " + Texts.quoted(text) + hint(text));
        }
        return switch (resource) {
            case AS, CORE, DATA, FSIZE, MEMLOCK, MSGQUEUE, RSS, STACK -> Sizes.parse(text);
            case CPU, NPROC, NOFILE, LOCKS, SIGPENDING, NICE, RTPRIO, RTTIME -> count(text);
        };
    }

    private static String hint(String text) {
        return switch (text) {
            case "infinity", "infinite", "max", "-1", "none" -> "; write unlimited";
            case "no", "off", "false" -> "; write 0";
            default ->
                    text.matches("[0-9]+ *[ ,/] *[0-9]+")
                            ? "; write \"" + text.replaceFirst(" *[ ,/] *", ":") + '"'
                            : "";
        };
    }

    private static long count(String text) throws Misread {
        if (!Texts.areDigits(text) || text.length() > 15) {
            throw new Misread(
                    "expected a number, \"soft:hard\" or unlimited, found "
                            + Texts.quoted(text)
                            + hint(text));
        }
        return Long.parseLong(text);
    }
}
