// SPDX-License-Identifier: MIT
/*
 * mmu - the words of the paging hardware: page sizes, kinds of address, and
 * the bits of a page-table entry (Intel SDM volume 3, section 4.3, "32-bit
 * paging").
 *
 * A virtual address is cut in three: 10 bits choose an entry of the page
 * directory, 10 bits an entry of the page table found there, 12 bits a byte
 * of the page:
 *
 *	31        22 21        12 11         0
 *	+-----------+------------+------------+
 *	| pgd index | pte index  | offset     |
 *	+-----------+------------+------------+
 *
 * Each kind of address is a type of its own, so that the compiler sees a
 * mix-up: phys_addr_t (what goes on the bus), pfn_t (a physical page number),
 * vaddr_t (a virtual address as a number: nobody may dereference it), and
 * void * (an address that the kernel may dereference).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1u << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGNED(x)	(((x) & (PAGE_SIZE - 1)) == 0)
#define PAGE_ALIGN_UP(x) (((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_ALIGN_DOWN(x) ((x) & PAGE_MASK)

#define PGD_SHIFT	22
#define PGD_SIZE	(1u << PGD_SHIFT)	/* bytes a pgd entry maps */
#define PTRS_PER_PGD	1024
#define PTRS_PER_PTE	1024

typedef uint32_t phys_addr_t;
typedef uint32_t pfn_t;
typedef uint32_t vaddr_t;

typedef struct { uint32_t raw; } pte_t;
typedef struct { uint32_t raw; } pgd_t;

#define PTE_PRESENT	0x001u
#define PTE_WRITE	0x002u
#define PTE_USER	0x004u
#define PTE_PWT		0x008u		/* write-through */
#define PTE_PCD		0x010u		/* cache disabled */
#define PTE_ACCESSED	0x020u
#define PTE_DIRTY	0x040u
#define PTE_PSE		0x080u		/* in a pgd entry: maps 4 MiB */
#define PTE_GLOBAL	0x100u		/* survives a CR3 load */
#define PTE_SOFT0	0x200u		/* bits 9-11 are the kernel's own */
#define PTE_SOFT1	0x400u
#define PTE_SOFT2	0x800u
#define PTE_FLAGS	0xfffu

/* Protections of kernel mappings. */
#define PROT_KERNEL	(PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | \
			 PTE_GLOBAL)
#define PROT_KERNEL_RO	(PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL)
#define PROT_KERNEL_IO	(PROT_KERNEL | PTE_PCD | PTE_PWT)

static inline unsigned int pgd_index(vaddr_t va)
{
	return va >> PGD_SHIFT;
}

static inline unsigned int pte_index(vaddr_t va)
{
	return (va >> PAGE_SHIFT) & (PTRS_PER_PTE - 1);
}

static inline pte_t pte_make(pfn_t pfn, uint32_t flags)
{
	return (pte_t){ pfn << PAGE_SHIFT | flags };
}

static inline pfn_t pte_pfn(pte_t pte)
{
	return pte.raw >> PAGE_SHIFT;
}

static inline bool pte_is_present(pte_t pte)
{
	return pte.raw & PTE_PRESENT;
}

static inline bool pte_is_none(pte_t pte)
{
	return pte.raw == 0;
}
