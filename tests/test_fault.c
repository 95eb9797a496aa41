// SPDX-License-Identifier: MIT
/* Page faults, each kind by what it does. */
#include "tests/user_space.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/fault.h"
#include "mm/highmem.h"
#include "mm/pagecopy.h"
#include "sched/sched.h"
#include "tests/memfile.h"

#define PAGES(n)	((n) * PAGE_SIZE)

static struct page *page_at(struct mm *mm, vaddr_t addr)
{
	pte_t *pte = pgtable_find(&mm->pgtable, addr);

	return pte && pte->raw ? pfn_to_page(pte_pfn(*pte)) : NULL;
}

static void map_at(struct mm *mm, vaddr_t addr, unsigned int nr, int prot)
{
	EXPECT_EQ(mm_mmap(mm, addr, PAGES(nr), prot, FIXED, NULL, 0), addr);
}

TEST(fault, memory_read_first_is_the_page_of_zeros)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 2, RW);
	EXPECT_EQ(user_read(AT), 0);
	EXPECT_EQ(user_read(AT + PAGES(1)), 0);
	EXPECT(page_at(mm, AT) == zero_page);
	EXPECT(page_at(mm, AT + PAGES(1)) == zero_page);
	EXPECT(user_write(AT, 1));
	EXPECT(page_at(mm, AT) != zero_page);
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + 4), 0);
	EXPECT_EQ(user_read(AT + PAGES(1)), 0);
	EXPECT_EQ(mm->min_flt, 3);
	user_leave(mm);
}

TEST(fault, memory_written_first_is_a_zeroed_frame)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 20, RW);
	for (uint32_t i = 0; i < 20; i++) {
		EXPECT(user_write(AT + PAGES(i) + 2000, 1));
		for (uint32_t offset = 0; offset < PAGE_SIZE; offset += 4)
			if (offset != 2000)
				EXPECT_EQ(user_read(AT + PAGES(i) + offset), 0);
	}
	EXPECT_EQ(mm->min_flt, 20);
	user_leave(mm);
}

TEST(fault, bad_accesses_of_the_kernel_are_errors)
{
	struct mm *mm = user_enter();
	char byte = 0;

	map_at(mm, AT, 1, PROT_READ);
	map_at(mm, AT + PAGES(1), 1, PROT_NONE);
	EXPECT(!user_can_read(0));
	EXPECT(!user_write(AT, 1));
	EXPECT(!user_can_read(AT + PAGES(1)));
	EXPECT(!user_write(AT + PAGES(1), 1));
	EXPECT(!user_can_read(AT + PAGES(2)));
	EXPECT(!user_can_read(TASK_SIZE - 4));
	EXPECT(!user_can_read(TASK_SIZE));
	EXPECT_EQ(copy_from_user(&byte, 0xffffffff, 1), 1);
	EXPECT_EQ(fault_in(mm, AT, false), 0);
	EXPECT_EQ(fault_in(mm, AT, true), -EFAULT);
	EXPECT_EQ(fault_in(mm, AT + PAGES(1), false), -EFAULT);
	EXPECT_EQ(fault_in(mm, AT + PAGES(2), false), -EFAULT);
	EXPECT_EQ(fault_in(mm, TASK_SIZE, false), -EFAULT);
	EXPECT_EQ(mm->min_flt, 1);
	user_leave(mm);
}

TEST(fault, a_copy_ends_where_the_memory_ends)
{
	static char buf[PAGE_SIZE];
	struct mm *mm = user_enter();

	map_at(mm, AT, 1, RW);
	EXPECT_EQ(copy_to_user(AT + PAGES(1) - 100, buf, 300), 200);
	EXPECT_EQ(clear_user(AT + PAGES(1) - 10, 11), 1);
	EXPECT_EQ(copy_from_user(buf, AT - 1, 4), 4);
	user_leave(mm);
}

TEST(fault, write_or_execute_without_read_can_be_read)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 1, PROT_WRITE);
	map_at(mm, AT + PAGES(1), 1, PROT_EXEC);
	EXPECT_EQ(user_read(AT), 0);
	EXPECT_EQ(user_read(AT + PAGES(1)), 0);
	EXPECT(!user_write(AT + PAGES(1), 1));
	user_leave(mm);
}

