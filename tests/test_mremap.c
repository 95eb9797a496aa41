// SPDX-License-Identifier: MIT
/* mremap: shorter, longer, elsewhere; always the same frames. */
#include "mm/sysctl.h"
#include "tests/user_space.h"

#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "tests/memfile.h"

#define PAGES(n)	((n) * PAGE_SIZE)
#define TO		0x30000000u
#define MOVE		MREMAP_MAYMOVE
#define MOVE_TO		(MREMAP_MAYMOVE | MREMAP_FIXED)
#define MOVE_OUT	(MREMAP_MAYMOVE | MREMAP_DONTUNMAP)

/* As user_areas(), but the areas must be @expected. */
#define EXPECT_AREAS(mm, expected)					\
	do {								\
		if (!EXPECT(strcmp(user_areas(mm), (expected)) == 0))	\
			kprint("# %s\n", user_areas(mm));		\
	} while (0)

static void map_at(struct mm *mm, vaddr_t addr, unsigned int nr, int prot)
{
	EXPECT_EQ(mm_mmap(mm, addr, PAGES(nr), prot, FIXED, NULL, 0), addr);
}

/* More than the machine may have. */
static void map_unreserved(struct mm *mm, vaddr_t addr, unsigned int nr)
{
	EXPECT_EQ(mm_mmap(mm, addr, PAGES(nr), RW, FIXED | MAP_NORESERVE, NULL,
			  0), addr);
}

/* @nr pages at AT whose first words are 1, 2, ... */
static struct mm *enter_with(unsigned int nr)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, nr, RW);
	for (unsigned int i = 0; i < nr; i++)
		user_write(AT + PAGES(i), i + 1);
	return mm;
}

static void expect_words(vaddr_t addr, uint32_t first, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		EXPECT_EQ(user_read(addr + PAGES(i)), first + i);
}

static pfn_t pfn_at(struct mm *mm, vaddr_t addr)
{
	const pte_t *pte = pgtable_find(&mm->pgtable, addr);

	return pte ? pte_pfn(*pte) : 0;
}

TEST(mremap, argument_errors_are_those_of_linux)
{
	static const struct {
		vaddr_t addr;
		size_t old_len, new_len;
		uint32_t flags;
		vaddr_t to;
		long err;
	} cases[] = {
		{ AT, PAGES(1), PAGES(1), 8, 0, -EINVAL },
		{ AT, PAGES(1), PAGES(1), MREMAP_FIXED, TO, -EINVAL },
		{ AT, PAGES(1), PAGES(1), MREMAP_DONTUNMAP, 0, -EINVAL },
		{ AT, PAGES(1), PAGES(2), MOVE_OUT, 0, -EINVAL },
		{ AT + 1, PAGES(1), PAGES(1), 0, 0, -EINVAL },
		{ AT, PAGES(1), 0, 0, 0, -EINVAL },
		{ AT, PAGES(1), 0xffffffff, 0, 0, -EINVAL },
		{ TO, PAGES(1), PAGES(1), 0, 0, -EFAULT },
		{ AT - PAGES(1), PAGES(1), PAGES(2), 0, 0, -EFAULT },
		{ AT, PAGES(1), PAGES(1), MOVE_TO, TO + 1, -EINVAL },
		{ AT, PAGES(1), PAGES(1), MOVE_TO, TASK_SIZE, -EINVAL },
		{ AT, PAGES(1), TASK_SIZE + 1, MOVE_TO, 0, -EINVAL },
		{ AT, PAGES(2), PAGES(2), MOVE_TO, AT, -EINVAL },
		{ AT, PAGES(2), PAGES(2), MOVE_TO, AT + PAGES(1), -EINVAL },
		{ AT, PAGES(2), PAGES(2), MOVE_TO, AT - PAGES(1), -EINVAL },
		{ AT, PAGES(1), PAGES(2), MOVE_TO, 0, -EPERM },
		{ AT, PAGES(5), PAGES(5), MOVE_TO, TO, -EFAULT },
		{ AT, PAGES(5), PAGES(6), 0, 0, -EFAULT },
		{ AT, PAGES(5), PAGES(6), MOVE, 0, -EFAULT },
		{ AT, 0, PAGES(1), MOVE, 0, -EINVAL },
		{ AT, 0, PAGES(1), MOVE_TO, TO, -EINVAL },
		{ AT, PAGES(4), PAGES(5), 0, 0, -ENOMEM },
		{ AT, PAGES(2), PAGES(3), 0, 0, -ENOMEM },
		{ AT, PAGES(4), TASK_SIZE, MOVE, 0, -ENOMEM },
		{ AT, PAGES(4), 0xfffff000, MOVE, 0, -ENOMEM },
		{ AT, 0xfffff000, PAGES(1), 0, 0, -EINVAL },
		{ AT, 0xfffff000, PAGES(1), MOVE_TO, TO, -EINVAL },
	};
	struct mm *mm = enter_with(4);

	map_at(mm, AT + PAGES(4), 1, PROT_READ);
	mm->may_lock_all = false;	/* root may move to page 0 */
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!EXPECT_EQ(mm_mremap(mm, cases[i].addr, cases[i].old_len,
					 cases[i].new_len, cases[i].flags,
					 cases[i].to), cases[i].err))
			kprint("# case %zu\n", i);
	EXPECT_AREAS(mm, "20000-20004 rw-p|20004-20005 r--p");
	expect_words(AT, 1, 4);
	user_leave(mm);
}

