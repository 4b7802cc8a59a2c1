// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

import org.einhyrningsins.cli.launch.FileCheck;
import org.einhyrningsins.cli.launch.FileImport;
import org.einhyrningsins.cli.launch.LaunchModel;
import org.einhyrningsins.cli.launch.StarterFile;
import org.einhyrningsins.cli.terminal.CommandNames;
import org.einhyrningsins.cli.terminal.LostBytes;
import org.einhyrningsins.cli.terminal.Output;
import org.einhyrningsins.cli.terminal.QuickLaunch;
import org.einhyrningsins.config.print.Printer;
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

/// The door of `einhyrningsins`, the manager.
public final class Main {
    private final Output out;
    private final Output err;

    public Main(Output out, Output err) {
        this.out = out;
        this.err = err;
    }

    public static void main(String[] words) {
        Output out = new Output(new FileOutputStream(FileDescriptor.out));
        Output err = new Output(new FileOutputStream(FileDescriptor.err));
        System.exit(new Main(out, err).run(words));
    }

    /// Does what the command line asks for.
    ///
    /// @return the exit status
    public int run(String[] words) {
        String lost = LostBytes.objection(words);
        if (lost != null) {
            err.print(CommandNames.MANAGER + ": " + lost);
            return ExitStatus.USAGE.code();
        }
        try {
            LaunchOptions everyday = QuickLaunch.read(words);
            return everyday == null ? runSpecial(words) : Manager.run(everyday, List.of(words));
        } catch (InvalidPathException unnameable) {
            err.print(CommandNames.MANAGER + ": " + LostBytes.unnameable(unnameable));
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
                out.print(more + Printer.print(services));
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

    /// Whether this program, with that command line, could replace the manager that asks.
    private int check(String[] words) {
        if (QuickLaunch.read(words) != null || LaunchModel.read(words) instanceof LaunchModel.Run) {
            return Manager.check();
        }
        err.print(
                CommandNames.MANAGER
                        + ": it does not understand the command line: "
                        + String.join(" ", words));
        return ExitStatus.USAGE.code();
    }
}
