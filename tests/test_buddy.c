// SPDX-License-Identifier: MIT
/*
 * What buddy promises, on the real machine.  (Bad frees, which end in a panic,
 * and the random walk against a model are in tests/host/test_buddy.c.)
 */
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/pagecopy.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "x86/cpu.h"

static bool page_is(struct page *page, uint32_t word)
{
	uint32_t found[16];

	for (size_t at = 0; at < PAGE_SIZE; at += sizeof(found)) {
		copy_from_page(found, page, at, sizeof(found));
		for (unsigned int i = 0; i < ARRAY_SIZE(found); i++)
			if (found[i] != word)
				return false;
	}
	return true;
}

static void page_fill(struct page *page, uint32_t word)
{
	uint32_t words[16];

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = word;
	for (size_t at = 0; at < PAGE_SIZE; at += sizeof(words))
		copy_to_page(page, at, words, sizeof(words));
}

TEST(buddy, free_undoes_alloc_at_every_order)
{
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct buddy_census before = buddy_census();
		struct page *page = alloc_pages(GFP_KERNEL, order);

		if (!page && before.nr[ZONE_NORMAL][MAX_ORDER - 1] == 0)
			SKIP("no block of the top orders on this machine");
		REQUIRE(page);
		free_pages(page, order);
		EXPECT(census_equal(before, buddy_census()));
	}
}

TEST(buddy, a_block_is_aligned_to_its_size_and_counted)
{
	for (unsigned int order = 0; order < 9; order++) {
		size_t before;
		struct page *page;

		before = buddy_nr_free();
		page = alloc_pages(GFP_USER, order);
		if (!page && max_pfn < 2048)
			SKIP("no block of that order on so small a machine");
		REQUIRE(page);
		EXPECT(IS_ALIGNED(page_to_pfn(page), 1u << order));
		EXPECT_EQ(page->refs, 1);
		EXPECT_EQ(page->order, order);
		EXPECT_EQ(page->flags, 0);
		EXPECT_EQ(buddy_nr_free(), before - (1u << order));
		free_pages(page, order);
		EXPECT_EQ(buddy_nr_free(), before);
	}
}

TEST(buddy, blocks_do_not_overlap)
{
	struct page *pages[64];
	unsigned int nr = 0;

	for (; nr < ARRAY_SIZE(pages); nr++) {
		unsigned int order = nr % 4;

		pages[nr] = alloc_pages(nr % 2 ? GFP_USER : GFP_KERNEL, order);
		if (!pages[nr])
			break;
		for (unsigned int i = 0; i < 1u << order; i++)
			page_fill(pages[nr] + i, page_to_pfn(pages[nr]) + i);
	}
	EXPECT_EQ(nr, ARRAY_SIZE(pages));
	while (nr-- > 0) {
		for (unsigned int i = 0; i < 1u << nr % 4; i++)
			EXPECT(page_is(pages[nr] + i,
				       page_to_pfn(pages[nr]) + i));
		free_pages(pages[nr], nr % 4);
	}
}

TEST(buddy, halves_freed_apart_join_again)
{
	struct buddy_census before = buddy_census();
	struct page *pages[256];
	unsigned int nr = 0;

	while (nr < ARRAY_SIZE(pages) && (pages[nr] = alloc_page(GFP_KERNEL)))
		nr++;
	EXPECT_EQ(nr, ARRAY_SIZE(pages));
	for (unsigned int i = 0; i < nr; i += 2)
		free_page(pages[i]);
	buddy_check();
	for (unsigned int i = 1; i < nr; i += 2)
		free_page(pages[i]);
	EXPECT(census_equal(before, buddy_census()));
}

TEST(buddy, gfp_zero_gives_zeroes_in_each_zone)
{
	static const gfp_t gfps[] = { GFP_USER, GFP_KERNEL, GFP_DMA };

	for (unsigned int i = 0; i < ARRAY_SIZE(gfps); i++) {
		struct page *page = alloc_pages(gfps[i], 2);

		REQUIRE(page);
		for (unsigned int n = 0; n < 4; n++)
			page_fill(page + n, 0xdeadbeef);
		free_pages(page, 2);
		page = alloc_pages(gfps[i] | GFP_ZERO, 2);
		REQUIRE(page);
		for (unsigned int n = 0; n < 4; n++)
			EXPECT(page_is(page + n, 0));
		free_pages(page, 2);
	}
}

TEST(buddy, a_page_lives_until_its_last_reference)
{
	size_t before = buddy_nr_free();
	struct page *page = alloc_page(GFP_USER);

	REQUIRE(page);
	page_get(page);
	page_get(page);
	page_put(page);
	page_put(page);
	EXPECT_EQ(page->refs, 1);
	EXPECT_EQ(buddy_nr_free(), before - 1);
	page_put(page);
	EXPECT_EQ(buddy_nr_free(), before);
}

static void bulk(gfp_t gfp, size_t nr, struct page **pages)
{
	struct buddy_census before = buddy_census();
	size_t got = alloc_pages_bulk(gfp, nr, pages);

	EXPECT_EQ(got, nr);
	for (size_t i = 0; i < got; i++) {
		EXPECT_EQ(pages[i]->refs, 1);
		EXPECT_EQ(pages[i]->order, 0);
		pages[i]->index = i;		/* seen twice: overwritten */
	}
	for (size_t i = 0; i < got; i++)
		EXPECT_EQ(pages[i]->index, i);
	free_pages_bulk(pages, got);
	EXPECT(census_equal(before, buddy_census()));
}

