// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/inflate.h"
#include "lib/string.h"
#include "samples.h"

#define MAX_OUTPUT (2 << 20)
#define SINK_ERROR (-ENOSPC)

static struct inflate *inflate;

static uint8_t output[MAX_OUTPUT];
static size_t output_size;
static int nr_runs, fail_at = -1;	/* a run of the sink that fails */
static size_t not_read;			/* of the last input */

static int sink(void *context, const uint8_t *bytes, size_t size)
{
	EXPECT(context == output && size);
	if (nr_runs++ == fail_at)
		return SINK_ERROR;
	for (size_t i = 0; i < size && output_size < MAX_OUTPUT; i++)
		output[output_size++] = bytes[i];
	return 0;
}

/* Unpack, with a struct inflate that is full of old data. */
static int unpack(const void *bytes, size_t size, size_t piece)
{
	struct piece_source pieces;
	int err;

	piece_source_init(&pieces, bytes, size, piece);
	if (!inflate) {
		inflate = malloc(sizeof(*inflate));
		memset(inflate, 0xa5, sizeof(*inflate));
		inflate_init(inflate);
	}
	output_size = 0;
	nr_runs = 0;
	err = inflate_gzip(inflate, &pieces.source, sink, output);
	not_read = size - byte_source_offset(&pieces.source);
	piece_source_end(&pieces);
	EXPECT((err == 0 || err == SINK_ERROR) == !inflate->error);
	return err;
}

static bool is_output(struct bytes raw)
{
	if (output_size != raw.size)
		return false;
	for (size_t i = 0; i < raw.size; i++)
		if (output[i] != raw.at[i])
			return false;
	return true;
}

static struct bytes read_pair(const char *name, struct bytes *raw)
{
	char file[100];

	snprintf(file, sizeof(file), "%s.raw", name);
	*raw = sample_read(file);
	snprintf(file, sizeof(file), "%s.gz", name);
	return sample_read(file);
}

static void unpack_sample(const char *name)
{
	static const size_t pieces[] = { SIZE_MAX, 4096, 1, 2, 3, 7 };
	struct bytes raw, packed = read_pair(name, &raw);

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		bool good = EXPECT_EQ(unpack(packed.at, packed.size, pieces[i]),
				      0);

		good &= EXPECT_EQ(not_read, 0);
		good &= EXPECT(is_output(raw));
		if (!good)
			printf("# sample %s, pieces of %zd, %s\n", name,
			       pieces[i], inflate->error ?: "no error");
	}
	free(raw.at);
	free(packed.at);
}

TEST(inflate, what_zlib_packs_comes_out_from_pieces_of_any_size)
{
	struct bytes names = sample_read("names");
	char *name = (char *)names.at;
	int nr = 0;

	for (char *end; name < (char *)names.at + names.size; name = end + 1) {
		for (end = name; *end != '\n';)
			end++;
		*end = '\0';
		unpack_sample(name);
		nr++;
	}
	EXPECT(nr > 25);
	free(names.at);
}

static const char *const small[] = {
	"empty", "small", "small-stored", "small-fixed", "small-dynamic",
	"header", "lengths",
};

TEST(inflate, a_member_that_is_cut_anywhere_is_known_to_be)
{
	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		struct bytes raw, packed = read_pair(small[i], &raw);

		for (size_t size = 0; size < packed.size; size++) {
			EXPECT_EQ(unpack(packed.at, size, 1 + size % 9), -EIO);
			EXPECT_EQ(not_read, 0);
			EXPECT(output_size <= raw.size);
		}
		free(raw.at);
		free(packed.at);
	}
}

TEST(inflate, a_byte_that_is_changed_is_noticed_or_changes_nothing)
{
	int nr_refused = 0, nr = 0;

	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		struct bytes raw, packed = read_pair(small[i], &raw);

		for (size_t at = 0; at < packed.size; at++)
			for (int bit = 0; bit < 8; bit++, nr++) {
				packed.at[at] ^= 1 << bit;
				if (unpack(packed.at, packed.size,
					   1 + at % 70))
					nr_refused++;
				else
					EXPECT(is_output(raw));
				packed.at[at] ^= 1 << bit;
			}
		free(raw.at);
		free(packed.at);
	}
	EXPECT(nr > 10000 && nr_refused > nr / 2);
}

