// SPDX-License-Identifier: MIT
/*
 * inflate - the unpacker of inflate.h.
 *
 * Input is a row of bits, the low ones of a byte first, in blocks: stored
 * ones, bytes as they are; and coded ones, of literals, and of matches that
 * say "length bytes as they were distance bytes ago".  Both in Huffman codes,
 * fixed ones or such that the block describes in front.
 *
 * Reading.  `hold' has nr_bits bits, 16 at least where a code is decoded:
 * none has more than 15, and no extra bits are more than 13.  That reads ahead
 * up to three bytes.  It never gets behind the member, nor do bytes have to be
 * given back, since eight bytes of CRC and size are behind the last code.
 *
 * Decoding.  The lowest bits of hold index a table, whose entry says all:
 *
 *	 31          16 15 . . . . 8 7 . . . . 0
 *	[    value     |    kind    |  nr_bits  ]
 *
 *	kind 0..13	a match's length or distance: value, plus so many bits
 *	LITERAL		the byte `value'
 *	TABLE | n	go on at entry `value', indexed by the next n bits
 *	END, INVALID
 *
 * Writing.  Output is gathered in the window.  When that is full, what is new
 * in it goes to the sink, and the last 32 KiB to the front, since matches may
 * refer to them:
 *
 *	window  [ 32 KiB of the past | up to 64 KiB of new ones  . | slack ]
 *	                             flushed               out ^
 *
 * A match may be copied whole, and words beyond its end, without asking for
 * room: that is the slack.
 *
 *   I1  where a code is decoded, out is at most window + WINDOW + RUN
 *   I2  oldest <= flushed <= out, all in window
 */
#include "lib/errno.h"
#include "lib/inflate.h"
#include "lib/string.h"

#define KIND_SHIFT	8
#define VALUE_SHIFT	16
#define LITERAL		(0x80u << KIND_SHIFT)
#define TABLE		(0x40u << KIND_SHIFT)
#define END		(0x20u << KIND_SHIFT)
#define INVALID		(0x10u << KIND_SHIFT)

#define MAX_CODE_BITS	15
#define NR_LITERALS	256
#define NR_LENGTHS	286		/* symbols of literals and lengths */
#define NR_DISTANCES	30
#define NR_ORDERS	19		/* symbols that describe code lengths */
#define ORDER_BITS	7		/* of their codes */

struct loose_word {
	uint32_t value;
} __packed __attribute__((__may_alias__));

static int fail(struct inflate *inflate, const char *error)
{
	inflate->error = error;
	return -EINVAL;
}

static int truncated(struct inflate *inflate)
{
	inflate->error = "the input ends too early";
	return -EIO;
}

/* ----------------------------------------------------------------- bits in */

static bool read_byte(struct inflate *inflate, uint32_t *byte)
{
	struct byte_source *source = inflate->source;

	if (!byte_source_has(source))
		return false;
	*byte = *source->next++;
	return true;
}

/* Have @nr bits in hold, 24 at most, and read no byte more than that takes. */
static bool need_bits(struct inflate *inflate, uint32_t nr)
{
	uint32_t byte;

	while (inflate->nr_bits < nr) {
		if (!read_byte(inflate, &byte))
			return false;
		inflate->hold |= byte << inflate->nr_bits;
		inflate->nr_bits += 8;
	}
	return true;
}

/* Use @nr of the bits in hold, 16 at most. */
static uint32_t take_bits(struct inflate *inflate, uint32_t nr)
{
	uint32_t bits = inflate->hold & ((1u << nr) - 1);

	inflate->hold >>= nr;
	inflate->nr_bits -= nr;
	return bits;
}

/* The next @nr bits, 16 at most. */
static bool read_bits(struct inflate *inflate, uint32_t nr, uint32_t *bits)
{
	if (!need_bits(inflate, nr))
		return false;
	*bits = take_bits(inflate, nr);
	return true;
}

static bool read_word(struct inflate *inflate, uint32_t *word)
{
	uint32_t low, high;

	if (!read_bits(inflate, 16, &low) || !read_bits(inflate, 16, &high))
		return false;
	*word = high << 16 | low;
	return true;
}

static void drop_to_byte(struct inflate *inflate)
{
	take_bits(inflate, inflate->nr_bits % 8);
}

/* --------------------------------------------------------------- bytes out */

