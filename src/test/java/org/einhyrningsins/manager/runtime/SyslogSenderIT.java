// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.Datagram;
import org.einhyrningsins.posix.socket.Datagrams;
import org.einhyrningsins.spec.manager.LogSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

class SyslogSenderIT {
    private static final String HEAD = "[A-Z][a-z]{2} [ 1-3][0-9] \\d\\d:\\d\\d:\\d\\d ";

    @TempDir Path directory;

    @Test
    void writesAsSyslogDoes() {
        int listener = listener();
        SyslogSender syslogSender = new SyslogSender(path());
        assertThat(syslogSender.send(LogSpec.Level.WARN, "web: slow\nstart")).isNull();
        String tag = "einhyrningsins\\[" + ProcessHandle.current().pid() + "]: ";
        assertThat(heard(listener)).matches("<28>" + HEAD + tag + "web: slow start");
        assertThat(syslogSender.send(LogSpec.Level.ERROR, "x".repeat(9_000))).isNull();
        assertThat(heard(listener)).startsWith("<27>").hasSize(2000);
        Descriptors.close(listener);
    }

    @Test
    void saysOnceThatNobodyListensAndFindsWhoComesBack() throws IOException {
        SyslogSender syslogSender = new SyslogSender(path());
        assertThat(syslogSender.send(LogSpec.Level.WARN, "one"))
                .contains("cannot be had", "ENOENT");
        assertThat(syslogSender.send(LogSpec.Level.WARN, "two")).isNull();
        int first = listener();
        assertThat(syslogSender.send(LogSpec.Level.WARN, "three")).isNull();
        assertThat(heard(first)).endsWith("three");
        Descriptors.close(first);
        assertThat(syslogSender.send(LogSpec.Level.WARN, "four")).contains("cannot be had");
        Files.delete(path());
        int second = listener();
        assertThat(syslogSender.send(LogSpec.Level.WARN, "five")).isNull();
        assertThat(heard(second)).endsWith("five");
        Descriptors.close(second);
    }

    private Path path() {
        return directory.resolve("log");
    }

    private int listener() {
        return Datagrams.bind(path(), 0600);
    }

    private static String heard(int listener) {
        Datagram datagram = Objects.requireNonNull(Datagrams.receive(listener));
        return new String(datagram.text(), StandardCharsets.UTF_8);
    }
}
