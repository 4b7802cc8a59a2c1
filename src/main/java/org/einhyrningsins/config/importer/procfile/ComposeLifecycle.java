// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer.procfile;

import org.einhyrningsins.config.importer.ComposeVariables;
import org.einhyrningsins.config.importer.ForeignMap;
import org.einhyrningsins.config.importer.ForeignSetting;
import org.einhyrningsins.config.importer.ImportedProgram;
import org.einhyrningsins.config.importer.ImportedValues;
import org.einhyrningsins.config.print.YamlText;
import org.einhyrningsins.config.source.ConfigNode;
import org.einhyrningsins.config.source.ConfigNode.Items;
import org.einhyrningsins.config.source.ConfigNode.Scalar;
import org.einhyrningsins.config.source.ConfigShape;
import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.config.value.Sizes;
import org.einhyrningsins.spec.Signal;
import org.einhyrningsins.spec.process.ProcessIdentitySpec.Resource;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes how a service of a compose file lives: how many, after whom, when it is up, how it comes
/// back and how it is stopped.
final class ComposeLifecycle {
    /// Docker doubles the delay up to this.
    private static final Duration MAX_DELAY = Duration.ofMinutes(1);

    private static final Pattern SIZE =
            Pattern.compile("([0-9]+(?:[.][0-9]+)?)\\s*([kmgt]?)b?", Pattern.CASE_INSENSITIVE);
    private static final Duration USUAL_PATIENCE = Duration.ofSeconds(10);

    private final ForeignMap service;
    private final ImportedProgram program;
    private final ComposeVariables texts;
    private final Map<String, String> programs;
    private final ForeignMap deploy;

    ComposeLifecycle(
            ForeignMap service,
            ImportedProgram program,
            ComposeVariables texts,
            Map<String, String> programs) {
        this.service = service;
        this.program = program;
        this.texts = texts;
        this.programs = programs;
        this.deploy = service.map("deploy");
    }

    void write(boolean isAwaited, boolean hasPorts) {
        count(hasPorts);
        new ComposeOrder(service, program, programs).write();
        health(isAwaited);
        restarting();
        stopping();
        limits();
        program.set("rollout", "{ strategy: replace }");
        program.comment("rollout", "old before new, as compose does; with bind no request is lost");
        for (ForeignSetting foreignSetting : deploy.takeRest()) {
            ComposeReasons.report(program, foreignSetting);
        }
    }

    private @Nullable ForeignSetting expanded(@Nullable ForeignSetting foreignSetting) {
        try {
            return foreignSetting == null
                    ? null
                    : foreignSetting.withValue(texts.expanded(foreignSetting.value()));
        } catch (ValueException e) {
            if (foreignSetting != null) {
                program.blocks(foreignSetting, e.reason());
            }
            return null;
        }
    }

    private void count(boolean hasPorts) {
        ForeignSetting scale = expanded(service.text("scale"));
        ForeignSetting replicas = expanded(deploy.text("replicas"));
        ForeignSetting count = replicas == null ? scale : replicas;
        if (replicas != null && scale != null) {
            program.same(scale, "deploy.replicas counts");
        }
        Integer number = count == null ? null : count.number();
        if (count != null && number != null && number > 1 && hasPorts) {
            program.set("workers", "1");
            program.differs("workers", count, "they would all bind the same port; more with bind");
        } else {
            program.workers(count);
        }
        List<ForeignSetting> profiles = service.list("profiles");
        if (!profiles.isEmpty()) {
            program.idle(profiles);
        }
    }

    // ---- when it is up, and whether it is well