/* The CRC of bytes is a division; a table has the rest for each byte. */
static void make_crc_table(uint32_t table[4][256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t rest = i;

		for (int bit = 0; bit < 8; bit++)
			rest = rest >> 1 ^ (rest & 1 ? 0xedb88320 : 0);
		table[0][i] = rest;
	}
	/* And for each with one, two and three bytes of zero behind it. */
	for (int zeros = 1; zeros < 4; zeros++)
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t rest = table[zeros - 1][i];

			table[zeros][i] = rest >> 8 ^ table[0][rest & 0xff];
		}
}

static uint32_t crc_add(uint32_t table[4][256], uint32_t crc,
			const uint8_t *bytes, size_t size)
{
	for (; size >= 4; size -= 4, bytes += 4) {
		crc ^= ((const struct loose_word *)bytes)->value;
		crc = table[3][crc & 0xff] ^ table[2][crc >> 8 & 0xff] ^
		      table[1][crc >> 16 & 0xff] ^ table[0][crc >> 24];
	}
	for (; size; size--)
		crc = crc >> 8 ^ table[0][(crc ^ *bytes++) & 0xff];
	return crc;
}

/* Hand on all output. */
static int flush(struct inflate *inflate)
{
	uint8_t *bytes = inflate->flushed;
	size_t size = inflate->out - bytes;

	if (!size)
		return 0;
	inflate->flushed = inflate->out;
	inflate->crc = crc_add(inflate->crc_table, inflate->crc, bytes, size);
	inflate->size += size;
	return inflate->sink(inflate->context, bytes, size);
}

/* Make room: hand on all output, and keep the last 32 KiB in front. */
static int slide(struct inflate *inflate)
{
	uint8_t *keep = inflate->out - INFLATE_WINDOW;
	int err = flush(inflate);

	memcpy(inflate->window, keep, INFLATE_WINDOW);
	inflate->oldest = inflate->window;
	inflate->out = inflate->window + INFLATE_WINDOW;
	inflate->flushed = inflate->out;
	return err;
}

static uint8_t *run_end(struct inflate *inflate)
{
	return inflate->window + INFLATE_WINDOW + INFLATE_RUN;
}

/* ------------------------------------------------------------------ tables */

/*
 * Codes of one length follow each other in the order of their symbols, and
 * longer ones follow shorter ones: so the lengths tell all codes.
 *
 * What a symbol means is the caller's matter: an entry without nr_bits.
 */
struct table {
	uint32_t	*entry;
	uint32_t	 nr_entries;		/* room */
	uint32_t	 root_bits;
	uint32_t	 nr_used;
	uint32_t	 (*meaning)(uint32_t symbol);
	uint16_t	 count[MAX_CODE_BITS + 1];	/* codes of a length */
};

/* A code with its first bit as the lowest, as it comes out of the input. */
static uint32_t mirror(uint32_t code, uint32_t nr_bits)
{
	uint32_t mirrored = 0;

	while (nr_bits--) {
		mirrored = mirrored << 1 | (code & 1);
		code >>= 1;
	}
	return mirrored;
}

/* Is there no code twice (an error), nor a row of bits that is none? */
static int check_lengths(const struct table *table, uint32_t nr_codes)
{
	int32_t left = 1;

	for (int bits = 1; bits <= MAX_CODE_BITS; bits++) {
		left = left * 2 - table->count[bits];
		if (left < 0)
			return -EINVAL;
	}
	/* Incomplete is allowed with no code, or one of one bit. */
	if (left && nr_codes && (nr_codes > 1 || !table->count[1]))
		return -EINVAL;
	return 0;
}

/*
 * Begin a second table, for the codes from @code of @nr_bits on that have the
 * same first root_bits.  It must take the longest of them: try sizes, until
 * the codes that are left fill it.  Return its number of bits; 0: no room.
 */
static uint32_t begin_second(struct table *table, uint32_t nr_bits,
			     uint32_t prefix, uint32_t done)
{
	uint32_t bits = nr_bits - table->root_bits;
	int32_t left = (1 << bits) - (table->count[nr_bits] - (int32_t)done);

	while (left > 0 && bits + table->root_bits < MAX_CODE_BITS) {
		bits++;
		left = left * 2 - table->count[bits + table->root_bits];
	}
	if (table->nr_used + (1u << bits) > table->nr_entries)
		return 0;
	table->entry[prefix] = table->nr_used << VALUE_SHIFT | TABLE |
			       bits << KIND_SHIFT | table->root_bits;
	table->nr_used += 1u << bits;
	return bits;
}