TEST(mremap, the_same_size_stays_whatever_lies_behind)
{
	struct mm *mm = enter_with(2);

	EXPECT_EQ(mm_mremap(mm, AT, PAGES(2), PAGES(2), MOVE, 0), AT);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(9), PAGES(9), 0, 0), AT);
	EXPECT_EQ(mm_mremap(mm, AT, 5, 4000, 0, 0), AT);
	EXPECT_AREAS(mm, "20000-20002 rw-p");
	user_leave(mm);
}

TEST(mremap, shrinking_unmaps_the_tail)
{
	struct mm *mm = enter_with(6);

	map_at(mm, AT + PAGES(8), 2, PROT_READ);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(1), PAGES(2), PAGES(1), 0, 0),
		  AT + PAGES(1));
	EXPECT_AREAS(mm, "20000-20002 rw-p|20003-20006 rw-p|20008-2000a r--p");
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(9), PAGES(1), 0, 0), AT);
	EXPECT_AREAS(mm, "20000-20001 rw-p|20009-2000a r--p");
	EXPECT_EQ(user_read(AT), 1);
	EXPECT(!user_can_read(AT + PAGES(1)));
	EXPECT_EQ(mm_rss(mm), 1);
	user_leave(mm);
}

TEST(mremap, growing_takes_the_room_behind)
{
	struct mm *mm = enter_with(2);

	map_at(mm, AT + PAGES(8), 2, RW);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(1), PAGES(1), PAGES(3), 0, 0),
		  AT + PAGES(1));
	EXPECT_AREAS(mm, "20000-20004 rw-p|20008-2000a rw-p");
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4), PAGES(9), 0, 0), -ENOMEM);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4), PAGES(8), MOVE, 0), AT);
	/* What has pages of its own does not join what has none. */
	EXPECT_AREAS(mm, "20000-20008 rw-p|20008-2000a rw-p");
	EXPECT_EQ(mm->total_vm, 10);
	expect_words(AT, 1, 2);
	EXPECT_EQ(user_read(AT + PAGES(5)), 0);
	user_leave(mm);
}

TEST(mremap, growing_stops_at_3_gib_but_not_at_a_guard_gap)
{
	struct mm *mm = user_enter();
	vaddr_t top = TASK_SIZE - PAGES(2);

	map_at(mm, top, 1, RW);
	EXPECT_EQ(mm_mremap(mm, top, PAGES(1), PAGES(3), 0, 0), -ENOMEM);
	EXPECT_EQ(mm_mremap(mm, top, PAGES(1), PAGES(2), 0, 0), top);
	EXPECT_EQ(mm_mremap(mm, top, PAGES(2), PAGES(3), 0, 0), -ENOMEM);
	mm_mmap(mm, AT + PAGES(4), PAGES(1), RW, FIXED | MAP_GROWSDOWN, NULL,
		0);
	map_at(mm, AT, 1, RW);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(1), PAGES(4), 0, 0), AT);
	user_leave(mm);
}

