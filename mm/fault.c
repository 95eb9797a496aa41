// SPDX-License-Identifier: MIT
/*
 * fault - what a page fault means, and one short handler for each meaning.
 *
 * The CPU says where (CR2) and what was tried (the error code); the area says
 * what is allowed; the entry says what is there.  fault_classify() puts the
 * three together, and changes nothing:
 *
 *	area		allowed	entry	    access   kind
 *	none		-	-	    -	     NO_AREA: SIGSEGV, MAPERR
 *	a stack above	-	-	    -	     GROW_STACK, then as below
 *	there		no	-	    -	     NO_ACCESS: SIGSEGV, ACCERR
 *	anonymous	yes	none	    read     ZERO_PAGE
 *	anonymous	yes	none	    write    DEMAND_ZERO
 *	of a mapping	yes	none	    read     MAP_PAGE
 *	shared		yes	none	    write    MAP_PAGE
 *	private		yes	none	    write    COPY_PAGE
 *	private		yes	read-only   write    COPY_ON_WRITE
 *	shared		yes	read-only   write    SHARED_WRITE
 *	there		yes	allows it   any	     SPURIOUS
 *
 * Memory that is read before it is written shares one page of zeros, like on
 * Linux: a program that only looks at a sparse array then has no frames for
 * it, at the price of a second fault for a page that is written later.
 *
 * A read fault maps the neighbours in the file as well, if they are there
 * (fault_around()).
 *
 * A private page that is nobody else's by now (the other side of the fork has
 * copied it, or is gone) is not copied but made writable.  One reference means
 * that; the page of a mapping is always copied, for its mapping may be the one
 * that is about to give it up.
 *
 * A shared page that the area may write is writable from its first fault on.
 * The CPU notes the first write in the entry (PTE_DIRTY), which is told to the
 * page when the entry goes.  SHARED_WRITE is left for entries that mprotect()
 * once took the right from.
 *
 * SPURIOUS: another thread served the same fault, or an entry gained a right
 * and the TLB does not know yet.  The access is just tried again.
 *
 * A fault in the kernel is served in the same way if it hit a user address,
 * since uaccess works on behalf of the program.  What cannot be served ends
 * the copy (uaccess_fixup()) or, anywhere else, is a bug of the kernel: oops.
 *
 * CR2 is read first of all: the gate keeps interrupts off until then, for a
 * fault in a handler, or in a thread that the handler switched to, would
 * overwrite it.
 *
 * Locking: mm->lock from the search of the area to the write of the entry.
 */
#include "mm/fault.h"

#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/account.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/highmem.h"
#include "mm/pagecopy.h"
#include "mm/vmalloc.h"
#include "x86/cpu.h"
#include "x86/panic.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

/* Linux's numbers. */
#define SIGBUS		7
#define SIGKILL		9
#define SIGSEGV		11
#define SEGV_MAPERR	1
#define SEGV_ACCERR	2
#define BUS_ADRERR	2
#define SI_KERNEL	0x80

#define AROUND		16		/* pages that one read fault may map */

enum fault_kind {
	FAULT_SPURIOUS,
	FAULT_ZERO_PAGE,
	FAULT_DEMAND_ZERO,
	FAULT_MAP_PAGE,
	FAULT_COPY_PAGE,
	FAULT_COPY_ON_WRITE,
	FAULT_SHARED_WRITE,
	FAULT_GROW_STACK,		/* these three change no entry */
	FAULT_NO_AREA,
	FAULT_NO_ACCESS,
};

uint32_t nr_faults_served;

static void (*signal_hook)(struct trap_frame *frame, int signo, int si_code,
			   vaddr_t addr);

void fault_set_signal(void (*signal)(struct trap_frame *frame, int signo,
				     int si_code, vaddr_t addr))
{
	signal_hook = signal;
}

/* Without NX, whatever may be written or executed can be read as well. */
static bool is_allowed(const struct vma *vma, uint32_t error)
{
	return vma->flags & (error & PF_WRITE ? VM_WRITE : VM_ACCESS);
}

/* @vma: the first area that ends above @addr; @pte: NULL without a table. */
static enum fault_kind fault_classify(const struct vma *vma, const pte_t *pte,
				      vaddr_t addr, uint32_t error)
{
	bool write = error & PF_WRITE;

	if (!vma)
		return FAULT_NO_AREA;
	if (unlikely(addr < vma->start))
		return vma->flags & VM_GROWSDOWN ? FAULT_GROW_STACK :
			FAULT_NO_AREA;
	if (unlikely(!is_allowed(vma, error)))
		return FAULT_NO_ACCESS;
	if (!pte || pte_is_none(*pte)) {
		if (!vma->file)
			return write ? FAULT_DEMAND_ZERO : FAULT_ZERO_PAGE;
		return write && !(vma->flags & VM_SHARED) ? FAULT_COPY_PAGE :
			FAULT_MAP_PAGE;
	}
	if (!write || (pte->raw & PTE_WRITE))
		return FAULT_SPURIOUS;
	return vma->flags & VM_SHARED ? FAULT_SHARED_WRITE :
		FAULT_COPY_ON_WRITE;
}

