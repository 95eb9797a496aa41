// SPDX-License-Identifier: MIT
/*
 * pgtable - the page tables of one address space below TASK_SIZE.  Nobody
 * else writes a user entry.
 *
 * A user entry is one of
 *
 *	none		0: nothing was ever here, ask the vma
 *	present		a frame that the program may read, and write if
 *			PTE_WRITE
 *	withheld	PTE_WITHHELD without PTE_PRESENT: a frame that PROT_NONE
 *			keeps from the program
 *
 * and each entry with a frame holds one reference on its page, except that of
 * PTE_ZERO: the one page of zeros that all untouched memory shares when read.
 * PTE_FILE tells the pages of mappings from anonymous ones.  Both bits together
 * are PTE_FRAME: a frame of a device, or of the kernel's own, that nobody counts
 * and that need not be RAM.
 *
 * Locking: the caller's (mm->lock); what is loaded is each CPU's own, with
 * preemption off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mm/layout.h"
#include "mm/page.h"
#include "x86/percpu.h"

#define PTE_WITHHELD	PTE_SOFT0
#define PTE_ZERO	PTE_SOFT1
#define PTE_FILE	PTE_SOFT2
#define PTE_FRAME	(PTE_ZERO | PTE_FILE)

/*
 * Accessed is set at once: somebody asked for the page, and this spares the
 * CPU a locked write to the entry.  Dirty likewise, where it may be written.
 */
#define PTE_USER_READ	(PTE_PRESENT | PTE_USER | PTE_ACCESSED)
#define PTE_USER_WRITE	(PTE_USER_READ | PTE_WRITE | PTE_DIRTY)

/* Guarded by mm->lock; pgd is constant. */
struct pgtable {
	pgd_t	*pgd;			/* one page; upper quarter = kernel */
	uint32_t nr_pages;		/* entries with a frame of their own */
	uint32_t nr_file;		/* of them, PTE_FILE */
	uint32_t nr_tables;		/* below TASK_SIZE */
};

extern struct pgtable *pgtable_loaded_cpu[NR_CPUS]; /* NULL: the kernel's */
extern struct page *zero_page;		/* constant; nobody writes to it */

/** pgtable_init() - the caches and the page of zeros; once, at boot. */
void pgtable_init(void);

/**
 * pgtable_create() - an empty address space that has the kernel's half.
 * Return: 0 or -ENOMEM.
 */
int pgtable_create(struct pgtable *pt);

/** pgtable_destroy() - free the directory; all below it was unmapped. */
void pgtable_destroy(struct pgtable *pt);

/** pgtable_nr_kept() - how many there are, of either kind. */
unsigned int pgtable_nr_kept(void);

/** pgtable_reap() - free the tables that are kept for the next user. */
void pgtable_reap(void);

/* pgtable_load() - make @pt what the CPU walks.  Context: no preemption. */
void pgtable_load_slow(struct pgtable *pt);

static inline bool pgtable_is_loaded(const struct pgtable *pt)
{
	return pgtable_loaded_cpu[cpu_id()] == pt;
}

static inline void pgtable_load(struct pgtable *pt)
{
	if (!pgtable_is_loaded(pt))
		pgtable_load_slow(pt);
}

/**
 * pgtable_unload() - if @pt is still loaded, left over from the last thread
 * that used it, load the kernel's own directory instead.
 */
void pgtable_unload(struct pgtable *pt);

/* The table that a directory entry names. */
static inline pte_t *pgd_table(pgd_t pgd)
{
	return (pte_t *)(uintptr_t)((pgd.raw & PAGE_MASK) + PAGE_OFFSET);
}

/** pgtable_find() - the entry of @va, or NULL where there is no table. */
static inline pte_t *pgtable_find(const struct pgtable *pt, vaddr_t va)
{
	pgd_t pgd = pt->pgd[pgd_index(va)];

	assert(va < TASK_SIZE);
	return pgd.raw ? pgd_table(pgd) + pte_index(va) : NULL;
}

/** pgtable_add_table() - a table for @va, which has none; NULL: no memory. */
pte_t *pgtable_add_table(struct pgtable *pt, vaddr_t va);

/** pgtable_ensure() - the entry of @va; NULL when memory for it is short. */
static inline pte_t *pgtable_ensure(struct pgtable *pt, vaddr_t va)
{
	pte_t *pte = pgtable_find(pt, va);

	return likely(pte) ? pte : pgtable_add_table(pt, va);
}

/**
 * pgtable_map() - let the empty entry @pte name @page, whose reference passes
 * from the caller to the entry.  No flush is owed (T1 of tlb.h).
 */
