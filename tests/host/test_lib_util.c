// SPDX-License-Identifier: MIT
/* The helpers of util.h, div64.h and assert.h, and the harness's own traps. */
#include "host.h"
#include "lib/assert.h"
#include "lib/div64.h"
#include "lib/string.h"
#include "lib/util.h"
#include "x86/spinlock.h"

TEST(util, aligning_keeps_the_upper_half_of_64_bits)
{
	uint64_t high = 0x100000fffull;

	EXPECT(ALIGN_DOWN(high, 4096u) == 0x100000000ull);
	EXPECT(ALIGN_UP(high, 4096u) == 0x100001000ull);
	EXPECT(IS_ALIGNED(0x100000000ull, 4096) && !IS_ALIGNED(high, 4096));
	EXPECT(ALIGN_UP(4096u, 4096u) == 4096 && ALIGN_UP(0u, 8u) == 0);
	EXPECT(IS_POWER_OF_2(1u) && IS_POWER_OF_2(64u));
	EXPECT(!IS_POWER_OF_2(0u) && !IS_POWER_OF_2(65u));
	EXPECT(DIV_ROUND_UP(0u, 8u) == 0 && DIV_ROUND_UP(9u, 8u) == 2);
}

TEST(util, logarithms_agree_with_counting)
{
	for (unsigned int i = 0; i < 32; i++) {
		unsigned long bit = 1ul << i;

		EXPECT_EQ(ilog2(bit), i);
		EXPECT_EQ(ilog2_up(bit), i);
		EXPECT_EQ(ilog2_up(bit + 1), i == 0 ? 1 : i + 1);
		if (i)
			EXPECT_EQ(ilog2(2 * bit - 1), i);
	}
}

TEST(util, min_and_max_evaluate_once)
{
	int calls = 0;

	EXPECT_EQ(min(++calls, 5), 1);
	EXPECT_EQ(max(++calls, 1), 2);
	EXPECT_EQ(calls, 2);
}

TEST(div64, behaves_like_the_compilers_division)
{
	for (int op = 0; op < 200000; op++) {
		uint64_t n = ((uint64_t)host_random() << 32 | host_random()) >>
			     host_random_below(64);
		uint32_t by = host_random() >> host_random_below(32);
		uint32_t rest;

		by += !by;
		EXPECT(div64_32(n, by, &rest) == n / by);
		EXPECT(rest == n % by);
		EXPECT(div64_32(n, by, NULL) == n / by);
	}
}

TEST(assert, stops_at_what_is_false_and_says_where)
{
	int one = 1;

	assert(one == 1);
	assert_always(one % 2 == 1);
	EXPECT_PANIC(assert(one % 2 == 0));
	EXPECT(strstr(host_panic_text, "test_lib_util.c:"));
	EXPECT(strstr(host_panic_text, "assertion failed: one % 2 == 0"));
}

TEST(host, a_lock_must_be_paired_by_its_own_forms)
{
	struct spinlock lock = SPINLOCK_INIT;
	uint32_t flags;

	spin_lock(&lock);
	EXPECT(spin_held(&lock));
	EXPECT_PANIC(spin_lock(&lock));
	spin_unlock(&lock);
	EXPECT_PANIC(spin_unlock(&lock));
	flags = spin_lock_irqsave(&lock);
	EXPECT(!irq_is_enabled());
	EXPECT_PANIC(spin_unlock(&lock));
	spin_unlock_irqrestore(&lock, flags);
	EXPECT(irq_is_enabled() && !spin_held(&lock));
}

TEST(host, random_numbers_stay_below_their_limit_and_reach_it)
{
	bool seen[7] = { false };

	for (int i = 0; i < 10000; i++) {
		uint32_t n = host_random_below(7);

		REQUIRE(n < 7);
		seen[n] = true;
	}
	for (int i = 0; i < 7; i++)
		EXPECT(seen[i]);
}
