// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An operator at the control socket.
final class Client {
    private static final Pattern ID = Pattern.compile("\"request_id\":(\\d+)");
    private static final Pattern CODE = Pattern.compile("\"code\":(\\d+)");
    private static final Pattern MESSAGE = Pattern.compile("\"message\":\"(.{0,200})");

    private final World world;
    private final Map<Integer, Answered> open = new HashMap<>();
    private OpenFile.@Nullable Stream line;
    private StringBuilder begun = new StringBuilder();
    private int last;

    /// Who is told how a request ended.
    interface Answered {
        /// It ended.
        ///
        /// @param code -1 if the manager was gone before it said so
        void answered(int code, String reply);
    }

    Client(World world) {
        this.world = world;
    }

    /// Asks for something.
    ///
    /// @return false if there is nobody to ask
    boolean ask(String command, String args, Answered answered) {
        OpenFile.Bound server = world.kernel().holder(World.SOCKET);
        OpenFile.Stream to = line;
        if (to == null && server != null && server.listening && server.waiting.size() < 100) {
            to = world.kernel().connected(server, 999);
            to.news = () -> world.after(world.random().nextInt(2_000_000), this::hear);
            begun = new StringBuilder();
            line = to;
        }
        if (to == null || to.hungUp) {
            return false;
        }
        int id = ++last;
        String request =
                "{\"id\":" + id + ",\"command\":\"" + command + "\",\"args\":" + args + "}";
        world.say("> " + request);
        open.put(id, answered);
        to.write((request + "\n").getBytes(StandardCharsets.UTF_8));
        return true;
    }

    boolean waits() {
        return !open.isEmpty();
    }

    private void hear() {
        OpenFile.Stream from = line;
        if (from == null) {
            return;
        }
        for (byte[] some = from.read(65536); some != null; some = from.read(65536)) {
            if (some.length == 0) {
                hangsUp();
                return;
            }
            begun.append(new String(some, StandardCharsets.UTF_8));
            for (int end = begun.indexOf("\n"); end >= 0; end = begun.indexOf("\n")) {
                String reply = begun.substring(0, end);
                begun.delete(0, end + 1);
                take(reply);
            }
        }
    }

    private void take(String reply) {
        Matcher id = ID.matcher(reply);
        Matcher code = CODE.matcher(reply);
        if (!id.find()) {
            throw new World.Broken("a reply to nobody: " + reply);
        }
        int number = Integer.parseInt(id.group(1));
        if (!open.containsKey(number)) {
            throw new World.Broken("an answer after the last one: " + reply);
        }
        if (code.find()) {
            Matcher message = MESSAGE.matcher(reply);
            world.say("< " + code.group(1) + " " + (message.find() ? message.group(1) : reply));
            Answered answered = open.remove(number);
            if (answered != null) {
                answered.answered(Integer.parseInt(code.group(1)), reply);
                world.shop().isAnswered();
            }
        }
    }

    private void hangsUp() {
        line = null;
        Map<Integer, Answered> lost = new HashMap<>(open);
        open.clear();
        lost.values().forEach(answered -> answered.answered(-1, ""));
    }
}
