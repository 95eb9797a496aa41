// SPDX-License-Identifier: MIT
/*
 * string - the functions of string.h.
 *
 * On the 386 copying and filling are the CPU's own string instructions, words
 * first and then the odd bytes: one instruction an iteration, whatever the
 * alignment, and little to set up.  Elsewhere (the host tests) they are plain
 * C.  Whole pages have something faster in x86.
 */
#ifndef __clang__
/* Do not turn the loops below into calls of the functions that they are. */
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#include "lib/errno.h"
#include "lib/string.h"

/* A word at any address, in memory of any type. */
struct loose_word {
	uint32_t value;
} __packed __attribute__((__may_alias__));

#ifdef __i386__
static __always_inline void copy_up(uint8_t *to, const uint8_t *from,
				    size_t size)
{
	size_t words = size / 4;

	__asm__ volatile("rep movsl"
			 : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	size %= 4;
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

static __always_inline void fill(uint8_t *to, uint8_t byte, size_t size)
{
	uint32_t word = byte * 0x01010101u;
	size_t words = size / 4;

	__asm__ volatile("rep stosl"
			 : "+D"(to), "+c"(words) : "a"(word) : "memory");
	size %= 4;
	__asm__ volatile("rep stosb"
			 : "+D"(to), "+c"(size) : "a"(word) : "memory");
}
#else
static void copy_up(uint8_t *to, const uint8_t *from, size_t size)
{
	for (; size >= 4; size -= 4, to += 4, from += 4)
		((struct loose_word *)to)->value =
			((const struct loose_word *)from)->value;
	while (size--)
		*to++ = *from++;
}

static void fill(uint8_t *to, uint8_t byte, size_t size)
{
	for (; size >= 4; size -= 4, to += 4)
		((struct loose_word *)to)->value = byte * 0x01010101u;
	while (size--)
		*to++ = byte;
}
#endif

/* The names are in brackets because the header has macros of these names. */

void *(memcpy)(void *restrict to, const void *restrict from, size_t size)
{
	copy_up(to, from, size);
	return to;
}

void *(memset)(void *to, int byte, size_t size)
{
	fill(to, byte, size);
	return to;
}

/* From the end downward, where @to lies in the middle of what is moved. */
static void copy_down(uint8_t *to, const uint8_t *from, size_t size)
{
	while (size % 4) {
		size--;
		to[size] = from[size];
	}
	while (size) {
		size -= 4;
		((struct loose_word *)(to + size))->value =
			((const struct loose_word *)(from + size))->value;
	}
}

void *memmove(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size)
		copy_up(to, from, size);
	else
		copy_down(to, from, size);
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return end - s;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (; max; max--, a++, b++)
		if (!*a || *a != *b)
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *__small strstr(const char *s, const char *needle)
{
	size_t size = strlen(needle);

	do {
		if (strncmp(s, needle, size) == 0)
			return (char *)s;
	} while (*s++);
	return NULL;
}

size_t __small strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);
	size_t copied;

	if (size) {
		copied = length < size ? length : size - 1;
		(memcpy)(to, from, copied);
		to[copied] = '\0';
	}
	return length;
}

/* The value of a digit in any base up to 16; 16 for no digit. */
static unsigned int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static unsigned int number_base(const char **text)
{
	const char *s = *text;

	if (s[0] != '0')
		return 10;
	if ((s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16) {
		*text = s + 2;
		return 16;
	}
	return 8;
}

/* Digits, then the suffix if @with_suffix; parse_uint() describes the rest. */
static int __small parse(const char *text, const char **end, uint64_t *value,
		 bool with_suffix)
{
	unsigned int base = number_base(&text);
	unsigned int shift = 0;
	uint64_t number = 0;
	bool fits = true;

	if (digit_value(*text) >= base)
		return -EINVAL;
	/* In two halves: what does not fit shows above the upper one. */
	for (; digit_value(*text) < base; text++) {
		uint64_t low = (uint64_t)(uint32_t)number * base +
			       digit_value(*text);
		uint64_t high = (uint64_t)(uint32_t)(number >> 32) * base +
				(low >> 32);

		fits &= !(high >> 32);
		number = high << 32 | (uint32_t)low;
	}
	if (with_suffix) {
		switch (*text | ('a' - 'A')) {
		case 'g': shift += 10;	/* fall through */
		case 'm': shift += 10;	/* fall through */
		case 'k': shift += 10;
			  text++;
		}
	}
	if (end)
		*end = text;
	else if (*text)
		return -EINVAL;
	if (!fits || number > UINT64_MAX >> shift)
		return -ERANGE;
	*value = number << shift;
	return 0;
}

int __small parse_uint(const char *text, const char **end, uint64_t *value)
{
	return parse(text, end, value, false);
}

int __small parse_size(const char *text, const char **end, uint64_t *value)
{
	return parse(text, end, value, true);
}
