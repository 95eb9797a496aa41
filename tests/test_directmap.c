// SPDX-License-Identifier: MIT
#include "mm/directmap.h"

#include "mm/kernel_map.h"
#include "mm/page.h"
#include "tests/ktap.h"
#include "x86/cpu.h"
#include "x86/sections.h"

static vaddr_t ram_end(void)
{
	return PAGE_OFFSET + (max_low_pfn << PAGE_SHIFT);
}

static bool is_aliased(vaddr_t va)
{
	return !(directmap_entry(va).raw & PTE_PSE) &&
	       pte_pfn(directmap_entry(va)) != (va - PAGE_OFFSET) >> PAGE_SHIFT;
}

TEST(directmap, text_and_rodata_are_read_only)
{
	vaddr_t va = (vaddr_t)_text_start;

	EXPECT(read_cr0() & CR0_WP);
	for (; va < (vaddr_t)_data_start; va += PAGE_SIZE) {
		EXPECT(pte_is_present(directmap_entry(va)));
		EXPECT(!(directmap_entry(va).raw & PTE_WRITE));
		EXPECT(!(directmap_entry(va).raw & PTE_PSE));
	}
}

TEST(directmap, data_and_bss_are_writable)
{
	vaddr_t va = (vaddr_t)_data_start;

	for (; va < (vaddr_t)_kernel_end; va += PAGE_SIZE)
		EXPECT(directmap_entry(va).raw & PTE_WRITE);
}

TEST(directmap, the_page_below_the_boot_stack_is_read_only)
{
	vaddr_t stack = (vaddr_t)boot_stack;

	EXPECT(PAGE_ALIGNED(stack));
	EXPECT(!(directmap_entry(stack - PAGE_SIZE).raw & PTE_WRITE));
	EXPECT(directmap_entry(stack).raw & PTE_WRITE);
}

TEST(directmap, each_page_of_low_ram_is_at_3_gib_plus_phys)
{
	for (vaddr_t va = PAGE_OFFSET; va < ram_end(); va += PAGE_SIZE)
		if (!EXPECT(pte_is_present(directmap_entry(va))) ||
		    !EXPECT(!is_aliased(va)))
			return;
}

TEST(directmap, no_entry_is_a_users_and_all_are_global)
{
	for (vaddr_t va = PAGE_OFFSET; va < ram_end(); va += PAGE_SIZE) {
		uint32_t raw = directmap_entry(va).raw;

		if (raw && (!EXPECT(raw & PTE_GLOBAL) ||
			    !EXPECT(!(raw & PTE_USER))))
			return;
	}
	EXPECT(!cpu_has(CPU_PGE) || read_cr4() & CR4_PGE);
}

TEST(directmap, plain_ram_is_mapped_by_large_pages)
{
	vaddr_t va = ALIGN_UP((vaddr_t)_kernel_end, PGD_SIZE);

	if (va + PGD_SIZE > ram_end())
		SKIP("no 4 MiB of RAM behind the image's");
	for (; va + PGD_SIZE <= ram_end(); va += PGD_SIZE) {
		EXPECT(directmap_entry(va).raw & PTE_PSE);
		EXPECT_EQ(directmap_entry(va).raw & ~PTE_FLAGS,
			  va - PAGE_OFFSET);
	}
}

TEST(directmap, behind_the_last_page_of_ram_is_a_hole)
{
	vaddr_t va = ram_end();

	EXPECT(pte_is_present(directmap_entry(va - PAGE_SIZE)));
	for (; va < DIRECTMAP_LIMIT; va += PAGE_SIZE)
		if (!EXPECT(pte_is_none(directmap_entry(va))))
			return;
}

TEST(directmap, the_hole_before_vmalloc_space_is_empty)
{
	for (vaddr_t va = KERNEL_TABLES_START; va < VMALLOC_START;
	     va += PAGE_SIZE)
		EXPECT(pte_is_none(*kernel_pte(va)));
}

TEST(directmap, boots_identity_map_is_gone)
{
	for (unsigned int i = 0; i < pgd_index(PAGE_OFFSET); i++)
		EXPECT_EQ(kernel_pgd[i].raw, 0);
}

TEST(directmap, its_statistics_add_up_to_low_ram)
{
	size_t by_4k, by_4m;

	directmap_get_stats(&by_4k, &by_4m);
	EXPECT_EQ(by_4k + by_4m, ram_end() - PAGE_OFFSET);
	EXPECT_EQ(by_4m % PGD_SIZE, 0);
	EXPECT(by_4k > 0);
}