TEST(inflate, no_byte_behind_a_member_is_read)
{
	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		struct bytes raw, packed = read_pair(small[i], &raw);
		uint8_t *longer = malloc(packed.size + 20);

		for (size_t j = 0; j < packed.size + 20; j++)
			longer[j] = j < packed.size ? packed.at[j] : 0xff;
		for (size_t piece = 1; piece < 30; piece++) {
			EXPECT_EQ(unpack(longer, packed.size + 20, piece), 0);
			EXPECT_EQ(not_read, 20);
		}
		free(longer);
		free(raw.at);
		free(packed.at);
	}
}

TEST(inflate, an_error_of_the_sink_ends_it_there)
{
	struct bytes raw, packed = read_pair("zeros", &raw);
	int nr;

	EXPECT_EQ(unpack(packed.at, packed.size, 100), 0);
	nr = nr_runs;
	EXPECT(nr > 5 && nr <= 20);
	for (fail_at = 0; fail_at < nr; fail_at++) {
		EXPECT_EQ(unpack(packed.at, packed.size, 100), SINK_ERROR);
		EXPECT_EQ(nr_runs, fail_at + 1);
	}
	fail_at = -1;
	free(raw.at);
	free(packed.at);
}

/* ------------------------------------------------------------ zlib's verdict */

static void put32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = value >> 8 * i;
}

TEST(inflate, zlib_and_we_agree_about_damaged_streams)
{
	struct bytes file = sample_read("verdicts");
	uint32_t row[4], nr = 0, nr_good = 0;
	uint8_t member[2000] = { 0x1f, 0x8b, 8 };

	for (size_t at = 0; at < file.size; at += sizeof(row) + row[1], nr++) {
		int err;

		memcpy(row, file.at + at, sizeof(row));
		REQUIRE(row[1] < sizeof(member) - 18);
		memcpy(member + 10, file.at + at + sizeof(row), row[1]);
		put32(member + 10 + row[1], row[3]);
		put32(member + 14 + row[1], row[2]);
		err = unpack(member, 18 + row[1], 1 + nr % 50);

		nr_good += row[0];
		if (!EXPECT((err == 0 && not_read == 0) == (row[0] == 1)))
			printf("# row %u: %u, %s\n", nr, row[0],
			       inflate->error ?: "good");
	}
	EXPECT(nr > 20000 && nr_good > 1000);
	free(file.at);
}

/* ------------------------------------------------------------- bits by hand */

static uint8_t made[1 << 17];
static size_t nr_made;			/* bits */

static void bits(uint32_t value, int nr)
{
	for (; nr--; value >>= 1, nr_made++) {
		if (nr_made % 8 == 0)
			made[nr_made / 8] = 0;
		made[nr_made / 8] |= (value & 1) << nr_made % 8;
	}
}

/* A code, which comes with its first bit first. */
static void code(uint32_t value, int nr)
{
	while (nr--)
		bits(value >> nr, 1);
}

static void begin_member(void)
{
	nr_made = 0;
	bits(0x8b1f, 16);
	bits(8, 8);
	bits(0, 7);
	for (int i = 0; i < 6; i++)
		bits(0, 8);
	bits(0, 1);
}

/* Close it with what has to be there, right or not, and unpack it. */
static int unpack_made(uint32_t crc, uint32_t size)
{
	while (nr_made % 8)
		bits(1, 1);
	bits(crc, 32);
	bits(size, 32);
	return unpack(made, nr_made / 8, 1 + host_random_below(30));
}

static bool is_refused(const char *reason)
{
	int err = unpack_made(0, 0);

	if (err == -EINVAL && strcmp(inflate->error, reason) == 0)
		return true;
	printf("# %d, %s\n", err, inflate->error ?: "good");
	return false;
}

static void fixed_block(void)
{
	bits(1, 1);
	bits(1, 2);
}

