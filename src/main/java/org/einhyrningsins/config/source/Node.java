// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.List;
import java.util.SequencedMap;

/// A value of the file as it is written, with its place.
public sealed interface Node {
    /// Where it begins.
    Place place();

    /// A single value. YAML's guesses (boolean, number, null) concern only plain ones, and are made
    /// by whoever expects a value of that kind.
    ///
    /// @param plain written without quotes, and not a block
    record Scalar(Place place, String text, boolean plain) implements Node {
        public boolean isNull() {
            return plain
                    && switch (text) {
                        case "", "~", "null", "Null", "NULL" -> true;
                        default -> false;
                    };
        }

        /// Whether YAML 1.1 takes it for a boolean.
        public boolean isFlag() {
            return plain && (isTrue() || isFalse());
        }

        public boolean isTrue() {
            return switch (text) {
                case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON" -> true;
                default -> false;
            };
        }

        public boolean isFalse() {
            return switch (text) {
                case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF" -> true;
                default -> false;
            };
        }

        /// Whether it consists of digits and is not quoted.
        public boolean isDigits() {
            return plain && Texts.areDigits(text);
        }
    }

    /// A list.
    record Items(Place place, List<Node> values) implements Node {}

    /// A map; merge keys are resolved.
    record Mapping(Place place, SequencedMap<String, Entry> entries) implements Node {}

    /// A key with its value.
    record Entry(Place key, Node value) {}

    /// As a message says what it found: `"many"`, `12`, `nothing`, `a list`.
    default String found() {
        return switch (this) {
            case Scalar s when s.isNull() -> "nothing";
            case Scalar s when s.isFlag() -> "the boolean " + s.text();
            case Scalar s when s.isDigits() -> Texts.cut(s.text());
            case Scalar s -> Texts.quoted(s.text());
            case Items _ -> "a list";
            case Mapping _ -> "a map";
        };
    }
}
