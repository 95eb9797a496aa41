// SPDX-License-Identifier: MIT
/*
 * mmap - the calls by which a program arranges its address space.  They give
 * Linux's answers, and check in Linux's order.
 *
 * Each of them first asks for all that may be refused, and then does what
 * cannot fail: a call that returns an error has changed nothing.
 *
 * Context: all may sleep and take mm->lock.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mm/layout.h"

struct vm_file;
struct vm_file_ops;
struct mm;
struct vma;

#define PROT_NONE		0x0
#define PROT_READ		0x1
#define PROT_WRITE		0x2
#define PROT_EXEC		0x4
#define PROT_SEM		0x8
#define PROT_GROWSDOWN		0x01000000
#define PROT_GROWSUP		0x02000000

#define MAP_SHARED		0x01
#define MAP_PRIVATE		0x02
#define MAP_SHARED_VALIDATE	0x03
#define MAP_TYPE		0x0f
#define MAP_FIXED		0x10
#define MAP_ANONYMOUS		0x20
#define MAP_GROWSDOWN		0x0100
#define MAP_LOCKED		0x2000
#define MAP_NORESERVE		0x4000
#define MAP_POPULATE		0x8000
#define MAP_NONBLOCK		0x10000
#define MAP_HUGETLB		0x40000
#define MAP_FIXED_NOREPLACE	0x100000

#define MREMAP_MAYMOVE		1
#define MREMAP_FIXED		2
#define MREMAP_DONTUNMAP	4

#define MADV_NORMAL		0
#define MADV_RANDOM		1
#define MADV_SEQUENTIAL		2
#define MADV_WILLNEED		3
#define MADV_DONTNEED		4
#define MADV_FREE		8
#define MADV_REMOVE		9
#define MADV_DONTFORK		10
#define MADV_DOFORK		11
#define MADV_MERGEABLE		12
#define MADV_UNMERGEABLE	13
#define MADV_HUGEPAGE		14
#define MADV_NOHUGEPAGE		15
#define MADV_DONTDUMP		16
#define MADV_DODUMP		17
#define MADV_WIPEONFORK		18
#define MADV_KEEPONFORK		19
#define MADV_COLD		20
#define MADV_PAGEOUT		21
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#define MADV_DONTNEED_LOCKED	24

#define MLOCK_ONFAULT		1
#define MCL_CURRENT		1
#define MCL_FUTURE		2
#define MCL_ONFAULT		4

#define MS_ASYNC		1
#define MS_INVALIDATE		2
#define MS_SYNC			4

/**
 * mm_mmap() - map @len bytes of @file, from page @pgoff on, or zeros.
 * @file: what to map, which has a mapping; NULL for anonymous memory.
 *	  References are taken as needed; the caller keeps his own
 *
 * Return: the address, page-aligned (so above -4096 it is an error);
 *	   -EINVAL, -ENOMEM, -EEXIST, -EPERM, -EACCES, -EOVERFLOW,
 *	   -EOPNOTSUPP as mmap(2).
 */
long mm_mmap(struct mm *mm, vaddr_t addr, size_t len, int prot, int flags,
	     struct vm_file *file, uint32_t pgoff);

/** mm_munmap() - Return: 0, -EINVAL, -ENOMEM as munmap(2). */
int mm_munmap(struct mm *mm, vaddr_t addr, size_t len);

/**
 * mm_remap_pfn_range() - let [@addr, @addr + @size) of @vma, which is VM_PFNMAP
 * and has nothing there yet, show the frames from @pfn on.
 * mm_io_remap_pfn_range() - the same for memory of a device: uncached.
 *
 * The frames are not counted; their owner keeps them for as long as areas show
 * them.  Context: mm->lock held; may sleep.
 * Return: 0; -EINVAL: outside of @vma; -ENOMEM.
 */
int mm_remap_pfn_range(struct mm *mm, struct vma *vma, vaddr_t addr, pfn_t pfn,
		       size_t size);
int mm_io_remap_pfn_range(struct mm *mm, struct vma *vma, vaddr_t addr,
			  pfn_t pfn, size_t size);

/* What areas of such a file are. */
#define VM_DEVICE	(VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP)

/**
 * mm_detach() - shmdt(): unmap what is left of the file with @ops that was
 * mapped as a whole at @addr.  Return: 0; -EINVAL: there is none.
 */
int mm_detach(struct mm *mm, vaddr_t addr, const struct vm_file_ops *ops);

/**
 * mm_remap_file_pages() - let a range of a shared area show its file from
 * @pgoff on: an area more.  Return: as remap_file_pages(2).
 */
int mm_remap_file_pages(struct mm *mm, vaddr_t start, size_t size, int prot,
			uint32_t pgoff, int flags);

/**
 * mm_mprotect() - Return: 0, -EINVAL, -ENOMEM, -EACCES as mprotect(2).
 *
 * What lies before a hole, or an area that refuses, has been changed, as on
 * Linux; when memory is short nothing has.
 */
int mm_mprotect(struct mm *mm, vaddr_t addr, size_t len, int prot);

/**
 * mm_mremap() - make [@addr, @addr + @old_len) be @new_len bytes, moving its
 * page-table entries if need be; as mremap(2).
 * @new_addr: where to, with MREMAP_FIXED; a hint with MREMAP_DONTUNMAP
 *
 * As on Linux the target of MREMAP_FIXED is cleared before anybody looks at
 * the area; a call that fails otherwise changes nothing.
 *
 * Return: the new address; -EINVAL, -EFAULT, -ENOMEM, -EPERM.
 */
long mm_mremap(struct mm *mm, vaddr_t addr, size_t old_len, size_t new_len,
	       uint32_t flags, vaddr_t new_addr);

/**
 * mm_madvise() - Return: 0; -EINVAL, -EACCES, -EOPNOTSUPP, -EAGAIN, -EFAULT
 * as madvise(2); -ENOMEM also after a hole, when the areas around it have
 * been advised.  Areas before the one that refuses have been advised, too.
 */
int mm_madvise(struct mm *mm, vaddr_t addr, size_t len, int advice);

/**
 * mm_mincore() - which pages from @addr on are in memory?  It stops at the
 * end of an area.
 * @in_core: set to 0 or 1, a byte a page
 *
 * Return: how many of the @nr_pages were looked at; -ENOMEM: not mapped.
 */
long mm_mincore(struct mm *mm, vaddr_t addr, uint32_t nr_pages,
		uint8_t *in_core);

/** mm_msync() - Return: 0; -EINVAL, -ENOMEM, -EBUSY as msync(2). */
int mm_msync(struct mm *mm, vaddr_t addr, size_t len, int flags);

/**
 * mm_mlock(), mm_munlock(), mm_mlockall() - for who may lock what he likes.
 * @flags: of mlock2(); of mlockall(), where 0 is munlockall()
 *
 * Return: 0; -EINVAL, -ENOMEM, -EAGAIN as mlock(2).  At a hole, what is
 * before it has been changed.
 */
int mm_mlock(struct mm *mm, vaddr_t addr, size_t len, int flags);
int mm_munlock(struct mm *mm, vaddr_t addr, size_t len);
int mm_mlockall(struct mm *mm, int flags);

/** mm_brk() - Return: the new end of the heap, or the old one: refused. */
vaddr_t mm_brk(struct mm *mm, vaddr_t brk);

/** mm_set_brk() - exec: the heap is empty and starts at @start. */
void mm_set_brk(struct mm *mm, vaddr_t start);

/**
 * mm_map_stack() - exec: an area for the stack below STACK_TOP.
 * Return: 0 or -ENOMEM.
 */
int mm_map_stack(struct mm *mm);
