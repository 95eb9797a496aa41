// SPDX-License-Identifier: MIT
/*
 * vmalloc - puts frames from anywhere, or a device's memory, at addresses in a
 * row.
 *
 * The addresses are vmspace.c's.  Which frames an area has is written in its
 * page-table entries and nowhere else: vfree() reads them there, so there is
 * no array of pages to allocate beside it.
 *
 * Freeing unmaps the area and frees its frames at once, but not its addresses:
 * a TLB may still know them, and telling it is dear.  The area becomes lazy;
 * when LAZY_MAX bytes have gathered, or addresses are short, one flush serves
 * all of them and their addresses go back.  Small areas, which are most, are
 * rather taken again by the next request of their size, for a flush of their
 * own few pages; that spares both the search and the purge.
 *
 *	      vmalloc, vmap, ioremap            vfree, vunmap, iounmap
 *	free  -----------------------> live  --------------------------> lazy
 *	  ^                              ^                                | |
 *	  |                              +--- of the same small size -----+ |
 *	  +---------------- vmalloc_purge(): one flush for all -------------+
 *
 * While an area is lazy its frames may have new owners although the TLB still
 * has a translation of the kernel's to them.  Only a use after vfree() can
 * find it, no user program, and in debug builds even that faults, since there
 * each area is flushed as it is unmapped.
 *
 * Building an area needs the lock only while addresses are taken: nobody else
 * knows them yet, so the entries are written without it.  Who fails half-way
 * takes back what he did and leaves a lazy area.
 *
 * Locking: vmalloc_lock guards vmspace and the list of lazy areas; not taken
 * in interrupts.  A live area belongs to its caller.
 * Not here: kmalloc() for less than a page; memory that a device reads must be
 * contiguous for it, which alloc_pages() gives.
 */
#include "mm/vmalloc.h"

#include "mm/buddy.h"
#include "mm/kernel_map.h"
#include "mm/memblock.h"
#include "mm/pagecopy.h"
#include "mm/slab.h"
#include "mm/tlb.h"
#include "mm/vmspace.h"
#include "x86/spinlock.h"

#define LAZY_MAX	(1024 * PAGE_SIZE)
#define NR_SMALL	(TLB_FLUSH_CEILING + 1)	/* up to so many pages */
#define BATCH		64		/* pages from or to buddy in one go */

static_assert((int)VMALLOC_RAM == VMSPACE_RAM &&
	      (int)VMALLOC_MAP == VMSPACE_MAP &&
	      (int)VMALLOC_IO == VMSPACE_IO, "one numbering of kinds");

static struct spinlock vmalloc_lock = SPINLOCK_INIT;
static struct kmem_cache *area_cache;
/* By number of pages, [0] for those that are not small; linked by next. */
static struct vmspace_area *lazy[NR_SMALL];
static size_t lazy_size;		/* bytes, guards included */
static vaddr_t lazy_start, lazy_end;	/* all of them lie in between */
static uint32_t nr_purges;

static void free_areas(struct vmspace_area *area)
{
	struct vmspace_area *next;

	for (; area; area = next) {
		next = area->next;
		kmem_cache_free(area_cache, area);
	}
}

/* Put the structures of @more, one or two if any, before @list. */
static struct vmspace_area *areas_join(struct vmspace_area *more,
				       struct vmspace_area *list)
{
	if (!more)
		return list;
	*(more->next ? &more->next->next : &more->next) = list;
	return more;
}

/* Lock held.  Return: structures to free. */
static struct vmspace_area *purge_locked(void)
{
	struct vmspace_area *area, *unused = NULL;

	if (lazy_size == 0)
		return NULL;
	nr_purges++;
	tlb_flush_kernel_range(lazy_start, lazy_end);
	for (unsigned int i = 0; i < NR_SMALL; i++)
		while ((area = lazy[i])) {
			lazy[i] = area->next;
			unused = areas_join(vmspace_give(area), unused);
		}
	lazy_size = 0;
	return unused;
}

void vmalloc_purge(void)
{
	struct vmspace_area *unused;

	spin_lock(&vmalloc_lock);
	unused = purge_locked();
	spin_unlock(&vmalloc_lock);
	free_areas(unused);
}

static size_t area_size(const struct vmspace_area *area)
{
	return area->end - area->start;
}

static size_t area_nr_pages(const struct vmspace_area *area)
{
	return area_size(area) / PAGE_SIZE - 1;
}

static struct vmspace_area **lazy_list(size_t nr_pages)
{
	return &lazy[nr_pages < NR_SMALL ? nr_pages : 0];
}

/* A lazy area of @nr_pages, if they are few: mapped anew it must be flushed. */
static struct vmspace_area *area_reuse(size_t nr_pages)
{
	struct vmspace_area *area;

	if (nr_pages >= NR_SMALL)
		return NULL;
	area = lazy[nr_pages];
	if (!area)
		return NULL;
	lazy[nr_pages] = area->next;
	lazy_size -= area_size(area);
	tlb_flush_kernel_range(area->start + PAGE_SIZE, area->end);
	return area;
}