TEST(mremap, moving_takes_the_frames_along)
{
	struct mm *mm = enter_with(4);
	pfn_t pfn = pfn_at(mm, AT + PAGES(2));
	uint32_t faults = mm->min_flt;
	long to;

	map_at(mm, AT + PAGES(4), 1, PROT_READ);
	to = mm_mremap(mm, AT, PAGES(4), PAGES(6), MOVE, TO);
	EXPECT_EQ(to, MMAP_BASE - PAGES(6));
	EXPECT_AREAS(mm, "20004-20005 r--p|b7ffa-b8000 rw-p");
	EXPECT_EQ(pfn_at(mm, to + PAGES(2)), pfn);
	expect_words(to, 1, 4);
	EXPECT_EQ(mm_rss(mm), 4);
	EXPECT_EQ(mm->min_flt, faults);		/* all writable still */
	EXPECT(user_write(to, 7));
	EXPECT_EQ(mm->min_flt, faults);
	EXPECT(!user_can_read(AT));
	EXPECT_EQ(user_read(to + PAGES(5)), 0);
	EXPECT_EQ(mm->total_vm, 7);
	user_leave(mm);
}

TEST(mremap, the_middle_of_an_area_can_move_and_grow)
{
	struct mm *mm = enter_with(6);

	EXPECT_EQ(mm_mremap(mm, AT + PAGES(2), PAGES(2), PAGES(3), MOVE, 0),
		  MMAP_BASE - PAGES(3));
	EXPECT_AREAS(mm, "20000-20002 rw-p|20004-20006 rw-p|b7ffd-b8000 rw-p");
	expect_words(MMAP_BASE - PAGES(3), 3, 2);
	expect_words(AT + PAGES(4), 5, 2);
	user_leave(mm);
}

TEST(mremap, fixed_replaces_what_is_there)
{
	struct mm *mm = enter_with(6);

	map_at(mm, TO, 8, PROT_READ);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(1), PAGES(2), PAGES(4), MOVE_TO,
			    TO + PAGES(2)), TO + PAGES(2));
	EXPECT_AREAS(mm, "20000-20001 rw-p|20003-20006 rw-p|30000-30002 r--p|"
			 "30002-30006 rw-p|30006-30008 r--p");
	expect_words(TO + PAGES(2), 2, 2);
	EXPECT_EQ(user_read(TO + PAGES(4)), 0);

	/* Moved and shrunk in one: the tail of the old range goes, too. */
	EXPECT_EQ(mm_mremap(mm, TO + PAGES(2), PAGES(6), PAGES(1), MOVE_TO,
			    AT + PAGES(1)), AT + PAGES(1));
	EXPECT_AREAS(mm, "20000-20002 rw-p|20003-20006 rw-p|30000-30002 r--p");
	expect_words(AT, 1, 2);
	EXPECT_EQ(mm->total_vm, 7);
	user_leave(mm);
}

TEST(mremap, pieces_of_one_area_change_places)
{
	struct mm *mm = enter_with(10);

	EXPECT_EQ(mm_mremap(mm, AT + PAGES(2), PAGES(1), PAGES(1), MOVE_TO,
			    AT + PAGES(7)), AT + PAGES(7));
	EXPECT_AREAS(mm, "20000-20002 rw-p|20003-20007 rw-p|20007-20008 rw-p|"
		     "20008-2000a rw-p");
	EXPECT_EQ(user_read(AT + PAGES(7)), 3);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(8), PAGES(2), PAGES(2), MOVE_TO,
			    AT + PAGES(1)), AT + PAGES(1));
	EXPECT_AREAS(mm, "20000-20001 rw-p|20001-20003 rw-p|20003-20007 rw-p|"
		     "20007-20008 rw-p");
	EXPECT_EQ(user_read(AT + PAGES(1)), 9);
	EXPECT_EQ(user_read(AT + PAGES(2)), 10);
	EXPECT_EQ(user_read(AT + PAGES(3)), 4);

	/* Home again, they are one. */
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(7), PAGES(1), PAGES(1), MOVE_TO,
			    AT + PAGES(2)), AT + PAGES(2));
	EXPECT_AREAS(mm, "20000-20001 rw-p|20001-20002 rw-p|20002-20007 rw-p");
	user_leave(mm);
}