    private void health(boolean isAwaited) {
        ForeignMap check = service.map("healthcheck");
        ForeignSetting disabled = check.text("disable");
        List<String> test = new ArrayList<>();
        ForeignSetting where = check.setting("test");
        try {
            test.addAll(test(check.take("test")));
        } catch (ValueException e) {
            program.lost("health", where, e.reason());
        }
        Duration every = time(check, "interval", Duration.ofSeconds(30));
        Duration timeout = time(check, "timeout", Duration.ofSeconds(30));
        Duration start = time(check, "start_period", Duration.ZERO);
        Duration often = time(check, "start_interval", Duration.ofSeconds(5));
        ForeignSetting retries = expanded(check.text("retries"));
        Integer number = retries == null ? null : program.number("health", retries, 1, 1000);
        int failures = number == null ? 3 : number;
        boolean off = disabled != null && disabled.isTrue();
        for (ForeignSetting foreignSetting : check.takeRest()) {
            program.lost("health", foreignSetting, "nothing here is like it");
        }
        if (disabled != null) {
            program.same(disabled, "nothing is checked by itself");
        }
        if (test.isEmpty() || off) {
            if (isAwaited) {
                program.differs("ack", "others wait until it is healthy; no health check is known");
            }
            return;
        }
        Duration first = start.isZero() ? every : often;
        Duration patience = start.plus(every.plus(timeout).multipliedBy(failures));
        program.set(
                "ack",
                "{ mode: probe, exec: "
                        + YamlText.words(test)
                        + ", every: "
                        + ImportedValues.time(atLeast(first))
                        + ", timeout: "
                        + ImportedValues.time(atLeast(patience))
                        + " }");
        program.set(
                "health",
                "{ exec: "
                        + YamlText.words(test)
                        + ", every: "
                        + ImportedValues.time(atLeast(every))
                        + ", timeout: "
                        + ImportedValues.time(atLeast(timeout))
                        + ", failures: "
                        + failures
                        + " }");
        program.differs("health", where, "one that is not well is replaced; compose only marks it");
    }

    private static Duration atLeast(Duration time) {
        return time.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : time;
    }

    private List<String> test(@Nullable ConfigNode configNode) throws ValueException {
        List<String> words = new ArrayList<>();
        if (configNode instanceof Scalar scalar) {
            words.addAll(List.of("CMD-SHELL", scalar.text()));
        } else if (configNode instanceof Items items) {
            items.values().forEach(item -> words.add(ForeignMap.shown(item)));
        }
        String kind = words.isEmpty() ? "NONE" : words.removeFirst();
        if (kind.equals("NONE")) {
            return List.of();
        } else if (!kind.matches("CMD(-SHELL)?") || words.isEmpty()) {
            throw new ValueException("expected [CMD, …], [CMD-SHELL, …] or [NONE]");
        }
        List<String> test = new ArrayList<>();
        if (kind.equals("CMD-SHELL")) {
            test.addAll(List.of("/bin/sh", "-c"));
        }
        for (String word : words) {
            test.add(texts.withPlaces(word));
        }
        return test;
    }

    private Duration time(ForeignMap map, String key, Duration usual) {
        ForeignSetting foreignSetting = expanded(map.text(key));
        Duration time =
                foreignSetting == null ? usual : ComposeService.time(foreignSetting.value());
        if (time == null && foreignSetting != null) {
            program.lost("", foreignSetting, "expected a time such as 1m30s");
        }
        return time == null ? usual : time;
    }

    // ---- how it comes back

    private void restarting() {
        ForeignMap policy = deploy.map("restart_policy");
        ForeignSetting condition = expanded(policy.text("condition"));
        ForeignSetting plain = expanded(service.text("restart"));
        boolean deployed = condition != null || policy.has("delay") || policy.has("max_attempts");
        if (deployed && plain != null) {
            program.same(plain, "deploy.restart_policy counts");
        }
        Duration delay = time(policy, "delay", Duration.ofMillis(100));
        ForeignSetting attempts = expanded(policy.text("max_attempts"));
        Duration window = time(policy, "window", Duration.ZERO);
        for (ForeignSetting foreignSetting : policy.takeRest()) {
            program.lost("restart", foreignSetting, "nothing here is like it");
        }
        String word =
                deployed
                        ? condition == null ? "any" : condition.value()
                        : plain == null ? "no" : plain.value().replaceFirst(":.*", "");
        String when =
                switch (word) {
                    case "no", "none", "false" -> "never";
                    case "always", "unless-stopped", "any" -> "always";
                    case "on-failure" -> "on-failure";
                    default -> "";
                };
        if (plain != null && !deployed && when.equals("never")) {
            program.same(plain, "as it is without that");
        }
        if (when.isEmpty()) {
            ForeignSetting unknown = deployed ? condition : plain;
            program.lost("restart", ComposeService.of(unknown), "not a word that is known here");
        }
        Integer tries = attempts == null ? null : attempts.number();
        if (!deployed && plain != null && plain.value().matches("on-failure:[0-9]{1,5}")) {
            tries = Integer.valueOf(plain.value().substring("on-failure:".length()));
        }
        restart(when.isEmpty() ? "never" : when, deployed, delay, tries, window);
    }

