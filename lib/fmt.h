// SPDX-License-Identifier: MIT
/*
 * fmt - printf's formats, without floating point.
 *
 *	%[flags][width][.precision][length]conversion
 *
 *	flags		- 0 + space #		width, precision  digits or *
 *	length		hh h l ll z t		conversion  d i u x X o c s p %
 *
 * All as in C, except that %p is always 0x and all the digits of a pointer,
 * and that a NULL for %s prints (null).  An unknown conversion is a bug that
 * the compiler reports; at run time it is copied as it stands.
 */
#pragma once

#include <stdarg.h>

#include "lib/util.h"

/**
 * snprintf() - format into @size bytes at @buf, NUL included.
 *
 * A @size of 0 writes nothing, and @buf may then be NULL.
 *
 * Context: any.
 * Return:  the length of the whole text, without NUL, even if it was cut.
 */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__printf(3, 0);
