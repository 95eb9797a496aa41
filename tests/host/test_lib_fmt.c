// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/fmt.h"
#include "lib/util.h"

/* From here on the plain names are libc's, to compare with. */
#undef snprintf
#undef strcmp
#undef strlen
#undef strnlen
#undef memset
#undef strchr
#undef strstr

#define SIZE 128

/* One conversion, and what its stars are to take. */
struct random_format {
	char text[40];
	bool has_star, has_dot_star;
	int star, dot_star;
};

static void append(struct random_format *fmt, const char *text)
{
	strcat(fmt->text, text);
}

static void append_number(struct random_format *fmt, int number)
{
	char digits[12];

	snprintf(digits, sizeof(digits), "%d", number);
	append(fmt, digits);
}

/* @flags are those that C defines for the conversion. */
static void make_format(struct random_format *fmt, const char *flags,
			bool precision, const char *conversion)
{
	memset(fmt, 0, sizeof(*fmt));
	append(fmt, "<%");
	for (; *flags; flags++)
		if (host_random_one_in(3))
			append(fmt, (char[]){ *flags, '\0' });
	if (host_random_one_in(4)) {
		fmt->has_star = true;
		fmt->star = (int)host_random_below(50) - 25;
		append(fmt, "*");
	} else if (host_random_one_in(2)) {
		append_number(fmt, 1 + host_random_below(30));
	}
	if (precision && host_random_one_in(2)) {
		append(fmt, ".");
		if (host_random_one_in(3)) {
			fmt->has_dot_star = true;
			fmt->dot_star = (int)host_random_below(40) - 10;
			append(fmt, "*");
		} else if (!host_random_one_in(4)) {
			append_number(fmt, host_random_below(30));
		}
	}
	append(fmt, conversion);
	append(fmt, ">%%");
}

/* Print @arg, which is evaluated often, through both into a random size. */
#define COMPARE(fmt, arg) do {						\
	struct random_format *f_ = (fmt);				\
	size_t size = host_random_one_in(4) ? host_random_below(SIZE) : SIZE;\
	char *ours = malloc(size), *theirs = malloc(size);		\
	int a, b;							\
									\
	if (f_->has_star && f_->has_dot_star) {				\
		a = atlas_snprintf(ours, size, f_->text, f_->star,	\
				   f_->dot_star, arg);			\
		b = snprintf(theirs, size, f_->text, f_->star,		\
			     f_->dot_star, arg);			\
	} else if (f_->has_star || f_->has_dot_star) {			\
		int star = f_->has_star ? f_->star : f_->dot_star;	\
									\
		a = atlas_snprintf(ours, size, f_->text, star, arg);	\
		b = snprintf(theirs, size, f_->text, star, arg);	\
	} else {							\
		a = atlas_snprintf(ours, size, f_->text, arg);		\
		b = snprintf(theirs, size, f_->text, arg);		\
	}								\
	if (!EXPECT(a == b && (!size || strcmp(ours, theirs) == 0)))	\
		printf("# %s: %d [%.*s] against %d [%.*s]\n", f_->text,	\
		       a, (int)size, ours, b, (int)size, theirs);	\
	free(ours);							\
	free(theirs);							\
} while (0)

static uint64_t random_number(void)
{
	uint64_t number = (uint64_t)host_random() << 32 | host_random();

	switch (host_random_below(8)) {
	case 0:
		return 0;
	case 1:
		return -host_random_below(20);
	case 2:
		return 1ull << host_random_below(64);
	case 3:
		return (1ull << host_random_below(64)) - 1;
	}
	return number >> host_random_below(64);
}