TEST(mremap, memory_without_pages_joins_wherever_it_comes_to)
{
	struct mm *mm = user_enter();

	/* Next to where it was: never the middle of one large area. */
	map_at(mm, AT, 8, RW);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(4), PAGES(4), PAGES(4), MOVE_TO,
			    AT + PAGES(8)), AT + PAGES(8));
	EXPECT_AREAS(mm, "20000-20004 rw-p|20008-2000c rw-p");
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(8), PAGES(4), PAGES(4), MOVE_TO,
			    AT + PAGES(4)), AT + PAGES(4));
	EXPECT_AREAS(mm, "20000-20008 rw-p");
	user_leave(mm);
}

TEST(mremap, page_tables_come_and_go_with_the_entries)
{
	struct mm *mm = user_enter();
	vaddr_t odd = TO + PAGES(1000);

	map_unreserved(mm, AT, 4096);
	for (uint32_t i = 0; i < 4096; i += 128)
		user_write(AT + PAGES(i), i);
	EXPECT_EQ(mm->pgtable.nr_tables, 4);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4096), PAGES(4096), MOVE_TO, odd),
		  odd);
	EXPECT_EQ(mm->pgtable.nr_tables, 5);
	for (uint32_t i = 0; i < 4096; i += 128)
		EXPECT_EQ(user_read(odd + PAGES(i)), i);
	EXPECT_EQ(mm_rss(mm), 32);
	mm_check_one(mm);
	EXPECT_EQ(mm_mremap(mm, odd, PAGES(4096), PAGES(4096), MOVE_TO, AT),
		  AT);
	EXPECT_EQ(mm->pgtable.nr_tables, 4);

	/* What was never touched has none, here and there. */
	map_unreserved(mm, TO, 4096);
	EXPECT_EQ(mm_mremap(mm, TO, PAGES(4096), PAGES(4096), MOVE_TO,
			    TO + PAGES(8192)), TO + PAGES(8192));
	EXPECT_EQ(mm->pgtable.nr_tables, 4);
	user_leave(mm);
}

TEST(mremap, entries_move_as_they_are)
{
	struct mm *mm = enter_with(6), *child;

	user_read(AT + PAGES(5));
	mm_munmap(mm, AT + PAGES(4), PAGES(2));
	map_at(mm, AT + PAGES(4), 2, RW);
	EXPECT_EQ(user_read(AT + PAGES(4)), 0);		/* the page of zeros */
	mm_mprotect(mm, AT, PAGES(6), PROT_NONE);	/* all withheld */
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(6), PAGES(6), MOVE_TO, TO), TO);
	EXPECT(!user_can_read(TO));
	mm_mprotect(mm, TO, PAGES(6), RW);
	expect_words(TO, 1, 4);
	EXPECT_EQ(user_read(TO + PAGES(4)), 0);

	/* What a fork shares stays shared, and is copied by who writes. */
	child = mm_clone(mm);
	REQUIRE(child);
	EXPECT_EQ(mm_mremap(mm, TO, PAGES(4), PAGES(4), MOVE_TO, AT), AT);
	EXPECT(user_write(AT, 77));
	EXPECT_EQ(user_read(AT + PAGES(1)), 2);
	user_leave(mm);
	user_run_in(child);
	expect_words(TO, 1, 4);
	user_leave(child);
}

TEST(mremap, dontunmap_leaves_an_empty_area_behind)
{
	struct mm *mm = enter_with(4);
	long to = mm_mremap(mm, AT + PAGES(1), PAGES(2), PAGES(2), MOVE_OUT,
			    TO);

	EXPECT_EQ(to, TO);			/* a hint, and it is free */
	EXPECT_AREAS(mm, "20000-20004 rw-p|30000-30002 rw-p");
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + PAGES(1)), 0);
	expect_words(TO, 2, 2);
	EXPECT(user_write(AT + PAGES(1), 5));
	EXPECT_EQ(user_read(TO), 2);
	EXPECT_EQ(mm->total_vm, 6);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(1), PAGES(1), MOVE_OUT | MOVE_TO,
			    TO + PAGES(1)), TO + PAGES(1));
	EXPECT_EQ(user_read(TO + PAGES(1)), 1);
	EXPECT_EQ(user_read(AT), 0);
	EXPECT_AREAS(mm, "20000-20004 rw-p|30000-30001 rw-p|30001-30002 rw-p");
	user_leave(mm);
}

