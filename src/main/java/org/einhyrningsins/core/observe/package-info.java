// SPDX-License-Identifier: GPL-3.0-or-later
/// Facts and conditions read off a program's states and steps, which change nothing: whether a
/// condition holds ([ConditionCheck]), which facts a step makes known ([ProgramFacts]).
@NullMarked
package org.einhyrningsins.core.observe;

import org.jspecify.annotations.NullMarked;
