// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.Budget;
import org.einhyrningsins.config.source.Nearest;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Entry;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Node.Scalar;
import org.einhyrningsins.config.source.OddCharacters;
import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.Place;
import org.einhyrningsins.config.source.Problems;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.source.Texts;
import org.einhyrningsins.config.source.Trail;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
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
import org.yaml.snakeyaml.reader.StreamReader;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/// Makes a tree of nodes of SnakeYAML's events. SnakeYAML's own composer is not used, because it
/// guesses types while it composes (with regular expressions that cost milliseconds at start) and
/// forgets what was written.
public final class YamlTree {
    /// What is said of a second document, before what to do with it.
    public static final String SECOND = "a second document begins, and one file holds one";

    /// What is said of a file with nothing in it, before what is missing.
    public static final String EMPTY = "the file is empty";

    /// Deeper than any sensible file, and far from the end of the stack.
    private static final int MAX_DEPTH = 50;

    private final Source source;

    /// What is read in place of the file; null if nothing was covered.
    private final @Nullable PatchedText patched;

    private final Problems problems;
    private final ParserImpl parser;
    private final Map<String, Anchored> anchors = new HashMap<>();
    private long values;
    private Place last;

    private record Anchored(Node node, long values) {}

    private YamlTree(Source source, @Nullable PatchedText patched, Problems problems) {
        this.source = source;
        this.patched = patched;
        this.problems = problems;
        this.last = new Place(source, 1, 1, Trail.TOP);
        String text = patched == null ? source.text() : patched.text();
        this.parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
    }

    /// The file's only document; null after a problem that leaves nothing to go on with. What comes
    /// after a mistake of syntax is read too, if at all possible.
    public static @Nullable Node read(Source source, Problems problems) {
        Problems first = new Problems();
        YamlTree tree = new YamlTree(source, null, first);
        try {
            Node root = tree.document();
            problems.add(first);
            return root;
        } catch (Unusable e) {
            problems.add(first);
            problems.report(e.place, e.reason);
            return null;
        } catch (YAMLException | OddText e) {
            return new YamlRecovery(source, problems).read();
        }
    }

    /// The document of a text in which something was covered.
    ///
    /// @throws YAMLException if the parser stops again
    static Node read(Source source, PatchedText patched, Problems problems) throws Unusable {
        try {
            return new YamlTree(source, patched, problems).document();
        } catch (OddText e) {
            throw new IllegalStateException(
                    "cannot happen: it is asked for without a patch only", e);
        }
    }

    private Node document() throws Unusable, OddText {
        parser.getEvent();
        if (!(parser.peekEvent() instanceof DocumentStartEvent)) {
            throw new Unusable(Place.of(source), EMPTY + "; expected a map with programs");
        }
        parser.getEvent();
        Node root = node(Trail.TOP, 0);
        directives(parser.getEvent().getStartMark().getLine());
        Event end = parser.getEvent();
        if (!(end instanceof StreamEndEvent)) {
            problems.report(
                    place(end, Trail.TOP),
                    SECOND
                            + "; put all programs below one"
                            + " programs:, or the rest into a file of its own for include:");
        }
        return root;
    }

    /// A line that begins with % is for the parser; where the document has ended, SnakeYAML passes
    /// over it without a word.
    private void directives(int from) {
        int at = source.text().indexOf("\n%");
        Place place = at < 0 ? last : source.place(source.text().codePointCount(0, at + 1));
        if (at >= 0 && place.line() > from) {
            problems.report(
                    place,
                    "a line cannot begin with %; remove it, or indent it if it goes on with a"
                            + " text");
        }
    }

    private Node node(Trail trail, int depth) throws Unusable, OddText {
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
    private Node opened(Event event, Place place, int depth) throws Unusable, OddText {
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
            problems.mistake(
                    place,
                    "nothing before it is named &"
                            + alias.getAnchor()
                            + instead(alias.getAnchor(), place.trail()));
            return new Scalar(place, "", true);
        }
        count(anchored.values(), place);
        return anchored.node();
    }

    private String instead(String name, Trail trail) {
        String nearest = Nearest.of(name, List.copyOf(anchors.keySet()));
        boolean merges =
                trail.key().equals("<<")
                        || (trail.parent() != null && trail.parent().key().equals("<<"));
        if (nearest != null) {
            return "; did you mean *" + nearest + "?";
        }
        return merges
                ? "; name it where it stands first, before this, as in " + name + ": &" + name
                : "; a text that begins with * goes in quotes: \"*" + name + "\"";
    }

