// SPDX-License-Identifier: MIT
/* mmap, munmap, mprotect and brk: places, errors, cuts and joins. */
#include "mm/sysctl.h"
#include "tests/user_space.h"

#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/fault.h"

#define PAGES(n)	((n) * PAGE_SIZE)

/* As user_areas(), but the areas must be @expected. */
#define EXPECT_AREAS(mm, expected)					\
	do {								\
		if (!EXPECT(strcmp(user_areas(mm), (expected)) == 0))	\
			kprint("# %s\n", user_areas(mm));		\
	} while (0)

static long map_at(struct mm *mm, vaddr_t addr, unsigned int nr, int prot)
{
	return mm_mmap(mm, addr, PAGES(nr), prot, FIXED, NULL, 0);
}

TEST(mmap, argument_errors_are_those_of_linux)
{
	static const struct {
		vaddr_t addr;
		size_t len;
		int flags;
		uint32_t pgoff;
		long err;
	} cases[] = {
		{ 0, 0, ANON, 0, -EINVAL },
		{ 0, 0xfffff001, ANON, 0, -ENOMEM },
		{ 0, 0xffffffff, ANON, 0, -ENOMEM },
		{ 0, 2 * PAGE_SIZE, ANON, 0xffffffff, -EOVERFLOW },
		{ 0, TASK_SIZE, ANON | MAP_NORESERVE, 0, -ENOMEM },
		{ 0, TASK_SIZE + PAGE_SIZE, ANON, 0, -ENOMEM },
		{ 0, PAGE_SIZE, MAP_ANONYMOUS, 0, -EINVAL },
		{ 0, PAGE_SIZE, MAP_ANONYMOUS | MAP_SHARED_VALIDATE, 0,
		  -EINVAL },
		{ 0, PAGE_SIZE, MAP_ANONYMOUS | 0xf, 0, -EINVAL },
		{ 0, PAGE_SIZE, SHARED_ANON | MAP_GROWSDOWN, 0, -EINVAL },
		{ AT + 1, PAGE_SIZE, FIXED, 0, -EINVAL },
		{ 0, PAGE_SIZE, FIXED, 0, -EPERM },
		{ MMAP_MIN_ADDR - PAGE_SIZE, PAGE_SIZE, FIXED, 0, -EPERM },
		{ TASK_SIZE, PAGE_SIZE, FIXED, 0, -ENOMEM },
		{ TASK_SIZE - PAGE_SIZE, 2 * PAGE_SIZE, FIXED, 0, -ENOMEM },
		{ 0xfffff000, PAGE_SIZE, FIXED, 0, -ENOMEM },
		{ TASK_SIZE + 1, PAGE_SIZE, FIXED, 0, -ENOMEM },
	};
	struct mm *mm = user_enter();

	mm->may_lock_all = false;	/* root may map page 0 */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!EXPECT_EQ(mm_mmap(mm, cases[i].addr, cases[i].len, RW,
				       cases[i].flags, NULL, cases[i].pgoff),
			       cases[i].err))
			kprint("# case %zu\n", i);
	EXPECT_EQ(mm->vmas.nr, 0);
	user_leave(mm);
}

TEST(mmap, private_memory_beyond_all_ram_is_refused)
{
	struct mm *mm = user_enter();
	size_t size = 0;

	for (int i = 0; i < NR_ZONES; i++)
		size += zones[i].nr_managed;
	if (size >= (TASK_SIZE - MMAP_MIN_ADDR) >> PAGE_SHIFT) {
		user_leave(mm);
		SKIP("more RAM than addresses");
	}
	size = (size + 1) << PAGE_SHIFT;
	EXPECT_EQ(mm_mmap(mm, 0, size, RW, ANON, NULL, 0), -ENOMEM);
	mm_mmap(mm, 0, size, PROT_READ, ANON, NULL, 0);
	EXPECT_EQ(mm->vmas.nr, 1);
	EXPECT_EQ(mm_mprotect(mm, mm->vmas.first->start, size, RW), -ENOMEM);
	mm_munmap(mm, 0, TASK_SIZE);
	EXPECT_EQ(mm->vmas.nr, 0);
	mm_set_brk(mm, MMAP_MIN_ADDR);
	for (vaddr_t brk = MMAP_MIN_ADDR; brk <= MMAP_MIN_ADDR + PAGE_SIZE;
	     brk += PAGE_SIZE) {
		EXPECT_EQ(mm_brk(mm, brk), brk);
		EXPECT_EQ(mm_brk(mm, brk + size), brk);
	}
	mm_brk(mm, MMAP_MIN_ADDR);
	mm_mmap(mm, 0, size, RW, ANON | MAP_NORESERVE, NULL, 0);
	EXPECT_EQ(mm->vmas.nr, 1);
	user_leave(mm);
}

