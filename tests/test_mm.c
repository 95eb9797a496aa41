// SPDX-License-Identifier: MIT
/* Address spaces: create, switch, fork, take down, and print. */
#include "tests/user_space.h"

#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kernel_map.h"
#include "mm/tlb.h"

TEST(mm, an_empty_one_comes_and_goes)
{
	struct mm *mm = mm_create();

	REQUIRE(mm);
	EXPECT_EQ(mm->vmas.nr, 0);
	EXPECT_EQ(mm_rss(mm), 0);
	mm_check_one(mm);
	mm_put(mm);
}

TEST(mm, create_fails_cleanly_at_every_point)
{
	struct mm *mm = NULL;
	unsigned int n;

	for (n = 0; !mm; n++) {
		alloc_fail_after(n);
		mm = mm_create();
		alloc_fail_off();
	}
	EXPECT_EQ(n, 3);		/* itself, and its page directory */
	mm_put(mm);
}

TEST(mm, the_same_address_means_its_own_page_in_each)
{
	struct mm *one = user_enter(), *two;

	mm_mmap(one, AT, PAGE_SIZE, RW, FIXED, NULL, 0);
	EXPECT(user_write(AT, 1));
	two = user_enter();
	EXPECT(!user_can_read(AT));
	mm_mmap(two, AT, PAGE_SIZE, RW, FIXED, NULL, 0);
	EXPECT(user_write(AT, 2));
	user_run_in(one);
	EXPECT_EQ(user_read(AT), 1);
	user_run_in(two);
	EXPECT_EQ(user_read(AT), 2);
	user_leave(two);
	user_run_in(one);
	user_leave(one);
}

TEST(mm, a_kernel_thread_keeps_the_tables_but_has_no_user_memory)
{
	struct mm *mm = user_enter();
	uint32_t cr3 = read_cr3(), loads;

	mm_mmap(mm, AT, PAGE_SIZE, RW, FIXED, NULL, 0);
	EXPECT(user_can_read(AT));
	preempt_disable();
	loads = tlb_stats.nr_cr3_load;
	mm_switch(NULL);
	EXPECT_EQ(read_cr3(), cr3);
	mm_switch(mm);
	EXPECT_EQ(tlb_stats.nr_cr3_load, loads);
	preempt_enable();
	user_run_in(NULL);
	EXPECT(!user_can_read(AT + PAGE_SIZE));
	user_run_in(mm);
	user_leave(mm);
}

TEST(mm, the_last_user_leaves_no_dead_table_loaded)
{
	struct mm *mm = user_enter();

	EXPECT_EQ(read_cr3(), virt_to_phys(mm->pgtable.pgd));
	user_leave(mm);
	EXPECT_EQ(read_cr3(), virt_to_phys(kernel_pgd));
}

TEST(mm, it_lives_until_the_last_user_is_gone)
{
	struct mm *mm = user_enter();

	mm_get(mm);
	mm_mmap(mm, AT, PAGE_SIZE, RW, FIXED, NULL, 0);
	EXPECT(user_write(AT, 5));
	user_leave(mm);
	user_run_in(mm);
	EXPECT_EQ(user_read(AT), 5);
	user_leave(mm);
}

/* An address space with an area of each kind, some touched. */
static struct mm *make_parent(void)
{
	struct mm *mm = user_enter();

