// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import org.einhyrningsins.config.source.TextUtil;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// Looks up the host names of one configuration, each once, all within [#PATIENCE] of the first:
/// where no name server answers, each takes many seconds, and a manager that reloads waits for it.
public final class HostNameLookup {
    static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Answer TIME_IS_UP = new Answer(null, List.of());

    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<String, Answer> known = new HashMap<>();
    private final Lookup lookup;
    private final Duration patience;
    private boolean begun;
    private boolean over;

    /// Asks the machine for the addresses of a host.
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    /// @param of the name; null says that time is up
    /// @param addresses none if it cannot be resolved
    private record Answer(@Nullable String of, List<InetAddress> addresses) {
        boolean timeIsUp() {
            return of == null;
        }
    }

    public HostNameLookup() {
        this(InetAddress::getAllByName, PATIENCE);
    }

    HostNameLookup(Lookup lookup, Duration patience) {
        this.lookup = lookup;
        this.patience = patience;
    }

    /// True if a name could not be looked up.
    public boolean hasMissing() {
        for (Answer answer : known.values()) {
            if (answer.addresses().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    /// Returns all addresses of a host; at least one.
    List<InetAddress> addresses(String host) throws ValueException {
        Answer answer = known.get(host);
        if (answer == null) {
            answer = over ? TIME_IS_UP : cachedOrLookedUp(host);
            known.put(host, answer);
        }
        if (answer.timeIsUp()) {
            throw new ValueException(
                    "the host name "
                            + TextUtil.quoted(host)
                            + " was not looked up: the names of this configuration took more than "
                            + patience.toSeconds()
                            + " s; write addresses, or see to the name server");
        }
        if (answer.addresses().isEmpty()) {
            throw new ValueException(
                    "the host name "
                            + TextUtil.quoted(host)
                            + " cannot be resolved; correct it, or write an address");
        }
        return answer.addresses();
    }

    private Answer cachedOrLookedUp(String host) throws ValueException {
        if (!begun) {
            begun = true;
            start("time for host names", this::runOut);
        }
        start("host name", () -> answers.add(lookUp(host)));
        try {
            Answer answer = answers.take();
            over = answer.timeIsUp();
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ValueException(
                    "the host name " + TextUtil.quoted(host) + " was not looked up");
        }
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void runOut() {
        try {
            Thread.sleep(patience);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        answers.add(TIME_IS_UP);
    }

    private Answer lookUp(String host) {
        try {
            return new Answer(host, List.of(lookup.all(host)));
        } catch (UnknownHostException | SecurityException _) {
            return new Answer(host, List.of());
        }
    }
}
