// SPDX-License-Identifier: MIT
/* madvise, mincore, msync, and the mlock family. */
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

static void map_at(struct mm *mm, vaddr_t addr, unsigned int nr, int prot,
		   int flags)
{
	EXPECT_EQ(mm_mmap(mm, addr, PAGES(nr), prot, flags | MAP_FIXED, NULL,
			  0), addr);
}

/* @nr pages at AT whose first words are 1, 2, ... */
static struct mm *enter_with(unsigned int nr, int flags)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, nr, RW, flags);
	for (unsigned int i = 0; i < nr; i++)
		user_write(AT + PAGES(i), i + 1);
	return mm;
}

static uint32_t flags_at(struct mm *mm, vaddr_t addr)
{
	return vma_find(&mm->vmas, addr)->flags;
}

TEST(madvise, argument_errors_are_those_of_linux)
{
	static const struct {
		vaddr_t addr;
		size_t len;
		int advice;
		int err;
	} cases[] = {
		{ AT + 1, PAGES(1), MADV_NORMAL, -EINVAL },
		{ AT, PAGES(1), 5, -EINVAL },
		{ AT, PAGES(1), 7, -EINVAL },
		{ AT, PAGES(1), -1, -EINVAL },
		{ AT, PAGES(1), 99, -EINVAL },
		{ AT, 0, 99, -EINVAL },
		{ AT, 0, MADV_DONTNEED, 0 },
		{ 0, 0, MADV_DONTNEED, 0 },
		{ AT, 0xffffffff, MADV_DONTNEED, -EINVAL },
		{ AT, 0xfffff000, MADV_DONTNEED, -EINVAL },
		{ AT + PAGES(8), PAGES(1), MADV_DONTNEED, -ENOMEM },
		{ AT, PAGES(2), MADV_REMOVE, -EINVAL },
		{ AT, PAGES(2), MADV_POPULATE_WRITE, 0 },
		{ AT + PAGES(2), PAGES(1), MADV_POPULATE_WRITE, -EINVAL },
		{ AT + PAGES(2), PAGES(1), MADV_POPULATE_READ, 0 },
		{ AT + PAGES(3), PAGES(1), MADV_POPULATE_READ, -EINVAL },
		{ AT + PAGES(4), PAGES(1), MADV_REMOVE, 0 },
		{ AT + PAGES(4), PAGES(1), MADV_FREE, -EINVAL },
		{ AT + PAGES(4), PAGES(1), MADV_WIPEONFORK, -EINVAL },
		{ AT, PAGES(2), MADV_WILLNEED, 0 },
		{ AT, PAGES(2), MADV_COLD, 0 },
		{ AT, PAGES(2), MADV_PAGEOUT, 0 },
		{ AT, PAGES(2), MADV_FREE, 0 },
	};
	struct mm *mm = enter_with(2, ANON);

	map_at(mm, AT + PAGES(2), 1, PROT_READ, ANON);
	map_at(mm, AT + PAGES(3), 1, PROT_NONE, ANON);
	map_at(mm, AT + PAGES(4), 1, PROT_READ, SHARED_ANON);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!EXPECT_EQ(mm_madvise(mm, cases[i].addr, cases[i].len,
					  cases[i].advice), cases[i].err))
			kprint("# case %zu\n", i);
	EXPECT_EQ(mm->vmas.nr, 4);
	EXPECT_EQ(user_read(AT), 1);
	user_leave(mm);
}

TEST(madvise, dontneed_gives_private_pages_back)
{
	struct mm *mm = enter_with(6, ANON);
	uint32_t nr_tables = mm->pgtable.nr_tables;

	EXPECT_EQ(mm_madvise(mm, AT + PAGES(1), PAGES(3) - 5, MADV_DONTNEED),
		  0);
	EXPECT_EQ(mm_rss(mm), 3);
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + PAGES(1)), 0);
	EXPECT_EQ(user_read(AT + PAGES(3)), 0);
	EXPECT_EQ(user_read(AT + PAGES(4)), 5);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), MADV_DONTNEED), 0);
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(mm->pgtable.nr_tables, nr_tables);
	EXPECT_AREAS(mm, "20000-20006 rw-p");
	user_leave(mm);
}

TEST(madvise, dontneed_forgets_no_shared_page)
{
	struct mm *mm = enter_with(4, SHARED_ANON);

	EXPECT_EQ(mm_madvise(mm, AT, PAGES(4), MADV_DONTNEED), 0);
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(user_read(AT + PAGES(3)), 4);
	user_leave(mm);
}

