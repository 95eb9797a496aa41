// SPDX-License-Identifier: MIT
/*
 * remap - frames that no page cache knows, in user space: the memory of a
 * device, or of the kernel.
 *
 *	vma (VM_PFNMAP) ---> entries (PTE_FRAME) ---> a frame buffer, registers,
 *						      a buffer of the kernel's
 *
 * A driver's map() calls this for each new area, and that is all that ever
 * fills it: a touch of a page that is not there is a SIGBUS.  Nobody counts
 * who maps such a frame.  Its owner must keep it for as long as it may be
 * mapped, which is for ever for a device.
 *
 * fork() copies the entries, mremap() moves them, mprotect() changes their
 * rights, like all others.  A private area copies a frame at the first write;
 * the copy is then an ordinary anonymous page.
 *
 * The memory of a device must not be cached: reads may have effects, and what
 * is written is to arrive (SDM volume 3, section 12.3).  PCD and PWT in the
 * entry make it uncached, whatever the MTRRs say.
 */
#include "lib/errno.h"
#include "mm/mmap_internal.h"

static int remap_range(struct mm *mm, struct vma *vma, vaddr_t addr, pfn_t pfn,
		       size_t size, uint32_t flags)
{
	assert(vma->flags & VM_PFNMAP && PAGE_ALIGNED(addr));
	if (addr < vma->start || addr >= vma->end || size > vma->end - addr)
		return -EINVAL;
	flags |= PTE_USER_READ;
	if ((vma->flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED))
		flags |= PTE_WRITE;
	if (!(vma->flags & VM_ACCESS))
		flags ^= PTE_PRESENT | PTE_WITHHELD;
	for (size = PAGE_ALIGN_UP(size); size; size -= PAGE_SIZE) {
		pte_t *pte = pgtable_ensure(&mm->pgtable, addr);

		if (!pte)
			return -ENOMEM;
		pgtable_map_frame(pte, pfn++, flags);
		addr += PAGE_SIZE;
	}
	return 0;
}

int mm_remap_pfn_range(struct mm *mm, struct vma *vma, vaddr_t addr, pfn_t pfn,
		       size_t size)
{
	return remap_range(mm, vma, addr, pfn, size, 0);
}

int mm_io_remap_pfn_range(struct mm *mm, struct vma *vma, vaddr_t addr,
			  pfn_t pfn, size_t size)
{
	return remap_range(mm, vma, addr, pfn, size, PTE_PCD | PTE_PWT);
}