/* -------------------------------------------------------------- handlers */
/*
 * Each returns 0 when the access can be tried again, -ENOMEM, or -EIO when a
 * mapping has no such page.
 */

static inline struct page *alloc_anon(gfp_t gfp)
{
	struct page *page = alloc_page(gfp);

	if (page)
		page->flags = PG_ANON;
	return page;
}

/* @vma gets a page of its own. */
static inline void start_anon(struct vma *vma)
{
	if (unlikely(!vma->anon))
		vma_start_anon(vma);
}

static int fault_demand_zero(struct mm *mm, struct vma *vma, pte_t *pte)
{
	struct page *page = alloc_anon(GFP_USER | GFP_ZERO);

	start_anon(vma);
	if (!page)
		return -ENOMEM;
	pgtable_map(&mm->pgtable, pte, page, PTE_USER_WRITE);
	return 0;
}

static int fault_zero_page(pte_t *pte)
{
	pgtable_map_zero(pte);
	return 0;
}

/* The page of its mapping that @vma shows at @addr, with a reference. */
static int get_mapped_page(const struct vma *vma, vaddr_t addr, bool write,
			   struct page **page)
{
	int err = mapping_get_page(vma->file->mapping, vma_index(vma, addr),
				   write, page);

	return err && err != -ENOMEM ? -EIO : err;
}

/* The entry of a page that its area shows, after the first access. */
static uint32_t file_entry(const struct vma *vma, bool write)
{
	const uint32_t shared_write = VM_SHARED | VM_WRITE;

	if (write)
		return PTE_USER_WRITE | PTE_FILE;
	return PTE_USER_READ | PTE_FILE |
	       ((vma->flags & shared_write) == shared_write ? PTE_WRITE : 0);
}

/*
 * Map what is there already of the pages that lie around @addr in the file, in
 * the area and in the page table: a program that reads one of them will soon
 * read the next.
 */
static void fault_around(struct mm *mm, const struct vma *vma, pte_t *pte,
			 vaddr_t addr)
{
	uint32_t index = vma_index(vma, addr);
	uint32_t below = index % AROUND, nr = AROUND - below;

	below = min(below, pte_index(addr));
	below = min(below, (addr - vma->start) >> PAGE_SHIFT);
	nr = min(nr, PTRS_PER_PTE - pte_index(addr));
	nr = min(nr, (vma->end - 1 - addr) / PAGE_SIZE + 1);
	mapping_map_cached(vma->file->mapping, index - below, below + nr,
			   &mm->pgtable, pte - below, file_entry(vma, false));
}

static int fault_map_page(struct mm *mm, const struct vma *vma, pte_t *pte,
			  vaddr_t addr, bool write)
{
	struct page *page;
	int err;

	if (!write) {
		fault_around(mm, vma, pte, addr);
		if (likely(!pte_is_none(*pte)))
			return 0;
	}
	err = get_mapped_page(vma, addr, write, &page);
	if (err)
		return err;
	pgtable_map(&mm->pgtable, pte, page, file_entry(vma, write));
	return 0;
}

static int fault_copy_page(struct mm *mm, struct vma *vma, pte_t *pte,
			   vaddr_t addr)
{
	struct page *from, *to;
	int err;

	start_anon(vma);
	err = get_mapped_page(vma, addr, false, &from);
	if (err)
		return err;
	to = alloc_anon(GFP_USER);
	if (to) {
		copy_highpage(to, from);
		pgtable_map(&mm->pgtable, pte, to, PTE_USER_WRITE);
	}
	page_put(from);
	return to ? 0 : -ENOMEM;
}

/* Copy a frame that need not be RAM. */
static int copy_frame(struct page *to, pfn_t pfn)
{
	void *from, *at;

	if (pfn < max_pfn) {
		copy_highpage(to, pfn_to_page(pfn));
		return 0;
	}
	from = ioremap((phys_addr_t)pfn << PAGE_SHIFT, PAGE_SIZE);
	if (!from)
		return -ENOMEM;
	at = kmap(to);
	copy_page(at, from);
	kunmap(to);
	iounmap(from);
	return 0;
}

