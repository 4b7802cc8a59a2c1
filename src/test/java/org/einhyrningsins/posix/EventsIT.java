// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix;

import static org.assertj.core.api.Assertions.assertThat;

import org.einhyrningsins.posix.file.Descriptors;
import org.einhyrningsins.posix.file.Poll;
import org.einhyrningsins.posix.kernel.NativeScratch;
import org.einhyrningsins.posix.kernel.ProcessExit;
import org.einhyrningsins.posix.kernel.Syscall;
import org.einhyrningsins.posix.kernel.SystemCalls;
import org.einhyrningsins.posix.process.Children;
import org.einhyrningsins.posix.process.Processes;
import org.einhyrningsins.posix.process.SignalDescriptor;
import org.einhyrningsins.posix.spawn.SpawnedChild;
import org.einhyrningsins.spec.Signal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.nio.ByteBuffer;
import java.util.Set;

@Timeout(240)
class EventsIT {
    private static final long BOUND = 10_000_000_000L;

    @Test
    void anEventComesWithItsToken() {
        int[] first = Descriptors.pipe();
        int[] second = Descriptors.pipe();
        try (Poll poll = Poll.open()) {
            poll.add(first[0], Poll.IN, Long.MIN_VALUE + 5);
            poll.add(second[0], Poll.IN, -2);
            assertThat(poll.await(0)).isZero();
            Descriptors.write(second[1], ByteBuffer.wrap(new byte[] {1}));
            assertThat(poll.await(BOUND)).isEqualTo(1);
            assertThat(poll.token(0)).isEqualTo(-2);
            assertThat(poll.events(0)).isEqualTo(Poll.IN);
            Descriptors.close(first[1]);
            poll.remove(second[0]);
            assertThat(poll.await(-1)).isEqualTo(1);
            assertThat(poll.token(0)).isEqualTo(Long.MIN_VALUE + 5);
            assertThat(poll.events(0)).isEqualTo(Poll.HUP);
            poll.modify(first[0], 0, 77);
            assertThat(poll.await(BOUND)).isEqualTo(1);
            assertThat(poll.token(0)).isEqualTo(77);
        } finally {
            Descriptors.close(first[0]);
            Descriptors.close(second[0]);
            Descriptors.close(second[1]);
        }
    }

    @Test
    void waitsNoShorterThanTold() {
        try (Poll poll = Poll.open()) {
            long start = System.nanoTime();
            assertThat(poll.await(3_000_000)).isZero();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(3_000_000);
        }
    }

    @Test
    void millisecondsAreRoundedUp() {
        assertThat(Poll.millis(-1)).isEqualTo(-1);
        assertThat(Poll.millis(0)).isZero();
        assertThat(Poll.millis(1)).isEqualTo(1);
        assertThat(Poll.millis(1_000_001)).isEqualTo(2);
        assertThat(Poll.millis(Long.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void aDeadChildIsAnEventOfItsPidfd() throws Exception {
        int nothing = Descriptors.openNull();
        SpawnedChild child =
                Nursery.SPAWNER.spawn(Nursery.script("kill -STOP $$").order(nothing, nothing));
        try (Poll poll = Poll.open()) {
            poll.add(child.pidfd(), Poll.IN, child.pid());
            assertThat(Children.reap(child.pidfd())).isNull();
            assertThat(Processes.kill(child.pidfd(), Signal.KILL)).isTrue();
            assertThat(poll.await(BOUND)).isEqualTo(1);
            assertThat(poll.token(0)).isEqualTo(child.pid());
            assertThat(Children.reap(child.pidfd())).isEqualTo(new ProcessExit(0, 9, false));
            assertThat(Processes.kill(child.pidfd(), Signal.KILL)).isFalse();
        } finally {
            Descriptors.close(child.pidfd());
            Descriptors.close(nothing);
        }
    }

    @Test
    void aBlockedSignalIsReadWithItsSender() {
        long before = mask(0, SignalDescriptor.mask(Signal.WINCH)); // SIG_BLOCK
        int fd = SignalDescriptor.open(Set.of(Signal.WINCH, Signal.USR2));
        try (Poll poll = Poll.open()) {
            assertThat(SignalDescriptor.blocked(Signal.WINCH)).isTrue();
            assertThat(SignalDescriptor.read(fd)).isNull();
            poll.add(fd, Poll.IN, 1);
            long thread = SystemCalls.call(Syscall.GETTID, 0);
            int winch = Signal.WINCH.number();
            SystemCalls.check(
                    "tgkill", SystemCalls.call(Syscall.TGKILL, Processes.self(), thread, winch));
            assertThat(poll.await(BOUND)).isEqualTo(1);
            assertThat(SignalDescriptor.read(fd))
                    .isEqualTo(
                            new SignalDescriptor.Received(Signal.WINCH, Processes.self(), false));
            assertThat(SignalDescriptor.read(fd)).isNull();
        } finally {
            Descriptors.close(fd);
            mask(2, before); // SIG_SETMASK
        }
        assertThat(SignalDescriptor.blocked(Signal.WINCH)).isFalse();
    }

    private static long mask(int how, long mask) {
        NativeScratch nativeScratch = NativeScratch.here();
        nativeScratch.bytes.putLong(0, mask);
        long at = nativeScratch.structures;
        SystemCalls.check("mask", SystemCalls.call(Syscall.RT_SIGPROCMASK, how, at, at + 8, 8));
        return nativeScratch.bytes.getLong(8);
    }
}
