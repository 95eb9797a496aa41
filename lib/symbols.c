// SPDX-License-Identifier: MIT
/*
 * symbols - looks a function up in the table that tools/symbols.py makes.
 *
 * The table is one string of bytes.  First come 256 pairs, one for each byte
 * that can be in a name.  Bytes that no name needs have a pair, and stand for the
 * two bytes of it, which may be such bytes again, or a NUL as the second; so
 * names that have much in common take half the room.  The others have a pair
 * of zeroes and stand for themselves.
 *
 * Then comes an entry for each function by rising address: the distance from
 * the entry before (from 0 for the first) as a ULEB128 number, then the name
 * and its NUL.  An empty name is a hole, where no function is; the distance 0
 * ends the table.  What lies behind the last entry has no name: it is the hole
 * where data begins.
 *
 *	85 80 c0 80 0c	"kernel_main" 00	0xc0100005
 *	40		"panic" 00		0x40 further on
 *	90 02		"" 00			nothing from 0x110 further on
 *	00
 *
 * A search reads it from the start, for which a backtrace has the time.
 */
#include "lib/symbols.h"

#include <stdbool.h>

/* Absent until the kernel is linked with its table. */
extern const uint8_t symbols_table[] __weak;

static uint32_t read_uleb128(const uint8_t **at)
{
	uint32_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		byte = *(*at)++;
		value |= (uint32_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static const uint8_t *pair_of(uint8_t byte)
{
	return symbols_table + 2 * byte;
}

/* Append what @byte stands for; a longer name than there is room for is cut. */
static char *expand(uint8_t byte, char *to, const char *end)
{
	const uint8_t *pair = pair_of(byte);

	if (pair[0]) {
		to = expand(pair[0], to, end);
		return expand(pair[1], to, end);
	}
	if (to < end)
		*to++ = byte;
	return to;
}

static bool ends_in_nul(uint8_t byte)
{
	while (pair_of(byte)[0])
		byte = pair_of(byte)[1];
	return !byte;
}

static const char *unpack(const uint8_t *name, char buf[SYMBOL_NAME])
{
	char *to = buf;

	do
		to = expand(*name, to, buf + SYMBOL_NAME - 1);
	while (!ends_in_nul(*name++));
	*to = '\0';
	return buf;
}

static const uint8_t *behind(const uint8_t *name)
{
	while (!ends_in_nul(*name++))
		;
	return name;
}

const char *symbol_find(uint32_t addr, uint32_t *offset, char buf[SYMBOL_NAME])
{
	const uint8_t *at = symbols_table, *name = NULL;
	uint32_t start = 0;
	uint32_t distance;

	if (at)
		at += SYMBOL_PAIRS;
	while (at && (distance = read_uleb128(&at)) != 0) {
		if (addr - start < distance) {
			if (!name || !*name)
				return NULL;
			*offset = addr - start;
			return unpack(name, buf);
		}
		start += distance;
		name = at;
		at = behind(name);
	}
	return NULL;
}
