// SPDX-License-Identifier: GPL-3.0-or-later
package org.einhyrningsins.cli;

/// The door of both programs. Until the command line is built it knows one thing: its version.
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        String version = Main.class.getPackage().getImplementationVersion();
        System.out.println("einhyrningsins " + (version == null ? "(unpackaged)" : version));
    }
}
