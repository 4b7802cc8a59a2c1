// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.source;

import java.util.List;
import java.util.SequencedMap;

/// A value of the file as it is written, with its place.
public sealed interface ConfigNode {
    /// Returns the position of its beginning.
    SourcePosition place();

    /// A single value. YAML's guesses (boolean, number, null) concern only plain ones, and are made
    /// by whoever expects a value of that kind.
    ///
    /// @param plain written without quotes, and not a block
    record Scalar(SourcePosition place, String text, boolean plain) implements ConfigNode {
        public boolean isNull() {
            return plain
                    && switch (text) {
                        case "", "~", "null", "Null", "NULL" -> true;
                        default -> false;
                    };
        }

        /// True if YAML 1.1 takes it for a boolean.
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

        /// True if it consists of digits and is not quoted.
        public boolean isDigits() {
            return plain && TextUtil.areDigits(text);
        }
    }

    /// A list.
    record Items(SourcePosition place, List<ConfigNode> values) implements ConfigNode {}

    /// A map; merge keys are resolved.
    record Mapping(SourcePosition place, SequencedMap<String, Entry> entries)
            implements ConfigNode {}

    /// A key with its value.
    record Entry(SourcePosition key, ConfigNode value) {}

    /// Describes the node as found, for a message: `"many"`, `12`, `nothing`, `a list`.
    default String found() {
        return switch (this) {
            case Scalar s when s.isNull() -> "nothing";
            case Scalar s when s.isFlag() -> "the boolean " + s.text();
            case Scalar s when s.isDigits() -> TextUtil.cut(s.text());
            case Scalar s -> TextUtil.quoted(s.text());
            case Items _ -> "a list";
            case Mapping _ -> "a map";
        };
    }
}