TEST(buddy, bulk_calls_are_many_single_ones)
{
	struct page **pages = kmalloc(256 * sizeof(*pages), GFP_KERNEL);

	REQUIRE(pages);
	for (size_t nr = 0; nr <= 256; nr = 2 * nr + 1) {
		bulk(GFP_USER, nr, pages);
		bulk(GFP_KERNEL, nr, pages);
		bulk(GFP_KERNEL | GFP_ZERO, nr, pages);
	}
	kfree(pages);
}

TEST(buddy, a_bulk_call_says_how_far_it_came)
{
	struct list taken = LIST_INIT(taken);
	struct page *pages[64], *page, *spare;
	size_t got;

	/* Leave some 20 pages to __GFP_DMA requests. */
	for (int order = MAX_ORDER - 1; order >= 0; order--)
		while ((page = alloc_pages(GFP_DMA, order)))
			list_add_tail(&taken, &page->link);
	for (int i = 0; i < 20; i++) {
		page = list_last_entry(&taken, struct page, link);
		if (page->order)
			break;
		list_remove(&page->link);
		free_page(page);
	}
	got = alloc_pages_bulk(GFP_DMA, ARRAY_SIZE(pages), pages);
	EXPECT(got < ARRAY_SIZE(pages));
	free_pages_bulk(pages, got);
	list_for_each_entry_safe(page, spare, &taken, link) {
		list_remove(&page->link);
		free_pages(page, page->order);
	}
}

TEST(buddy, the_nth_allocation_fails_and_all_after_it)
{
	struct page *page;

	alloc_fail_after(1);
	page = alloc_page(GFP_KERNEL);
	EXPECT(page);
	EXPECT(!alloc_page(GFP_KERNEL));
	EXPECT(!alloc_pages(GFP_ATOMIC, 4));
	EXPECT_EQ(alloc_pages_bulk(GFP_USER, 1, &(struct page *){ NULL }), 0);
	free_page(page);
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL_INJECT);
	EXPECT(page);
	free_page(page);
	alloc_fail_off();
	page = alloc_page(GFP_KERNEL);
	EXPECT(page);
	free_page(page);
}

static struct list hoard;
static unsigned int nr_asked;

/* Stands in for reclaim, which comes with swap: gives up the test's own. */
static size_t give_up_some(gfp_t gfp, unsigned int order)
{
	size_t nr = 0;

	(void)gfp;
	(void)order;
	nr_asked++;
	while (nr < 64 && !list_is_empty(&hoard)) {
		struct page *page = list_first_entry(&hoard, struct page, link);

		list_remove(&page->link);
		nr += (size_t)1 << page->order;
		free_pages(page, page->order);
	}
	return nr;
}

TEST(buddy, reclaim_is_asked_when_memory_is_short_and_only_by_who_can_wait)
{
	reclaim_fn usual = buddy_set_reclaim(NULL);
	struct page *page;

	list_init(&hoard);
	for (int order = MAX_ORDER - 1; order >= 0; order--)
		while ((page = alloc_pages(GFP_KERNEL, order)))
			list_add_tail(&hoard, &page->link);
	buddy_set_reclaim(give_up_some);
	nr_asked = 0;
	EXPECT(!alloc_page(0));
	EXPECT_EQ(nr_asked, 0);
	page = alloc_pages(GFP_KERNEL, 3);
	EXPECT(page);
	EXPECT(nr_asked > 0);
	buddy_set_reclaim(usual);
	if (page)
		free_pages(page, 3);
	while (give_up_some(0, 0))
		;
}

struct handler {
	struct timer timer;
	struct page *page;
	unsigned int nr_runs, nr_failed;
};

static void allocate_in_handler(void *arg)
{
	struct handler *handler = arg;

	if (handler->page)
		free_pages(handler->page, handler->nr_runs % 5);
	handler->nr_runs++;
	handler->page = alloc_pages(GFP_ATOMIC, handler->nr_runs % 5);
	handler->nr_failed += !handler->page;
	timer_add(&handler->timer, timer_after(1));
}

TEST(buddy, interrupt_handlers_may_allocate_at_any_moment)
{
	struct handler handler = { .page = NULL };
	struct page *pages[50];

	timer_init(&handler.timer, allocate_in_handler, &handler);
	timer_add(&handler.timer, timer_after(1));
	while (READ_ONCE(handler.nr_runs) < 20) {
		for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
			pages[i] = alloc_pages(GFP_USER, i % 5);
		for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++)
			if (EXPECT(pages[i]))
				free_pages(pages[i], i % 5);
	}
	timer_cancel(&handler.timer);
	EXPECT_EQ(handler.nr_failed, 0);
	if (handler.page)
		free_pages(handler.page, handler.nr_runs % 5);
	buddy_check();
}

TEST(buddy, random_blocks_keep_their_contents)
{
	struct { struct page *page; unsigned int order; } held[100] = { 0 };

	for (unsigned int i = 0; i < 4000; i++) {
		unsigned int at = ktest_random() % ARRAY_SIZE(held);
		struct page *page = held[at].page;

		if (page) {
			EXPECT(page_is(page, page_to_pfn(page)));
			free_pages(page, held[at].order);
		}
		held[at].order = ktest_random() % 5;
		page = alloc_pages(ktest_random() % 2 ? GFP_USER : GFP_KERNEL,
				   held[at].order);
		held[at].page = page;
		if (page)
			page_fill(page, page_to_pfn(page));
	}
	buddy_check();
	for (unsigned int at = 0; at < ARRAY_SIZE(held); at++)
		if (held[at].page)
			free_pages(held[at].page, held[at].order);
}
