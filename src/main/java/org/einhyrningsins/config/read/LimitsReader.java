// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.read;

import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.ConfigFields;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.config.value.ValueReader;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Limit;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;

import java.util.EnumMap;
import java.util.Map;

/// Reads `limits`: resources of setrlimit(2) with one value for the soft and the hard limit, or
/// `soft:hard`, or `unlimited`. Those that count bytes take sizes.
record LimitsReader(ValueReader values) {
    /// The least stack: the kernel puts arguments and environment there before the program begins.
    private static final long MIN_STACK = 64 << 10;

    /// The least number of descriptors: three that every worker has, and one for what the program
    /// opens to start.
    private static final int MIN_FILES = 4;

    Map<Resource, Limit> read(ConfigFields limits) {
        Map<Resource, Limit> read = new EnumMap<>(Resource.class);
        for (Resource resource : Resource.values()) {
            ConfigNode configNode = limits.node(ConfigShape.word(resource));
            if (configNode != null) {
                read.put(resource, limit(configNode, resource));
            }
        }
        return read;
    }

    private Limit limit(ConfigNode configNode, Resource resource) {
        String text = values.text(configNode, "a limit");
        if (text == null) {
            return new Limit(0, 0);
        }
        try {
            int colon = text.indexOf(':');
            String first = colon < 0 ? text : text.substring(0, colon);
            long soft = amount(first, resource);
            long hard = colon < 0 ? soft : amount(text.substring(colon + 1), resource);
            if (hard != Limit.UNLIMITED && (soft == Limit.UNLIMITED || soft > hard)) {
                throw new ValueException(
                        "the soft limit is above the hard one: "
                                + TextUtil.quoted(text)
                                + "; the soft one comes first, as in "
                                + TextUtil.quoted(
                                        text.substring(colon + 1)
                                                + ":"
                                                + text.substring(0, colon)));
            }
            requireUsable(first, soft, resource);
            return new Limit(soft, hard);
        } catch (ValueException e) {
            values.problems().report(configNode.place(), e);
            return new Limit(0, 0);
        }
    }

    /// Refuses a soft limit with which a worker could not start.
    private static void requireUsable(String text, long amount, Resource resource)
            throws ValueException {
        if (amount == Limit.UNLIMITED) {
            return;
        }
        if (resource == Resource.AS || resource == Resource.DATA) {
            Sizes.memory(text);
        } else if (resource == Resource.STACK) {
            Sizes.atLeast(text, MIN_STACK, "64KiB");
        } else if (resource == Resource.NOFILE && amount < MIN_FILES) {
            throw new ValueException(
                    "expected at least "
                            + MIN_FILES
                            + ", found "
                            + TextUtil.quoted(text)
                            + ": no program starts with fewer open files");
        }
    }

    private static long amount(String text, Resource resource) throws ValueException {
        if (text.equals("unlimited")) {
            return Limit.UNLIMITED;
        } else if (!hint(text).isEmpty()) {
            throw new ValueException(
                    "expected a limit or unlimited, found " + TextUtil.quoted(text) + hint(text));
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

    private static long count(String text) throws ValueException {
        if (!TextUtil.areDigits(text) || text.length() > 15) {
            throw new ValueException(
                    "expected a number, \"soft:hard\" or unlimited, found "
                            + TextUtil.quoted(text)
                            + hint(text));
        }
        return Long.parseLong(text);
    }
}