TEST(mremap, an_old_size_of_0_is_a_second_view)
{
	struct mm *mm = user_enter();
	long to;

	mm_mmap(mm, AT, PAGES(4), RW, SHARED_ANON | MAP_FIXED, NULL, 0);
	user_write(AT + PAGES(1), 11);
	to = mm_mremap(mm, AT + PAGES(1), 0, PAGES(5), MOVE, 0);
	EXPECT_EQ(to, MMAP_BASE - PAGES(5));
	EXPECT_EQ(user_read(to), 11);
	user_write(to + PAGES(1), 12);
	EXPECT_EQ(user_read(AT + PAGES(2)), 12);
	EXPECT(!user_can_read(to + PAGES(3)));		/* beyond its end */
	EXPECT_EQ(mm_mremap(mm, AT, 0, PAGES(1), 0, 0), -ENOMEM);
	EXPECT_EQ(mm_mremap(mm, AT, 0, PAGES(2), MOVE_TO, TO), TO);
	EXPECT_EQ(user_read(TO + PAGES(1)), 11);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(1), 0, PAGES(2), MOVE_TO, AT),
		  -EINVAL);
	EXPECT_EQ(user_read(AT + PAGES(2)), 12);
	EXPECT_EQ(mm_mremap(mm, AT, 0, PAGES(2), MOVE_TO, AT), -EFAULT);
	EXPECT(!user_can_read(AT + PAGES(1)));		/* cleared first */
	mm_munmap(mm, AT, PAGES(4));
	EXPECT_EQ(user_read(to), 11);			/* the mapping lives */
	user_leave(mm);
}

TEST(mremap, a_file_moves_by_what_it_shows)
{
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 4);
	mm_mmap(mm, AT, PAGES(4), RW, MAP_PRIVATE | MAP_FIXED, &file.file, 0);
	EXPECT(user_write(AT + PAGES(1), 7));
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(1), PAGES(2), PAGES(4), MOVE_TO,
			    TO), TO);
	EXPECT_EQ(user_read(TO), 7);			/* a copy by now */
	EXPECT_EQ(user_read(TO + PAGES(1)), 3);
	EXPECT_EQ(user_read(TO + PAGES(2)), 4);
	EXPECT(!user_can_read(TO + PAGES(3)));		/* beyond its end */
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + PAGES(3)), 4);
	EXPECT_EQ(mm_mremap(mm, TO, PAGES(1), PAGES(1), MOVE_TO,
			    AT + PAGES(1)), AT + PAGES(1));
	EXPECT_EQ(mm_mremap(mm, TO + PAGES(1), PAGES(3), PAGES(1), MOVE_TO,
			    AT + PAGES(2)), AT + PAGES(2));
	EXPECT_AREAS(mm, "20000-20004 rw-p");		/* whole again */
	EXPECT_EQ(file.file.refs, 2);			/* one is ours */
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4), 0xfffff000, MOVE, 0), -ENOMEM);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(4), MADV_REMOVE), -EACCES);
	EXPECT_EQ(mm_madvise(mm, AT, PAGES(4), MADV_DONTNEED), 0);
	EXPECT_EQ(user_read(AT + PAGES(1)), 2);
	user_leave(mm);
	memfile_close(&file);
}

TEST(mremap, locked_memory_grows_by_pages_that_are_there)
{
	struct mm *mm = enter_with(2);

	EXPECT_EQ(mm_mlock(mm, AT, PAGES(2), 0), 0);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(2), PAGES(5), 0, 0), AT);
	EXPECT_EQ(mm_rss(mm), 5);
	map_at(mm, AT + PAGES(5), 1, PROT_READ);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(5), PAGES(7), MOVE_TO, TO), TO);
	EXPECT_EQ(mm_rss(mm), 7);
	EXPECT_EQ(mm_mremap(mm, TO, PAGES(7), PAGES(7), MOVE_OUT,
			    AT - PAGES(9)), AT - PAGES(9));
	EXPECT(!(vma_find(&mm->vmas, TO)->flags & VM_LOCKED));
	EXPECT(vma_find(&mm->vmas, AT - PAGES(9))->flags & VM_LOCKED);
	user_leave(mm);
}