static inline void pgtable_map(struct pgtable *pt, pte_t *pte,
			       struct page *page, uint32_t flags)
{
	assert(pte_is_none(*pte) && !(flags & PTE_ZERO));
	*pte = pte_make(page_to_pfn(page), flags);
	pt->nr_pages++;
	if (flags & PTE_FILE)
		pt->nr_file++;
}

/** pgtable_map_zero() - let the empty entry @pte read as zeros. */
static inline void pgtable_map_zero(pte_t *pte)
{
	assert(pte_is_none(*pte));
	*pte = pte_make(page_to_pfn(zero_page), PTE_USER_READ | PTE_ZERO);
}

static inline bool pte_is_frame(pte_t pte)
{
	return (pte.raw & PTE_FRAME) == PTE_FRAME;
}

/** pgtable_map_frame() - let the empty entry @pte name frame @pfn. */
static inline void pgtable_map_frame(pte_t *pte, pfn_t pfn, uint32_t flags)
{
	assert(pte_is_none(*pte));
	*pte = pte_make(pfn, flags | PTE_FRAME);
}

/**
 * pgtable_allow_write() - make the present entry @pte writable.  No flush is
 * owed: a stale read-only entry costs one more fault at most, and the CPU
 * drops it when it faults (SDM volume 3, section 4.10.4.3).
 */
static inline void pgtable_allow_write(pte_t *pte)
{
	assert(pte_is_present(*pte));
	assert(!(pte->raw & PTE_ZERO) || pte_is_frame(*pte));
	pte->raw |= PTE_WRITE | PTE_DIRTY;
}

/**
 * pgtable_replace() - let the present entry @pte of @va name the anonymous
 * @page, writable, instead of the page it names now.  Flushes @va, then drops the old page.
 */
void pgtable_replace(struct pgtable *pt, pte_t *pte, vaddr_t va,
		     struct page *page);

/**
 * pgtable_unmap() - empty all entries of [start, end) and give their pages
 * back, after the flush.
 * @floor, @ceiling: the hole around it, in which no vma remains; tables that
 *	lie in it as a whole are freed
 */
void pgtable_unmap(struct pgtable *pt, vaddr_t start, vaddr_t end,
		   vaddr_t floor, vaddr_t ceiling);

/** pgtable_unmap_file() - the same for entries with PTE_FILE; tables stay. */
void pgtable_unmap_file(struct pgtable *pt, vaddr_t start, vaddr_t end);

/**
 * enum pgtable_access - what the program may do with pages that are there.
 * @PGTABLE_COPIED:  write to those that nobody else has; the rest must fault
 */
enum pgtable_access {
	PGTABLE_NONE,
	PGTABLE_READ,
	PGTABLE_COPIED,
};

/** pgtable_protect() - change the entries of [start, end) that have frames. */
void pgtable_protect(struct pgtable *pt, vaddr_t start, vaddr_t end,
		     enum pgtable_access access);

/**
 * pgtable_copy() - give @to the pages that @from has in [start, end).
 * @private: both lose the right to write, so that a writer copies; the caller
 *	     owes a flush of @from, also after an error
 *
 * Return: 0; -ENOMEM, then part of the range is copied.
 */
int pgtable_copy(struct pgtable *to, struct pgtable *from, vaddr_t start,
		 vaddr_t end, bool private);

/**
 * pgtable_get_tables() - all the tables that pgtable_move() can need.
 * Return: 0; -ENOMEM, and none is held.
 */
int pgtable_get_tables(const struct pgtable *pt, vaddr_t from, vaddr_t to,
		       uint32_t size, struct page **tables);

/** pgtable_put_tables() - those that are left. */
void pgtable_put_tables(struct page *tables);

/**
 * pgtable_move() - move the entries of [from, from + size) as they are to
 * [to, to + size), where there is none; the two do not overlap.  Flushes.
 * @tables: of pgtable_get_tables(); takes from there what it needs
 */
void pgtable_move(struct pgtable *pt, vaddr_t from, vaddr_t to, uint32_t size,
		  struct page **tables);

/** pgtable_flush() - drop what the CPU remembers of @pt, if it is loaded. */
void pgtable_flush(const struct pgtable *pt);

/** pgtable_for_each() - call @visit for each entry in use, in order. */
void pgtable_for_each(const struct pgtable *pt,
		      void (*visit)(void *arg, vaddr_t va, pte_t pte),
		      void *arg);

/** pgtable_check() - assert P1 to P4 of pgtable.c. */
void pgtable_check(const struct pgtable *pt);