TEST(mmap, places_go_down_from_the_top_and_join)
{
	struct mm *mm = user_enter();

	EXPECT_EQ(mm_mmap(mm, 0, 1, RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(1));
	EXPECT_EQ(mm_mmap(mm, 0, PAGES(3), RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(4));
	EXPECT_AREAS(mm, "b7ffc-b8000 rw-p");
	EXPECT_EQ(mm_mmap(mm, 0, 1, PROT_READ, ANON, NULL, 0),
		  MMAP_BASE - PAGES(5));
	EXPECT_EQ(mm_munmap(mm, MMAP_BASE - PAGES(3), PAGES(2)), 0);
	EXPECT_EQ(mm_mmap(mm, 0, PAGES(3), PROT_READ, ANON, NULL, 0),
		  MMAP_BASE - PAGES(8));
	EXPECT_EQ(mm_mmap(mm, 0, PAGES(2), RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(3));
	EXPECT_AREAS(mm, "b7ff8-b7ffc r--p|b7ffc-b8000 rw-p");
	user_leave(mm);
}

TEST(mmap, when_the_bottom_is_reached_the_space_above_serves)
{
	struct mm *mm = user_enter();
	size_t low = MMAP_BASE - MMAP_MIN_ADDR;

	EXPECT_EQ(mm_mmap(mm, 0, low, PROT_NONE, ANON, NULL, 0),
		  MMAP_MIN_ADDR);
	EXPECT_EQ(mm_mmap(mm, 0, PAGE_SIZE, RW, ANON, NULL, 0), MMAP_BASE);
	EXPECT_EQ(mm_mmap(mm, 0, TASK_SIZE - MMAP_BASE, RW, ANON, NULL, 0),
		  -ENOMEM);
	user_leave(mm);
}

TEST(mmap, a_hint_is_taken_where_there_is_room)
{
	struct mm *mm = user_enter();

	EXPECT_EQ(mm_mmap(mm, AT + 5, PAGE_SIZE, RW, ANON, NULL, 0), AT);
	EXPECT_EQ(mm_mmap(mm, AT, PAGE_SIZE, RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(1));
	EXPECT_EQ(mm_mmap(mm, AT - PAGES(1), PAGES(2), RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(3));
	EXPECT_EQ(mm_mmap(mm, 5, PAGE_SIZE, RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(4));
	EXPECT_EQ(mm_mmap(mm, PAGE_SIZE, PAGE_SIZE, RW, ANON, NULL, 0),
		  MMAP_MIN_ADDR);
	EXPECT_EQ(mm_mmap(mm, TASK_SIZE, PAGE_SIZE, RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(5));
	EXPECT_EQ(mm_mmap(mm, 0xffffffff, PAGE_SIZE, RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(6));
	EXPECT_EQ(mm_mmap(mm, TASK_SIZE - PAGE_SIZE, PAGE_SIZE, RW, ANON, NULL,
			  0), TASK_SIZE - PAGE_SIZE);
	user_leave(mm);
}

TEST(mmap, a_hint_keeps_clear_of_a_stacks_guard_gap)
{
	struct mm *mm = user_enter();
	vaddr_t guard = AT - STACK_GUARD_GAP;

	mm_mmap(mm, AT, PAGE_SIZE, RW, FIXED | MAP_GROWSDOWN, NULL, 0);
	EXPECT_EQ(mm_mmap(mm, guard, PAGE_SIZE, RW, ANON, NULL, 0),
		  MMAP_BASE - PAGES(1));
	EXPECT_EQ(mm_mmap(mm, guard - PAGES(1), PAGE_SIZE, RW, ANON, NULL, 0),
		  guard - PAGES(1));
	user_leave(mm);
}

TEST(mmap, fixed_replaces_whatever_is_there)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 10, RW);
	for (int i = 0; i < 10; i++)
		user_write(AT + PAGES(i), i + 1);
	EXPECT_EQ(map_at(mm, AT + PAGES(3), 2, PROT_READ), AT + PAGES(3));
	EXPECT_AREAS(mm, "20000-20003 rw-p|20003-20005 r--p|20005-2000a rw-p");
	EXPECT_EQ(user_read(AT + PAGES(2)), 3);
	EXPECT_EQ(user_read(AT + PAGES(3)), 0);
	EXPECT_EQ(user_read(AT + PAGES(5)), 6);
	map_at(mm, AT + PAGES(2), 6, RW);	/* over three, joins both */
	EXPECT_AREAS(mm, "20000-2000a rw-p");
	EXPECT_EQ(user_read(AT + PAGES(1)), 2);
	EXPECT_EQ(user_read(AT + PAGES(2)), 0);
	EXPECT_EQ(user_read(AT + PAGES(8)), 9);
	map_at(mm, AT - PAGES(1), 12, PROT_READ);
	EXPECT_AREAS(mm, "1ffff-2000b r--p");
	EXPECT_EQ(mm_rss(mm), 0);
	user_leave(mm);
}

TEST(mmap, fixed_noreplace_refuses_what_is_taken)
{
	struct mm *mm = user_enter();
	int flags = ANON | MAP_FIXED_NOREPLACE;

	map_at(mm, AT, 2, RW);
	EXPECT_EQ(mm_mmap(mm, AT + PAGES(1), PAGES(1), RW, flags, NULL, 0),
		  -EEXIST);
	EXPECT_EQ(mm_mmap(mm, AT - PAGES(1), PAGES(2), RW, flags, NULL, 0),
		  -EEXIST);
	EXPECT_EQ(mm_mmap(mm, AT + PAGES(2), PAGES(1), RW, flags, NULL, 0),
		  AT + PAGES(2));
	EXPECT_EQ(mm_mmap(mm, AT + 1, PAGES(1), RW, flags, NULL, 0), -EINVAL);
	user_leave(mm);
}

TEST(mmap, populate_brings_the_pages)
{
	struct mm *mm = user_enter();

	mm_mmap(mm, AT, PAGES(5), RW, FIXED | MAP_POPULATE, NULL, 0);
	EXPECT_EQ(mm_rss(mm), 5);
	mm_mmap(mm, AT, PAGES(5), PROT_READ, FIXED | MAP_POPULATE, NULL, 0);
	EXPECT_EQ(mm_rss(mm), 0);		/* all the one of zeros */
	mm_mmap(mm, AT, PAGES(5), PROT_NONE, FIXED | MAP_POPULATE, NULL, 0);
	EXPECT_EQ(mm_rss(mm), 0);
	mm_mmap(mm, AT, PAGES(5), RW, SHARED_ANON | MAP_FIXED | MAP_POPULATE,
		NULL, 0);
	EXPECT_EQ(mm_rss(mm), 5);
	mm_mmap(mm, AT, PAGES(5), RW, FIXED | MAP_POPULATE | MAP_NONBLOCK,
		NULL, 0);
	EXPECT_EQ(mm_rss(mm), 0);
	user_leave(mm);
}

TEST(mmap, memory_that_is_accounted_otherwise_does_not_join)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 1, RW);
	mm_mmap(mm, AT + PAGES(1), PAGES(1), RW, FIXED | MAP_NORESERVE, NULL,
		0);
	EXPECT_EQ(mm->vmas.nr, 2);
	mm_mmap(mm, AT + PAGES(2), PAGES(1), RW, SHARED_ANON | MAP_FIXED, NULL,
		0);
	mm_mmap(mm, AT + PAGES(3), PAGES(1), RW, SHARED_ANON | MAP_FIXED, NULL,
		0);
	EXPECT_EQ(mm->vmas.nr, 4);
	user_leave(mm);
}

TEST(mmap, there_can_be_65530_areas_and_few_more)
{
	struct mm *mm = user_enter();
	vaddr_t at = 0x10000000;

	while (mm_mmap(mm, at, PAGES(1), PROT_NONE, FIXED, NULL, 0) == (long)at)
		at += PAGES(2);
	EXPECT_EQ(mm->vmas.nr, (uint32_t)vm_max_map_count + 1);
	EXPECT_EQ(mm_mmap(mm, at, PAGES(1), PROT_NONE, FIXED, NULL, 0),
		  -ENOMEM);
	EXPECT_EQ(mm_munmap(mm, 0x10000000, PAGES(1)), 0);
	EXPECT_EQ(mm_munmap(mm, 0x10000000, PAGES(20)), 0);

	/* Cutting one in the middle makes one more as well. */
	map_at(mm, 0x0f000000, 10, RW);
	while (mm->vmas.nr < (uint32_t)vm_max_map_count) {
		map_at(mm, at, 1, PROT_NONE);
		at += PAGES(2);
	}
	EXPECT_EQ(mm_munmap(mm, 0x0f000000 + PAGES(4), PAGES(1)), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, 0x0f000000, PAGES(1), PROT_READ), -ENOMEM);
	EXPECT_EQ(map_at(mm, 0x0f000000 + PAGES(4), 1, PROT_READ), -ENOMEM);
	EXPECT_EQ(mm_munmap(mm, 0x0f000000, PAGES(1)), 0);
	EXPECT_EQ(mm->vmas.nr, (uint32_t)vm_max_map_count);
	user_leave(mm);
}

/* ---------------------------------------------------------------- munmap */

TEST(mmap, munmap_argument_errors_are_those_of_linux)
{
	struct mm *mm = user_enter();

	EXPECT_EQ(mm_munmap(mm, AT + 1, PAGES(1)), -EINVAL);
	EXPECT_EQ(mm_munmap(mm, AT, 0), -EINVAL);
	EXPECT_EQ(mm_munmap(mm, TASK_SIZE, PAGES(1)), -EINVAL);
	EXPECT_EQ(mm_munmap(mm, TASK_SIZE - PAGES(1), PAGES(2)), -EINVAL);
	EXPECT_EQ(mm_munmap(mm, AT, 0xffffffff), -EINVAL);
	EXPECT_EQ(mm_munmap(mm, 0xfffff000, PAGES(1)), -EINVAL);
	EXPECT_EQ(mm_munmap(mm, AT, PAGES(1)), 0);	/* nothing there */
	EXPECT_EQ(mm_munmap(mm, 0, TASK_SIZE), 0);
	user_leave(mm);
}

TEST(mmap, munmap_of_any_part_leaves_the_rest)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 10, RW);
	for (int i = 0; i < 10; i++)
		user_write(AT + PAGES(i), i + 1);
	EXPECT_EQ(mm_munmap(mm, AT, PAGES(2)), 0);
	EXPECT_EQ(mm_munmap(mm, AT + PAGES(8), PAGES(5)), 0);
	EXPECT_EQ(mm_munmap(mm, AT + PAGES(4), 1), 0);
	EXPECT_AREAS(mm, "20002-20004 rw-p|20005-20008 rw-p");
	EXPECT_EQ(mm_rss(mm), 5);
	EXPECT_EQ(mm->total_vm, 5);
	for (uint32_t i = 0; i < 10; i++) {
		bool there = (i >= 2 && i < 4) || (i >= 5 && i < 8);

		EXPECT_EQ(user_can_read(AT + PAGES(i)), there);
		if (there)
			EXPECT_EQ(user_read(AT + PAGES(i)), i + 1);
	}
	EXPECT_EQ(mm_munmap(mm, AT + PAGES(3), PAGES(4)), 0);
	EXPECT_AREAS(mm, "20002-20003 rw-p|20007-20008 rw-p");
	user_leave(mm);
}

TEST(mmap, page_tables_go_with_the_last_area_of_their_4_mib)
{
	struct mm *mm = user_enter();

	for (uint32_t i = 0; i < 4; i++) {
		map_at(mm, AT + i * PGD_SIZE, 1, RW);
		map_at(mm, AT + i * PGD_SIZE + PAGES(9), 1, RW);
		user_write(AT + i * PGD_SIZE, 1);
	}
	EXPECT_EQ(mm->pgtable.nr_tables, 4);
	EXPECT_EQ(mm_munmap(mm, AT + PGD_SIZE, PAGES(1)), 0);
	EXPECT_EQ(mm->pgtable.nr_tables, 4);
	EXPECT_EQ(mm_munmap(mm, AT + PGD_SIZE + PAGES(9), PAGES(1)), 0);
	EXPECT_EQ(mm->pgtable.nr_tables, 3);
	EXPECT_EQ(mm_munmap(mm, AT, 4 * PGD_SIZE), 0);
	EXPECT_EQ(mm->pgtable.nr_tables, 0);
	user_leave(mm);
}

/* -------------------------------------------------------------- mprotect */

TEST(mmap, mprotect_argument_errors_are_those_of_linux)
{
	struct mm *mm = user_enter();
	int both = PROT_GROWSDOWN | PROT_GROWSUP;

	map_at(mm, AT, 4, RW);
	EXPECT_EQ(mm_mprotect(mm, AT + 1, PAGES(1), RW), -EINVAL);
	EXPECT_EQ(mm_mprotect(mm, AT, 0, RW), 0);
	EXPECT_EQ(mm_mprotect(mm, AT, 0, 0x100), 0);
	EXPECT_EQ(mm_mprotect(mm, AT, 0xffffffff, RW), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), 0x100), -EINVAL);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), RW | both), -EINVAL);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), RW | PROT_GROWSDOWN), -EINVAL);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), RW | PROT_GROWSUP), -EINVAL);
	EXPECT_EQ(mm_mprotect(mm, AT - PAGES(1), PAGES(2), RW), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(4), PAGES(1), RW), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, 0, PAGES(1), RW), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(4), RW | PROT_SEM), 0);
	EXPECT_AREAS(mm, "20000-20004 rw-p");
	user_leave(mm);
}

