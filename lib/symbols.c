// SPDX-License-Identifier: MIT
/*
 * symbols - looks a function up in the table that tools/symbols.py makes.
 *
 * The table is one string of bytes, an entry for each function by rising
 * address: the distance from the entry before (from 0 for the first) as a
 * ULEB128 number, then the name and its NUL.  An empty name is a hole, where
 * no function is; the distance 0 ends the table.  What lies behind the last
 * entry has no name: it is the hole where data begins.
 *
 *	85 80 c0 80 0c	"kernel_main" 00	0xc0100005
 *	40		"panic" 00		0x40 further on
 *	90 02		"" 00			nothing from 0x110 further on
 *	00
 *
 * It costs less than two bytes a function above the names, and a search reads
 * it from the start, for which a backtrace has the time.
 */
#include "lib/string.h"
#include "lib/symbols.h"

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

const char *symbol_find(uint32_t addr, uint32_t *offset)
{
	const uint8_t *at = symbols_table;
	const char *name = "";
	uint32_t start = 0;
	uint32_t distance;

	while (at && (distance = read_uleb128(&at)) != 0) {
		if (addr - start < distance) {
			if (!*name)
				return NULL;
			*offset = addr - start;
			return name;
		}
		start += distance;
		name = (const char *)at;
		at += strlen(name) + 1;
	}
	return NULL;
}
