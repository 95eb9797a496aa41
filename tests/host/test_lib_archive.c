// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/archive.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "samples.h"

#define HOOK_ERROR (-ENOSPC)

static struct archive *archive;

/* What the hooks saw: a letter a call, and all data in one sum. */
static char story[4000];
static size_t story_size;
static uint32_t data_sum;
static int fail_at = -1, nr_calls;

static int call(char letter)
{
	if (story_size < sizeof(story) - 1)
		story[story_size++] = letter;
	story[story_size] = '\0';
	return nr_calls++ == fail_at ? HOOK_ERROR : 0;
}

static int on_entry(void *context, const struct cpio_entry *entry)
{
	EXPECT(context == story);
	EXPECT(entry->name[0] == 'a' || entry->name[0] == 'b');
	return call(entry->name[1]);
}

static int on_data(void *context, const uint8_t *bytes, size_t size)
{
	EXPECT(context == story);
	while (size--)
		data_sum = (data_sum ^ *bytes++) * 0x01000193;
	return nr_calls++ == fail_at ? HOOK_ERROR : 0;
}

static int on_end(void *context)
{
	EXPECT(context == story);
	return call('.');
}

static int on_done(void *context)
{
	EXPECT(context == story);
	return call('!');
}

static const struct cpio_ops ops = { on_entry, on_data, on_end, on_done };

static uint8_t input[1 << 20];
static size_t size;
static uint32_t offset;			/* where reading it ended */

static void begin(void)
{
	size = 0;
}

static void add_bytes(const void *bytes, size_t nr)
{
	memcpy(input + size, bytes, nr);
	size += nr;
}

static void add_zeros(size_t nr)
{
	while (nr--)
		input[size++] = 0;
}

static void add(const char *file)
{
	struct bytes bytes = sample_read(file);

	add_bytes(bytes.at, bytes.size);
	free(bytes.at);
}

static int read_pieces_with(const struct cpio_ops *hooks, size_t piece)
{
	struct piece_source pieces;
	int err;

	if (!archive) {
		archive = malloc(sizeof(*archive));
		memset(archive, 0xa5, sizeof(*archive));
		archive_init(archive);
	}
	story_size = 0;
	story[0] = '\0';
	data_sum = 0;
	nr_calls = 0;
	piece_source_init(&pieces, input, size, piece);
	err = archive_read(archive, &pieces.source, hooks, story);
	offset = byte_source_offset(&pieces.source);
	piece_source_end(&pieces);
	EXPECT((err == 0 || err == HOOK_ERROR) == !archive->error);
	return err;
}

static int read_pieces(size_t piece)
{
	return read_pieces_with(&ops, piece);
}

static const size_t pieces[] = { SIZE_MAX, 4096, 1, 2, 3, 7 };

static uint32_t reads_as(const char *expected)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		EXPECT_EQ(read_pieces(pieces[i]), 0);
		EXPECT_EQ(offset, size);
		EXPECT(strcmp(story, expected) == 0);
		EXPECT(i == 0 || sum == data_sum);
		sum = data_sum;
	}
	return sum;
}

static bool fails_with(int err, const char *reason)
{
	int got = read_pieces(1 + host_random_below(5000));

	if (got == err && strcmp(archive->error, reason) == 0)
		return true;
	printf("# %d, %s\n", got, archive->error ?: "good");
	return false;
}

#define ONE "0.1.2.3.4.!"

TEST(archive, nothing_and_zeros_are_an_archive_of_nothing)
{
	begin();
	reads_as("");
	add_zeros(5000);
	reads_as("");
	EXPECT_EQ(archive->nr_entries, 0);
}

TEST(archive, packed_or_plain_it_is_the_same)
{
	uint32_t sum;

	begin();
	add("cpio-b.raw");
	sum = reads_as(ONE);
	EXPECT_EQ(archive->nr_entries, 5);
	begin();
	add("cpio-b.gz");
	EXPECT_EQ(reads_as(ONE), sum);
	EXPECT_EQ(archive->nr_entries, 5);
}

