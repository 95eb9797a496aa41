// SPDX-License-Identifier: MIT
/*
 * buddy - physical page frames in blocks of 2^order pages.
 *
 * A block that is handed out has one reference on its first page.  While it
 * is out, page->order is its order, and the owner leaves that alone; flags
 * and unions are the owner's, but for kaddr, which is highmem.c's.  Flags need
 * not be cleared when it comes back, except PG_SLAB, PG_LARGE and PG_MAPPING,
 * which say that somebody else still owns it.
 *
 * Debug builds stop at: a double free, a free of a page that is not the head
 * of a block, at a wrong order, or of a PG_RESERVED frame; and at a write to
 * a free low page of a block up to order 3 (filled with 0x6b when freed).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mm/gfp.h"
#include "mm/page.h"
#include "mm/zone.h"

/**
 * alloc_pages() - allocate a block of 2^@order contiguous page frames.
 * @gfp:   zones that may serve it, and whether the caller can wait for reclaim
 * @order: log2 of the number of pages, below MAX_ORDER
 *
 * The frames hold old data unless @gfp has GFP_ZERO.  A HighMem page has no
 * kernel address: kmap() it first.
 *
 * Context: any; where sleep is forbidden only without __GFP_WAIT.
 * Return:  the first page, with one reference that the caller gives back by
 *          free_pages() (or page_put(), order 0); NULL when no allowed zone
 *          can serve it.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);

/** free_pages() - give back a block with one reference left.  Context: any. */
void free_pages(struct page *page, unsigned int order);

static inline struct page *alloc_page(gfp_t gfp)
{
	return alloc_pages(gfp, 0);
}

static inline void free_page(struct page *page)
{
	free_pages(page, 0);
}

/** page_put() - drop a reference to a single page, and it with the last. */
void page_put(struct page *page);

/**
 * alloc_pages_bulk() - @nr single pages in one go, each as by alloc_page().
 * @pages: filled from the first on; runs of neighbours where there are any
 *
 * Return: how many there were: fewer than @nr when memory is short, and then
 *         the caller keeps or frees those.
 */
size_t alloc_pages_bulk(gfp_t gfp, size_t nr, struct page **pages);

/** free_pages_bulk() - free_page() on each of @nr; neighbours are cheap. */
void free_pages_bulk(struct page **pages, size_t nr);

/**
 * buddy_set_reclaim() - whom to ask for pages when the watermarks are reached.
 *
 * The hook runs with no lock held, may sleep, and returns how many pages it
 * freed.  It is only called for requests with __GFP_WAIT, again for as long
 * as it frees something and the request cannot be served.
 *
 * Return: the hook that was there before, or NULL.
 */
typedef size_t (*reclaim_fn)(gfp_t gfp, unsigned int order);
reclaim_fn buddy_set_reclaim(reclaim_fn reclaim);


/** buddy_init() - take the free ranges over from memblock, which retires. */
void buddy_init(void);

/** buddy_nr_free() - free pages of all zones, those on per-CPU lists too. */
size_t buddy_nr_free(void);

/** buddy_drain() - send what the per-CPU lists hold to the zones. */
void buddy_drain(void);

/* Free blocks by zone and order. */
struct buddy_census {
	size_t nr[NR_ZONES][MAX_ORDER];
};

/**
 * buddy_census() - count free blocks, after a buddy_drain().
 *
 * As all blocks that can be joined are, two censuses are equal exactly if
 * the same number of pages is free in blocks of the same sizes.
 */
struct buddy_census buddy_census(void);
bool census_equal(struct buddy_census a, struct buddy_census b);

struct buddy_stats {
	size_t nr_free;			/* pages, per-CPU lists included */
	size_t nr_hot;			/* of them, on per-CPU lists */
	size_t nr_blocks[MAX_ORDER];	/* on the zone's lists */
};

void buddy_get_stats(enum zone_id zone, struct buddy_stats *stats);

/** zone_check() - assert the invariants of one zone's lists, lock held. */
void zone_check(struct zone *zone);

/** buddy_check() - walk all lists and assert what must be true of them. */
void buddy_check(void);

/**
 * alloc_fail_after() - let the allocation after @nr more ones fail, and all
 * that follow it, until alloc_fail_off().  Buddy, slab and vmalloc count;
 * requests with __GFP_NOFAIL_INJECT neither count nor fail.
 *
 * alloc_fail_now() is what an allocator asks; true: refuse this one.
 */
void alloc_fail_after(unsigned int nr);
void alloc_fail_off(void);

extern bool alloc_fail_armed;
bool alloc_fail_count_down(gfp_t gfp);

static inline bool alloc_fail_now(gfp_t gfp)
{
	return unlikely(alloc_fail_armed) && alloc_fail_count_down(gfp);
}
