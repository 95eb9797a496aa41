// SPDX-License-Identifier: MIT
/*
 * highmem - lends addresses to frames that lie above the direct map.
 *
 * kmap() has one page table of slots for all.  A slot that loses its last
 * user stays mapped: its page may be wanted again soon, and unmapping would
 * cost a TLB flush for each.  Only when the search for an empty slot reaches
 * the end of the table are all slots without users emptied, with one flush
 * for up to 1024, and the search begins anew:
 *
 *	              empty        kmap
 *	   +-------->  ---  ---------------->  users 1  <--+ kmap, kunmap
 *	   |                                    |    ^     | of more users
 *	   | wrap-around:        last kunmap    |    |  ---+
 *	   | one flush for all                  v    |
 *	   +--------------------------------  users 0, still mapped
 *
 * The way from a page to its slot is page->kaddr: struct page has the room,
 * so no hash from pages to addresses is needed.  The field is this file's
 * alone: it may be set in a free page too, whose next owner then finds it
 * mapped.  The way back is the slot's page-table entry.
 *
 * Who finds every slot in use sleeps.  A kunmap() that frees a slot while
 * somebody sleeps gives the slot to the one who came first, mapped already;
 * so nobody can snatch it in between and nobody starves.
 *
 * kmap_atomic() has KMAP_ATOMIC_DEPTH slots on each CPU, used as a stack.
 * Preemption is off meanwhile, and an interrupt that nests leaves the stack as
 * it was, so no lock is needed: the level is raised before the slot is written
 * and lowered when it is done with.  In release builds kunmap_atomic() lowers
 * the level and no more.  The entry left behind is harmless: it is no user's,
 * it maps RAM of the ordinary kind (a speculative load through it has no
 * effect), nobody holds its address any more, and whoever gets the address
 * next has it written and flushed on this CPU, the only one to use it, before
 * he learns of it.  What it would hide is a use after kunmap_atomic(), so
 * debug builds do clear and flush.
 *
 * Rules (highmem_check() walks them):
 *   H1  a slot with users is mapped
 *   H2  the page that a slot maps is highmem, and its kaddr is the slot
 *   H3  while somebody sleeps, all slots have users
 *   H4  atomic slots are mapped below the level, and in debug builds only there
 *
 * Locking: pkmap_lock guards slots, kaddr and the line of sleepers; never
 * taken in interrupts.
 */
#include "mm/highmem.h"

#include "lib/list.h"
#include "mm/kmalloc.h"
#include "mm/tlb.h"
#include "sched/wait.h"
#include "x86/spinlock.h"

struct kmap_waiter {
	struct list link;
	struct page *page;		/* what he wants to see */
	void *addr;			/* where he sees it; set by his waker */
	struct wait_queue queue;	/* he alone */
};

static struct spinlock pkmap_lock = SPINLOCK_INIT;
static uint16_t *nr_users;		/* of each slot */
static unsigned int next_slot;		/* where the search goes on */
static uint32_t nr_flushes;
static struct list waiters = LIST_INIT(waiters);

unsigned int kmap_atomic_level[NR_CPUS];

void __small highmem_init(void)
{
	nr_users = kmalloc(PKMAP_SLOTS * sizeof(*nr_users),
			   GFP_KERNEL | __GFP_ZERO | __GFP_NOFAIL_INJECT);
}

static vaddr_t slot_to_virt(unsigned int slot)
{
	return PKMAP_BASE + slot * PAGE_SIZE;
}

static unsigned int slot_of(const void *addr)
{
	return pte_index((vaddr_t)addr);
}

static pte_t *slot_pte(unsigned int slot)
{
	return kernel_pte(slot_to_virt(slot));
}

static void slot_map(unsigned int slot, struct page *page)
{
	kernel_map(slot_to_virt(slot), page_to_pfn(page), PROT_KERNEL);
	page->kaddr = (void *)slot_to_virt(slot);
}

/* The caller owes a flush. */
static void slot_unmap(unsigned int slot)
{
	pfn_to_page(pte_pfn(*slot_pte(slot)))->kaddr = NULL;
	kernel_unmap(slot_to_virt(slot));
}

static void flush_unused(void)
{
	vaddr_t start = PKMAP_END, end = PKMAP_BASE;

	for (unsigned int slot = 0; slot < PKMAP_SLOTS; slot++) {
		if (nr_users[slot] > 0 || pte_is_none(*slot_pte(slot)))
			continue;
		slot_unmap(slot);
		start = min(start, slot_to_virt(slot));
		end = slot_to_virt(slot + 1);
	}
	if (start < end) {
		nr_flushes++;
		tlb_flush_kernel_range(start, end);
	}
}

/* Return: an empty slot from here to the end, or PKMAP_SLOTS. */
static unsigned int search_on(void)
{
	while (next_slot < PKMAP_SLOTS)
		if (pte_is_none(*slot_pte(next_slot++)))
			return next_slot - 1;
	return PKMAP_SLOTS;
}

static unsigned int find_empty(void)
{
	unsigned int slot = search_on();

	if (slot == PKMAP_SLOTS) {
		flush_unused();
		next_slot = 0;
		slot = search_on();
	}
	return slot;
}

/* All slots have users: stand in line.  Drops the lock and takes it again. */
static void *wait_for_slot(struct page *page)
{
	struct kmap_waiter waiter = { .page = page };

	wait_queue_init(&waiter.queue);
	list_add_tail(&waiters, &waiter.link);
	spin_unlock(&pkmap_lock);
	wait_event(&waiter.queue, READ_ONCE(waiter.addr));
	/* The waker still looks at our waiter until he drops the lock. */
	spin_lock(&pkmap_lock);
	return waiter.addr;
}