TEST(mmap, mprotect_cuts_and_joins)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 10, RW);
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(4), PAGES(2), PROT_READ), 0);
	EXPECT_AREAS(mm, "20000-20004 rw-p|20004-20006 r--p|20006-2000a rw-p");
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(2), PAGES(2), PROT_READ), 0);
	EXPECT_AREAS(mm, "20000-20002 rw-p|20002-20006 r--p|20006-2000a rw-p");
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(5), PAGES(2), PROT_EXEC), 0);
	EXPECT_AREAS(mm, "20000-20002 rw-p|20002-20005 r--p|20005-20007 --xp|"
			 "20007-2000a rw-p");
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(10), RW), 0);
	EXPECT_AREAS(mm, "20000-2000a rw-p");
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(1), PAGES(1), PROT_NONE), 0);
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(3), PAGES(1), PROT_NONE), 0);
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(2), PAGES(1), PROT_NONE), 0);
	EXPECT_AREAS(mm, "20000-20001 rw-p|20001-20004 ---p|20004-2000a rw-p");
	user_leave(mm);
}

TEST(mmap, mprotect_works_up_to_a_hole)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 2, RW);
	map_at(mm, AT + PAGES(3), 2, RW);
	EXPECT_EQ(mm_mprotect(mm, AT + PAGES(1), PAGES(3), PROT_READ), -ENOMEM);
	EXPECT_AREAS(mm, "20000-20001 rw-p|20001-20002 r--p|20003-20005 rw-p");
	user_leave(mm);
}

