// SPDX-License-Identifier: MIT
/*
 * buddy and zone over a mem_map of their own: a random walk against an array
 * that knows of each frame whether it is free, and then blocks are compared
 * with the only way in which those free frames can lie in blocks.
 *
 * The direct map is an array here, so that freed pages can be poisoned.
 */
#include "host.h"
#include "mm/layout.h"

static char *arena;

#undef PAGE_OFFSET
#define PAGE_OFFSET ((uintptr_t)arena)

#include "mm/zone.c"
#include "mm/buddy.c"

/* ---------------------------------------------- memblock, as far as needed */

struct span {
	pfn_t start, end;
};

static struct span spans[8];
static unsigned int nr_spans;
static bool memblock_is_retired;

pfn_t max_pfn, max_low_pfn;

bool memblock_next_free(pfn_t *start, pfn_t *end)
{
	for (unsigned int i = 0; i < nr_spans; i++)
		if (spans[i].start >= *end) {
			*start = spans[i].start;
			*end = spans[i].end;
			return true;
		}
	return false;
}

void *memblock_alloc(size_t size, size_t align)
{
	void *memory = aligned_alloc(align, ALIGN_UP(size, align));

	return memset(memory, 0, size);
}

void memblock_retire(void)
{
	memblock_is_retired = true;
}

static unsigned int nr_cleared;

void clear_highpage(struct page *page)
{
	EXPECT(!(page->flags & (PG_BUDDY | PG_PCP | PG_RESERVED)));
	nr_cleared++;
}

/* --------------------------------------------------------------- a machine */

#define DMA_END		1024u
#define NORMAL_END	4096u
#define HIGH_END	(8192u - 300)

static void machine_clear(void)
{
	free(mem_map);
	mem_map = NULL;
	nr_spans = 0;
	reclaim = NULL;
	alloc_fail_off();
	if (!arena)
		arena = aligned_alloc(PAGE_SIZE, NORMAL_END * PAGE_SIZE);
}

/* Zones much smaller than the real ones, with holes in each. */
static void machine_start(void)
{
	static const struct span holes[] = {
		{ 1, 97 }, { 130, 700 }, { 701, DMA_END + 10 },
		{ DMA_END + 64, 3000 }, { 3001, NORMAL_END },
		{ NORMAL_END, 6000 }, { 6007, HIGH_END },
	};

	machine_clear();
	memcpy(spans, holes, sizeof(holes));
	nr_spans = ARRAY_SIZE(holes);
	max_pfn = HIGH_END;
	max_low_pfn = NORMAL_END;
	make_mem_map();
	normal_start_page = mem_map + DMA_END;
	highmem_start_page = mem_map + NORMAL_END;
	zone_setup(ZONE_DMA, "DMA", 0, DMA_END);
	zone_setup(ZONE_NORMAL, "Normal", DMA_END, NORMAL_END);
	zone_setup(ZONE_HIGHMEM, "HighMem", NORMAL_END, HIGH_END);
	count_managed();
	set_marks();
	set_reserves();
	set_preferred();
	buddy_init();
}

static bool is_hole(pfn_t pfn)
{
	for (unsigned int i = 0; i < nr_spans; i++)
		if (pfn >= spans[i].start && pfn < spans[i].end)
			return false;
	return true;
}

/* ---------------------------------------------------------------- the model */

struct held {
	struct page *page;
	unsigned int order;
};

#define MAX_HELD 3000

static bool model_free[HIGH_END];
static struct held held[MAX_HELD];
static unsigned int nr_held;

static void model_start(void)
{
	machine_start();
	nr_held = 0;
	for (pfn_t pfn = 0; pfn < HIGH_END; pfn++)
		model_free[pfn] = !is_hole(pfn);
}

static size_t model_count(void)
{
	size_t nr = 0;

	for (pfn_t pfn = 0; pfn < HIGH_END; pfn++)
		nr += model_free[pfn];
	return nr;
}

