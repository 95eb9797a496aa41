// SPDX-License-Identifier: MIT
/*
 * tlb - the one place that decides what to flush, and counts it.
 *
 * The translation lookaside buffer remembers entries until told otherwise
 * (SDM volume 3, section 4.10).  Rules that hold everywhere:
 *   T1  an entry that was not present is never cached: mapping flushes nothing
 *   T2  no frame is given away before the flush of every user entry that
 *	 named it; a kernel address after its unmap is nobody's, and whoever
 *	 maps the address anew flushes before (vmalloc, highmem: lazily, with
 *	 one flush for many)
 *   T3  kernel entries are global: a CR3 load does not drop them
 *
 * About a dozen invlpg cost what one CR3 load does before its refills, so
 * ranges above TLB_FLUSH_CEILING pages drop everything.
 */
#pragma once

#include <stdint.h>

#include "x86/mmu.h"

#define TLB_FLUSH_CEILING 16

/* Since boot, for /proc/vmstat and the benchmarks; per-CPU would be exact. */
struct tlb_stats {
	uint32_t nr_tlb_flush;		/* invlpg and whole flushes alike */
	uint32_t nr_cr3_load;
};

extern struct tlb_stats tlb_stats;

static inline void tlb_flush_page(vaddr_t va)
{
	tlb_stats.nr_tlb_flush++;
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/** tlb_flush_user() - drop all entries that are not global (a CR3 load). */
void tlb_flush_user(void);

/** tlb_flush_user_range(), tlb_flush_kernel_range() - drop [start, end). */
void tlb_flush_user_range(vaddr_t start, vaddr_t end);
void tlb_flush_kernel_range(vaddr_t start, vaddr_t end);

/**
 * tlb_flush_debug() - after a lazy unmap of kernel addresses: debug builds
 * flush at once, so that a use after the unmap faults there and then.
 */
#ifdef DEBUG
static inline void tlb_flush_debug(vaddr_t start, vaddr_t end)
{
	tlb_flush_kernel_range(start, end);
}
#else
static inline void tlb_flush_debug(vaddr_t start, vaddr_t end)
{
	(void)start;
	(void)end;
}
#endif

/** tlb_flush_all() - drop everything, global entries too. */
void tlb_flush_all(void);

/** tlb_load_pgd() - make the page directory at @phys the current one. */
void tlb_load_pgd(phys_addr_t phys);