TEST(fault, without_an_address_space_there_is_no_user_memory)
{
	EXPECT(!user_can_read(AT));
	EXPECT(!user_write(AT, 1));
}

/* ----------------------------------------------------------------- stack */

TEST(fault, a_stack_grows_to_where_it_is_touched)
{
	struct mm *mm = user_enter();
	struct vma *stack;

	EXPECT_EQ(mm_map_stack(mm), 0);
	stack = mm->vmas.first;
	EXPECT(user_write(STACK_TOP - PAGES(100) + 8, 5));
	EXPECT_EQ(stack->start, STACK_TOP - PAGES(100));
	EXPECT_EQ(mm->total_vm, 100);
	EXPECT_EQ(user_read(STACK_TOP - PAGES(100) + 8), 5);
	EXPECT_EQ(user_read(STACK_TOP - PAGES(50)), 0);
	user_leave(mm);
}

TEST(fault, a_stack_stops_at_its_limit)
{
	struct mm *mm = user_enter();

	mm_map_stack(mm);
	EXPECT(!user_write(STACK_TOP - STACK_LIMIT - 4, 1));
	EXPECT(user_write(STACK_TOP - STACK_LIMIT, 1));
	EXPECT(!user_write(STACK_TOP - STACK_LIMIT - 4, 1));
	user_leave(mm);
}

TEST(fault, a_stack_keeps_its_distance_from_what_is_below)
{
	struct mm *mm = user_enter();
	vaddr_t end = AT + PAGES(1);

	map_at(mm, AT, 1, RW);
	EXPECT_EQ(mm_mmap(mm, end + PAGES(300), PAGES(1), RW,
			  FIXED | MAP_GROWSDOWN, NULL, 0), end + PAGES(300));
	EXPECT(!user_write(end + PAGES(255), 1));
	EXPECT(user_write(end + PAGES(256), 1));
	EXPECT(!user_write(end + PAGES(256) - 4, 1));
	EXPECT(!user_write(end, 1));

	/* What nobody can touch may be near. */
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), PROT_NONE), 0);
	EXPECT(user_write(end + PAGES(10), 1));
	user_leave(mm);
}

TEST(fault, a_stack_does_not_grow_below_the_lowest_address)
{
	struct mm *mm = user_enter();
	vaddr_t at = MMAP_MIN_ADDR + PAGES(2);

	EXPECT_EQ(mm_mmap(mm, at, PAGES(1), RW, FIXED | MAP_GROWSDOWN, NULL,
			  0), at);
	EXPECT(!user_write(MMAP_MIN_ADDR - 4, 1));
	EXPECT(user_write(MMAP_MIN_ADDR, 1));
	EXPECT(!user_write(MMAP_MIN_ADDR - 4, 1));
	EXPECT(!user_can_read(0));
	user_leave(mm);
}

TEST(fault, only_a_stack_grows)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 1, RW);
	EXPECT(!user_write(AT - 4, 1));
	user_leave(mm);
}

/* --------------------------------------------------------- copy on write */

TEST(fault, the_second_writer_finds_the_page_his_own)
{
	struct mm *parent = user_enter(), *child;
	struct page *page;

	map_at(parent, AT, 1, RW);
	user_write(AT, 1);
	page = page_at(parent, AT);
	child = mm_clone(parent);
	REQUIRE(child);
	EXPECT(page_at(child, AT) == page);
	EXPECT_EQ(page->refs, 2);
	user_run_in(child);
	EXPECT(user_write(AT, 2));		/* a copy */
	EXPECT(page_at(child, AT) != page);
	EXPECT_EQ(page->refs, 1);
	user_run_in(parent);
	EXPECT(user_write(AT, 3));		/* none */
	EXPECT(page_at(parent, AT) == page);
	user_run_in(child);
	EXPECT_EQ(user_read(AT), 2);
	user_leave(child);
	user_run_in(parent);
	EXPECT_EQ(user_read(AT), 3);
	user_leave(parent);
}

TEST(fault, a_page_that_is_replaced_is_seen_at_once)
{
	struct mm *mm = user_enter();
	uint32_t value = 4711;

	map_at(mm, AT, 1, RW);
	EXPECT_EQ(user_read(AT), 0);
	/* Not the CPU asks for this, so its TLB still has the zeros. */
	EXPECT_EQ(fault_in(mm, AT, true), 0);
	copy_to_page(page_at(mm, AT), 0, &value, sizeof(value));
	EXPECT_EQ(user_read(AT), value);
	user_leave(mm);
}

