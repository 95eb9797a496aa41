// SPDX-License-Identifier: MIT
/*
 * kernel_map - holds the page directory of boot and the array of tables that
 * kernel_map.h describes.
 *
 * kernel_pgd is the pattern of all page directories: a new address space
 * copies its upper quarter, entries 768 to 1023, and shares every kernel
 * table thereby.  That is sound because after directmap_init() those entries
 * never change; what changes are the entries of the shared tables.  The lower
 * three quarters stay empty: kernel threads and the idle loop may run on
 * kernel_pgd itself, and a stray null pointer faults there too.
 */
#include "mm/kernel_map.h"

#include "mm/memblock.h"

pgd_t kernel_pgd[PTRS_PER_PGD] __aligned(PAGE_SIZE) __section(".bss.page");
pte_t *kernel_ptes;

void kernel_map_init(void)
{
	pgd_t *pgd = &kernel_pgd[pgd_index(KERNEL_TABLES_START)];
	phys_addr_t phys;

	kernel_ptes = memblock_alloc(KERNEL_TABLES * PAGE_SIZE, PAGE_SIZE);
	phys = virt_to_phys(kernel_ptes);
	for (unsigned int i = 0; i < KERNEL_TABLES; i++)
		pgd[i].raw = (phys + i * PAGE_SIZE) | PGD_KERNEL_TABLE;
}
