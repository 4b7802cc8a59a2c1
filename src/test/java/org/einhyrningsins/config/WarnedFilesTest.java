// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.read.ConfigLoader;
import org.einhyrningsins.config.read.LoadResult;
import org.einhyrningsins.config.source.ConfigProblem;
import org.einhyrningsins.config.source.FileContents;
import org.einhyrningsins.config.value.KernelRights;
import org.einhyrningsins.config.value.LoadEnvironment;
import org.einhyrningsins.spec.process.Capability;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Each file of `warned` gives exactly the warnings beside it, to somebody who is not root. To
/// write them anew, see [BadFilesTest].
class WarnedFilesTest {
    private static final KernelRights FEW =
            new KernelRights() {
                @Override
                public int landlock() {
                    return 3;
                }

                @Override
                public boolean canGrant(Capability capability) {
                    return capability == Capability.NET_BIND_SERVICE;
                }

                @Override
                public boolean canBind(int port) {
                    return port >= 1024;
                }

                @Override
                public boolean canRunAs(String user) {
                    return user.equals("1000");
                }

                @Override
                public @Nullable Stranger otherOwner(
                        Path file, @Nullable String user, boolean groups) {
                    boolean theirs = file.startsWith("/srv/theirs") && !"1000".equals(user);
                    boolean group = file.startsWith("/srv/group") && groups;
                    return theirs
                            ? new Stranger("uid 1000 owns /srv/theirs", "chown root /srv/theirs")
                            : group
                                    ? new Stranger(
                                            "group 7 may write in /srv/group", "chmod g-w it")
                                    : null;
                }
            };

    private static final LoadEnvironment MACHINE =
            new LoadEnvironment(
                    Map.of("PATH", "/bin:/usr/bin"),
                    4,
                    _ -> true,
                    _ -> true,
                    FEW,
                    FileContents.WAITING);

    static List<Path> warned() {
        return Samples.in("warned");
    }

    @ParameterizedTest
    @MethodSource("warned")
    void tellsWhatMayGoWrong(Path file) throws IOException {
        List<ConfigProblem> warnings =
                switch (ConfigLoader.load(file, MACHINE)) {
                    case LoadResult.Valid valid -> valid.warnings();
                    case LoadResult.Invalid invalid -> invalid.warnings();
                };
        String found =
                Samples.render(warnings)
                        .replace(Samples.FOLDER.toAbsolutePath() + "/", "")
                        .replace(Samples.FOLDER + "/", "");
        Path golden = Path.of(file.toString().replace(".yaml", ".txt"));
        if ("write".equals(System.getProperty("golden"))) {
            Files.writeString(golden, found);
            throw new AssertionError("written, read it: " + golden);
        }
        assertThat(found).isEqualTo(Samples.read(golden)).isNotEmpty();
    }
}