TEST(mremap, it_keeps_a_distance_from_the_limit_of_areas)
{
	struct mm *mm = enter_with(4);
	vaddr_t at = 0x40000000;

	while (mm->vmas.nr < (uint32_t)vm_max_map_count - 3) {
		mm_mmap(mm, at, PAGES(1), PROT_NONE, FIXED, NULL, 0);
		at += PAGES(2);
	}
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4), PAGES(4), MOVE_TO, TO), -ENOMEM);
	map_at(mm, AT + PAGES(4), 1, PROT_READ);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4), PAGES(5), MOVE, 0), -ENOMEM);
	EXPECT_EQ(mm_munmap(mm, 0x40000000, PAGES(3)), 0);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(4), PAGES(5), MOVE, 0),
		  MMAP_BASE - PAGES(5));
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(4), PAGES(1), PAGES(1), MOVE_TO, TO),
		  -ENOMEM);
	EXPECT_EQ(mm_munmap(mm, 0x50000000, PAGES(5)), 0);
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(4), PAGES(1), PAGES(1), MOVE_TO, TO),
		  TO);
	user_leave(mm);
}

TEST(mremap, what_no_machine_has_is_refused)
{
	struct mm *mm = enter_with(2);
	size_t size = 0;

	for (int i = 0; i < NR_ZONES; i++)
		size += zones[i].nr_managed;
	if (size >= (MMAP_BASE - MMAP_MIN_ADDR) >> (PAGE_SHIFT + 1)) {
		user_leave(mm);
		SKIP("more RAM than addresses");
	}
	size = (size + 4) << PAGE_SHIFT;
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(2), size, 0, 0), -ENOMEM);
	EXPECT_EQ(mm_mremap(mm, AT, PAGES(2), size, MOVE, 0), -ENOMEM);
	EXPECT_AREAS(mm, "20000-20002 rw-p");
	user_leave(mm);
}

/* --------------------------------------------------------- short of memory */

/* @call fails with -ENOMEM, changing nothing, until it has what it needs. */
static void expect_all_or_nothing(long (*call)(struct mm *mm), long result,
				  unsigned int nr_allocations)
{
	struct mm *mm = enter_with(10);
	unsigned int n;

	map_at(mm, TO, 10, PROT_READ);
	for (n = 0; n < 20; n++) {
		uint32_t nr_tables = mm->pgtable.nr_tables;
		long got;

		alloc_fail_after(n);
		got = call(mm);
		alloc_fail_off();
		mm_check_one(mm);
		if (got == result)
			break;
		EXPECT_EQ(got, -ENOMEM);
		EXPECT_AREAS(mm, "20000-2000a rw-p|30000-3000a r--p");
		EXPECT_EQ(mm->total_vm, 20);
		EXPECT_EQ(mm->pgtable.nr_tables, nr_tables);
		expect_words(AT, 1, 10);
	}
	EXPECT_EQ(n, nr_allocations);
	user_leave(mm);
}

static long move_all(struct mm *mm)
{
	return mm_mremap(mm, AT, PAGES(10), PAGES(11), MOVE_TO,
			 TO + PAGES(64));
}

static long move_the_middle(struct mm *mm)
{
	return mm_mremap(mm, AT + PAGES(4), PAGES(2), PAGES(3), MOVE, 0);
}

static long move_middle_to_middle(struct mm *mm)
{
	return mm_mremap(mm, AT + PAGES(4), PAGES(2), PAGES(2), MOVE_TO,
			 TO + PAGES(4));
}

static long move_over_a_border(struct mm *mm)
{
	return mm_mremap(mm, AT, PAGES(10), PAGES(10), MOVE_TO,
			 TO + 16 * PGD_SIZE - PAGES(5));
}

static long leave_the_middle(struct mm *mm)
{
	return mm_mremap(mm, AT + PAGES(4), PAGES(2), PAGES(2), MOVE_OUT, TO +
			 PAGES(64));
}

static long shrink_the_middle(struct mm *mm)
{
	return mm_mremap(mm, AT + PAGES(4), PAGES(2), PAGES(1), 0, 0);
}

static long grow_the_end(struct mm *mm)
{
	return mm_mremap(mm, AT, PAGES(10), PAGES(20), 0, 0);
}