TEST(mmap, protection_is_enforced_and_data_survives)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 3, RW);
	for (int i = 0; i < 3; i++)
		user_write(AT + PAGES(i), 10 + i);
	mm_mprotect(mm, AT, PAGES(1), PROT_READ);
	mm_mprotect(mm, AT + PAGES(1), PAGES(1), PROT_NONE);
	EXPECT(!user_write(AT, 1));
	EXPECT_EQ(user_read(AT), 10);
	EXPECT(!user_can_read(AT + PAGES(1)));
	EXPECT(!user_write(AT + PAGES(1), 1));
	EXPECT_EQ(mm_rss(mm), 3);
	mm_mprotect(mm, AT, PAGES(3), PROT_WRITE);	/* implies read */
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_EQ(user_read(AT + PAGES(i)), 10 + i);
	EXPECT(user_write(AT, 1));
	EXPECT_EQ(mm->min_flt, 3);	/* the right came back with the call */
	mm_mprotect(mm, AT, PAGES(3), PROT_EXEC);	/* so does that */
	EXPECT_EQ(user_read(AT), 1);
	user_leave(mm);
}

/* ------------------------------------------------------------------- brk */

#define HEAP	0x08100000u

TEST(mmap, brk_moves_the_end_of_the_heap)
{
	struct mm *mm = user_enter();

	mm_set_brk(mm, HEAP + 100);
	EXPECT_EQ(mm_brk(mm, 0), HEAP + 100);
	EXPECT_EQ(mm_brk(mm, HEAP + 99), HEAP + 100);
	EXPECT_EQ(mm_brk(mm, HEAP + PAGE_SIZE), HEAP + PAGE_SIZE);
	EXPECT_EQ(mm->vmas.nr, 0);	/* the page of start_brk is the bss's */
	EXPECT_EQ(mm_brk(mm, HEAP + PAGE_SIZE + 1), HEAP + PAGE_SIZE + 1);
	EXPECT_AREAS(mm, "8101-8102 rw-p");
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(9)), HEAP + PAGES(9));
	EXPECT_AREAS(mm, "8101-8109 rw-p");
	EXPECT(user_write(HEAP + PAGES(8), 1));
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(7)), HEAP + PAGES(7));
	EXPECT(!user_can_read(HEAP + PAGES(8)));
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(9)), HEAP + PAGES(9));
	EXPECT_EQ(user_read(HEAP + PAGES(8)), 0);
	EXPECT_EQ(mm_brk(mm, HEAP + 100), HEAP + 100);
	EXPECT_EQ(mm->vmas.nr, 0);
	user_leave(mm);
}

