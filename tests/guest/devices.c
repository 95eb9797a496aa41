// SPDX-License-Identifier: MIT
/*
 * devices - memory that is no file's: /dev/mem, /dev/zero, the screen, and a
 * buffer of the kernel's.
 *
 * The last two need Atlas: where there is no such device, their sentences are
 * said unproved.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICE_AT	0xfd000000u	/* where QEMU puts video memory */

static bool absent;			/* of the device in hand */

static void says(bool ok, const char *sentence)
{
	check(absent || ok, "%s", sentence);
}

static long open_device(const char *path, int major, int minor, int flags)
{
	unlink(path);
	sys(SYS_mknod, (long)path, S_IFCHR | 0600, makedev(major, minor));
	return sys(SYS_open, (long)path, flags);
}

static uintptr_t map_file(long fd, uint32_t at, size_t size, int prot,
			  int flags)
{
	return sys(SYS_mmap2, 0, size, prot, flags, fd, at / PAGE);
}

/* ----------------------------------------------------------------- memory */

static int opens_mem(long arg)
{
	(void)arg;
	sys(SYS_setresuid32, 1000, 1000, 1000);
	return open("/mem", O_RDONLY) < 0 ? errno : 0;
}

static int child_writes(long arg)
{
	strcpy((char *)arg, "child");
	return 0;
}

static void memory(void)
{
	long fd = open_device("/mem", 1, 1, O_RDWR), ro;
	uint8_t buf[64], seen[64];
	uintptr_t rom, dev;

	check(fd >= 0, "root may open it");
	chmod("/mem", 0666);
	check(exited(run(opens_mem, 0), EPERM), "nobody else");
	check(pread(fd, buf, 16, 0xffff0) == 16, "the end of the first MiB");
	check(buf[0] == 0xea, "there the CPU begins: a far jump");
	rom = map_file(fd, 0xf0000, 0x10000, PROT_READ, MAP_SHARED);
	check(!is_error(rom), "the firmware can be mapped");
	check(!memcmp((void *)(rom + 0xfff0), buf, 16), "it is the same");
	expect(sys(SYS_mremap, rom, 0x10000, 0x11000, MREMAP_MAYMOVE),
	       -EFAULT, "but does not grow");
	expect(sys(SYS_madvise, rom, PAGE, MADV_DONTNEED), -EINVAL, "DONTNEED");
	expect(sys(SYS_madvise, rom, PAGE, MADV_DODUMP), -EINVAL, "DODUMP");
	expect(sys(SYS_madvise, rom, PAGE, MADV_DOFORK), -EINVAL, "DOFORK");
	expect(sys(SYS_madvise, rom, PAGE, MADV_RANDOM), 0, "RANDOM");
	areas_are(rom, 16, "0-1 r--s 1-16 r--s", "cut by advice");
	expect(sys(SYS_madvise, rom, PAGE, MADV_NORMAL), 0, "NORMAL");
	areas_are(rom, 16, "0-1 r--s 1-16 r--s", "such areas never join");
	expect(sys(SYS_mlock, rom, PAGE), 0, "mlock means nothing to it");
	expect(sys(SYS_msync, rom, PAGE, MS_ASYNC), 0, "nor msync");
	expect(sys(SYS_msync, rom, PAGE, MS_SYNC), -EINVAL, "but MS_SYNC");
	expect(sys(SYS_mprotect, rom + PAGE, PAGE, PROT_NONE), 0, "no access");
	expect(read_fault(rom + PAGE), SEGV_ACCERR, "there is none");
	expect(sys(SYS_mprotect, rom + PAGE, PAGE, PROT_READ), 0, "access");
	expect(read_fault(rom + PAGE), 0, "again");
	dev = sys(SYS_mremap, rom + 15 * PAGE, PAGE, PAGE,
		  MREMAP_MAYMOVE | MREMAP_FIXED, rom);
	check(dev == rom && !memcmp((void *)(rom + 0xff0), buf, 16),
	      "it can be moved");
	expect(sys(SYS_munmap, rom, 0x10000), 0, "and unmapped");

	dev = map_file(fd, 0xf0000, PAGE, RW, MAP_PRIVATE);
	check(!is_error(dev), "a private view");
	memcpy(seen, (void *)(dev + 64), 64);
	strcpy((char *)dev, "child");
	check(!memcmp(seen, (void *)(dev + 64), 64), "is copied when written");
	munmap((void *)dev, PAGE);

	expect(map_file(fd, 0x400000, PAGE, PROT_READ, MAP_SHARED), -EPERM,
	       "RAM is refused");
	expect(map_file(fd, 0xff000, 2 * PAGE, PROT_READ, MAP_SHARED), -EPERM,
	       "also behind the first MiB");
	expect(pread(fd, buf, 1, 0x400000), -1, "not read, either");
	expect(errno, EPERM, "by EPERM");
	expect(pwrite(fd, buf, 1, 0x400000), -1, "nor written");
	expect(errno, EPERM, "by EPERM");
	dev = map_file(fd, DEVICE_AT, PAGE, RW, MAP_SHARED);
	check(!is_error(dev), "the memory of a device");
	*(volatile uint32_t *)(dev + 2048) = 0x1234567;
	check(*(volatile uint32_t *)(dev + 2048) == 0x1234567, "answers");
	check(exited(run(child_writes, dev + 2048), 0) &&
	      !strcmp((char *)dev + 2048, "child"), "a child has them, too");
	ro = open("/mem", O_RDONLY);
	expect(map_file(ro, DEVICE_AT, PAGE, RW, MAP_SHARED), -EACCES,
	       "not writable by who opened it for reading");
	close(ro);
	close(fd);
}

