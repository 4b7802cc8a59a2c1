// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ForeignFiles;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportException;
import org.einhyrningsins.config.importer.ImportedServices;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.SourceText;
import org.einhyrningsins.config.value.ImportComments;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;

/// Imports an ecosystem file of pm2: each app becomes a program. Source: pm2.keymetrics.io,
/// "Configuration file", and pm2's lib/API/schema.json.
public final class Pm2File {
    private final @Nullable String evaluated;

    /// Reads a file that was evaluated before, if it is one in JavaScript.
    ///
    /// @param evaluated exports of a file in JavaScript, as JSON; null for one that needs no
    ///   running
    public Pm2File(@Nullable String evaluated) {
        this.evaluated = evaluated;
    }

    /// True if the file has to be run to be read.
    public static boolean isScript(Path file) {
        return String.valueOf(file.getFileName()).matches(".*[.][cm]?js");
    }

    public ImportedServices read(SourceText sourceText) throws ImportException {
        SourceText json =
                evaluated == null ? sourceText : new SourceText(sourceText.file(), evaluated);
        ForeignMap root = map(json, sourceText.file());
        ImportedServices draft = new ImportedServices("pm2", sourceText.file());
        if (evaluated != null) {
            draft.comment(
                    "Its JavaScript was run once; lines are those of what it exports, as JSON.");
        }
        draft.comment(
                "A program without log files writes to the manager's output, and to ~/.pm2/logs"
                        + " there.");
        Path here = ForeignFiles.folder(sourceText.file());
        draft.defaults().text("directory", here.toString());
        ConfigNode apps = root.take("apps");
        List<ConfigNode> all = apps instanceof Items items ? items.values() : List.of();
        for (ConfigNode app : apps instanceof Mapping ? List.of(apps) : all) {
            if (app instanceof Mapping map) {
                ForeignMap settings = ForeignMap.of(map, "");
                ForeignSetting name = settings.text("name");
                ConfigNode script = settings.look("script");
                String wanted =
                        name != null
                                ? name.value()
                                : script == null ? "app" : stem(ForeignMap.shown(script));
                new Pm2App(settings, draft.program(wanted), here).write();
            } else {
                draft.remark(
                        ImportComments.Kind.LOST,
                        new ForeignSetting("apps", ForeignMap.shown(app), app.place()),
                        "expected a map");
            }
        }
        for (ForeignSetting foreignSetting : root.takeRest()) {
            draft.remark(
                    foreignSetting.key().equals("deploy")
                            ? ImportComments.Kind.SAME
                            : ImportComments.Kind.LOST,
                    foreignSetting,
                    foreignSetting.key().equals("deploy")
                            ? "it says how code gets here"
                            : "nothing here is like it");
        }
        return draft;
    }

    private static String stem(String script) {
        return script.replaceFirst(".*/", "").replaceFirst("[.][^.]*$", "");
    }

    /// A list, or a single app, may stand at the top as well.
    private static ForeignMap map(SourceText sourceText, Path file) throws ImportException {
        String text = sourceText.text().strip();
        if (text.startsWith("[")) {
            return ForeignMap.read(new SourceText(file, "{\"apps\": " + sourceText.text() + "}"));
        }
        ForeignMap root = ForeignMap.read(sourceText);
        if (root.has("apps")) {
            return root;
        } else if (root.has("script")) {
            return ForeignMap.read(new SourceText(file, "{\"apps\": [" + sourceText.text() + "]}"));
        }
        throw new ImportException(file, 0, "has no list of apps");
    }
}
