// SPDX-License-Identifier: MIT
/*
 * cmdline - looks up options in a command line: words between blanks, each
 * "name" or "name=value".  A value has no blanks in it.
 */
#pragma once

#include "lib/util.h"

/* Is @name there, as a word alone or with a value? */
bool cmdline_has(const char *cmdline, const char *name);

/**
 * cmdline_get() - copy the value of the last "@name=value".
 * @size: bytes at @buf; a longer value is cut
 *
 * Return: whether it was there; if not, @buf is unchanged.
 */
bool cmdline_get(const char *cmdline, const char *name, char *buf, size_t size);
