// SPDX-License-Identifier: MIT
/*
 * filemap - files as memory: what read(), write(), truncate() and every kind
 * of mapping see of one another, each as Linux has it.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[PAGE * 4];

static int make(const char *name, size_t size)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0644);

	for (size_t i = 0; i < size; i++)
		text[i % sizeof(text)] = 'a' + i / PAGE;
	if (write(fd, text, size) != (ssize_t)size)
		note("cannot write %s", name);
	return fd;
}

static volatile char *map_at(int fd, size_t size, int prot, int flags,
			     size_t offset)
{
	void *at = mmap(NULL, size, prot, flags, fd, offset);

	if (at == MAP_FAILED)
		note("mmap: %s", strerrorname_np(errno));
	return at;
}

static int touch(long at)
{
	return *(volatile char *)at;
}

static int change(long at)
{
	*(volatile char *)at = 'Z';
	return 0;
}

/* What a touch of @at does, which lies @page pages behind a mapping's start. */
static void fault(const char *what, volatile char *at, int page, bool write)
{
	struct fault fault = fault_of(write ? change : touch,
				      (long)(at + page * PAGE));

	note("%s page %d %s: signal %d code %d %s", what, page,
	     write ? "written" : "read", fault.sig, fault.code,
	     !fault.sig || fault.addr == (uintptr_t)(at + page * PAGE) ?
	     "there" : "elsewhere");
}

static void check_coherence(void)
{
	int fd = make("f", 3 * PAGE - 100), again = open("f", O_RDONLY);
	volatile char *a = map_at(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	volatile char *b = map_at(again, 4 * PAGE, PROT_READ, MAP_SHARED, 0);
	volatile char *p = map_at(fd, 4 * PAGE, RW, MAP_PRIVATE, 0);
	struct stat st;

	note("-- coherence");
	TELL(pwrite(fd, "W", 1, 10));
	note("%c %c %c", a[10], b[10], p[10]);
	a[11] = 'A';
	TELL(pread(again, text, 12, 0));
	note("%c%c %c %c", text[10], text[11], b[11], p[11]);
	p[12] = 'P';
	a[12] = 'S';
	TELL(pwrite(fd, "X", 1, 13));
	note("%c %c %c %c", a[12], p[12], b[13], p[13]);
	p[PAGE] = 'p';
	note("%c %c", a[PAGE], p[PAGE]);
	check(is_zero((uintptr_t)a + 3 * PAGE - 100, 100),
	      "behind the end the last page is zero");
	a[3 * PAGE - 1] = 'T';
	note("%d %d", b[3 * PAGE - 1], p[3 * PAGE - 1]);
	TELL(fstat(fd, &st));
	TELL(st.st_size);
	fault("shared", a, 3, false);
	fault("shared", a, 3, true);
	fault("private", p, 3, true);
	TELL(ftruncate(fd, 3 * PAGE - 50));
	note("%d", a[3 * PAGE - 1]);
	TELL(pwrite(fd, "end", 3, 4 * PAGE - 3));
	note("%c %c %c", a[4 * PAGE - 1], b[4 * PAGE - 1], p[4 * PAGE - 1]);
	TELL(ftruncate(fd, PAGE + 10));
	note("%d %d", a[PAGE + 10], a[PAGE + 9]);
	note("%d %d", p[PAGE + 10], p[PAGE]);
	fault("shared", a, 2, false);
	fault("shared", b, 3, false);
	fault("private", p, 2, false);
	TELL(ftruncate(fd, 4 * PAGE));
	note("%d %d %d", a[2 * PAGE], b[3 * PAGE], p[PAGE * 3]);
	TELL(unlink("f"));
	close(fd);
	close(again);
	a[0] = 'U';
	note("%c %c", b[0], p[0]);
	munmap((void *)a, 4 * PAGE);
	munmap((void *)b, 4 * PAGE);
	note("%c", p[0]);
	munmap((void *)p, 4 * PAGE);
}

static void check_rights(void)
{
	int rw = make("f", PAGE), ro = open("f", O_RDONLY);
	int wo = open("f", O_WRONLY), path = open("f", O_PATH);
	int dir = open(".", O_RDONLY), odd;
	void *at;

	note("-- rights");
	TELL(mmap(0, PAGE, RW, MAP_SHARED, ro, 0) == MAP_FAILED ? -1 : 0);
	TELL(mmap(0, PAGE, RW, MAP_PRIVATE, ro, 0) == MAP_FAILED ? -1 : 0);
	TELL(mmap(0, PAGE, RW, MAP_SHARED, wo, 0) == MAP_FAILED ? -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, wo, 0) == MAP_FAILED ?
	     -1 : 0);
	TELL(mmap(0, PAGE, PROT_NONE, MAP_SHARED, wo, 0) == MAP_FAILED ?
	     -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, path, 0) == MAP_FAILED ?
	     -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, dir, 0) == MAP_FAILED ?
	     -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED ?
	     -1 : 0);
	TELL(mmap(0, 0, PROT_READ, MAP_PRIVATE, ro, 0) == MAP_FAILED ?
	     -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, 0, ro, 0) == MAP_FAILED ? -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, MAP_SHARED | MAP_PRIVATE, ro, 0) ==
	     MAP_FAILED ? -1 : 0);
	TELL(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, ro, 100) == MAP_FAILED ?
	     -1 : 0);
	at = mmap(0, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	TELL(mprotect(at, PAGE, RW));
	TELL(mprotect(at, PAGE, PROT_READ | PROT_EXEC));
	TELL(mprotect(at, PAGE, PROT_NONE));
	munmap(at, PAGE);
	at = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, ro, 0);
	TELL(mprotect(at, PAGE, RW));
	munmap(at, PAGE);
	at = mmap(0, PAGE, PROT_READ, MAP_SHARED, rw, 0);
	TELL(mprotect(at, PAGE, RW));
	munmap(at, PAGE);
	odd = make("empty", 0);
	at = (void *)map_at(odd, PAGE, RW, MAP_SHARED, 0);
	fault("empty", at, 0, false);
	TELL(ftruncate(odd, 1));
	fault("one byte", at, 0, true);
	munmap(at, PAGE);
	at = (void *)map_at(odd, PAGE, RW, MAP_SHARED, 16 * PAGE);
	fault("far behind the end", at, 0, false);
	munmap(at, PAGE);
	at = (void *)syscall(SYS_mmap2, 0, PAGE, PROT_READ, MAP_SHARED, odd,
			     0xffffffff);
	TELL(at == MAP_FAILED ? -1 : 0);
	at = (void *)syscall(SYS_mmap2, 0, 2 * PAGE, PROT_READ, MAP_SHARED,
			     odd, 0xffffffff);
	TELL(at == MAP_FAILED ? -1 : 0);
	for (int i = 3; i < 20; i++)
		close(i);
}