/* A private view of a device gets a copy of one frame. */
static int __noinline fault_copy_frame(struct mm *mm, pte_t *pte, vaddr_t addr)
{
	struct page *to = alloc_anon(GFP_USER);
	int err;

	if (!to)
		return -ENOMEM;
	err = copy_frame(to, pte_pfn(*pte));
	if (err)
		page_put(to);
	else
		pgtable_replace(&mm->pgtable, pte, addr & PAGE_MASK, to);
	return err;
}

static int fault_copy_shared(struct mm *mm, pte_t *pte, vaddr_t addr,
			     struct page *from)
{
	bool zero = pte->raw & PTE_ZERO;
	struct page *to = alloc_anon(zero ? GFP_USER | GFP_ZERO : GFP_USER);

	if (!to)
		return -ENOMEM;
	if (!zero)
		copy_highpage(to, from);
	pgtable_replace(&mm->pgtable, pte, addr & PAGE_MASK, to);
	return 0;
}

static int fault_copy_on_write(struct mm *mm, struct vma *vma, pte_t *pte,
			       vaddr_t addr)
{
	struct page *page;

	start_anon(vma);
	if (unlikely(pte_is_frame(*pte)))
		return fault_copy_frame(mm, pte, addr);
	page = pfn_to_page(pte_pfn(*pte));
	if (page->refs != 1 || (pte->raw & (PTE_ZERO | PTE_FILE)))
		return fault_copy_shared(mm, pte, addr, page);
	pgtable_allow_write(pte);
	return 0;
}

static int fault_shared_write(pte_t *pte)
{
	pgtable_allow_write(pte);
	return 0;
}

/* Let the stack @vma reach down to @addr; false: it may not. */
static bool fault_grow_stack(struct mm *mm, struct vma *vma, vaddr_t addr)
{
	vaddr_t start = addr & PAGE_MASK;
	const struct vma *prev = vma->prev;
	uint32_t nr;

	if (start < MMAP_MIN_ADDR || vma->end - start > mm->limit_stack)
		return false;
	if (prev && (prev->flags & VM_ACCESS) &&
	    !(prev->flags & VM_GROWSDOWN) &&
	    start - prev->end < STACK_GUARD_GAP)
		return false;
	nr = (vma->start - start) >> PAGE_SHIFT;
	if (!mm_may_expand(mm, vma->flags, nr) ||
	    ((vma->flags & VM_LOCKED) && !mm_may_lock(mm, nr)) ||
	    ((vma->flags & VM_ACCOUNT) && !vm_charge(mm, nr)))
		return false;
	mm->total_vm += nr;
	start_anon(vma);
	vma_resize(vma, start, vma->end);
	return true;
}

static int fault_handle(struct mm *mm, vaddr_t addr, uint32_t error);

/* For the last three kinds. */
static int __noinline fault_outside(struct mm *mm, struct vma *vma,
				    vaddr_t addr, uint32_t error,
				    enum fault_kind kind)
{
	if (kind == FAULT_NO_ACCESS)
		return -EACCES;
	if (kind == FAULT_NO_AREA || !fault_grow_stack(mm, vma, addr))
		return -EFAULT;
	return fault_handle(mm, addr, error);
}

/* Return: as the handlers; -EFAULT: no area; -EACCES: it forbids that. */
static int fault_handle(struct mm *mm, vaddr_t addr, uint32_t error)
{
	struct vma *vma = vma_find(&mm->vmas, addr);
	pte_t *pte = pgtable_find(&mm->pgtable, addr);
	enum fault_kind kind = fault_classify(vma, pte, addr, error);

	if (unlikely(kind >= FAULT_GROW_STACK))
		return fault_outside(mm, vma, addr, error, kind);
	if (unlikely(!pte)) {
		pte = pgtable_add_table(&mm->pgtable, addr);
		if (!pte)
			return -ENOMEM;
	}
	mm->min_flt++;
	nr_faults_served++;
	switch (kind) {
	case FAULT_COPY_ON_WRITE:
		return fault_copy_on_write(mm, vma, pte, addr);
	case FAULT_DEMAND_ZERO:
		return fault_demand_zero(mm, vma, pte);
	case FAULT_ZERO_PAGE:
		return fault_zero_page(pte);
	case FAULT_MAP_PAGE:
		return fault_map_page(mm, vma, pte, addr, error & PF_WRITE);
	case FAULT_COPY_PAGE:
		return fault_copy_page(mm, vma, pte, addr);
	case FAULT_SHARED_WRITE:
		return fault_shared_write(pte);
	default:
		return 0;
	}
}

int fault_in_locked(struct mm *mm, vaddr_t addr, bool write)
{
	int err;

	if (addr >= TASK_SIZE)
		return -EFAULT;
	err = fault_handle(mm, addr, PF_USER | (write ? PF_WRITE : 0));
	return err == -EACCES ? -EFAULT : err;
}

