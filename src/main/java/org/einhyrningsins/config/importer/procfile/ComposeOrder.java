// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Mapping;

import java.util.List;
import java.util.Map;

/// Imports `depends_on` of a service: after whom it starts, and on which condition.
///
/// @param programs names of the programs here, by service
record ComposeOrder(ForeignMap service, ImportedProgram program, Map<String, String> programs) {
    void write() {
        ConfigNode configNode = service.look("depends_on");
        if (configNode instanceof Mapping map) {
            map.entries()
                    .forEach(
                            (name, entry) -> {
                                ForeignMap options =
                                        entry.value() instanceof Mapping of
                                                ? ForeignMap.of(of, "depends_on." + name + ".")
                                                : service.map("nothing");
                                after(name, options);
                            });
        } else if (configNode instanceof Items items) {
            items.values().forEach(item -> after(ForeignMap.shown(item), service.map("nothing")));
        }
        service.take("depends_on");
    }

    private void after(String name, ForeignMap options) {
        ForeignSetting whole = new ForeignSetting("depends_on", name, options.place());
        String other = programs.get(name);
        List<ForeignSetting> terms = options.takeRest();
        if (other == null) {
            program.lost("after", whole, "there is no such service in this file");
        } else if (program.file().comesAfter(program.name(), other)) {
            program.after(other);
            terms.forEach(option -> term(other, option));
        } else {
            program.lost("after", whole, "they wait for each other");
        }
    }

    private void term(String other, ForeignSetting option) {
        if (option.key().endsWith(".condition")) {
            String when =
                    switch (option.value()) {
                        case "service_started" -> "started";
                        case "service_healthy" -> "ready";
                        case "service_completed_successfully" -> "done";
                        default -> null;
                    };
            if (when == null) {
                program.lost("after", option, "not a condition that is known here");
            } else {
                program.after(other, when);
                program.comment("after", option, "see after");
            }
        } else if (option.key().endsWith(".required")) {
            program.comment("after", option, "see after");
        } else if (option.key().endsWith(".restart") && option.isTrue()) {
            program.restartWith(other);
            program.comment("after", option, "see after");
        } else if (option.isTrue()) {
            program.lost("after", option, "there is no such thing here");
        }
    }
}
