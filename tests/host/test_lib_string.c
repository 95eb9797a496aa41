// SPDX-License-Identifier: MIT
#include <inttypes.h>

#include "host.h"
#include "lib/errno.h"
#include "lib/string.h"

/* From here on the plain names are libc's, to compare with. */
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr
#undef snprintf

#define SIZE 160

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void fill_random(uint8_t *buf, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf[i] = host_random();
}

/* Mostly the small sizes, at which words and odd bytes meet. */
static size_t random_size(size_t limit)
{
	size_t size = host_random_below(host_random_one_in(3) ? limit : 20);

	return size < limit ? size : limit - 1;
}

TEST(string, memory_functions_behave_like_libc)
{
	uint8_t ours[SIZE], theirs[SIZE], source[SIZE];

	fill_random(ours, SIZE);
	memcpy(theirs, ours, SIZE);
	for (int op = 0; op < 150000; op++) {
		size_t size = random_size(SIZE);
		size_t to = host_random_below(SIZE - size + 1);
		size_t from = host_random_below(SIZE - size + 1);
		int byte = host_random();

		switch (host_random_below(4)) {
		case 0:
			fill_random(source, SIZE);
			memcpy(theirs + to, source + from, size);
			EXPECT(atlas_memcpy(ours + to, source + from, size) ==
			       ours + to);
			break;
		case 1:
			memmove(theirs + to, theirs + from, size);
			EXPECT(atlas_memmove(ours + to, ours + from, size) ==
			       ours + to);
			break;
		case 2:
			memset(theirs + to, byte, size);
			EXPECT(atlas_memset(ours + to, byte, size) ==
			       ours + to);
			break;
		case 3:
			memcpy(source, ours, SIZE);
			if (host_random_one_in(2))
				source[host_random_below(SIZE)] = byte;
			EXPECT_EQ(sign(atlas_memcmp(ours + to, source + to,
						    size)),
				  sign(memcmp(ours + to, source + to, size)));
		}
		REQUIRE(memcmp(ours, theirs, SIZE) == 0);
	}
}

/* An allocation that fits, so that ASan sees a byte read too many. */
static char *random_text(size_t limit)
{
	static const char alphabet[] = { 'a', 'a', 'b', '\xe9' };
	size_t size = host_random_below(limit);
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = alphabet[host_random_below(sizeof(alphabet))];
	text[size] = '\0';
	return text;
}

static void check_strlcpy(const char *text)
{
	size_t size = host_random_below(16);
	char *to = malloc(size + 1);
	size_t kept = strlen(text);

	to[size] = '#';
	EXPECT_EQ(atlas_strlcpy(to, text, size), strlen(text));
	EXPECT(to[size] == '#');
	if (size) {
		kept = kept < size ? kept : size - 1;
		EXPECT_EQ(strlen(to), kept);
		EXPECT(memcmp(to, text, kept) == 0);
	}
	free(to);
}

TEST(string, text_functions_behave_like_libc)
{
	for (int op = 0; op < 150000; op++) {
		char *a = random_text(12);
		char *b = random_text(host_random_one_in(2) ? 4 : 12);
		size_t max = host_random_below(14);
		int c = "ab\xe9x"[host_random_below(5)];

		EXPECT_EQ(atlas_strlen(a), strlen(a));
		EXPECT_EQ(atlas_strnlen(a, max), strnlen(a, max));
		EXPECT_EQ(sign(atlas_strcmp(a, b)), sign(strcmp(a, b)));
		EXPECT_EQ(sign(atlas_strncmp(a, b, max)),
			  sign(strncmp(a, b, max)));
		EXPECT(atlas_strchr(a, c) == strchr(a, c));
		EXPECT(atlas_strrchr(a, c) == strrchr(a, c));
		EXPECT(atlas_strstr(a, b) == strstr(a, b));
		check_strlcpy(a);
		free(a);
		free(b);
	}
}

TEST(string, parse_uint_reads_what_printf_writes)
{
	static const char *const format[] = {
		"%" PRIu64, "%#" PRIx64, "%#" PRIo64, "0X%" PRIX64,
	};
	char text[40];

	for (int op = 0; op < 100000; op++) {
		uint64_t number = ((uint64_t)host_random() << 32 |
				   host_random()) >> host_random_below(64);
		uint64_t value = 1;
		const char *end;
		int size = snprintf(text, sizeof(text),
				    format[host_random_below(4)], number);

		EXPECT_EQ(parse_uint(text, NULL, &value), 0);
		EXPECT(value == number);
		text[size] = ",g-z "[host_random_below(5)];
		text[size + 1] = '\0';
		EXPECT_EQ(parse_uint(text, NULL, &value), -EINVAL);
		EXPECT_EQ(parse_uint(text, &end, &value), 0);
		EXPECT(value == number && end == text + size);
	}
}

static bool parses(const char *text, uint64_t expected)
{
	uint64_t value;

	return parse_size(text, NULL, &value) == 0 && value == expected;
}

TEST(string, parse_size_knows_its_suffixes)
{
	const char *end;
	uint64_t value;

	EXPECT(parses("0", 0));
	EXPECT(parses("64k", 64 << 10) && parses("64K", 64 << 10));
	EXPECT(parses("0x10m", 16 << 20) && parses("1536M", 1536ull << 20));
	EXPECT(parses("4g", 1ull << 32) && parses("010G", 8ull << 30));
	EXPECT_EQ(parse_size("16M@1", &end, &value), 0);
	EXPECT(value == 16 << 20 && *end == '@');
	EXPECT_EQ(parse_size("16MB", NULL, &value), -EINVAL);
	EXPECT_EQ(parse_uint("16M", NULL, &value), -EINVAL);
}

TEST(string, parse_refuses_no_number_and_one_too_large)
{
	static const char *const wrong[] = {
		"", " 1", "-1", "+1", "k", "x1", "0x", "0xg", "08", "a",
	};
	uint64_t value = 77;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(parse_uint(wrong[i], NULL, &value), -EINVAL);
	EXPECT_EQ(parse_uint("18446744073709551616", NULL, &value), -ERANGE);
	EXPECT_EQ(parse_uint("18446744073709551620", NULL, &value), -ERANGE);
	EXPECT_EQ(parse_uint("0x10000000000000000", NULL, &value), -ERANGE);
	EXPECT_EQ(parse_uint("99999999999999999999999", NULL, &value),
		  -ERANGE);
	EXPECT_EQ(parse_size("17179869184g", NULL, &value), -ERANGE);
	EXPECT_EQ(value, 77);
	EXPECT(parses("18446744073709551615", UINT64_MAX));
	EXPECT(parses("17179869183g", 0xffffffffc0000000));
}
