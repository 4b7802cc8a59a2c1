// SPDX-License-Identifier: GPL-3.0-or-later
/// What is read off a program's states and steps, and changes nothing: whether a condition holds
/// ([ConditionCheck]), which facts a step makes known ([ProgramFacts]).
@NullMarked
package org.einhyrningsins.core.observe;

import org.jspecify.annotations.NullMarked;
