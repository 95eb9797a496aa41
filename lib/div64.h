// SPDX-License-Identifier: MIT
/*
 * div64 - 64-bit by 32-bit division, for which the compiler would call libgcc.
 *
 * Long division with two digits of base 2^32: the upper digit first, then its
 * remainder with the lower one, which fits what the CPU's div can do.
 */
#pragma once

#include "lib/util.h"

#ifdef __i386__
static inline uint64_t div64_32(uint64_t n, uint32_t by, uint32_t *remainder)
{
	uint32_t high = n >> 32;
	uint32_t low = n;
	uint32_t rest = high % by;

	high /= by;
	__asm__("divl %2" : "+a"(low), "+d"(rest) : "rm"(by) : "cc");
	if (remainder)
		*remainder = rest;
	return (uint64_t)high << 32 | low;
}
#else
/* @n / @by, which is not 0; the remainder too unless @remainder is NULL. */
static inline uint64_t div64_32(uint64_t n, uint32_t by, uint32_t *remainder)
{
	if (remainder)
		*remainder = n % by;
	return n / by;
}
#endif
