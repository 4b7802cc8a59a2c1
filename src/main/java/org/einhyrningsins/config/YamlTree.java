// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import org.einhyrningsins.config.Node.Entry;
import org.einhyrningsins.config.Node.Items;
import org.einhyrningsins.config.Node.Mapping;
import org.einhyrningsins.config.Node.Scalar;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingEndEvent;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceEndEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.events.StreamEndEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Makes a tree of nodes of SnakeYAML's events. SnakeYAML's own composer is not used, because it
/// guesses types while it composes (with regular expressions that cost milliseconds at start) and
/// forgets what was written.
final class YamlTree {
    /// Deeper than any sensible file, and far from the end of the stack.
    private static final int MAX_DEPTH = 50;

    private final Source source;
    private final Problems problems;
    private final ParserImpl parser;
    private final Map<String, Anchored> anchors = new HashMap<>();
    private long values;
    private Place last;

    private record Anchored(Node node, long values) {}

    private YamlTree(Source source, Problems problems) {
        this.source = source;
        this.problems = problems;
        this.last = new Place(source, 1, 1, Trail.TOP);
        this.parser = new ParserImpl(new StreamReader(source.text()), new LoaderOptions());
    }

    /// The file's only document; null after a problem that leaves nothing to go on with.
    static @Nullable Node read(Source source, Problems problems) {
        YamlTree tree = new YamlTree(source, problems);
        try {
            return tree.document();
        } catch (MarkedYAMLException e) {
            tree.reportSyntax(e);
        } catch (ReaderException e) {
            tree.reportCharacter(e);
        } catch (YAMLException e) {
            // SnakeYAML says some things without a place: it is after what was read last
            problems.report(tree.last, "not valid YAML: " + e.getMessage());
        } catch (Unusable e) {
            problems.report(e.place, e.reason);
        }
        return null;
    }

    private Node document() throws Unusable {
        parser.getEvent();
        if (!(parser.peekEvent() instanceof DocumentStartEvent)) {
            throw new Unusable(Place.of(source), "the file is empty; expected a map with programs");
        }
        parser.getEvent();
        Node root = node(Trail.TOP, 0);
        parser.getEvent();
        Event end = parser.getEvent();
        if (!(end instanceof StreamEndEvent)) {
            throw new Unusable(
                    place(end, Trail.TOP), "a second document begins; one file holds one");
        }
        return root;
    }

    private Node node(Trail trail, int depth) throws Unusable {
        Event event = parser.getEvent();
        Place place = place(event, trail);
        last = place;
        if (depth > MAX_DEPTH) {
            throw new Unusable(
                    place(event, Trail.TOP), "nested deeper than " + MAX_DEPTH + " levels");
        }
        long before = values;
        count(1, place);
        if (event instanceof AliasEvent alias) {
            return aliased(alias, place);
        }
        Node node = opened(event, place, depth);
        if (((NodeEvent) event).getAnchor() != null) {
            anchors.put(((NodeEvent) event).getAnchor(), new Anchored(node, values - before));
        }
        return node;
    }

    /// No pattern switch here: linking one costs milliseconds at start.
    private Node opened(Event event, Place place, int depth) throws Unusable {
        if (event instanceof ScalarEvent scalar) {
            return scalar(scalar, place);
        } else if (event instanceof SequenceStartEvent list) {
            return items(list, place, depth);
        } else if (event instanceof MappingStartEvent map) {
            return mapping(map, place, depth);
        }
        throw new IllegalStateException("unexpected " + event);
    }

    private Node aliased(AliasEvent alias, Place place) throws Unusable {
        Anchored anchored = anchors.get(alias.getAnchor());
        if (anchored == null) {
            throw new Unusable(place, "nothing before it is named &" + alias.getAnchor());
        }
        count(anchored.values(), place);
        return anchored.node();
    }

    private void count(long more, Place place) throws Unusable {
        values += more;
        if (values > Budget.MAX_FILE_VALUES) {
            throw new Unusable(place, "more than 100,000 values, counting aliases in full");
        }
    }

