// SPDX-License-Identifier: MIT
/*
 * directmap - builds the map of all low RAM at 3 GiB + phys, once.
 *
 * entry.S mapped 896 MiB blindly, writable, in 4 MiB pages.  The real map has
 * what RAM there is and no more, in chunks of 4 MiB, one page-directory entry
 * each.  A chunk is one large page where all of it is plain RAM: no page
 * table, one TLB entry.  Where the rights differ inside, it has a page table:
 *
 *	PAGE_OFFSET                                    PAGE_OFFSET + RAM
 *	|  chunk 0 with the image  | chunk 1 | chunk 2 | ... ragged end |
 *	|  4 KiB pages             | 4 MiB   | 4 MiB   |     4 KiB pages|
 *	   | text rodata | stack data bss |
 *	     read-only     writable
 *
 * Rules (directmap_check() asserts them):
 *   D1  low RAM is mapped up to its last page, and nothing between that and
 *	 vmalloc space: an overrun of the map faults, whatever the RAM
 *   D2  text and rodata are read-only, and CR0.WP makes the kernel obey;
 *	 the boot stack runs into them if it overflows
 *   D3  all entries are global: they are the same in every address space
 *   D4  the lower three quarters of kernel_pgd are empty
 *
 * The tables are rebuilt under the running kernel.  Each entry maps the same
 * frames before and after, so it does not matter which of the two the TLB
 * holds until the flush at the end.  Accessed and dirty bits are set from the
 * start: the CPU need not write the tables, and D1-D3 can compare exactly.
 *
 * Context: boot, one CPU, interrupts off.  Read-only afterwards, no lock.
 * entry.S insists on PSE, so there is no map without large pages.
 */
#include "mm/directmap.h"

#include "lib/printk.h"
#include "mm/kernel_map.h"
#include "mm/memblock.h"
#include "mm/page.h"
#include "mm/tlb.h"
#include "x86/cpu.h"
#include "x86/sections.h"

static vaddr_t directmap_end;		/* one past the last byte of the map */

static bool is_in(vaddr_t va, const char *start, const char *end)
{
	return va >= (vaddr_t)start && va < (vaddr_t)end;
}

/* The entry that @va, a page of RAM, must have in a page table. */
static pte_t directmap_pte(vaddr_t va)
{
	pfn_t pfn = (va - PAGE_OFFSET) >> PAGE_SHIFT;

	if (is_in(va, _text_start, _data_start))
		return pte_make(pfn, PROT_KERNEL_RO);
	return pte_make(pfn, PROT_KERNEL);
}

/* May the chunk at @va be one page, with RAM up to @end? */
static bool chunk_is_plain(vaddr_t va, vaddr_t end)
{
	return end - va >= PGD_SIZE &&
	       (va + PGD_SIZE <= (vaddr_t)_kernel_start ||
		va >= (vaddr_t)_kernel_end);
}

static pgd_t chunk_large(vaddr_t va)
{
	return (pgd_t){ (va - PAGE_OFFSET) | PROT_KERNEL | PTE_PSE };
}

static pgd_t chunk_table(vaddr_t va, vaddr_t end)
{
	pte_t *table = memblock_alloc(PAGE_SIZE, PAGE_SIZE);

	for (unsigned int i = 0; i < PTRS_PER_PTE && va < end; i++) {
		table[i] = directmap_pte(va);
		va += PAGE_SIZE;
	}
	return (pgd_t){ virt_to_phys(table) | PGD_KERNEL_TABLE };
}

static pgd_t chunk_make(vaddr_t va, vaddr_t end)
{
	if (va >= end)
		return (pgd_t){ 0 };
	return chunk_is_plain(va, end) ? chunk_large(va) : chunk_table(va, end);
}

void directmap_init(void)
{
	size_t by_4k, by_4m;

	if (!max_low_pfn)
		panic("directmap: this machine has too little memory");
	assert(max_low_pfn <= DIRECTMAP_MAX >> PAGE_SHIFT);
	directmap_end = PAGE_OFFSET + (max_low_pfn << PAGE_SHIFT);
	for (vaddr_t va = PAGE_OFFSET; va < DIRECTMAP_LIMIT; va += PGD_SIZE)
		kernel_pgd[pgd_index(va)] = chunk_make(va, directmap_end);
	kernel_map_init();
	for (unsigned int i = 0; i < pgd_index(PAGE_OFFSET); i++)
		kernel_pgd[i].raw = 0;
	tlb_flush_all();

	directmap_get_stats(&by_4k, &by_4m);
	pr_info("directmap: %zu MiB in 4 MiB pages, %zu KiB in 4 KiB pages\n",
		by_4m / MIB, by_4k / 1024);
}

pte_t directmap_entry(vaddr_t va)
{
	pgd_t pgd = kernel_pgd[pgd_index(va)];
	const pte_t *table;

	assert(va >= PAGE_OFFSET && va < DIRECTMAP_LIMIT);
	if (!(pgd.raw & PTE_PRESENT) || pgd.raw & PTE_PSE)
		return (pte_t){ pgd.raw };
	table = phys_to_virt(pgd.raw & PAGE_MASK);
	return table[pte_index(va)];
}

void directmap_get_stats(size_t *by_4k, size_t *by_4m)
{
	vaddr_t end = directmap_end;

	*by_4k = 0;
	*by_4m = 0;
	for (vaddr_t va = PAGE_OFFSET; va < end; va += PGD_SIZE)
		if (kernel_pgd[pgd_index(va)].raw & PTE_PSE)
			*by_4m += PGD_SIZE;
		else
			*by_4k += min(end - va, PGD_SIZE);
}

static void check_chunk(vaddr_t va, vaddr_t end)
{
	pgd_t pgd = kernel_pgd[pgd_index(va)];
	vaddr_t page = va;

	if (va >= end || chunk_is_plain(va, end)) {
		assert(pgd.raw == (va < end ? chunk_large(va).raw : 0));
		return;
	}
	assert((pgd.raw & PTE_FLAGS) == PGD_KERNEL_TABLE);
	for (unsigned int i = 0; i < PTRS_PER_PTE; i++, page += PAGE_SIZE)
		assert(directmap_entry(page).raw ==
		       (page < end ? directmap_pte(page).raw : 0));
}

void directmap_check(void)
{
	const pgd_t *tables = &kernel_pgd[pgd_index(KERNEL_TABLES_START)];

	for (vaddr_t va = PAGE_OFFSET; va < DIRECTMAP_LIMIT; va += PGD_SIZE)
		check_chunk(va, directmap_end);			/* D1-D3 */
	for (unsigned int i = 0; i < KERNEL_TABLES; i++)
		assert(tables[i].raw ==
		       ((virt_to_phys(kernel_ptes) + i * PAGE_SIZE) |
			PGD_KERNEL_TABLE));
	for (unsigned int i = 0; i < pgd_index(PAGE_OFFSET); i++)
		assert(kernel_pgd[i].raw == 0);				/* D4 */
	assert(max_low_pfn == (directmap_end - PAGE_OFFSET) >> PAGE_SHIFT);
	assert(read_cr0() & CR0_WP);					/* D2 */
}