/* ------------------------------------------------------------------- zero */

static void zero(void)
{
	long fd = open_device("/zero", 1, 5, O_RDWR);
	uintptr_t a = map_file(fd, 0, 2 * PAGE, RW, MAP_SHARED);
	uintptr_t b = map_file(fd, 0, 2 * PAGE, RW, MAP_SHARED);
	uintptr_t c = map_file(fd, 0, 2 * PAGE, RW, MAP_PRIVATE);

	check(is_zero(a, 2 * PAGE) && is_zero(c, 2 * PAGE), "zeros");
	run(child_writes, a);
	run(child_writes, c);
	check(!strcmp((char *)a, "child"), "shared with children");
	check(is_zero(b, 2 * PAGE), "but not with another view");
	check(!is_error(sys(SYS_mmap2, 0, PAGE, RW, MAP_SHARED_VALIDATE, fd, 0)),
	      "shared, validated");
	check(is_zero(c, 2 * PAGE), "private: with nobody");
	close(fd);
}

/* ----------------------------------------------------------------- screen */

struct fb_fix {
	char id[16];
	uint32_t start, size, type, type_aux, visual;
	uint16_t steps[4];
	uint32_t line, rest[5];
};

static void screen(void)
{
	long fd = open_device("/fb0", 29, 0, O_RDWR), size = 0;
	uint32_t var[40] = { 0 }, pixel = 0;
	volatile uint32_t *pixels;
	struct fb_fix fix = { .size = 16 * PAGE };
	uintptr_t at;

	absent = fd < 0;
	says(!sys(SYS_ioctl, fd, 0x4600, (long)var), "it tells its mode");
	says(var[0] == 1024 && var[1] == 768 && var[6] == 32, "1024 x 768");
	says(!sys(SYS_ioctl, fd, 0x4602, (long)&fix), "and where it lies");
	says(fix.line == 4096 && fix.size >= 768 * 4096, "line by line");
	size = 768 * 4096;
	at = absent ? map(0, size, RW, ANON) :
		map_file(fd, 0, size, RW, MAP_SHARED);
	check(!is_error(at), "it is mapped");
	pixels = (volatile uint32_t *)at;
	for (unsigned int y = 0; y < 768; y += 16)
		for (unsigned int x = 0; x < 1024; x++)
			pixels[y * 1024 + x] = x << 8 | y;
	check(pixels[160 * 1024 + 7] == (7 << 8 | 160), "what is drawn stays");
	says(pread(fd, &pixel, 4, (160 * 1024 + 7) * 4) == 4 &&
	     pixel == (7 << 8 | 160), "read() sees it");
	pixel = 0x123456;
	says(pwrite(fd, &pixel, 4, 5 * 4096) == 4 &&
	     pixels[5 * 1024] == 0x123456, "write() draws");
	says(is_error(map_file(fd, 0, fix.size + PAGE, RW, MAP_SHARED)),
	     "it ends");
	var[5] = 10;
	says(!sys(SYS_ioctl, fd, 0x4606, (long)var), "it can be scrolled");
	var[0] = 800;
	var[1] = 600;
	says(!sys(SYS_ioctl, fd, 0x4601, (long)var) && var[0] == 800 &&
	     var[1] == 600, "another mode");
	var[6] = 8;
	says(sys(SYS_ioctl, fd, 0x4601, (long)var) == -EINVAL, "no other depth");
	says(pwrite(fd, &pixel, 4, fix.size) == -1 && errno == ENOSPC, "full");
	munmap((void *)at, size);
	close(fd);
	absent = false;
}

/* ----------------------------------------------------------------- buffer */