int fault_force_locked(struct mm *mm, vaddr_t addr, bool write)
{
	struct vma *vma = vma_find_intersection(&mm->vmas, addr, addr + 1);
	vaddr_t page = addr & PAGE_MASK;
	uint32_t flags;
	int err;

	if (!vma || is_allowed(vma, write ? PF_WRITE : 0) ||
	    (write && vma->flags & VM_SHARED))
		return fault_in_locked(mm, addr, write);
	flags = vma->flags;
	vma->flags |= VM_READ | (write ? VM_WRITE : 0);
	pgtable_protect(&mm->pgtable, page, page + PAGE_SIZE, PGTABLE_READ);
	err = fault_in_locked(mm, addr, write);
	vma->flags = flags;
	pgtable_protect(&mm->pgtable, page, page + PAGE_SIZE,
			flags & VM_ACCESS ? PGTABLE_READ : PGTABLE_NONE);
	return err;
}

int fault_in(struct mm *mm, vaddr_t addr, bool write)
{
	int err;

	mutex_lock(&mm->lock);
	err = fault_in_locked(mm, addr, write);
	mutex_unlock(&mm->lock);
	return err;
}

/* ------------------------------------------------------------ bad access */

static void fault_signal(struct trap_frame *frame, vaddr_t addr, int err)
{
	assert(signal_hook);
	if (addr >= TASK_SIZE)		/* what is mapped there is no one's */
		frame->error |= PF_PRESENT;	/* business: as Linux */
	switch (err) {
	case -ENOMEM:
		printk(LOG_ERR,
		       "fault: out of memory at %08x: killing thread %s\n",
		       addr, current_thread()->name);
		signal_hook(frame, SIGKILL, SI_KERNEL, addr);
		return;
	case -EIO:
		signal_hook(frame, SIGBUS, BUS_ADRERR, addr);
		return;
	case -EACCES:
		signal_hook(frame, SIGSEGV, SEGV_ACCERR, addr);
		return;
	default:
		signal_hook(frame, SIGSEGV, SEGV_MAPERR, addr);
	}
}

/* The access to @addr cannot be served, for reason @err. */
static void fault_refuse(struct trap_frame *frame, vaddr_t addr, int err)
{
	if (trap_is_from_user(frame) && !in_atomic()) {
		irq_enable();
		fault_signal(frame, addr, err);
		return;
	}
	if (!trap_is_from_user(frame) && uaccess_fixup(frame))
		return;
	if (addr < PAGE_SIZE)
		oops(frame, "null pointer in the kernel");
	if (addr < TASK_SIZE)
		oops(frame, "the kernel at a user address");
	oops(frame, frame->error & PF_PRESENT ?
		    "the kernel at a protected address" :
		    "the kernel at an unmapped address");
}

/* Only a thread that may sleep, in an mm that it has not locked, is served. */
static bool fault_can_be_served(const struct trap_frame *frame, vaddr_t addr,
				const struct mm *mm)
{
	return addr < TASK_SIZE && mm && !in_atomic() &&
	       (frame->eflags & EFLAGS_IF) && !mutex_is_held(&mm->lock);
}

static void page_fault(struct trap_frame *frame)
{
	vaddr_t addr = read_cr2();
	struct mm *mm = this_cpu()->mm;
	int err = -EFAULT;

	if (likely(fault_can_be_served(frame, addr, mm))) {
		irq_enable();
		mutex_lock(&mm->lock);
		err = fault_handle(mm, addr, frame->error);
		mutex_unlock(&mm->lock);
	}
	if (unlikely(err))
		fault_refuse(frame, addr, err);
}

/*
 * For the report of a fault of the kernel: who ran, and what his address space
 * says of the address.  No lock is taken: nobody else runs any more.
 */
static void fault_report(struct trap_frame *frame, uint32_t addr)
{
	const struct thread *thread = current_thread();
	struct mm *mm = this_cpu()->mm;
	const struct vma *vma;

	kprint("thread %s", thread ? thread->name : "none");
	if (frame->vector == TRAP_PAGE_FAULT && addr < TASK_SIZE && mm) {
		vma = vma_find_intersection(&mm->vmas, addr, addr + 1);
		if (vma)
			kprint(", area %08x-%08x %c%c%c%c", vma->start,
			       vma->end, vma->flags & VM_READ ? 'r' : '-',
			       vma->flags & VM_WRITE ? 'w' : '-',
			       vma->flags & VM_EXEC ? 'x' : '-',
			       vma->flags & VM_SHARED ? 's' : 'p');
		else
			kprint(", no area there");
	}
	kprint("\n");
}

void fault_init(void)
{
	trap_register(TRAP_PAGE_FAULT, page_fault);
	oops_set_extra(fault_report);
}