TEST(mmap, brk_is_refused_where_something_is_or_nothing_can_be)
{
	struct mm *mm = user_enter();

	mm_set_brk(mm, HEAP);
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(2)), HEAP + PAGES(2));
	map_at(mm, HEAP + PAGES(8), 1, PROT_READ);
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(9)), HEAP + PAGES(2));
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(8)), HEAP + PAGES(2));
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(7)), HEAP + PAGES(7));
	EXPECT_EQ(mm_brk(mm, TASK_SIZE), HEAP + PAGES(7));
	EXPECT_EQ(mm_brk(mm, TASK_SIZE + 1), HEAP + PAGES(7));
	EXPECT_EQ(mm_brk(mm, 0xffffffff), HEAP + PAGES(7));
	user_leave(mm);
}

TEST(mmap, a_heap_with_holes_shrinks_and_grows)
{
	struct mm *mm = user_enter();

	mm_set_brk(mm, HEAP);
	mm_brk(mm, HEAP + PAGES(8));
	mm_munmap(mm, HEAP + PAGES(2), PAGES(6));
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(9)), HEAP + PAGES(9));
	EXPECT_AREAS(mm, "8100-8102 rw-p|8108-8109 rw-p");
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(1)), HEAP + PAGES(1));
	EXPECT_AREAS(mm, "8100-8101 rw-p");

	/* What is added can be written, whatever became of the old end. */
	EXPECT_EQ(mm_mprotect(mm, HEAP, PAGES(1), PROT_READ), 0);
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(2)), HEAP + PAGES(2));
	EXPECT_AREAS(mm, "8100-8101 r--p|8101-8102 rw-p");
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(1)), HEAP + PAGES(1));
	EXPECT_EQ(mm_mprotect(mm, HEAP, PAGES(1), RW), 0);

	/* A neighbour has become part of the area: only the heap shrinks. */
	map_at(mm, HEAP + PAGES(1), 3, RW);
	EXPECT_AREAS(mm, "8100-8104 rw-p");
	EXPECT_EQ(mm_brk(mm, HEAP), HEAP);
	EXPECT_AREAS(mm, "8101-8104 rw-p");
	user_leave(mm);
}