/* The same for any number, from vmspace.  Drops the lock and takes it again. */
static struct vmspace_area *area_take(size_t nr_pages)
{
	size_t size = (nr_pages + 1) * PAGE_SIZE;
	struct vmspace_area *spare, *area, *unused = NULL;

	spin_unlock(&vmalloc_lock);
	spare = kmem_cache_alloc(area_cache, GFP_KERNEL);
	spin_lock(&vmalloc_lock);
	if (!spare)
		return NULL;
	area = vmspace_take(size, spare);
	if (!area) {
		unused = purge_locked();
		area = vmspace_take(size, spare);
	}
	if (area != spare) {
		spare->next = unused;
		unused = spare;
	}
	free_areas(unused);
	return area;
}

/* Addresses for @nr_pages pages and their guard, or NULL. */
static struct vmspace_area *area_alloc(size_t nr_pages, enum vmspace_kind kind,
				       const void *caller)
{
	struct vmspace_area *area;

	assert(!in_atomic());
	if (nr_pages == 0 || nr_pages >= VMSPACE_PAGES ||
	    alloc_fail_now(GFP_KERNEL))
		return NULL;
	spin_lock(&vmalloc_lock);
	area = area_reuse(nr_pages);
	if (!area)
		area = area_take(nr_pages);
	if (area) {
		area->kind = kind;
		area->caller = caller;
	}
	spin_unlock(&vmalloc_lock);
	return area;
}

/* Nothing of @area is mapped any more. */
static void area_free(struct vmspace_area *area)
{
	struct vmspace_area **list = lazy_list(area_nr_pages(area));

	tlb_flush_debug(area->start, area->end);
	spin_lock(&vmalloc_lock);
	if (lazy_size == 0) {
		lazy_start = area->start;
		lazy_end = area->end;
	}
	lazy_start = min(lazy_start, area->start);
	lazy_end = max(lazy_end, area->end);
	lazy_size += area_size(area);
	area->kind = VMSPACE_LAZY;
	area->next = *list;
	*list = area;
	if (unlikely(lazy_size > LAZY_MAX))
		free_areas(purge_locked());
	spin_unlock(&vmalloc_lock);
}

/* The entry of the first page behind the guard. */
static pte_t *area_ptes(const struct vmspace_area *area)
{
	return kernel_pte(area->start + PAGE_SIZE);
}

static void *area_address(const struct vmspace_area *area)
{
	return (void *)(uintptr_t)(area->start + PAGE_SIZE);
}

/* The live area that @addr, page-aligned, was returned for. */
static struct vmspace_area *area_find(const void *addr, enum vmspace_kind kind)
{
	struct vmspace_area *area = vmspace_find((vaddr_t)addr);

	assert(PAGE_ALIGNED((vaddr_t)addr));
	assert(area && area->kind == kind);
	(void)kind;
	return area;
}

static void unmap_frames(pte_t *pte, size_t nr_pages)
{
	struct page *pages[BATCH];
	size_t nr;

	for (; nr_pages > 0; nr_pages -= nr) {
		nr = min(nr_pages, (size_t)BATCH);
		for (size_t i = 0; i < nr; i++, pte++) {
			pages[i] = pfn_to_page(pte_pfn(*pte));
			pte->raw = 0;
		}
		free_pages_bulk(pages, nr);
	}
}

static bool map_frames(pte_t *pte, size_t nr_pages)
{
	struct page *pages[BATCH];
	pte_t *first = pte;
	size_t want, nr;

	for (; nr_pages > 0; nr_pages -= nr) {
		want = min(nr_pages, (size_t)BATCH);
		nr = alloc_pages_bulk(GFP_KERNEL | __GFP_HIGHMEM, want, pages);
		for (size_t i = 0; i < nr; i++) {
			pages[i]->flags = PG_VMALLOC;
			*pte++ = pte_make(page_to_pfn(pages[i]), PROT_KERNEL);
		}
		if (nr < want) {
			unmap_frames(first, pte - first);
			return false;
		}
	}
	return true;
}

static void *vmalloc_for(size_t size, const void *caller)
{
	struct vmspace_area *area;

	if (size > VMALLOC_END - VMALLOC_START)
		return NULL;
	area = area_alloc(DIV_ROUND_UP(size, PAGE_SIZE), VMSPACE_RAM, caller);
	if (!area)
		return NULL;
	if (!map_frames(area_ptes(area), area_nr_pages(area))) {
		area_free(area);
		return NULL;
	}
	return area_address(area);
}

void *vmalloc(size_t size)
{
	return vmalloc_for(size, __builtin_return_address(0));
}

void *vzalloc(size_t size)
{
	char *addr = vmalloc_for(size, __builtin_return_address(0));

	for (size_t at = 0; addr && at < size; at += PAGE_SIZE)
		clear_page(addr + at);
	return addr;
}

void vfree(const void *addr)
{
	struct vmspace_area *area;

	if (!addr)
		return;
	assert(this_cpu()->irq_depth == 0);
	area = area_find(addr, VMSPACE_RAM);
	unmap_frames(area_ptes(area), area_nr_pages(area));
	area_free(area);
}

