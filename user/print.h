/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * print() - write text to the console.
 * @format: %s and %u, with a width if wanted (negative: to the left), %x,
 *	    which is always 8 digits, and %%
 *
 * At most 512 characters at a time; what is longer is cut.
 */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
