// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.DraftFile;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ImportedFile;
import org.einhyrningsins.config.importer.Setting;
import org.einhyrningsins.config.importer.Unimportable;
import org.einhyrningsins.config.source.Node;
import org.einhyrningsins.config.source.Node.Items;
import org.einhyrningsins.config.source.Node.Mapping;
import org.einhyrningsins.config.source.Source;
import org.einhyrningsins.config.value.Remarks;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Imports an ecosystem file of pm2: each app becomes a program. Source: pm2.keymetrics.io,
/// "Configuration file", and pm2's lib/API/schema.json.
public final class Pm2File {
    private final @Nullable String evaluated;

    /// @param evaluated what a file in JavaScript exports, as JSON; null for one that needs no
    ///   running
    public Pm2File(@Nullable String evaluated) {
        this.evaluated = evaluated;
    }

    /// Whether the file has to be run to be read.
    public static boolean isScript(Path file) {
        return String.valueOf(file.getFileName()).matches(".*[.][cm]?js");
    }

    public DraftFile read(Source source) throws Unimportable {
        Source json = evaluated == null ? source : new Source(source.file(), evaluated);
        ForeignMap root = map(json, source.file());
        DraftFile draft = new DraftFile("pm2", source.file());
        if (evaluated != null) {
            draft.say("Its JavaScript was run once; lines are those of what it exports, as JSON.");
        }
        draft.say(
                "A program without log files writes to the manager's output, and to ~/.pm2/logs"
                        + " there.");
        Path here = ImportedFile.folder(source.file());
        draft.defaults().text("directory", here.toString());
        Node apps = root.take("apps");
        List<Node> all = apps instanceof Items items ? items.values() : List.of();
        for (Node app : apps instanceof Mapping ? List.of(apps) : all) {
            if (app instanceof Mapping map) {
                ForeignMap settings = ForeignMap.of(map, "");
                Setting name = settings.text("name");
                Node script = settings.look("script");
                String wanted =
                        name != null
                                ? name.value()
                                : script == null ? "app" : stem(ForeignMap.shown(script));
                new Pm2App(settings, draft.program(wanted), here).write();
            } else {
                draft.remark(
                        Remarks.Kind.LOST,
                        new Setting("apps", ForeignMap.shown(app), app.place()),
                        "expected a map");
            }
        }
        for (Setting setting : root.takeRest()) {
            draft.remark(
                    setting.key().equals("deploy") ? Remarks.Kind.SAME : Remarks.Kind.LOST,
                    setting,
                    setting.key().equals("deploy")
                            ? "it says how code gets here"
                            : "nothing here is like it");
        }
        return draft;
    }

    private static String stem(String script) {
        return script.replaceFirst(".*/", "").replaceFirst("[.][^.]*$", "");
    }

    /// A list, or a single app, may stand at the top as well.
    private static ForeignMap map(Source source, Path file) throws Unimportable {
        String text = source.text().strip();
        if (text.startsWith("[")) {
            return ForeignMap.read(new Source(file, "{\"apps\": " + source.text() + "}"));
        }
        ForeignMap root = ForeignMap.read(source);
        if (root.has("apps")) {
            return root;
        } else if (root.has("script")) {
            return ForeignMap.read(new Source(file, "{\"apps\": [" + source.text() + "]}"));
        }
        throw new Unimportable(file, 0, "has no list of apps");
    }
}