TEST(mmap, brk_keeps_its_value_when_memory_is_short)
{
	struct mm *mm = user_enter();

	mm_set_brk(mm, HEAP);
	alloc_fail_after(0);
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(2)), HEAP);
	alloc_fail_off();
	EXPECT_EQ(mm->vmas.nr, 0);
	mm_brk(mm, HEAP + PAGES(2));
	alloc_fail_after(0);		/* growing the area needs none */
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(4)), HEAP + PAGES(4));
	alloc_fail_off();
	map_at(mm, HEAP + PAGES(4), 1, RW);
	alloc_fail_after(0);		/* but cutting it does */
	EXPECT_EQ(mm_brk(mm, HEAP + PAGES(1)), HEAP + PAGES(4));
	alloc_fail_off();
	EXPECT_EQ(mm->total_vm, 5);
	user_leave(mm);
}

/* --------------------------------------------------------- short of memory */

/* @call fails with -ENOMEM, changing nothing, until it has what it needs. */
static void expect_all_or_nothing(long (*call)(struct mm *mm), long result,
				  unsigned int nr_allocations)
{
	struct mm *mm = user_enter();
	unsigned int n;

	map_at(mm, AT, 10, RW);
	for (int i = 0; i < 10; i++)
		user_write(AT + PAGES(i), i + 1);
	for (n = 0; n < 20; n++) {
		long got;

		alloc_fail_after(n);
		got = call(mm);
		alloc_fail_off();
		mm_check_one(mm);
		if (got == result)
			break;
		EXPECT_EQ(got, -ENOMEM);
		EXPECT_AREAS(mm, "20000-2000a rw-p");
		EXPECT_EQ(mm->total_vm, 10);
		for (uint32_t i = 0; i < 10; i++)
			EXPECT_EQ(user_read(AT + PAGES(i)), i + 1);
	}
	EXPECT_EQ(n, nr_allocations);
	user_leave(mm);
}