TEST(mremap, calls_that_fail_for_memory_change_nothing)
{
	expect_all_or_nothing(move_all, TO + PAGES(64), 2);
	expect_all_or_nothing(move_the_middle, MMAP_BASE - PAGES(3), 3);
	expect_all_or_nothing(move_middle_to_middle, TO + PAGES(4), 4);
	expect_all_or_nothing(move_over_a_border,
			      TO + 16 * PGD_SIZE - PAGES(5), 3);
	expect_all_or_nothing(leave_the_middle, TO + PAGES(64), 2);
	expect_all_or_nothing(shrink_the_middle, AT + PAGES(4), 1);
	expect_all_or_nothing(grow_the_end, AT, 0);
}

/* --------------------------------------------------------- a random walk */

#define WALK_PAGES	64

/* What each page must hold: 0 nothing mapped, else what is in it + 1. */
static uint32_t walk_model[WALK_PAGES];

/* Which of them are one area, other tests tell. */
static bool walk_is_one_area(struct mm *mm, uint32_t page, uint32_t nr)
{
	const struct vma *vma = vma_find(&mm->vmas, AT + PAGES(page));

	return vma && vma->start <= AT + PAGES(page) &&
	       vma->end >= AT + PAGES(page + nr);
}

/* A move that fails for its area has cleared its target all the same. */
static void walk_clear(uint32_t page, uint32_t nr)
{
	for (uint32_t i = page; i < page + nr && i < WALK_PAGES; i++)
		walk_model[i] = 0;
}

static void walk_move(struct mm *mm, uint32_t from, uint32_t nr, uint32_t to,
		      uint32_t new_nr, bool stays)
{
	uint32_t moved[WALK_PAGES];
	bool overlap;
	uint32_t kept = min(nr, new_nr);
	long want = AT + PAGES(to);

	if (stays)
		new_nr = kept = nr;
	overlap = from + nr > to && to + new_nr > from;
	if (to + new_nr > WALK_PAGES)
		return;
	if (!walk_model[from])
		want = -EFAULT;
	else if (overlap)
		want = -EINVAL;
	else if (!walk_is_one_area(mm, from, kept))
		want = -EFAULT;
	EXPECT_EQ(mm_mremap(mm, AT + PAGES(from), PAGES(nr), PAGES(new_nr),
			    MOVE_TO | (stays ? MREMAP_DONTUNMAP : 0),
			    AT + PAGES(to)), want);
	if (want == -EFAULT && walk_model[from]) {
		walk_clear(to, new_nr);
		if (nr > new_nr)
			walk_clear(from + new_nr, nr - new_nr);
	}
	if (want < 0)
		return;
	memcpy(moved, walk_model + from, kept * 4);
	for (uint32_t i = 0; i < nr; i++)
		walk_model[from + i] = stays ? 1 : 0;
	for (uint32_t i = 0; i < new_nr; i++)
		walk_model[to + i] = i < kept ? moved[i] : 1;
}

static void walk_step(struct mm *mm)
{
	uint32_t page = ktest_random() % WALK_PAGES;
	uint32_t nr = 1 + ktest_random() % (WALK_PAGES - page);
	vaddr_t addr = AT + PAGES(page);

	if (nr > 12)
		nr = 12;
	switch (ktest_random() % 6) {
	case 0:
		map_at(mm, addr, nr, RW);
		for (uint32_t i = 0; i < nr; i++)
			walk_model[page + i] = 1;
		break;
	case 1:
		EXPECT_EQ(user_write(addr, nr), walk_model[page] != 0);
		if (walk_model[page])
			walk_model[page] = nr + 1;
		break;
	default:
		walk_move(mm, page, nr, ktest_random() % WALK_PAGES,
			  1 + ktest_random() % 12, ktest_random() % 4 == 0);
	}
}

TEST(mremap, a_random_walk_with_forks_loses_no_word)
{
	struct mm *mm = user_enter(), *child;

	memset(walk_model, 0, sizeof(walk_model));
	for (int step = 0; step < 3000; step++) {
		walk_step(mm);
		if (step % 50 == 0) {
			child = mm_clone(mm);
			REQUIRE(child);
			user_leave(mm);
			user_run_in(child);
			mm = child;
		}
		if (step % 16)
			continue;
		for (uint32_t i = 0; i < WALK_PAGES; i++) {
			EXPECT_EQ(user_can_read(AT + PAGES(i)),
				  walk_model[i] != 0);
			if (walk_model[i])
				EXPECT_EQ(user_read(AT + PAGES(i)),
					  walk_model[i] - 1);
		}
		mm_check_one(mm);
	}
	user_leave(mm);
}