void *vmap(struct page *const *pages, size_t nr_pages, uint32_t prot)
{
	struct vmspace_area *area = area_alloc(nr_pages, VMSPACE_MAP,
					       __builtin_return_address(0));
	pte_t *pte;

	assert(prot == PROT_KERNEL || prot == PROT_KERNEL_RO);
	if (!area)
		return NULL;
	pte = area_ptes(area);
	for (size_t i = 0; i < nr_pages; i++)
		pte[i] = pte_make(page_to_pfn(pages[i]), prot);
	return area_address(area);
}

/* What vunmap() and iounmap() share: the frames are not ours. */
static void area_unmap(struct vmspace_area *area)
{
	pte_t *pte = area_ptes(area);
	size_t nr_pages = area_nr_pages(area);

	assert(this_cpu()->irq_depth == 0);
	for (size_t i = 0; i < nr_pages; i++)
		pte[i].raw = 0;
	area_free(area);
}

void vunmap(const void *addr)
{
	area_unmap(area_find(addr, VMSPACE_MAP));
}

/* Is any frame of [@first, @last] RAM that the kernel manages? */
static bool has_ram(pfn_t first, pfn_t last)
{
	pfn_t start, end = 0;

	while (memblock_next_ram(&start, &end))
		if (start <= last && first < end)
			return true;
	return false;
}

void *ioremap(phys_addr_t phys, size_t size)
{
	phys_addr_t last = phys + size - 1;
	pfn_t pfn = phys >> PAGE_SHIFT;
	struct vmspace_area *area;
	size_t nr_pages;
	pte_t *pte;

	if (size == 0 || last < phys || has_ram(pfn, last >> PAGE_SHIFT))
		return NULL;
	nr_pages = (last >> PAGE_SHIFT) - pfn + 1;
	area = area_alloc(nr_pages, VMSPACE_IO, __builtin_return_address(0));
	if (!area)
		return NULL;
	pte = area_ptes(area);
	for (size_t i = 0; i < nr_pages; i++)
		pte[i] = pte_make(pfn + i, PROT_KERNEL_IO);
	return (char *)area_address(area) + phys % PAGE_SIZE;
}

void iounmap(const void *addr)
{
	uintptr_t page = PAGE_ALIGN_DOWN((uintptr_t)addr);

	area_unmap(area_find((const void *)page, VMSPACE_IO));
}

struct page *vmalloc_to_page(const void *addr)
{
	pte_t pte;

	assert(is_vmalloc_addr(addr));
	pte = *kernel_pte((vaddr_t)addr);
	if (!pte_is_present(pte) || pte.raw & PTE_PCD)
		return NULL;
	return pfn_to_page(pte_pfn(pte));
}

/* The next live one; lock held. */
static struct vmspace_area *next_live(vaddr_t va)
{
	struct vmspace_area *area = vmspace_next(va);

	while (area && area->kind > VMSPACE_IO)
		area = vmspace_next(area->end);
	return area;
}

bool vmalloc_next(vaddr_t *cursor, struct vmalloc_info *info)
{
	struct vmspace_area *area;

	spin_lock(&vmalloc_lock);
	area = next_live(*cursor);
	if (area) {
		info->start = area->start + PAGE_SIZE;
		info->end = area->end;
		info->kind = (enum vmalloc_kind)area->kind;
		info->phys = pte_pfn(*area_ptes(area)) << PAGE_SHIFT;
		info->caller = area->caller;
		*cursor = area->end;
	}
	spin_unlock(&vmalloc_lock);
	return area;
}

void vmalloc_get_stats(struct vmalloc_stats *stats)
{
	struct vmspace_area *area;

	*stats = (struct vmalloc_stats){
		.total = VMALLOC_END - VMALLOC_START,
	};
	spin_lock(&vmalloc_lock);
	for (area = next_live(0); area; area = next_live(area->end)) {
		stats->nr_areas++;
		stats->used += area_nr_pages(area) * PAGE_SIZE;
	}
	stats->lazy = lazy_size;
	stats->largest = vmspace_largest();
	if (stats->largest > 0)
		stats->largest -= PAGE_SIZE;
	stats->nr_purges = nr_purges;
	spin_unlock(&vmalloc_lock);
}

void vmalloc_check(void)
{
	struct vmspace_area *area;
	size_t size = 0;

	spin_lock(&vmalloc_lock);
	vmspace_check();					/* V1-V4 */
	for (unsigned int i = 0; i < NR_SMALL; i++)
		for (area = lazy[i]; area; area = area->next) {
			assert(area->kind == VMSPACE_LAZY);
			assert(lazy_list(area_nr_pages(area)) == &lazy[i]);
			assert(area->start >= lazy_start &&
			       area->end <= lazy_end);
			size += area_size(area);
		}
	assert(size == lazy_size);
	spin_unlock(&vmalloc_lock);
}

void vmalloc_init(void)
{
	struct vmspace_area *all;

	area_cache = kmem_cache_create("vmalloc_area",
				       sizeof(struct vmspace_area), 0, NULL);
	assert_always(area_cache);
	all = kmem_cache_alloc(area_cache, GFP_KERNEL);
	assert_always(all);
	vmspace_init(all);
}
