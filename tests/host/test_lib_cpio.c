// SPDX-License-Identifier: MIT
#include <stdarg.h>

#include "host.h"
#include "lib/cpio.h"
#include "lib/errno.h"
#include "lib/string.h"

/* libc's, which knows octal numbers. */
#undef snprintf
#undef vsnprintf

/* What the hooks saw, as text, one line a file. */
static char story[1 << 16];
static size_t story_size;

/* What is wrong in the order of the hooks' calls; NULL for nothing. */
static const char *disorder;
static uint32_t data_left;		/* of the file that is open */
static bool is_open;
static uint32_t data_runs;

/* The hook call that fails, counted from 0; -1 for none. */
static int fail_at = -1, nr_calls;
#define HOOK_ERROR (-ENOSPC)

static struct cpio *cpio;

__attribute__((__format__(printf, 1, 2)))
static void tell(const char *format, ...)
{
	va_list args;

	if (story_size > sizeof(story) - 4 * CPIO_PATH_MAX)
		return;
	va_start(args, format);
	story_size += vsnprintf(story + story_size, sizeof(story) - story_size,
				format, args);
	va_end(args);
}

static int hook_result(void)
{
	return nr_calls++ == fail_at ? HOOK_ERROR : 0;
}

static int type_of(const struct cpio_entry *entry)
{
	return entry->mode >> 12 & 017;
}

static int on_entry(void *context, const struct cpio_entry *entry)
{
	if (context != story || is_open)
		disorder = "an entry inside another";
	if (!entry->name[0] || !entry->target != (type_of(entry) != 012))
		disorder = "no name, or a target for what is no link";
	tell("%s%s%s %o", entry->name, entry->target ? " -> " : "",
	     entry->target ?: "", entry->mode);
	if (entry->uid || entry->gid)
		tell(" by %u:%u", entry->uid, entry->gid);
	if (entry->nr_links != 1)
		tell(" %u links to %u in %u:%u", entry->nr_links, entry->inode,
		     entry->dev_major, entry->dev_minor);
	if (entry->rdev_major || entry->rdev_minor)
		tell(" is %u:%u", entry->rdev_major, entry->rdev_minor);
	tell(" at %u", entry->mtime);
	is_open = type_of(entry) == 010;
	if (!is_open)
		tell("\n");
	data_left = entry->size;
	return hook_result();
}

static int on_data(void *context, const uint8_t *bytes, size_t size)
{
	if (context != story || !is_open || !size || size > data_left)
		disorder = "data out of order";
	data_left -= size;
	data_runs++;
	if (size < 3 * CPIO_PATH_MAX || story_size < 100)
		tell("%s%.*s", data_left + size == 0 ? "" : "|", (int)size,
		     (const char *)bytes);
	return hook_result();
}

static int on_end(void *context)
{
	if (context != story || !is_open || data_left)
		disorder = "the end out of order";
	is_open = false;
	tell("\n");
	return hook_result();
}

static int on_done(void *context)
{
	if (context != story || is_open)
		disorder = "done out of order";
	return hook_result();
}

static const struct cpio_ops ops = { on_entry, on_data, on_end, on_done };

static void begin(void)
{
	free(cpio);
	cpio = malloc(sizeof(*cpio));
	for (size_t i = 0; i < sizeof(*cpio); i++)
		((uint8_t *)cpio)[i] = 0xa5;
	cpio_begin(cpio, &ops, story);
	story_size = 0;
	story[0] = '\0';
	disorder = NULL;
	is_open = false;
	data_runs = 0;
	nr_calls = 0;
}

/*
 * Push @size bytes in pieces of @piece, each in a block of its own so that the
 * sanitizer guards its edges.  Return the error; *@taken: all that was taken.
 */
