// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.posix.kernel;

/// A datagram and who sent it. The text is the caller's.
@SuppressWarnings("ArrayRecordComponent") // never compared, only read
public record Datagram(PeerCredentials sender, byte[] text) {}