TEST(fault, a_copy_is_a_copy_of_every_word)
{
	struct mm *parent = user_enter(), *child;
	uint32_t seed = ktest_random();

	map_at(parent, AT, 1, RW);
	for (uint32_t i = 0; i < 1024; i++)
		user_write(AT + 4 * i, seed ^ i);
	child = mm_clone(parent);
	REQUIRE(child);
	EXPECT(user_write(AT + 400, 1));
	for (uint32_t i = 0; i < 1024; i++)
		EXPECT_EQ(user_read(AT + 4 * i), i == 100 ? 1 : seed ^ i);
	user_run_in(child);
	EXPECT_EQ(user_read(AT + 400), seed ^ 100);
	user_leave(child);
	user_run_in(parent);
	user_leave(parent);
}

/* ---------------------------------------------------------------- mappings */

TEST(fault, a_private_file_page_is_shared_until_it_is_written)
{
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 4);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(3), RW, MAP_PRIVATE | MAP_FIXED,
			  &file.file, 1), AT);
	EXPECT_EQ(user_read(AT), 2);
	EXPECT(page_at(mm, AT) == memfile_page(&file, 1));
	EXPECT(user_write(AT, 77));		/* after a read */
	EXPECT(page_at(mm, AT) != memfile_page(&file, 1));
	EXPECT_EQ(user_read(AT), 77);
	EXPECT_EQ(user_read(AT + 4), 2);
	EXPECT(user_write(AT + PAGES(1), 88));	/* without one */
	EXPECT_EQ(user_read(AT + PAGES(1) + 4), 3);
	EXPECT(!(memfile_page(&file, 1)->flags & PG_DIRTY));
	EXPECT_EQ(memfile_page(&file, 1)->refs, 1);
	EXPECT_EQ(fault_in(mm, AT + PAGES(2), false), 0);
	EXPECT_EQ(mm_munmap(mm, AT, PAGES(3)), 0);
	user_leave(mm);
	memfile_close(&file);
}

TEST(fault, a_shared_file_page_is_written_where_it_is)
{
	struct mm *mm = user_enter(), *child;
	struct memfile file;

	memfile_open(&file, 4);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(4), RW, MAP_SHARED | MAP_FIXED,
			  &file.file, 0), AT);
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + PAGES(1)), 2);
	EXPECT(user_write(AT, 9));
	EXPECT(user_write(AT + 4, 9));
	EXPECT(user_write(AT + PAGES(3), 9));
	EXPECT(page_at(mm, AT) == memfile_page(&file, 0));
	child = mm_clone(mm);
	REQUIRE(child);
	user_run_in(child);
	EXPECT_EQ(user_read(AT), 9);
	EXPECT(user_write(AT, 10));
	user_leave(child);
	user_run_in(mm);
	EXPECT_EQ(user_read(AT), 10);
	EXPECT_EQ(mm_munmap(mm, AT, PAGES(4)), 0);
	for (uint32_t i = 0; i < 4; i++)	/* 0 and 3 were written */
		EXPECT_EQ(memfile_page(&file, i)->flags & PG_DIRTY,
			  i % 3 ? 0 : PG_DIRTY);
	user_leave(mm);
	memfile_close(&file);
}

TEST(fault, a_shared_page_is_writable_at_once)
{
	struct mm *mm = user_enter();

	EXPECT_EQ(mm_mmap(mm, AT, PAGES(1), RW, SHARED_ANON | MAP_FIXED, NULL,
			  0), AT);
	EXPECT_EQ(user_read(AT), 0);
	EXPECT(user_write(AT, 1));
	EXPECT_EQ(mm->min_flt, 1);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(1), PROT_READ, SHARED_ANON | MAP_FIXED,
			  NULL, 0), AT);
	EXPECT_EQ(user_read(AT), 0);
	EXPECT(!user_write(AT, 1));
	user_leave(mm);
}