	mm_set_brk(mm, 0x08100000);
	mm_brk(mm, 0x08100000 + 5 * PAGE_SIZE);
	mm_map_stack(mm);
	mm_mmap(mm, AT, 8 * PAGE_SIZE, RW, FIXED, NULL, 0);
	mm_mmap(mm, AT + PGD_SIZE, 4 * PAGE_SIZE, RW,
		SHARED_ANON | MAP_FIXED, NULL, 0);
	for (int i = 0; i < 4; i++) {
		user_write(AT + i * PAGE_SIZE, 100 + i);
		user_write(AT + PGD_SIZE + i * PAGE_SIZE, 200 + i);
	}
	user_write(0x08100000, 300);
	user_can_read(AT + 6 * PAGE_SIZE);
	mm_mprotect(mm, AT + 3 * PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	return mm;
}

TEST(mm, a_clone_sees_the_same_and_changes_its_own)
{
	struct mm *parent = make_parent(), *child = mm_clone(parent);

	REQUIRE(child);
	mm_check_one(parent);
	mm_check_one(child);
	EXPECT_EQ(child->vmas.nr, parent->vmas.nr);
	EXPECT_EQ(child->total_vm, parent->total_vm);
	/* What is shared a fault finds again: the four pages of SHARED_ANON. */
	EXPECT_EQ(mm_rss(child), mm_rss(parent) - 4);
	EXPECT_EQ(child->brk, parent->brk);
	EXPECT(user_write(AT, 1));		/* the parent first */
	user_run_in(child);
	EXPECT_EQ(user_read(AT), 100);
	EXPECT_EQ(user_read(AT + PAGE_SIZE), 101);
	EXPECT_EQ(user_read(0x08100000), 300);
	EXPECT_EQ(user_read(AT + 6 * PAGE_SIZE), 0);
	EXPECT(user_write(AT + 6 * PAGE_SIZE, 6));
	EXPECT(user_write(AT + PAGE_SIZE, 2));	/* ... the child first */
	EXPECT(!user_can_read(AT + 3 * PAGE_SIZE));
	EXPECT_EQ(mm_mprotect(child, AT + 3 * PAGE_SIZE, PAGE_SIZE, RW), 0);
	EXPECT_EQ(user_read(AT + 3 * PAGE_SIZE), 103);
	EXPECT(user_write(AT + 3 * PAGE_SIZE, 3));
	user_run_in(parent);
	EXPECT_EQ(user_read(AT), 1);
	EXPECT_EQ(user_read(AT + PAGE_SIZE), 101);
	EXPECT_EQ(user_read(AT + 6 * PAGE_SIZE), 0);
	EXPECT_EQ(mm_mprotect(parent, AT + 3 * PAGE_SIZE, PAGE_SIZE, RW), 0);
	EXPECT_EQ(user_read(AT + 3 * PAGE_SIZE), 103);
	user_run_in(child);
	user_leave(child);
	user_run_in(parent);
	user_leave(parent);
}

TEST(mm, a_clone_has_the_same_areas)
{
	struct mm *parent = make_parent(), *child;
	char mine[512], its[512];
	vaddr_t cursor = 0;
	size_t size;

	parent->start_stack = STACK_TOP - 64;
	mm_mmap(parent, AT + 2 * PGD_SIZE, PAGE_SIZE, RW,
		FIXED | MAP_NORESERVE, NULL, 0);
	child = mm_clone(parent);
	REQUIRE(child);
	strlcpy(mine, user_areas(parent), sizeof(mine));
	EXPECT(!strcmp(mine, user_areas(child)));
	size = mm_format_maps(parent, mine, sizeof(mine), &cursor);
	cursor = 0;
	EXPECT_EQ(mm_format_maps(child, its, sizeof(its), &cursor), size);
	EXPECT(!memcmp(mine, its, size));
	for (struct vma *a = parent->vmas.first, *b = child->vmas.first; a && b;
	     a = a->next, b = b->next)
		EXPECT(a->flags == b->flags && a->pgoff == b->pgoff &&
		       a->file == b->file);
	user_run_in(child);
	user_leave(child);
	user_run_in(parent);
	user_leave(parent);
}

TEST(mm, a_clone_shares_what_is_shared)
{
	struct mm *parent = make_parent(), *child = mm_clone(parent);

	REQUIRE(child);
	user_run_in(child);
	EXPECT_EQ(user_read(AT + PGD_SIZE), 200);
	EXPECT(user_write(AT + PGD_SIZE, 7));
	user_run_in(parent);
	EXPECT_EQ(user_read(AT + PGD_SIZE), 7);
	EXPECT(user_write(AT + PGD_SIZE + PAGE_SIZE, 8));
	user_leave(parent);
	user_run_in(child);
	EXPECT_EQ(user_read(AT + PGD_SIZE + PAGE_SIZE), 8);
	user_leave(child);
}

TEST(mm, generations_of_clones_keep_their_pages_apart)
{
	enum { GENERATIONS = 8 };
	struct mm *mm[GENERATIONS];

	mm[0] = make_parent();
	for (uint32_t i = 1; i < GENERATIONS; i++) {
		mm[i] = mm_clone(mm[i - 1]);
		REQUIRE(mm[i]);
		user_run_in(mm[i]);
		EXPECT(user_write(AT, i));
	}
	for (uint32_t i = 0; i < GENERATIONS; i++) {
		user_run_in(mm[i]);
		EXPECT_EQ(user_read(AT), i ? i : 100);
		EXPECT_EQ(user_read(AT + 2 * PAGE_SIZE), 102);
		user_leave(mm[i]);
	}
}

TEST(mm, clone_fails_cleanly_at_every_point)
{
	struct mm *parent = make_parent(), *child = NULL;
	unsigned int n;

	for (n = 0; !child && n < 100; n++) {
		alloc_fail_after(n);
		child = mm_clone(parent);
		alloc_fail_off();
		mm_check_one(parent);
		EXPECT(user_write(AT, 40 + n));
		EXPECT_EQ(user_read(AT), 40 + n);
	}
	REQUIRE(child);
	EXPECT(n > 8);			/* 7 areas and 4 tables at least */
	mm_put(child);
	user_leave(parent);
}

TEST(mm, rss_counts_frames_and_not_zeros)
{
	struct mm *mm = user_enter();

	mm_mmap(mm, AT, 16 * PAGE_SIZE, RW, FIXED, NULL, 0);
	EXPECT_EQ(mm_rss(mm), 0);
	EXPECT_EQ(mm->total_vm, 16);
	user_can_read(AT);
	EXPECT_EQ(mm_rss(mm), 0);
	user_write(AT, 1);
	user_write(AT + PAGE_SIZE, 1);
	EXPECT_EQ(mm_rss(mm), 2);
	EXPECT_EQ(mm->min_flt, 3);
	mm_munmap(mm, AT, PAGE_SIZE);
	EXPECT_EQ(mm_rss(mm), 1);
	EXPECT_EQ(mm->total_vm, 15);
	user_leave(mm);
}

TEST(mm, maps_are_printed_as_linux_prints_them)
{
	static const char expected[] =
"08100000-08105000 rw-p 00000000 00:00 0          [heap]\n"
"20000000-20002000 r-xp 00000000 00:00 0 \n"
"20002000-20003000 ---p 00000000 00:00 0 \n"
"20400000-20401000 rw-s 00000000 00:01 INODE      /dev/zero (deleted)\n"
"bffde000-bffff000 rw-p 00000000 00:00 0          [stack]\n";
	struct mm *mm = user_enter();
	char text[512], *inode;
	vaddr_t cursor = 0;
	size_t size, part;

	mm_set_brk(mm, 0x08100000);
	mm_brk(mm, 0x08104001);
	mm_map_stack(mm);
	mm->start_stack = STACK_TOP - 64;
	mm_mmap(mm, AT, 2 * PAGE_SIZE, PROT_READ | PROT_EXEC, FIXED, NULL, 0);
	mm_mmap(mm, AT + 2 * PAGE_SIZE, PAGE_SIZE, 0, FIXED, NULL, 0);
	mm_mmap(mm, AT + PGD_SIZE, PAGE_SIZE, RW, SHARED_ANON | MAP_FIXED,
		NULL, 0);
	size = mm_format_maps(mm, text, sizeof(text) - 1, &cursor);
	text[size] = '\0';
	EXPECT_EQ(mm_format_maps(mm, text + size, 1, &cursor), 0);

	/* The inode is a count since boot. */
	inode = strstr(text, "00:01 ") + 6;
	for (size_t i = 0; i < 5; i++)
		inode[i] = "INODE"[i];
	if (!EXPECT(strcmp(text, expected) == 0))
		kprint("# %s", text);

	/* The same, a line or so at a time. */
	cursor = 0;
	for (part = 0, size = 1; size; part += size)
		size = mm_format_maps(mm, text, 100, &cursor);
	EXPECT_EQ(part, sizeof(expected) - 1);
	user_leave(mm);
}
