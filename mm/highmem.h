// SPDX-License-Identifier: MIT
/*
 * highmem - kernel addresses for frames that the direct map does not reach.
 *
 *	kmap()		 may sleep	 any time	      1024 slots for all
 *	kmap_atomic()	 any context	 no sleep meanwhile   16 slots a CPU
 *
 * A lowmem page costs nothing in either: its address is arithmetic.
 */
#pragma once

#include "mm/fixmap.h"
#include "mm/kernel_map.h"
#include "mm/page.h"
#include "x86/percpu.h"

/* What the inline functions below leave to highmem.c: highmem pages. */
void *kmap_high(struct page *page);
void kunmap_high(struct page *page);
void *kmap_atomic_high(struct page *page);

#ifdef DEBUG
void kunmap_atomic_check(const void *addr);
#else
static inline void kunmap_atomic_check(const void *addr)
{
	(void)addr;
}
#endif

/* Slots in use on each CPU; that CPU's own, and a handler restores it. */
extern unsigned int kmap_atomic_level[NR_CPUS];

/** highmem_init() - before the first kmap(), once kmalloc() works. */
void highmem_init(void);

/**
 * kmap() - give @page a kernel address until kunmap(@page).
 *
 * Any number of users share one page's slot.  When all slots are taken it
 * sleeps; sleepers get slots in the order in which they came.
 *
 * Context: a thread that may sleep.  Whoever holds one slot and waits for a
 *          second can wait for ever: hold few.
 */
static inline void *kmap(struct page *page)
{
	assert(!in_atomic());
	if (likely(!page_is_highmem(page)))
		return page_to_virt(page);
	return kmap_high(page);
}

/** kunmap() - undo one kmap(@page).  Context: any but interrupts. */
static inline void kunmap(struct page *page)
{
	if (unlikely(page_is_highmem(page)))
		kunmap_high(page);
}

/**
 * kmap_atomic() - give @page an address on this CPU, until kunmap_atomic().
 *
 * Context: any.  Neither sleep nor return to user mode before it is undone.
 *          They nest, at most KMAP_ATOMIC_DEPTH deep, and are undone in the
 *          opposite order.
 */
static inline void *kmap_atomic(struct page *page)
{
	preempt_disable();
	if (likely(!page_is_highmem(page)))
		return page_to_virt(page);
	return kmap_atomic_high(page);
}

/** kunmap_atomic() - @addr is any address inside the page. */
static inline void kunmap_atomic(const void *addr)
{
	if (unlikely((uintptr_t)addr >= FIXADDR_START)) {
		kunmap_atomic_check(addr);
		barrier();
		kmap_atomic_level[cpu_id()]--;
	}
	preempt_enable();
}

/**
 * page_address() - where the kernel sees @page now.
 * Return: its address, which holds for lowmem, and for highmem while the
 *         caller has it kmapped; NULL when it has none.
 */
static inline void *page_address(const struct page *page)
{
	return page_is_highmem(page) ? page->kaddr : page_to_virt(page);
}

/** kmap_to_page() - the page behind an address of any function above. */
struct page *kmap_to_page(const void *addr);

/**
 * kmap_flush_unused() - empty all slots that nobody uses, with one TLB flush.
 * kmap() does so by itself when it comes round.
 */
void kmap_flush_unused(void);

struct highmem_stats {
	unsigned int nr_used;		/* slots with users */
	unsigned int nr_unused;		/* still mapped, without users */
	unsigned int nr_waiting;	/* threads that sleep in kmap() */
	uint32_t nr_flushes;		/* since boot */
};

void highmem_get_stats(struct highmem_stats *stats);

/** highmem_check() - assert H1 to H4 of highmem.c. */
void highmem_check(void);