static void fixed_literal(uint32_t byte)
{
	if (byte < 144)
		code(0x30 + byte, 8);
	else
		code(0x190 + byte - 144, 9);
}

TEST(inflate, blocks_of_the_fourth_type_are_refused)
{
	begin_member();
	bits(1, 1);
	bits(3, 2);
	EXPECT(is_refused("a block of no known type"));
}

TEST(inflate, a_stored_block_says_its_size_twice)
{
	begin_member();
	bits(1, 1);
	bits(0, 2);
	while (nr_made % 8)
		bits(1, 1);
	bits(0, 16);
	bits(0xfffe, 16);
	EXPECT(is_refused("a stored block of no sure size"));
}

TEST(inflate, symbols_that_the_fixed_codes_do_not_have_are_refused)
{
	for (int symbol = 286; symbol < 288; symbol++) {
		begin_member();
		fixed_block();
		code(0xc0 + symbol - 280, 8);
		EXPECT(is_refused("no such length"));
	}
	for (int symbol = 30; symbol < 32; symbol++) {
		begin_member();
		fixed_block();
		fixed_literal('x');
		code(257 - 256, 7);
		code(symbol, 5);
		EXPECT(is_refused("no such distance"));
	}
}

/* @before literals, then a match of three bytes from @distance back. */
static void far_match(uint32_t before, uint32_t distance)
{
	uint32_t n = 29, base = 24577;

	begin_member();
	fixed_block();
	for (uint32_t i = 0; i < before; i++)
		fixed_literal(i % 144);
	code(257 - 256, 7);
	if (distance < 5)
		n = distance - 1, base = distance;
	code(n, 5);
	bits(distance - base, n < 4 ? 0 : 13);
	code(0, 7);
}

TEST(inflate, a_distance_reaches_to_the_first_byte_and_no_further)
{
	far_match(0, 1);
	EXPECT(is_refused("a distance too far back"));
	far_match(1, 2);
	EXPECT(is_refused("a distance too far back"));
	far_match(32767, 32768);
	EXPECT(is_refused("a distance too far back"));
	far_match(32768, 32768);
	EXPECT(is_refused("a wrong check sum"));
	EXPECT_EQ(output_size, 32768 + 3);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(output[32768 + i], i);
}

TEST(inflate, the_whole_window_is_kept_when_a_run_is_handed_on)
{
	const uint32_t run = INFLATE_WINDOW + INFLATE_RUN;

	for (uint32_t size = run - 3; size < run + 4; size++) {
		begin_member();
		fixed_block();
		for (uint32_t i = 0; i < size; i++)
			fixed_literal(i % 143);
		for (int i = 0; i < 100; i++) {
			code(257 - 256 + 4, 7);		/* 7 bytes */
			code(29, 5);
			bits(INFLATE_WINDOW - 24577, 13);
		}
		code(0, 7);
		EXPECT_EQ(unpack_made(0, 0), -EINVAL);
		EXPECT_EQ(nr_runs, 2);
		REQUIRE(output_size == size + 700);
		for (uint32_t i = 0; i < 700; i++)
			EXPECT_EQ(output[size + i],
				  (size - INFLATE_WINDOW + i) % 143);
	}
}

/*
 * A block with codes of its own, up to their lengths.  @orders are the lengths
 * of the codes of 16 17 18 0 8 7 9 6 10 5 11 4 12 3 13 2 14 1 15, as digits.
 */
static void dynamic_block(uint32_t nr_lengths, uint32_t nr_distances,
			  const char *orders)
{
	begin_member();
	bits(1, 1);
	bits(2, 2);
	bits(nr_lengths - 257, 5);
	bits(nr_distances - 1, 5);
	bits(strlen(orders) - 4, 4);
	while (*orders)
		bits(*orders++ - '0', 3);
}

/* Lengths of codes: @nr zeros, by the code @zeros of 18. */
static void zero_lengths(const char *zeros, int nr)
{
	while (nr) {
		int run = min(nr, 128);

		for (const char *digit = zeros; *digit; digit++)
			code(*digit - '0', 1);
		bits(run - 11, 7);
		nr -= run;
	}
}