TEST(madvise, remove_empties_shared_memory_for_all_who_map_it)
{
	struct mm *mm = enter_with(6, SHARED_ANON), *child;
	size_t nr_free;

	child = mm_clone(mm);			/* maps pages 0 to 5 as well */
	REQUIRE(child);
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(1), PAGES(2), MADV_REMOVE), 0);
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + PAGES(1)), 0);
	EXPECT_EQ(user_read(AT + PAGES(3)), 4);
	user_run_in(child);
	EXPECT_EQ(user_read(AT + PAGES(2)), 0);
	EXPECT_EQ(user_read(AT + PAGES(3)), 4);
	EXPECT(user_write(AT + PAGES(2), 9));
	user_run_in(mm);
	EXPECT_EQ(user_read(AT + PAGES(2)), 9);	/* it is still one page */
	mm_put(child);

	/* Nobody else maps them now: the frames come back. */
	nr_free = buddy_nr_free();
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), MADV_REMOVE), 0);
	EXPECT(buddy_nr_free() >= nr_free + 6);
	EXPECT_EQ(user_read(AT + PAGES(3)), 0);
	user_leave(mm);
}

TEST(madvise, a_hole_is_told_of_when_the_rest_is_done)
{
	struct mm *mm = enter_with(6, ANON);

	mm_munmap(mm, AT + PAGES(2), PAGES(2));
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), MADV_DONTNEED), -ENOMEM);
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(8), MADV_RANDOM), -ENOMEM);
	EXPECT(flags_at(mm, AT) & VM_RAND_READ);
	EXPECT(flags_at(mm, AT + PAGES(4)) & VM_RAND_READ);
	EXPECT_EQ(mm_madvise(mm, AT - PAGES(1), PAGES(8), MADV_POPULATE_WRITE),
		  -ENOMEM);
	EXPECT_EQ(mm_rss(mm), 4);
	user_leave(mm);
}

TEST(madvise, an_area_that_refuses_ends_the_call)
{
	struct mm *mm = enter_with(6, ANON);

	EXPECT_EQ(mm_mlock(mm, AT + PAGES(2), PAGES(2), 0), 0);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), MADV_DONTNEED), -EINVAL);
	EXPECT_EQ(mm_rss(mm), 4);		/* done before, not behind */
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(2), PAGES(1), MADV_FREE), -EINVAL);
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(2), PAGES(1), MADV_COLD), -EINVAL);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), MADV_DONTNEED_LOCKED), 0);
	EXPECT_EQ(mm_rss(mm), 0);
	map_at(mm, AT + PAGES(6), 1, RW, SHARED_ANON);
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(4), PAGES(3), MADV_WIPEONFORK),
		  -EINVAL);
	EXPECT(flags_at(mm, AT + PAGES(4)) & VM_WIPEONFORK);
	EXPECT(!(flags_at(mm, AT + PAGES(6)) & VM_WIPEONFORK));
	EXPECT(!(flags_at(mm, AT) & VM_WIPEONFORK));
	user_leave(mm);
}

TEST(madvise, advice_cuts_areas_and_its_end_joins_them)
{
	static const int pairs[][2] = {
		{ MADV_RANDOM, MADV_NORMAL }, { MADV_SEQUENTIAL, MADV_NORMAL },
		{ MADV_DONTFORK, MADV_DOFORK },
		{ MADV_WIPEONFORK, MADV_KEEPONFORK },
		{ MADV_DONTDUMP, MADV_DODUMP },
		{ MADV_MERGEABLE, MADV_UNMERGEABLE },
	};
	struct mm *mm = enter_with(6, ANON);

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		vaddr_t at = AT + PAGES(2);

		EXPECT_EQ(mm_madvise(mm, at, PAGES(2), pairs[i][0]), 0);
		EXPECT_AREAS(mm, "20000-20002 rw-p|20002-20004 rw-p|"
				 "20004-20006 rw-p");
		EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), pairs[i][1]), 0);
		EXPECT_AREAS(mm, "20000-20006 rw-p");
	}
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(3), MADV_RANDOM), 0);
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(3), PAGES(3), MADV_RANDOM), 0);
	EXPECT_AREAS(mm, "20000-20006 rw-p");
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(3), MADV_SEQUENTIAL), 0);
	EXPECT_AREAS(mm, "20000-20003 rw-p|20003-20006 rw-p");
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(6), MADV_NORMAL), 0);
	EXPECT_AREAS(mm, "20000-20006 rw-p");
	for (uint32_t i = 0; i < 6; i++)
		EXPECT_EQ(user_read(AT + PAGES(i)), i + 1);
	user_leave(mm);
}