/* Every index into the @size entries at @first that ends in @code means it. */
static void fill(uint32_t *first, uint32_t size, uint32_t code,
		 uint32_t nr_bits, uint32_t entry)
{
	for (uint32_t i = code; i < size; i += 1u << nr_bits)
		first[i] = entry;
}

/* Enter the code of one symbol; @done codes of this length are in already. */
static bool add_code(struct table *table, uint32_t code, uint32_t nr_bits,
		     uint32_t done, uint32_t symbol)
{
	uint32_t root = table->root_bits;
	uint32_t mirrored = mirror(code, nr_bits);
	uint32_t prefix = mirrored & ((1u << root) - 1);
	uint32_t meaning = table->meaning(symbol);
	uint32_t second;

	if (nr_bits <= root) {
		fill(table->entry, 1u << root, mirrored, nr_bits,
		     meaning | nr_bits);
		return true;
	}
	if (!(table->entry[prefix] & TABLE) &&
	    !begin_second(table, nr_bits, prefix, done))
		return false;
	second = table->entry[prefix];
	fill(table->entry + (second >> VALUE_SHIFT),
	     1u << (second >> KIND_SHIFT & 0x3f), mirrored >> root,
	     nr_bits - root, meaning | (nr_bits - root));
	return true;
}

/* Make the table of the @nr symbols whose codes have the lengths @length. */
static int make_table(struct table *table, const uint8_t *length, uint32_t nr)
{
	uint32_t code = 0, nr_codes = 0;

	memset(table->count, 0, sizeof(table->count));
	for (uint32_t symbol = 0; symbol < nr; symbol++) {
		table->count[length[symbol]]++;
		nr_codes += length[symbol] > 0;
	}
	table->count[0] = 0;
	if (check_lengths(table, nr_codes))
		return -EINVAL;

	table->nr_used = 1u << table->root_bits;
	for (uint32_t i = 0; i < table->nr_used; i++)
		table->entry[i] = INVALID | 1;
	for (uint32_t bits = 1; bits <= MAX_CODE_BITS; bits++, code <<= 1) {
		uint32_t done = 0;

		for (uint32_t symbol = 0; done < table->count[bits]; symbol++)
			if (length[symbol] == bits &&
			    !add_code(table, code++, bits, done++, symbol))
				return -EINVAL;
	}
	return 0;
}

static uint32_t plain_meaning(uint32_t symbol)
{
	return symbol << VALUE_SHIFT | LITERAL;
}

/*
 * Lengths 3 to 10 have a symbol each, then four symbols share each number of
 * extra bits, from one to five; the last, 258, has none.
 */
static uint32_t length_meaning(uint32_t symbol)
{
	uint32_t n = symbol - NR_LITERALS - 1;
	uint32_t extra = n < 8 ? 0 : n / 4 - 1;

	if (symbol < NR_LITERALS)
		return plain_meaning(symbol);
	if (symbol == NR_LITERALS)
		return END;
	if (symbol >= NR_LENGTHS)
		return INVALID;
	if (symbol == NR_LENGTHS - 1)
		return INFLATE_MAX_MATCH << VALUE_SHIFT;
	if (extra)
		n = (4 + n % 4) << extra;
	return (3 + n) << VALUE_SHIFT | extra << KIND_SHIFT;
}

/* Distances likewise, two symbols sharing each number of extra bits. */
static uint32_t distance_meaning(uint32_t n)
{
	uint32_t extra = n < 4 ? 0 : n / 2 - 1;

	if (n >= NR_DISTANCES)
		return INVALID;
	if (extra)
		n = (2 + n % 2) << extra;
	return (1 + n) << VALUE_SHIFT | extra << KIND_SHIFT;
}