static void buffer(void)
{
	long fd = open_device("/kbuffer", 10, 240, O_RDWR);
	char text[16] = "";
	uint32_t word = 0;
	uintptr_t a, b;

	absent = fd < 0;
	a = absent ? map(0, 4 * PAGE, RW, ANON) :
		map_file(fd, 0, 4 * PAGE, RW, MAP_SHARED);
	b = absent ? map(0, PAGE, RW, ANON) :
		map_file(fd, 3 * PAGE, PAGE, RW, MAP_SHARED);
	strcpy((char *)a + 3 * PAGE, "process");
	says(!strcmp((char *)b, "process"), "two views of one buffer");
	says(pread(fd, text, 8, 3 * PAGE) == 8 && !strcmp(text, "process"),
	     "the kernel sees what was stored");
	says(pwrite(fd, "kernel", 7, PAGE) == 7 &&
	     !strcmp((char *)a + PAGE, "kernel"), "and is seen");
	word = *(volatile uint32_t *)a;
	says(pread(fd, text, 1, 0) == 1 &&
	     *(volatile uint32_t *)a == word + 1, "its counter counts");
	run(child_writes, a + 2 * PAGE);
	says(!strcmp((char *)a + 2 * PAGE, "child"), "children share it");
	says(is_error(map_file(fd, PAGE, 4 * PAGE, RW, MAP_SHARED)),
	     "it has four pages");
	munmap((void *)a, 4 * PAGE);
	close(fd);
	absent = false;
}

/* ------------------------------------------------------------------- kmsg */

static char record[8192];

/* The next message of the log: its priority; its text is behind record. */
static int next_record(long fd, const char **text)
{
	long n = sys(SYS_read, fd, (long)record, sizeof(record) - 1);

	*text = "";
	if (is_error(n))
		return n;
	record[n] = '\0';
	*text = strchr(record, ';');
	return atoi(record);
}

static int wait_for_record(long arg)
{
	long fd = open("/kmsg", O_RDONLY);
	const char *text;

	lseek(fd, 0, SEEK_END);
	*(volatile long *)arg = 1;
	next_record(fd, &text);
	return strcmp(text, ";good morning\n") ? 1 : 0;
}

static int opens_kmsg(long how)
{
	sys(SYS_setresuid32, 1000, 1000, 1000);
	return open("/kmsg", how) < 0 ? errno : 0;
}

static void kmsg(void)
{
	long fd = open_device("/kmsg", 1, 11, O_RDWR | O_NONBLOCK), only;
	volatile long *ready = shared(sizeof(*ready));
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	static char long_line[1000];
	unsigned int number;
	const char *text;
	int pid, status;

	expect(sys(SYS_lseek, fd, 0, SEEK_END), 0, "kmsg: behind the last");
	expect(next_record(fd, &text), -EAGAIN, "... there is none");
	expect(poll(&poll_fd, 1, 0), 0, "... nor is one to come");
	expect(write(fd, "<30>hello\n", 10), 10, "a message is written");
	expect(poll(&poll_fd, 1, 0), 1, "... there is one");
	expect(next_record(fd, &text), 30, "... and read, with its priority");
	check(!strcmp(text, ";hello\n"), "... its text");
	number = atoi(strchr(record, ',') + 1);
	expect(write(fd, "a\tb\\\x7f\xe4\n", 7), 7, "one without a priority");
	expect(next_record(fd, &text), 12, "... is a user's warning");
	check(!strcmp(text, ";a\\x09b\\x5c\\x7f\\xe4\n"), "... escaped");
	check(atoi(strchr(record, ',') + 1) == (int)number + 1,
	      "... the next number");
	write(fd, "<14>too large\n", 14);
	expect(sys(SYS_read, fd, (long)record, 10), -EINVAL, "a small buffer");
	expect(next_record(fd, &text), -EAGAIN, "... has lost it");
	expect(sys(SYS_write, fd, 16, 5), -EFAULT, "no text");
	memset(long_line, 'l', sizeof(long_line));
	long_line[599] = '\n';
	expect(sys(SYS_write, fd, (long)long_line, 993), -EINVAL, "too long");
	expect(sys(SYS_write, fd, (long)long_line, 600), 600, "long");
	expect(next_record(fd, &text), 12, "... is whole");
	check(strlen(text) == 601, "... %zu bytes", strlen(text));
	expect(sys(SYS_lseek, fd, 5, SEEK_SET), -ESPIPE, "there are no places");
	expect(sys(SYS_lseek, fd, 0, SEEK_CUR), -EINVAL, "... nor is here one");
	expect(sys(SYS_lseek, fd, 0, SEEK_SET), 0, "but a first");
	check(next_record(fd, &text) >= 0, "... which is read");
	only = open("/kmsg", O_WRONLY);
	expect(sys(SYS_read, only, (long)record, 100), -EBADF, "to write only");
	expect(sys(SYS_lseek, only, 0, SEEK_SET), 0, "... has a place, too");
	pid = start(wait_for_record, (long)ready);
	until((volatile uint32_t *)ready, 1);
	until_asleep(pid);
	expect(write(only, "good morning\n", 13), 13, "who waits for one");
	check(waitpid(pid, &status, 0) == pid && exited(status, 0),
	      "... gets it");
	chmod("/kmsg", 0666);
	check(true, "who is not root reads: %d",
	      WEXITSTATUS(run(opens_kmsg, O_RDONLY)));
	check(true, "... writes: %d", WEXITSTATUS(run(opens_kmsg, O_WRONLY)));
	close(only);
	close(fd);
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	sys(SYS_mkdir, (long)"/proc", 0755);
	sys(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0);
	memory();
	zero();
	screen();
	buffer();
	kmsg();
	return guest_end();
}
