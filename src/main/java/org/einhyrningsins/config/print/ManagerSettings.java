// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.print;

import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.spec.manager.AllowSpec;
import org.einhyrningsins.spec.manager.ControlSpec;
import org.einhyrningsins.spec.manager.HttpSpec;
import org.einhyrningsins.spec.manager.LogSpec;
import org.einhyrningsins.spec.manager.ServicesSpec;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// The settings that belong to no program: `control`, `log`, `state-dir` and `http`.
final class ManagerSettings {
    private ManagerSettings() {}

    static SettingGroup of(ServicesSpec services) {
        SettingGroup top = new SettingGroup();
        control(services.control(), top.group("control"));
        log(services.log(), top.group("log"));
        if (services.stateDirectory() != null) {
            top.put("state-dir", YamlText.quoted(services.stateDirectory().toString()));
        }
        http(services.http(), top);
        if (!services.groups().isEmpty()) {
            SettingGroup groups = top.group("groups");
            services.groups().forEach((name, them) -> groups.put(name, YamlText.words(them)));
        }
        return top;
    }

    private static void control(ControlSpec control, SettingGroup group) {
        if (control.socket() != null) {
            group.put("socket", YamlText.quoted(control.socket().toString()));
        }
        group.put("mode", YamlText.octal(control.mode()));
        AllowSpec allow = control.allow();
        if (allow != null) {
            SettingGroup below = group.group("allow");
            below.put("admin", whos(allow.admin()));
            below.put("read", whos(allow.read()));
        }
        group.putIfTrue("keeper", control.keeper());
    }

    private static String whos(List<AllowSpec.Who> whos) {
        return YamlText.list(whos, who -> YamlText.quoted(who.toString()));
    }

    private static void log(LogSpec log, SettingGroup group) {
        group.put("level", ConfigShape.word(log.level()));
        group.put("format", ConfigShape.word(log.format()));
        group.putIfTrue("syslog", log.syslog());
    }

    private static void http(@Nullable HttpSpec http, SettingGroup top) {
        if (http == null) {
            return;
        }
        SettingGroup group = top.group("http");
        group.put("bind", SocketSettings.ofHttp(http.socket()));
        if (!http.hosts().isEmpty()) {
            group.put("allowed-hosts", YamlText.list(http.hosts(), YamlText::quoted));
        }
    }
}
