// SPDX-License-Identifier: MIT
/*
 * vmalloc - contiguous kernel addresses over frames that are not contiguous,
 * or not RAM at all.  An unmapped page lies before and behind each area.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mm/layout.h"

struct page;

/** vmalloc_init() - once, at boot, when the slab allocator works. */
void vmalloc_init(void);

/**
 * vmalloc() - allocate @size bytes, from HighMem first; vzalloc() zeroes them.
 *
 * Context: a thread; may sleep.
 * Return:  a page-aligned address, for vfree(); NULL when @size is 0 or more
 *          than the space, or memory or addresses are short.
 */
void *vmalloc(size_t size);
void *vzalloc(size_t size);

/**
 * vfree() - undo vmalloc().  NULL is fine, any other address is a bug.
 * Context: a thread, also with locks held; not in an interrupt.
 */
void vfree(const void *addr);

/**
 * vmap() - show @nr_pages pages at contiguous addresses.
 * @prot: PROT_KERNEL or PROT_KERNEL_RO
 *
 * The caller keeps his references, and gives them back after vunmap().
 *
 * Context: as vmalloc() and vfree().
 * Return:  the address; NULL when there is no room, or @nr_pages is 0.
 */
void *vmap(struct page *const *pages, size_t nr_pages, uint32_t prot);
void vunmap(const void *addr);

/**
 * ioremap() - show the memory of a device, uncached.
 * @phys: need not be aligned
 * @size: bytes; need not be a multiple of anything
 *
 * Context: as vmalloc() and vfree().
 * Return:  the address of @phys, for iounmap(); NULL when @size is 0, the range
 *          wraps or touches RAM that the kernel manages, or there is no room.
 */
void *ioremap(phys_addr_t phys, size_t size);
void iounmap(const void *addr);

/** is_vmalloc_addr() - does @addr lie in vmalloc space, mapped or not? */
static inline bool is_vmalloc_addr(const void *addr)
{
	return (uintptr_t)addr >= VMALLOC_START &&
	       (uintptr_t)addr < VMALLOC_END;
}

/** vmalloc_to_page() - the page behind @addr; NULL when there is no RAM. */
struct page *vmalloc_to_page(const void *addr);

/**
 * vmalloc_purge() - make the addresses of freed areas usable again, with one
 * TLB flush for all.  Happens by itself when many gather.
 */
void vmalloc_purge(void);

enum vmalloc_kind { VMALLOC_RAM, VMALLOC_MAP, VMALLOC_IO };

struct vmalloc_info {
	vaddr_t start, end;		/* without the unmapped pages */
	enum vmalloc_kind kind;
	phys_addr_t phys;		/* of the first page */
	const void *caller;		/* who asked for it */
};

/**
 * vmalloc_next() - the first area at or above *@cursor, which moves behind it.
 * Begin with 0.  Areas may come and go between the calls.
 * Return: false when there is none.
 */
bool vmalloc_next(vaddr_t *cursor, struct vmalloc_info *info);

struct vmalloc_stats {
	size_t total;			/* bytes of address space */
	size_t used;			/* bytes mapped */
	size_t lazy;			/* bytes freed and not purged yet */
	size_t largest;			/* bytes that vmalloc() could map */
	size_t nr_areas;
	uint32_t nr_purges;		/* since boot */
};

void vmalloc_get_stats(struct vmalloc_stats *stats);

/** vmalloc_check() - assert V1 to V4 of vmspace.c, and the lazy lists. */
void vmalloc_check(void);
