// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.supervisord;

import org.einhyrningsins.config.importer.ForeignSection;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ValueException;
import org.jspecify.annotations.Nullable;

import java.util.Objects;

/// A program of supervisord that is being imported.
///
/// @param settings those that nobody took yet
/// @param number of the one process that it is; null for all of its processes
record SupervisordContext(
        ImportedProgram program,
        ForeignSection settings,
        SupervisordVariables texts,
        @Nullable Integer number) {
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
