// SPDX-License-Identifier: MIT
/*
 * Who gets pages of which zone, down to the last one.
 */
#include "mm/buddy.h"
#include "mm/zone.h"
#include "tests/ktap.h"

/* All that @gfp can get, largest blocks first, chained by page->link. */
static size_t take_all(gfp_t gfp, struct list *taken)
{
	size_t nr = 0;

	for (int order = MAX_ORDER - 1; order >= 0; order--) {
		struct page *page;

		while ((page = alloc_pages(gfp, order))) {
			list_add_tail(taken, &page->link);
			nr += (size_t)1 << order;
		}
	}
	return nr;
}

/* The same, but what the largest blocks leave as many pages by one call. */
static size_t take_all_bulk(gfp_t gfp, struct list *taken)
{
	struct page *pages[40];
	size_t nr = 0, got;
	struct page *page;

	while ((page = alloc_pages(gfp, MAX_ORDER - 1))) {
		list_add_tail(taken, &page->link);
		nr += (size_t)1 << (MAX_ORDER - 1);
	}
	do {
		got = alloc_pages_bulk(gfp, ARRAY_SIZE(pages), pages);
		for (size_t i = 0; i < got; i++)
			list_add_tail(taken, &pages[i]->link);
		nr += got;
	} while (got);
	return nr;
}

static void give_all(struct list *taken)
{
	struct page *page, *spare;

	list_for_each_entry_safe(page, spare, taken, link) {
		list_remove(&page->link);
		free_pages(page, page->order);
	}
}

static size_t nr_free(enum zone_id id)
{
	struct buddy_stats stats;

	buddy_get_stats(id, &stats);
	return stats.nr_free;
}

static bool exists(enum zone_id id)
{
	return zones[id].nr_managed > 0;
}

TEST(zone, borders_are_those_of_the_map)
{
	EXPECT_EQ(zones[ZONE_DMA].start, 0);
	EXPECT(zones[ZONE_DMA].end <= DMA_LIMIT >> PAGE_SHIFT);
	EXPECT_EQ(zones[ZONE_DMA].end, zones[ZONE_NORMAL].start);
	EXPECT(zones[ZONE_NORMAL].end <= DIRECTMAP_MAX >> PAGE_SHIFT);
	EXPECT_EQ(zones[ZONE_NORMAL].end, max_low_pfn);
	EXPECT_EQ(zones[ZONE_HIGHMEM].start, max_low_pfn);
	EXPECT_EQ(zones[ZONE_HIGHMEM].end, max_pfn);
	EXPECT(highmem_start_page == mem_map + max_low_pfn);
}

TEST(zone, a_page_knows_its_zone)
{
	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		struct zone *zone = &zones[id];

		if (zone->start == zone->end)
			continue;
		EXPECT_EQ(page_zone_id(mem_map + zone->start), id);
		EXPECT_EQ(page_zone_id(mem_map + zone->end - 1), id);
		EXPECT(page_zone(mem_map + zone->start) == zone);
		EXPECT_EQ(page_is_highmem(mem_map + zone->start),
			  id == ZONE_HIGHMEM);
	}
}

TEST(zone, marks_are_in_order_and_modest)
{
	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		EXPECT(zones[id].min <= zones[id].low);
		EXPECT(zones[id].low <= zones[id].high);
		EXPECT(zones[id].min < 4 || (zones[id].min < zones[id].low &&
					     zones[id].low < zones[id].high));
		EXPECT(zones[id].high * 8 <= zones[id].nr_managed);
	}
	EXPECT(zones[ZONE_DMA].min + zones[ZONE_NORMAL].min > 0);
}

TEST(zone, a_request_starts_in_the_highest_zone_that_will_do)
{
	static const gfp_t gfps[] = { GFP_USER, GFP_KERNEL, GFP_ATOMIC,
				      GFP_DMA };

	for (unsigned int i = 0; i < ARRAY_SIZE(gfps); i++)
		for (unsigned int order = 0; order < 8; order += 3) {
			struct page *page = alloc_pages(gfps[i], order);
			int id = zone_class(gfps[i]);

			while (id > 0 && !exists(id))
				id--;
			REQUIRE(page);
			EXPECT_EQ(page_zone_id(page), id);
			free_pages(page, order);
		}
}