/* Both tables of a block, from the lengths in inflate->length. */
static int make_tables(struct inflate *inflate, uint32_t nr_lengths,
		       uint32_t nr_distances)
{
	struct table table = {
		.entry		= inflate->entry,
		.nr_entries	= INFLATE_NR_ENTRIES,
		.root_bits	= INFLATE_ROOT_BITS,
		.meaning	= length_meaning,
	};

	if (make_table(&table, inflate->length, nr_lengths))
		return fail(inflate, "a bad code of lengths");
	table.entry = inflate->distance;
	table.nr_entries = INFLATE_NR_DISTANCES;
	table.root_bits = INFLATE_DISTANCE_BITS;
	table.meaning = distance_meaning;
	if (make_table(&table, inflate->length + nr_lengths, nr_distances))
		return fail(inflate, "a bad code of distances");
	return 0;
}

/* ------------------------------------------------------------------ blocks */

/* What the inner loop works with: copies of its fields of struct inflate. */
struct registers {
	uint32_t	 hold, nr_bits;
	const uint8_t	*next, *end;
};

static __always_inline void registers_load(struct registers *r,
					   struct inflate *inflate)
{
	r->hold = inflate->hold;
	r->nr_bits = inflate->nr_bits;
	r->next = inflate->source->next;
	r->end = inflate->source->end;
}

static __always_inline void registers_store(const struct registers *r,
					    struct inflate *inflate)
{
	inflate->hold = r->hold;
	inflate->nr_bits = r->nr_bits;
	inflate->source->next = r->next;
}

/* Have 16 bits in hold. */
static __always_inline bool registers_need(struct registers *r,
					   struct inflate *inflate)
{
	bool ok;

	if (likely(r->nr_bits >= 16))
		return true;
	if (likely(r->end - r->next >= 2)) {
		r->hold |= (uint32_t)(r->next[0] | r->next[1] << 8) <<
			   r->nr_bits;
		r->next += 2;
		r->nr_bits += 16;
		return true;
	}
	registers_store(r, inflate);
	ok = need_bits(inflate, 16);
	registers_load(r, inflate);
	return ok;
}

static __always_inline uint32_t registers_take(struct registers *r,
					       uint32_t nr)
{
	uint32_t bits = r->hold & ((1u << nr) - 1);

	r->hold >>= nr;
	r->nr_bits -= nr;
	return bits;
}

/* The entry of the next code in @table, whose bits are used up. */
static __always_inline uint32_t decode(struct registers *r,
				       const uint32_t *table,
				       uint32_t root_bits)
{
	uint32_t entry = table[r->hold & ((1u << root_bits) - 1)];
	uint32_t index;

	if (unlikely(entry & TABLE)) {
		registers_take(r, root_bits);
		index = r->hold & ((1u << (entry >> KIND_SHIFT & 0x3f)) - 1);
		entry = table[(entry >> VALUE_SHIFT) + index];
	}
	registers_take(r, entry & 0xff);
	return entry;
}

/* The value of a length or distance; its extra bits are in hold. */
static __always_inline uint32_t value_of(struct registers *r, uint32_t entry)
{
	return (entry >> VALUE_SHIFT) +
	       registers_take(r, entry >> KIND_SHIFT & 0xf);
}

/*
 * Copy a match, by words where it does not overlap within one.  Where it does,
 * it repeats: what is copied makes the distance to its start greater.  Writes
 * up to three bytes too many.
 */
static __always_inline uint8_t *copy_match(uint8_t *out, uint32_t distance,
					   uint32_t length)
{
	const uint8_t *from = out - distance;
	uint8_t *end = out + length;

	while (unlikely(out - from < 4)) {
		uint32_t step = out - from;

		for (uint32_t i = 0; i < step; i++)
			out[i] = from[i];
		out += step;
	}
	for (; out < end; out += 4, from += 4)
		((struct loose_word *)out)->value =
			((const struct loose_word *)from)->value;
	return end;
}

/*
 * The codes of a block, up to its end or to a full run.
 * Return: 1 for the end of the block, 0 for a full run, or an error.
 */