TEST(madvise, fork_heeds_what_it_was_told)
{
	struct mm *mm = enter_with(8, ANON), *child;

	map_at(mm, AT + PAGES(8), 2, RW, SHARED_ANON);
	mm_madvise(mm, AT + PAGES(2), PAGES(2), MADV_DONTFORK);
	mm_madvise(mm, AT + PAGES(4), PAGES(2), MADV_WIPEONFORK);
	mm_madvise(mm, AT + PAGES(9), PAGES(1), MADV_DONTFORK);
	mm_mlock(mm, AT + PAGES(6), PAGES(2), 0);
	mm_mlockall(mm, MCL_FUTURE);
	child = mm_clone(mm);
	REQUIRE(child);
	user_leave(mm);
	user_run_in(child);
	EXPECT_AREAS(child, "20000-20002 rw-p|20004-20006 rw-p|"
			    "20006-20008 rw-p|20008-20009 rw-s");
	EXPECT_EQ(child->total_vm, 7);
	EXPECT_EQ(user_read(AT + PAGES(1)), 2);
	EXPECT_EQ(user_read(AT + PAGES(4)), 0);
	EXPECT_EQ(user_read(AT + PAGES(7)), 8);
	EXPECT(!user_can_read(AT + PAGES(2)));
	EXPECT_EQ(flags_at(child, AT + PAGES(6)) & VM_LOCK_FLAGS, 0);
	EXPECT_EQ(child->def_flags, 0);
	user_leave(child);
}

TEST(madvise, populate_is_a_touch_of_each_page)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 4, RW, ANON);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(4), MADV_POPULATE_READ), 0);
	EXPECT_EQ(mm_rss(mm), 0);		/* all the one of zeros */
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(2), MADV_POPULATE_WRITE), 0);
	EXPECT_EQ(mm_rss(mm), 2);
	map_at(mm, AT + PAGES(4), 2, RW, SHARED_ANON);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(4), PAGES(2), PAGES(4), 0, 0),
		  AT + PAGES(4));
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(4), PAGES(4), MADV_POPULATE_READ),
		  -EFAULT);			/* beyond the mapping's end */
	EXPECT_EQ(mm_rss(mm), 4);
	alloc_fail_after(0);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(4), MADV_POPULATE_WRITE), -ENOMEM);
	alloc_fail_off();
	user_leave(mm);
}

/* --------------------------------------------------------- short of memory */

static long random_middle(struct mm *mm)
{
	return mm_madvise(mm, AT + PAGES(2), PAGES(2), MADV_RANDOM);
}

static long dontneed_all(struct mm *mm)
{
	return mm_madvise(mm, AT, PAGES(6), MADV_DONTNEED);
}

static long lock_middle(struct mm *mm)
{
	return mm_mlock(mm, AT + PAGES(2), PAGES(2), 0);
}

static void expect_all_or_nothing(long (*call)(struct mm *mm), long refused,
				  unsigned int nr_allocations)
{
	struct mm *mm = enter_with(6, ANON);
	unsigned int n;

	for (n = 0; n < 20; n++) {
		long got;

		alloc_fail_after(n);
		got = call(mm);
		alloc_fail_off();
		mm_check_one(mm);
		if (!got)
			break;
		EXPECT_EQ(got, refused);
		EXPECT_AREAS(mm, "20000-20006 rw-p");
		EXPECT_EQ(mm_rss(mm), 6);
	}
	EXPECT_EQ(n, nr_allocations);
	user_leave(mm);
}

TEST(madvise, calls_that_fail_for_memory_change_nothing)
{
	expect_all_or_nothing(random_middle, -EAGAIN, 2);
	expect_all_or_nothing(lock_middle, -ENOMEM, 2);
	expect_all_or_nothing(dontneed_all, 0, 0);
}

TEST(madvise, the_limit_of_areas_holds_for_advice)
{
	struct mm *mm = enter_with(6, ANON);
	vaddr_t at = 0x40000000;

	while (mm->vmas.nr < (uint32_t)vm_max_map_count - 1) {
		map_at(mm, at, 1, PROT_NONE, ANON);
		at += PAGES(2);
	}
	EXPECT_EQ(random_middle(mm), -EAGAIN);
	EXPECT_EQ(lock_middle(mm), -ENOMEM);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(2), MADV_RANDOM), 0);
	EXPECT_EQ(mm->vmas.nr, (uint32_t)vm_max_map_count);
	EXPECT_EQ(mm_madvise(mm, AT + PAGES(4), PAGES(2), MADV_RANDOM),
		  -EAGAIN);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(2), MADV_NORMAL), 0);
	EXPECT_EQ(mm->vmas.nr, (uint32_t)vm_max_map_count - 1);
	user_leave(mm);
}

