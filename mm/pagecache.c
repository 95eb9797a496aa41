// SPDX-License-Identifier: MIT
/*
 * pagecache - (mapping, index) -> page: the one copy of what a file holds.
 *
 * read(), write() and every area that shows the file use the same pages, so
 * what one writes the others see at once.  Pages are highmem where there is
 * some, zeroed when they are made, found by their index in a radix tree, and
 * stay until the file is cut or gone: nothing lies behind them from which they
 * could be had again.
 *
 * To take pages out while others map them:
 *
 *	truncate	the size first: from now on faults beyond it fail, and
 *			no page can come back.  Then unmap, then drop
 *	punch		drop first: from now on faults find new pages.  Then
 *			unmap the old ones (and new ones, which come again)
 *
 *	undo		what a reservation that failed has made: no table has
 *			it, since a fault would have taken PG_FRESH away
 *
 * In both a fault may have found a page just before: it holds its mm->lock
 * until the page is in the table, and the walk over all address spaces takes
 * each mm->lock after that first step, so it meets the entry.
 *
 * A page that has left its mapping lives on with those who still hold a
 * reference, such as a read() half-way through it.
 *
 *   M1  each page in the tree is PG_MAPPING with this mapping and its index,
 *	 and has one reference of the tree's (G1)
 *   M2  nr_pages counts them
 *
 * Locking: mapping->lock, which is taken below an mm->lock; so it is never
 * held when address spaces are walked.
 */
#include "mm/mapping.h"

#include "lib/errno.h"
#include "mm/account.h"
#include "mm/buddy.h"
#include "mm/mm.h"
#include "mm/pagecopy.h"
#include "mm/slab.h"
#include "sched/thread.h"

#define INDEX_MAX	0xffffffffu

int32_t nr_cached_pages, nr_shmem_pages;

static struct kmem_cache *node_cache;

static void *node_alloc(void)
{
	return kmem_cache_alloc(node_cache, GFP_KERNEL);
}

static void node_free(void *node)
{
	kmem_cache_free(node_cache, node);
}

static const struct radix_ops node_ops = { node_alloc, node_free };

static const struct mapping_ops no_ops;

void mapping_init(struct mapping *mapping, const struct mapping_ops *ops)
{
	*mapping = (struct mapping){ .ops = ops ? ops : &no_ops };
	mutex_init(&mapping->lock);
	radix_init(&mapping->pages, &node_ops);
}

