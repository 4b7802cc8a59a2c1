// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.Objects;

/// A watcher of circus that is being imported.
///
/// @param settings those that nobody took yet
record CircusContext(ImportedProgram program, ForeignSection settings, CircusVariables texts) {
    /// Takes a setting with its variables filled in; null for none, or after a problem.
    @Nullable ForeignSetting expanded(String key) {
        ForeignSetting foreignSetting = settings.take(key);
        try {
            return foreignSetting == null
                    ? null
                    : foreignSetting.withValue(texts.expanded(foreignSetting.value()));
        } catch (ValueException e) {
            program.blocks(Objects.requireNonNull(foreignSetting), e.reason());
            return null;
        }
    }
}