/* Maps the file on its own, and writes there. */
static int stranger(long page)
{
	int fd = open("f", O_RDWR);
	volatile char *at = map_at(fd, 4 * PAGE, RW, MAP_SHARED, 0);

	at[page * PAGE] = 's';
	return at[page * PAGE + 1] == 'm' ? 0 : 1;
}

static int writer(long at)
{
	*(volatile char *)at = 'c';
	return 0;
}

static void check_processes(void)
{
	int fd = make("f", 4 * PAGE);
	volatile char *a = map_at(fd, 4 * PAGE, RW, MAP_SHARED, 0);
	volatile char *p = map_at(fd, 4 * PAGE, RW, MAP_PRIVATE, 0);

	note("-- processes");
	a[PAGE + 1] = 'm';
	TELL(run(stranger, 1));
	note("%c %c", a[PAGE], p[PAGE]);
	TELL(run(writer, (long)a));
	TELL(run(writer, (long)p + PAGE * 2));
	note("%c %c", a[0], p[2 * PAGE]);
	p[3 * PAGE] = 'x';
	TELL(run(writer, (long)p + PAGE * 3));
	note("%c %c", a[3 * PAGE], p[3 * PAGE]);
	close(fd);
	munmap((void *)a, 4 * PAGE);
	munmap((void *)p, 4 * PAGE);
}

static void show_core(volatile char *at, size_t nr)
{
	unsigned char core[16];

	TELL(mincore((void *)at, nr * PAGE, core));
	printf("# core:");
	for (size_t i = 0; i < nr; i++)
		printf(" %d", core[i] & 1);
	printf("\n");
}

static void check_residence(void)
{
	int fd = open("sparse", O_CREAT | O_RDWR, 0644);
	volatile char *a;
	struct stat st;

	note("-- residence");
	TELL(ftruncate(fd, 8 * PAGE));
	a = map_at(fd, 8 * PAGE, RW, MAP_SHARED, 0);
	show_core(a, 8);
	TELL(pread(fd, text, PAGE, 0));
	TELL(fstat(fd, &st));
	TELL(st.st_blocks);
	TELL(a[PAGE * 2]);
	a[PAGE * 5] = 1;
	TELL(pwrite(fd, "x", 1, PAGE * 7));
	show_core(a, 8);
	TELL(fstat(fd, &st));
	TELL(st.st_blocks);
	TELL(madvise((void *)a, 8 * PAGE, MADV_DONTNEED));
	TELL(a[PAGE * 5]);
	TELL(madvise((void *)a + 5 * PAGE, PAGE, MADV_REMOVE));
	TELL(a[PAGE * 5]);
	TELL(fallocate(fd, 3, 7 * PAGE, PAGE));
	TELL(a[PAGE * 7]);
	TELL(fstat(fd, &st));
	TELL(st.st_blocks);
	TELL(msync((void *)a, 8 * PAGE, MS_SYNC));
	TELL(msync((void *)a, 8 * PAGE, MS_ASYNC | MS_SYNC));
	TELL(msync((void *)a, 8 * PAGE, MS_INVALIDATE));
	/* a file that reads from, and writes to, a mapping of itself */
	a[0] = 'q';
	TELL(pwrite(fd, (void *)a, 10, PAGE));
	TELL(a[PAGE]);
	TELL(pread(fd, (void *)a + 2 * PAGE, 10, 0));
	TELL(a[PAGE * 2]);
	TELL(pwrite(fd, (void *)a + 7 * PAGE, 2 * PAGE, 0));
	TELL(ftruncate(fd, PAGE));
	TELL(pwrite(fd, (void *)a, 2 * PAGE, PAGE));
	TELL(fstat(fd, &st));
	TELL(st.st_size);
	close(fd);
	munmap((void *)a, 8 * PAGE);
}

