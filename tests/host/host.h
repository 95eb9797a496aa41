// SPDX-License-Identifier: MIT
/*
 * host - tests that run on the build machine, spelled as those in the kernel
 * (tests/ktap.h):
 *
 *	TEST(list, splice_keeps_the_order)
 *	{
 *		REQUIRE(setup());
 *		EXPECT(a == b);
 *		EXPECT_PANIC(list_remove(&twice));
 *	}
 *
 * A program runs the tests whose "module.name" fits one of its arguments, all
 * without any; says so in flat KTAP; and exits with 0 if none failed.  A test
 * that ends with a lock held or interrupts off fails.
 */
#pragma once

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct host_test {
	const char		*module, *name;
	void			(*run)(void);
	struct host_test	*next;
};

void host_register(struct host_test *test);

#define TEST(module_, name_)						\
	static void test_##module_##_##name_(void);			\
	__attribute__((constructor))					\
	static void register_##module_##_##name_(void)			\
	{								\
		static struct host_test test = {			\
			#module_, #name_, test_##module_##_##name_, NULL\
		};							\
									\
		host_register(&test);					\
	}								\
	static void test_##module_##_##name_(void)

/* Note a failure and go on; its value is the condition's. */
#define EXPECT(cond) ({							\
	bool host_ok_ = (cond);						\
									\
	if (!host_ok_)							\
		host_fail(__FILE__, __LINE__, #cond);			\
	host_ok_; })

/* The same for two integers, which a failure prints. */
#define EXPECT_EQ(a, b) ({						\
	long long host_a_ = (long long)(a), host_b_ = (long long)(b);	\
	host_a_ == host_b_ ||						\
	(host_fail_eq(__FILE__, __LINE__, #a " == " #b,			\
		      host_a_, host_b_), false); })

/* Leave the test when it fails. */
#define REQUIRE(cond)							\
	do {								\
		if (!EXPECT(cond))					\
			return;						\
	} while (0)

#define SKIP(reason)							\
	do {								\
		host_skip(reason);					\
		return;							\
	} while (0)

/*
 * The statement must end in panic().  What it held stays held: no lock is
 * given back but the count of them is set back to that before.
 */
#define EXPECT_PANIC(statement)						\
	do {								\
		if (!setjmp(*host_catch())) {				\
			statement;					\
			host_caught(false);				\
			host_fail(__FILE__, __LINE__,			\
				  "panic in: " #statement);		\
		} else {						\
			host_caught(true);				\
		}							\
	} while (0)

/* What the last caught panic said. */
extern char host_panic_text[512];

void host_fail(const char *file, int line, const char *what);
void host_fail_eq(const char *file, int line, const char *what, long long a,
		  long long b);
void host_skip(const char *reason);
jmp_buf *host_catch(void);
void host_caught(bool panicked);

/*
 * Random numbers, from a seed that is printed and that the environment's SEED
 * repeats.  Each test has a sequence of its own, whichever others run.
 */
uint32_t host_random(void);
uint32_t host_random_below(uint32_t limit);	/* [0, limit), limit > 0 */

static inline bool host_random_one_in(uint32_t n)
{
	return host_random_below(n) == 0;
}
