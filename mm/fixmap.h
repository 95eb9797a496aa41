// SPDX-License-Identifier: MIT
/*
 * fixmap - addresses that are known when the kernel is compiled, for frames
 * that are not: slot 0 is the page below FIXADDR_TOP, and so on downwards.
 */
#pragma once

#include <stddef.h>

#include "lib/assert.h"
#include "mm/layout.h"
#include "x86/percpu.h"

#define KMAP_ATOMIC_DEPTH	16	/* kmap_atomic() nests so deep, a CPU */
#define EARLY_IOREMAP_WINDOWS	4
#define EARLY_IOREMAP_MAX	(64 * 1024u)	/* bytes in one window */
#define EARLY_IOREMAP_PAGES	(EARLY_IOREMAP_MAX / PAGE_SIZE + 1)

enum fixed_addresses {
	FIX_SCRATCH,			/* set_fixmap() for one moment: tests */
	FIX_KMAP_FIRST,
	FIX_KMAP_LAST = FIX_KMAP_FIRST + NR_CPUS * KMAP_ATOMIC_DEPTH - 1,
	FIX_IOREMAP_FIRST,
	FIX_IOREMAP_LAST = FIX_IOREMAP_FIRST +
		EARLY_IOREMAP_WINDOWS * EARLY_IOREMAP_PAGES - 1,
	FIX_COUNT
};

static_assert(FIX_COUNT <= (FIXADDR_TOP - FIXADDR_START) / PAGE_SIZE,
	      "the slots fit into their page table");

/** fix_to_virt() - the address of a slot; a constant if @slot is one. */
static inline vaddr_t fix_to_virt(unsigned int slot)
{
	assert(slot < FIX_COUNT);
	return FIXADDR_TOP - (slot + 1) * PAGE_SIZE;
}

/**
 * set_fixmap() - let @slot show the frame at @phys, with PROT_KERNEL*.
 * clear_fixmap() - show nothing.
 *
 * Setting over an old frame is fine.  Both flush that one page.
 *
 * Context: any, from directmap_init() on; the owner of the slot alone.
 */
void set_fixmap(unsigned int slot, phys_addr_t phys, uint32_t prot);
void clear_fixmap(unsigned int slot);

/**
 * early_ioremap() - look at device memory or firmware tables, uncached, before
 * vmalloc can do it (but also later).
 * @phys: need not be aligned
 * @size: bytes, at most EARLY_IOREMAP_MAX
 *
 * Context: any but interrupts, from directmap_init() on.
 * Return:  the address of @phys; NULL when @size is 0 or too large, the range
 *          wraps, or all windows are taken.
 */
void *early_ioremap(phys_addr_t phys, size_t size);

/** early_iounmap() - give back what early_ioremap() returned. */
void early_iounmap(void *addr);

/** early_ioremap_in_use() - how many windows are taken. */
unsigned int early_ioremap_in_use(void);

void fixmap_check(void);
