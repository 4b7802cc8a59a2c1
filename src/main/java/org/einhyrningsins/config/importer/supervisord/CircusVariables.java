// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.UnsplitCommandLine;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Replaces what circus replaces in a value: `$(circus.NAME)` and `((circus.NAME))`, in any case.
///
/// @param own variables of `[env]` sections, as texts of our language
/// @param environment where the import runs
record CircusVariables(Map<String, String> own, Map<String, String> environment) {
    private static final Pattern PLACE =
            Pattern.compile(
                    "\\$\\(circus\\.([\\w.-]+)\\)|\\(\\(circus\\.([\\w.-]+)\\)\\)|\\$WID\\b",
                    Pattern.CASE_INSENSITIVE);
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\w+)|\\$\\{(\\w+)\\}");

    /// A text of our language, in a key that takes places.
    String withPlaces(String text) throws ValueException {
        StringBuilder out = new StringBuilder();
        Matcher place = PLACE.matcher(text);
        int at = 0;
        while (place.find()) {
            String replaced = place(name(place));
            TemplateTextBuilder literal =
                    new TemplateTextBuilder().literal(text.substring(at, place.start()));
            out.append(replaced.startsWith("${") ? beforePlace(literal) : literal.toString());
            out.append(replaced);
            at = place.end();
        }
        return out + TemplateTextBuilder.escaped(text.substring(at));
    }

    /// A command line, which is split into words when all is filled in.
    UnsplitCommandLine command(String text) throws ValueException {
        UnsplitCommandLine line = new UnsplitCommandLine();
        Matcher place = PLACE.matcher(text);
        int at = 0;
        while (place.find()) {
            line.literal(text.substring(at, place.start()));
            String name = name(place);
            String variable = name.startsWith("env.") ? inherited(name.substring(4)) : "";
            String value = variable.isEmpty() ? null : ownValue(variable);
            if (variable.isEmpty()) {
                String replaced = place(name);
                line.place(replaced.substring(2, replaced.length() - 1));
            } else if (value != null && !value.contains("${")) {
                line.literal(value);
            } else if (value == null && environment.containsKey(variable)) {
                line.variable(variable);
            } else {
                line.workerVariable(variable);
            }
            at = place.end();
        }
        return line.literal(text.substring(at));
    }

    private @Nullable String ownValue(String name) {
        for (Map.Entry<String, String> variable : own.entrySet()) {
            if (variable.getKey().equalsIgnoreCase(name)) {
                return variable.getValue();
            }
        }
        return null;
    }

    /// The variables that a text names and nobody has set.
    Set<String> unset(String text) {
        Set<String> unset = new TreeSet<>();
        Matcher place = PLACE.matcher(text);
        while (place.find()) {
            String name = name(place);
            String variable = name.startsWith("env.") ? inherited(name.substring(4)) : "";
            if (!variable.isEmpty()
                    && ownValue(variable) == null
                    && !environment.containsKey(variable)) {
                unset.add(variable);
            }
        }
        return unset;
    }

    /// Doubles dollars at its end.
    private static String beforePlace(TemplateTextBuilder literal) {
        String text = literal.place("").toString();
        return text.substring(0, text.length() - 3);
    }

    private static String name(Matcher place) {
        String name = place.group(1) == null ? place.group(2) : place.group(1);
        return name == null ? "wid" : name.toLowerCase(Locale.ROOT);
    }

    private String place(String name) throws ValueException {
        if (name.equals("wid")) {
            return "${slot}";
        } else if (name.startsWith("sockets.")) {
            return "${fd." + ImportedServices.plainName(name.substring(8), "socket") + "}";
        } else if (name.startsWith("env.")) {
            return variable(name.substring(4));
        }
        throw new ValueException("$(circus." + name + ") is not known here");
    }

    private String variable(String lowerCase) {
        String value = ownValue(lowerCase);
        return value == null ? "${env." + inherited(lowerCase) + "}" : value;
    }

    private String inherited(String lowerCase) {
        for (String name : own.keySet()) {
            if (name.equalsIgnoreCase(lowerCase)) {
                return name;
            }
        }
        for (String name : environment.keySet()) {
            if (name.equalsIgnoreCase(lowerCase)) {
                return name;
            }
        }
        return lowerCase.toUpperCase(Locale.ROOT);
    }

    /// A text to the letter, for a key that takes no places.
    String expanded(String text) throws ValueException {
        String written = withPlaces(text);
        Matcher variable = Pattern.compile("\\$\\{env\\.(\\w+)\\}").matcher(written);
        StringBuilder out = new StringBuilder();
        while (variable.find()) {
            String value = environment.get(variable.group(1));
            if (value == null) {
                throw new ValueException(variable.group(1) + " is not set where this was imported");
            }
            variable.appendReplacement(out, Matcher.quoteReplacement(value));
        }
        variable.appendTail(out);
        if (out.indexOf("${slot}") >= 0 || out.indexOf("${fd.") >= 0) {
            throw new ValueException(
                    "what differs from worker to worker can stand in command and env only");
        }
        return out.toString().replace("$${", "${");
    }

    /// A variable's value, in which a shell's `$NAME` stands for what the variable was before.
    String withVariables(String text) throws ValueException {
        Matcher variable = VARIABLE.matcher(text);
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (variable.find()) {
            String name = variable.group(1) == null ? variable.group(2) : variable.group(1);
            out.append(withPlaces(text.substring(at, variable.start())));
            out.append(own.getOrDefault(name, "${env." + name + ":-}"));
            at = variable.end();
        }
        return out + withPlaces(text.substring(at));
    }

    /// The sockets that a text names, in lower case.
    static Set<String> sockets(String text) {
        Set<String> sockets = new TreeSet<>();
        Matcher place = PLACE.matcher(text);
        while (place.find()) {
            if (name(place).startsWith("sockets.")) {
                sockets.add(name(place).substring(8));
            }
        }
        return sockets;
    }
}
