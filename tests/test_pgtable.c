// SPDX-License-Identifier: MIT
/* User page tables: entries, references, flushes, tables that come and go. */
#include "lib/errno.h"
#include "mm/buddy.h"
#include "mm/kernel_map.h"
#include "mm/pgtable.h"
#include "mm/tlb.h"
#include "tests/ktap.h"
#include "x86/trap.h"

#define AT	0x40000000u
#define SLOT	PGD_SIZE

/* Map a fresh page at @va; Return: the page, whose reference @pt has. */
static struct page *map_one(struct pgtable *pt, vaddr_t va)
{
	pte_t *pte = pgtable_ensure(pt, va);
	struct page *page = alloc_page(GFP_USER);

	pgtable_map(pt, pte, page, PTE_USER_WRITE);
	return page;
}

static void unmap_all(struct pgtable *pt)
{
	pgtable_unmap(pt, 0, TASK_SIZE, 0, TASK_SIZE);
}

static uint32_t raw_at(struct pgtable *pt, vaddr_t va)
{
	pte_t *pte = pgtable_find(pt, va);

	return pte ? pte->raw : 0;
}

TEST(pgtable, a_new_one_is_empty_and_has_the_kernels_half)
{
	struct pgtable pt;

	REQUIRE(!pgtable_create(&pt));
	for (unsigned int i = 0; i < PTRS_PER_PGD; i++)
		EXPECT_EQ(pt.pgd[i].raw, i < pgd_index(TASK_SIZE) ? 0 :
			  kernel_pgd[i].raw);
	pgtable_destroy(&pt);
}

TEST(pgtable, used_ones_come_back_empty)
{
	struct pgtable pt;

	for (int round = 0; round < 3; round++) {
		REQUIRE(!pgtable_create(&pt));
		for (vaddr_t va = 0; va < TASK_SIZE; va += 32 * SLOT)
			map_one(&pt, va + round * PAGE_SIZE);
		EXPECT_EQ(pt.nr_tables, 24);
		EXPECT_EQ(pt.nr_pages, 24);
		pgtable_check(&pt);
		unmap_all(&pt);
		pgtable_check(&pt);
		pgtable_destroy(&pt);	/* asserts that it is empty */
	}
}

TEST(pgtable, unmap_takes_just_the_range)
{
	struct pgtable pt;

	REQUIRE(!pgtable_create(&pt));
	for (int i = 0; i < 5; i++)
		map_one(&pt, AT + SLOT + (i - 2) * PAGE_SIZE);
	pgtable_unmap(&pt, AT + SLOT - PAGE_SIZE, AT + SLOT + PAGE_SIZE,
		      AT + SLOT - PAGE_SIZE, AT + SLOT + PAGE_SIZE);
	EXPECT(raw_at(&pt, AT + SLOT - 2 * PAGE_SIZE));
	EXPECT(!raw_at(&pt, AT + SLOT - PAGE_SIZE));
	EXPECT(!raw_at(&pt, AT + SLOT));
	EXPECT(raw_at(&pt, AT + SLOT + PAGE_SIZE));
	EXPECT_EQ(pt.nr_pages, 3);
	EXPECT_EQ(pt.nr_tables, 2);
	pgtable_check(&pt);
	unmap_all(&pt);
	pgtable_destroy(&pt);
}

TEST(pgtable, a_table_goes_when_the_hole_covers_it)
{
	struct pgtable pt;

	REQUIRE(!pgtable_create(&pt));
	map_one(&pt, AT);
	map_one(&pt, AT + SLOT);
	pgtable_unmap(&pt, AT, AT + PAGE_SIZE, AT, AT + SLOT - PAGE_SIZE);
	EXPECT_EQ(pt.nr_tables, 2);	/* somebody has its last page */
	pgtable_unmap(&pt, AT, AT + PAGE_SIZE, AT + PAGE_SIZE, AT + SLOT);
	EXPECT_EQ(pt.nr_tables, 2);	/* ... its first */
	pgtable_unmap(&pt, AT, AT + PAGE_SIZE, AT, AT + SLOT);
	EXPECT_EQ(pt.nr_tables, 1);
	EXPECT(!pgtable_find(&pt, AT));
	unmap_all(&pt);
	EXPECT_EQ(pt.nr_tables, 0);
	pgtable_destroy(&pt);
}

TEST(pgtable, more_pages_than_one_gather_holds_all_go)
{
	struct pgtable pt;
	size_t before;

	REQUIRE(!pgtable_create(&pt));
	before = buddy_nr_free();
	for (int i = 0; i < 700; i++)
		map_one(&pt, AT + 3 * i * PAGE_SIZE);
	EXPECT_EQ(pt.nr_pages, 700);
	unmap_all(&pt);
	pgtable_reap();
	EXPECT_EQ(buddy_nr_free(), before);
	pgtable_destroy(&pt);
}

