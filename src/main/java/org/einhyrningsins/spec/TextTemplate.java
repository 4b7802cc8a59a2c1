// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A text with places that are known only when a worker starts. What is known when the file is read
/// (`${program}`, `${env.NAME}`, `${fd.NAME}`) is replaced there.
public record TextTemplate(List<Part> parts) {
    public TextTemplate {
        parts = List.copyOf(parts);
    }

    /// A text without such places.
    public static TextTemplate of(String text) {
        return new TextTemplate(List.of(new Text(text)));
    }

    /// True if the text is the same for every worker of a version.
    public boolean constant() {
        for (Part part : parts) {
            if (part instanceof Slot
                    || part instanceof ReleasePath
                    || part instanceof ReleaseName) {
                return false;
            }
        }
        return true;
    }

    /// The text for one worker.
    ///
    /// @param slot the worker's slot
    /// @param addresses the bound address of each socket of the program, by name
    public String expand(int slot, Map<String, String> addresses) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Text literal -> text.append(literal.text());
                case Slot ignored -> text.append(slot);
                case AddressOf socket -> text.append(addresses.getOrDefault(socket.name(), ""));
                case ReleasePath ignored -> throw noRelease();
                case ReleaseName ignored -> throw noRelease();
            }
        }
        return text.toString();
    }

    private static IllegalStateException noRelease() {
        return new IllegalStateException("a template for a release was expanded without one");
    }

    /// Returns the template with a release in the place of its link, and of `${release}` and
    /// `${release.name}`.
    TextTemplate in(Release release) {
        List<Part> replaced = new ArrayList<>(parts.size());
        for (Part part : parts) {
            replaced.add(
                    switch (part) {
                        case Text literal -> new Text(release.in(literal.text()));
                        case ReleasePath ignored -> new Text(release.path().toString());
                        case ReleaseName ignored -> new Text(release.name());
                        case Slot slot -> slot;
                        case AddressOf address -> address;
                    });
        }
        return new TextTemplate(replaced);
    }

    /// True if it can be expanded only with a release.
    public boolean needsRelease() {
        for (Part part : parts) {
            if (part instanceof ReleasePath || part instanceof ReleaseName) {
                return true;
            }
        }
        return false;
    }

    /// Returns the template as the configuration would write it; read again there, it is an equal
    /// template. Of dollars before a `{` each two stand for one, so those are doubled, and no
    /// others.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            switch (parts.get(i)) {
                case Text literal -> escape(literal.text(), i + 1 < parts.size(), text);
                case Slot ignored -> text.append("${slot}");
                case ReleasePath ignored -> text.append("${release}");
                case ReleaseName ignored -> text.append("${release.name}");
                case AddressOf socket ->
                        text.append("${address.").append(socket.name()).append('}');
            }
        }
        return text.toString();
    }

    /// @param placeFollows whether `${` comes next
    private static void escape(String literal, boolean placeFollows, StringBuilder text) {
        int dollars = 0;
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            if (c == '$') {
                dollars++;
            } else {
                text.repeat('$', c == '{' ? 2 * dollars : dollars).append(c);
                dollars = 0;
            }
        }
        text.repeat('$', placeFollows ? 2 * dollars : dollars);
    }

    /// A piece of a template.
    public sealed interface Part {}

    /// Text as it is.
    public record Text(String text) implements Part {}

    /// `${slot}`: the number of the worker's slot.
    public record Slot() implements Part {}

    /// `${address.NAME}`: where the socket of that name is bound, with the port the kernel chose.
    public record AddressOf(String name) implements Part {}

    /// `${release}`: the path of the release that the version runs.
    public record ReleasePath() implements Part {}

    /// `${release.name}`: the last part of that path.
    public record ReleaseName() implements Part {}
}
