// SPDX-License-Identifier: MIT
/*
 * buddy - hands out physical page frames in blocks of 2^order pages.
 *
 * A block of order n starts at a pfn that is a multiple of 2^n.  Flip bit n of
 * that pfn and you have its buddy, the other half of the block they came from:
 *
 *	order 1   [ 4 5 ] [ 6 7 ]	buddy of (pfn 4, order 1) = 4 ^ 2 = 6
 *	order 2   [ 4 5     6 7 ]
 *
 * Allocating takes the smallest free block that is big enough and gives the
 * unused halves back.  Freeing joins a block to its buddy for as long as the
 * buddy is free, whole and in the same zone.  Either takes MAX_ORDER steps at
 * most.
 *
 * Most blocks are small and come back soon.  So each CPU keeps stacks of free
 * blocks of the orders 0 to 3, one for each zone, that it shares with nobody:
 *
 *	alloc_pages() <-- hot list <-- refill: one lock, a batch of blocks,
 *	free_pages()  --> of this CPU      cut from as few as will do
 *			     |
 *			     +-> drain: one lock, a batch; neighbours are
 *				 given back as one run
 *
 * True whenever zone->lock is taken or dropped (zone_check() walks it):
 *   B1  a page heads a list free[n] exactly if PG_BUDDY is set and order == n
 *   B2  below the top order, two free blocks of a zone are never buddies
 *   B3  nr_free counts the pages of all lists together
 *   B4  bit n of nonempty is set exactly if free[n] is not empty
 * and for the hot lists of a CPU, with interrupts off (buddy_check()):
 *   B5  a page is on one exactly if PG_PCP is set; it keeps its order
 *
 * From B2 follows that the set of free pages alone decides how they lie in
 * blocks, whatever the history: the tests compare by that.
 *
 * Locking: zone->lock, interrupts off, because handlers allocate too.  A hot
 * list: interrupts off, on its CPU.
 * Not here: marks and borders of zones (zone.c), whom to evict (the hook).
 */
#include "mm/buddy.h"

#include "lib/panic.h"
#include "lib/string.h"
#include "mm/memblock.h"
#include "mm/pagecopy.h"
#include "x86/cpu.h"
#include "x86/percpu.h"

#define HOT_ORDERS	4
#define HOT_PAGES	64		/* in a batch; a list holds two */
#define BULK_MIN	8		/* from here on past the hot lists */

/* A stack through page->next. */
struct hot_list {
	struct page *first;
	int room;			/* for that many; at 0 it is drained */
};

/* Guarded by interrupts off, on their CPU. */
static struct hot_list hot[NR_CPUS][NR_ZONES][HOT_ORDERS];

static reclaim_fn reclaim;		/* set at boot, and by tests */

/* ------------------------------------------------------- poison, debug only */

#ifdef DEBUG

#define POISON_BYTE	0x6b
#define POISON_WORD	0x6b6b6b6bu
#define POISON_WORDS	(PAGE_SIZE / sizeof(uint32_t))

static void poison(struct page *page, unsigned int order)
{
	if (order >= HOT_ORDERS || page_is_highmem(page))
		return;
	memset(page_to_virt(page), POISON_BYTE, PAGE_SIZE << order);
	for (unsigned int i = 0; i < 1u << order; i++)
		page[i].poisoned = 1;
}

static void check_poison(const uint32_t *word)
{
	for (const uint32_t *end = word + POISON_WORDS; word < end; word++)
		if (unlikely(*word != POISON_WORD))
			panic("buddy: somebody wrote to %p, in a free page",
			      (const void *)word);
}

static void unpoison(struct page *page, unsigned int order)
{
	for (struct page *end = page + (1u << order); page < end; page++)
		if (page->poisoned) {
			page->poisoned = 0;
			check_poison(page_to_virt(page));
		}
}

static void check_free(const struct page *page, unsigned int order)
{
	const char *bug = NULL;

	if (page < mem_map || page >= mem_map + max_pfn)
		bug = "no frame of ours";
	else if (page->flags & PG_RESERVED)
		bug = "reserved";
	else if (page->flags & (PG_BUDDY | PG_PCP) || page->refs == 0)
		bug = "not the head of a block, or free already";
	else if (page->flags & (PG_SLAB | PG_LARGE | PG_MAPPING))
		bug = "still owned";
	else if (page->order != order)
		bug = "of another order";
	else if (page->refs != 1)
		bug = "still referenced";
	if (bug)
		panic("buddy: bad free of page %p, frame %#x, order %u "
		      "(has order %u, flags %#x, refs %d): %s",
		      (const void *)page, (unsigned int)page_to_pfn(page),
		      order, page->order, page->flags, page->refs, bug);
}