static bool model_is_free(pfn_t start, pfn_t nr)
{
	while (nr && model_free[start + nr - 1])
		nr--;
	return nr == 0;
}

static void model_set(pfn_t start, pfn_t nr, bool is_free)
{
	while (nr--)
		model_free[start + nr] = is_free;
}

/* The blocks that the free frames must lie in (B2): the largest that fit. */
static struct buddy_census model_census(void)
{
	struct buddy_census census = { 0 };

	for (pfn_t pfn = 0; pfn < HIGH_END; ) {
		unsigned int order = MAX_ORDER;

		while (order-- > 0)
			if (IS_ALIGNED(pfn, 1u << order) &&
			    pfn + (1u << order) <= HIGH_END &&
			    model_is_free(pfn, 1u << order))
				break;
		if (order > MAX_ORDER) {	/* not even one page */
			pfn++;
			continue;
		}
		census.nr[page_zone_id(mem_map + pfn)][order]++;
		pfn += 1u << order;
	}
	return census;
}

static gfp_t random_gfp(void)
{
	static const gfp_t some[] = {
		GFP_KERNEL, GFP_ATOMIC, GFP_DMA, GFP_USER,
		GFP_KERNEL | GFP_ZERO, __GFP_DMA | __GFP_RESERVE, 0,
	};

	return some[host_random_below(ARRAY_SIZE(some))];
}

/* Take note that @page was handed out; false if it must not have been. */
static bool hold(struct page *page, gfp_t gfp, unsigned int order)
{
	pfn_t pfn = page_to_pfn(page);

	if (!EXPECT(IS_ALIGNED(pfn, 1u << order)) ||
	    !EXPECT(model_is_free(pfn, 1u << order)) ||
	    !EXPECT(page_zone_id(page) <= zone_class(gfp)) ||
	    !EXPECT(page->refs == 1 && page->flags == 0) ||
	    !EXPECT(page->order == order))
		return false;
	model_set(pfn, 1u << order, false);
	held[nr_held++] = (struct held){ page, order };
	return true;
}

static struct held drop_one(void)
{
	unsigned int i = host_random_below(nr_held);
	struct held it = held[i];

	held[i] = held[--nr_held];
	model_set(page_to_pfn(it.page), 1u << it.order, true);
	return it;
}

static bool model_has_block(enum zone_id id, unsigned int order)
{
	for (pfn_t pfn = ALIGN_UP(zones[id].start, 1u << order);
	     pfn + (1u << order) <= zones[id].end; pfn += 1u << order)
		if (model_is_free(pfn, 1u << order))
			return true;
	return false;
}

/* NULL is right if all is taken, up to what is kept from this request. */
static bool may_fail(gfp_t gfp, unsigned int order)
{
	enum zone_id class = zone_class(gfp);

	for (int id = class; id >= 0; id--) {
		size_t kept = zones[id].reserve[class];

		if (!(gfp & __GFP_RESERVE))
			kept += zones[id].min;
		if (zones[id].nr_free >= kept + (1u << order) &&
		    model_has_block(id, order))
			return EXPECT(!"refused though there was a block");
	}
	return true;
}

static bool step_alloc(void)
{
	unsigned int order = host_random_below(host_random_one_in(4) ?
					       MAX_ORDER : 3);
	gfp_t gfp = random_gfp();
	struct page *page;

	if (nr_held == MAX_HELD)
		return true;
	page = alloc_pages(gfp, order);
	return page ? hold(page, gfp, order) : may_fail(gfp, order);
}

static void step_free(void)
{
	struct held it = drop_one();

	if (it.order == 0 && host_random_one_in(2))
		page_put(it.page);
	else
		free_pages(it.page, it.order);
}

