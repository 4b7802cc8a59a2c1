// SPDX-License-Identifier: GPL-3.0-or-later
/// State that a manager leaves to the next one: a snapshot of everything it knows, as text. One
/// that replaces itself hands it on in memory, with its descriptors; one that is killed leaves what
/// it wrote to the state directory.
///
/// **The text** is JSON: `format`, its number; `versions`, a table of definitions, since each
/// worker of a program mostly has the same; `body`, the record itself.
///
/// ```
///   {"format":2,
///   "versions":[
///   {"generation":1,"definition":{"name":"web","command":[{"parts":[{"is":"text","text":"./web"}]}], …}}],
///   "body":{"program":{"name":"web","phase":{"is":"running","wasReady":true},"serving":0, …
/// ```
///
/// Records are objects; a value of a sealed type has its kind under `is`; constants are words; a
/// version is its index in the table; a moment is nanoseconds on the clock of this boot; a duration
/// is seconds and nanoseconds. A manager writes its own image and one for each program
/// ([org.einhyrningsins.manager.snapshot.ManagerSnapshot],
/// [org.einhyrningsins.manager.snapshot.ProgramSnapshot]) to files, each with its own number; a
/// re-exec writes one [org.einhyrningsins.manager.snapshot.ReexecSnapshot].
///
/// **Names.** [org.einhyrningsins.manager.snapshot.SnapshotEncoder] and
/// [org.einhyrningsins.manager.snapshot.SnapshotDecoder] go by reflection over the records of
/// `core` and `spec` as they are, but the names in the text are not Java's:
/// [org.einhyrningsins.manager.snapshot.FormatTable] has them, type by type. A type, component or
/// constant without one is an error, which `FormatNamesTest` finds before anybody else does. Keys
/// are in camel case, kinds and constants in words with hyphens, those of the kernel (`TERM`,
/// `NET_ADMIN`) as it has them. The names of kept descriptors (`output`, `control`), of counters
/// and of commands in `verb` are texts in the code, and names of the format all the same: they
/// stay.
///
/// **What is missing, what is unknown.** A component that the text lacks has the default of its
/// type (a constant `DEFAULT`, `NONE` or `INHERITED`; else null, 0, false or empty); if it must be
/// there, the image is refused. So is one with a key, kind or constant that the reader has no place
/// for, and one of a later format: half an image would be a wrong one. A re-exec that is refused
/// does not happen; a file that is refused is set aside, and the workers are found by what they
/// carry.
///
/// **To add** a component, record or constant: a word in
/// [org.einhyrningsins.manager.snapshot.FormatTable], and a line in `format-N-names.txt`, which the
/// test writes. The number stays if the default is right for older texts. An older release refuses
/// the text as soon as the new key is in it.
///
/// **To rename in Java**: in [org.einhyrningsins.manager.snapshot.FormatTable], what stands left of
/// `=` follows; `care` becomes `condition=care`. The test compares with `format-N-names.txt` what
/// each name is, its type and its default, so that a rename that changes the format does not pass,
/// nor one of a constant `DEFAULT`. Packages do not matter.
///
/// **To group components in Java** (a record has at most eight): a *flat* component, written
/// `launch(command directory)` in [org.einhyrningsins.manager.snapshot.FormatTable]. The text has
/// its members among those of the record around it, so it stays what it was, and so do its
/// defaults. It is never null.
///
/// **To change the format** (another name, type or meaning):
/// [org.einhyrningsins.manager.snapshot.SnapshotLanguage#NUMBER] grows; the names of the format
/// until now become a class like [Format1Names], a list of what was called otherwise, from which
/// [org.einhyrningsins.manager.snapshot.OlderNames] reads the older text by its own names, through
/// all changes since; a meaning is translated in
/// [org.einhyrningsins.manager.snapshot.SnapshotDecoder], by the number. `format-N-names.txt` of
/// the older format never changes, and `format-N/` has what managers wrote in each:
/// `GoldenStatesTest` reads them for ever.
///
/// Format 1 was that of the builds before 0.1.0, with the names that Java had then.
///
/// Nothing of this is loaded before there is something to write.
@NullMarked
package org.einhyrningsins.manager.snapshot;

import org.jspecify.annotations.NullMarked;
