// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config.value;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.config.source.ValueException;
import org.einhyrningsins.spec.SocketSpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

class SocketPathTest {
    @TempDir Path directory;
    private Path real;

    @BeforeEach
    void makesADirectoryAndALinkToIt() throws IOException {
        real = Files.createDirectories(directory.toRealPath().resolve("run/app"));
        Files.createSymbolicLink(directory.resolve("var"), directory.resolve("run"));
    }

    @Test
    void isTheSameHoweverItIsSpelled() throws ValueException {
        SocketSpec.Address same = address("run/app/u.sock");
        for (String spelled :
                new String[] {
                    "./run/app/u.sock",
                    "run//app/u.sock",
                    "run/x/../app/u.sock",
                    "var/app/u.sock",
                    "var/app/../app/./u.sock"
                }) {
            assertThat(address(spelled)).as(spelled).isEqualTo(same).hasSameHashCodeAs(same);
        }
        assertThat(address("run/app/v.sock")).isNotEqualTo(same);
        assertThat(address("run/u.sock")).isNotEqualTo(same);
    }

    @Test
    void isWrittenAsTheFileHasIt() throws ValueException {
        assertThat(address("var/app/u.sock")).hasToString("unix:" + directory + "/var/app/u.sock");
    }

    @Test
    void knowsThePlaceOfADirectoryThatIsNotThereYet() {
        assertThat(SocketPath.place(directory.resolve("var/app/not/yet/u.sock")))
                .isEqualTo(real.resolve("not/yet/u.sock"));
    }

    @Test
    void doesNotFollowTheLastName() throws IOException {
        Files.createSymbolicLink(real.resolve("u.sock"), Path.of("elsewhere.sock"));
        assertThat(SocketPath.place(directory.resolve("var/app/u.sock")))
                .isEqualTo(real.resolve("u.sock"));
    }

    @Test
    void saysWhatIsThere() throws IOException {
        Path path = directory.resolve("u.sock");
        assertThat(SocketPath.problem(path)).isNull();
        Files.createDirectory(path);
        assertThat(SocketPath.problem(path)).contains("there is a directory at " + path);
        Files.delete(path);
        Files.createFile(path);
        assertThat(SocketPath.problem(path)).contains("there is a file at " + path);
        Files.delete(path);
        Files.createSymbolicLink(path, Path.of("nowhere"));
        assertThat(SocketPath.problem(path))
                .contains(
                        "there is a symbolic link at " + path + ", to nowhere, which is not there");
    }

    @Test
    void aSocketIsNoObstacle() throws IOException {
        Path path = directory.resolve("u.sock");
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            assertThat(SocketPath.problem(path)).isNull();
        }
    }

    private SocketSpec.Address address(String text) throws ValueException {
        return BindAddressText.ofFile(directory, new HostNameLookup()).unix(text);
    }
}
