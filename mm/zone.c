// SPDX-License-Identifier: MIT
/*
 * zone - mem_map, the borders of the zones, and what each keeps back.
 *
 * A zone refuses a request that would take it below a mark:
 *
 *	pages free
 *	  |  high	reclaim stops here
 *	  |  low	below it, a request asks for reclaim first
 *	  |  min	below it, only __GFP_RESERVE is served: handlers that
 *	  |  0		cannot wait for anything
 *
 * On top of each mark comes the reserve: pages that a zone keeps from
 * requests that a higher zone would have served.  Without it a program that
 * fills HighMem goes on to fill Normal, and the kernel has no page left for
 * the tables that map all that.  Tables take a 1024th of what they map, so
 * Normal keeps a 256th of HighMem; devices that need DMA are few.
 *
 * Z1  the borders between zones are multiples of the largest block, so that no
 *     block lies in two zones
 * Z2  mem_map goes on to the next such multiple behind max_pfn, so that the
 *     buddy of any block has an entry to look at
 *
 * Not here: the lists (buddy.c).
 */
#include "mm/zone.h"

#include "lib/printk.h"
#include "mm/memblock.h"

static_assert((DMA_LIMIT >> PAGE_SHIFT) % MAX_BLOCK == 0, "Z1");
static_assert((DIRECTMAP_MAX >> PAGE_SHIFT) % MAX_BLOCK == 0, "Z1");

struct zone zones[NR_ZONES];
uint8_t zone_preferred[ZONE_GFP_MASK + 1];

struct page *mem_map;
struct page *normal_start_page;
struct page *highmem_start_page;

/* Of how many pages in higher zones one is kept here from their requests. */
static const uint16_t reserve_ratio[NR_ZONES] = { 1024, 256, 1 };

static void mark_reserved(pfn_t start, pfn_t end)
{
	for (struct page *page = mem_map + start; page < mem_map + end; page++)
		page->flags = PG_RESERVED;
}

static void make_mem_map(void)
{
	pfn_t nr = ALIGN_UP(max_pfn, MAX_BLOCK);		/* Z2 */
	pfn_t start, end = 0, last = 0;

	mem_map = memblock_alloc(nr * sizeof(struct page), PAGE_SIZE);
	while (memblock_next_free(&start, &end)) {
		mark_reserved(last, start);
		last = end;
	}
	mark_reserved(last, nr);
}

static void zone_setup(enum zone_id id, const char *name, pfn_t start,
		       pfn_t end)
{
	struct zone *zone = &zones[id];

	zone->name = name;
	zone->start = start;
	zone->end = end;
	zone->nr_managed = 0;
	zone->nonempty = 0;
	zone->nr_free = 0;
	spin_init(&zone->lock);
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		list_init(&zone->free[order]);
}

static void count_managed(void)
{
	pfn_t start, end = 0;

	while (memblock_next_free(&start, &end))
		for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
			if (start < zone->end && end > zone->start)
				zone->nr_managed += min(end, zone->end) -
						    max(start, zone->start);
}

static size_t square_root(size_t n)
{
	size_t root = 0;

	for (size_t bit = (size_t)1 << 15; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= n)
			root += bit;
	return root;
}

/*
 * Twice as much low memory does not need twice the reserve: it grows by the
 * square root, 128 KiB for 4 MiB and 1.9 MiB for 896.  HighMem serves nobody
 * who cannot wait, and needs no more than a token.
 */
static void set_marks(void)
{
	size_t nr_low = zones[ZONE_DMA].nr_managed +
			zones[ZONE_NORMAL].nr_managed;
	size_t total = square_root(nr_low * 16) / 4;

	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		struct zone *zone = &zones[id];

		if (id == ZONE_HIGHMEM)
			zone->min = min(zone->nr_managed / 1024, (size_t)128);
		else
			zone->min = nr_low ? total * zone->nr_managed / nr_low
					   : 0;
		zone->low = zone->min + zone->min / 4;
		zone->high = zone->min + zone->min / 2;
	}
}

static void set_reserves(void)
{
	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		size_t nr_above = 0;

		for (enum zone_id class = id; class < NR_ZONES; class++) {
			if (class > id)
				nr_above += zones[class].nr_managed;
			zones[id].reserve[class] =
				min(nr_above / reserve_ratio[id],
				    zones[id].nr_managed / 2);
		}
	}
}

static void set_preferred(void)
{
	for (gfp_t gfp = 0; gfp <= ZONE_GFP_MASK; gfp++) {
		enum zone_id id = zone_class(gfp);

		while (id > ZONE_DMA && zones[id].nr_managed == 0)
			id--;
		zone_preferred[gfp] = id;
	}
}

void zone_init(void)
{
	pfn_t dma_end = min(max_pfn, (pfn_t)(DMA_LIMIT >> PAGE_SHIFT));

	make_mem_map();
	normal_start_page = mem_map + dma_end;
	highmem_start_page = mem_map + max_low_pfn;
	zone_setup(ZONE_DMA, "DMA", 0, dma_end);
	zone_setup(ZONE_NORMAL, "Normal", dma_end, max_low_pfn);
	zone_setup(ZONE_HIGHMEM, "HighMem", max_low_pfn, max_pfn);
	count_managed();
	set_marks();
	set_reserves();
	set_preferred();
}

void zone_adopt(pfn_t start, pfn_t end)
{
	for (pfn_t pfn = start; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		assert(page->flags == PG_RESERVED && !page->refs);
		page->flags = 0;
		page->refs = 1;
		zones[page_zone_id(page)].nr_managed++;
	}
	set_marks();
	set_reserves();
}

bool zone_is_short(gfp_t gfp, size_t nr)
{
	enum zone_id class = zone_class(gfp);

	for (int id = class; id >= 0; id--) {
		const struct zone *zone = &zones[id];

		if (zone->nr_free >= zone->high + zone->reserve[class] + nr)
			return false;
	}
	return true;
}

void zone_report(void)
{
	for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
		if (zone->start < zone->end)
			pr_info("zone: %-7s %08x-%08x, %u pages for use, "
				"marks %u %u %u",
				zone->name, zone->start << PAGE_SHIFT,
				(zone->end << PAGE_SHIFT) - 1,
				(unsigned int)zone->nr_managed,
				(unsigned int)zone->min,
				(unsigned int)zone->low,
				(unsigned int)zone->high);
	pr_info("zone: mem_map at %p, %u KiB", (void *)mem_map,
		(unsigned int)(ALIGN_UP(max_pfn, MAX_BLOCK) *
			       sizeof(struct page) / 1024));
}
