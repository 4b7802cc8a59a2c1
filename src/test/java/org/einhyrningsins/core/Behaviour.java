// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.core;

import java.util.SplittableRandom;

/// How the processes of one definition behave; chances in percent.
///
/// @param boot milliseconds until it is up, at most
/// @param drain milliseconds it takes to go, at most
/// @param leavesOthers its own process ends when it is told to go, others of its group go on
record Behaviour(
        int boot,
        int spawnFails,
        int neverAcks,
        int diesBeforeAck,
        int diesLater,
        int acksTwice,
        int asksForTime,
        int ignoresTerm,
        int drain,
        int leavesOthers,
        int hangs,
        int succeeds,
        int fallsIll,
        int goesMute,
        int grows) {

    /// Comes up, stays up, goes when told.
    static Behaviour good(SplittableRandom random) {
        return new Behaviour(
                1 + random.nextInt(3_000),
                0,
                0,
                0,
                0,
                random.nextInt(30),
                random.nextInt(10),
                0,
                random.nextInt(5_000),
                random.nextInt(3) == 0 ? random.nextInt(100) : 0,
                0,
                100,
                0,
                0,
                0);
    }

    /// Does what it should not, at times or always.
    ///
    /// @param stays whether it stays up when it came up
    static Behaviour bad(SplittableRandom random, boolean stays) {
        return new Behaviour(
                1 + random.nextInt(random.nextBoolean() ? 50 : 20_000),
                chance(random),
                chance(random),
                chance(random),
                stays ? 0 : chance(random),
                random.nextInt(60),
                random.nextInt(60),
                chance(random),
                random.nextInt(random.nextBoolean() ? 100 : 60_000),
                random.nextInt(3) == 0 ? random.nextInt(100) : 0,
                random.nextInt(4) == 0 ? random.nextInt(50) : 0,
                random.nextInt(100),
                stays ? 0 : chance(random),
                stays ? 0 : chance(random),
                stays ? 0 : chance(random));
    }

    /// Mostly never, else now and then, or always.
    private static int chance(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> 100;
            case 1 -> random.nextInt(100);
            default -> 0;
        };
    }
}
