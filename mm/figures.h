// SPDX-License-Identifier: MIT
/*
 * figures - what memory is used for, counted when somebody asks.
 *
 * All counts are in pages.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/mm.h"

/*
 * Every frame that the zones manage, by its role (page.h).  The first group
 * adds up: managed = free + anon + cached + slab + large + vmalloc + tables +
 * other.
 */
struct page_census {
	size_t managed;
	size_t free;
	size_t anon;			/* AnonPages */
	size_t cached;			/* of mappings: Cached */
	size_t slab;
	size_t large;			/* kmalloc blocks above the slabs */
	size_t vmalloc;			/* stacks of threads among them */
	size_t tables;			/* page tables in use */
	size_t other;			/* directories, tables kept for reuse,
					   what a module allocated itself */
	/* Of cached: */
	size_t mapped;			/* at least one entry names it: Mapped */
	size_t shmem;			/* Shmem */
	size_t dirty;			/* written to since it was made */
};

/** page_census() - look at every frame.  Context: any; an instant's picture. */
void page_census(struct page_census *census);

/* One address space, as /proc/PID/status and statm have it. */
struct mm_figures {
	uint32_t vm, vm_peak;		/* VmSize, VmPeak */
	uint32_t locked, pinned;	/* VmLck, VmPin */
	uint32_t rss, rss_peak;		/* VmRSS, VmHWM */
	uint32_t rss_anon, rss_file, rss_shmem;	/* rss is their sum */
	uint32_t data, stack, exec;	/* VmData, VmStk; exec = VmExe + VmLib */
	uint32_t text;			/* VmExe; 0: exec did not say */
	uint32_t tables;		/* VmPTE */
	uint32_t swap;			/* VmSwap */
};

/** mm_get_figures() - Context: may sleep, takes @mm->lock. */
void mm_get_figures(struct mm *mm, struct mm_figures *figures);

/* One area, as /proc/PID/smaps has it. */
struct vma_figures {
	vaddr_t	 start, end;
	uint32_t flags;			/* VM_*; its letters: vma_letters() */
	uint32_t rss;
	uint64_t pss;			/* bytes << 12: each page's share */
	uint64_t pss_dirty;		/* of dirty pages, alike */
	uint32_t shared_clean, shared_dirty, private_clean, private_dirty;
	uint32_t referenced, anonymous;
	uint32_t locked;		/* of pss << 12, in bytes: as Linux */
	uint64_t pss_anon;		/* of anonymous ones, alike */
	bool	 may_write, is_file;	/* for the letters */
	bool	 is_shmem;		/* its file's pages are Shmem */
};

#define PSS_SHIFT	12

/**
 * mm_next_vma_figures() - the first area that ends above *@cursor, which is
 * then moved to its end.
 *
 * Return: false: there is none.  Context: may sleep, takes @mm->lock.
 */
bool mm_next_vma_figures(struct mm *mm, vaddr_t *cursor,
			 struct vma_figures *figures);

/**
 * vma_letters() - "rd wr mr mw me ac " and so on: VmFlags of smaps.
 * @buf: of VMA_LETTERS bytes; with a NUL
 */
#define VMA_LETTERS	100
void vma_letters(const struct vma_figures *figures, char *buf);

/* Entries of /proc/PID/pagemap, but that the frame is in all of them. */
#define PAGEMAP_PRESENT		(1ull << 63)
#define PAGEMAP_FILE		(1ull << 61)	/* of a mapping, or shared */
#define PAGEMAP_EXCLUSIVE	(1ull << 56)
#define PAGEMAP_PFN		((1ull << 55) - 1)

/** mm_pagemap() - entries of @nr pages from @addr on; takes @mm->lock. */
void mm_pagemap(struct mm *mm, vaddr_t addr, size_t nr, uint64_t *entries);

/**
 * page_map_count(), page_kpf() - what /proc/kpagecount and kpageflags say of a
 * frame: how many entries name it, and Linux's KPF_* bits.
 */
uint64_t page_map_count(pfn_t pfn);
uint64_t page_kpf(pfn_t pfn);
