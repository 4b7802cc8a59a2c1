// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.print.YamlText;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// What an imported program comes after, and on which terms.
final class ImportedOrder {
    /// @param when condition; null for an order and no more
    private record Terms(@Nullable String when, boolean restartWith) {
        static final Terms NONE = new Terms(null, false);
    }

    private final SequencedMap<String, Terms> after = new LinkedHashMap<>();

    Set<String> names() {
        return after.keySet();
    }

    void add(String program) {
        after.putIfAbsent(program, Terms.NONE);
    }

    /// @param when as `after.when` has it; null leaves what is known
    void when(String program, @Nullable String when) {
        after.put(program, new Terms(when, terms(program).restartWith()));
    }

    void restartWith(String program) {
        after.put(program, new Terms(terms(program).when(), true));
    }

    private Terms terms(String program) {
        return after.getOrDefault(program, Terms.NONE);
    }

    @Nullable String when(String program) {
        return terms(program).when();
    }

    /// Drops what a job cannot have.
    void ofJob() {
        after.replaceAll((name, terms) -> new Terms(terms.when(), false));
    }

    /// Returns the value of `after`.
    String yaml() {
        StringBuilder yaml = new StringBuilder();
        for (Map.Entry<String, Terms> entry : after.entrySet()) {
            Terms terms = entry.getValue();
            String name = YamlText.quoted(entry.getKey());
            yaml.append(yaml.isEmpty() ? "" : ", ");
            if (terms.equals(Terms.NONE)) {
                yaml.append(name);
                continue;
            }
            yaml.append("{ program: ").append(name);
            yaml.append(terms.when() == null ? "" : ", when: " + terms.when());
            yaml.append(terms.restartWith() ? ", restart-with: true }" : " }");
        }
        return "[" + yaml + "]";
    }
}
