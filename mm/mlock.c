// SPDX-License-Identifier: MIT
/*
 * mlock - memory that is there and stays there.
 *
 * To lock is to mark areas VM_LOCKED and then to bring in their pages, unless
 * VM_LOCKONFAULT leaves that to the faults.  Nothing takes pages away from a
 * program behind its back, so the mark has an effect only on what the program
 * does itself: madvise() and msync() refuse to drop what is locked, and what
 * joins a locked area, by mremap() or under mlockall(MCL_FUTURE), is brought
 * in at once.  fork() leaves the mark behind.
 *
 * A hole does not undo what was marked before it: like on Linux, the call
 * then fails with half of its work done, and says so by ENOMEM.
 *
 * How much may be locked, mm->limit_memlock says; root has no limit.
 */
#include "lib/errno.h"
#include "mm/fault.h"
#include "mm/mmap_internal.h"

/* Nothing of these can be taken away anyway. */
#define VM_SPECIAL_LOCK	(VM_SPECIAL & ~VM_NOJOIN)

/* Writable private pages are to be had without any fault, so copied now. */
static int populate_area(struct mm *mm, const struct vma *vma, vaddr_t start,
			 vaddr_t end)
{
	bool write = (vma->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;

	for (; start < end; start += PAGE_SIZE) {
		int err = fault_in_locked(mm, start, write);

		if (err)
			return err;
	}
	return 0;
}

int __small mmap_populate(struct mm *mm, vaddr_t start, vaddr_t end, bool persist)
{
	struct vma *vma = vma_find(&mm->vmas, start);

	for (; vma && vma->start < end; vma = vma->next) {
		int err;

		if (vma->flags & (VM_LOCKONFAULT | VM_IO | VM_PFNMAP))
			continue;
		err = populate_area(mm, vma, max(start, vma->start),
				    min(end, vma->end));
		if (err && !persist)
			return err;
	}
	return 0;
}

/* Where the areas that begin with the one at @start stop being adjacent. */
static vaddr_t first_hole(struct mm *mm, vaddr_t start, vaddr_t end)
{
	const struct vma *vma = vma_find(&mm->vmas, start);

	for (; vma && vma->start <= start && start < end; vma = vma->next)
		start = vma->end;
	return min(start, end);
}

/* Set the lock flags to @lock from @start up to the first hole. */
static int __small mark(struct mm *mm, vaddr_t start, vaddr_t end, uint32_t lock)
{
	struct mmap_change change = {
		.clear = VM_LOCK_FLAGS, .set = lock, .except = VM_SPECIAL_LOCK,
	};
	vaddr_t stop = first_hole(mm, start, end);
	int err = 0;

	if (start < stop)
		err = mmap_change_flags(mm, start, stop, &change);
	return !err && stop < end ? -ENOMEM : err;
}

static uint32_t lock_flags(bool on_fault)
{
	return VM_LOCKED | (on_fault ? VM_LOCKONFAULT : 0);
}

/* Widen to whole pages.  Return: 0; -EINVAL: beyond the last address. */
static int round_to_pages(vaddr_t *start, vaddr_t *end, size_t len)
{
	*end = *start & PAGE_MASK;
	*end += PAGE_ALIGN_UP(len + *start % PAGE_SIZE);
	*start &= PAGE_MASK;
	return *end < *start ? -EINVAL : 0;
}

/* Pages of [@start, @end) that are not locked yet, holes among them. */
static uint32_t nr_to_lock(struct mm *mm, vaddr_t start, vaddr_t end)
{
	uint32_t size = end - start;
	const struct vma *vma;

	if (mm->may_lock_all || mm->limit_memlock == UINT32_MAX)
		return 0;
	vma = start < TASK_SIZE ? vma_find(&mm->vmas, start) : NULL;
	for (; vma && vma->start < end; vma = vma->next)
		if (vma->flags & VM_LOCKED)
			size -= min(vma->end, end) - max(vma->start, start);
	return size >> PAGE_SHIFT;
}

int __small mm_mlock(struct mm *mm, vaddr_t addr, size_t len, int flags)
{
	vaddr_t end;
	int err;

	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	if (!mm_can_lock(mm))
		return -EPERM;
	err = round_to_pages(&addr, &end, len);
	mutex_lock(&mm->lock);
	if (!mm_may_lock(mm, nr_to_lock(mm, addr, end)))
		err = -ENOMEM;
	else if (!err)
		err = mark(mm, addr, end, lock_flags(flags & MLOCK_ONFAULT));
	if (!err) {
		err = mmap_populate(mm, addr, end, false);
		if (err)
			err = err == -ENOMEM ? -EAGAIN : -ENOMEM;
	}
	mutex_unlock(&mm->lock);
	return err;
}

int __small mm_munlock(struct mm *mm, vaddr_t addr, size_t len)
{
	vaddr_t end;
	int err = round_to_pages(&addr, &end, len);

	if (err)
		return err;
	mutex_lock(&mm->lock);
	err = mark(mm, addr, end, 0);
	mutex_unlock(&mm->lock);
	return err;
}

int __small mm_mlockall(struct mm *mm, int flags)
{
	uint32_t lock = lock_flags(flags & MCL_ONFAULT);
	struct mmap_change change = {
		.clear = VM_LOCK_FLAGS, .except = VM_SPECIAL_LOCK,
	};

	if ((flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) ||
	    flags == MCL_ONFAULT)
		return -EINVAL;
	if (flags && !mm_can_lock(mm))
		return -EPERM;
	mutex_lock(&mm->lock);
	if ((flags & MCL_CURRENT) && !mm->may_lock_all &&
	    mm->total_vm > mm->limit_memlock >> PAGE_SHIFT) {
		mutex_unlock(&mm->lock);
		return -ENOMEM;
	}
	mm->def_flags = flags & MCL_FUTURE ? lock : 0;
	if (flags & MCL_CURRENT)
		change.set = lock;
	if (flags != MCL_FUTURE && flags != (MCL_FUTURE | MCL_ONFAULT))
		(void)mmap_change_flags(mm, 0, TASK_SIZE, &change);
	if (flags & MCL_CURRENT)
		mmap_populate(mm, 0, TASK_SIZE, true);
	mutex_unlock(&mm->lock);
	return 0;
}
