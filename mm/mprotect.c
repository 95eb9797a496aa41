// SPDX-License-Identifier: MIT
/*
 * mprotect - changes what may be done to the pages of a range, area by area.
 * What of it has to fail all at once does so while the spares are got; then
 * each area is checked, changed, and its entries with it, up to one that
 * refuses: Linux leaves what came before it changed as well.
 */
#include "lib/errno.h"
#include "mm/fault.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/mmap_internal.h"

struct mprotect_request {
	struct mmap_flags_of of;
	vaddr_t	 start, end;
	int	 prot;
	bool	 read_exec;		/* what can be read can be executed */
	struct vma *first;		/* the area at start */
};

/* The flags that @vma gets. */
static uint32_t mprotect_flags(struct mmap_flags_of *of, const struct vma *vma)
{
	const struct mprotect_request *req =
		container_of(of, struct mprotect_request, of);
	uint32_t flags = (vma->flags & ~VM_ACCESS) | (req->prot & VM_ACCESS);

	if (req->read_exec && !(vma->file && vma->file->no_exec))
		flags |= VM_EXEC;
	return mmap_is_accounted(flags) ? flags | VM_ACCOUNT : flags;
}

/* May @vma have @flags?  If so, what that promises is promised. */
static int mprotect_check(const struct mm *mm,
			  const struct mprotect_request *req,
			  const struct vma *vma, uint32_t flags)
{
	uint32_t nr_pages = (min(vma->end, req->end) -
			     max(vma->start, req->start)) >> PAGE_SHIFT;

	if ((flags & VM_WRITE) && (flags & VM_SHARED) &&
	    !vma->file->may_write)
		return -EACCES;
	if ((flags & VM_WRITE) && (flags & VM_NOWRITE))
		return -EACCES;
	if ((flags & VM_EXEC) && vma->file && vma->file->no_exec)
		return -EACCES;
	if (flags == vma->flags)
		return 0;
	if ((flags & VM_WRITE) && !mm_may_expand(mm, flags, nr_pages) &&
	    mm_may_expand(mm, vma->flags, nr_pages))
		return -ENOMEM;
	if ((flags & ~vma->flags & VM_ACCOUNT) && !vm_charge(mm, nr_pages))
		return -ENOMEM;
	return 0;
}

static enum pgtable_access access_of(uint32_t flags)
{
	if (!(flags & VM_ACCESS))
		return PGTABLE_NONE;
	return (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? PGTABLE_COPIED :
		PGTABLE_READ;
}

static struct vma *mprotect_area(struct mm *mm, struct mprotect_request *req,
				 struct vma *vma, uint32_t flags,
				 struct mmap_spares *spares)
{
	vaddr_t start = max(vma->start, req->start);
	vaddr_t end = min(vma->end, req->end);
	/* A private locked area is to have its own pages from the start. */
	bool copies = (flags & VM_WRITE) &&
		(vma->flags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED;

	if (flags == vma->flags)
		return vma;
	vma = mmap_change_area(mm, vma, start, end, flags, spares);
	pgtable_protect(&mm->pgtable, start, end, access_of(flags));
	if (unlikely(copies))
		mmap_populate(mm, start, end, true);
	return vma;
}

/* One after the other, up to a hole or to one that refuses: as Linux. */
static int mprotect_areas(struct mm *mm, struct mprotect_request *req,
			  struct mmap_spares *spares)
{
	struct vma *vma = req->first;
	vaddr_t done;

	for (;;) {
		uint32_t flags = mprotect_flags(&req->of, vma);
		int err = mprotect_check(mm, req, vma, flags);

		if (err)
			return err;
		vma = mprotect_area(mm, req, vma, flags, spares);
		done = vma->end;
		if (done >= req->end)
			return 0;
		vma = vma->next;
		if (!vma || vma->start != done)
			return -ENOMEM;
	}
}

static int mprotect_locked(struct mm *mm, struct mprotect_request *req)
{
	struct vma *vma = vma_find(&mm->vmas, req->start);
	struct mmap_spares spares;
	int err;

	if (!vma)
		return -ENOMEM;
	if (req->prot & PROT_GROWSDOWN) {
		if (vma->start >= req->end)
			return -ENOMEM;
		req->start = vma->start;
		if (!(vma->flags & VM_GROWSDOWN))
			return -EINVAL;
	}
	if (vma->start > req->start)
		return -ENOMEM;
	if (req->prot & PROT_GROWSUP)
		return -EINVAL;
	req->first = vma;
	err = mmap_get_spares(mm, vma, req->start, req->end, &req->of,
			      &spares);
	if (err)
		return err;
	err = mprotect_areas(mm, req, &spares);
	mmap_put_spares(&spares);
	return err;
}

int mm_mprotect(struct mm *mm, vaddr_t addr, size_t len, int prot)
{
	const int grows = PROT_GROWSDOWN | PROT_GROWSUP;
	struct mprotect_request req;
	int err;

	if ((prot & grows) == grows || !PAGE_ALIGNED(addr))
		return -EINVAL;
	if (!len)
		return 0;
	len = PAGE_ALIGN_UP(len);
	if (addr + len <= addr)
		return -ENOMEM;
	if (prot & ~(grows | PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	req.of.flags = mprotect_flags;
	req.start = addr;
	req.end = addr + len;
	req.prot = prot;
	req.read_exec = prot & mm->read_exec;
	mutex_lock(&mm->lock);
	err = mprotect_locked(mm, &req);
	mutex_unlock(&mm->lock);
	return err;
}
