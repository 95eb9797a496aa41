// SPDX-License-Identifier: MIT
/*
 * tour - a tiny program that watches its own memory come into being.
 *
 * It is what `make run` shows.  It says where it lives, maps eight pages,
 * touches them one by one and reads after each touch how many page faults the
 * kernel has served it; then it makes two of them read-only, which cuts their
 * area into three, gives all back, and ends.
 *
 * Everything it tells it has from its own pointers, from /proc/self/maps (the
 * areas) and from /proc/self/stat (the faults), so it runs on Linux as well.
 */
#include "user/print.h"
#include "user/syscall.h"

#include <stdbool.h>

#define NR_PAGES	8

/* Where to look for the four kinds of memory that a program is born with. */
static volatile int in_data = 42;
static char in_bss[4096];

/* slurp() - read a file of /proc whole, as a string; its length. */
static size_t slurp(const char *path)
{
	long fd = open(path, 0), got;
	size_t size = 0;

	while (fd >= 0 && size < sizeof(in_bss) - 1) {
		got = read(fd, in_bss + size, sizeof(in_bss) - 1 - size);
		if (got <= 0)
			break;
		size += got;
	}
	in_bss[size] = 0;
	if (fd >= 0)
		close(fd);
	return size;
}

static uint32_t parse(char **at, uint32_t base)
{
	uint32_t value = 0;

	for (;; (*at)++) {
		if (**at >= '0' && **at <= '9')
			value = value * base + **at - '0';
		else if (base == 16 && **at >= 'a' && **at <= 'f')
			value = value * base + **at - 'a' + 10;
		else
			return value;
	}
}

/* faults() - minor faults so far: the tenth word of /proc/self/stat. */
static uint32_t faults(void)
{
	char *at = in_bss;

	slurp("/proc/self/stat");
	for (int word = 1; word < 10 && *at; at++)
		word += *at == ' ';
	return parse(&at, 10);
}

/* show_area() - one line of maps, from @at on; returns the next one. */
static char *show_area(char *at, uintptr_t from, uintptr_t to)
{
	const uintptr_t start = parse(&at, 16);
	const uintptr_t end = (at++, parse(&at, 16));
	const uint32_t nr_pages = (end - start) / PAGE_SIZE;
	char prot[5] = "";
	char *name;

	for (int i = 0; i < 4 && *at; i++)
		prot[i] = *++at;
	for (name = at; *at && *at != '\n'; at++)
		if (*at == ' ')
			name = at + 1;
	if (*at)
		*at++ = 0;
	if (end > from && start < to)
		print("    %x - %x  %s %6u page%s  %s\n", start, end, prot,
		      nr_pages, nr_pages == 1 ? " " : "s",
		      *name ? name : "anonymous");
	return at;
}

/* show_maps() - the areas that touch [@from, @to). */
static void show_maps(uintptr_t from, uintptr_t to)
{
	char *at = in_bss;

	if (slurp("/proc/self/maps") == 0)
		print("    (there is no /proc/self/maps here)\n");
	while (*at)
		at = show_area(at, from, to);
	print("\n");
}

/* show_home() - where we live; @local is some variable of main's. */
static void show_home(const void *local)
{
	print("\nHello.  I am process %u, a small program in ring 3.  My own "
	      "pointers tell me\nwhere I live:\n\n", (uint32_t)getpid());
	print("    code   %x   this function\n", (uintptr_t)show_home);
	print("    data   %x   a variable that began as %u\n",
	      (uintptr_t)&in_data, (uint32_t)in_data);
	print("    bss    %x   a buffer that began as zeros\n",
	      (uintptr_t)in_bss);
	print("    brk    %x   where my heap would end, if I had one\n",
	      brk(0));
	print("    stack  %x   a local variable\n\n", (uintptr_t)local);
	print("The kernel knows the same as a list of areas, in "
	      "/proc/self/maps:\n\n");
	show_maps(0, UINTPTR_MAX);
}

/* touch_pages() - one by one, telling the faults; how many they were. */
static uint32_t touch_pages(uintptr_t area)
{
	uint32_t first = faults(), before = first, now;

	print("That was a promise and no memory: not one of the pages exists "
	      "yet.  I write to\none after the other.  The first touch of each "
	      "is a page fault: the kernel finds\nthe area, gives me a page of "
	      "zeros, and lets me try again.  I notice nothing,\nbut the "
	      "kernel counts:\n\n");
	print("    minor faults so far %9u\n", before);
	for (uint32_t page = 0; page < NR_PAGES; page++) {
		const uintptr_t addr = area + page * PAGE_SIZE;

		*(volatile uint32_t *)addr = page;
		now = faults();
		print("    page %u at %x %10u   (%u more)\n", page, addr, now,
		      now - before);
		before = now;
	}
	for (uint32_t page = 0; page < NR_PAGES; page++)
		*(volatile uint32_t *)(area + page * PAGE_SIZE) += 1;
	now = faults();
	print("    all eight once more %9u   (%u more)\n\n", now,
	      now - before);
	return now - first;
}

static bool failed(const char *call, long result)
{
	if (result < 0 && result > -4096)
		print("    %s failed: errno %u\n", call, (uint32_t)-result);
	return result < 0 && result > -4096;
}

int main(void)
{
	const size_t size = NR_PAGES * PAGE_SIZE;
	uint32_t for_pages;
	uintptr_t area = 0;

	show_home(&area);
	area = mmap(size, PROT_READ | PROT_WRITE);
	if (failed("mmap", area))
		return 1;
	print("I ask for %u pages: mmap gives me %x.\n", NR_PAGES, area);
	for_pages = touch_pages(area);

	print("Now the list has them:\n\n");
	show_maps(area, area + size);

	print("I make pages 3 and 4 read-only.  One area has one protection, "
	      "so mprotect cuts\nit into three:\n\n");
	if (failed("mprotect", mprotect(area + 3 * PAGE_SIZE, 2 * PAGE_SIZE,
					PROT_READ)))
		return 1;
	show_maps(area, area + size);

	if (failed("munmap", munmap(area, size)))
		return 1;
	print("I give all of it back by munmap, and the list is as it was:"
	      "\n\n");
	show_maps(0, UINTPTR_MAX);
	print("My life took %u page faults, %u of them for the eight pages.  "
	      "Good-bye.\n\n", faults(), for_pages);
	return 0;
}
