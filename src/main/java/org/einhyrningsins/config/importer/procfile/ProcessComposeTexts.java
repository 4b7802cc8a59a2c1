// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeVariables;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;
import org.einhyrningsins.config.source.SourcePosition;
import org.einhyrningsins.config.source.TemplateTextBuilder;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

/// Writes texts in which variables may be filled in.
///
/// @param texts null if none are
record ProcessComposeTexts(ImportedProgram program, @Nullable ComposeVariables texts) {
    String filledIn(String text) throws ValueException {
        return texts == null ? TemplateTextBuilder.escaped(text) : texts.withPlaces(text);
    }

    String expanded(String text) throws ValueException {
        return texts == null ? text : texts.expanded(text);
    }

    void environment(@Nullable ConfigNode configNode, SourcePosition sourcePosition) {
        if (configNode instanceof Items items) {
            for (ConfigNode item : items.values()) {
                String text = ForeignMap.shown(item);
                int equals = Math.max(0, text.indexOf('='));
                variable(text.substring(0, equals), text.substring(equals + 1), item.place());
            }
        } else if (configNode instanceof Mapping map) {
            map.entries()
                    .forEach(
                            (name, entry) ->
                                    variable(
                                            name,
                                            ForeignMap.shown(entry.value()),
                                            entry.value().place()));
        } else if (configNode != null) {
            program.blocks(
                    new ForeignSetting("environment", ForeignMap.shown(configNode), sourcePosition),
                    "expected a list of NAME=value");
        }
    }

    private void variable(String name, String value, SourcePosition sourcePosition) {
        ForeignSetting foreignSetting =
                new ForeignSetting("environment", name + "=" + value, sourcePosition);
        try {
            program.env(name, filledIn(value), foreignSetting);
        } catch (ValueException e) {
            program.blocks(foreignSetting, e.reason());
        }
    }
}