static bool step_alloc_bulk(void)
{
	struct page *pages[200];
	gfp_t gfp = random_gfp();
	size_t nr = host_random_below(ARRAY_SIZE(pages));

	nr = alloc_pages_bulk(gfp, min(nr, (size_t)MAX_HELD - nr_held), pages);
	for (size_t i = 0; i < nr; i++)
		if (!hold(pages[i], gfp, 0))
			return false;
	return true;
}

static void step_free_bulk(void)
{
	struct page *pages[200];
	size_t nr = 0, max = host_random_below(ARRAY_SIZE(pages));

	while (nr < max && nr_held) {
		struct held it = drop_one();

		if (it.order == 0)
			pages[nr++] = it.page;
		else
			free_pages(it.page, it.order);
	}
	free_pages_bulk(pages, nr);
}

static bool random_step(bool growing)
{
	unsigned int what = host_random_below(40);

	if (what == 0)
		return step_alloc_bulk();
	if (what == 1)
		step_free_bulk();
	else if (what < (growing ? 26 : 16) || nr_held == 0)
		return step_alloc();
	else
		step_free();
	return true;
}

TEST(buddy, behaves_like_an_array_of_flags)
{
	model_start();
	for (int i = 0; i < 150000; i++) {
		REQUIRE(random_step(i / 3000 % 2 == 0));
		if (i % 50 == 0) {
			buddy_check();
			REQUIRE(EXPECT_EQ(buddy_nr_free(), model_count()));
		}
		if (i % 500 == 0)
			REQUIRE(census_equal(buddy_census(), model_census()));
	}
	while (nr_held)
		step_free();
	EXPECT(census_equal(buddy_census(), model_census()));
	buddy_check();
}

TEST(buddy, nothing_is_lost_at_boot)
{
	model_start();
	EXPECT(memblock_is_retired);
	EXPECT_EQ(buddy_nr_free(), model_count());
	EXPECT(census_equal(buddy_census(), model_census()));
	for (pfn_t pfn = 0; pfn < ALIGN_UP(HIGH_END, MAX_BLOCK); pfn++)
		EXPECT_EQ(mem_map[pfn].flags & PG_RESERVED,
			  is_hole(pfn) ? PG_RESERVED : 0);
}

TEST(buddy, bad_frees_are_caught)
{
	struct page *page, *other;

	machine_start();
	page = alloc_pages(GFP_KERNEL, 2);
	EXPECT_PANIC(free_pages(page, 1));
	EXPECT(strstr(host_panic_text, "of another order"));
	EXPECT_PANIC(free_pages(page + 1, 0));
	EXPECT(strstr(host_panic_text, "not the head of a block"));
	page_get(page);
	EXPECT_PANIC(free_pages(page, 2));
	EXPECT(strstr(host_panic_text, "still referenced"));
	page->refs = 1;
	page->flags = PG_SLAB;
	EXPECT_PANIC(free_pages(page, 2));
	EXPECT(strstr(host_panic_text, "still owned"));
	page->flags = 0;
	free_pages(page, 2);
	EXPECT_PANIC(free_pages(page, 2));
	EXPECT(strstr(host_panic_text, "free already"));

	page = alloc_pages(GFP_KERNEL, 6);
	free_pages(page, 6);
	EXPECT_PANIC(free_pages(page, 6));
	EXPECT_PANIC(free_page(mem_map));
	EXPECT(strstr(host_panic_text, "reserved"));
	EXPECT_PANIC(free_page(mem_map + HIGH_END));
	EXPECT(strstr(host_panic_text, "no frame of ours"));

	other = alloc_page(GFP_USER);
	page_put(other);
	EXPECT_PANIC(page_put(other));
	EXPECT_PANIC(free_pages_bulk((struct page *[]){
		other, other, other, other, other, other, other, other }, 8));
	machine_start();
}

