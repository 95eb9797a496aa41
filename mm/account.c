// SPDX-License-Identifier: MIT
/*
 * account - promises of memory, and how many of them are given.
 *
 * A program that maps memory gets no frames but the promise of some.  Each
 * page that may come to need a frame of its own is one promise:
 *
 *	an area, private and writable	all its pages, VM_ACCOUNT; kept when
 *					mprotect() takes the right to write
 *	shared anonymous memory		its size, once, however many map it
 *	a file in memory		each page when it is made
 *
 * nr_committed is their sum, Committed_AS.  Three modes say when a promise is
 * refused: never; when it alone is more than all RAM; or when the sum would
 * exceed CommitLimit, so that no promise can ever be broken.
 *
 * Limits of one process are checked here, too.  How much it has of a kind is
 * not counted but summed up from its areas when somebody wants to know: few
 * set such limits, and everybody maps memory.
 *
 * Locking: words of their own, changed atomically.  Between the look at the
 * sum and the addition others may add theirs; so it is added first.
 */
#include "mm/account.h"

#include "lib/div64.h"
#include "mm/zone.h"

#define KIB_TO_PAGES(kib)	((kib) / (PAGE_SIZE / 1024))

int32_t vm_overcommit_memory;
int32_t vm_overcommit_ratio = 50;
uint32_t vm_overcommit_kbytes;
int32_t vm_max_map_count = 65530;
uint32_t vm_admin_reserve_kbytes, vm_user_reserve_kbytes;

uint32_t nr_ram_pages;
int32_t nr_committed;

void account_init(void)
{
	uint32_t kib;

	for (unsigned int i = 0; i < NR_ZONES; i++)
		nr_ram_pages += zones[i].nr_managed;
	kib = nr_ram_pages / 32 * (PAGE_SIZE / 1024);
	vm_admin_reserve_kbytes = min(kib, 8u << 10);
	vm_user_reserve_kbytes = min(kib, 128u << 10);
}

void vm_set_overcommit_ratio(int32_t percent)
{
	vm_overcommit_ratio = percent;
	vm_overcommit_kbytes = 0;
}

void vm_set_overcommit_kbytes(uint32_t kib)
{
	vm_overcommit_kbytes = kib;
	vm_overcommit_ratio = 0;
}

uint32_t vm_commit_limit(void)
{
	if (vm_overcommit_kbytes)
		return KIB_TO_PAGES(vm_overcommit_kbytes);
	return div64_32((uint64_t)nr_ram_pages * (uint32_t)vm_overcommit_ratio,
			100, NULL);
}

uint32_t vm_committed(void)
{
	return max(READ_ONCE(nr_committed), 0);
}

/* How many promises there may be in all, when @mm asks in mode 2. */
static int32_t most_for(const struct mm *mm)
{
	int32_t most = vm_commit_limit();

	if (!mm || !mm->may_lock_all)
		most -= KIB_TO_PAGES(vm_admin_reserve_kbytes);
	if (mm)
		most -= min(mm->total_vm / 32,
			    KIB_TO_PAGES(vm_user_reserve_kbytes));
	return most;
}

bool vm_charge_by_mode(const struct mm *mm, uint32_t nr_pages)
{
	atomic_add(&nr_committed, nr_pages);
	if (vm_overcommit_memory == OVERCOMMIT_ALWAYS ||
	    READ_ONCE(nr_committed) < most_for(mm))
		return true;
	vm_uncharge(nr_pages);
	return false;
}

uint32_t mm_sum(const struct mm *mm, uint32_t mask, uint32_t value)
{
	uint32_t nr_pages = 0;

	for (const struct vma *vma = mm->vmas.first; vma; vma = vma->next)
		if ((vma->flags & mask) == value)
			nr_pages += vma_nr_pages(vma);
	return nr_pages;
}

bool mm_data_may_expand(const struct mm *mm, uint32_t nr_pages)
{
	return mm_sum(mm, VM_KIND, VM_KIND_DATA) + nr_pages <=
	       mm->limit_data >> PAGE_SHIFT;
}

bool mm_may_lock(const struct mm *mm, uint32_t nr_pages)
{
	return mm->may_lock_all || mm->limit_memlock == UINT32_MAX ||
	       mm_sum(mm, VM_LOCKED, VM_LOCKED) + nr_pages <=
	       mm->limit_memlock >> PAGE_SHIFT;
}
