// SPDX-License-Identifier: MIT
/*
 * fixmap - slots whose addresses the compiler knows.
 *
 *	0xFFFFF000  FIXADDR_TOP
 *	0xFFFFE000  FIX_SCRATCH
 *	0xFFFFD000  FIX_KMAP_FIRST: CPU 0, depth 0	} highmem.c
 *	    ...     FIX_KMAP_LAST			}
 *		    FIX_IOREMAP_FIRST: window 0, its last page
 *	    ...     FIX_IOREMAP_LAST: window 3, its first page
 *	0xFFC00000  FIXADDR_START
 *
 * Slots go down and addresses inside a window go up, so the first page of a
 * window is the slot with its largest number.
 *
 * early_ioremap() is what drivers of early boot use, before vmalloc: all it
 * needs is the page table.  A window is EARLY_IOREMAP_PAGES slots, one more
 * than 64 KiB, so that a range that begins inside a page still fits.
 *
 * Rules (fixmap_check()):
 *   F1  a window that is not taken has no page mapped; one that is taken has
 *	 pages from its start, without a hole
 *   F2  nothing is mapped below the last slot
 *
 * Locking: a slot has one owner, who needs no lock.  ioremap_lock guards the
 * windows.
 */
#include "mm/fixmap.h"

#include "mm/kernel_map.h"
#include "mm/tlb.h"
#include "x86/spinlock.h"

static struct spinlock ioremap_lock = SPINLOCK_INIT;
static uint32_t ioremap_taken;		/* a bit for each window */

static_assert(EARLY_IOREMAP_WINDOWS <= 32, "a bit for each window");

void set_fixmap(unsigned int slot, phys_addr_t phys, uint32_t prot)
{
	vaddr_t va = fix_to_virt(slot);

	assert(PAGE_ALIGNED(phys));
	*kernel_pte(va) = pte_make(phys >> PAGE_SHIFT, prot);
	tlb_flush_page(va);
}

void clear_fixmap(unsigned int slot)
{
	vaddr_t va = fix_to_virt(slot);

	kernel_unmap(va);
	tlb_flush_page(va);
}

/* The slot that shows page @page of window @window. */
static unsigned int window_slot(unsigned int window, unsigned int page)
{
	return FIX_IOREMAP_FIRST + (window + 1) * EARLY_IOREMAP_PAGES - 1 -
	       page;
}

static bool window_is_taken(unsigned int window)
{
	return ioremap_taken >> window & 1;
}

/* Return: a window, or EARLY_IOREMAP_WINDOWS when there is none. */
static unsigned int window_take(void)
{
	unsigned int window = 0;

	spin_lock(&ioremap_lock);
	while (window < EARLY_IOREMAP_WINDOWS && window_is_taken(window))
		window++;
	if (window < EARLY_IOREMAP_WINDOWS)
		ioremap_taken |= 1u << window;
	spin_unlock(&ioremap_lock);
	return window;
}

void *__small early_ioremap(phys_addr_t phys, size_t size)
{
	size_t offset = phys % PAGE_SIZE;
	unsigned int window;

	if (size == 0 || size > EARLY_IOREMAP_MAX || phys + size - 1 < phys)
		return NULL;
	window = window_take();
	if (window == EARLY_IOREMAP_WINDOWS)
		return NULL;
	for (unsigned int page = 0; page * PAGE_SIZE < offset + size; page++)
		set_fixmap(window_slot(window, page),
			   phys - offset + page * PAGE_SIZE, PROT_KERNEL_IO);
	return (void *)(fix_to_virt(window_slot(window, 0)) + offset);
}

void __small early_iounmap(void *addr)
{
	vaddr_t start = fix_to_virt(FIX_IOREMAP_LAST);
	unsigned int window = EARLY_IOREMAP_WINDOWS - 1 -
		((vaddr_t)addr - start) / (EARLY_IOREMAP_PAGES * PAGE_SIZE);

	assert((vaddr_t)addr >= start &&
	       (vaddr_t)addr - fix_to_virt(window_slot(window, 0)) < PAGE_SIZE);
	assert(window_is_taken(window));
	for (unsigned int page = 0; page < EARLY_IOREMAP_PAGES; page++)
		if (pte_is_present(*kernel_pte(
				fix_to_virt(window_slot(window, page)))))
			clear_fixmap(window_slot(window, page));
	spin_lock(&ioremap_lock);
	ioremap_taken &= ~(1u << window);
	spin_unlock(&ioremap_lock);
}

unsigned int early_ioremap_in_use(void)
{
	unsigned int nr = 0;

	for (unsigned int window = 0; window < EARLY_IOREMAP_WINDOWS; window++)
		nr += window_is_taken(window);
	return nr;
}

static void check_window(unsigned int window)
{
	bool mapped = window_is_taken(window);
	vaddr_t va;
	bool present;

	for (unsigned int page = 0; page < EARLY_IOREMAP_PAGES; page++) {
		va = fix_to_virt(window_slot(window, page));
		present = pte_is_present(*kernel_pte(va));
		assert(page > 0 || present == mapped);
		assert(mapped || !present);				/* F1 */
		mapped = present;
	}
}

void fixmap_check(void)
{
	vaddr_t va = FIXADDR_START;

	spin_lock(&ioremap_lock);
	for (unsigned int window = 0; window < EARLY_IOREMAP_WINDOWS; window++)
		check_window(window);
	spin_unlock(&ioremap_lock);
	for (; va < fix_to_virt(FIX_COUNT - 1); va += PAGE_SIZE)
		assert(pte_is_none(*kernel_pte(va)));			/* F2 */
}
