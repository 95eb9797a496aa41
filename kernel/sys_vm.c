// SPDX-License-Identifier: MIT
/*
 * sys_vm - memory calls across processes: process_vm_readv, process_vm_writev,
 * membarrier; and remap_file_pages.
 *
 * Another one's memory is reached page by page: what is missing is brought in
 * as his own fault would do it, the page gets a reference under his mm->lock,
 * and is copied when that lock is free again; so nobody holds two mm->locks.
 */
#include "kernel/syscall.h"

#include "fs/cred.h"
#include "fs/file.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/buddy.h"
#include "mm/fault.h"
#include "mm/highmem.h"
#include "mm/kmalloc.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

#define IOV_MAX		1024u
#define COUNT_MAX	0x7ffff000u	/* bytes of one call */

long sys_remap_file_pages(struct trap_frame *frame)
{
	return mm_remap_file_pages(current_task()->mm, frame->ebx, frame->ecx,
				   frame->edx, frame->esi, frame->edi);
}

/* ------------------------------------------------------------- process_vm */

/* A list of pieces of memory, and how far it has been used. */
struct pieces {
	struct iovec *iov;
	uint32_t nr, at;
	uint32_t done;			/* of iov[at] */
};

/* Return: 0; -EINVAL, -EFAULT, -ENOMEM; the list is for kfree(). */
static int pieces_get(struct pieces *pieces, vaddr_t from, uint32_t nr,
		      uint32_t *size)
{
	*pieces = (struct pieces){ .nr = nr };
	*size = 0;
	if (nr > IOV_MAX)
		return -EINVAL;
	if (!nr)
		return 0;
	pieces->iov = kmalloc(nr * sizeof(struct iovec), GFP_KERNEL);
	if (!pieces->iov)
		return -ENOMEM;
	if (copy_from_user(pieces->iov, from, nr * sizeof(struct iovec)))
		return -EFAULT;
	for (uint32_t i = 0; i < nr; i++) {
		struct iovec *piece = &pieces->iov[i];

		if ((int32_t)piece->size < 0)
			return -EINVAL;
		piece->size = min(piece->size, COUNT_MAX - *size);
		*size += piece->size;
	}
	return 0;
}

/* The next bytes; Return: their number, 0 at the end. */
static uint32_t pieces_next(struct pieces *pieces, vaddr_t *at)
{
	while (pieces->at < pieces->nr &&
	       pieces->done == pieces->iov[pieces->at].size) {
		pieces->at++;
		pieces->done = 0;
	}
	if (pieces->at == pieces->nr)
		return 0;
	*at = pieces->iov[pieces->at].base + pieces->done;
	return pieces->iov[pieces->at].size - pieces->done;
}

/* A page of @mm that it may itself read, or write; with a reference. */
static struct page *get_page_of(struct mm *mm, vaddr_t at, bool write)
{
	const struct vma *vma;
	struct page *page = NULL;
	const pte_t *pte;

	mutex_lock(&mm->lock);
	vma = at < TASK_SIZE ? vma_find(&mm->vmas, at) : NULL;
	if (vma && vma->start <= at && !(vma->flags & (VM_IO | VM_PFNMAP)) &&
	    vma->flags & (write ? VM_WRITE : VM_READ) &&
	    !fault_in_locked(mm, at, write)) {
		pte = pgtable_find(&mm->pgtable, at);
		page = pfn_to_page(pte_pfn(*pte));
		page_get(page);
	}
	mutex_unlock(&mm->lock);
	return page;
}

/* Up to @size bytes inside one page of @mm.  Return: what was copied. */
static uint32_t copy_step(struct mm *mm, vaddr_t remote, vaddr_t local,
			  uint32_t size, bool write)
{
	struct page *page = get_page_of(mm, remote, write);
	uint32_t offset = remote % PAGE_SIZE;
	char *at;

	if (!page)
		return 0;
	at = kmap(page);
	size -= write ? copy_from_user(at + offset, local, size) :
		copy_to_user(local, at + offset, size);
	kunmap(page);
	page_put(page);
	return size;
}