TEST(fault, a_private_page_is_never_writable_at_once)
{
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 4);
	mm_mmap(mm, AT, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED, &file.file,
		0);
	EXPECT_EQ(user_read(AT), 1);
	EXPECT(page_at(mm, AT) == memfile_page(&file, 0));
	EXPECT(user_write(AT, 77));
	EXPECT(page_at(mm, AT) != memfile_page(&file, 0));
	EXPECT_EQ(user_read(AT), 77);
	EXPECT_EQ(*(uint32_t *)kmap(memfile_page(&file, 0)), 1);
	kunmap(memfile_page(&file, 0));
	user_leave(mm);
	memfile_close(&file);
}

/* Which of the @nr pages from @at on have an entry. */
static uint32_t present(struct mm *mm, vaddr_t at, uint32_t nr)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < nr; i++)
		bits |= (uint32_t)!!page_at(mm, at + PAGES(i)) << i;
	return bits;
}

TEST(fault, a_read_brings_in_what_is_there_around_it)
{
	const vaddr_t edge = AT + PGD_SIZE;	/* of a page table */
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 40);
	mapping_punch(&file.mapping, 4, 6);
	mm_mmap(mm, AT, PAGES(32), RW, MAP_PRIVATE | MAP_FIXED, &file.file, 0);
	EXPECT(user_write(AT + PAGES(1), 7));		/* alone */
	EXPECT_EQ(present(mm, AT, 32), 0x2);
	EXPECT_EQ(user_read(AT + PAGES(9)), 10);
	EXPECT_EQ(present(mm, AT, 32), 0xffcf);
	EXPECT_EQ(mm->min_flt, 2);
	EXPECT_EQ(user_read(AT + PAGES(4)), 0);		/* a hole */
	EXPECT_EQ(present(mm, AT, 32), 0xffdf);
	EXPECT_EQ(user_read(AT + PAGES(1)), 7);
	EXPECT_EQ(user_read(AT + PAGES(15)), 16);
	EXPECT(user_write(AT + PAGES(15), 1));
	EXPECT_EQ(memfile_word(&file, 15), 16);
	EXPECT_EQ(mm_munmap(mm, AT, PAGES(32)), 0);

	/* Not beyond the area, the page table, or the end of the file. */
	mm_mmap(mm, AT, PAGES(3), RW, MAP_SHARED | MAP_FIXED, &file.file, 20);
	EXPECT_EQ(user_read(AT + PAGES(1)), 22);
	EXPECT_EQ(present(mm, AT - PAGES(1), 8), 0xe);
	mm_mmap(mm, edge - PAGES(2), PAGES(4), RW, MAP_SHARED | MAP_FIXED,
		&file.file, 20);
	EXPECT_EQ(user_read(edge + PAGES(1)), 24);
	EXPECT_EQ(present(mm, edge - PAGES(2), 4), 0xc);
	EXPECT_EQ(user_read(edge - PAGES(2)), 21);
	EXPECT_EQ(present(mm, edge - PAGES(2), 4), 0xf);
	mm_mmap(mm, AT, PAGES(16), RW, MAP_SHARED | MAP_FIXED, &file.file, 32);
	EXPECT_EQ(user_read(AT), 33);
	EXPECT_EQ(present(mm, AT, 16), 0xff);
	EXPECT(!user_can_read(AT + PAGES(8)));
	user_leave(mm);
	memfile_close(&file);
}

TEST(fault, beyond_the_end_of_a_file_there_is_nothing)
{
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 4);
	mm_mmap(mm, AT, PAGES(8), RW, MAP_PRIVATE | MAP_FIXED, &file.file,
		0);
	EXPECT_EQ(fault_in(mm, AT + PAGES(3), true), 0);
	EXPECT_EQ(fault_in(mm, AT + PAGES(4), false), -EIO);
	EXPECT_EQ(fault_in(mm, AT + PAGES(4), true), -EIO);
	EXPECT(!user_can_read(AT + PAGES(4)));
	user_leave(mm);
	memfile_close(&file);
}

TEST(fault, a_read_only_file_cannot_be_shared_for_writing)
{
	struct mm *mm = user_enter();
	struct memfile file;

	memfile_open(&file, 4);
	file.file.may_write = false;
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(1), RW, MAP_SHARED | MAP_FIXED,
			  &file.file, 0), -EACCES);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(1), PROT_READ, MAP_SHARED | MAP_FIXED,
			  &file.file, 0), AT);
	EXPECT_EQ(mm_mprotect(mm, AT, PAGES(1), RW), -EACCES);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED,
			  &file.file, 0), AT);
	EXPECT_EQ(mm_mmap(mm, AT, PAGES(1), PROT_READ,
			  MAP_SHARED_VALIDATE | 0x200000, &file.file, 0),
		  -EOPNOTSUPP);
	user_leave(mm);
	memfile_close(&file);
}

