// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.cli.launch.FileCheck;
import org.einhyrningsins.cli.launch.FileImport;
import org.einhyrningsins.cli.launch.LaunchModel;
import org.einhyrningsins.cli.launch.StarterFile;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.FastManagerArguments;
import org.einhyrningsins.cli.terminal.TextOutput;
import org.einhyrningsins.cli.terminal.UndecodableArguments;
import org.einhyrningsins.config.print.ConfigPrinter;
import org.einhyrningsins.control.wire.ExitStatus;
import org.einhyrningsins.manager.Manager;
import org.einhyrningsins.manager.runtime.LaunchOptions;
import org.einhyrningsins.spec.manager.ServicesSpec;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;

/// Entry point of `einhyrningsins`, the manager.
public final class Main {
    private final TextOutput out;
    private final TextOutput err;

    public Main(TextOutput out, TextOutput err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] words) {
        TextOutput out = new TextOutput(new FileOutputStream(FileDescriptor.out));
        TextOutput err = new TextOutput(new FileOutputStream(FileDescriptor.err));
        System.exit(new Main(out, err).run(words));
    }

    /// Does what the command line asks for.
    ///
    /// @return the exit status
    public int run(String[] words) {
        String lost = UndecodableArguments.objection(words);
        if (lost != null) {
            err.print(CommandNames.MANAGER + ": " + lost);
            return ExitStatus.USAGE.code();
        }
        try {
            LaunchOptions everyday = FastManagerArguments.read(words);
            return everyday == null ? runSpecial(words) : Manager.run(everyday, List.of(words));
        } catch (InvalidPathException unnameable) {
            err.print(CommandNames.MANAGER + ": " + UndecodableArguments.unnameable(unnameable));
            return ExitStatus.FAILED.code();
        } catch (UncheckedIOException nobodyReads) {
            return ExitStatus.FAILED.code();
        }
    }

    private int runSpecial(String[] words) {
        if (words.length > 0 && words[0].equals(Manager.CHECK)) {
            return check(Arrays.copyOfRange(words, 1, words.length));
        }
        return switch (LaunchModel.read(words)) {
            case LaunchModel.Run(LaunchOptions options) -> Manager.run(options, List.of(words));
            case LaunchModel.Check check ->
                    new FileCheck(out, err).check(check.file(), check.json(), check.strict());
            case LaunchModel.Print print ->
                    new FileCheck(out, err).print(print.file(), print.origins());
            case LaunchModel.PrintLine(ServicesSpec services, String more) -> {
                out.print(more + ConfigPrinter.print(services));
                yield ExitStatus.DONE.code();
            }
            case LaunchModel.Import foreign ->
                    new FileImport(out, err).run(foreign.files(), foreign.format());
            case LaunchModel.Init(String file) -> new StarterFile(out, err).write(file);
            case LaunchModel.Say(String text) -> {
                out.print(text);
                yield ExitStatus.DONE.code();
            }
            case LaunchModel.Mistake(String message) -> {
                err.print(CommandNames.MANAGER + ": " + message);
                yield ExitStatus.USAGE.code();
            }
        };
    }

    /// Checks whether this program, with that command line, could replace the manager that asks.
    private int check(String[] words) {
        if (FastManagerArguments.read(words) != null
                || LaunchModel.read(words) instanceof LaunchModel.Run) {
            return Manager.check();
        }
        err.print(
                CommandNames.MANAGER
                        + ": it does not understand the command line: "
                        + String.join(" ", words));
        return ExitStatus.USAGE.code();
    }
}
