/* SPDX-License-Identifier: MIT */
/*
 * guest - what the programs of this directory share.
 *
 * Each is an ordinary C program for Linux i386, one theme a file.  It runs on
 * the host's Linux and, as process 1, on Atlas, and must say the same on both:
 * so it prints relations, errno names and page numbers relative to a mapping,
 * never an address, a process id or a time.
 *
 *	int main(int argc, char **argv)
 *	{
 *		guest_start(argv);
 *		check(1 + 1 == 2, "one and one is two");
 *		return guest_end();
 *	}
 *
 * One line a check, `ok - sentence` or `not ok - sentence`, notes behind `#`,
 * the plan `1..N` at the end; the exit status is 0 only if all were ok.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE		4096u
#define USER_TOP	0xC0000000u	/* the first address of the kernel */

/**
 * guest_start() - call it first.
 *
 * Makes stdout flush at each line.  Under a 64-bit Linux, where a 32-bit
 * program owns nearly 4 GiB, it starts the program over with the 3 GiB, the
 * machine name and the 8 MiB of stack that an i386 kernel gives.
 */
void guest_start(char **argv);

/* guest_end() - print the plan; return main's status. */
int guest_end(void);

/* check() - one promise: the line says @sentence, a format. */
void check(bool ok, const char *sentence, ...)
	__attribute__((format(printf, 2, 3)));

/* expect() - @got must be @want; if not, a note names both, as errno too. */
void expect(long got, long want, const char *sentence, ...)
	__attribute__((format(printf, 3, 4)));

/* note() - a line for the reader, in a comment. */
void note(const char *text, ...) __attribute__((format(printf, 1, 2)));

/*
 * tell() - a note of what a libc call returned: its number, or errno's name.
 * Where Linux itself is the promise: the programs must print the same.
 */
void tell(const char *call, long result);
#define TELL(call)	tell(#call, (errno = 0, (long)(call)))

/* sys(number, up to six arguments) - by int 0x80, -errno on failure. */
#define sys(...)	sys_array((const long[7]){ __VA_ARGS__ })
long sys_array(const long call[7]);

/* map() - raw mmap2 of anonymous memory: an address, or -errno. */
uintptr_t map(uintptr_t hint, size_t size, int prot, int flags);
bool is_error(uintptr_t address);

#define ANON		(MAP_ANONYMOUS | MAP_PRIVATE)
#define SHARED		(MAP_ANONYMOUS | MAP_SHARED)
#define RW		(PROT_READ | PROT_WRITE)

/* shared() - zeroed memory that forked processes have in common. */
void *shared(size_t size);

/**
 * run() - fork; the child does @body(@arg) and exits with what that returns.
 * Return: the child's wait status.
 */
int run(int (*body)(long), long arg);

/* start() - the same, not waited for: the child's pid. */
int start(int (*body)(long), long arg);

/* Questions about a wait status. */
bool exited(int status, int code);
bool killed(int status, int sig);

/* dies_by() - check that @body, in a child, is killed by @sig. */
void dies_by(int sig, int (*body)(long), long arg, const char *sentence);

struct fault {
	int sig, code;		/* 0, 0: there was none */
	uintptr_t addr;		/* si_addr */
};

/* fault_of() - run @body in a child that reports its first signal. */
struct fault fault_of(int (*body)(long), long arg);

/* read_fault(), write_fault() - touch one byte here, in this process.
 * Return: 0, or the si_code of the SIGSEGV; -1 if its si_addr is not @addr. */
int read_fault(uintptr_t addr);
int write_fault(uintptr_t addr);

/**
 * areas() - /proc/self/maps from @start on, as "0-3 rw-p 3-5 r--p".
 *
 * The numbers are pages relative to @start; areas are clipped to the range.
 * The text lives until the next call.
 */
const char *areas(uintptr_t start, size_t nr_pages);

/* areas_are() - check that areas() is @want. */
void areas_are(uintptr_t start, size_t nr_pages, const char *want,
	       const char *sentence);

/* maps_text() - all of /proc/self/maps, by open and read. */
const char *maps_text(void);

/* area_of() - the line of maps with @addr, or NULL. */
const char *area_of(uintptr_t addr);

/* minor_faults() - field 10 of /proc/self/stat. */
long minor_faults(void);

/* fill(), is_filled() - a pattern of its own in each word of a range. */
void fill(uintptr_t start, size_t size, uint32_t seed);
bool is_filled(uintptr_t start, size_t size, uint32_t seed);

/* is_zero() - every byte of the range is 0. */
bool is_zero(uintptr_t start, size_t size);

/* now_us() - CLOCK_MONOTONIC in microseconds. */
uint64_t now_us(void);

/* until() - sched_yield() until @flag is at least @value; false after 20 s. */
bool until(volatile uint32_t *flag, uint32_t value);

/* until_asleep() - the same until /proc says that process @pid sleeps. */
bool until_asleep(int pid);
