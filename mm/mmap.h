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

struct mapping;
struct mm;

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

#define MAX_MAP_COUNT		65530	/* areas in one address space */

/** mmap_init() - note how much RAM there is; by mm_init(). */
void mmap_init(void);

/**
 * mm_mmap() - map @len bytes of @mapping, from page @pgoff on, or zeros.
 * @mapping: what to map; NULL for anonymous memory.  References are taken
 *	     as needed; the caller keeps his own
 *
 * Return: the address, page-aligned (so above -4096 it is an error);
 *	   -EINVAL, -ENOMEM, -EEXIST, -EPERM, -EACCES, -EOVERFLOW,
 *	   -EOPNOTSUPP as mmap(2).
 */
long mm_mmap(struct mm *mm, vaddr_t addr, size_t len, int prot, int flags,
	     struct mapping *mapping, uint32_t pgoff);

/** mm_munmap() - Return: 0, -EINVAL, -ENOMEM as munmap(2). */
int mm_munmap(struct mm *mm, vaddr_t addr, size_t len);

/**
 * mm_mprotect() - Return: 0, -EINVAL, -ENOMEM, -EACCES as mprotect(2).
 *
 * Unlike Linux, which changes the areas before a hole and then fails, a call
 * that meets a hole changes nothing.
 */
int mm_mprotect(struct mm *mm, vaddr_t addr, size_t len, int prot);

/** mm_brk() - Return: the new end of the heap, or the old one: refused. */
vaddr_t mm_brk(struct mm *mm, vaddr_t brk);

/** mm_set_brk() - exec: the heap is empty and starts at @start. */
void mm_set_brk(struct mm *mm, vaddr_t start);

/**
 * mm_map_stack() - exec: an area for the stack below STACK_TOP.
 * Return: 0 or -ENOMEM.
 */
int mm_map_stack(struct mm *mm);
