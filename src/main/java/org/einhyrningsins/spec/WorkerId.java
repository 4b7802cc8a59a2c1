// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.spec;

/// A worker as the core knows it: the place it fills and which of the place's occupants it is.
/// Process ids are the manager's business; they come later and are used again.
///
/// @param slot from 0
/// @param incarnation unique in its program, growing, from 1
public record WorkerId(int slot, long incarnation) implements Comparable<WorkerId> {
    @Override
    public int compareTo(WorkerId other) {
        int bySlot = Integer.compare(slot, other.slot);
        return bySlot != 0 ? bySlot : Long.compare(incarnation, other.incarnation);
    }

    @Override
    public String toString() {
        return slot + "#" + incarnation;
    }
}
