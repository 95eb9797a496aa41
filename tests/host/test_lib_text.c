// SPDX-License-Identifier: MIT
/* The small readers of text: glob, cmdline, symbols. */
#include "host.h"
#include "lib/cmdline.h"
#include "lib/glob.h"
#include "lib/string.h"
#include "lib/symbols.h"

static bool naive_match(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return naive_match(pattern + 1, text) ||
		       (*text && naive_match(pattern, text + 1));
	return *text && (*pattern == '?' || *pattern == *text) &&
	       naive_match(pattern + 1, text + 1);
}

static char *random_text(const char *alphabet, size_t limit)
{
	size_t size = host_random_below(limit);
	char *text = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		text[i] = alphabet[host_random_below(strlen(alphabet))];
	text[size] = '\0';
	return text;
}

TEST(glob, behaves_like_the_recursive_definition)
{
	for (int op = 0; op < 200000; op++) {
		char *pattern = random_text("ab?**", 9);
		char *text = random_text("ab", 11);

		if (!EXPECT(glob_match(pattern, text) ==
			    naive_match(pattern, text)))
			printf("# %s %s\n", pattern, text);
		free(pattern);
		free(text);
	}
}

TEST(glob, names_of_tests_match_as_one_expects)
{
	EXPECT(glob_match("buddy.*", "buddy.join"));
	EXPECT(!glob_match("buddy.*", "buddyjoin"));
	EXPECT(glob_match("*", "") && glob_match("", ""));
	EXPECT(!glob_match("?", "") && !glob_match("", "a"));
	EXPECT(glob_match("*join*", "buddy.joins"));
	EXPECT(glob_match("b?ddy.j*n", "buddy.join"));
}

TEST(cmdline, finds_whole_words_only)
{
	const char *line = "  atlas.elf halt\tmem=64M test=a=b halted= \n x";

	EXPECT(cmdline_has(line, "halt") && cmdline_has(line, "x"));
	EXPECT(cmdline_has(line, "mem") && cmdline_has(line, "halted"));
	EXPECT(!cmdline_has(line, "hal") && !cmdline_has(line, "halte"));
	EXPECT(!cmdline_has(line, "tlas.elf") && !cmdline_has(line, "64M"));
	EXPECT(!cmdline_has("", "x") && !cmdline_has("   ", "x"));
}

TEST(cmdline, gives_the_last_value_and_cuts_it_to_size)
{
	const char *line = "mem=64M test=a=b mem= name mem=128M halted=";
	char buf[8] = "same";

	EXPECT(!cmdline_get(line, "name", buf, sizeof(buf)));
	EXPECT(!cmdline_get(line, "me", buf, sizeof(buf)));
	EXPECT(!cmdline_get("mem", "mem", buf, sizeof(buf)));
	EXPECT(strcmp(buf, "same") == 0);
	EXPECT(cmdline_get(line, "mem", buf, sizeof(buf)));
	EXPECT(strcmp(buf, "128M") == 0);
	EXPECT(cmdline_get(line, "mem", buf, 4));
	EXPECT(strcmp(buf, "128") == 0);
	EXPECT(cmdline_get(line, "test", buf, sizeof(buf)));
	EXPECT(strcmp(buf, "a=b") == 0);
	EXPECT(cmdline_get(line, "halted", buf, sizeof(buf)));
	EXPECT(strcmp(buf, "") == 0);
}

/* Random lines of words that are often alike, against a list of them. */
TEST(cmdline, behaves_like_a_list_of_words)
{
	for (int op = 0; op < 100000; op++) {
		char *name = random_text("ab", 3);
		char line[64] = "", expected[8] = "none", got[8] = "none";
		bool there = false;
		int nr = host_random_below(5);

		for (int i = 0; i < nr; i++) {
			char *key = random_text("ab", 3);
			char *value = random_text("ab=", 4);
			bool valued = host_random_one_in(2);

			if (!strlen(key)) {
				free(key);
				free(value);
				continue;
			}
			strcat(line, &"  \t"[1 + host_random_below(2)]);
			strcat(line, key);
			if (valued) {
				strcat(line, "=");
				strcat(line, value);
			}
			if (strcmp(key, name) == 0) {
				there = true;
				if (valued)
					strlcpy(expected, value,
						sizeof(expected));
			}
			free(key);
			free(value);
		}
		if (strlen(name)) {
			EXPECT_EQ(cmdline_has(line, name), there);
			EXPECT_EQ(cmdline_get(line, name, got, sizeof(got)),
				  strcmp(expected, "none") != 0);
			EXPECT(strcmp(got, expected) == 0);
		}
		free(name);
	}
}

/* Stands for the table that tools/symbols.py makes. */
uint8_t symbols_table[4096];

static char name_buf[SYMBOL_NAME];

/* @long_form: in five bytes, though fewer might do. */
static size_t put_distance(size_t at, uint32_t distance, bool long_form)
{
	if (distance < 0xf0 && !long_form) {
		symbols_table[at++] = distance;
	} else if (distance < 0xf00 && !long_form) {
		symbols_table[at++] = 0xf0 | distance >> 8;
		symbols_table[at++] = distance;
	} else {
		symbols_table[at++] = 0xff;
		memcpy(symbols_table + at, &distance, 4);
		at += 4;
	}
	return at;
}