/* How many pages @size bytes take; at most INDEX_MAX. */
static inline uint32_t size_to_pages(uint64_t size)
{
	return (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static void count(struct mapping *mapping, int32_t nr)
{
	mapping->nr_pages += nr;
	atomic_add(&nr_cached_pages, nr);
	if (!mapping->is_shmem)
		return;
	atomic_add(&nr_shmem_pages, nr);
	if (nr < 0 && !mapping->prepaid)
		vm_uncharge(-nr);
}

/* A page more: is there room in the file system, and in the promises? */
static int reserve(struct mapping *mapping)
{
	bool pays = mapping->is_shmem && !mapping->prepaid;
	int err;

	if (pays && !vm_charge(NULL, 1))
		return -ENOSPC;
	err = mapping->ops->reserve ? mapping->ops->reserve(mapping, 1) : 0;
	if (err && pays)
		vm_uncharge(1);
	return err;
}

static void unreserve(struct mapping *mapping, uint32_t nr)
{
	if (mapping->ops->unreserve)
		mapping->ops->unreserve(mapping, nr);
}

/* Take over the caller's reference, if it works; lock held. */
static int insert(struct mapping *mapping, uint32_t index, struct page *page,
		  uint16_t flags)
{
	int err = reserve(mapping);

	if (err)
		return err;
	err = radix_insert(&mapping->pages, index, page);
	if (err) {
		unreserve(mapping, 1);
		if (mapping->is_shmem && !mapping->prepaid)
			vm_uncharge(1);
		return err;
	}
	page->flags |= PG_MAPPING | flags;
	page->mapping = mapping;
	page->index = index;
	count(mapping, 1);
	return 0;
}

static int __noinline make(struct mapping *mapping, uint32_t index,
			   uint16_t flags, struct page **out)
{
	struct page *page = alloc_page(GFP_USER | GFP_ZERO);
	int err;

	if (!page)
		return -ENOMEM;
	err = insert(mapping, index, page, flags);
	if (err)
		free_page(page);
	else
		*out = page;
	return err;
}

static int get_page_locked(struct mapping *mapping, uint32_t index, bool write,
			   struct page **out)
{
	struct page *page;

	if (index >= size_to_pages(mapping->size))
		return -ENXIO;
	page = radix_lookup(&mapping->pages, index);
	if (!page) {
		int err = make(mapping, index, 0, &page);

		if (err)
			return err;
	}
	page_get(page);
	if (write)
		page_set_dirty(page);
	else if (unlikely(page->flags & PG_FRESH))
		page_clear_flags(page, PG_FRESH);
	*out = page;
	return 0;
}

int mapping_get_page(struct mapping *mapping, uint32_t index, bool write,
		     struct page **page)
{
	int err;

	if (mapping->ops->get_page)
		return mapping->ops->get_page(mapping, index, write, page);
	mutex_lock(&mapping->lock);
	err = get_page_locked(mapping, index, write, page);
	mutex_unlock(&mapping->lock);
	return err;
}

static inline bool is_fresh(const struct page *page)
{
	return page->flags & PG_FRESH;
}

struct page *mapping_find_page(struct mapping *mapping, uint32_t index,
			       bool fresh)
{
	struct page *page;

	if (mapping->ops->get_page)
		return mapping->ops->get_page(mapping, index, false, &page) ?
			NULL : page;
	mutex_lock(&mapping->lock);
	page = radix_lookup(&mapping->pages, index);
	if (page && !fresh && unlikely(is_fresh(page)))
		page = NULL;
	if (page)
		page_get(page);
	mutex_unlock(&mapping->lock);
	return page;
}

bool mapping_seek(struct mapping *mapping, uint32_t index, bool hole,
		  uint32_t *found)
{
	struct radix_entry next = { .index = index };
	bool any = true;

	mutex_lock(&mapping->lock);
	if (hole) {
		while ((next.item = radix_lookup(&mapping->pages, next.index)) &&
		       !is_fresh(next.item))
			next.index++;
	} else {
		while ((any = radix_gang(&mapping->pages, index, &next, 1)) &&
		       is_fresh(next.item))
			index = next.index + 1;
	}
	mutex_unlock(&mapping->lock);
	*found = next.index;
	return any;
}

void mapping_map_cached(struct mapping *mapping, uint32_t first, uint32_t nr,
			struct pgtable *pt, pte_t *pte, uint32_t flags)
{
	void *const *slot;
	uint32_t end;

	mutex_lock(&mapping->lock);
	slot = radix_leaf(&mapping->pages, first);
	end = size_to_pages(mapping->size);
	if (slot && first < end) {
		pte_t *last = pte + min(nr, end - first);

		for (slot += first % RADIX_SLOTS; pte < last; pte++, slot++) {
			struct page *page = *slot;

			if (!page || !pte_is_none(*pte) || is_fresh(page))
				continue;
			page_get(page);
			pgtable_map(pt, pte, page, flags);
		}
	}
	mutex_unlock(&mapping->lock);
}

int mapping_add_page(struct mapping *mapping, uint32_t index,
		     struct page *page)
{
	int err;

	mutex_lock(&mapping->lock);
	assert(index < size_to_pages(mapping->size));
	err = insert(mapping, index, page, PG_DIRTY);
	mutex_unlock(&mapping->lock);
	return err;
}

/* ---------------------------------------------------------------- to drop */

static void drop(struct mapping *mapping, uint32_t index, struct page *page)
{
	radix_remove(&mapping->pages, index);
	page->mapping = NULL;
	page_clear_flags(page, PG_MAPPING | PG_DIRTY | PG_FRESH);
	page_put(page);
}

/* Drop what lies in [@start, @end) and has one of @flags. */
static void drop_range(struct mapping *mapping, uint32_t start, uint32_t end,
		       uint16_t flags)
{
	struct radix_entry found[16];
	size_t nr, i, dropped;

	do {
		mutex_lock(&mapping->lock);
		nr = radix_gang(&mapping->pages, start, found,
				ARRAY_SIZE(found));
		dropped = 0;
		for (i = 0; i < nr && found[i].index < end; i++) {
			struct page *page = found[i].item;

			start = found[i].index + 1;
			if (!(page->flags & flags))
				continue;
			drop(mapping, found[i].index, page);
			dropped++;
		}
		if (dropped) {
			count(mapping, -(int32_t)dropped);
			unreserve(mapping, dropped);
		}
		mutex_unlock(&mapping->lock);
	} while (i == ARRAY_SIZE(found));
}

/* ------------------------------------------------------------- to reserve */

/*
 * A page that was fresh before is not any more: what fails later is undone, and
 * that one had been promised already.
 */
static int reserve_page(struct mapping *mapping, uint32_t index)
{
	struct page *page;
	int err = 0;

	mutex_lock(&mapping->lock);
	page = radix_lookup(&mapping->pages, index);
	if (page)
		page_set_dirty(page);
	else
		err = make(mapping, index, PG_DIRTY | PG_FRESH, &page);
	mutex_unlock(&mapping->lock);
	return err;
}

int mapping_reserve(struct mapping *mapping, uint32_t start, uint32_t end)
{
	uint32_t i;
	int err = 0;

	for (i = start; i < end && !err; i++) {
		err = reserve_page(mapping, i);
		if (current_thread()->interrupted)
			err = -EINTR;
	}
	if (err)
		drop_range(mapping, start, i, PG_FRESH);
	return err;
}

/* --------------------------------------------------------- to cut and grow */

/* Nobody is to find in the last page what was cut off; lock held. */
static void zero_tail(struct mapping *mapping)
{
	uint32_t in_page = mapping->size % PAGE_SIZE;
	struct page *page;

	if (!in_page)
		return;
	page = radix_lookup(&mapping->pages, mapping->size >> PAGE_SHIFT);
	if (page)
		memzero_page(page, in_page, PAGE_SIZE - in_page);
}

void mapping_set_size(struct mapping *mapping, uint64_t size)
{
	mutex_lock(&mapping->lock);
	assert(size >= mapping->size && size <= MAPPING_SIZE_MAX);
	mapping->size = size;
	mutex_unlock(&mapping->lock);
}

void mapping_truncate(struct mapping *mapping, uint64_t size)
{
	uint32_t end = size_to_pages(size);
	uint64_t old;

	assert(size <= MAPPING_SIZE_MAX);
	mutex_lock(&mapping->lock);
	old = mapping->size;
	mapping->size = size;
	if (size < old)
		zero_tail(mapping);
	mutex_unlock(&mapping->lock);
	if (size > old)
		return;
	if (end < size_to_pages(old))
		mm_unmap_mapping(mapping, end, INDEX_MAX, true);
	drop_range(mapping, end, INDEX_MAX, PG_MAPPING);
}

void mapping_punch(struct mapping *mapping, uint32_t start, uint32_t end)
{
	drop_range(mapping, start, end, PG_MAPPING);
	mm_unmap_mapping(mapping, start, end, false);
}

void mapping_destroy(struct mapping *mapping)
{
	assert(!mapping->nr_vmas);
	drop_range(mapping, 0, INDEX_MAX, PG_MAPPING);
	assert(!mapping->nr_pages && radix_is_empty(&mapping->pages));
}

void pagecache_init(void)
{
	node_cache = kmem_cache_create("radix_node", RADIX_NODE_SIZE, 0, NULL);
	if (!node_cache)
		panic("pagecache: no memory for its cache");
}

void mapping_check(struct mapping *mapping)
{
	struct radix_entry found;
	uint32_t next = 0;

	mutex_lock(&mapping->lock);
	assert(radix_check(&mapping->pages) == mapping->nr_pages);	/* M2 */
	while (radix_gang(&mapping->pages, next, &found, 1)) {
		const struct page *page = found.item;

		assert(page->refs > 0 && page->flags & PG_MAPPING);	/* M1 */
		assert(page->mapping == mapping);
		assert(page->index == found.index);
		next = found.index + 1;
		(void)page;
	}
	mutex_unlock(&mapping->lock);
}

void vm_file_put_called(struct vm_file *file)
{
	(vm_file_put)(file);
}
