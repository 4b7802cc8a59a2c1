// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.handover;

import org.einhyrningsins.core.model.Moment;
import org.einhyrningsins.manager.control.Conversation;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.manager.runtime.Log;
import org.einhyrningsins.manager.runtime.Loop;
import org.einhyrningsins.manager.runtime.StartDirectory;
import org.einhyrningsins.manager.snapshot.HandoverImage;
import org.einhyrningsins.posix.process.Processes;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/// The re-exec that somebody asked for, from the question to the answer, which the next manager
/// gives if there is one.
public final class Replacement {
    private final Loop loop;
    private final LaunchOptions options;
    private final List<String> words;
    private final Log log;
    private final Supplier<HandoverImage> image;
    private final Runnable parting;
    private @Nullable Succession succession;
    private @Nullable Conversation conversation;

    /// @param words the command line that the options were read from
    /// @param image makes the newest one of this manager
    /// @param parting what is to be done before that
    public Replacement(
            Loop loop,
            LaunchOptions options,
            List<String> words,
            Log log,
            Supplier<HandoverImage> image,
            Runnable parting) {
        this.loop = loop;
        this.options = options;
        this.words = words;
        this.log = log;
        this.image = image;
        this.parting = parting;
    }

    /// Whoever asked for it and waits; null if there is nobody.
    public @Nullable Conversation conversation() {
        return conversation;
    }

    /// This manager is what was asked for.
    public void resume(Conversation asked) {
        conversation = asked;
    }

    /// Answers whoever asked for this manager.
    public void done(String took) {
        if (conversation != null) {
            String version = org.einhyrningsins.spec.Release.text();
            String pid = ", pid " + Processes.self();
            conversation.outcome(
                    true, "this is einhyrningsins " + version + pid + ", away for " + took);
            conversation = null;
        }
    }

    /// Has the new program checked, and gives way to it when it has proved itself.
    ///
    /// @param objection why not now; null if nothing speaks against it
    public void begin(Conversation asked, @Nullable String objection) {
        asked.expect();
        Succession next = succession == null ? find() : succession;
        succession = next;
        if (next == null) {
            String launcher = "it was not started by bin/einhyrningsins";
            asked.outcome(false, "the manager cannot replace itself: " + launcher);
        } else if (objection != null) {
            asked.outcome(false, objection);
        } else if (next.underWay()) {
            asked.outcome(false, "the manager is being replaced already");
        } else {
            conversation = asked;
            asked.progress("the new program is checked first");
            log.info("", "is to be replaced; the new program is checked first");
            next.begin(this::failed);
        }
    }

    private @Nullable Succession find() {
        String launcher = System.getProperty("einhyrningsins.launcher");
        List<String> instead = options.reexecAs();
        if (!instead.isEmpty()) {
            return new Succession(loop, instead, words, image);
        }
        return launcher == null
                ? null
                : new Succession(
                        loop,
                        List.of(StartDirectory.resolve(Path.of(launcher)).toString()),
                        words,
                        image);
    }

    private void failed(String why) {
        String message = "not replaced, this one goes on: " + why;
        log.error("", message);
        if (conversation != null) {
            conversation.outcome(false, message);
            conversation = null;
        }
    }

    /// Gives way to the new program if it has proved itself; what was said until now was heard,
    /// what comes later waits in the sockets.
    ///
    /// @return when to come again; null if nothing is waited for
    public @Nullable Moment attend(Moment now) {
        Succession next = succession;
        if (next == null) {
            return null;
        }
        if (next.proven()) {
            log.info("", "gives way to the new program");
            parting.run();
            failed(next.proceed());
        } else if (next.deadline() != null && next.deadline().reached(now)) {
            next.expire();
        }
        return next.deadline();
    }

    /// Whether a process is the new program that is being checked.
    public boolean owns(int pid) {
        return succession != null && succession.owns(pid);
    }
}