/* -------------------------------------------------------- short of memory */

/* Each kind of fault at @addr fails with -ENOMEM until it has all it needs. */
static void expect_clean_failure(struct mm *mm, vaddr_t addr, bool write,
				 unsigned int nr_allocations)
{
	unsigned int n;
	int err = -ENOMEM;

	for (n = 0; n < 10; n++) {
		size_t rss = mm_rss(mm);

		alloc_fail_after(n);
		err = fault_in(mm, addr, write);
		alloc_fail_off();
		mm_check_one(mm);
		if (!err)
			break;
		EXPECT_EQ(err, -ENOMEM);
		EXPECT_EQ(mm_rss(mm), rss);
	}
	EXPECT_EQ(err, 0);
	EXPECT_EQ(n, nr_allocations);
}

TEST(fault, a_fault_without_memory_changes_nothing)
{
	struct mm *mm = user_enter(), *child;
	struct memfile file;
	vaddr_t slot[5];

	memfile_open(&file, 4);
	for (uint32_t i = 0; i < 5; i++)
		slot[i] = AT + i * PGD_SIZE;
	for (uint32_t i = 0; i < 2; i++)
		map_at(mm, slot[i], 1, RW);
	for (uint32_t i = 2; i < 4; i++)
		mm_mmap(mm, slot[i], PAGES(1), RW, MAP_PRIVATE | MAP_FIXED,
			&file.file, 0);
	mm_mmap(mm, slot[4], PAGES(1), RW, SHARED_ANON | MAP_FIXED, NULL, 0);
	/*
	 * A table that a failed attempt has added stays, so the next attempt
	 * needs one allocation less.
	 */
	expect_clean_failure(mm, slot[0], false, 1);	/* table */
	expect_clean_failure(mm, slot[0], true, 1);	/* frame */
	expect_clean_failure(mm, slot[1], true, 2);	/* table, frame */
	expect_clean_failure(mm, slot[2], false, 1);
	expect_clean_failure(mm, slot[2], true, 1);
	expect_clean_failure(mm, slot[3], true, 2);
	expect_clean_failure(mm, slot[4], true, 2);	/* table, page, node */
	child = mm_clone(mm);
	REQUIRE(child);
	expect_clean_failure(mm, slot[1], true, 1);
	mm_put(child);
	user_leave(mm);
	memfile_close(&file);
}

TEST(fault, a_copy_without_memory_is_an_error)
{
	struct mm *mm = user_enter();

	map_at(mm, AT, 1, RW);
	alloc_fail_after(0);
	EXPECT(!user_write(AT, 1));
	alloc_fail_off();
	EXPECT(user_write(AT, 1));
	user_leave(mm);
}

/* ----------------------------------------------------------------- threads */

static struct mm *shared_mm;
static int nr_rounds;

/* Touch pages of an address space that the main thread works in as well. */
static void touch_too(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < 256; i++) {
		EXPECT_EQ(fault_in(shared_mm, AT + PAGES(i), true), 0);
		nr_rounds++;
		if (i % 3 == 0)
			sched_yield();
	}
}

TEST(fault, two_threads_may_touch_the_same_pages)
{
	struct mm *mm = user_enter();
	struct thread *thread;

	map_at(mm, AT, 256, RW);
	shared_mm = mm;
	nr_rounds = 0;
	thread = thread_create("toucher", touch_too, NULL);
	REQUIRE(thread);
	for (uint32_t i = 0; i < 256; i++) {
		EXPECT(user_write(AT + PAGES(i), i));
		if (i % 5 == 0)
			sched_yield();
	}
	thread_join(thread);
	EXPECT_EQ(nr_rounds, 256);
	EXPECT_EQ(mm_rss(mm), 256);
	for (uint32_t i = 0; i < 256; i++)
		EXPECT_EQ(user_read(AT + PAGES(i)), i);
	user_leave(mm);
}