/*
 * Each request, repeated until it is refused, must take from its own zone and
 * those below it, leave the marks and what is kept for others, and no page of
 * a zone above; and when all comes back, it lies as before.
 */
static void exhaust_by(size_t (*take)(gfp_t gfp, struct list *taken),
		       gfp_t gfp)
{
	enum zone_id class = zone_class(gfp);
	struct buddy_census before = buddy_census();
	struct list taken = LIST_INIT(taken);
	size_t had[NR_ZONES];
	struct page *page;
	size_t nr;

	for (enum zone_id id = 0; id < NR_ZONES; id++)
		had[id] = nr_free(id);
	nr = take(gfp, &taken);
	EXPECT(nr > 0);
	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		size_t kept = zones[id].reserve[class];

		if (!(gfp & __GFP_RESERVE))
			kept += zones[id].min;
		EXPECT_EQ(nr_free(id), id > class || had[id] < kept ? had[id]
								    : kept);
	}
	list_for_each_entry(page, &taken, link)
		if (!EXPECT(page_zone_id(page) <= class))
			break;
	buddy_check();
	give_all(&taken);
	EXPECT(census_equal(before, buddy_census()));
}

static void exhaust(gfp_t gfp)
{
	exhaust_by(take_all, gfp);
}

TEST(zone, requests_in_bulk_stop_at_the_same_marks)
{
	exhaust_by(take_all_bulk, GFP_KERNEL);
	exhaust_by(take_all_bulk, GFP_USER);
}

TEST(zone, user_requests_take_highmem_then_normal_then_dma)
{
	exhaust(GFP_USER);
}

TEST(zone, kernel_requests_take_normal_and_dma_down_to_the_marks)
{
	exhaust(GFP_KERNEL);
}

TEST(zone, dma_requests_take_dma_alone)
{
	exhaust(GFP_DMA);
}

TEST(zone, each_zone_can_be_taken_to_its_last_page)
{
	exhaust(__GFP_DMA | __GFP_RESERVE);
	exhaust(GFP_ATOMIC);
	exhaust(__GFP_HIGHMEM | __GFP_RESERVE);
}

TEST(zone, zones_fill_from_the_highest_down)
{
	struct list taken = LIST_INIT(taken);
	struct page *page;
	int lowest = ZONE_HIGHMEM, nr_rises = 0;

	take_all(GFP_USER, &taken);
	list_for_each_entry(page, &taken, link) {
		/* Within the blocks of one order; the next starts anew. */
		if (page->order != MAX_ORDER - 1)
			break;
		/* Twice: down to the low marks, and then to the min marks. */
		nr_rises += (int)page_zone_id(page) > lowest;
		lowest = page_zone_id(page);
	}
	EXPECT(nr_rises <= 1);
	give_all(&taken);
}

TEST(zone, the_atomic_reserve_serves_handlers_when_others_are_refused)
{
	struct list taken = LIST_INIT(taken);
	struct page *page;
	size_t nr = 0;

	take_all(GFP_KERNEL, &taken);
	EXPECT(!alloc_page(GFP_KERNEL));
	EXPECT(!alloc_page(0));
	while ((page = alloc_page(GFP_ATOMIC))) {
		list_add_tail(&taken, &page->link);
		nr++;
	}
	EXPECT_EQ(nr, zones[ZONE_NORMAL].min + zones[ZONE_DMA].min);
	give_all(&taken);
}

TEST(zone, programs_leave_low_memory_to_the_kernel)
{
	struct list taken = LIST_INIT(taken);
	size_t nr_kept = zones[ZONE_NORMAL].reserve[ZONE_HIGHMEM] +
			 zones[ZONE_DMA].reserve[ZONE_HIGHMEM];
	size_t nr;

	if (!exists(ZONE_HIGHMEM))
		SKIP("no RAM above the direct map");
	take_all(GFP_USER, &taken);
	EXPECT(!alloc_page(GFP_USER));
	nr = take_all(GFP_KERNEL, &taken);
	EXPECT(nr > 0 && nr <= nr_kept);
	EXPECT(nr >= zones[ZONE_NORMAL].reserve[ZONE_HIGHMEM]);
	give_all(&taken);
}
