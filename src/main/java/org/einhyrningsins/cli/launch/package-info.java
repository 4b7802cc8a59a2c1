// SPDX-License-Identifier: GPL-3.0-or-later
/// The command line of the manager, and the commands that need no manager: `check`, `print`,
/// `import`, `init`. [ClassicCommandLine] reads the options of einhyrningsins(1) and einhorn(1).
@NullMarked
package org.einhyrningsins.cli.launch;

import org.jspecify.annotations.NullMarked;
