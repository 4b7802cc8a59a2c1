// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import java.util.ArrayList;
import java.util.List;

/// Target of a command: a program, one slot of it, or one process among its workers.
///
/// @param slot from 0; [#WHOLE] for all of the program
/// @param pid of a worker; [#ANY] for all of the slot or program
public record CommandTarget(String program, int slot, int pid) {
    /// The pid of a target that names none.
    public static final int ANY = -1;

    /// The slot of a target that names none.
    public static final int WHOLE = -1;

    /// The word that stands for every program.
    public static final String ALL = "all";

    private static final int SLOT_DIGITS = 5;
    private static final int PID_DIGITS = 9;
    private static final String PID = "pid/";

    /// A target that names no process.
    public CommandTarget(String program, int slot) {
        this(program, slot, ANY);
    }

    /// True if the target is the whole program.
    public boolean whole() {
        return slot == WHOLE;
    }

    @Override
    public String toString() {
        String which = pid == ANY ? "" + slot : PID + pid;
        return whole() && pid == ANY ? program : program + ":" + which;
    }

    /// Parses a list of words, of which some may be like `web:pid/1234`; else like [#list].
    static List<CommandTarget> processes(List<String> words) throws UsageException {
        List<String> others = new ArrayList<>(words);
        others.removeIf(CommandTarget::isProcess);
        List<CommandTarget> targets = new ArrayList<>(others.isEmpty() ? List.of() : list(others));
        if (!others.isEmpty() && targets.isEmpty() && others.size() < words.size()) {
            throw new UsageException("'all' already means every program; name no other");
        }
        for (String word : words) {
            if (isProcess(word)) {
                targets.add(process(word));
            }
        }
        return List.copyOf(targets);
    }

    private static boolean isProcess(String word) {
        return word.indexOf(":" + PID) > 0;
    }

    private static CommandTarget process(String text) throws UsageException {
        int colon = text.indexOf(':');
        String digits = text.substring(colon + 1 + PID.length());
        if (digits.length() > PID_DIGITS || !isNumber(digits)) {
            throw new UsageException("'" + text + "': expected a pid, as in web:pid/1234");
        }
        return new CommandTarget(
                of(text.substring(0, colon)).program(), WHOLE, Integer.parseInt(digits));
    }

    /// The target of a text like `web` or `web:2`.
    public static CommandTarget of(String text) throws UsageException {
        int colon = text.indexOf(':');
        if (isProcess(text)) {
            throw new UsageException("'" + text + "': only 'signal' takes a pid");
        }
        String program = colon < 0 ? text : text.substring(0, colon);
        if (!isName(program)) {
            throw new UsageException(
                    "'" + text + "' is no program; expected PROGRAM, PROGRAM:SLOT or all");
        }
        return new CommandTarget(
                program, colon < 0 ? WHOLE : slot(text, text.substring(colon + 1)));
    }

    /// The targets of a list of words; `all`, or no word, is the empty list: everything.
    static List<CommandTarget> list(List<String> words) throws UsageException {
        if (words.size() == 1 && words.get(0).equals(ALL)) {
            return List.of();
        }
        List<CommandTarget> targets = new ArrayList<>(words.size());
        for (String word : words) {
            if (word.equals(ALL)) {
                throw new UsageException("'all' already means every program; name no other");
            }
            targets.add(of(word));
        }
        return targets;
    }

    private static int slot(String text, String digits) throws UsageException {
        if (digits.isEmpty() || digits.length() > SLOT_DIGITS || !isNumber(digits)) {
            throw new UsageException(
                    "'" + text + "': the slot must be a number from 0, as in web:0");
        }
        return Integer.parseInt(digits);
    }

    private static boolean isName(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!isLetterOrDigit(c) && c != '_' && c != '-' && c != '.') {
                return false;
            }
        }
        return !text.isEmpty() && text.charAt(0) != '-';
    }

    static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
}
