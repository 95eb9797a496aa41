// SPDX-License-Identifier: MIT
/*
 * kernel_map - the kernel's own page-table entries above the direct map.
 *
 * The 32 tables that serve [KERNEL_TABLES_START, 4 GiB) are allocated at boot
 * as one array, and every page directory points to them for ever.  So the
 * entry of an address is an array element: no walk, no allocation, no fault
 * in vmalloc space that is not a bug, nothing to copy between address spaces.
 *
 * Not here: who may use which address (vmalloc, highmem, fixmap each own
 * their range and its lock), user addresses (pgtable.h), flushing (tlb.h).
 */
#pragma once

#include "mm/layout.h"
#include "mm/page.h"

/* The bits of a kernel_pgd entry that names a table: its ptes decide more. */
#define PGD_KERNEL_TABLE	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED)

extern pte_t *kernel_ptes;		/* KERNEL_TABLES * PTRS_PER_PTE */
extern pgd_t kernel_pgd[PTRS_PER_PGD];	/* the page directory of boot */

/** kernel_pte() - the entry of @va, which is at least KERNEL_TABLES_START. */
static inline pte_t *kernel_pte(vaddr_t va)
{
	assert(va >= KERNEL_TABLES_START);
	return &kernel_ptes[(va - KERNEL_TABLES_START) >> PAGE_SHIFT];
}

/**
 * kernel_map() - write the entry of @va.  The entry must be empty; an empty
 * entry is never cached, so no flush is owed.
 */
static inline void kernel_map(vaddr_t va, pfn_t pfn, uint32_t prot)
{
	pte_t *pte = kernel_pte(va);

	assert(pte_is_none(*pte));
	*pte = pte_make(pfn, prot);
}

/**
 * kernel_unmap() - empty the entry of @va and return what it held.  The
 * caller owes a flush (tlb.h) before the frame or the address is used again.
 */
static inline pte_t kernel_unmap(vaddr_t va)
{
	pte_t *pte = kernel_pte(va);
	pte_t old = *pte;

	pte->raw = 0;
	return old;
}

/** kernel_map_init() - allocate the tables; called once, by directmap. */
void kernel_map_init(void);