/* ------------------------------------------------------- mincore and msync */

static void expect_in_core(struct mm *mm, vaddr_t addr, const char *want)
{
	size_t nr = strlen(want);
	uint8_t got[16];

	EXPECT_EQ(mm_mincore(mm, addr, nr, got), nr);
	for (size_t i = 0; i < nr; i++)
		if (!EXPECT_EQ(got[i], want[i] - '0'))
			kprint("# page %zu of %s\n", i, want);
}

TEST(mincore, it_knows_which_pages_are_there)
{
	struct mm *mm = user_enter();
	uint8_t got[16];

	map_at(mm, AT, 4, RW, ANON);
	expect_in_core(mm, AT, "0000");
	user_write(AT + PAGES(1), 1);
	user_read(AT + PAGES(2));
	expect_in_core(mm, AT, "0110");
	mm_mprotect(mm, AT, PAGES(4), PROT_NONE);
	expect_in_core(mm, AT, "0110");
	map_at(mm, AT + PAGES(4), 3, RW, SHARED_ANON);
	EXPECT_EQ(mm_mincore(mm, AT + PAGES(2), 16, got), 2);
	user_write(AT + PAGES(5), 1);
	expect_in_core(mm, AT + PAGES(4), "010");
	mm_madvise(mm, AT + PAGES(4), PAGES(3), MADV_DONTNEED);
	expect_in_core(mm, AT + PAGES(4), "010");	/* the mapping's */
	mm_madvise(mm, AT + PAGES(4), PAGES(3), MADV_REMOVE);
	expect_in_core(mm, AT + PAGES(4), "000");
	EXPECT_EQ(mm_mincore(mm, AT + PAGES(7), 1, got), -ENOMEM);
	EXPECT_EQ(mm_mincore(mm, AT - PAGES(1), 2, got), -ENOMEM);
	user_leave(mm);
}

TEST(msync, argument_errors_are_those_of_linux)
{
	struct mm *mm = enter_with(4, SHARED_ANON);

	EXPECT_EQ(mm_msync(mm, AT, PAGES(4), MS_SYNC), 0);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(4), MS_ASYNC), 0);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(4), 0), 0);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(4), 8), -EINVAL);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(4), MS_SYNC | MS_ASYNC), -EINVAL);
	EXPECT_EQ(mm_msync(mm, AT + 1, PAGES(1), MS_SYNC), -EINVAL);
	EXPECT_EQ(mm_msync(mm, AT, 0xfffff000, MS_SYNC), -ENOMEM);
	EXPECT_EQ(mm_msync(mm, AT, 0, MS_SYNC), 0);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(5), MS_SYNC), -ENOMEM);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(5), MS_ASYNC), -ENOMEM);
	EXPECT_EQ(mm_msync(mm, AT - PAGES(1), PAGES(2), 0), -ENOMEM);
	mm_mlock(mm, AT + PAGES(2), PAGES(1), 0);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(4), MS_SYNC | MS_INVALIDATE), -EBUSY);
	EXPECT_EQ(mm_msync(mm, AT, PAGES(2), MS_SYNC | MS_INVALIDATE), 0);
	user_leave(mm);
}

/* ------------------------------------------------------------------- mlock */

TEST(mlock, it_brings_in_whole_pages_and_marks_them)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 6, RW, ANON);
	EXPECT_EQ(mm_mlock(mm, AT + PAGES(1) + 5, PAGES(2), 0), 0);
	EXPECT_EQ(mm_rss(mm), 3);
	EXPECT_AREAS(mm, "20000-20001 rw-p|20001-20004 rw-p|20004-20006 rw-p");
	EXPECT_EQ(mm_munlock(mm, AT + PAGES(2), 1), 0);
	EXPECT_EQ(mm->vmas.nr, 5);
	EXPECT_EQ(mm_munlock(mm, AT, PAGES(6)), 0);
	/* Without a history none of them joins one that has. */
	EXPECT_AREAS(mm, "20000-20001 rw-p|20001-20004 rw-p|20004-20006 rw-p");
	EXPECT_EQ(mm_mlock(mm, AT, PAGES(6), MLOCK_ONFAULT), 0);
	EXPECT_EQ(mm_rss(mm), 3);
	EXPECT_EQ(mm_mlock(mm, AT, PAGES(6), 0), 0);
	EXPECT_EQ(mm_rss(mm), 6);
	user_leave(mm);
}

