// SPDX-License-Identifier: MIT
#pragma once

/**
 * crash() - do the wrong thing called @name, to see it reported; returns if
 * there is none of that name (or a debug build would be needed).
 */
void crash(const char *name);

/** crash_check() - for crash(): the names of crash_check.c. */
#ifdef DEBUG
void crash_check(const char *name);
#else
static inline void crash_check(const char *name)
{
	(void)name;
}
#endif
