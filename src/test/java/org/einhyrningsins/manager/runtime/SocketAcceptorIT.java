// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.manager.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.RLimit;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.kernel.PosixException;
import org.einhyrningsins.posix.socket.Connections;
import org.einhyrningsins.posix.socket.Sockets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

@Timeout(240)
class SocketAcceptorIT {
    private static final int NOFILE = jnr.constants.platform.RLIMIT.RLIMIT_NOFILE.intValue();
    private static final int FEW = 600;

    @TempDir Path directory;
    private final POSIX posix = POSIXFactory.getNativePOSIX();

    @Test
    void turnsAwayWhoComesWhenNoDescriptorIsLeftAndClosesNobodyElses() {
        Path path = directory.resolve("s");
        int listener = Sockets.listenUnix(path, 0600);
        int first =
                SocketAcceptor.accept(connect(path)); // all classes are loaded before files run out
        assertThat(first).isEqualTo(-1);
        int welcome = SocketAcceptor.accept(listener);
        List<Integer> clients = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            clients.add(connect(path));
        }
        assertThat(SocketAcceptor.accept(listener)).isNotNegative();
        RLimit before = posix.getrlimit(NOFILE);
        List<Integer> fillers = new ArrayList<>();
        List<Integer> accepted = new ArrayList<>();
        try {
            assertThat(posix.setrlimit(NOFILE, FEW, before.rlimMax())).isZero();
            fill(fillers);
            for (int i = 0; i < 4; i++) {
                accepted.add(SocketAcceptor.accept(listener));
            }
            accepted.add(SocketAcceptor.accept(listener));
        } finally {
            posix.setrlimit(NOFILE, before.rlimCur(), before.rlimMax());
        }
        assertThat(accepted).as("none could be kept").containsOnly(-1);
        for (int filler : fillers) {
            assertThat(Descriptors.read(filler, ByteBuffer.allocate(1)))
                    .as("descriptor %s is still what it was", filler)
                    .isZero();
        }
        assertThat(clients)
                .as("the four that waited were turned away")
                .filteredOn(this::closed)
                .hasSize(4);
        fillers.forEach(Descriptors::close);
        clients.forEach(Descriptors::close);
        int late = connect(path);
        int taken = SocketAcceptor.accept(listener);
        assertThat(taken).as("and all is as before").isNotNegative();
        List.of(welcome, late, taken, listener).forEach(Descriptors::close);
    }

    private static int connect(Path path) {
        return Connections.connect("unix:" + path);
    }

    private boolean closed(int client) {
        try {
            return Descriptors.read(client, ByteBuffer.allocate(1)) == 0;
        } catch (PosixException reset) {
            return true;
        }
    }

    private void fill(List<Integer> fillers) {
        for (int fd = posix.open("/dev/null", 0, 0); fd >= 0; fd = posix.open("/dev/null", 0, 0)) {
            fillers.add(fd);
        }
    }
}