TEST(inflate, there_are_286_lengths_and_30_distances_at_most)
{
	dynamic_block(287, 1, "1111");
	EXPECT(is_refused("too many codes"));
	dynamic_block(286, 31, "1111");
	EXPECT(is_refused("too many codes"));
	dynamic_block(286, 30, "1111");
	EXPECT(is_refused("a bad code of code lengths"));
}

TEST(inflate, code_lengths_have_a_complete_code_without_doubles)
{
	static const char *const bad[] = {
		"0000", "1000", "0200", "1110", "1200", "7770", "1220001",
		"1000000000000000000", "1222200000000000000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		dynamic_block(257, 1, bad[i]);
		EXPECT(is_refused("a bad code of code lengths"));
	}
}

TEST(inflate, runs_of_code_lengths_have_a_beginning_and_an_end)
{
	dynamic_block(257, 1, "1010");		/* 16: 0, 18: 1 */
	code(0, 1);
	bits(0, 2);
	EXPECT(is_refused("a bad run of lengths"));
	dynamic_block(257, 1, "1010");
	zero_lengths("1", 128 + 128);
	code(1, 1);				/* 11, and there is room for 2 */
	bits(0, 7);
	EXPECT(is_refused("a bad run of lengths"));
}

TEST(inflate, a_block_has_an_end)
{
	dynamic_block(257, 1, "1010");
	zero_lengths("1", 128 + 119);
	zero_lengths("1", 11);
	EXPECT(is_refused("a block without an end"));
}

/* Of codes of lengths: 18: 0, 0: 10, 1: 110, 2: 111. */
#define ORDERS "001200000000000303"

static void end_and_distance(int end, int distance)
{
	dynamic_block(257, 1, ORDERS);
	zero_lengths("0", 128 + 128);
	code(end ? 5 + end : 2, end ? 3 : 2);
	code(distance ? 5 + distance : 2, distance ? 3 : 2);
}

TEST(inflate, codes_are_complete_unless_there_is_one_or_none)
{
	end_and_distance(2, 1);
	EXPECT(is_refused("a bad code of lengths"));
	end_and_distance(1, 2);
	EXPECT(is_refused("a bad code of distances"));
	for (int distance = 0; distance < 2; distance++) {
		end_and_distance(1, distance);
		code(0, 1);
		EXPECT_EQ(unpack_made(0, 0), 0);
		end_and_distance(1, distance);
		code(1, 1);
		EXPECT(is_refused("no such length"));
	}
}

/* ---------------------------------------------------------------------- gzip */

TEST(inflate, a_header_of_another_kind_is_refused)
{
	struct bytes raw, packed = read_pair("small", &raw);

	for (int at = 0; at < 4; at++)
		for (int value = 0; value < 256; value++) {
			uint8_t old = packed.at[at];
			int err;

			packed.at[at] = value;
			err = unpack(packed.at, packed.size, 5);
			if (value == old)
				EXPECT_EQ(err, 0);
			else if (at < 3)
				EXPECT(err == -EINVAL &&
				       strcmp(inflate->error, at < 2 ?
					      "not in gzip format" :
					      "an unknown method or flag of "
					      "gzip") == 0);
			else if (value & 0xe0)
				EXPECT_EQ(err, -EINVAL);
			packed.at[at] = old;
		}
	free(raw.at);
	free(packed.at);
}

TEST(inflate, the_check_sum_and_the_size_must_be_right)
{
	struct bytes raw, packed = read_pair("small", &raw);

	packed.at[packed.size - 1] ^= 0x80;
	EXPECT_EQ(unpack(packed.at, packed.size, 5), -EINVAL);
	EXPECT(strcmp(inflate->error, "a wrong size") == 0);
	packed.at[packed.size - 5] ^= 0x80;
	EXPECT_EQ(unpack(packed.at, packed.size, 5), -EINVAL);
	EXPECT(strcmp(inflate->error, "a wrong check sum") == 0);
	free(raw.at);
	free(packed.at);
}
