// SPDX-License-Identifier: MIT
/*
 * kmalloc - finds the cache for a size, and the cache of an address.
 *
 *	size -> class	a table of a byte for each 8 bytes of size
 *	address -> class	the struct page of its frame says it:
 *			PG_SLAB: page->cache; PG_LARGE: page->order pages
 *
 * The classes are the powers of two, and 96 and 192, so that no small size
 * wastes more than half: with those two, the average object a quarter.
 *
 * Locking: none of its own.
 */
#include "mm/kmalloc.h"

#include "lib/panic.h"
#include "lib/string.h"
#include "mm/page.h"

struct kmem_cache kmalloc_caches[NR_KMALLOC_CLASSES];

/* The class of a size, by its number of 8-byte units, rounded up. */
static uint8_t class_of[KMALLOC_MAX_CLASS / 8 + 1];

static const char *const names[NR_KMALLOC_CLASSES] = {
#define X(size) "kmalloc-" #size,
	KMALLOC_CLASSES(X)
#undef X
};

static const uint16_t sizes[NR_KMALLOC_CLASSES] = {
#define X(size) size,
	KMALLOC_CLASSES(X)
#undef X
};

static void *kmalloc_large(size_t size, gfp_t gfp)
{
	struct page *page;

	assert(!(gfp & (__GFP_DMA | __GFP_HIGHMEM)));
	if (size > KMALLOC_MAX)
		return NULL;
	page = alloc_pages(gfp, ilog2_up(DIV_ROUND_UP(size, PAGE_SIZE)));
	if (!page)
		return NULL;
	page->flags |= PG_LARGE;
	return page_to_virt(page);
}

void *kmalloc_from(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	return slab_alloc(cache, size, gfp, __builtin_return_address(0));
}

void *kmalloc_sized(size_t size, gfp_t gfp)
{
	if (unlikely(size > KMALLOC_MAX_CLASS))
		return kmalloc_large(size, gfp);
	return slab_alloc(&kmalloc_caches[class_of[(size + 7) / 8]], size, gfp,
			  __builtin_return_address(0));
}

static __noinline void kfree_large(struct page *page, const void *object)
{
	if (!(page->flags & PG_LARGE) || !PAGE_ALIGNED((uintptr_t)object))
		panic("kfree: %p is not from kmalloc", object);
	page->flags &= ~PG_LARGE;
	free_pages(page, page->order);
}

void kfree(const void *object)
{
	struct page *page;

	if (!object)
		return;
	page = virt_to_page(object);
	if (unlikely(!(page->flags & PG_SLAB))) {
		kfree_large(page, object);
		return;
	}
	slab_free(page->cache, (void *)object, __builtin_return_address(0));
}

size_t ksize(const void *object)
{
	const struct page *page = virt_to_page(object);

	if (page->flags & PG_SLAB)
		return slab_usable_size(page->cache, object);
	assert(page->flags & PG_LARGE);
	return PAGE_SIZE << page->order;
}

void *__small krealloc(void *object, size_t size, gfp_t gfp)
{
	void *new;

	if (size == 0) {
		kfree(object);
		return NULL;
	}
	if (object && size <= ksize(object))
		return object;
	new = kmalloc_sized(size, gfp);
	if (new && object) {
		memcpy(new, object, ksize(object));
		kfree(object);
	}
	return new;
}

void __small kmalloc_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(class_of); i++)
		class_of[i] = kmalloc_class_of(i * 8);
	for (unsigned int i = 0; i < NR_KMALLOC_CLASSES; i++)
		slab_cache_setup(&kmalloc_caches[i], names[i], sizes[i],
				 min(sizes[i], (uint16_t)16), NULL);
	for (unsigned int i = 0; i < NR_KMALLOC_CLASSES; i++)
		if (!slab_cache_open(&kmalloc_caches[i]))
			panic("kmalloc: no memory for its own caches");
}
