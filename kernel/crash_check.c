// SPDX-License-Identifier: MIT
/*
 * crash_check - one small lie in a structure of each module (`crash=check-NAME`
 * on the command line), after which mm_check() has to stop the machine.
 *
 * A check that looks away is worse than none: every test relies on it.
 */
#include "kernel/crash.h"

#ifdef DEBUG

#include "lib/printk.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/check.h"
#include "mm/fault.h"
#include "mm/kernel_map.h"
#include "mm/kmalloc.h"
#include "mm/layout.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/vmalloc.h"
#include "sched/timer.h"

#define USER_BASE	0x20000000u

static void lie_to(vaddr_t va)
{
	*kernel_pte(va) = pte_make(0, PROT_KERNEL);
}

/* A page more in the books than there is on the lists. */
static void lie_buddy(void)
{
	zones[ZONE_DMA].nr_free++;
}

/* A page outside the allocator that looks like one inside. */
static void lie_hot(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	free_page(page);
	page->refs = 1;
}

static void lie_slab(void)
{
	struct page *page = virt_to_page(kmalloc(64, GFP_KERNEL));

	(page - page->slab_index)->inuse++;
}

static void lie_directmap(void)
{
	kernel_pgd[pgd_index(PAGE_OFFSET + 64 * MIB)].raw &= ~PTE_WRITE;
}

static void lie_fixmap(void)
{
	lie_to(FIXADDR_START);
}

/* A slot without a user that shows a page of low memory. */
static void lie_highmem(void)
{
	lie_to(PKMAP_BASE);
}

static void lie_vmalloc(void)
{
	lie_to((vaddr_t)vmalloc(PAGE_SIZE) + PAGE_SIZE);
}

/* A page that was freed, but is mapped still. */
static void lie_guard(void)
{
	void *addr = vmalloc(PAGE_SIZE);

	vfree(addr);
	lie_to((vaddr_t)addr);
}

static struct mm *make_mm(void)
{
	struct mm *mm = mm_create();

	mm_mmap(mm, USER_BASE, PAGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	fault_in(mm, USER_BASE, true);
	return mm;
}

static void lie_vma(void)
{
	make_mm()->vmas.first->max_gap = 0;
}

/* A page that no area covers. */
static void lie_mm(void)
{
	struct vma *vma = make_mm()->vmas.first;

	vma->start += PAGE_SIZE;
	vma->end += PAGE_SIZE;
	vma->pgoff++;
}

static void lie_pgtable(void)
{
	make_mm()->pgtable.nr_pages++;
}

/* A frame that a page table shows and buddy has. */
static void lie_freed(void)
{
	struct mm *mm = make_mm();

	free_page(pfn_to_page(pte_pfn(*pgtable_find(&mm->pgtable,
						    USER_BASE))));
}

static void lie_sched(void)
{
	current_thread()->is_ready = false;
}

static void lie_timer(void)
{
	static struct timer first, second;
	const uint64_t year = 365ull * 86400 * 1000000000;

	timer_init(&first, NULL, NULL);
	timer_init(&second, NULL, NULL);
	timer_add(&first, year);
	timer_add(&second, 2 * year);
	first.expires = 3 * year;
}

static const struct { const char *name; void (*lie)(void); } lies[] = {
	{ "check-buddy", lie_buddy },
	{ "check-hot", lie_hot },
	{ "check-slab", lie_slab },
	{ "check-directmap", lie_directmap },
	{ "check-fixmap", lie_fixmap },
	{ "check-highmem", lie_highmem },
	{ "check-vmalloc", lie_vmalloc },
	{ "check-guard", lie_guard },
	{ "check-vma", lie_vma },
	{ "check-mm", lie_mm },
	{ "check-pgtable", lie_pgtable },
	{ "check-freed", lie_freed },
	{ "check-sched", lie_sched },
	{ "check-timer", lie_timer },
};

void crash_check(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
		if (!strcmp(name, lies[i].name)) {
			lies[i].lie();
			mm_check();
			pr_err("crash: mm_check() did not see %s", name);
		}
}

#endif
