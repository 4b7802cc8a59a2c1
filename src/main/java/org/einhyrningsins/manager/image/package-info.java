// SPDX-License-Identifier: GPL-3.0-or-later
/// What a manager leaves to the next one: an image of everything it knows, as text. One that
/// replaces itself hands it on in memory, with its descriptors; one that is killed leaves what it
/// wrote to the state directory.
///
/// **The text** is JSON: first the format's number, then what the reader needs to bind the rest.
/// Records are objects with their components' names; a value of a sealed type has its record's name
/// under `is`; a moment is nanoseconds on the clock of this boot. Definitions stand once, in a
/// table, since each worker of a program mostly has the same.
///
/// **Across versions.** A newer manager reads what an older one wrote. What a component was called,
/// it is called for ever; one that the text lacks has the default of its type (a constant `DEFAULT`
/// or `NONE`; else null, 0, false or empty). When that would be wrong, [Format#NUMBER] grows, and
/// the reader treats the older numbers. A text whose number is newer, or that has what the reader
/// has no place for, is refused as a whole: half an image would be a wrong one.
///
/// By reflection, over the records of `core` and `spec` as they are: a component that is added
/// there is in the image without anybody having to think of it. Nothing of this is loaded before
/// there is something to write.
@NullMarked
package org.einhyrningsins.manager.image;

import org.jspecify.annotations.NullMarked;