    /// Docker waits 100 ms before the first try, then twice as long each time, and begins anew with
    /// one that ran for ten seconds, as it is here.
    private void restart(
            String when, boolean fixed, Duration delay, @Nullable Integer tries, Duration window) {
        if (when.equals("never")) {
            program.never(false);
            return;
        }
        Duration first = atLeast(delay);
        Duration max = fixed ? first : MAX_DELAY;
        String backoff = ImportedValues.backoff(first, fixed ? "1" : "2", max);
        String giveUp = "";
        if (tries != null && tries > 0) {
            Duration within = window;
            Duration wait = first;
            for (int i = 0; i <= tries && window.isZero(); i++) {
                within = within.plus(wait).plusSeconds(10);
                wait =
                        fixed
                                ? wait
                                : wait.multipliedBy(2).compareTo(max) > 0
                                        ? max
                                        : wait.multipliedBy(2);
            }
            giveUp = ", " + ImportedValues.giveUp(Math.min(10_000, tries + 1), within);
        }
        program.set("restart", "{ when: " + when + ", " + backoff + ", burst: 0" + giveUp + " }");
    }

    // ---- how it is stopped, and what it may use

    private void stopping() {
        Signal signal = ComposeService.signal(program, expanded(service.text("stop_signal")));
        program.stop(signal, time(service, "stop_grace_period", USUAL_PATIENCE));
        ForeignSetting init = service.text("init");
        if (init != null) {
            program.same(init, "the manager reaps what is left behind");
        }
    }

    private void limits() {
        memory(expanded(service.text("mem_limit")));
        ForeignMap resources = deploy.map("resources");
        ForeignMap most = resources.map("limits");
        memory(expanded(most.text("memory")));
        for (ForeignSetting foreignSetting : most.takeRest()) {
            program.lost(foreignSetting, "no such limit of a control group is set");
        }
        for (ForeignSetting foreignSetting : resources.takeRest()) {
            program.same(foreignSetting, "nothing is reserved outside of a cluster");
        }
        SequencedMap<String, String> limits = new LinkedHashMap<>();
        ForeignMap all = service.map("ulimits");
        for (String name : all.keys()) {
            ForeignSetting whole = all.setting(name);
            ForeignSetting single = expanded(all.text(name));
            ForeignMap pair = all.map(name);
            ForeignSetting soft = expanded(pair.text("soft"));
            ForeignSetting hard = expanded(pair.text("hard"));
            boolean known = isResource(name);
            String limit =
                    single != null
                            ? amount(single)
                            : soft != null && hard != null
                                    ? "\"" + amount(soft) + ":" + amount(hard) + "\""
                                    : "";
            if (known
                    && limit.matches(
                            "[0-9]+|unlimited|\"([0-9]+|unlimited):([0-9]+|unlimited)\"")) {
                limits.put(name, limit);
            } else {
                program.lost("limits", whole, "not a limit that is known here");
            }
        }
        program.limits(limits);
    }

    private static String amount(ForeignSetting foreignSetting) {
        return foreignSetting.value().equals("-1") ? "unlimited" : foreignSetting.value();
    }

    private static boolean isResource(String name) {
        for (Resource resource : Resource.values()) {
            if (ConfigShape.word(resource).equals(name)) {
                return true;
            }
        }
        return false;
    }

    private void memory(@Nullable ForeignSetting foreignSetting) {
        if (foreignSetting == null) {
            return;
        }
        Matcher size = SIZE.matcher(foreignSetting.value());
        if (!size.matches()) {
            program.lost("memory-max", foreignSetting, "expected a size such as 512m");
            return;
        }
        int shift = 10 * Math.max(0, "-kmgt".indexOf(size.group(2).toLowerCase(Locale.ROOT)));
        shift = size.group(2).isEmpty() ? 0 : shift;
        long bytes = Math.round(Double.parseDouble(size.group(1)) * (1L << shift));
        if (bytes == 0) {
            program.same(foreignSetting, "no limit, as it is here");
            return;
        }
        if (bytes < Sizes.MIN_MEMORY) {
            program.lost("memory-max", foreignSetting, "no program starts with so little");
            return;
        }
        program.set("memory-max", ImportedValues.size(bytes));
        program.differs("memory-max", foreignSetting, "replaced when it uses more, not held to it");
    }
}
