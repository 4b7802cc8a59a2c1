// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.simulation;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/// What descriptors stand for: shared by all that were copied from one another.
abstract sealed class OpenFile {
    static final int IN = 1;
    static final int OUT = 4;
    static final int ERR = 8;
    static final int HUP = 0x10;

    final long inode;
    int holders;
    boolean nonBlocking;

    OpenFile(long inode) {
        this.inode = inode;
    }

    /// What epoll would say of it.
    abstract int ready();

    /// Nobody has it any more.
    void released() {}

    /// /dev/null.
    static final class Nothing extends OpenFile {
        Nothing(long inode) {
            super(inode);
        }

        @Override
        int ready() {
            return IN | OUT;
        }
    }

    /// Where the manager's log goes.
    static final class Ear extends OpenFile {
        Ear(long inode) {
            super(inode);
        }

        @Override
        int ready() {
            return OUT;
        }
    }

    /// A file of the disk, or one that has no name.
    static final class OnDisk extends OpenFile {
        final Disk.Node node;
        int offset;

        OnDisk(Disk.Node node) {
            super(node.inode);
            this.node = node;
        }

        @Override
        int ready() {
            return IN | OUT;
        }

        @Override
        void released() {
            node.locked = false;
        }
    }

    /// A socket that listens, or is going to, or takes datagrams.
    static final class Bound extends OpenFile {
        final int type;
        final World world;
        byte[] address = {};
        @Nullable String name;
        boolean listening;
        final Deque<Stream> waiting = new ArrayDeque<>();
        final Deque<Message> messages = new ArrayDeque<>();

        Bound(long inode, int type, World world) {
            super(inode);
            this.type = type;
            this.world = world;
        }

        @Override
        int ready() {
            return waiting.isEmpty() && messages.isEmpty() ? 0 : IN;
        }

        @Override
        void released() {
            waiting.forEach(Stream::released);
            waiting.clear();
            if (name != null) {
                world.unbound(this, name);
            }
        }
    }

    /// A datagram with who sent it.
    @SuppressWarnings("ArrayRecordComponent") // nobody compares them
    record Message(int pid, byte[] text) {}

    /// One end of a connection.
    static final class Stream extends OpenFile {
        private static final int MOST = 200_000;
        final int pid;
        final ByteArrayOutputStream arrived = new ByteArrayOutputStream(0);
        int taken;
        @Nullable Stream other;
        boolean hungUp;

        /// Told when something arrives or the other end is gone.
        @Nullable Runnable news;

        Stream(long inode, int pid) {
            super(inode);
            this.pid = pid;
        }

        int pending() {
            return arrived.size() - taken;
        }

        @Override
        int ready() {
            boolean room = other != null && other.pending() < MOST;
            return (pending() > 0 || hungUp ? IN : 0)
                    | (room || hungUp ? OUT : 0)
                    | (hungUp ? HUP : 0);
        }

        /// Takes what has arrived.
        ///
        /// @return null if there is nothing yet; empty at the end
        byte @Nullable [] read(int most) {
            byte[] some = peek(most);
            taken += some == null ? 0 : some.length;
            if (taken == arrived.size()) {
                arrived.reset();
                taken = 0;
            }
            return some;
        }

        /// Shows what has arrived.
        ///
        /// @return as [#read] does
        byte @Nullable [] peek(int most) {
            if (pending() == 0) {
                return hungUp ? new byte[0] : null;
            }
            byte[] all = arrived.toByteArray();
            return Arrays.copyOfRange(all, taken, Math.min(all.length, taken + most));
        }

        /// Sends as much as there is room for.
        ///
        /// @return how many; -1 if nobody reads any more, -2 if there is no room
        int write(byte[] bytes) {
            Stream to = other;
            if (to == null || hungUp) {
                return -1;
            }
            int room = Math.min(bytes.length, MOST - to.pending());
            if (room <= 0) {
                return -2;
            }
            to.arrived.write(bytes, 0, room);
            to.tell();
            return room;
        }

        private void tell() {
            if (news != null) {
                news.run();
            }
        }

        @Override
        void released() {
            Stream to = other;
            if (to != null) {
                to.hungUp = true;
                to.other = null;
                other = null;
                to.tell();
            }
        }
    }

    /// A pipe has two of them.
    static final class PipeEnd extends OpenFile {
        /// The same for both ends.
        final long pipe;

        final boolean reads;
        final ByteArrayOutputStream content;
        @Nullable PipeEnd other;

        PipeEnd(long inode, long pipe, boolean reads, ByteArrayOutputStream content) {
            super(inode);
            this.pipe = pipe;
            this.reads = reads;
            this.content = content;
        }

        @Override
        int ready() {
            boolean gone = other == null || other.holders == 0;
            if (reads) {
                return (content.size() > 0 ? IN : 0) | (gone ? HUP : 0);
            }
            return gone ? ERR : OUT;
        }
    }

    static final class Poll extends OpenFile {
        final Map<Key, Watch> watches = new LinkedHashMap<>();

        record Key(int fd, OpenFile file) {}

        record Watch(int interest, long token) {}

        Poll(long inode) {
            super(inode);
        }

        @Override
        int ready() {
            for (Map.Entry<Key, Watch> each : watches.entrySet()) {
                if ((each.getKey().file().ready() & (each.getValue().interest() | ERR | HUP))
                        != 0) {
                    return IN;
                }
            }
            return 0;
        }
    }

    static final class Signals extends OpenFile {
        final Deque<int[]> pending = new ArrayDeque<>();

        Signals(long inode) {
            super(inode);
        }

        @Override
        int ready() {
            return pending.isEmpty() ? 0 : IN;
        }
    }

    static final class PidFd extends OpenFile {
        final Child child;

        PidFd(long inode, Child child) {
            super(inode);
            this.child = child;
        }

        @Override
        int ready() {
            return (child.dead ? IN : 0) | (child.reaped ? HUP : 0);
        }
    }

    static final class Watches extends OpenFile {
        final Map<Integer, Disk.Node> watched = new LinkedHashMap<>();
        final Deque<int[]> events = new ArrayDeque<>();
        int last;

        Watches(long inode) {
            super(inode);
        }

        @Override
        int ready() {
            return events.isEmpty() ? 0 : IN;
        }
    }
}