static void show_places(int fd, const char *when)
{
	void *a = mmap(NULL, 12 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	off_t at = lseek(fd, 0, SEEK_DATA);
	struct stat st;

	fstat(fd, &st);
	note("%s: %d bytes, %d blocks, data at %d to %d", when,
	     (int)st.st_size, (int)st.st_blocks, (int)at,
	     at < 0 ? 0 : (int)lseek(fd, at, SEEK_HOLE));
	show_core(a, 12);
	munmap(a, 12 * PAGE);
}

/* Pages that fallocate() keeps are there and are not seen until touched. */
static void check_places(void)
{
	int fd = open("places", O_CREAT | O_RDWR, 0644);
	volatile char *a = map_at(fd, 8 * PAGE, RW, MAP_SHARED, 0);

	note("-- places");
	TELL(ftruncate(fd, 2 * PAGE));
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE + 511, 13429));
	show_places(fd, "four kept");
	fault("kept beyond the end", a, 4, false);
	TELL(fallocate(fd, 0, PAGE, PAGE));
	show_places(fd, "one kept inside");
	TELL(pread(fd, text, PAGE, PAGE));
	show_places(fd, "read() does not count");
	TELL(ftruncate(fd, 6 * PAGE + 100));
	show_places(fd, "the file has grown over them");
	TELL(a[PAGE]);
	TELL(a[4 * PAGE]);
	TELL(pwrite(fd, "x", 1, 5 * PAGE));
	show_places(fd, "three touched");
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 6 * PAGE, 4 * PAGE));
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
		       8 * PAGE, PAGE));
	show_places(fd, "kept again, and punched");
	TELL(ftruncate(fd, 6 * PAGE + 100));
	show_places(fd, "cut to the same size");
	TELL(pwrite(fd, "x", 1, 9 * PAGE));
	TELL(ftruncate(fd, 0));
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 3 * PAGE));
	show_places(fd, "nothing but kept places");
	close(open("places", O_RDWR | O_TRUNC));
	show_places(fd, "O_TRUNC");
	munmap((void *)a, 8 * PAGE);
	close(fd);
}

static void check_full(void)
{
	volatile char *a;
	int fd;

	note("-- full");
	if (chdir("/") || umount2("/n", MNT_DETACH) ||
	    mount("n", "/n", "tmpfs", 0, "size=16K") || chdir("/n"))
		note("no tmpfs: %s", strerrorname_np(errno));
	fd = open("f", O_CREAT | O_RDWR, 0644);
	TELL(ftruncate(fd, 8 * PAGE));
	a = map_at(fd, 8 * PAGE, RW, MAP_SHARED, 0);
	for (int i = 0; i < 4; i++)
		a[i * PAGE] = 1;
	fault("full", a, 4, true);
	fault("full", a, 5, false);
	TELL(write(fd, (void *)a + 6 * PAGE, 10));
	TELL(ftruncate(fd, 3 * PAGE));
	TELL(ftruncate(fd, 8 * PAGE));
	a[7 * PAGE] = 2;
	note("%d", a[7 * PAGE]);
	TELL(ftruncate(fd, PAGE));
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE, PAGE));
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 2 * PAGE, 4 * PAGE));
	show_places(fd, "no room for four");
	TELL(fallocate(fd, 0, 2 * PAGE, 5 * PAGE));
	TELL(umount("/n"));
	close(fd);
	TELL(chdir("/"));
	TELL(umount("/n"));
	munmap((void *)a, 8 * PAGE);
	TELL(umount("/n"));
}

static void check_memfd(void)
{
	int fd = memfd_create("shared", 0);
	volatile char *a, *b;
	const char *line;

	note("-- memfd");
	TELL(ftruncate(fd, 2 * PAGE));
	a = map_at(fd, 2 * PAGE, RW, MAP_SHARED, 0);
	b = map_at(fd, PAGE, PROT_READ, MAP_PRIVATE, PAGE);
	a[PAGE] = 'm';
	note("%c", b[0]);
	close(fd);
	line = area_of((uintptr_t)a);
	line = line ? strstr(line, "/memfd") : NULL;
	note("%.23s", line ? line : "nothing");
	note("%c", a[PAGE]);
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	mkdir("/n", 0777);
	mkdir("/proc", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	if (mount("n", "/n", "tmpfs", 0, NULL) || chdir("/n"))
		note("no tmpfs: %s", strerrorname_np(errno));
	check_coherence();
	check_rights();
	check_processes();
	check_residence();
	check_places();
	check_full();
	check_memfd();
	return guest_end();
}
