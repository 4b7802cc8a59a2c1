// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.config;

/// What an import made.
///
/// @param yaml the text of a file, with a comment on all that it could not say
/// @param programs how many there are in it
/// @param lost how many settings were not carried over; each has its comment
public record Imported(String yaml, int programs, int lost) {}