static long copy_pieces(struct mm *mm, struct pieces *local,
			struct pieces *remote, bool write)
{
	uint32_t done = 0, nr, n, copied;
	vaddr_t here, there;

	for (;;) {
		nr = pieces_next(local, &here);
		n = pieces_next(remote, &there);
		n = min(min(n, nr), PAGE_SIZE - there % PAGE_SIZE);
		if (!n)
			return done;
		copied = copy_step(mm, there, here, n, write);
		done += copied;
		local->done += copied;
		remote->done += copied;
		if (copied < n)
			return done ? (long)done : -EFAULT;
	}
}

static bool may_touch(const struct task *task)
{
	const struct cred *own = current_task()->cred, *cred = task->cred;

	if (task->process == current_process() || own->euid == 0)
		return true;
	return task->process->is_dumpable && own->uid == cred->uid &&
	       own->uid == cred->euid && own->uid == cred->suid &&
	       own->gid == cred->gid && own->gid == cred->egid &&
	       own->gid == cred->sgid;
}

static int mm_of_pid(int pid, struct mm **mm)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task = pid > 0 ? task_find(pid) : NULL;
	int err = 0;

	if (!task || !task->mm)
		err = -ESRCH;
	else if (!may_touch(task))
		err = -EPERM;
	else
		mm_get(*mm = task->mm);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return err;
}

static long process_vm(const struct trap_frame *frame, bool write)
{
	struct pieces local, remote = { .iov = NULL };
	uint32_t size, size_there;
	struct mm *mm = NULL;
	long result;

	if (frame->ebp)
		return -EINVAL;
	result = pieces_get(&local, frame->ecx, frame->edx, &size);
	if (!result && size)
		result = pieces_get(&remote, frame->esi, frame->edi,
				    &size_there);
	if (!result && size && size_there) {
		result = mm_of_pid(frame->ebx, &mm);
		if (!result) {
			result = copy_pieces(mm, &local, &remote, write);
			mm_put(mm);
		}
	}
	kfree(local.iov);
	kfree(remote.iov);
	return result;
}

long sys_process_vm_readv(struct trap_frame *frame)
{
	return process_vm(frame, false);
}

long sys_process_vm_writev(struct trap_frame *frame)
{
	return process_vm(frame, true);
}

/* ------------------------------------------------------------- membarrier */
/*
 * One CPU runs all threads, and a switch between them is a barrier: there is
 * nothing left to do but to keep the rules of who has registered.
 */

#define GLOBAL			(1u << 0)
#define GLOBAL_EXPEDITED	(1u << 1)
#define REGISTER_GLOBAL		(1u << 2)
#define PRIVATE			(1u << 3)
#define REGISTER_PRIVATE	(1u << 4)
#define PRIVATE_CORE		(1u << 5)
#define REGISTER_PRIVATE_CORE	(1u << 6)
#define PRIVATE_RSEQ		(1u << 7)
#define REGISTER_PRIVATE_RSEQ	(1u << 8)
#define ALL_BARRIERS		0x1ffu
#define CPU_FLAG		1u

long sys_membarrier(struct trap_frame *frame)
{
	struct mm *mm = current_task()->mm;
	uint32_t what = frame->ebx;

	if (what == PRIVATE_RSEQ ? frame->ecx & ~CPU_FLAG : frame->ecx)
		return -EINVAL;
	switch (what) {
	case 0:
		return ALL_BARRIERS;
	case GLOBAL:
	case GLOBAL_EXPEDITED:
	case REGISTER_GLOBAL:
		return 0;
	case REGISTER_PRIVATE:
	case REGISTER_PRIVATE_CORE:
	case REGISTER_PRIVATE_RSEQ:
		__atomic_fetch_or(&mm->membarrier, (uint8_t)(what >> 1),
				  __ATOMIC_RELAXED);
		return 0;
	case PRIVATE:
	case PRIVATE_CORE:
	case PRIVATE_RSEQ:
		return mm->membarrier & what ? 0 : -EPERM;
	default:
		return -EINVAL;
	}
}
