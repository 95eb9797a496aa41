// SPDX-License-Identifier: MIT
/*
 * uaccess - the promises of x86/uaccess.h, in an address space of one page
 * that may be written, one that may be read, and nothing behind them.
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "tests/ktap.h"
#include "x86/sections.h"
#include "x86/uaccess.h"

#define BASE	0x20000000u
#define END	(BASE + 2 * PAGE_SIZE)

static struct mm *enter(void)
{
	struct mm *mm = mm_create();
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	if (!mm)
		return NULL;
	mm_switch(mm);
	mm_mmap(mm, BASE, PAGE_SIZE, PROT_READ | PROT_WRITE, flags, NULL, 0);
	mm_mmap(mm, BASE + PAGE_SIZE, PAGE_SIZE, PROT_READ, flags, NULL, 0);
	return mm;
}

static void leave(struct mm *mm)
{
	mm_switch(NULL);
	mm_put(mm);
}

TEST(uaccess, copies_there_and_back_at_every_alignment)
{
	struct mm *mm = enter();
	char out[64], in[64];

	REQUIRE(mm);
	for (unsigned int i = 0; i < sizeof(out); i++)
		out[i] = i + 1;
	for (unsigned int at = 0; at < 8; at++)
		for (unsigned int size = 0; size < 40; size++) {
			memset(in, 0, sizeof(in));
			EXPECT_EQ(copy_to_user(BASE + at, out, size), 0);
			EXPECT_EQ(copy_from_user(in, BASE + at, size), 0);
			EXPECT(!memcmp(in, out, size));
			EXPECT_EQ(in[size], 0);
		}
	leave(mm);
}

TEST(uaccess, tells_how_many_bytes_lie_behind_the_last_page)
{
	struct mm *mm = enter();
	char buf[64] = { 0 };

	REQUIRE(mm);
	for (unsigned int n = 0; n < 16; n++)
		EXPECT_EQ(copy_from_user(buf, END - n, 16), 16 - n);
	EXPECT_EQ(copy_from_user(buf, END, 16), 16);
	leave(mm);
}

TEST(uaccess, writes_up_to_a_read_only_page_and_no_further)
{
	struct mm *mm = enter();
	char buf[64] = { 1, 2, 3 };

	REQUIRE(mm);
	EXPECT_EQ(copy_to_user(BASE + PAGE_SIZE - 8, buf, 20), 12);
	EXPECT_EQ(clear_user(BASE + PAGE_SIZE - 8, 19), 11);
	EXPECT_EQ(put_user_u32(BASE + PAGE_SIZE, 7), -EFAULT);
	EXPECT_EQ(put_user_u32(BASE + PAGE_SIZE - 4, 7), 0);
	leave(mm);
}

TEST(uaccess, refuses_kernel_addresses_and_touches_nothing)
{
	static char victim[8] = "kernel";
	vaddr_t at = (vaddr_t)victim;
	struct mm *mm = enter();
	uint32_t word = 5;
	char buf[8] = "harmful";

	REQUIRE(mm);
	EXPECT_EQ(copy_to_user(at, buf, 8), 8);
	EXPECT_EQ(clear_user(at, 8), 8);
	EXPECT_EQ(put_user_u32(at, 1), -EFAULT);
	EXPECT(!strcmp(victim, "kernel"));
	EXPECT_EQ(copy_from_user(buf, at, 8), 8);
	EXPECT_EQ(get_user_u32(&word, at), -EFAULT);
	EXPECT_EQ(word, 5);
	EXPECT_EQ(strncpy_from_user(buf, at, 8), -EFAULT);
	EXPECT_EQ(copy_from_user(buf, TASK_SIZE - 4, 8), 8);
	EXPECT_EQ(copy_from_user(buf, 0xfffffffcu, 8), 8);
	leave(mm);
}

TEST(uaccess, a_range_may_end_at_3_gib_and_not_above)
{
	EXPECT(user_range_ok(TASK_SIZE - 8, 8));
	EXPECT(!user_range_ok(TASK_SIZE - 8, 9));
	EXPECT(!user_range_ok(TASK_SIZE, 1));
	EXPECT(!user_range_ok(TASK_SIZE + 1, 0));
	EXPECT(user_range_ok(0, TASK_SIZE));
	EXPECT(!user_range_ok(0, TASK_SIZE + 1));
	EXPECT(!user_range_ok(0x1000, 0xfffff000));
	EXPECT(!user_range_ok(0x1000, 0xffffffff));
}

TEST(uaccess, strings_end_at_the_terminator_the_limit_or_a_fault)
{
	struct mm *mm = enter();
	char buf[16];

	REQUIRE(mm);
	EXPECT_EQ(copy_to_user(BASE, "hello", 6), 0);
	EXPECT_EQ(strncpy_from_user(buf, BASE, 16), 5);
	EXPECT(!strcmp(buf, "hello"));
	EXPECT_EQ(strncpy_from_user(buf, BASE, 3), 3);
	EXPECT_EQ(copy_to_user(BASE + PAGE_SIZE - 4, "abcd", 4), 0);
	EXPECT_EQ(strncpy_from_user(buf, BASE + PAGE_SIZE - 4, 16), 4);
	EXPECT_EQ(strncpy_from_user(buf, END - 4, 16), 0);
	EXPECT_EQ(strncpy_from_user(buf, END, 16), -EFAULT);
	leave(mm);
}

TEST(uaccess, without_an_address_space_every_access_fails)
{
	char buf[4];

	EXPECT_EQ(copy_from_user(buf, BASE, 4), 4);
	EXPECT_EQ(put_user_u32(BASE, 1), -EFAULT);
}