TEST(pgtable, a_page_with_other_users_stays)
{
	struct page *page;
	struct pgtable pt;

	REQUIRE(!pgtable_create(&pt));
	page = map_one(&pt, AT);
	page_get(page);
	unmap_all(&pt);
	EXPECT_EQ(page->refs, 1);
	page_put(page);
	pgtable_destroy(&pt);
}

/* How many flushes an unmap of @nr pages takes. */
static unsigned int flushes_of_unmap(struct pgtable *pt, unsigned int nr,
				     bool is_loaded)
{
	uint32_t before;

	for (unsigned int i = 0; i < nr; i++)
		map_one(pt, AT + i * PAGE_SIZE);
	preempt_disable();
	if (is_loaded)
		pgtable_load(pt);
	before = tlb_stats.nr_tlb_flush;
	pgtable_unmap(pt, AT, AT + (nr ? nr : 1) * PAGE_SIZE, AT, AT + SLOT);
	before = tlb_stats.nr_tlb_flush - before;
	preempt_enable();
	return before;
}

TEST(pgtable, only_a_loaded_table_is_flushed)
{
	struct pgtable pt;

	REQUIRE(!pgtable_create(&pt));
	EXPECT_EQ(flushes_of_unmap(&pt, 3, false), 0);
	EXPECT_EQ(flushes_of_unmap(&pt, 0, true), 0);
	EXPECT_EQ(flushes_of_unmap(&pt, 3, true), 3);
	EXPECT_EQ(flushes_of_unmap(&pt, 100, true), 1);
	EXPECT_EQ(flushes_of_unmap(&pt, 300, true), 3);
	pgtable_unload(&pt);
	EXPECT(!pgtable_is_loaded(&pt));
	EXPECT_EQ(read_cr3(), virt_to_phys(kernel_pgd));
	pgtable_destroy(&pt);
}

/* Where a trap after each instruction of the kernel leads. */
extern trap_handler trap_handlers[];

static struct page *watched[3];
static uint32_t flushes_before;
static unsigned int nr_steps, nr_too_early;

static bool is_free(const struct page *page)
{
	return page->refs == 0 || page->flags & (PG_PCP | PG_BUDDY);
}

static void look_at_frames(struct trap_frame *frame)
{
	(void)frame;
	nr_steps++;
	for (unsigned int i = 0; i < ARRAY_SIZE(watched); i++)
		if (is_free(watched[i]) &&
		    tlb_stats.nr_tlb_flush - flushes_before < 3)
			nr_too_early++;
}

static void single_step(bool on)
{
	uint32_t flags = read_eflags();

	asm volatile("push %0; popf"
		     : : "r"(on ? flags | EFLAGS_TF : flags & ~EFLAGS_TF)
		     : "memory", "cc");
}

TEST(pgtable, no_frame_is_free_before_the_flush)
{
	trap_handler old = trap_handlers[TRAP_DEBUG];
	struct pgtable pt;

	REQUIRE(!pgtable_create(&pt));
	for (unsigned int i = 0; i < ARRAY_SIZE(watched); i++)
		watched[i] = map_one(&pt, AT + i * PAGE_SIZE);
	preempt_disable();
	pgtable_load(&pt);
	nr_steps = nr_too_early = 0;
	flushes_before = tlb_stats.nr_tlb_flush;
	trap_handlers[TRAP_DEBUG] = look_at_frames;
	single_step(true);
	pgtable_unmap(&pt, AT, AT + 3 * PAGE_SIZE, AT, AT + SLOT);
	single_step(false);
	trap_handlers[TRAP_DEBUG] = old;
	preempt_enable();
	EXPECT(is_free(watched[0]) && is_free(watched[2]));
	EXPECT(nr_steps > 50);
	EXPECT_EQ(nr_too_early, 0);
	pgtable_unload(&pt);
	pgtable_destroy(&pt);
}

/* The CPU may remember where a table was, though it never found a page there. */
TEST(pgtable, an_empty_table_that_goes_is_flushed)
{
	struct pgtable pt;
	uint32_t before;

	REQUIRE(!pgtable_create(&pt));
	REQUIRE(pgtable_ensure(&pt, AT));
	preempt_disable();
	pgtable_load(&pt);
	before = tlb_stats.nr_tlb_flush;
	pgtable_unmap(&pt, AT, AT + PAGE_SIZE, AT, AT + SLOT);
	EXPECT_EQ(tlb_stats.nr_tlb_flush, before + 1);
	preempt_enable();
	EXPECT_EQ(pt.nr_tables, 0);
	pgtable_unload(&pt);
	pgtable_destroy(&pt);
}

TEST(pgtable, loading_what_is_loaded_costs_no_cr3_load)
{
	struct pgtable pt;
	uint32_t before;

	REQUIRE(!pgtable_create(&pt));
	preempt_disable();
	before = tlb_stats.nr_cr3_load;
	pgtable_load(&pt);
	EXPECT_EQ(tlb_stats.nr_cr3_load, before + 1);
	pgtable_load(&pt);
	EXPECT_EQ(tlb_stats.nr_cr3_load, before + 1);
	preempt_enable();
	pgtable_unload(&pt);
	pgtable_destroy(&pt);
}

