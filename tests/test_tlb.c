// SPDX-License-Identifier: MIT
/*
 * What a TLB holds cannot be asked.  But a page that was read, got another
 * frame and was flushed must show that other frame; QEMU does keep the old
 * translation without the flush.
 */
#include "mm/tlb.h"

#include "mm/buddy.h"
#include "mm/fixmap.h"
#include "mm/kernel_map.h"
#include "tests/ktap.h"
#include "x86/cpu.h"

/* Two frames with their names in them, by turns behind FIX_SCRATCH. */
static struct page *frames[2];

static bool frames_setup(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		frames[i] = alloc_page(GFP_KERNEL);
		if (!frames[i])
			return false;
		*(uint32_t *)page_to_virt(frames[i]) = i;
	}
	return true;
}

static void frames_teardown(void)
{
	clear_fixmap(FIX_SCRATCH);
	free_page(frames[0]);
	free_page(frames[1]);
}

static uint32_t look(void)
{
	return *(volatile uint32_t *)fix_to_virt(FIX_SCRATCH);
}

static void show_unflushed(unsigned int i)
{
	*kernel_pte(fix_to_virt(FIX_SCRATCH)) =
		pte_make(page_to_pfn(frames[i]), PROT_KERNEL);
}

static void flush_one(void)
{
	tlb_flush_page(fix_to_virt(FIX_SCRATCH));
}

static void flush_few(void)
{
	vaddr_t va = fix_to_virt(FIX_SCRATCH);

	tlb_flush_kernel_range(va - 3 * PAGE_SIZE, va + PAGE_SIZE);
}

static void flush_many(void)
{
	tlb_flush_kernel_range(VMALLOC_START, FIXADDR_TOP);
}

TEST(tlb, after_each_kind_of_flush_the_new_frame_is_seen)
{
	static void (*const flush[])(void) = {
		flush_one, flush_few, flush_many, tlb_flush_all,
	};

	REQUIRE(frames_setup());
	set_fixmap(FIX_SCRATCH, page_to_phys(frames[0]), PROT_KERNEL);
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(flush); i++) {
		unsigned int new = (i + 1) % 2;

		EXPECT_EQ(look(), i % 2);
		show_unflushed(new);
		flush[i / 2]();
		EXPECT_EQ(look(), new);
	}
	frames_teardown();
}

TEST(tlb, mapping_an_empty_entry_needs_no_flush)
{
	REQUIRE(frames_setup());
	clear_fixmap(FIX_SCRATCH);
	show_unflushed(1);
	EXPECT_EQ(look(), 1);
	frames_teardown();
}

TEST(tlb, small_ranges_are_flushed_page_by_page)
{
	uint32_t flushes = tlb_stats.nr_tlb_flush;
	uint32_t loads = tlb_stats.nr_cr3_load;

	tlb_flush_kernel_range(VMALLOC_START, VMALLOC_START);
	EXPECT_EQ(tlb_stats.nr_tlb_flush - flushes, 0);
	tlb_flush_kernel_range(VMALLOC_START, VMALLOC_START +
			       TLB_FLUSH_CEILING * PAGE_SIZE);
	EXPECT_EQ(tlb_stats.nr_tlb_flush - flushes, TLB_FLUSH_CEILING);
	tlb_flush_user_range(0, 2 * PAGE_SIZE);
	EXPECT_EQ(tlb_stats.nr_tlb_flush - flushes, TLB_FLUSH_CEILING + 2);
	EXPECT_EQ(tlb_stats.nr_cr3_load, loads);
}

TEST(tlb, large_ranges_are_flushed_whole)
{
	uint32_t flushes = tlb_stats.nr_tlb_flush;
	uint32_t loads = tlb_stats.nr_cr3_load;

	tlb_flush_user_range(0, (TLB_FLUSH_CEILING + 1) * PAGE_SIZE);
	EXPECT_EQ(tlb_stats.nr_tlb_flush - flushes, 1);
	EXPECT_EQ(tlb_stats.nr_cr3_load - loads, 1);
	tlb_flush_kernel_range(VMALLOC_START, VMALLOC_START +
			       (TLB_FLUSH_CEILING + 1) * PAGE_SIZE);
	EXPECT_EQ(tlb_stats.nr_tlb_flush - flushes, 2);
	/* A CR3 load would leave the kernel's entries, which are global. */
	EXPECT_EQ(tlb_stats.nr_cr3_load - loads, cpu_has(CPU_PGE) ? 1 : 2);
}

TEST(tlb, a_whole_flush_leaves_global_pages_enabled)
{
	uint32_t cr4 = read_cr4();

	tlb_flush_all();
	EXPECT_EQ(read_cr4(), cr4);
	EXPECT(!cpu_has(CPU_PGE) || cr4 & CR4_PGE);
}
