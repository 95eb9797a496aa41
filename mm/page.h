// SPDX-License-Identifier: MIT
/*
 * page - one struct page for each frame of RAM, in the array mem_map, and the
 * four names of a frame: page <-> pfn <-> physical <-> kernel virtual.
 *
 * An all-zero struct page is a frame that nobody owns and that heads no free
 * block: boot clears the array once and then touches only the pages that head
 * blocks, so that bring-up costs a few instructions a frame.
 *
 * A frame has exactly one role at a time, and the role owns the unions:
 *
 *	role		flags		what the unions hold
 *	free, heads	PG_BUDDY	link: its zone's free list
 *	free, hot	PG_PCP		next: its CPU's hot list
 *	free, inside	0		nothing
 *	slab		PG_SLAB		cache, slab_index; in the first page
 *					link, inuse, objects, freelist as well
 *	kmalloc, large	PG_LARGE	nothing; the first page knows the order
 *	vmalloc, stack	PG_VMALLOC	nothing: the page table names the frame
 *	page table	PG_TABLE	next, when it waits for a flush
 *	kept for reuse	0		next: pgtable.c's tables and directories
 *	of a mapping	PG_MAPPING	mapping, index; perhaps PG_DIRTY, PG_FRESH
 *	anonymous	PG_ANON		nothing: page tables name the frame
 *	anything else	0		the allocating module's own affair
 *	firmware, image,
 *	boot module	PG_RESERVED	nothing: freeing one is a bug
 *
 * Beside its role a highmem page may have a kaddr, free pages too: that is
 * highmem.c's field, and slabs, which share its place, are never highmem.
 *
 * Guarded by: the lock of whoever owns the frame; refs is atomic.
 */
#pragma once

#include <stddef.h>

#include "lib/assert.h"
#include "lib/list.h"
#include "lib/util.h"
#include "mm/layout.h"
#include "x86/atomic.h"
#include "x86/mmu.h"

#define PG_RESERVED	0x0001u
#define PG_BUDDY	0x0002u		/* heads a free block of buddy's */
#define PG_PCP		0x0004u		/* free, on a per-CPU list */
#define PG_SLAB		0x0008u
#define PG_TABLE	0x0010u		/* a page table */
#define PG_MAPPING	0x0020u		/* owned by (mapping, index) */
#define PG_VMALLOC	0x0040u
#define PG_LARGE	0x0080u		/* a kmalloc block above the slabs */
#define PG_DIRTY	0x0100u		/* of a mapping: was written to */
#define PG_ANON		0x0200u		/* private memory of programs */
#define PG_FRESH	0x0400u		/* of a mapping: a place kept by
					   fallocate(), nobody touched it yet */

struct page {
	uint16_t flags;			/* PG_* */
	uint8_t	 order;			/* of the block, free or handed out */
	uint8_t	 poisoned;		/* debug: buddy filled it when freed */
	int32_t	 refs;			/* references; 0 = nobody owns it */
	union {
		struct list link;	/* of whoever owns the page */
		struct page *next;	/* the same, where one way will do */
	};
	union {
		struct mapping *mapping;
		struct kmem_cache *cache; /* slab: whose objects */
	};
	union {
		uint32_t index;		/* in pages, inside the mapping */
		struct { uint16_t inuse, objects; }; /* slab */
	};
	uint32_t slab_index;		/* slab: which of its pages this is */
	union {
		void	*kaddr;		/* highmem: where kmap() put it */
		void	*freelist;	/* slab: free objects, chained */
	};
};

static_assert(sizeof(void *) != 4 || sizeof(struct page) == 32,
	      "32 bytes a frame: 0.8 % of RAM");

extern struct page *mem_map;		/* mem_map[pfn], pfn < max_pfn */
extern pfn_t max_pfn;			/* one past the last frame of RAM */
extern pfn_t max_low_pfn;		/* the same of the direct map */
extern struct page *highmem_start_page;	/* mem_map + max_low_pfn */

static inline pfn_t page_to_pfn(const struct page *page)
{
	return page - mem_map;
}

static inline struct page *pfn_to_page(pfn_t pfn)
{
	assert(pfn < max_pfn);
	return mem_map + pfn;
}

static inline phys_addr_t page_to_phys(const struct page *page)
{
	return (phys_addr_t)page_to_pfn(page) << PAGE_SHIFT;
}

static inline struct page *phys_to_page(phys_addr_t phys)
{
	return pfn_to_page(phys >> PAGE_SHIFT);
}

static inline bool page_is_highmem(const struct page *page)
{
	return page >= highmem_start_page;
}

/* The direct map: only for frames below max_low_pfn. */
static inline void *phys_to_virt(phys_addr_t phys)
{
	assert(phys < DIRECTMAP_MAX);
	return (void *)(uintptr_t)(phys + PAGE_OFFSET);
}

static inline phys_addr_t virt_to_phys(const void *virt)
{
	assert((uintptr_t)virt >= PAGE_OFFSET &&
	       (uintptr_t)virt < DIRECTMAP_LIMIT);
	return (phys_addr_t)((uintptr_t)virt - PAGE_OFFSET);
}

static inline void *page_to_virt(const struct page *page)
{
	assert(!page_is_highmem(page));
	return (void *)(uintptr_t)(page_to_phys(page) + PAGE_OFFSET);
}

static inline struct page *virt_to_page(const void *virt)
{
	return pfn_to_page(virt_to_phys(virt) >> PAGE_SHIFT);
}

static inline void page_get(struct page *page)
{
	assert(page->refs > 0);
	atomic_inc(&page->refs);
}

/* PG_DIRTY comes and goes under no common lock, so atomically. */
static inline void page_set_flags(struct page *page, uint16_t flags)
{
	__atomic_fetch_or(&page->flags, flags, __ATOMIC_SEQ_CST);
}

static inline void page_clear_flags(struct page *page, uint16_t flags)
{
	__atomic_fetch_and(&page->flags, (uint16_t)~flags, __ATOMIC_SEQ_CST);
}

/* Something is in it now, or is about to be. */
static inline void page_set_dirty(struct page *page)
{
	if (likely((page->flags & (PG_DIRTY | PG_FRESH)) == PG_DIRTY))
		return;
	page_set_flags(page, PG_DIRTY);
	page_clear_flags(page, PG_FRESH);
}
