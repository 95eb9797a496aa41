// SPDX-License-Identifier: MIT
/*
 * io - descriptors, the few devices, and /proc/self/maps.
 *
 * Promises: output in pieces arrives whole and in order, by write and writev;
 * open, close and their errors; /dev/null and /dev/zero; a process's map can be
 * read, whole or in small bites, and tells the truth; descriptors are a
 * process's own, and nothing is used up by opening often.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int in_bss, in_data = 1;
static const int in_rodata = 2;

static void put(const char *text)
{
	if (write(1, text, strlen(text)) != (ssize_t)strlen(text))
		check(false, "a write to the console is whole");
}

static void check_output(void)
{
	static char long_line[3001];
	struct iovec iov[4] = {
		{ "# in ", 5 }, { NULL, 0 }, { "four ", 5 }, { "parts\n", 6 },
	};

	put("# one");
	put(" line");
	put(" in ");
	for (const char *at = "single bytes\n"; *at; at++)
		if (write(1, at, 1) != 1)
			check(false, "a write of one byte");
	expect(writev(1, iov, 4), 16, "writev to the console");
	memset(long_line, '=', 3000);
	long_line[0] = '#';
	long_line[2999] = '\n';
	expect(write(1, long_line, 3000), 3000, "a write of 3000 bytes");
	expect(write(1, long_line, 0), 0, "a write of none");
	fprintf(stderr, "%s", "");
	check(fflush(stdout) == 0, "stdout is flushed");
}

static void check_errors(void)
{
	char byte;

	expect(sys(SYS_write, 99, (long)&byte, 1), -EBADF, "write to 99");
	expect(sys(SYS_read, 99, (long)&byte, 1), -EBADF, "read from 99");
	expect(sys(SYS_write, -1, (long)&byte, 1), -EBADF, "write to -1");
	expect(sys(SYS_writev, 99, 0, 0), -EBADF, "writev to 99");
	expect(sys(SYS_close, 99), -EBADF, "close of 99");
	expect(sys(SYS_close, -1), -EBADF, "close of -1");
	expect(sys(SYS_close, 0x7fffffff), -EBADF, "close of 2^31 - 1");
	expect(sys(SYS_open, (long)"/no/such/file", 0, 0), -ENOENT,
	       "open of what is not there");
	expect(sys(SYS_open, (long)"/dev/no-such-device", 0, 0), -ENOENT,
	       "open of no such device");
	expect(sys(SYS_open, (long)"", 0, 0), -ENOENT, "open of nothing");
	expect(sys(SYS_open, (long)"/proc/self/no-such", 0, 0), -ENOENT,
	       "open of no such thing in /proc");
}

static void check_null(void)
{
	int fd = open("/dev/null", O_RDWR), again, other;
	char buffer[16] = "unchanged";

	check(fd > 2, "/dev/null opens");
	expect(write(fd, buffer, 9), 9, "takes all");
	expect(read(fd, buffer, 9), 0, "gives nothing");
	check(strcmp(buffer, "unchanged") == 0, "and leaves the buffer alone");
	other = open("/dev/null", O_RDONLY);
	check(other > fd, "a second one gets a higher number");
	expect(close(fd), 0, "close");
	expect(sys(SYS_close, fd), -EBADF, "twice");
	again = open("/dev/null", O_WRONLY);
	expect(again, fd, "the lowest free number is taken");
	expect(sys(SYS_write, other, (long)buffer, 4), -EBADF,
	       "opened to read, it cannot be written");
	expect(sys(SYS_read, again, (long)buffer, 4), -EBADF,
	       "opened to write, it cannot be read");
	check(!isatty(again) && errno == ENOTTY, "it is no terminal");
	close(again);
	close(other);
}

static void check_zero(void)
{
	static uint8_t buffer[10000];
	int fd = open("/dev/zero", O_RDWR);

	memset(buffer, 1, sizeof(buffer));
	expect(read(fd, buffer + 1, 9998), 9998, "/dev/zero fills 9998 bytes");
	check(buffer[0] == 1 && is_zero((uintptr_t)buffer + 1, 9998) &&
	      buffer[9999] == 1, "with zeros, and not one more");
	expect(write(fd, buffer, 100), 100, "and takes what is written");
	close(fd);
}

static int close_it(long fd)
{
	return close(fd) == 0 && close(fd) == -1 ? 0 : 1;
}

static void check_descriptors(void)
{
	char byte = 1;
	int fd = open("/dev/zero", O_RDONLY), first = -1;
	bool same = true;

	check(exited(run(close_it, fd), 0), "a child closes what it inherits");
	check(read(fd, &byte, 1) == 1 && byte == 0, "the parent's stays open");
	close(fd);
	for (int i = 0; i < 2000; i++) {
		fd = open(i % 2 ? "/dev/null" : "/proc/self/maps", O_RDONLY);
		if (first < 0)
			first = fd;
		same &= fd == first && close(fd) == 0;
	}
	check(same && first > 2, "2000 times opened and closed");
}

/* ----------------------------------------------------------------- maps */