#else

static inline void poison(struct page *page, unsigned int order)
{
	(void)page;
	(void)order;
}

static inline void unpoison(struct page *page, unsigned int order)
{
	(void)page;
	(void)order;
}

static inline void check_free(const struct page *page, unsigned int order)
{
	(void)page;
	(void)order;
}

#endif

/* ----------------------------------------------------------- a zone's lists */

static inline void list_in(struct zone *zone, struct page *page,
			   unsigned int order)
{
	page->flags = PG_BUDDY;
	page->order = order;
	list_add(&zone->free[order], &page->link);
	zone->nonempty |= 1u << order;
}

static inline void list_out(struct zone *zone, struct page *page,
			    unsigned int order)
{
	page->flags = 0;
	list_remove(&page->link);
	if (list_is_empty(&zone->free[order]))
		zone->nonempty &= ~(1u << order);
}

static inline bool is_free_block(const struct page *page, unsigned int order)
{
	return (page->flags & PG_BUDDY) && page->order == order;
}

/* Zone borders are multiples of the largest block (Z1), so no join crosses. */
static inline struct page *buddy_of(pfn_t pfn, unsigned int order)
{
	return mem_map + (pfn ^ 1u << order);
}

/*
 * Take a block of at least 2^@min and at most 2^@max pages: the smallest that
 * there is, cut down to @max.  Its order is stored in the page.
 */
static struct page *take_block(struct zone *zone, unsigned int min,
			       unsigned int max)
{
	uint32_t big_enough = zone->nonempty >> min;
	unsigned int order;
	struct page *page;

	if (!big_enough)
		return NULL;
	order = min + __builtin_ctz(big_enough);
	page = list_first_entry(&zone->free[order], struct page, link);
	list_out(zone, page, order);
	while (order > max) {
		order--;
		list_in(zone, page + (1u << order), order);
	}
	page->order = order;
	zone->nr_free -= (size_t)1 << order;
	return page;
}

static void give_block(struct zone *zone, pfn_t pfn, unsigned int order)
{
	zone->nr_free += (size_t)1 << order;
	while (order < MAX_ORDER - 1) {
		struct page *buddy = buddy_of(pfn, order);

		if (!is_free_block(buddy, order))
			break;
		list_out(zone, buddy, order);
		pfn &= ~(1u << order);
		order++;
	}
	list_in(zone, mem_map + pfn, order);
}

/* Give [start, end), all in one zone, as the fewest blocks. */
static void give_run(struct zone *zone, pfn_t start, pfn_t end)
{
	while (start < end) {
		unsigned int order = ilog2(end - start);

		if (start)
			order = min(order, (unsigned int)__builtin_ctz(start));
		order = min(order, MAX_ORDER - 1u);
		give_block(zone, start, order);
		start += 1u << order;
	}
}

/* The same with the locks taken, across zone borders. */
static void give_pages(pfn_t start, pfn_t end)
{
	while (start < end) {
		struct zone *zone = page_zone(mem_map + start);
		pfn_t border = min(end, zone->end);
		uint32_t flags = spin_lock_irqsave(&zone->lock);

		assert(start >= zone->start && start < zone->end);
		give_run(zone, start, border);
		spin_unlock_irqrestore(&zone->lock, flags);
		start = border;
	}
}

/* Neighbours that come one after the other, in either direction. */
struct run {
	pfn_t start, end;
};

/* Return: false when @pfn is no neighbour; then give the run and start anew. */
static inline bool run_add(struct run *run, pfn_t pfn, pfn_t nr)
{
	if (pfn == run->end)
		run->end += nr;
	else if (pfn + nr == run->start)
		run->start = pfn;
	else
		return false;
	return true;
}

/* ------------------------------------------------------------- hot lists */

/* Return: whether there is room left. */
static inline bool hot_push(struct hot_list *list, struct page *page)
{
	page->flags = PG_PCP;
	page->next = list->first;
	list->first = page;
	return --list->room > 0;
}

static inline struct page *hot_pop(struct hot_list *list)
{
	struct page *page = list->first;

	list->first = page->next;
	list->room++;
	return page;
}

static inline unsigned int hot_batch(unsigned int order)
{
	return HOT_PAGES >> order;
}

static inline unsigned int hot_nr(const struct hot_list *list,
				  unsigned int order)
{
	return 2 * hot_batch(order) - list->room;
}

static inline struct hot_list *hot_list(enum zone_id zone, unsigned int order)
{
	return &hot[cpu_id()][zone][order];
}

