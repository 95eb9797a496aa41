// SPDX-License-Identifier: MIT
/*
 * shmem - pages that processes share and no file backs.
 *
 * A parent maps it, forks, and both see the same pages: what they share is the
 * mapping, so it does not matter who touches a page first.  Pages are zeroed
 * frames, made at the first touch, found by their index in a radix tree, and
 * kept until nobody maps the memory any more, or until they are punched out.
 *
 *   S1  each page in the tree is PG_MAPPING, with one reference of the tree's
 *   S2  no index in the tree reaches nr_pages
 *
 * Locking: the tree by its lock, which is taken below an mm->lock.
 */
#include "mm/shmem.h"

#include "lib/errno.h"
#include "lib/radix.h"
#include "mm/buddy.h"
#include "mm/pagecopy.h"
#include "mm/slab.h"
#include "sched/mutex.h"

struct shmem {
	struct mapping mapping;
	struct mutex lock;
	struct radix pages;
	uint32_t nr_pages;		/* the size; constant */
};

static struct kmem_cache *shmem_cache, *node_cache;
static int32_t last_inode;

static void *node_alloc(void)
{
	return kmem_cache_alloc(node_cache, GFP_KERNEL);
}

static void node_free(void *node)
{
	kmem_cache_free(node_cache, node);
}

static const struct radix_ops node_ops = { node_alloc, node_free };

static int add_page(struct shmem *shmem, uint32_t index, struct page **out)
{
	struct page *page = alloc_page(GFP_USER | GFP_ZERO);
	int err;

	if (!page)
		return -ENOMEM;
	err = radix_insert(&shmem->pages, index, page);
	if (err) {
		free_page(page);
		return err;
	}
	page->flags |= PG_MAPPING;
	page->mapping = &shmem->mapping;
	page->index = index;
	*out = page;
	return 0;
}

static int shmem_get_page(struct mapping *mapping, uint32_t index, bool write,
			  struct page **out)
{
	struct shmem *shmem = container_of(mapping, struct shmem, mapping);
	struct page *page;
	int err = 0;

	(void)write;
	if (index >= shmem->nr_pages)
		return -ENXIO;
	mutex_lock(&shmem->lock);
	page = radix_lookup(&shmem->pages, index);
	if (!page)
		err = add_page(shmem, index, &page);
	if (!err) {
		page_get(page);
		*out = page;
	}
	mutex_unlock(&shmem->lock);
	return err;
}

static bool shmem_is_resident(struct mapping *mapping, uint32_t index)
{
	struct shmem *shmem = container_of(mapping, struct shmem, mapping);
	bool found;

	mutex_lock(&shmem->lock);
	found = radix_lookup(&shmem->pages, index);
	mutex_unlock(&shmem->lock);
	return found;
}

static void drop_page(struct shmem *shmem, uint32_t index, struct page *page)
{
	radix_remove(&shmem->pages, index);
	page->flags &= ~PG_MAPPING;
	page->mapping = NULL;
	page_put(page);
}

/* A page that somebody maps has to stay his (G2): it is wiped, not dropped. */
static void shmem_punch(struct mapping *mapping, uint32_t index, uint32_t nr)
{
	struct shmem *shmem = container_of(mapping, struct shmem, mapping);
	uint32_t first = index;
	struct radix_entry found;

	mutex_lock(&shmem->lock);
	while (radix_gang(&shmem->pages, index, &found, 1) &&
	       found.index - first < nr) {
		struct page *page = found.item;

		if (page->refs == 1)
			drop_page(shmem, found.index, page);
		else
			clear_highpage(page);
		index = found.index + 1;
	}
	mutex_unlock(&shmem->lock);
}

static void shmem_release(struct mapping *mapping)
{
	struct shmem *shmem = container_of(mapping, struct shmem, mapping);
	struct radix_entry entries[16];
	size_t nr;

	while ((nr = radix_gang(&shmem->pages, 0, entries,
				ARRAY_SIZE(entries)))) {
		for (size_t i = 0; i < nr; i++)
			drop_page(shmem, entries[i].index, entries[i].item);
	}
	kmem_cache_free(shmem_cache, shmem);
}

static const struct mapping_ops shmem_ops = {
	.get_page = shmem_get_page,
	.is_resident = shmem_is_resident,
	.punch = shmem_punch,
	.release = shmem_release,
};

struct mapping *shmem_create(uint32_t nr_pages)
{
	struct shmem *shmem = kmem_cache_alloc(shmem_cache, GFP_KERNEL);

	if (!shmem)
		return NULL;
	shmem->mapping = (struct mapping){
		.ops = &shmem_ops, .refs = 1, .dev = 1,
		.inode = __atomic_add_fetch(&last_inode, 1, __ATOMIC_RELAXED),
		.name = "/dev/zero (deleted)",
	};
	mutex_init(&shmem->lock);
	radix_init(&shmem->pages, &node_ops);
	shmem->nr_pages = nr_pages;
	return &shmem->mapping;
}

void shmem_init(void)
{
	shmem_cache = kmem_cache_create("shmem", sizeof(struct shmem), 0, NULL);
	node_cache = kmem_cache_create("radix_node", RADIX_NODE_SIZE, 0, NULL);
	if (!shmem_cache || !node_cache)
		panic("shmem: no memory for its caches");
}