static int unpack_codes(struct inflate *inflate)
{
	struct registers r;
	uint8_t *out = inflate->out;
	uint8_t *out_end = run_end(inflate);
	uint32_t entry, length, distance;
	int err = 0;

	registers_load(&r, inflate);
	while (out < out_end) {
		if (!registers_need(&r, inflate))
			goto no_more;
		entry = decode(&r, inflate->entry, INFLATE_ROOT_BITS);
		if (entry & LITERAL) {
			*out++ = entry >> VALUE_SHIFT;
			continue;
		}
		if (entry & (END | INVALID)) {
			err = entry & END ? 1 : fail(inflate, "no such length");
			break;
		}
		if (!registers_need(&r, inflate))
			goto no_more;
		length = value_of(&r, entry);
		if (!registers_need(&r, inflate))
			goto no_more;
		entry = decode(&r, inflate->distance, INFLATE_DISTANCE_BITS);
		if (entry & INVALID) {
			err = fail(inflate, "no such distance");
			break;
		}
		if (!registers_need(&r, inflate))
			goto no_more;
		distance = value_of(&r, entry);
		if (distance > (uint32_t)(out - inflate->oldest)) {
			err = fail(inflate, "a distance too far back");
			break;
		}
		out = copy_match(out, distance, length);
	}
	registers_store(&r, inflate);
	inflate->out = out;
	return err;
no_more:
	inflate->out = out;
	return truncated(inflate);
}

static int unpack_coded(struct inflate *inflate)
{
	int err;

	while ((err = unpack_codes(inflate)) == 0) {
		err = slide(inflate);
		if (err)
			break;
	}
	return err > 0 ? 0 : err;
}

static int unpack_fixed(struct inflate *inflate)
{
	uint8_t *length = inflate->length;

	memset(length, 8, 288);
	memset(length + 144, 9, 256 - 144);
	memset(length + 256, 7, 280 - 256);
	memset(length + 288, 5, 32);
	return make_tables(inflate, 288, 32) ?: unpack_coded(inflate);
}

/* The code of the code lengths, into the table of distances. */
static int read_orders(struct inflate *inflate, uint32_t nr)
{
	static const uint8_t order[NR_ORDERS] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
	};
	struct table table = {
		.entry		= inflate->distance,
		.nr_entries	= INFLATE_NR_DISTANCES,
		.root_bits	= ORDER_BITS,
		.meaning	= plain_meaning,
	};
	uint32_t bits;

	memset(inflate->length, 0, NR_ORDERS);
	for (uint32_t i = 0; i < nr; i++) {
		if (!read_bits(inflate, 3, &bits))
			return truncated(inflate);
		inflate->length[order[i]] = bits;
	}
	/* The last row of bits means something exactly if all of them do. */
	if (make_table(&table, inflate->length, NR_ORDERS) ||
	    inflate->distance[(1 << ORDER_BITS) - 1] & INVALID)
		return fail(inflate, "a bad code of code lengths");
	return 0;
}

/* The @nr code lengths, in runs: of one length, or of the last, or of 0. */
static int read_lengths(struct inflate *inflate, uint32_t nr)
{
	static const uint8_t extra[] = { 2, 3, 7 };
	static const uint8_t base[] = { 3, 3, 11 };
	uint8_t *length = inflate->length;
	uint32_t entry, symbol, repeat;

	for (uint32_t i = 0; i < nr; i += repeat) {
		if (!need_bits(inflate, 16))
			return truncated(inflate);
		entry = inflate->distance[inflate->hold &
					  ((1u << ORDER_BITS) - 1)];
		take_bits(inflate, entry & 0xff);
		symbol = entry >> VALUE_SHIFT;
		repeat = 1;
		if (symbol >= 16) {
			if (!read_bits(inflate, extra[symbol - 16], &repeat))
				return truncated(inflate);
			repeat += base[symbol - 16];
			if (repeat > nr - i || (symbol == 16 && i == 0))
				return fail(inflate, "a bad run of lengths");
			symbol = symbol == 16 ? length[i - 1] : 0;
		}
		memset(length + i, symbol, repeat);
	}
	return 0;
}

static int unpack_dynamic(struct inflate *inflate)
{
	uint32_t nr_lengths, nr_distances, nr_orders;
	int err;

	if (!need_bits(inflate, 14))
		return truncated(inflate);
	nr_lengths = 257 + take_bits(inflate, 5);
	nr_distances = 1 + take_bits(inflate, 5);
	nr_orders = 4 + take_bits(inflate, 4);
	if (nr_lengths > NR_LENGTHS || nr_distances > NR_DISTANCES)
		return fail(inflate, "too many codes");
	err = read_orders(inflate, nr_orders);
	if (err)
		return err;
	err = read_lengths(inflate, nr_lengths + nr_distances);
	if (err)
		return err;
	if (!inflate->length[NR_LITERALS])
		return fail(inflate, "a block without an end");
	return make_tables(inflate, nr_lengths, nr_distances) ?:
	       unpack_coded(inflate);
}