static long map_in_the_middle(struct mm *mm)
{
	return map_at(mm, AT + PAGES(4), 1, PROT_READ);
}

static long map_shared_in_the_middle(struct mm *mm)
{
	return mm_mmap(mm, AT + PAGES(4), PAGES(1), RW,
		       SHARED_ANON | MAP_FIXED, NULL, 0);
}

static long map_elsewhere(struct mm *mm)
{
	return map_at(mm, AT + PAGES(20), 1, RW);
}

static long unmap_the_middle(struct mm *mm)
{
	return mm_munmap(mm, AT + PAGES(4), PAGES(2));
}

static long unmap_the_end(struct mm *mm)
{
	return mm_munmap(mm, AT + PAGES(4), PAGES(6));
}

static long protect_the_middle(struct mm *mm)
{
	return mm_mprotect(mm, AT + PAGES(4), PAGES(2), PROT_READ);
}

static long protect_the_start(struct mm *mm)
{
	return mm_mprotect(mm, AT, PAGES(2), PROT_NONE);
}

TEST(mmap, calls_that_fail_for_memory_change_nothing)
{
	expect_all_or_nothing(map_elsewhere, AT + PAGES(20), 1);
	expect_all_or_nothing(map_in_the_middle, AT + PAGES(4), 2);
	expect_all_or_nothing(map_shared_in_the_middle, AT + PAGES(4), 3);
	expect_all_or_nothing(unmap_the_middle, 0, 1);
	expect_all_or_nothing(unmap_the_end, 0, 0);
	expect_all_or_nothing(protect_the_middle, 0, 2);
	expect_all_or_nothing(protect_the_start, 0, 1);
}

/* --------------------------------------------------------- a random walk */

#define WALK_PAGES	64

/* What each page must hold: 0 nothing mapped, else what is in it + 1. */
static uint32_t walk_model[WALK_PAGES];

static void walk_step(struct mm *mm)
{
	uint32_t page = ktest_random() % WALK_PAGES;
	uint32_t nr = 1 + ktest_random() % (WALK_PAGES - page);
	vaddr_t addr = AT + PAGES(page);

	if (nr > 12)
		nr = 12;
	switch (ktest_random() % 4) {
	case 0:
		EXPECT_EQ(map_at(mm, addr, nr, RW), addr);
		for (uint32_t i = 0; i < nr; i++)
			walk_model[page + i] = 1;
		break;
	case 1:
		EXPECT_EQ(mm_munmap(mm, addr, PAGES(nr)), 0);
		for (uint32_t i = 0; i < nr; i++)
			walk_model[page + i] = 0;
		break;
	case 2:
		mm_mprotect(mm, addr, PAGES(nr), PROT_NONE);
		mm_mprotect(mm, addr, PAGES(nr), PROT_READ);
		mm_mprotect(mm, addr, PAGES(nr), RW);
		break;
	default:
		EXPECT_EQ(user_write(addr, nr), walk_model[page] != 0);
		if (walk_model[page])
			walk_model[page] = nr + 1;
	}
}

