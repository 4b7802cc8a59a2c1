// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.page;

import org.einhyrningsins.spec.manager.HttpSpec;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// The names of this machine that a request may be sent to.
///
/// A page of somebody else in a browser on this machine may ask here under a name of its own, whose
/// address it has changed to ours (DNS rebinding), and read the answer. It cannot do so under an
/// address, `localhost`, or a name whose address others decide: the machine's own, that name in the
/// domains in which names are looked up (resolv.conf(5)), what hosts(5) has in the same line, and
/// those that are configured.
public final class AllowedHosts {
    private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}([.][0-9]{1,3}){3}");
    private static final Pattern IPV6 =
            Pattern.compile("\\[[0-9A-Fa-f:.]+(%[^\\]]+)?\\](:[0-9]*)?");
    private static final String SPACE = "\\s+";

    private final Set<String> names = new HashSet<>();
    private final boolean any;

    /// The files that say what the machine is called.
    public interface Files {
        /// A file's text; empty if it cannot be had at once.
        String read(String file) throws IOException;
    }

    /// Allows these names, and those that the machine has.
    ///
    /// @param hosts names that are configured
    public AllowedHosts(List<String> hosts, Files files) {
        any = hosts.contains(HttpSpec.ANY);
        hosts.forEach(host -> names.add(plain(host)));
        String name = plain(text(files, "/proc/sys/kernel/hostname").strip());
        if (!name.isEmpty()) {
            String first =
                    name.substring(0, name.indexOf('.') < 0 ? name.length() : name.indexOf('.'));
            names.add(name);
            names.add(first);
            inDomains(first, text(files, "/etc/resolv.conf"));
            inHosts(first, text(files, "/etc/hosts"));
        }
    }

    private static String text(Files files, String file) {
        try {
            return files.read(file);
        } catch (IOException unreadable) {
            return "";
        }
    }

    private void inDomains(String first, String resolver) {
        for (String line : resolver.lines().toList()) {
            String[] words = line.strip().split(SPACE, -1);
            if (words[0].equals("search") || words[0].equals("domain")) {
                for (int i = 1; i < words.length; i++) {
                    names.add(first + "." + plain(words[i]));
                }
            }
        }
    }

    /// `127.0.1.1 web.example.org web`: these are one machine.
    private void inHosts(String first, String hosts) {
        for (String line : hosts.lines().toList()) {
            String text = line.indexOf('#') < 0 ? line : line.substring(0, line.indexOf('#'));
            List<String> words = List.of(text.strip().toLowerCase(Locale.ROOT).split(SPACE, -1));
            if (words.subList(1, words.size()).contains(first)) {
                words.subList(1, words.size()).forEach(each -> names.add(plain(each)));
            }
        }
    }

    /// True if a request with that Host, which may be empty, is accepted.
    public boolean has(String host) {
        if (any || host.isEmpty()) {
            return true;
        }
        int colon = host.indexOf(':');
        String name = plain(colon < 0 ? host : host.substring(0, colon));
        return name.equals("localhost")
                || name.endsWith(".localhost") // RFC 6761: the loopback, whatever DNS says
                || IPV4.matcher(name).matches()
                || IPV6.matcher(host).matches()
                || names.contains(name);
    }

    /// A last dot says that the name is a whole one.
    private static String plain(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
