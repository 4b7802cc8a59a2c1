// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.control.wire;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.events.StreamEndEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The YAML of a request: one map of texts and lists of texts. SnakeYAML cuts it into events; none
/// of its constructors sees it, so nothing is ever made of it but texts. What could make a little
/// cost much, or mean more than a text, is refused: aliases, tags, deep nesting, more documents.
final class YamlRequest {
    private static final int DEPTH_BOUND = 16;

    /// Value of a field that is absent.
    static final Value NOTHING = new Text("", true);

    private final ParserImpl parser;

    /// Value of a field.
    sealed interface Value {}

    /// @param plain not in quotes, so it may be a number, a symbol or null
    record Text(String text, boolean plain) implements Value {
        /// True if it is YAML's null.
        boolean none() {
            return plain
                    && switch (text) {
                        case "", "~", "null", "Null", "NULL" -> true;
                        default -> false;
                    };
        }

        /// Returns the text without the colon of a Ruby symbol.
        String word() {
            return plain && text.startsWith(":") ? text.substring(1) : text;
        }
    }

    /// A list of texts.
    record Items(List<String> texts) implements Value {
        Items {
            texts = List.copyOf(texts);
        }
    }

    /// Nested value, which no known field may hold.
    record Other() implements Value {}

    private YamlRequest(String text) {
        parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
    }

    /// The fields of the document.
    ///
    /// @throws UsageException if it is none of ours
    static Map<String, Value> read(String text) throws UsageException {
        try {
            return new YamlRequest(text).document();
        } catch (YAMLException | IllegalArgumentException e) {
            // a character beyond Unicode, written as an escape, is an IllegalArgumentException
            throw new UsageException("not YAML: " + firstLine(e));
        }
    }

    private static String firstLine(RuntimeException e) {
        String what = String.valueOf(e.getMessage());
        int end = what.indexOf('\n');
        return end < 0 ? what : what.substring(0, end);
    }

    private Map<String, Value> document() throws UsageException {
        parser.getEvent();
        if (!(parser.getEvent() instanceof DocumentStartEvent)
                || !(next() instanceof MappingStartEvent)) {
            throw new UsageException("expected a map, as in --- {id: 1, command: state}");
        }
        Map<String, Value> fields = new LinkedHashMap<>();
        for (Event key = next(); !(key instanceof CollectionEndEvent); key = next()) {
            if (!(key instanceof ScalarEvent name)) {
                throw new UsageException("expected the keys of the map to be words");
            }
            put(fields, text(name), value(next()));
        }
        parser.getEvent();
        if (!(parser.getEvent() instanceof StreamEndEvent)) {
            throw new UsageException("expected one document a line, found a second");
        }
        return fields;
    }

    /// A key without a value may be one with its value stuck to it, as in `{command:worker:ack}`.
    private static void put(Map<String, Value> fields, Text key, Value value)
            throws UsageException {
        String name = key.word();
        Value said = value;
        int colon = key.plain() ? name.indexOf(':') : -1;
        if (colon > 0 && value instanceof Text text && text.none()) {
            said = new Text(name.substring(colon + 1), true);
            name = name.substring(0, colon);
        }
        if (fields.put(name, said) != null) {
            throw new UsageException("field '" + name + "' is there twice");
        }
    }

    private Value value(Event event) throws UsageException {
        if (event instanceof ScalarEvent scalar) {
            return text(scalar);
        }
        if (event instanceof SequenceStartEvent) {
            return list();
        }
        skip(1);
        return new Other();
    }

    private Value list() throws UsageException {
        List<String> texts = new ArrayList<>();
        boolean deep = false;
        for (Event item = next(); !(item instanceof CollectionEndEvent); item = next()) {
            if (item instanceof ScalarEvent scalar) {
                texts.add(scalar.getValue());
            } else {
                skip(2);
                deep = true;
            }
        }
        return deep ? new Other() : new Items(texts);
    }

    /// Skips to the end of the collection that has just begun.
    private void skip(int depth) throws UsageException {
        int open = 1;
        while (open > 0) {
            Event event = next();
            if (event instanceof CollectionEndEvent) {
                open--;
            } else if (!(event instanceof ScalarEvent)) {
                open++;
            }
            if (depth + open > DEPTH_BOUND) {
                throw new UsageException("nested deeper than " + DEPTH_BOUND + " levels");
            }
        }
    }

    private Event next() throws UsageException {
        Event event = parser.getEvent();
        if (event instanceof AliasEvent) {
            throw new UsageException("aliases are not taken");
        }
        if (event instanceof NodeEvent node && node.getAnchor() != null) {
            throw new UsageException("anchors are not taken");
        }
        String tag = tag(event);
        if (tag != null && !isString(tag)) {
            throw new UsageException("tags are not taken: " + tag);
        }
        return event;
    }

    private static @Nullable String tag(Event event) {
        return event instanceof ScalarEvent scalar
                ? scalar.getTag()
                : event instanceof CollectionStartEvent collection ? collection.getTag() : null;
    }

    /// Ruby 1.9 wrote `! 'text'`.
    private static boolean isString(String tag) {
        return tag.equals("!") || tag.equals("tag:yaml.org,2002:str");
    }

    private static Text text(ScalarEvent scalar) {
        return new Text(scalar.getValue(), scalar.isPlain() && scalar.getTag() == null);
    }
}