TEST(mmap, a_random_walk_with_forks_loses_no_word)
{
	struct mm *mm = user_enter(), *child;

	memset(walk_model, 0, sizeof(walk_model));
	for (int step = 0; step < 3000; step++) {
		walk_step(mm);
		if (step % 50 == 0) {
			child = mm_clone(mm);
			REQUIRE(child);
			if (step % 100 == 0) {	/* live on as the child */
				user_leave(mm);
				user_run_in(child);
				mm = child;
			} else {
				mm_put(child);
			}
		}
		if (step % 16)
			continue;
		for (uint32_t i = 0; i < WALK_PAGES; i++)
			if (walk_model[i])
				EXPECT_EQ(user_read(AT + PAGES(i)),
					  walk_model[i] - 1);
		mm_check_one(mm);
	}
	user_leave(mm);
}

/* -------------------------------------------------- when memory is short */

static long fail_map(struct mm *mm)
{
	return mm_mmap(mm, AT + PAGES(20), PAGES(3), RW, FIXED, NULL, 0) ==
	       (long)(AT + PAGES(20)) ? 0 : -ENOMEM;
}

static long fail_map_over(struct mm *mm)
{
	return mm_mmap(mm, AT + PAGES(3), PAGES(3), PROT_READ, FIXED, NULL,
		       0) == (long)(AT + PAGES(3)) ? 0 : -ENOMEM;
}

static long fail_map_shared(struct mm *mm)
{
	long at = mm_mmap(mm, 0, PAGES(3), RW, SHARED_ANON, NULL, 0);

	return at == -ENOMEM ? at : 0;
}

static long fail_unmap(struct mm *mm)
{
	return mm_munmap(mm, AT + PAGES(3), PAGES(3));
}

static long fail_protect(struct mm *mm)
{
	return mm_mprotect(mm, AT + PAGES(3), PAGES(3), PROT_READ);
}

static long fail_fault(struct mm *mm)
{
	return fault_in(mm, AT + PAGES(9), true);
}

static long fail_fork(struct mm *mm)
{
	struct mm *child = mm_clone(mm);

	if (!child)
		return -ENOMEM;
	mm_put(child);
	return 0;
}

/* @call fails for each allocation it makes, and has then changed nothing. */
static void expect_nothing_half_done(long (*call)(struct mm *mm),
				     unsigned int at_least)
{
	const char *before = "20000-2000a rw-p";
	long result = -ENOMEM;
	unsigned int n;

	for (n = 0; result && n < 50; n++) {
		struct mm *mm = user_enter();
		uint32_t promised;

		map_at(mm, AT, 10, RW);
		EXPECT(user_write(AT + PAGES(4), 44));
		promised = vm_committed();
		pgtable_reap();
		alloc_fail_after(n);
		result = call(mm);
		alloc_fail_off();
		if (result) {
			EXPECT_EQ(result, -ENOMEM);
			EXPECT_AREAS(mm, before);
			EXPECT_EQ(mm_rss(mm), 1);
			EXPECT_EQ(vm_committed(), promised);
			EXPECT_EQ(user_read(AT + PAGES(4)), 44);
		}
		user_leave(mm);
	}
	EXPECT_EQ(result, 0);
	EXPECT(n > at_least);
}

TEST(mmap, nothing_is_half_done_when_memory_is_short)
{
	expect_nothing_half_done(fail_map, 1);
	expect_nothing_half_done(fail_map_over, 2);
	expect_nothing_half_done(fail_map_shared, 2);
	expect_nothing_half_done(fail_unmap, 1);
	expect_nothing_half_done(fail_protect, 2);
	expect_nothing_half_done(fail_fault, 1);
	expect_nothing_half_done(fail_fork, 3);
}