static int push_all(const void *bytes, size_t size, size_t piece,
		    size_t *taken)
{
	size_t at = 0, part = 0;
	int err = 0;

	while (at < size && !err && !cpio_is_done(cpio)) {
		size_t now = min(piece, size - at);
		char *copy = malloc(now);

		for (size_t i = 0; i < now; i++)
			copy[i] = ((const char *)bytes)[at + i];
		err = cpio_push(cpio, copy, now, &part);
		free(copy);
		if (!err && part != now && !cpio_is_done(cpio))
			disorder = "not all was taken";
		at += part;
	}
	*taken = at;
	if (cpio->position != at)
		disorder = "a wrong position";
	return err;
}

static int parse(const void *bytes, size_t size, size_t piece)
{
	size_t taken;

	begin();
	return push_all(bytes, size, piece, &taken);
}

/* The story without the marks of where a run of data began. */
static const char *story_joined(void)
{
	static char joined[sizeof(story)];
	char *to = joined;
	bool first = true;

	for (const char *from = story; *from; from++) {
		if (*from == '|') {
			if (first)
				*to++ = ':';
			first = false;
			continue;
		}
		if (*from == '\n')
			first = true;
		*to++ = *from;
	}
	*to = '\0';
	return joined;
}

static bool is_story(const char *expected)
{
	if (strcmp(story_joined(), expected) == 0 && !disorder)
		return true;
	printf("# %s\n# --- expected\n%s# --- came\n%s", disorder ?: "",
	       expected, story_joined());
	return false;
}

/* --------------------------------------------------- what GNU cpio 2.13 made */

/* find . | sort | cpio -o -H newc */
static const char gnu_newc[] =
	"07070100A720DB000041ED0000000000000000000000036553F10000000000000000FE"
	"0000000000000000000000000000000200000000.\0"
	"07070100A720DC000041ED0000000000000000000000026553F10000000000000000FE"
	"0000000000000000000000000000000400000000dir\0\0\0"
	"07070100A720E00000A1FF0000000000000000000000016553F10000000007000000FE"
	"0000000000000000000000000000000900000000dir/link\0\0../file\0"
	"07070100A720DF000081A40000000000000000000000026553F10000000000000000FE"
	"0000000000000000000000000000000800000000dir/one\0\0\0"
	"07070100A720DF000081A40000000000000000000000026553F10000000009000000FE"
	"0000000000000000000000000000000800000000dir/two\0\0\0two names\0\0\0"
	"07070100A720DE000089ED0000000000000000000000016553F10000000000000000FE"
	"0000000000000000000000000000000600000000empty\0"
	"07070100A720DD000081A00000000000000000000000016553F1000000000D000000FE"
	"0000000000000000000000000000000500000000file\0\0hello, world\n\0\0\0"
	"07070100A720E4000021A40000000000000000000000016553F10000000000000000FE"
	"0000000000000001000000030000000500000000null\0\0"
	"07070100A720E1000011A40000000000000000000000016553F10000000000000000FE"
	"0000000000000000000000000000000500000000pipe\0\0"
	"0707010000000000000000000000000000000000000001000000000000000000000000"
	"0000000000000000000000000000000B00000000TRAILER!!!\0\0\0";

static const char gnu_story[] =
	". 40755 3 links to 10952923 in 254:0 at 1700000000\n"
	"dir 40755 2 links to 10952924 in 254:0 at 1700000000\n"
	"dir/link -> ../file 120777 at 1700000000\n"
	"dir/one 100644 2 links to 10952927 in 254:0 at 1700000000\n"
	"dir/two 100644 2 links to 10952927 in 254:0 at 1700000000:two names\n"
	"empty 104755 at 1700000000\n"
	"file 100640 at 1700000000:hello, world\n\n"
	"null 20644 is 1:3 at 1700000000\n"
	"pipe 10644 at 1700000000\n";

#define GNU_SIZE sizeof(gnu_newc)	/* the NUL is padding */

static const size_t pieces[] = { 1, 2, 3, 7, 4096, SIZE_MAX };