/* Cut a block to pieces of 2^@order pages; the first comes on top. */
static void hot_push_pieces(struct hot_list *list, struct page *block,
			    unsigned int order)
{
	unsigned int step = 1u << order;
	struct page *page = block + (1u << block->order);

	while (page != block) {
		page -= step;
		page->order = order;
		hot_push(list, page);
	}
}

/* A batch of blocks from the zone, unless that takes it below its low mark. */
static void hot_refill(struct hot_list *list, struct zone *zone,
		       unsigned int order)
{
	unsigned int left = hot_batch(order);

	spin_lock(&zone->lock);
	if (zone->nr_free < zone->low + HOT_PAGES)
		left = 0;
	while (left) {
		struct page *block = take_block(zone, order,
						order + ilog2(left));

		if (!block)
			break;
		left -= 1u << (block->order - order);
		hot_push_pieces(list, block, order);
	}
	spin_unlock(&zone->lock);
}

static void hot_drain(struct hot_list *list, struct zone *zone,
		      unsigned int order, unsigned int nr)
{
	struct run run = { 0, 0 };

	spin_lock(&zone->lock);
	while (nr--) {
		struct page *page = hot_pop(list);
		pfn_t pfn = page_to_pfn(page);

		page->flags = 0;
		if (run_add(&run, pfn, 1u << order))
			continue;
		give_run(zone, run.start, run.end);
		run = (struct run){ pfn, pfn + (1u << order) };
	}
	give_run(zone, run.start, run.end);
	spin_unlock(&zone->lock);
}

void buddy_drain(void)
{
	for (enum zone_id id = 0; id < NR_ZONES; id++)
		for (unsigned int order = 0; order < HOT_ORDERS; order++) {
			uint32_t flags = irq_save();
			struct hot_list *list = hot_list(id, order);

			hot_drain(list, &zones[id], order,
				  hot_nr(list, order));
			irq_restore(flags);
		}
}

/* ------------------------------------------------------------- allocating */

enum mark { MARK_NONE, MARK_MIN, MARK_LOW };

static inline bool zone_has(const struct zone *zone, enum zone_id class,
			    enum mark mark, unsigned int order)
{
	size_t kept = zone->reserve[class];

	if (mark == MARK_LOW)
		kept += zone->low;
	else if (mark == MARK_MIN)
		kept += zone->min;
	return zone->nr_free >= kept + ((size_t)1 << order);
}

/* Ask each zone that may serve @gfp, from the highest down. */
static struct page *take_from_zones(gfp_t gfp, unsigned int order,
				    enum mark mark)
{
	enum zone_id class = zone_class(gfp);

	for (int id = class; id >= 0; id--) {
		struct zone *zone = &zones[id];
		struct page *page = NULL;
		uint32_t flags = spin_lock_irqsave(&zone->lock);

		if (zone_has(zone, class, mark, order))
			page = take_block(zone, order, order);
		spin_unlock_irqrestore(&zone->lock, flags);
		if (page)
			return page;
	}
	return NULL;
}

static struct page *take_from_hot(gfp_t gfp, unsigned int order)
{
	enum zone_id id = zone_preferred[gfp & ZONE_GFP_MASK];
	uint32_t flags = irq_save();
	struct hot_list *list = hot_list(id, order);
	struct page *page = NULL;

	if (!list->first)
		hot_refill(list, &zones[id], order);
	if (list->first)
		page = hot_pop(list);
	irq_restore(flags);
	return page;
}

/*
 * Memory is short.  Reclaim comes first, then the last reserve; only when
 * that fails too are the hot lists emptied, where pages may lie whose buddies
 * wait for them.
 */
static struct page *take_when_short(gfp_t gfp, unsigned int order)
{
	enum mark last = gfp & __GFP_RESERVE ? MARK_NONE : MARK_MIN;
	struct page *page = NULL;

	if ((gfp & __GFP_WAIT) && reclaim)
		while (!page && reclaim(gfp, order) > 0) {
			buddy_drain();		/* what it freed is there */
			page = take_from_zones(gfp, order, MARK_LOW);
		}
	if (!page)
		page = take_from_zones(gfp, order, last);
	if (page)
		return page;
	buddy_drain();
	return take_from_zones(gfp, order, last);
}

static struct page *take_slowly(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;

	if (order < HOT_ORDERS)
		page = take_from_hot(gfp, order);
	if (!page)
		page = take_from_zones(gfp, order, MARK_LOW);
	if (!page)
		page = take_when_short(gfp, order);
	return page;
}

static __noinline struct page *clear_block(struct page *page,
					   unsigned int order)
{
	for (unsigned int i = 0; i < 1u << order; i++)
		clear_highpage(page + i);
	return page;
}