static const char *prot_of(const void *addr)
{
	const char *line = area_of((uintptr_t)addr);

	return line ? strchr(line, ' ') + 1 : "nothing";
}

static void check_maps_truth(void)
{
	const char *text = maps_text(), *at = text;
	unsigned long start, end, offset, last = 0;
	bool sorted = true, aligned = true, shaped = true;
	int nr = 0;

	while (*at) {
		char prot[5];
		unsigned int major, minor, inode;

		shaped &= sscanf(at, "%8lx-%8lx %4s %8lx %x:%x %u", &start,
				 &end, prot, &offset, &major, &minor,
				 &inode) == 7;
		shaped &= at[8] == '-' && at[17] == ' ' && at[22] == ' ';
		sorted &= start >= last && start < end;
		aligned &= start % PAGE == 0 && end % PAGE == 0;
		last = end;
		nr++;
		at += strcspn(at, "\n");
		shaped &= *at == '\n';
		at += *at == '\n';
	}
	check(nr >= 4, "maps has areas");
	check(shaped, "each a line of Linux's form");
	check(sorted, "in order, without overlap");
	check(aligned, "of whole pages");
	check(last <= USER_TOP, "below 3 GiB");
	check(strncmp(prot_of((void *)(uintptr_t)check_output), "r-xp", 4) == 0,
	      "text can be read and executed");
	check(strncmp(prot_of(&in_data), "rw-p", 4) == 0 &&
	      strncmp(prot_of(&in_bss), "rw-p", 4) == 0,
	      "data and bss can be read and written");
	check(prot_of(&in_rodata)[0] == 'r' && prot_of(&in_rodata)[1] == '-',
	      "constants can be read and not written");
	check(strcmp(prot_of(NULL), "nothing") == 0, "there is nothing at 0");
	in_bss = in_data;
}

static void check_maps_bites(void)
{
	static char whole[16384], bites[16384];
	size_t size = 0, sum = 0;
	ssize_t got;
	int fd = open("/proc/self/maps", O_RDONLY);

	while ((got = read(fd, whole + size, sizeof(whole) - size)) > 0)
		size += got;
	check(got == 0 && size > 100, "maps is read to its end");
	expect(read(fd, bites, 10), 0, "and stays there");
	close(fd);
	fd = open("/proc/self/maps", O_RDONLY);
	while ((got = read(fd, bites + sum, 7)) > 0)
		sum += got;
	check(sum == size && memcmp(whole, bites, size) == 0,
	      "in bites of 7 bytes it is the same");
	close(fd);
	fd = open("/proc/self/maps", O_RDONLY);
	expect(sys(SYS_write, fd, (long)whole, 1), -EBADF, "it is not written");
	expect(sys(SYS_read, fd, USER_TOP, 100), -EFAULT,
	       "nor read into the kernel");
	close(fd);
}

static void check_maps_live(void)
{
	uintptr_t arena = 0x40000000;

	areas_are(arena, 16, "", "a place that is free");
	map(arena + PAGE, 2 * PAGE, RW, ANON | MAP_FIXED);
	areas_are(arena, 16, "1-3 rw-p", "is not when it is mapped");
	munmap((void *)(arena + PAGE), 2 * PAGE);
	areas_are(arena, 16, "", "and is again");
	check(minor_faults() > 0, "/proc/self/stat has a count of faults");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_output();
	check_errors();
	check_null();
	check_zero();
	check_descriptors();
	check_maps_truth();
	check_maps_bites();
	check_maps_live();
	return guest_end();
}