TEST(cpio, what_gnu_cpio_packs_comes_out_from_pieces_of_any_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		EXPECT_EQ(parse(gnu_newc, GNU_SIZE, pieces[i]), 0);
		EXPECT(cpio_is_done(cpio) && !cpio->error);
		EXPECT_EQ(cpio->nr_entries, 9);
		EXPECT(is_story(gnu_story));
	}
}

TEST(cpio, a_cut_archive_is_never_done_and_says_nothing_wrong)
{
	size_t length = sizeof(gnu_story) - 1;
	size_t taken;

	for (size_t size = 0; size < GNU_SIZE; size++) {
		begin();
		EXPECT_EQ(push_all(gnu_newc, size, 1 + size % 5, &taken), 0);
		EXPECT_EQ(taken, size);
		EXPECT(!cpio_is_done(cpio) && !disorder);
		EXPECT(strlen(story_joined()) <= length &&
		       strncmp(story_joined(), gnu_story,
			       strlen(story_joined())) == 0);
	}
}

TEST(cpio, a_byte_that_is_changed_breaks_no_rule)
{
	char *bytes = malloc(GNU_SIZE);
	int nr_refused = 0;

	for (size_t at = 0; at < GNU_SIZE; at++)
		for (int bit = 0; bit < 8; bit++) {
			int err;

			for (size_t i = 0; i < GNU_SIZE; i++)
				bytes[i] = gnu_newc[i];
			bytes[at] ^= 1 << bit;
			err = parse(bytes, GNU_SIZE, pieces[at % 6]);
			EXPECT(err == 0 || err == -EINVAL);
			EXPECT(!err == !cpio->error);
			EXPECT(!disorder);
			nr_refused += err != 0;
		}
	EXPECT(nr_refused > 1000);
	free(bytes);
}

/* ------------------------------------------------------ archives of our own */

static char archive[1 << 17];
static size_t archive_size;

static void put(const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		archive[archive_size++] = ((const char *)bytes)[i];
}

static void put_padding(void)
{
	while (archive_size % 4)
		archive[archive_size++] = 0x5a;	/* anything */
}

struct made {
	const char *magic, *name, *body;
	uint32_t mode, name_size, size, sum;
	char digit;			/* the last one of the inode */
};

/* What is 0 in it is chosen so that it is right. */
static void put_entry(struct made made)
{
	char header[CPIO_HEADER_SIZE + 1];
	uint32_t name_size = made.name_size ?: strlen(made.name) + 1;
	uint32_t size = made.size ?: made.body ? strlen(made.body) : 0;

	snprintf(header, sizeof(header), "%s%08x%08x%08x%08x%08x%08x%08x"
		 "%08x%08x%08x%08x%08x%08x", made.magic ?: "070701", 7,
		 made.mode ?: 0100644, 1, 2, 1, 99, size, 8, 1, 0, 0,
		 name_size, made.sum);
	if (made.digit)
		header[13] = made.digit;
	put(header, CPIO_HEADER_SIZE);
	put(made.name, strlen(made.name) + 1);
	put_padding();
	if (made.body)
		put(made.body, strlen(made.body));
	put_padding();
}

static void put_trailer(void)
{
	put_entry((struct made){ .name = "TRAILER!!!", .mode = 1 });
}

static int parse_made(size_t piece)
{
	return parse(archive, archive_size, piece);
}

/* One entry, and what it is refused for; NULL if it is not. */
static const char *refused(struct made made)
{
	int err;

	archive_size = 0;
	put_entry(made);
	put_trailer();
	err = parse_made(host_random_below(200) + 1);
	EXPECT(err == 0 || err == -EINVAL);
	EXPECT(!err == cpio_is_done(cpio));
	EXPECT(!err == !cpio->error);
	EXPECT(!disorder);
	return cpio->error;
}

static bool is_refused(struct made made, const char *reason)
{
	const char *error = refused(made);

	if (error && strcmp(error, reason) == 0)
		return true;
	printf("# refused as: %s\n", error ?: "not at all");
	return false;
}