static inline struct page *hand_out(struct page *page, gfp_t gfp,
				    unsigned int order)
{
	page->flags = 0;
	page->refs = 1;
	unpoison(page, order);
	if (unlikely(gfp & __GFP_ZERO))
		return clear_block(page, order);
	return page;
}

static __noinline struct page *__small alloc_pages_slow(gfp_t gfp,
							unsigned int order)
{
	struct page *page;

	if (alloc_fail_now(gfp))
		return NULL;
	page = take_slowly(gfp, order);
	return page ? hand_out(page, gfp, order) : NULL;
}

/* What is not the usual case leaves by a jump, so that this saves nothing. */
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct hot_list *list;
	struct page *page;
	uint32_t flags;

	assert(order < MAX_ORDER);
	assert(!(gfp & __GFP_WAIT) || !in_atomic());
	if (unlikely(order >= HOT_ORDERS || alloc_fail_armed))
		return alloc_pages_slow(gfp, order);
	flags = irq_save();
	list = hot_list(zone_preferred[gfp & ZONE_GFP_MASK], order);
	if (unlikely(!list->first)) {
		irq_restore(flags);
		return alloc_pages_slow(gfp, order);
	}
	page = hot_pop(list);
	irq_restore(flags);
	return hand_out(page, gfp, order);
}

/* Pages straight from the zones, in blocks, while they are above low. */
static size_t take_bulk(gfp_t gfp, size_t nr, struct page **pages)
{
	enum zone_id class = zone_class(gfp);
	size_t got = 0;

	for (int id = class; id >= 0 && got < nr; id--) {
		struct zone *zone = &zones[id];

		while (got < nr) {
			unsigned int max = min(ilog2(nr - got), MAX_ORDER - 1u);
			struct page *block = NULL;
			uint32_t flags = spin_lock_irqsave(&zone->lock);

			if (zone_has(zone, class, MARK_LOW, max))
				block = take_block(zone, 0, max);
			spin_unlock_irqrestore(&zone->lock, flags);
			if (!block)
				break;
			for (struct page *end = block + (1u << block->order);
			     block < end; block++) {
				block->order = 0;
				hand_out(block, gfp, 0);
				pages[got++] = block;
			}
		}
	}
	return got;
}

size_t alloc_pages_bulk(gfp_t gfp, size_t nr, struct page **pages)
{
	size_t got = 0;

	assert(!(gfp & __GFP_WAIT) || !in_atomic());
	if (alloc_fail_now(gfp))
		return 0;
	if (nr >= BULK_MIN)
		got = take_bulk(gfp, nr, pages);
	for (; got < nr; got++) {
		pages[got] = alloc_pages(gfp | __GFP_NOFAIL_INJECT, 0);
		if (!pages[got])
			break;
	}
	return got;
}

/* ----------------------------------------------------------------- freeing */

