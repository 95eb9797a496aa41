// SPDX-License-Identifier: MIT
/*
 * zone - RAM cut in three by who can reach it, and who may take what there.
 *
 *	0         16 MiB                  896 MiB                  4 GiB
 *	|   DMA    |        Normal         |        HighMem         |
 *	 old devices  the direct map: has    no kernel address until
 *	 reach it     a kernel address       it is mapped
 *
 * A request names the highest zone that will do; what the zones below it hold
 * will do as well.
 */
#pragma once

#include <stddef.h>

#include "lib/list.h"
#include "mm/gfp.h"
#include "mm/page.h"
#include "x86/spinlock.h"

#define MAX_ORDER	11	/* orders 0 to 10: 4 KiB to 4 MiB */
#define MAX_BLOCK	(1u << (MAX_ORDER - 1))	/* pages in the largest */

enum zone_id { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONES };

/* Guarded by:  (z) zone->lock   (i) zone_init(), read-only afterwards */
struct zone {
	const char	*name;			/* (i) */
	pfn_t		 start, end;		/* (i) frames [start, end) */
	size_t		 nr_managed;		/* (i) buddy's, of them */
	size_t		 min, low, high;	/* (i) watermarks, in pages */
	size_t		 reserve[NR_ZONES];	/* (i) kept from that class */
	struct spinlock	 lock;
	uint32_t	 nonempty;		/* (z) bit n: free[n] has any */
	size_t		 nr_free;		/* (z) pages in the lists */
	struct list	 free[MAX_ORDER];	/* (z) free blocks, by order */
};

extern struct zone zones[NR_ZONES];

/* The highest zone with RAM that may serve (gfp & ZONE_GFP_MASK); (i). */
#define ZONE_GFP_MASK	(__GFP_DMA | __GFP_HIGHMEM)
extern uint8_t zone_preferred[ZONE_GFP_MASK + 1];

extern struct page *normal_start_page;	/* (i) mem_map + zones[DMA].end */

/** zone_class() - the highest zone that may serve @gfp. */
static inline enum zone_id zone_class(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

static inline enum zone_id page_zone_id(const struct page *page)
{
	if (page_is_highmem(page))
		return ZONE_HIGHMEM;
	return page >= normal_start_page ? ZONE_NORMAL : ZONE_DMA;
}

static inline struct zone *page_zone(const struct page *page)
{
	return &zones[page_zone_id(page)];
}

/**
 * zone_init() - make mem_map, cut RAM into zones and set their watermarks.
 *
 * The zones are empty until buddy_init().
 */
void zone_init(void);

/**
 * zone_adopt() - frames [start, end), reserved at boot, are ordinary from now
 * on: managed, in use, with one reference each that the caller has.
 *
 * For what a loader put there.  What is no RAM of a zone must not be in it.
 */
void zone_adopt(pfn_t start, pfn_t end);

/**
 * zone_is_short() - would @nr pages more for @gfp take all zones that may
 * serve it below their high marks?  A guess: nothing is locked or kept back.
 */
bool zone_is_short(gfp_t gfp, size_t nr);

/** zone_report() - one line a zone. */
void zone_report(void);
