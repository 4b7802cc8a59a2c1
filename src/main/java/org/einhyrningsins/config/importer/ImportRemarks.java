// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.importer;

import org.einhyrningsins.config.value.ImportComments;
import org.einhyrningsins.spec.Signal;
import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/// Comments on what became of the settings of a program, each at the key it belongs to, or at the
/// head.
public abstract class ImportRemarks {
    private final ImportedServices file;
    private final ImportComments head = new ImportComments();
    private final Map<String, ImportComments> comments = new HashMap<>();
    private boolean blocked;

    ImportRemarks(ImportedServices file) {
        this.file = file;
    }

    public ImportedServices file() {
        return file;
    }

    /// Says something at the head.
    public void comment(String comment) {
        head.comment(comment);
    }

    /// Says something at a key.
    public void comment(String key, String comment) {
        at(key).comment(comment);
    }

    /// Says something of a setting, for which nothing is different.
    public void comment(String key, ForeignSetting foreignSetting, String comment) {
        at(key).add(ImportComments.Kind.SAYS, foreignSetting, comment);
    }

    ImportComments at(String key) {
        return comments.computeIfAbsent(key, _ -> new ImportComments());
    }

    /// Says that a setting was not carried over, and why.
    public void lost(String key, ForeignSetting foreignSetting, String why) {
        if (IniText.isOverruled(foreignSetting)) {
            same(IniText.plain(foreignSetting), IniText.ELSEWHERE);
        } else {
            remark(ImportComments.Kind.LOST, key, foreignSetting, why);
        }
    }

    /// The same, at the head.
    public void lost(ForeignSetting foreignSetting, String why) {
        lost("", foreignSetting, why);
    }

    /// Says that a setting was carried over, but does not do quite the same.
    public void differs(String key, ForeignSetting foreignSetting, String how) {
        remark(ImportComments.Kind.DIFFERS, key, foreignSetting, how);
    }

    /// Says that something does not do quite the same that the other manager does without being
    /// told.
    public void differs(String key, String how) {
        remark(ImportComments.Kind.DIFFERS, key, null, how);
    }

    /// Says that a setting needs nothing here, and why.
    public void same(ForeignSetting foreignSetting, String why) {
        remark(ImportComments.Kind.SAME, "", foreignSetting, why);
    }

    /// Says why the program cannot be run as it was. It is written with `workers: 0`.
    public void blocks(@Nullable ForeignSetting foreignSetting, String why) {
        remark(ImportComments.Kind.BLOCKS, "", foreignSetting, why);
        blocked = true;
    }

    private void remark(
            ImportComments.Kind kind,
            String key,
            @Nullable ForeignSetting foreignSetting,
            String why) {
        file.count(kind);
        (key.isEmpty() ? head : at(key)).add(kind, foreignSetting, why);
    }

    /// True if something said why the program cannot be run.
    boolean hasBlocks() {
        return blocked;
    }

    /// Says at another key what was said at one.
    void move(String from, String to) {
        ImportComments said = comments.remove(from);
        if (said != null) {
            at(to).addAll(said);
        }
    }

    /// Drops what was said at a key.
    void forget(String key) {
        comments.remove(key);
    }

    /// Returns what stands at the head, with what was said at keys that are not there.
    ImportComments head(Predicate<String> isThere) {
        for (String key : comments.keySet().stream().sorted().toList()) {
            if (!isThere.test(key)) {
                head.addAll(at(key));
            }
        }
        return head;
    }

    // ---- values, or a remark

    /// The whole number of a setting; one out of range is lost, and null.
    public @Nullable Integer number(String key, ForeignSetting foreignSetting, int min, int max) {
        Integer number = foreignSetting.number();
        if (number == null || number < min || number > max) {
            lost(key, foreignSetting, "expected a number from " + min + " to " + max);
            return null;
        }
        return number;
    }

    /// The signal of a setting, or the usual one; one that our language does not have is lost.
    public Signal signal(@Nullable ForeignSetting foreignSetting, Signal usual) {
        if (foreignSetting == null) {
            return usual;
        }
        Signal signal = Signal.of(foreignSetting.value()).orElse(null);
        if (signal == null) {
            lost(
                    "stop",
                    foreignSetting,
                    "not a signal that workers can be sent; " + usual + " it is");
        }
        return signal == null ? usual : signal;
    }
}