static const char *found(uint32_t addr, uint32_t expected_offset)
{
	uint32_t offset = expected_offset;
	const char *name = symbol_find(addr, &offset, name_buf);

	EXPECT_EQ(offset, expected_offset);
	return name ? name : "";
}

TEST(symbols, finds_the_function_below_an_address)
{
	static const uint8_t table[] =
		"\xff\x05\x00\x20\xc0"	/* 0xc0200005 */
		"\x40"			/* + 0x40 */
		"\xf1\x10"		/* + 0x110: a hole */
		"\xff\0\0\0\x10"	/* + 0x10000000 */
		"\x08\0"
		"\x01start" "\x01panic" "\x01" "\x01last" "\x01" "\x01";

	memcpy(symbols_table + SYMBOL_PAIRS, table, sizeof(table));
	EXPECT(strcmp(found(0xc0200005, 0), "start") == 0);
	EXPECT(strcmp(found(0xc0200044, 0x3f), "start") == 0);
	EXPECT(strcmp(found(0xc0200045, 0), "panic") == 0);
	EXPECT(strcmp(found(0xc0200154, 0x10f), "panic") == 0);
	EXPECT(strcmp(found(0xd020015c, 7), "last") == 0);
	EXPECT(!symbol_find(0xd020015d, &(uint32_t){ 0 }, name_buf));
	EXPECT(!symbol_find(0xc0200155, &(uint32_t){ 0 }, name_buf));
	EXPECT(!symbol_find(0xc0200004, &(uint32_t){ 0 }, name_buf));
	EXPECT(!symbol_find(0, &(uint32_t){ 0 }, name_buf));
	EXPECT(!symbol_find(UINT32_MAX, &(uint32_t){ 0 }, name_buf));
}

TEST(symbols, pairs_stand_for_what_names_have_in_common)
{
	/* 0x80 ..., with the beginning of a name at the end of one, and inside. */
	static const uint8_t pairs[] = "vm" "\x80_" "ap\x82\x01" "\x83z";
	static const uint8_t table[] =
		"\xff\0\0\0\xc0\x10\x10\x10\x10\x10\0"
		"\x01\x81m\x82" "\x06s" "\x01x\x82\x83" "y\x84" "\x01\x01";
	size_t at = SYMBOL_PAIRS;

	memcpy(symbols_table + 2 * 0x80, pairs, sizeof(pairs));
	memcpy(symbols_table + SYMBOL_PAIRS, table, sizeof(table));
	EXPECT(strcmp(found(0xc0000001, 1), "vm_map") == 0);
	EXPECT(strcmp(found(0xc0000010, 0), "vm_mas") == 0);
	EXPECT(strcmp(found(0xc0000020, 0), "xapap") == 0);
	EXPECT(strcmp(found(0xc0000030, 0), "yap") == 0);
	EXPECT(strcmp(found(0xc0000040, 0), "z") == 0);
	EXPECT(!symbol_find(0xc0000050, &(uint32_t){ 0 }, name_buf));

	/* A name that is too long is cut, and what follows is found. */
	at = put_distance(at, 0xc0000000, true);
	at = put_distance(at, 4, false);
	at = put_distance(at, 4, false);
	symbols_table[at++] = 0;
	symbols_table[at++] = 1;
	memset(symbols_table + at, 0x82, 100);
	memcpy(symbols_table + at + 100, "\x03y\x01\x01", 5);
	EXPECT(strlen(found(0xc0000000, 0)) == SYMBOL_NAME - 1);
	EXPECT(strcmp(found(0xc0000005, 1), "apy") == 0);
	memset(symbols_table, 0, SYMBOL_PAIRS);
}

TEST(symbols, an_empty_table_knows_nothing)
{
	symbols_table[SYMBOL_PAIRS] = 0;
	EXPECT(!symbol_find(0xc0200000, &(uint32_t){ 0 }, name_buf));
}

TEST(symbols, behaves_like_a_search_in_a_sorted_array)
{
	for (int round = 0; round < 2000; round++) {
		uint32_t start[41], addr = 0;
		int nr = host_random_below(40);
		size_t at = SYMBOL_PAIRS;

		for (int i = 0; i <= nr; i++) {
			uint32_t step = 1 + (host_random_below(0x04000000) >>
					     host_random_below(26));

			at = put_distance(at, step, host_random_one_in(2));
			start[i] = addr += step;
		}
		symbols_table[at++] = 0;
		for (int i = 0; i <= nr; i++) {
			symbols_table[at++] = 1;
			if (i < nr)
				symbols_table[at++] = 'A' + i;
		}
		symbols_table[at] = 1;
		for (int op = 0; op < 60; op++) {
			int i = 0, which = host_random_below(nr + 1);
			uint32_t offset = 0;
			const char *name;

			addr = start[which] + host_random_below(3) - 1;
			if (host_random_one_in(2))
				addr = host_random_below(start[nr] + 100);
			while (i <= nr && start[i] <= addr)
				i++;
			name = symbol_find(addr, &offset, name_buf);
			if (i == 0 || i > nr)
				REQUIRE(!name);
			else
				REQUIRE(name && name[0] == 'A' + i - 1 &&
					offset == addr - start[i - 1]);
		}
	}
}
