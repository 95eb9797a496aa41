// SPDX-License-Identifier: MIT
/*
 * ktap - tests that run inside the kernel, at boot, when the command line has
 * `test` or `test=GLOB`; results go to the serial line as flat KTAP.
 *
 *	TEST(buddy, free_undoes_alloc_at_every_order) { ... EXPECT(a == b); }
 *
 * Each test runs in a kernel thread that may sleep.  Around each the runner
 * compares the number of free pages and runs mm_check(); a test that loses a
 * page fails.  alloc_fail_after() is disarmed after each.
 */
#pragma once

#include <stdbool.h>

struct ktest {
	const char *module;
	const char *name;
	void (*run)(void);
};

#define TEST(module_, name_)						\
	static void test_##module_##_##name_(void);			\
	static const struct ktest ktest_##module_##_##name_		\
	__attribute__((used, section(".ktests"))) = {			\
		#module_, #name_, test_##module_##_##name_		\
	};								\
	static void test_##module_##_##name_(void)

/** EXPECT() - note a failure and go on. */
#define EXPECT(cond)							\
	((cond) ? true : (ktest_fail(__FILE__, __LINE__, #cond), false))

/** EXPECT_EQ() - the same for two integers, which a failure prints. */
#define EXPECT_EQ(a, b)							\
	({								\
		long ktest_a_ = (long)(a), ktest_b_ = (long)(b);	\
		ktest_a_ == ktest_b_ ||					\
		(ktest_fail_eq(__FILE__, __LINE__, #a " == " #b,	\
			       ktest_a_, ktest_b_), false);		\
	})

/** REQUIRE() - leave the test when it fails (mind what you hold). */
#define REQUIRE(cond)							\
	do {								\
		if (!EXPECT(cond))					\
			return;						\
	} while (0)

/** SKIP() - leave the test: this machine cannot show it, and why. */
#define SKIP(reason)							\
	do {								\
		ktest_skip(reason);					\
		return;							\
	} while (0)

void ktest_fail(const char *file, int line, const char *what);
void ktest_fail_eq(const char *file, int line, const char *what, long a,
		   long b);
void ktest_skip(const char *reason);

/** ktest_seed() - a seed that is printed, for tests that draw at random. */
unsigned int ktest_seed(void);
unsigned int ktest_random(void);

/**
 * ktest_run() - run what matches @glob; NULL: no tests are here.
 * Return: true when all passed.
 */
bool __attribute__((weak)) ktest_run(const char *glob);