static __noinline void give_large(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	uint32_t flags;

	page->flags = 0;
	flags = spin_lock_irqsave(&zone->lock);
	give_block(zone, page_to_pfn(page), order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static __noinline void hot_overflow(enum zone_id id, unsigned int order)
{
	struct hot_list *list = hot_list(id, order);
	uint32_t flags = irq_save();

	if (list->room <= 0)		/* a handler may have been here first */
		hot_drain(list, &zones[id], order, hot_batch(order));
	irq_restore(flags);
}

static inline void give(struct page *page, unsigned int order)
{
	enum zone_id id = page_zone_id(page);
	struct hot_list *list;
	uint32_t flags;
	bool has_room;

	page->refs = 0;
	poison(page, order);
	if (unlikely(order >= HOT_ORDERS)) {
		give_large(page, order);
		return;
	}
	list = hot_list(id, order);
	flags = irq_save();
	has_room = hot_push(list, page);
	irq_restore(flags);
	if (unlikely(!has_room))
		hot_overflow(id, order);
}

void free_pages(struct page *page, unsigned int order)
{
	check_free(page, order);
	give(page, order);
}

void page_put(struct page *page)
{
	assert(page->refs > 0);
	if (!atomic_dec_is_zero(&page->refs))
		return;
	page->refs = 1;
	check_free(page, 0);
	give(page, 0);
}

void free_pages_bulk(struct page **pages, size_t nr)
{
	struct run run = { 0, 0 };

	if (nr < BULK_MIN) {
		while (nr--)
			free_page(*pages++);
		return;
	}
	for (struct page **end = pages + nr; pages < end; pages++) {
		struct page *page = *pages;
		pfn_t pfn = page_to_pfn(page);

		check_free(page, 0);
		page->refs = 0;
		page->flags = 0;
		poison(page, 0);
		if (run_add(&run, pfn, 1))
			continue;
		give_pages(run.start, run.end);
		run = (struct run){ pfn, pfn + 1 };
	}
	give_pages(run.start, run.end);
}

reclaim_fn buddy_set_reclaim(reclaim_fn hook)
{
	reclaim_fn old = reclaim;

	reclaim = hook;
	return old;
}

void __small buddy_init(void)
{
	pfn_t start, end = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		for (enum zone_id id = 0; id < NR_ZONES; id++)
			for (unsigned int order = 0; order < HOT_ORDERS;
			     order++)
				hot[cpu][id][order] = (struct hot_list){
					.room = 2 * hot_batch(order)
				};
	while (memblock_next_free(&start, &end))
		give_pages(start, end);
	memblock_retire();
}

/* ------------------------------------------------------- counting, checking */

static size_t hot_pages(enum zone_id id)
{
	size_t nr = 0;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		for (unsigned int order = 0; order < HOT_ORDERS; order++)
			nr += hot_nr(&hot[cpu][id][order], order) << order;
	return nr;
}

size_t buddy_nr_free(void)
{
	size_t nr = 0;

	for (enum zone_id id = 0; id < NR_ZONES; id++)
		nr += zones[id].nr_free + hot_pages(id);
	return nr;
}

void buddy_get_stats(enum zone_id id, struct buddy_stats *stats)
{
	struct zone *zone = &zones[id];
	uint32_t flags = spin_lock_irqsave(&zone->lock);

	stats->nr_hot = hot_pages(id);
	stats->nr_free = zone->nr_free + stats->nr_hot;
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		struct page *page;

		stats->nr_blocks[order] = 0;
		list_for_each_entry(page, &zone->free[order], link)
			stats->nr_blocks[order]++;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
}

struct buddy_census buddy_census(void)
{
	struct buddy_census census;

	buddy_drain();
	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		struct buddy_stats stats;

		buddy_get_stats(id, &stats);
		for (unsigned int order = 0; order < MAX_ORDER; order++)
			census.nr[id][order] = stats.nr_blocks[order];
	}
	return census;
}

bool census_equal(struct buddy_census a, struct buddy_census b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static bool block_can_join(const struct page *page, unsigned int order)
{
	return order < MAX_ORDER - 1 &&
	       is_free_block(buddy_of(page_to_pfn(page), order), order);
}

void zone_check(struct zone *zone)
{
	struct page *page;
	size_t pages = 0;

	assert(spin_held(&zone->lock));
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		list_for_each_entry(page, &zone->free[order], link) {
			pfn_t pfn = page_to_pfn(page);

			assert(is_free_block(page, order));	/* B1 */
			assert(page->refs == 0);
			assert(IS_ALIGNED(pfn, 1u << order));
			assert(pfn >= zone->start &&
			       pfn + (1u << order) <= zone->end);
			assert(!block_can_join(page, order));	/* B2 */
			pages += (size_t)1 << order;
		}
		assert(list_is_empty(&zone->free[order]) ==
		       !(zone->nonempty >> order & 1));		/* B4 */
	}
	assert(pages == zone->nr_free);				/* B3 */
}

static void hot_check(enum zone_id id, unsigned int order)
{
	const struct hot_list *list = hot_list(id, order);
	unsigned int nr = 0;

	for (const struct page *page = list->first; page; page = page->next) {
		assert(page->flags == PG_PCP && page->order == order);	/* B5 */
		assert(page->refs == 0 && page_zone_id(page) == id);
		nr++;
	}
	assert(nr == hot_nr(list, order) && list->room > 0);
}

void buddy_check(void)
{
	for (enum zone_id id = 0; id < NR_ZONES; id++) {
		uint32_t flags = spin_lock_irqsave(&zones[id].lock);

		zone_check(&zones[id]);
		for (unsigned int order = 0; order < HOT_ORDERS; order++)
			hot_check(id, order);
		spin_unlock_irqrestore(&zones[id].lock, flags);
	}
}

/* --------------------------------------------------------- fault injection */

bool alloc_fail_armed;
static unsigned int alloc_fail_left;

void alloc_fail_after(unsigned int nr)
{
	alloc_fail_left = nr;
	alloc_fail_armed = true;
}

void alloc_fail_off(void)
{
	alloc_fail_armed = false;
}

bool alloc_fail_count_down(gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL_INJECT)
		return false;
	if (alloc_fail_left == 0)
		return true;
	alloc_fail_left--;
	return false;
}
