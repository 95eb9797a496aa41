// SPDX-License-Identifier: MIT
/*
 * elf_file - what kernel/elf.c stands on: a file that is an array of bytes,
 * and an address space that keeps a list of all that was done to it.
 *
 * What may never happen is expected here: that a byte behind the end of the
 * file is read, or memory given back that is not the end of the last mapping.
 */
#pragma once

#include <stddef.h>

#include "kernel/elf.h"

#define ELF_FILE_MAX	(64 * PAGE_SIZE)
#define ELF_FILE_ZERO	UINT32_MAX

/* Where a mapping goes that has no place, or one that is taken. */
#define ELF_FILE_PLACE	0x40000000u

extern struct vm_file elf_file;

/* What a read of the file or an allocation gives instead; 0: what it should. */
extern int elf_file_read_error;
extern bool elf_file_alloc_fails;

struct elf_file_byte {
	bool	 is_mapped;
	int	 prot;
	uint32_t from;			/* offset in the file, ELF_FILE_ZERO */
};

/* Let the file have these bytes / the address space nothing. */
void elf_file_set(const void *bytes, size_t size);
void elf_file_unmap(void);

/* What a program finds at @at. */
struct elf_file_byte elf_file_byte(vaddr_t at);

/* Nothing is mapped / no page and no memory is held. */
bool elf_file_is_unmapped(void);
bool elf_file_is_free(void);
