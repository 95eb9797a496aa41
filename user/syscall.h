/* SPDX-License-Identifier: MIT */
/*
 * syscall - how a program asks its kernel: int 0x80.
 *
 * The number goes in eax, up to six arguments in ebx, ecx, edx, esi, edi and
 * ebp; the answer comes back in eax, and every other register is kept.  From
 * -4095 to -1 it is an error, Linux's errno negated.  Numbers, structures and
 * constants are those of Linux for i386.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SYS_fork	2
#define SYS_read	3
#define SYS_write	4
#define SYS_open	5
#define SYS_close	6
#define SYS_waitpid	7
#define SYS_unlink	10
#define SYS_lseek	19
#define SYS_getpid	20
#define SYS_mkdir	39
#define SYS_pipe	42
#define SYS_brk		45
#define SYS_getppid	64
#define SYS_munmap	91
#define SYS_mprotect	125
#define SYS_mmap2	192
#define SYS_stat64	195
#define SYS_exit_group	252
#define SYS_memfd_create 356

#define PROT_READ	1
#define PROT_WRITE	2
#define MAP_SHARED	0x01
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_ANONYMOUS	0x20

#define O_RDWR		02
#define O_CREAT		0100

#define PAGE_SIZE	4096

static inline long syscall3(long nr, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "0"(nr), "b"(a), "c"(b), "d"(c)
		     : "memory");
	return result;
}

/* ebp cannot be an operand: it is loaded around the call, from the stack. */
static inline long syscall6(long nr, const long args[6])
{
	long result;

	asm volatile("push %%ebp\n"
		     "mov 20(%%edi), %%ebp\n"
		     "mov 16(%%edi), %%edi\n"
		     "int $0x80\n"
		     "pop %%ebp"
		     : "=a"(result), "+D"(args)
		     : "0"(nr), "b"(args[0]), "c"(args[1]), "d"(args[2]),
		       "S"(args[3])
		     : "memory");
	return result;
}

static inline long read(int fd, void *buffer, size_t size)
{
	return syscall3(SYS_read, fd, (long)buffer, size);
}

static inline long write(int fd, const void *buffer, size_t size)
{
	return syscall3(SYS_write, fd, (long)buffer, size);
}

static inline long open(const char *path, int flags)
{
	return syscall3(SYS_open, (long)path, flags, 0);
}

static inline long close(int fd)
{
	return syscall3(SYS_close, fd, 0, 0);
}

static inline long getpid(void)
{
	return syscall3(SYS_getpid, 0, 0, 0);
}

/* brk() - move the end of the heap; 0 only asks.  Returns where it is. */
static inline uintptr_t brk(uintptr_t end)
{
	return syscall3(SYS_brk, end, 0, 0);
}

/* mmap_at() - memory at @start, or if that is 0 where the kernel likes. */
static inline uintptr_t mmap_at(uintptr_t start, size_t size, int prot,
				int flags)
{
	const long args[6] = { start, size, prot, flags, -1, 0 };

	return syscall6(SYS_mmap2, args);
}

/* mmap_file() - the file @fd from its start on, where the kernel likes. */
static inline uintptr_t mmap_file(int fd, size_t size, int prot, int flags)
{
	const long args[6] = { 0, size, prot, flags, fd, 0 };

	return syscall6(SYS_mmap2, args);
}

/* mmap() - anonymous private memory at a place of the kernel's choice. */
static inline uintptr_t mmap(size_t size, int prot)
{
	return mmap_at(0, size, prot, MAP_PRIVATE | MAP_ANONYMOUS);
}

static inline long mprotect(uintptr_t start, size_t size, int prot)
{
	return syscall3(SYS_mprotect, start, size, prot);
}

static inline long munmap(uintptr_t start, size_t size)
{
	return syscall3(SYS_munmap, start, size, 0);
}