static int unpack_stored(struct inflate *inflate)
{
	struct byte_source *source = inflate->source;
	uint32_t size, inverted;
	int err = 0;

	drop_to_byte(inflate);
	if (!read_bits(inflate, 16, &size) ||
	    !read_bits(inflate, 16, &inverted))
		return truncated(inflate);
	if (size != (inverted ^ 0xffff))
		return fail(inflate, "a stored block of no sure size");
	/* These were four bytes, so of three read ahead none is left. */
	while (size && !err) {
		size_t run;

		if (!byte_source_has(source))
			return truncated(inflate);
		run = min((size_t)size, (size_t)(source->end - source->next));
		run = min(run, (size_t)(run_end(inflate) - inflate->out));
		memcpy(inflate->out, source->next, run);
		source->next += run;
		inflate->out += run;
		size -= run;
		if (inflate->out == run_end(inflate))
			err = slide(inflate);
	}
	return err;
}

static int unpack_blocks(struct inflate *inflate)
{
	uint32_t header;
	int err;

	do {
		if (!read_bits(inflate, 3, &header))
			return truncated(inflate);
		switch (header >> 1) {
		case 0:  err = unpack_stored(inflate); break;
		case 1:  err = unpack_fixed(inflate); break;
		case 2:  err = unpack_dynamic(inflate); break;
		default: err = fail(inflate, "a block of no known type");
		}
	} while (!err && !(header & 1));
	return err ?: flush(inflate);
}

/* -------------------------------------------------------------------- gzip */

#define GZIP_CRC	0x02		/* the header has a CRC of its own */
#define GZIP_EXTRA	0x04
#define GZIP_NAME	0x08
#define GZIP_COMMENT	0x10
#define GZIP_UNKNOWN	0xe0

static bool skip(struct inflate *inflate, uint32_t nr)
{
	uint32_t byte;

	while (nr--)
		if (!read_byte(inflate, &byte))
			return false;
	return true;
}

static bool skip_string(struct inflate *inflate)
{
	uint32_t byte;

	do {
		if (!read_byte(inflate, &byte))
			return false;
	} while (byte);
	return true;
}

static int read_header(struct inflate *inflate)
{
	uint32_t word, size;

	if (!read_word(inflate, &word))
		return truncated(inflate);
	if ((word & 0xffff) != 0x8b1f)
		return fail(inflate, "not in gzip format");
	if ((word >> 16 & 0xff) != 8 || word >> 24 & GZIP_UNKNOWN)
		return fail(inflate, "an unknown method or flag of gzip");
	word >>= 24;
	if (!skip(inflate, 6))		/* time, and who packed it how */
		return truncated(inflate);
	if (word & GZIP_EXTRA && (!read_bits(inflate, 16, &size) ||
				  !skip(inflate, size)))
		return truncated(inflate);
	if ((word & GZIP_NAME && !skip_string(inflate)) ||
	    (word & GZIP_COMMENT && !skip_string(inflate)) ||
	    (word & GZIP_CRC && !skip(inflate, 2)))
		return truncated(inflate);
	return 0;
}

static int check_trailer(struct inflate *inflate)
{
	uint32_t crc, size;

	drop_to_byte(inflate);
	if (!read_word(inflate, &crc) || !read_word(inflate, &size))
		return truncated(inflate);
	if (crc != ~inflate->crc)
		return fail(inflate, "a wrong check sum");
	if (size != inflate->size)
		return fail(inflate, "a wrong size");
	return 0;
}

void inflate_init(struct inflate *inflate)
{
	make_crc_table(inflate->crc_table);
}

int inflate_gzip(struct inflate *inflate, struct byte_source *source,
		 inflate_sink sink, void *context)
{
	inflate->source = source;
	inflate->sink = sink;
	inflate->context = context;
	inflate->error = NULL;
	inflate->hold = 0;
	inflate->nr_bits = 0;
	inflate->out = inflate->window;
	inflate->flushed = inflate->out;
	inflate->oldest = inflate->out;
	inflate->crc = ~0u;
	inflate->size = 0;
	return read_header(inflate) ?:
	       unpack_blocks(inflate) ?:
	       check_trailer(inflate);
}