TEST(buddy, a_write_to_a_free_page_is_caught)
{
	struct page *page;

	machine_start();
	page = alloc_page(GFP_KERNEL);
	free_page(page);
	((char *)page_to_virt(page))[4095] = 0;
	EXPECT_PANIC(alloc_page(GFP_KERNEL));
	EXPECT(strstr(host_panic_text, "in a free page"));
}

TEST(buddy, sleeping_requests_are_refused_in_atomic_context)
{
	machine_start();
	preempt_disable();
	EXPECT_PANIC(alloc_page(GFP_KERNEL));
	free_page(alloc_page(GFP_ATOMIC));
	preempt_enable();
}

TEST(buddy, zeroing_clears_each_page_of_a_block)
{
	struct page *page;

	machine_start();
	nr_cleared = 0;
	page = alloc_pages(GFP_KERNEL | GFP_ZERO, 3);
	EXPECT_EQ(nr_cleared, 8);
	free_pages(page, 3);
}

static unsigned int nr_asked;
static struct page *hoard[HIGH_END];
static size_t nr_hoarded;

static size_t give_one(gfp_t gfp, unsigned int order)
{
	nr_asked++;
	EXPECT_EQ(gfp, GFP_KERNEL);
	EXPECT_EQ(order, 0);
	EXPECT(!in_atomic() && irq_is_enabled());
	if (nr_hoarded == 0)
		return 0;
	free_page(hoard[--nr_hoarded]);
	return 1;
}

TEST(buddy, reclaim_is_asked_before_the_last_reserve_is_touched)
{
	struct page *page;
	size_t normal_free, kept;

	machine_start();
	zones[ZONE_DMA].min = zones[ZONE_NORMAL].min = 20;
	zones[ZONE_DMA].low = zones[ZONE_NORMAL].low = 40;
	nr_hoarded = nr_asked = 0;
	kept = 40 + zones[ZONE_DMA].reserve[ZONE_NORMAL];
	while (zones[ZONE_NORMAL].nr_free > 40 ||
	       zones[ZONE_DMA].nr_free > kept)
		hoard[nr_hoarded++] = alloc_page(GFP_KERNEL);
	buddy_set_reclaim(give_one);
	page = alloc_page(GFP_KERNEL);
	EXPECT(page);
	EXPECT(nr_asked > 0);
	free_page(page);

	nr_asked = 0;		/* who cannot wait is not made to */
	normal_free = buddy_nr_free();
	page = alloc_page(GFP_ATOMIC);
	EXPECT(page);
	EXPECT_EQ(nr_asked, 0);
	EXPECT_EQ(buddy_nr_free(), normal_free - 1);
	free_page(page);
	while (nr_hoarded)
		free_page(hoard[--nr_hoarded]);
	buddy_set_reclaim(NULL);
}

TEST(buddy, the_nth_allocation_fails_and_all_after_it)
{
	struct page *pages[16], *page;

	machine_start();
	alloc_fail_after(2);
	pages[0] = alloc_page(GFP_KERNEL);
	pages[1] = alloc_pages(GFP_KERNEL, 5);
	EXPECT(pages[0] && pages[1]);
	EXPECT(!alloc_page(GFP_KERNEL));
	EXPECT(!alloc_pages(GFP_ATOMIC, 6));
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL_INJECT);
	EXPECT(page);
	free_page(page);
	alloc_fail_off();
	free_page(pages[0]);
	free_pages(pages[1], 5);
	alloc_fail_after(1);
	EXPECT_EQ(alloc_pages_bulk(GFP_USER, 16, pages), 16);
	free_pages_bulk(pages, 16);
	EXPECT_EQ(alloc_pages_bulk(GFP_USER, 16, pages), 0);
	alloc_fail_off();
}

/* ------------------------------------------------------- zones of real size */

static void real_machine(pfn_t end, unsigned int nr, const struct span *from)
{
	machine_clear();
	max_pfn = end;
	max_low_pfn = min(end, DIRECTMAP_MAX >> PAGE_SHIFT);
	memcpy(spans, from, nr * sizeof(*from));
	nr_spans = nr;
	zone_init();
	zone_report();
	buddy_init();
	buddy_check();
}