    private Scalar scalar(ScalarEvent event, Place place) {
        String tag = event.getTag();
        boolean text = "!".equals(tag) || "tag:yaml.org,2002:str".equals(tag);
        if (tag != null && !text) {
            reportTag(tag, place);
        }
        return new Scalar(place, event.getValue(), event.isPlain() && !text);
    }

    private void reportTag(String tag, Place place) {
        problems.report(place, "the tag " + Texts.quoted(tag) + " is not understood; leave it out");
    }

    private Items items(SequenceStartEvent event, Place place, int depth) throws Unusable {
        if (event.getTag() != null && !event.getTag().equals("tag:yaml.org,2002:seq")) {
            reportTag(event.getTag(), place);
        }
        List<Node> values = new ArrayList<>();
        while (!(parser.peekEvent() instanceof SequenceEndEvent)) {
            values.add(node(place.trail().of(values.size()), depth + 1));
        }
        parser.getEvent();
        return new Items(place, values);
    }

    private Mapping mapping(MappingStartEvent event, Place place, int depth) throws Unusable {
        if (event.getTag() != null && !event.getTag().equals("tag:yaml.org,2002:map")) {
            reportTag(event.getTag(), place);
        }
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        List<Node> merged = new ArrayList<>();
        while (!(parser.peekEvent() instanceof MappingEndEvent)) {
            Node key = node(place.trail(), depth + 1);
            if (!(key instanceof Scalar name)) {
                problems.report(key.place(), "a key must be text, found " + key.found());
                node(place.trail(), depth + 1);
                continue;
            }
            Place at = name.place().of(name.text());
            Node value = node(at.trail(), depth + 1);
            if (name.plain() && name.text().equals("<<")) {
                merged.add(value);
            } else {
                enter(entries, name.text(), new Entry(at, value));
            }
        }
        parser.getEvent();
        for (Node value : merged) {
            merge(value, entries);
        }
        return new Mapping(place, entries);
    }

    private void enter(SequencedMap<String, Entry> entries, String key, Entry entry) {
        Entry first = entries.putIfAbsent(key, entry);
        if (first != null) {
            problems.report(
                    entry.key(), "the key is given twice; first in line " + first.key().line());
        }
    }

    /// YAML's merge key: what is there already wins.
    private void merge(Node value, SequencedMap<String, Entry> entries) {
        switch (value) {
            case Mapping map -> {
                for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                    entries.putIfAbsent(entry.getKey(), entry.getValue());
                }
            }
            case Items list -> {
                for (Node map : list.values()) {
                    merge(map, entries);
                }
            }
            case Scalar scalar ->
                    problems.report(
                            scalar.place(),
                            "<< merges a map or a list of maps, found " + scalar.found());
        }
    }

    private Place place(Event event, Trail trail) {
        Mark mark = event.getStartMark();
        return new Place(source, mark.getLine() + 1, mark.getColumn() + 1, trail);
    }

    private void reportSyntax(MarkedYAMLException e) {
        // of what is never closed, the end of the file is the least interesting place
        boolean open = e.getContextMark() != null && e.getProblem().contains("stream");
        Mark mark = open || e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
        Place place = new Place(source, mark.getLine() + 1, mark.getColumn() + 1, Trail.TOP);
        String context = e.getContext() == null ? "" : " (" + e.getContext() + ")";
        boolean group = e.getProblem().startsWith("found character '@'");
        String hint = group ? "; put @GROUP in quotes" : "";
        problems.report(place, "not valid YAML: " + e.getProblem() + context + hint);
    }

    /// SnakeYAML knows only how many code points come before the character.
    private void reportCharacter(ReaderException e) {
        String code = String.format("U+%04X", e.getCodePoint());
        String message =
                "not valid YAML: the control character " + code + " cannot stand in a file";
        problems.report(source.place(e.getPosition()), message);
    }

    /// The file is such that nothing more can be said about it.
    private static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;
        private final transient Place place;
        private final String reason;

        Unusable(Place place, String reason) {
            super(reason, null, false, false);
            this.place = place;
            this.reason = reason;
        }
    }
}
