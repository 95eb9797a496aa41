// SPDX-License-Identifier: MIT
/*
 * symbols - looks a function up in the table that tools/symbols.py makes.
 *
 * The table is one string of bytes, in three parts:
 *
 * Pairs	256 of them, one for each byte that can be in the third part.
 *	Bytes that no name needs have a pair, and stand for the two bytes of it,
 *	which may be such bytes again.  The others have a pair of zeroes and
 *	stand for themselves.
 *
 * Distances	one for each function by rising address: how far it is from the
 *	one before (from 0 for the first).  Up to 0xef it is one byte; 0xf0 to
 *	0xfe and another one are its upper and lower half; 0xff and four bytes
 *	are any other.  0 ends them.
 *
 * Names	in the same order.  A byte of 1 to 16 begins each: so many bytes,
 *	less one, it has in common with the name before, and then comes the
 *	rest of it.  linker.ld sorts the functions by name, so that is much.  An
 *	empty name is a hole, where no function is; the last one is where data
 *	begins.
 *
 *	ff 05 00 10 c0	0xc0100005	01 "file_get"
 *	40		0x40 further on	06 "put"	file_put
 *	f1 10		0x110		01 ""		nothing from there on
 *	00				01
 *
 * A search reads it from the start, for which a backtrace has the time.
 */
#include "lib/symbols.h"

#include <stdbool.h>

#include "lib/string.h"

/* Absent until the kernel is linked with its table. */
extern const uint8_t symbols_table[] __weak;

#define NAME_BEGINS	16	/* and any byte below it */

/* The name that is being read, and how many begin before the one wanted ends. */
struct name {
	char *buf;
	unsigned int length;
	unsigned int left;
};

static uint32_t read_distance(const uint8_t **at)
{
	const uint8_t *from = *at;
	uint32_t value = *from++;

	if (value == 0xff) {
		memcpy(&value, from, sizeof(value));
		from += sizeof(value);
	} else if (value >= 0xf0) {
		value = (value & 0xf) << 8 | *from++;
	}
	*at = from;
	return value;
}

/*
 * Append what @byte stands for; a longer name than there is room for is cut.
 * Return: false once the name that is wanted is complete.
 */
static bool expand(uint8_t byte, struct name *name)
{
	const uint8_t *pair = symbols_table + 2 * byte;

	if (pair[0])
		return expand(pair[0], name) && expand(pair[1], name);
	if (byte <= NAME_BEGINS) {
		if (!name->left--)
			return false;
		name->length = byte - 1;
	} else if (name->length < SYMBOL_NAME - 1) {
		name->buf[name->length++] = byte;
	}
	return true;
}

/* Name number @nr of those from @at on; NULL if it is empty. */
static const char *name_at(const uint8_t *at, unsigned int nr,
			   char buf[SYMBOL_NAME])
{
	struct name name = { .buf = buf, .left = nr + 1 };

	while (expand(*at++, &name))
		;
	buf[name.length] = '\0';
	return name.length ? buf : NULL;
}

const char *symbol_find(uint32_t addr, uint32_t *offset, char buf[SYMBOL_NAME])
{
	const uint8_t *at = symbols_table + SYMBOL_PAIRS;
	uint32_t distance, here = 0, start = 0;
	unsigned int nr = 0, nr_below = 0;
	const char *name;

	if (!symbols_table)
		return NULL;
	while ((distance = read_distance(&at)) != 0) {
		here += distance;
		nr++;
		if (here <= addr) {
			start = here;
			nr_below = nr;
		}
	}
	if (!nr_below || nr_below == nr)
		return NULL;
	name = name_at(at, nr_below - 1, buf);
	if (name)
		*offset = addr - start;
	return name;
}