static void check_machine(size_t nr_frames)
{
	size_t nr = 0;

	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		struct zone *zone = &zones[id];

		EXPECT(zone->min <= zone->low && zone->low <= zone->high);
		EXPECT(zone->high * 8 <= zone->nr_managed);
		EXPECT_EQ(zone->nr_managed, zone->nr_free);
		EXPECT(id == 0 || zones[id - 1].end == zone->start);
		nr += zone->nr_free;
	}
	EXPECT_EQ(nr, nr_frames);
	EXPECT_EQ(zones[NR_ZONES - 1].end, max_pfn);
}

TEST(zone, cuts_a_large_machine_in_three)
{
	struct span all = { 300, 0xe0000 };

	real_machine(0xe0000, 1, &all);
	check_machine(0xe0000 - 300);
	EXPECT_EQ(zones[ZONE_DMA].end, 4096);
	EXPECT_EQ(zones[ZONE_NORMAL].end, 229376);
	EXPECT_EQ(zone_preferred[0], ZONE_NORMAL);
	EXPECT_EQ(zone_preferred[__GFP_DMA], ZONE_DMA);
	EXPECT_EQ(zone_preferred[__GFP_HIGHMEM], ZONE_HIGHMEM);
	EXPECT_EQ(zone_preferred[__GFP_HIGHMEM | __GFP_DMA], ZONE_DMA);
	EXPECT(zones[ZONE_NORMAL].reserve[ZONE_HIGHMEM] > 0);
	EXPECT_EQ(zones[ZONE_NORMAL].reserve[ZONE_NORMAL], 0);
	EXPECT_EQ(zones[ZONE_HIGHMEM].reserve[ZONE_HIGHMEM], 0);
	EXPECT(zones[ZONE_DMA].reserve[ZONE_HIGHMEM] >=
	       zones[ZONE_DMA].reserve[ZONE_NORMAL]);
}

TEST(zone, works_without_highmem)
{
	struct span all = { 300, 0x20000 };
	struct page *page;

	real_machine(0x20000, 1, &all);
	check_machine(0x20000 - 300);
	EXPECT_EQ(zone_preferred[__GFP_HIGHMEM], ZONE_NORMAL);
	page = alloc_pages(GFP_USER, 9);
	EXPECT(page_zone_id(page) == ZONE_NORMAL);
	free_pages(page, 9);
}

TEST(zone, works_with_4_mib)
{
	struct span all[] = { { 1, 0x9f }, { 0x130, 0x3f1 } };
	struct page *page;

	real_machine(0x3f1, 2, all);
	check_machine(0x9e + 0x2c1);
	EXPECT_EQ(zone_preferred[0], ZONE_DMA);
	EXPECT_EQ(zone_preferred[__GFP_HIGHMEM], ZONE_DMA);
	EXPECT_EQ(zones[ZONE_DMA].end, 0x3f1);
	EXPECT_EQ(zones[ZONE_DMA].reserve[ZONE_HIGHMEM], 0);
	page = alloc_pages(GFP_USER, 8);
	EXPECT(page_zone_id(page) == ZONE_DMA);
	free_pages(page, 8);
}

TEST(zone, marks_grow_with_the_root_of_low_memory)
{
	struct span small = { 0, 1024 }, large = { 0, 65536 };
	size_t before;

	real_machine(1024, 1, &small);
	before = zones[ZONE_DMA].min;
	EXPECT(before >= 16 && before <= 64);
	real_machine(65536, 1, &large);
	EXPECT(zones[ZONE_DMA].min + zones[ZONE_NORMAL].min >= 8 * before - 8);
	EXPECT(zones[ZONE_DMA].min + zones[ZONE_NORMAL].min <= 8 * before + 8);
}
