// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.yaml;

import org.einhyrningsins.config.source.ConfigLimits;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Entry;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.KeyPath;
import org.einhyrningsins.config.source.OddCharacters;
import org.einhyrningsins.config.source.PatchedText;
import org.einhyrningsins.config.source.ProblemCollector;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.source.SpellingSuggestion;
import org.einhyrningsins.config.source.TextUtil;
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
    /// Beginning of the message for a second document.
    public static final String SECOND = "a second document begins, and one file holds one";

    /// Beginning of the message for an empty file.
    public static final String EMPTY = "the file is empty";

    /// Deeper than any sensible file, and far from the end of the stack.
    private static final int MAX_DEPTH = 50;

    private final SourceText sourceText;

    /// Text that is read in place of the file; null if nothing was covered.
    private final @Nullable PatchedText patched;

    private final ProblemCollector problemCollector;
    private final ParserImpl parser;
    private final Map<String, Anchored> anchors = new HashMap<>();
    private long values;
    private SourcePosition last;

    private record Anchored(ConfigNode node, long values) {}

    private YamlTree(
            SourceText sourceText,
            @Nullable PatchedText patched,
            ProblemCollector problemCollector) {
        this.sourceText = sourceText;
        this.patched = patched;
        this.problemCollector = problemCollector;
        this.last = new SourcePosition(sourceText, 1, 1, KeyPath.TOP);
        String text = patched == null ? sourceText.text() : patched.text();
        this.parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
    }

    /// The file's only document; null after a problem that leaves nothing to go on with. What comes
    /// after a mistake of syntax is read too, if at all possible.
    public static @Nullable ConfigNode read(
            SourceText sourceText, ProblemCollector problemCollector) {
        ProblemCollector first = new ProblemCollector();
        YamlTree tree = new YamlTree(sourceText, null, first);
        try {
            ConfigNode root = tree.document();
            problemCollector.add(first);
            return root;
        } catch (Unusable e) {
            problemCollector.add(first);
            problemCollector.report(e.place, e.reason);
            return null;
        } catch (YAMLException | OddText e) {
            return new YamlRecovery(sourceText, problemCollector).read();
        }
    }

    /// The document of a text in which something was covered.
    ///
    /// @throws YAMLException if the parser stops again
    static ConfigNode read(
            SourceText sourceText, PatchedText patched, ProblemCollector problemCollector)
            throws Unusable {
        try {
            return new YamlTree(sourceText, patched, problemCollector).document();
        } catch (OddText e) {
            throw new IllegalStateException(
                    "cannot happen: it is asked for without a patch only", e);
        }
    }

    private ConfigNode document() throws Unusable, OddText {
        parser.getEvent();
        if (!(parser.peekEvent() instanceof DocumentStartEvent)) {
            throw new Unusable(
                    SourcePosition.of(sourceText), EMPTY + "; expected a map with programs");
        }
        parser.getEvent();
        ConfigNode root = node(KeyPath.TOP, 0);
        directives(parser.getEvent().getStartMark().getLine());
        Event end = parser.getEvent();
        if (!(end instanceof StreamEndEvent)) {
            problemCollector.report(
                    place(end, KeyPath.TOP),
                    SECOND
                            + "; put all programs below one"
                            + " programs:, or the rest into a file of its own for include:");
        }
        return root;
    }

    /// A line that begins with % is for the parser; where the document has ended, SnakeYAML passes
    /// over it without a word.
    private void directives(int from) {
        int at = sourceText.text().indexOf("\n%");
        SourcePosition sourcePosition =
                at < 0 ? last : sourceText.place(sourceText.text().codePointCount(0, at + 1));
        if (at >= 0 && sourcePosition.line() > from) {
            problemCollector.report(
                    sourcePosition,
                    "a line cannot begin with %; remove it, or indent it if it goes on with a"
                            + " text");
        }
    }

    private ConfigNode node(KeyPath keyPath, int depth) throws Unusable, OddText {
        Event event = parser.getEvent();
        SourcePosition sourcePosition = place(event, keyPath);
        last = sourcePosition;
        if (depth > MAX_DEPTH) {
            throw new Unusable(
                    place(event, KeyPath.TOP), "nested deeper than " + MAX_DEPTH + " levels");
        }
        long before = values;
        count(1, sourcePosition);
        if (event instanceof AliasEvent alias) {
            return aliased(alias, sourcePosition);
        }
        ConfigNode configNode = opened(event, sourcePosition, depth);
        if (((NodeEvent) event).getAnchor() != null) {
            anchors.put(((NodeEvent) event).getAnchor(), new Anchored(configNode, values - before));
        }
        return configNode;
    }

    /// Builds the node of an event. No pattern switch here: linking one costs milliseconds at
    /// start.
    private ConfigNode opened(Event event, SourcePosition sourcePosition, int depth)
            throws Unusable, OddText {
        if (event instanceof ScalarEvent scalar) {
            return scalar(scalar, sourcePosition);
        } else if (event instanceof SequenceStartEvent list) {
            return items(list, sourcePosition, depth);
        } else if (event instanceof MappingStartEvent map) {
            return mapping(map, sourcePosition, depth);
        }
        throw new IllegalStateException("unexpected " + event);
    }

    private ConfigNode aliased(AliasEvent alias, SourcePosition sourcePosition) throws Unusable {
        Anchored anchored = anchors.get(alias.getAnchor());
        if (anchored == null) {
            problemCollector.mistake(
                    sourcePosition,
                    "nothing before it is named &"
                            + alias.getAnchor()
                            + instead(alias.getAnchor(), sourcePosition.trail()));
            return new Scalar(sourcePosition, "", true);
        }
        count(anchored.values(), sourcePosition);
        return anchored.node();
    }

    private String instead(String name, KeyPath keyPath) {
        String nearest = SpellingSuggestion.of(name, List.copyOf(anchors.keySet()));
        boolean merges =
                keyPath.key().equals("<<")
                        || (keyPath.parent() != null && keyPath.parent().key().equals("<<"));
        if (nearest != null) {
            return "; did you mean *" + nearest + "?";
        }
        return merges
                ? "; name it where it stands first, before this, as in " + name + ": &" + name
                : "; a text that begins with * goes in quotes: \"*" + name + "\"";
    }

    private void count(long more, SourcePosition sourcePosition) throws Unusable {
        values += more;
        if (values > ConfigLimits.MAX_FILE_VALUES) {
            throw new Unusable(
                    sourcePosition, "more than 100,000 values, counting aliases in full");
        }
    }

    private Scalar scalar(ScalarEvent event, SourcePosition sourcePosition) throws OddText {
        if (event.isPlain() && patched == null && isOdd(event.getValue())) {
            throw new OddText();
        }
        String tag = event.getTag();
        boolean text = "!".equals(tag) || "tag:yaml.org,2002:str".equals(tag);
        if (tag != null && !text) {
            reportTag(tag, sourcePosition);
        }
        return new Scalar(sourcePosition, event.getValue(), event.isPlain() && !text);
    }

    /// True if it begins or ends with a character that only looks like one of YAML's, or with an
    /// invisible one.
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

    private void reportTag(String tag, SourcePosition sourcePosition) {
        String written = tag.replaceFirst("^tag:yaml.org,2002:", "!!");
        String instead =
                switch (written.toLowerCase(Locale.ROOT)) {
                    case "!include", "!import" -> "write include: at the top, for more programs";
                    case "!env", "!envvar" -> "write ${env.NAME} for a variable";
                    default -> "leave it out, or put the text in quotes if it is meant as text";
                };
        problemCollector.mistake(
                sourcePosition,
                "the tag " + TextUtil.quoted(written) + " is not understood; " + instead);
    }

    private Items items(SequenceStartEvent event, SourcePosition sourcePosition, int depth)
            throws Unusable, OddText {
        if (event.getTag() != null && !event.getTag().equals("tag:yaml.org,2002:seq")) {
            reportTag(event.getTag(), sourcePosition);
        }
        List<ConfigNode> values = new ArrayList<>();
        while (!(parser.peekEvent() instanceof SequenceEndEvent)) {
            values.add(node(sourcePosition.trail().of(values.size()), depth + 1));
        }
        parser.getEvent();
        return new Items(sourcePosition, values);
    }

    private Mapping mapping(MappingStartEvent event, SourcePosition sourcePosition, int depth)
            throws Unusable, OddText {
        if (event.getTag() != null && !event.getTag().equals("tag:yaml.org,2002:map")) {
            reportTag(event.getTag(), sourcePosition);
        }
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        List<Entry> merged = new ArrayList<>();
        while (!(parser.peekEvent() instanceof MappingEndEvent)) {
            ConfigNode key = node(sourcePosition.trail(), depth + 1);
            if (!(key instanceof Scalar name)) {
                String written = key.place().written();
                boolean template = key instanceof Mapping && written.startsWith("{");
                problemCollector.mistake(
                        key.place(),
                        "a key must be text, found "
                                + key.found()
                                + (template
                                        ? "; a text that begins with {{ goes in quotes, and a"
                                                + " template language is run first"
                                        : "; write it as text"));
                node(sourcePosition.trail(), depth + 1);
                continue;
            }
            if (name.plain() && patched == null && OddCharacters.first(name.text()) >= 0) {
                throw new OddText();
            }
            SourcePosition at = name.place().of(name.text());
            ConfigNode value = node(at.trail(), depth + 1);
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
        return new Mapping(sourcePosition, entries);
    }

    private void mergedOnce(List<Entry> merged, Entry entry) {
        if (!merged.isEmpty()) {
            problemCollector.report(
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
            problemCollector.report(
                    entry.key(),
                    "the key is given twice; first in line "
                            + first.key().line()
                            + "; remove one of them, or put both together");
        }
    }

    /// YAML's merge key: what is there already wins.
    private void merge(ConfigNode value, SequencedMap<String, Entry> entries) {
        switch (value) {
            case Mapping map -> {
                for (Map.Entry<String, Entry> entry : map.entries().entrySet()) {
                    entries.putIfAbsent(entry.getKey(), entry.getValue());
                }
            }
            case Items list -> {
                for (ConfigNode map : list.values()) {
                    merge(map, entries);
                }
            }
            case Scalar scalar ->
                    problemCollector.report(
                            scalar.place(),
                            "<< merges a map or a list of maps, found " + scalar.found());
        }
    }

    private SourcePosition place(Event event, KeyPath keyPath) {
        Mark mark = event.getStartMark();
        int left = patched == null ? 0 : patched.left(mark.getLine());
        return new SourcePosition(
                sourceText, mark.getLine() + 1, mark.getColumn() + left + 1, keyPath);
    }

    /// The file is such that nothing more can be said about it.
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;
        final transient SourcePosition place;
        final String reason;

        Unusable(SourcePosition sourcePosition, String reason) {
            super(reason, null, false, false);
            this.place = sourcePosition;
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