    private void count(long more, Place place) throws Unusable {
        values += more;
        if (values > Budget.MAX_FILE_VALUES) {
            throw new Unusable(place, "more than 100,000 values, counting aliases in full");
        }
    }

    private Scalar scalar(ScalarEvent event, Place place) throws OddText {
        if (event.isPlain() && patched == null && isOdd(event.getValue())) {
            throw new OddText();
        }
        String tag = event.getTag();
        boolean text = "!".equals(tag) || "tag:yaml.org,2002:str".equals(tag);
        if (tag != null && !text) {
            reportTag(tag, place);
        }
        return new Scalar(place, event.getValue(), event.isPlain() && !text);
    }

    /// Whether it begins or ends with a character that only looks like one of YAML's, or one that
    /// is not seen at all.
    private static boolean isOdd(String text) {
        if (text.isEmpty()) {
            return false;
        }
        char first = text.charAt(0);
        char last = text.charAt(text.length() - 1);
        if (first < 0x80 && last < 0x80) {
            return false;
        }
        boolean item = text.length() > 1 && text.charAt(1) == ' ' && OddCharacters.isDash(first);
        return item
                || OddCharacters.isQuote(first)
                || OddCharacters.isBlank(first)
                || OddCharacters.isHidden(first)
                || OddCharacters.isBlank(last)
                || OddCharacters.isHidden(last);
    }

    private void reportTag(String tag, Place place) {
        String written = tag.replaceFirst("^tag:yaml.org,2002:", "!!");
        String instead =
                switch (written.toLowerCase(Locale.ROOT)) {
                    case "!include", "!import" -> "write include: at the top, for more programs";
                    case "!env", "!envvar" -> "write ${env.NAME} for a variable";
                    default -> "leave it out, or put the text in quotes if it is meant as text";
                };
        problems.mistake(
                place, "the tag " + Texts.quoted(written) + " is not understood; " + instead);
    }

    private Items items(SequenceStartEvent event, Place place, int depth) throws Unusable, OddText {
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

    private Mapping mapping(MappingStartEvent event, Place place, int depth)
            throws Unusable, OddText {
        if (event.getTag() != null && !event.getTag().equals("tag:yaml.org,2002:map")) {
            reportTag(event.getTag(), place);
        }
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        List<Entry> merged = new ArrayList<>();
        while (!(parser.peekEvent() instanceof MappingEndEvent)) {
            Node key = node(place.trail(), depth + 1);
            if (!(key instanceof Scalar name)) {
                String written = key.place().written();
                boolean template = key instanceof Mapping && written.startsWith("{");
                problems.mistake(
                        key.place(),
                        "a key must be text, found "
                                + key.found()
                                + (template
                                        ? "; a text that begins with {{ goes in quotes, and a"
                                                + " template language is run first"
                                        : "; write it as text"));
                node(place.trail(), depth + 1);
                continue;
            }
            if (name.plain() && patched == null && OddCharacters.first(name.text()) >= 0) {
                throw new OddText();
            }
            Place at = name.place().of(name.text());
            Node value = node(at.trail(), depth + 1);
            if (name.plain() && name.text().equals("<<")) {
                mergedOnce(merged, new Entry(at, value));
            } else {
                enter(entries, name.text(), new Entry(at, value));
            }
        }
        parser.getEvent();
        for (Entry each : merged) {
            merge(each.value(), entries);
        }
        return new Mapping(place, entries);
    }

    private void mergedOnce(List<Entry> merged, Entry entry) {
        if (!merged.isEmpty()) {
            problems.report(
                    entry.key(),
                    "<< is given twice; first in line "
                            + merged.getFirst().key().line()
                            + "; remove one of them, or write one list, as in <<: [*a, *b]");
        }
        merged.add(entry);
    }

    private void enter(SequencedMap<String, Entry> entries, String key, Entry entry) {
        Entry first = entries.putIfAbsent(key, entry);
        if (first != null) {
            problems.report(
                    entry.key(),
                    "the key is given twice; first in line "
                            + first.key().line()
                            + "; remove one of them, or put both together");
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
        int left = patched == null ? 0 : patched.left(mark.getLine());
        return new Place(source, mark.getLine() + 1, mark.getColumn() + left + 1, trail);
    }

    /// The file is such that nothing more can be said about it.
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;
        final transient Place place;
        final String reason;

        Unusable(Place place, String reason) {
            super(reason, null, false, false);
            this.place = place;
            this.reason = reason;
        }
    }

    /// A key or value is written with a character that was hardly meant.
    private static final class OddText extends Exception {
        private static final long serialVersionUID = 1;

        OddText() {
            super(null, null, false, false);
        }
    }
}
