// SPDX-License-Identifier: MIT
#include "mm/fixmap.h"

#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kernel_map.h"
#include "mm/tlb.h"
#include "tests/ktap.h"

#define VGA_TEXT	0xb8000u	/* device memory that each PC has */
#define VGA_HIDDEN	(VGA_TEXT + 0x4000)	/* not on the screen */

/* A call that the optimiser does not remove ends the compilation. */
void fixmap_address_is_not_constant(void)
	__attribute__((error("fix_to_virt() is not folded")));

static bool is_mapped(vaddr_t va)
{
	return pte_is_present(*kernel_pte(va));
}

TEST(fixmap, addresses_are_constants_going_down)
{
	EXPECT_EQ(fix_to_virt(0), FIXADDR_TOP - PAGE_SIZE);
	EXPECT_EQ(fix_to_virt(7), FIXADDR_TOP - 8 * PAGE_SIZE);
	EXPECT(fix_to_virt(FIX_COUNT - 1) >= FIXADDR_START);
#ifndef DEBUG
	if (fix_to_virt(FIX_KMAP_LAST) !=
	    FIXADDR_TOP - (FIX_KMAP_LAST + 1) * PAGE_SIZE)
		fixmap_address_is_not_constant();
#endif
	EXPECT(!is_mapped(FIXADDR_TOP));
}

TEST(fixmap, a_slot_shows_the_frame_that_was_set_last)
{
	struct page *a = alloc_page(GFP_KERNEL), *b = alloc_page(GFP_KERNEL);
	volatile uint32_t *slot = (void *)fix_to_virt(FIX_SCRATCH);
	uint32_t flushes;

	REQUIRE(a && b);
	*(uint32_t *)page_to_virt(a) = 'a';
	*(uint32_t *)page_to_virt(b) = 'b';
	set_fixmap(FIX_SCRATCH, page_to_phys(a), PROT_KERNEL);
	EXPECT_EQ(*slot, 'a');
	set_fixmap(FIX_SCRATCH, page_to_phys(b), PROT_KERNEL);
	EXPECT_EQ(*slot, 'b');
	*slot = 'c';
	EXPECT_EQ(*(uint32_t *)page_to_virt(b), 'c');
	set_fixmap(FIX_SCRATCH, page_to_phys(a), PROT_KERNEL_RO);
	EXPECT(!(kernel_pte((vaddr_t)slot)->raw & PTE_WRITE));
	flushes = tlb_stats.nr_tlb_flush;
	clear_fixmap(FIX_SCRATCH);
	EXPECT_EQ(tlb_stats.nr_tlb_flush, flushes + 1);
	EXPECT(!is_mapped((vaddr_t)slot));
	free_page(a);
	free_page(b);
}

TEST(fixmap, early_ioremap_takes_any_offset_and_length)
{
	struct page *block = alloc_pages(GFP_KERNEL, 5);
	uint8_t *bytes;

	REQUIRE(block);
	bytes = page_to_virt(block);
	for (unsigned int i = 0; i < 32 * PAGE_SIZE; i++)
		bytes[i] = i * 31 + (i >> 12);
	for (unsigned int offset = 0; offset < 2 * PAGE_SIZE; offset += 1365) {
		static const size_t sizes[] = {
			1, 2, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1,
			EARLY_IOREMAP_MAX,
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			void *addr = early_ioremap(page_to_phys(block) + offset,
						   sizes[i]);

			if (!EXPECT(addr))
				break;
			EXPECT(!memcmp(addr, bytes + offset, sizes[i]));
			EXPECT(kernel_pte((vaddr_t)addr)->raw & PTE_PCD);
			early_iounmap(addr);
			EXPECT(!is_mapped((vaddr_t)addr));
		}
	}
	free_pages(block, 5);
}

TEST(fixmap, early_ioremap_reaches_device_memory)
{
	volatile uint16_t *direct = phys_to_virt(VGA_HIDDEN);
	volatile uint8_t *addr = early_ioremap(VGA_HIDDEN + 1, 3);
	uint16_t saved = *direct;

	REQUIRE(addr);
	*direct = 0x1234;
	EXPECT_EQ(addr[0], 0x12);
	addr[0] = 0x56;
	EXPECT_EQ(*direct, 0x5634);
	*direct = saved;
	early_iounmap((void *)addr);
}

TEST(fixmap, early_ioremap_refuses_what_does_not_fit)
{
	EXPECT(!early_ioremap(VGA_TEXT, 0));
	EXPECT(!early_ioremap(VGA_TEXT, EARLY_IOREMAP_MAX + 1));
	EXPECT(!early_ioremap(0xfffffff0, 17));
	EXPECT(!early_ioremap(VGA_TEXT, SIZE_MAX));
	EXPECT_EQ(early_ioremap_in_use(), 0);
}

TEST(fixmap, early_ioremap_has_four_windows_that_come_back)
{
	void *addr[EARLY_IOREMAP_WINDOWS];

	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < EARLY_IOREMAP_WINDOWS; i++) {
			addr[i] = early_ioremap(VGA_TEXT + i * PAGE_SIZE + i,
						EARLY_IOREMAP_MAX);
			REQUIRE(addr[i]);
			EXPECT_EQ((vaddr_t)addr[i] % PAGE_SIZE, i);
		}
		EXPECT(!early_ioremap(VGA_TEXT, 1));
		EXPECT_EQ(early_ioremap_in_use(), EARLY_IOREMAP_WINDOWS);
		fixmap_check();
		for (unsigned int i = 0; i < EARLY_IOREMAP_WINDOWS; i++)
			early_iounmap(addr[(i + 1) % EARLY_IOREMAP_WINDOWS]);
		EXPECT_EQ(early_ioremap_in_use(), 0);
	}
}

TEST(fixmap, the_last_byte_of_the_bus_can_be_mapped)
{
	void *addr = early_ioremap(0xffffffff, 1);

	REQUIRE(addr);
	EXPECT_EQ(pte_pfn(*kernel_pte((vaddr_t)addr)), 0xfffff);
	early_iounmap(addr);
}