TEST(archive, archives_may_follow_each_other_in_any_mixture)
{
	static const char *const mixtures[][3] = {
		{ "raw", "raw", "raw" }, { "raw", "gz", "raw" },
		{ "gz", "raw", "gz" }, { "gz", "gz", "raw" },
	};
	static const char *const files[][2] = {
		{ "cpio-a.raw", "cpio-b.raw" }, { "cpio-a.gz", "cpio-b.gz" },
	};
	uint32_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(mixtures); i++)
		for (int zeros = 0; zeros < 600; zeros += 64) {
			uint32_t now;

			begin();
			for (int j = 0; j < 3; j++) {
				bool gz = mixtures[i][j][0] == 'g';

				add(files[gz][j % 2]);
				add_zeros(zeros);
			}
			now = reads_as(ONE ONE ONE);
			EXPECT_EQ(archive->nr_entries, 15);
			EXPECT(sum == 0 || sum == now);
			sum = now;
		}
}

TEST(archive, what_is_neither_cpio_nor_gzip_is_refused_where_it_is)
{
	begin();
	add("cpio-a.gz");
	add_zeros(3);
	add_bytes("\xfd" "7zXZ", 6);
	EXPECT(fails_with(-EINVAL, "neither cpio nor gzip"));
	EXPECT_EQ(offset, size - 6);
	begin();
	add("text-1.gz");
	EXPECT(fails_with(-EINVAL, "no cpio in gzip"));
	begin();
	add_bytes("0123456789abcdef", 16);
	add_zeros(100);
	EXPECT(fails_with(-EINVAL, "no cpio header"));
	begin();
	add_bytes("\x1f\x8b\x07", 4);
	EXPECT(fails_with(-EINVAL, "an unknown method or flag of gzip"));
}

TEST(archive, it_is_noticed_wherever_the_input_is_cut)
{
	size_t whole;

	begin();
	add("cpio-a.raw");
	add("cpio-a.gz");
	whole = size;
	begin();
	add("cpio-a.raw");
	for (size_t plain = size, at = 1; at < whole; at++) {
		size = at;
		if (at == plain)
			EXPECT_EQ(read_pieces(99), 0);
		else if (at < plain)
			EXPECT(fails_with(-EIO, "the archive is cut short"));
		else
			EXPECT(fails_with(-EIO, "the input ends too early"));
	}
}

TEST(archive, a_broken_archive_in_gzip_says_what_is_broken)
{
	struct bytes packed = sample_read("cpio-a.gz");

	begin();
	add_bytes(packed.at, packed.size);
	input[size - 8] ^= 1;
	EXPECT(fails_with(-EINVAL, "a wrong check sum"));
	free(packed.at);
	/* A stored block with a part of a header. */
	begin();
	add_bytes("\x1f\x8b\x08\0\0\0\0\0\0\0" "\x01\x06\x00\xf9\xff" "070701"
		  "\xe5\xff\x2e\xf9" "\x06\0\0\0", 29);
	EXPECT(fails_with(-EIO, "the packed archive is cut short"));
	/* And it does not go on in what follows. */
	add("cpio-a.raw");
	EXPECT(fails_with(-EIO, "the packed archive is cut short"));
	EXPECT_EQ(offset, 29);
}

TEST(archive, an_error_of_any_hook_ends_it_there)
{
	int total;

	begin();
	add("cpio-a.raw");
	add("cpio-b.gz");
	EXPECT_EQ(read_pieces(1000), 0);
	total = nr_calls;
	for (fail_at = 0; fail_at < total; fail_at++) {
		EXPECT_EQ(read_pieces(1000), HOOK_ERROR);
		EXPECT_EQ(nr_calls, fail_at + 1);
	}
	fail_at = -1;
	EXPECT(total > 20);
}