TEST(cpio, what_is_no_archive_is_refused_by_its_first_header)
{
	EXPECT(is_refused((struct made){ .magic = "070707", .name = "a" },
			  "an old cpio format, not newc"));
	EXPECT(is_refused((struct made){ .magic = "070700", .name = "a" }, "no cpio header"));
	EXPECT(is_refused((struct made){ .magic = "070703", .name = "a" }, "no cpio header"));
	EXPECT(is_refused((struct made){ .magic = "\177ELF01", .name = "a" }, "no cpio header"));
	EXPECT_EQ(cpio->position, CPIO_HEADER_SIZE);
}

TEST(cpio, digits_of_either_case_are_read_and_no_others)
{
	static const char good[] = "0123456789abcdefABCDEF";

	for (int c = 1; c < 256; c++)
		EXPECT(!refused((struct made){ .name = "a", .digit = c }) ==
		       !!strchr(good, c));
	EXPECT(is_refused((struct made){ .name = "a", .digit = 'g' },
			  "a header with a bad digit"));
}

TEST(cpio, names_have_one_byte_at_least_and_4095_at_most)
{
	static char name[CPIO_PATH_MAX + 1];

	for (int i = 0; i < CPIO_PATH_MAX; i++)
		name[i] = 'n';
	name[CPIO_PATH_MAX] = '\0';
	EXPECT(is_refused((struct made){ .name = name },
			  "a name of no or too great length"));
	EXPECT(is_refused((struct made){ .name = name,
					 .name_size = CPIO_PATH_MAX },
			  "a name without its end"));
	name[CPIO_PATH_MAX - 1] = '\0';
	EXPECT(!refused((struct made){ .name = name, .body = "data" }));
	EXPECT(strncmp(story, name, CPIO_PATH_MAX - 1) == 0);
	EXPECT(is_refused((struct made){ .name = "a", .name_size = UINT32_MAX },
			  "a name of no or too great length"));
	EXPECT(is_refused((struct made){ .name = "abc", .name_size = 3 },
			  "a name without its end"));
	EXPECT(is_refused((struct made){ .name = "" }, "an empty name"));
	/* A header that says 0 cannot be asked of put_entry(). */
	archive_size = 0;
	put_entry((struct made){ .name = "a" });
	archive[CPIO_HEADER_SIZE - 9] = '0';
	EXPECT_EQ(parse_made(1), -EINVAL);
}

TEST(cpio, targets_have_one_byte_at_least_and_4095_at_most)
{
	static char target[CPIO_PATH_MAX + 1];

	for (int i = 0; i < CPIO_PATH_MAX; i++)
		target[i] = 't';
	EXPECT(is_refused((struct made){ .name = "l", .mode = 0120777,
					 .body = target },
			  "a target of too great length"));
	target[CPIO_PATH_MAX - 1] = '\0';
	EXPECT(!refused((struct made){ .name = "l", .mode = 0120777,
				       .body = target }));
	EXPECT(strstr(story, target));
	EXPECT(is_refused((struct made){ .name = "l", .mode = 0120777,
					 .size = UINT32_MAX },
			  "a target of too great length"));
	EXPECT(is_refused((struct made){ .name = "l", .mode = 0120777 },
			  "an empty target"));
	/* An old target is not seen behind a shorter one. */
	archive_size = 0;
	put_entry((struct made){ .name = "1", .mode = 0120777,
				 .body = "long/target" });
	put_entry((struct made){ .name = "2", .mode = 0120777, .body = "t" });
	EXPECT_EQ(parse_made(5), 0);
	EXPECT(strstr(story, "2 -> t 120777"));
}

TEST(cpio, what_has_no_data_has_its_body_ignored)
{
	static const uint32_t modes[] = { 0040755, 0020644, 0060600, 0010644,
					  0140755, 0644 };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		EXPECT(!refused((struct made){ .name = "x", .mode = modes[i],
					       .body = "to be ignored" }));
		EXPECT_EQ(data_runs, 0);
		EXPECT_EQ(cpio->nr_entries, 1);
	}
}

