// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

struct vm_file;

/* Where a program starts, and what its auxiliary vector tells of it. */
struct elf_image {
	uint32_t entry;			/* first instruction */
	uint32_t phdr, phnum;		/* its program headers, in memory */
};

/**
 * elf_load() - map a static ELF file into the current address space.
 * @file: what to map
 * @size: its length in bytes
 *
 * Context: a process; may sleep.
 * Return: 0; -ENOEXEC when it is no static ELF for the i386, or is broken;
 *	   -ENOMEM; other errors of mmap().  After an error the address space
 *	   is partly filled, and the caller throws it away.
 */
int elf_load(struct vm_file *file, uint32_t size, struct elf_image *image);

/**
 * exec_init() - become process 1.
 * @path:    of the program
 * @cmdline: "program arg arg": its arguments
 *
 * Context: a fresh kernel thread.  Return: only with an error.
 */
int exec_init(const char *path, const char *cmdline);
