// SPDX-License-Identifier: MIT
/*
 * elf - maps the segments of an executable.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "x86/mmu.h"

struct vm_file;

#define ET_EXEC		2
#define ET_DYN		3		/* can be anywhere */

struct elf_header {
	uint32_t magic;
	uint8_t	 class, data, version, pad[9];
	uint16_t type, machine;
	uint32_t version2, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

/* A file whose headers were read; it holds no reference on it. */
struct elf {
	struct vm_file *file;
	bool is_loader;			/* it loads a program: PT_INTERP */
	struct elf_header header;
	struct elf_phdr *phdrs;		/* kmalloc()ed; header.phnum of them */
};

/* Where it went. */
struct elf_image {
	vaddr_t base;			/* what was added to its addresses */
	vaddr_t entry;			/* first instruction */
	vaddr_t phdr;			/* its program headers, in memory */
	vaddr_t end;			/* behind its last byte */
	vaddr_t start_code, end_code;	/* its bytes that are executed, */
	vaddr_t start_data, end_data;	/* ... and the last of its others */
};

/**
 * elf_read() - @size bytes of @file from @offset on.
 * Return: how many there were; -ENOMEM.
 */
long elf_read(struct vm_file *file, uint32_t offset, void *buf, size_t size);

/**
 * elf_open() - read and check the headers of @file.
 * Return: 0, and elf_close() is due; -ENOEXEC: no ELF program for the i386;
 *	   -ENOMEM.
 */
int elf_open(struct elf *elf, struct vm_file *file, bool is_loader);
void elf_close(struct elf *elf);

/**
 * elf_interpreter() - the path of the program that is to load @elf.
 * Return: its length, 0: it needs none; -ENOEXEC, -EIO, -ENOMEM.
 */
long elf_interpreter(const struct elf *elf, char *path, size_t size);

/** elf_stack_rights() - PROT_* of its stack; -1: it does not say. */
int elf_stack_rights(const struct elf *elf);

/**
 * elf_map() - map the segments into the current address space.
 * @hint: where a program goes that can be anywhere; 0: below other mappings.
 *	  For a loader: the base of its program.
 *
 * Context: the only thread there; may sleep.
 * Return: 0; -EINVAL, -EFAULT, and errors of mmap().  After one the address
 *	   space is partly filled, and the caller throws it away.
 */
int elf_map(const struct elf *elf, vaddr_t hint, struct elf_image *image);