TEST(cpio, data_come_in_the_longest_runs_that_the_pieces_allow)
{
	static char body[50001];

	for (size_t i = 0; i < sizeof(body) - 1; i++)
		body[i] = 'a' + i % 26;
	archive_size = 0;
	put_entry((struct made){ .name = "big", .body = body });
	put_trailer();
	EXPECT_EQ(parse_made(SIZE_MAX), 0);
	EXPECT_EQ(data_runs, 1);
	EXPECT(strstr(story, body));
	EXPECT_EQ(parse_made(4096), 0);
	EXPECT_EQ(data_runs, DIV_ROUND_UP(116 + 50000, 4096));
	EXPECT(strstr(story_joined(), body));
}

TEST(cpio, files_of_070702_have_their_sums_checked)
{
	struct made made = { .magic = "070702", .name = "s", .body = "sum\xff",
			     .sum = 's' + 'u' + 'm' + 0xff };

	EXPECT(!refused(made));
	made.sum++;
	EXPECT(is_refused(made, "a file with a wrong sum"));
	/* Not of links, nor of the names of a file whose data come later. */
	EXPECT(!refused((struct made){ .magic = "070702", .name = "l",
				       .body = "x", .mode = 0120777 }));
	EXPECT(!refused((struct made){ .magic = "070702", .name = "e",
				       .sum = 5 }));
	EXPECT(!refused((struct made){ .name = "s", .body = "x", .sum = 1 }));
	/* Each has its own. */
	archive_size = 0;
	made.sum--;
	put_entry(made);
	put_entry(made);
	put_trailer();
	EXPECT_EQ(parse_made(3), 0);
}

TEST(cpio, nothing_behind_the_trailer_is_taken)
{
	size_t taken, size;

	archive_size = 0;
	put_entry((struct made){ .name = "a" });
	put_trailer();
	size = archive_size;
	put("behind it", 9);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		begin();
		EXPECT_EQ(push_all(archive, archive_size, pieces[i], &taken),
			  0);
		EXPECT_EQ(taken, size);
		EXPECT(cpio_is_done(cpio));
		EXPECT_EQ(cpio_push(cpio, "more", 4, &taken), 0);
		EXPECT_EQ(taken, 0);
	}
}

TEST(cpio, an_error_of_any_hook_ends_it_there)
{
	int total;

	EXPECT_EQ(parse(gnu_newc, GNU_SIZE, 7), 0);
	total = nr_calls;
	for (fail_at = 0; fail_at < total; fail_at++) {
		size_t taken, position;

		begin();
		EXPECT_EQ(push_all(gnu_newc, GNU_SIZE, 7, &taken), HOOK_ERROR);
		EXPECT_EQ(nr_calls, fail_at + 1);
		EXPECT(!cpio->error);
		position = cpio->position;
		EXPECT_EQ(cpio_push(cpio, "070701", 6, &taken), HOOK_ERROR);
		EXPECT(taken == 0 && cpio->position == position);
	}
	fail_at = -1;
	EXPECT(total > 15);
}

TEST(cpio, random_bytes_behind_a_header_break_no_rule)
{
	for (int round = 0; round < 20000; round++) {
		int err;

		archive_size = 0;
		put_entry((struct made){
			.magic = host_random_one_in(2) ? "070702" : NULL,
			.name = "file", .body = "and its data",
			.mode = host_random_below(16) << 12 | 0644,
			.size = host_random_one_in(2) ? host_random_below(40)
						      : 0,
		});
		put_entry((struct made){ .name = "two", .body = "x" });
		put_trailer();
		for (int n = host_random_below(4); n--;)
			archive[host_random_below(archive_size)] =
				host_random_one_in(2) ? '0' : host_random();
		err = parse_made(1 + host_random_below(300));
		EXPECT(err == 0 || err == -EINVAL);
		REQUIRE(!disorder);
	}
}