static __noinline void *kmap_new(struct page *page)
{
	unsigned int slot = find_empty();

	if (slot == PKMAP_SLOTS)
		return wait_for_slot(page);
	slot_map(slot, page);
	nr_users[slot] = 1;
	return page->kaddr;
}

void *kmap_high(struct page *page)
{
	void *addr;

	spin_lock(&pkmap_lock);
	addr = page->kaddr;
	if (unlikely(!addr))
		addr = kmap_new(page);
	else
		nr_users[slot_of(addr)]++;
	spin_unlock(&pkmap_lock);
	return addr;
}

/*
 * @slot has lost its last user while others wait.  The first in line gets it,
 * and whoever follows him and wants a page that is mapped by now.
 */
static __noinline void hand_over(unsigned int slot)
{
	struct kmap_waiter *waiter;

	while (!list_is_empty(&waiters)) {
		waiter = list_first_entry(&waiters, struct kmap_waiter, link);
		if (!waiter->page->kaddr) {
			if (nr_users[slot] > 0)
				return;
			slot_unmap(slot);
			tlb_flush_page(slot_to_virt(slot));
			slot_map(slot, waiter->page);
		}
		list_remove(&waiter->link);
		nr_users[slot_of(waiter->page->kaddr)]++;
		WRITE_ONCE(waiter->addr, waiter->page->kaddr);
		wake_one(&waiter->queue);
	}
}

void kunmap_high(struct page *page)
{
	unsigned int slot;

	spin_lock(&pkmap_lock);
	slot = slot_of(page->kaddr);
	assert(page->kaddr && nr_users[slot] > 0);
	if (--nr_users[slot] == 0 && unlikely(!list_is_empty(&waiters)))
		hand_over(slot);
	spin_unlock(&pkmap_lock);
}

void __small kmap_flush_unused(void)
{
	spin_lock(&pkmap_lock);
	flush_unused();
	spin_unlock(&pkmap_lock);
}

static vaddr_t atomic_slot(unsigned int cpu, unsigned int level)
{
	return fix_to_virt(FIX_KMAP_FIRST + cpu * KMAP_ATOMIC_DEPTH + level);
}

void *kmap_atomic_high(struct page *page)
{
	unsigned int level = kmap_atomic_level[cpu_id()]++;
	vaddr_t va = atomic_slot(cpu_id(), level);

	assert_always(level < KMAP_ATOMIC_DEPTH);
	barrier();
	*kernel_pte(va) = pte_make(page_to_pfn(page), PROT_KERNEL);
	tlb_flush_page(va);
	return (void *)va;
}

#ifdef DEBUG

/* The last one mapped is the first to go, and is gone then. */
void kunmap_atomic_check(const void *addr)
{
	vaddr_t va = PAGE_ALIGN_DOWN((vaddr_t)addr);

	assert(kmap_atomic_level[cpu_id()] > 0);
	assert(va == atomic_slot(cpu_id(), kmap_atomic_level[cpu_id()] - 1));
	kernel_unmap(va);
	tlb_flush_page(va);
}

#endif

struct page *kmap_to_page(const void *addr)
{
	pte_t pte;

	if ((vaddr_t)addr < KERNEL_TABLES_START)
		return virt_to_page(addr);
	pte = *kernel_pte((vaddr_t)addr);
	assert(pte_is_present(pte));
	return pfn_to_page(pte_pfn(pte));
}

void __small highmem_get_stats(struct highmem_stats *stats)
{
	struct kmap_waiter *waiter;

	*stats = (struct highmem_stats){ .nr_flushes = nr_flushes };
	spin_lock(&pkmap_lock);
	for (unsigned int slot = 0; slot < PKMAP_SLOTS; slot++)
		if (nr_users[slot] > 0)
			stats->nr_used++;
		else if (!pte_is_none(*slot_pte(slot)))
			stats->nr_unused++;
	list_for_each_entry(waiter, &waiters, link)
		stats->nr_waiting++;
	spin_unlock(&pkmap_lock);
}

static void check_slot(unsigned int slot)
{
	pte_t pte = *slot_pte(slot);
	struct page *page;

	assert(nr_users[slot] > 0 || list_is_empty(&waiters));		/* H3 */
	if (pte_is_none(pte)) {
		assert(nr_users[slot] == 0);				/* H1 */
		return;
	}
	page = pfn_to_page(pte_pfn(pte));
	assert(pte.raw == pte_make(pte_pfn(pte), PROT_KERNEL).raw);
	assert(page_is_highmem(page));					/* H2 */
	assert(page->kaddr == (void *)slot_to_virt(slot));
}

static void check_atomic_slots(unsigned int cpu)
{
	unsigned int level;
	bool present;

	assert(kmap_atomic_level[cpu] <= KMAP_ATOMIC_DEPTH);
	for (level = 0; level < KMAP_ATOMIC_DEPTH; level++) {
		present = pte_is_present(*kernel_pte(atomic_slot(cpu, level)));
		assert(present == (level < kmap_atomic_level[cpu]));	/* H4 */
	}
}

void highmem_check(void)
{
	spin_lock(&pkmap_lock);
	for (unsigned int slot = 0; slot < PKMAP_SLOTS; slot++)
		check_slot(slot);
	spin_unlock(&pkmap_lock);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		check_atomic_slots(cpu);
}
