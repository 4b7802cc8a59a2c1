// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;

/// Imports `environment` of supervisord, of a program or of all.
final class SupervisordEnvironment {
    private SupervisordEnvironment() {}

    /// Returns the variables whose values are known already, for `%(ENV_NAME)s` of the program.
    static Map<String, String> settled(
            @Nullable ForeignSetting foreignSetting, SupervisordVariables texts) {
        Map<String, String> settled = new LinkedHashMap<>();
        try {
            Map<String, String> pairs =
                    foreignSetting == null ? Map.of() : pairs(foreignSetting.value());
            for (Map.Entry<String, String> pair : pairs.entrySet()) {
                if (!SupervisordVariables.hasNumber(pair.getValue())) {
                    settled.put(pair.getKey(), texts.expanded(pair.getValue()));
                }
            }
        } catch (ValueException _) {
            // said already, where the environment was written
            return settled;
        }
        return settled;
    }

    /// Writes `environment` of a program, or of all.
    static void write(
            @Nullable ForeignSetting foreignSetting,
            SupervisordVariables texts,
            ImportedProgram program) {
        if (foreignSetting == null) {
            return;
        }
        try {
            for (Map.Entry<String, String> pair : pairs(foreignSetting.value()).entrySet()) {
                variable(pair.getKey(), pair.getValue(), foreignSetting, texts, program);
            }
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
        }
    }

    private static void variable(
            String name,
            String value,
            ForeignSetting foreignSetting,
            SupervisordVariables texts,
            ImportedProgram program) {
        try {
            program.env(name, texts.withPlaces(value), foreignSetting);
        } catch (ValueException e) {
            program.blocks(foreignSetting.withValue(name + "=" + value), e.reason());
        }
    }

    /// `KEY="value",KEY2=value2`, over several lines too.
    static Map<String, String> pairs(String text) throws ValueException {
        Map<String, String> pairs = new LinkedHashMap<>();
        int at = 0;
        while (at < text.length()) {
            if (text.charAt(at) == ',' || Character.isWhitespace(text.charAt(at))) {
                at++;
                continue;
            }
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                throw new ValueException("expected KEY=\"VALUE\" pairs with commas between them");
            }
            int from = equals + 1;
            char quote = from < text.length() ? text.charAt(from) : ' ';
            boolean quoted = quote == '"' || quote == '\'';
            int end = quoted ? text.indexOf(quote, from + 1) : text.indexOf(',', from);
            if (quoted && end < 0) {
                throw new ValueException("a quote is not closed");
            }
            end = end < 0 ? text.length() : end;
            pairs.put(
                    text.substring(at, equals).strip(),
                    text.substring(quoted ? from + 1 : from, end).strip());
            at = end + 1;
        }
        return pairs;
    }
}