TEST(pgtable, protect_withholds_and_gives_back_the_same_frame)
{
	struct pgtable pt;
	struct page *page;

	REQUIRE(!pgtable_create(&pt));
	page = map_one(&pt, AT);
	pgtable_map_zero(pgtable_ensure(&pt, AT + PAGE_SIZE));
	pgtable_protect(&pt, AT, AT + SLOT, PGTABLE_NONE);
	pgtable_check(&pt);
	EXPECT(!(raw_at(&pt, AT) & (PTE_PRESENT | PTE_WRITE)));
	EXPECT(!(raw_at(&pt, AT + PAGE_SIZE) & PTE_PRESENT));
	EXPECT(!raw_at(&pt, AT + 2 * PAGE_SIZE));
	pgtable_protect(&pt, AT, AT + SLOT, PGTABLE_READ);
	EXPECT_EQ(raw_at(&pt, AT) & (PTE_PRESENT | PTE_WRITE), PTE_PRESENT);
	pgtable_protect(&pt, AT, AT + SLOT, PGTABLE_COPIED);
	EXPECT(raw_at(&pt, AT) & PTE_WRITE);
	EXPECT(!(raw_at(&pt, AT + PAGE_SIZE) & PTE_WRITE));
	EXPECT_EQ(raw_at(&pt, AT) >> PAGE_SHIFT, page_to_pfn(page));
	EXPECT_EQ(pt.nr_pages, 1);
	pgtable_check(&pt);
	unmap_all(&pt);
	pgtable_destroy(&pt);
}

TEST(pgtable, protect_leaves_a_shared_frame_read_only)
{
	struct pgtable pt, copy;

	REQUIRE(!pgtable_create(&pt));
	REQUIRE(!pgtable_create(&copy));
	map_one(&pt, AT);
	EXPECT(!pgtable_copy(&copy, &pt, AT, AT + PAGE_SIZE, true));
	pgtable_protect(&pt, AT, AT + PAGE_SIZE, PGTABLE_COPIED);
	EXPECT(!(raw_at(&pt, AT) & PTE_WRITE));
	unmap_all(&copy);
	pgtable_protect(&pt, AT, AT + PAGE_SIZE, PGTABLE_COPIED);
	EXPECT(raw_at(&pt, AT) & PTE_WRITE);
	unmap_all(&pt);
	pgtable_destroy(&pt);
	pgtable_destroy(&copy);
}

TEST(pgtable, a_private_copy_takes_both_sides_right_to_write)
{
	struct pgtable pt, copy;
	struct page *page;

	REQUIRE(!pgtable_create(&pt));
	REQUIRE(!pgtable_create(&copy));
	page = map_one(&pt, AT + SLOT - PAGE_SIZE);
	map_one(&pt, AT + SLOT);
	map_one(&pt, AT + SLOT + PAGE_SIZE);
	EXPECT(!pgtable_copy(&copy, &pt, AT + SLOT - PAGE_SIZE,
			     AT + SLOT + PAGE_SIZE, true));
	EXPECT_EQ(page->refs, 2);
	EXPECT(!(raw_at(&pt, AT + SLOT) & PTE_WRITE));
	EXPECT_EQ(raw_at(&copy, AT + SLOT), raw_at(&pt, AT + SLOT));
	EXPECT(raw_at(&pt, AT + SLOT + PAGE_SIZE) & PTE_WRITE);
	EXPECT(!raw_at(&copy, AT + SLOT + PAGE_SIZE));
	EXPECT_EQ(copy.nr_pages, 2);
	pgtable_check(&copy);
	unmap_all(&pt);
	EXPECT_EQ(page->refs, 1);
	unmap_all(&copy);
	pgtable_destroy(&pt);
	pgtable_destroy(&copy);
}

TEST(pgtable, no_memory_for_tables_is_an_error_and_no_leak)
{
	struct pgtable pt, copy;

	alloc_fail_after(0);
	EXPECT_EQ(pgtable_create(&pt), -ENOMEM);
	alloc_fail_off();
	REQUIRE(!pgtable_create(&pt));
	REQUIRE(!pgtable_create(&copy));
	alloc_fail_after(0);
	EXPECT(!pgtable_ensure(&pt, AT));
	alloc_fail_off();
	for (int i = 0; i < 4; i++)
		map_one(&pt, AT + i * SLOT);
	for (unsigned int n = 0; n < 4; n++) {
		alloc_fail_after(n);
		EXPECT_EQ(pgtable_copy(&copy, &pt, AT, AT + 4 * SLOT, true),
			  -ENOMEM);
		alloc_fail_off();
		EXPECT_EQ(copy.nr_pages, n);
		pgtable_check(&copy);
		unmap_all(&copy);
	}
	unmap_all(&pt);
	pgtable_destroy(&pt);
	pgtable_destroy(&copy);
}
