// SPDX-License-Identifier: MIT
/*
 * ktap - runs the in-kernel tests.  Whatever a test does, it must leave the
 * memory as it found it: the free pages are counted around each test, after
 * the caches that legitimately keep pages have been emptied, and every
 * module's own check walks its structures.
 */
#include "tests/ktap.h"

#include "boot/boot_info.h"
#include "lib/cmdline.h"
#include "lib/glob.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/check.h"
#include "x86/cpu.h"

extern const struct ktest _ktests_start[], _ktests_end[];

static bool failed;
static const char *skipped;
static unsigned int seed, state;

void ktest_fail(const char *file, int line, const char *what)
{
	failed = true;
	kprint("# %s:%d: expected %s\n", file, line, what);
}

void ktest_fail_eq(const char *file, int line, const char *what, long a,
		   long b)
{
	failed = true;
	kprint("# %s:%d: expected %s, got %ld (%#lx) and %ld (%#lx)\n", file,
	       line, what, a, a, b, b);
}

void ktest_skip(const char *reason)
{
	skipped = reason;
}

unsigned int ktest_seed(void)
{
	uint64_t given = rdtsc();
	char text[16];

	if (cmdline_get(boot_info.cmdline, "seed", text, sizeof(text)))
		parse_uint(text, NULL, &given);
	seed = (unsigned int)given | 1;
	state = seed;
	return seed;
}

/* xorshift32: seeds are odd, so the state is never zero. */
unsigned int ktest_random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void run_one(const struct ktest *test, unsigned int number)
{
	size_t before, after;

	failed = false;
	skipped = NULL;
	ktest_seed();
	mm_settle();
	before = buddy_nr_free();
	test->run();
	alloc_fail_off();
	mm_settle();
	after = buddy_nr_free();
	mm_check();
	if (after != before) {
		kprint("# free pages: %zu before, %zu after\n", before, after);
		failed = true;
	}
	if (failed)
		kprint("# seed=%u\n", seed);
	kprint("%s %u - %s.%s%s%s\n", failed ? "not ok" : "ok", number,
	       test->module, test->name, skipped ? " # SKIP " : "",
	       skipped ? skipped : "");
}

static bool matches(const struct ktest *test, const char *glob)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s", test->module, test->name);
	return glob_match(glob, name) || glob_match(glob, test->module);
}

bool ktest_run(const char *glob)
{
	unsigned int count = 0, number = 0;
	bool all_passed = true;

	for (const struct ktest *t = _ktests_start; t < _ktests_end; t++)
		count += matches(t, glob);
	kprint("KTAP version 1\n1..%u\n", count);
	for (const struct ktest *t = _ktests_start; t < _ktests_end; t++) {
		if (!matches(t, glob))
			continue;
		run_one(t, ++number);
		if (failed)
			all_passed = false;
	}
	if (&_ktests_start[0] == &_ktests_end[0])
		kprint("# no suites in this image: boot debug/atlas.elf or release/atlas-test.elf\n");
	else if (!count)
		kprint("# nothing matches %s\n", glob);
	return all_passed && count;
}