TEST(mlock, errors_are_those_of_linux)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 2, RW, ANON);
	map_at(mm, AT + PAGES(3), 2, PROT_NONE, ANON);
	EXPECT_EQ(mm_mlock(mm, AT, PAGES(1), 2), -EINVAL);
	EXPECT_EQ(mm_mlock(mm, AT, 0, 0), 0);
	EXPECT_EQ(mm_mlock(mm, AT, 0xffffffff, 0), 0);	/* wraps to nothing */
	EXPECT_EQ(mm_mlock(mm, AT, 0xfffff000, 0), -EINVAL);
	EXPECT_EQ(mm_munlock(mm, AT, 0xfffff000), -EINVAL);
	EXPECT_EQ(mm_mlock(mm, AT - PAGES(1), PAGES(2), 0), -ENOMEM);
	EXPECT_EQ(flags_at(mm, AT) & VM_LOCK_FLAGS, 0);
	EXPECT_EQ(mm_mlock(mm, AT, PAGES(4), 0), -ENOMEM);
	EXPECT(flags_at(mm, AT) & VM_LOCKED);		/* before the hole */
	EXPECT(!(flags_at(mm, AT + PAGES(3)) & VM_LOCKED));
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(mm_munlock(mm, AT, PAGES(4)), -ENOMEM);
	EXPECT_EQ(flags_at(mm, AT) & VM_LOCK_FLAGS, 0);
	EXPECT_EQ(mm_mlock(mm, AT + PAGES(3), PAGES(2), 0), -ENOMEM);
	EXPECT(flags_at(mm, AT + PAGES(3)) & VM_LOCKED);
	mm_mprotect(mm, AT + PAGES(3), PAGES(2), RW);	/* now it can be had */
	EXPECT_EQ(mm_rss(mm), 2);
	alloc_fail_after(0);
	EXPECT_EQ(mm_mlock(mm, AT, PAGES(2), 0), -EAGAIN);
	alloc_fail_off();
	user_leave(mm);
}

TEST(mlock, mlockall_is_about_what_is_there_and_what_will_be)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 2, RW, ANON);
	EXPECT_EQ(mm_mlockall(mm, MCL_ONFAULT), -EINVAL);
	EXPECT_EQ(mm_mlockall(mm, 8 | MCL_CURRENT), -EINVAL);
	EXPECT_EQ(mm_mlockall(mm, MCL_FUTURE), 0);
	EXPECT_EQ(mm_rss(mm), 0);
	map_at(mm, AT + PAGES(4), 3, RW, ANON);
	EXPECT_EQ(mm_rss(mm), 3);
	mm_set_brk(mm, 0x08100000);
	EXPECT_EQ(mm_brk(mm, 0x08100000 + PAGES(2)), 0x08100000 + PAGES(2));
	EXPECT_EQ(mm_rss(mm), 5);
	EXPECT_EQ(mm_brk(mm, 0x08100000 + PAGES(3)), 0x08100000 + PAGES(3));
	EXPECT_EQ(mm_rss(mm), 6);
	EXPECT_EQ(mm_mlockall(mm, MCL_CURRENT), 0);
	EXPECT_EQ(mm_rss(mm), 8);
	map_at(mm, AT + PAGES(8), 3, RW, ANON);
	EXPECT_EQ(mm_rss(mm), 8);			/* no more FUTURE */
	EXPECT_EQ(mm_mlockall(mm, MCL_FUTURE | MCL_ONFAULT), 0);
	map_at(mm, AT + PAGES(12), 3, RW, ANON);
	EXPECT_EQ(mm_rss(mm), 8);
	EXPECT(flags_at(mm, AT + PAGES(12)) & VM_LOCKONFAULT);
	EXPECT_EQ(mm_mlockall(mm, 0), 0);
	EXPECT_EQ(mm->def_flags, 0);
	for (struct vma *vma = mm->vmas.first; vma; vma = vma->next)
		EXPECT_EQ(vma->flags & VM_LOCK_FLAGS, 0);
	user_leave(mm);
}

TEST(mlock, map_locked_is_mmap_and_mlock)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 3, RW, ANON | MAP_LOCKED);
	EXPECT_EQ(mm_rss(mm), 3);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(1), MADV_DONTNEED), -EINVAL);
	map_at(mm, AT + PAGES(3), 3, RW, ANON);
	EXPECT_EQ(mm->vmas.nr, 2);
	user_leave(mm);
}