static void compare_integer(void)
{
	static const char *const length[] = {
		"hh", "h", "", "l", "ll", "z", "t",
	};
	static const struct { const char *flags, *conversion; } kind[] = {
		{ "-0+ ", "d" }, { "-0+ ", "i" }, { "-0", "u" },
		{ "-0#", "x" }, { "-0#", "X" }, { "-0#", "o" },
	};
	int size = host_random_below(ARRAY_SIZE(length));
	int which = host_random_below(ARRAY_SIZE(kind));
	uint64_t number = random_number();
	struct random_format fmt;
	char conversion[8];

	snprintf(conversion, sizeof(conversion), "%s%s", length[size],
		 kind[which].conversion);
	make_format(&fmt, kind[which].flags, true, conversion);
	switch (size) {
	case 0 ... 2: COMPARE(&fmt, (int)number); break;
	case 3: COMPARE(&fmt, (long)number); break;
	case 4: COMPARE(&fmt, (long long)number); break;
	case 5: COMPARE(&fmt, (size_t)number); break;
	case 6: COMPARE(&fmt, (ptrdiff_t)number); break;
	}
}

TEST(fmt, integers_behave_like_libc)
{
	for (int op = 0; op < 200000; op++)
		compare_integer();
}

TEST(fmt, strings_and_characters_behave_like_libc)
{
	struct random_format fmt;

	for (int op = 0; op < 100000; op++) {
		int size = host_random_below(20);
		char *text = malloc(size + 1);

		for (int i = 0; i < size; i++)
			text[i] = 'a' + host_random_below(26);
		text[size] = '\0';
		make_format(&fmt, "-", true, "s");
		COMPARE(&fmt, text);
		make_format(&fmt, "-", false, "c");
		COMPARE(&fmt, text[0] ? text[0] : '0');
		free(text);
	}
}

TEST(fmt, a_precision_protects_a_string_without_end)
{
	char *text = malloc(3);
	char buf[16];

	text[0] = 'a';
	text[1] = 'b';
	text[2] = 'c';
	EXPECT_EQ(atlas_snprintf(buf, sizeof(buf), "%.3s|%.*s", text, 2, text),
		  6);
	EXPECT(strcmp(buf, "abc|ab") == 0);
	free(text);
}

TEST(fmt, many_conversions_take_their_arguments_in_order)
{
	char ours[200], theirs[200];

#define ALL(f) f, -1, 2u, 3ll, "four", '5', 6ul, (size_t)7, 8ull, 9, 10
	EXPECT_EQ(atlas_snprintf(ours, sizeof(ours),
			ALL("%d %u %lld %s %c %lx %zu %llo%% %*d")),
		  snprintf(theirs, sizeof(theirs),
			ALL("%d %u %lld %s %c %lx %zu %llo%% %*d")));
	EXPECT(strcmp(ours, theirs) == 0);
}

TEST(fmt, a_pointer_shows_all_its_digits)
{
	char ours[64], expected[64];
	uintptr_t address = 0xbeef;
	int digits = 2 * sizeof(void *);

	atlas_snprintf(ours, sizeof(ours), "%p|%22p", (void *)address,
		       (void *)address);
	snprintf(expected, sizeof(expected), "0x%0*lx|%*s0x%0*lx", digits,
		 (long)address, 20 - digits, "", digits, (long)address);
	EXPECT(strcmp(ours, expected) == 0);
}

TEST(fmt, null_strings_and_unknown_conversions_are_shown)
{
	const char *volatile none = NULL;
	const char *volatile odd = "%5.2q|%";
	char buf[32];

	EXPECT_EQ(atlas_snprintf(buf, sizeof(buf), "%s", none), 6);
	EXPECT(strcmp(buf, "(null)") == 0);
	EXPECT_EQ(atlas_snprintf(buf, sizeof(buf), odd, 1), 7);
	EXPECT(strcmp(buf, "%5.2q|%") == 0);
}

TEST(fmt, no_room_writes_nothing)
{
	char one = '#';

	EXPECT_EQ(atlas_snprintf(NULL, 0, "%d", 12345), 5);
	EXPECT_EQ(atlas_snprintf(&one, 0, "%d", 12345), 5);
	EXPECT(one == '#');
	EXPECT_EQ(atlas_snprintf(&one, 1, "%d", 12345), 5);
	EXPECT(one == '\0');
}
