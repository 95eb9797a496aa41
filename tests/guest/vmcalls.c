// SPDX-License-Identifier: MIT
/*
 * vmcalls - the rest of the mmap family: every advice for every kind of
 * memory, what is in core, msync, locks and limits, READ_IMPLIES_EXEC,
 * remap_file_pages, process_vm_readv, membarrier, promises of memory.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR	4u
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static int file, file_ro;

static uintptr_t map_at(int fd, int prot, int flags, uint32_t pgoff)
{
	return sys(SYS_mmap2, 0, NR * PAGE, prot, flags, fd, pgoff);
}

static const char *name_of(long result)
{
	return is_error(result) ? strerrorname_np(-result) : "0";
}

/* ----------------------------------------------------------------- advice */

static uintptr_t make(unsigned int kind)
{
	uintptr_t at;

	switch (kind) {
	case 0:
		return map(0, NR * PAGE, RW, ANON);
	case 1:
		return map(0, NR * PAGE, PROT_READ, ANON);
	case 2:
		return map(0, NR * PAGE, PROT_NONE, ANON);
	case 3:
		at = map(0, NR * PAGE, RW, ANON);
		sys(SYS_mlock, at, NR * PAGE);
		return at;
	case 4:
		return map(0, NR * PAGE, RW, SHARED);
	case 5:
		return map_at(file, RW, MAP_SHARED, 0);
	case 6:
		return map_at(file, PROT_READ, MAP_SHARED, 0);
	case 7:
		return map_at(file_ro, PROT_READ, MAP_SHARED, 0);
	case 8:
		return map_at(file, RW, MAP_PRIVATE, 0);
	case 9:
		at = map_at(file, RW, MAP_SHARED, 0);
		sys(SYS_mlock, at, NR * PAGE);
		return at;
	case 10:
		return map_at(file, RW, MAP_SHARED, 100);	/* beyond */
	default:
		return map(0, NR * PAGE, RW, ANON | MAP_GROWSDOWN);
	}
}

static void advice(void)
{
	static const char *const kinds[] = {
		"rw", "r", "none", "locked", "shared", "file rw", "file r",
		"file ro", "private file", "locked file", "beyond", "stack",
	};

	for (unsigned int kind = 0; kind < COUNT(kinds); kind++) {
		for (int what = 0; what <= 27; what++) {
			uintptr_t at = make(kind);
			long result;

			if (what == 14 || what == 15)
				what = 16;	/* huge pages: a config's */
			result = sys(SYS_madvise, at, NR * PAGE, what);
			check(true, "%s, advice %d: %s", kinds[kind], what,
			      name_of(result));
			munmap((void *)at, NR * PAGE);
		}
	}
	check(true, "odd address: %s", name_of(sys(SYS_madvise, 5, PAGE, 4)));
	check(true, "no size: %s", name_of(sys(SYS_madvise, PAGE, 0, 4)));
	check(true, "no size, unknown: %s",
	      name_of(sys(SYS_madvise, PAGE, 0, 99)));
	check(true, "wraps: %s", name_of(sys(SYS_madvise, PAGE, -PAGE, 4)));
	check(true, "hole: %s", name_of(sys(SYS_madvise, PAGE, PAGE, 4)));
}

/* ------------------------------------------------------- in core, msync */

static void in_core(uintptr_t at, const char *what)
{
	unsigned char vec[NR + 1];
	long result;

	memset(vec, 9, sizeof(vec));
	result = sys(SYS_mincore, at, NR * PAGE, (long)vec);
	check(true, "%s: %s %d%d%d%d %d", what, name_of(result), vec[0] & 1,
	      vec[1] & 1, vec[2] & 1, vec[3] & 1, vec[4]);
}

static void cores(void)
{
	uintptr_t at = make(0);

	in_core(at, "untouched");
	*(volatile char *)(at + PAGE);
	*(volatile char *)(at + 2 * PAGE) = 1;
	in_core(at, "read and written");
	munmap((void *)at, NR * PAGE);
	at = map_at(file, RW, MAP_SHARED, 2);
	in_core(at, "file, half of it beyond the end");
	munmap((void *)at, NR * PAGE);
	at = map_at(file, RW, MAP_PRIVATE, 0);
	in_core(at, "private file");
	munmap((void *)at + 2 * PAGE, PAGE);
	in_core(at, "with a hole");
	check(true, "odd: %s", name_of(sys(SYS_mincore, at + 1, 1, at)));
	check(true, "no vector: %s", name_of(sys(SYS_mincore, at, PAGE, 0)));
	check(true, "nothing: %s", name_of(sys(SYS_mincore, at, 0, 0)));
	check(true, "msync over a hole: %s",
	      name_of(sys(SYS_msync, at, NR * PAGE, MS_SYNC)));
	check(true, "both: %s", name_of(sys(SYS_msync, at, PAGE, 5)));
	check(true, "odd: %s", name_of(sys(SYS_msync, at + 1, PAGE, 4)));
	check(true, "unknown: %s", name_of(sys(SYS_msync, at, PAGE, 8)));
	check(true, "nothing: %s", name_of(sys(SYS_msync, at, 0, 4)));
	check(true, "wraps: %s", name_of(sys(SYS_msync, at, -PAGE, 4)));
	sys(SYS_mlock, at, PAGE);
	check(true, "invalidate locked: %s",
	      name_of(sys(SYS_msync, at, PAGE, MS_INVALIDATE)));
	munmap((void *)at, NR * PAGE);
}

/* ----------------------------------------------------------------- limits */

static int within_limits(long what)
{
	struct rlimit limit = { 64 * PAGE, 64 * PAGE };
	uintptr_t at = map(0, 100 * PAGE, RW, ANON), more;
	char *brk = sbrk(0);

	if (what == 0) {
		setrlimit(RLIMIT_MEMLOCK, &limit);
		check(true, "root: %s", name_of(sys(SYS_mlock, at, 99 * PAGE)));
		sys(SYS_munlock, at, 100 * PAGE);
		sys(SYS_setresuid32, 1000, 1000, 1000);
		check(true, "65 pages: %s", name_of(sys(SYS_mlock, at, 65 *
							 PAGE)));
		check(true, "60 pages: %s", name_of(sys(SYS_mlock, at, 60 *
							 PAGE)));
		check(true, "5 more: %s", name_of(sys(SYS_mlock, at + 60 * PAGE,
						      5 * PAGE)));
		check(true, "the same: %s", name_of(sys(SYS_mlock, at, 60 *
							 PAGE)));
		more = map(0, 5 * PAGE, RW, ANON | MAP_LOCKED);
		check(true, "MAP_LOCKED: %s", name_of(is_error(more) ?
						       (long)more : 0));
		more = map(0, 4 * PAGE, RW, ANON | MAP_LOCKED);
		check(!is_error(more), "as much as there is room for");
		check(true, "grow: %s", name_of(is_error(more = sys(SYS_mremap,
			more, 4 * PAGE, 6 * PAGE, 1)) ? (long)more : 0));
		check(true, "all: %s", name_of(sys(SYS_mlockall, 1)));
		check(true, "future: %s", name_of(sys(SYS_mlockall, 2)));
		more = map(0, PAGE, RW, ANON);
		check(true, "now: %s", name_of(is_error(more) ?
						(long)more : 0));
		check((char *)sys(SYS_brk, (long)brk + 8 * PAGE) == brk,
		      "the heap stays");
		check(true, "none: %s", name_of(sys(SYS_munlockall)));
		limit.rlim_cur = limit.rlim_max = 0;
		setrlimit(RLIMIT_MEMLOCK, &limit);
		check(true, "no right: %s", name_of(sys(SYS_mlock, at, PAGE)));
		check(true, "to unlock: %s", name_of(sys(SYS_munlock, at,
							  PAGE)));
		more = map(0, PAGE, RW, ANON | MAP_LOCKED);
		check(true, "MAP_LOCKED: %s", name_of(is_error(more) ?
						       (long)more : 0));
	} else if (what == 1) {
		limit.rlim_cur = limit.rlim_max = 64u << 20;
		setrlimit(RLIMIT_AS, &limit);
		more = map(0, 65u << 20, PROT_NONE, ANON);
		check(true, "address space: %s", name_of((long)more));
		more = map(0, 32u << 20, PROT_NONE, ANON);
		check(!is_error(more), "half of it");
		more = sys(SYS_mremap, more, 32u << 20, 64u << 20, 1);
		check(true, "twice of that: %s", name_of((long)more));
	} else {
		limit.rlim_cur = limit.rlim_max = 8u << 20;
		setrlimit(RLIMIT_DATA, &limit);
		check((char *)sys(SYS_brk, (long)brk + (9 << 20)) == brk,
		      "the heap has a limit");
		check(true, "private: %s", name_of((long)map(0, 9u << 20, RW,
							     ANON)));
		more = map(0, 9u << 20, PROT_READ, ANON);
		check(!is_error(more), "but to read");
		check(true, "mprotect: %s", name_of(sys(SYS_mprotect, more,
							9u << 20, RW)));
		more = map(0, 9u << 20, RW, SHARED);
		check(!is_error(more), "or to share");
	}
	fflush(stdout);
	return 0;
}

/* Returns when the stack has used @left bytes more. */
static int __attribute__((noinline)) deep(long left)
{
	volatile char room[2048];

	room[0] = left;
	return left > 0 ? deep(left - 2048) + room[0] : 0;
}

static int small_stack(long size)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	setrlimit(RLIMIT_STACK, &limit);
	deep(size);
	return 0;
}

/* What mprotect() and mremap() do with locked areas. */
static int in_locked(long unused)
{
	uintptr_t at;

	(void)unused;
	sys(SYS_mlockall, 2);
	at = map(0x50000000, NR * PAGE, 0, SHARED | MAP_FIXED);
	expect(sys(SYS_mprotect, at, NR * PAGE, RW), 0, "to write");
	in_core(at, "shared, locked: not brought in");
	at = map(0x50000000, 10 * PAGE, PROT_READ, ANON | MAP_FIXED);
	expect(sys(SYS_mremap, at + 4 * PAGE, PAGE, PAGE, 7, at + 6 * PAGE),
	       at + 6 * PAGE, "a page moves and stays");
	areas_are(at, 10, "0-10 r--p", "all are one again, unlocked");
	fflush(stdout);
	return 0;
}

static void limits(void)
{
	for (long what = 0; what < 3; what++) {
		fflush(stdout);
		check(exited(run(within_limits, what), 0), "limits %ld", what);
	}
	fflush(stdout);
	check(exited(run(in_locked, 0), 0), "locked areas");
	check(exited(run(small_stack, 900 << 10), 0), "a stack of 900 KiB");
	check(killed(run(small_stack, 1100 << 10), SIGSEGV), "no larger one");
}

/* ------------------------------------------------------ READ_IMPLIES_EXEC */

static int read_exec_child(long at)
{
	areas_are(at, 8, "0-1 rw-p 1-2 rwxp 2-4 r-xp 4-5 -w-p 5-6 r-xp "
			 "6-8 rw-p", "a child has the same");
	map(at, PAGE, PROT_READ, ANON | MAP_FIXED);
	areas_are(at, 1, "0-1 r-xp", "and goes on so");
	sys(SYS_personality, 0);
	map(at, PAGE, PROT_READ, ANON | MAP_FIXED);
	areas_are(at, 1, "0-1 r--p", "until it says otherwise");
	fflush(stdout);
	return 0;
}

/* What can be read can be executed, but for files that nobody may execute. */
static int read_exec(long no_exec)
{
	uintptr_t at = map(0x50000000, 8 * PAGE, RW, ANON | MAP_FIXED);
	uintptr_t heap = (sys(SYS_brk, 0) + PAGE - 1) & -PAGE;

	sys(SYS_brk, heap + PAGE);
	expect(sys(SYS_personality, READ_IMPLIES_EXEC), 0, "was not there");
	map(at + PAGE, PAGE, RW, ANON | MAP_FIXED);
	map(at + 2 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED);
	map(at + 3 * PAGE, 2 * PAGE, PROT_NONE, ANON | MAP_FIXED);
	sys(SYS_mprotect, at + 3 * PAGE, PAGE, PROT_READ);
	sys(SYS_mprotect, at + 4 * PAGE, PAGE, PROT_WRITE);
	sys(SYS_mmap2, at + 5 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED,
	    file_ro, 0);
	sys(SYS_mmap2, at + 6 * PAGE, 2 * PAGE, PROT_READ,
	    MAP_PRIVATE | MAP_FIXED, no_exec, 0);
	expect(sys(SYS_mprotect, at + 6 * PAGE, PAGE, RW), 0, "no objection");
	expect(sys(SYS_mprotect, at + 7 * PAGE, PAGE, RW), 0, "nor there");
	areas_are(at, 8, "0-1 rw-p 1-2 rwxp 2-4 r-xp 4-5 -w-p 5-6 r-xp "
			 "6-8 rw-p", "all that is new and can be read");
	sys(SYS_brk, heap + 3 * PAGE);
	areas_are(heap, 3, "0-1 rw-p 1-3 rwxp", "the heap from there on");
	fflush(stdout);
	check(exited(run(read_exec_child, at), 0), "fork");
	return 0;
}

static void executable(void)
{
	int fd;

	sys(SYS_mkdir, (long)"/tmp/noexec", 0755);
	sys(SYS_mount, (long)"tmp", (long)"/tmp/noexec", (long)"tmpfs",
	    MS_NOEXEC, 0);
	fd = open("/tmp/noexec/file", O_RDWR | O_CREAT, 0777);
	check(ftruncate(fd, 2 * PAGE) == 0, "a file without rights");
	fflush(stdout);
	check(exited(run(read_exec, fd), 0), "READ_IMPLIES_EXEC");
	close(fd);
	sys(SYS_umount2, (long)"/tmp/noexec", 0);
}

/* ------------------------------------------------------- remap_file_pages */

static void remap(void)
{
	uintptr_t at = map_at(file, RW, MAP_SHARED, 0), anon;

	for (unsigned int i = 0; i < NR; i++)
		*(uint32_t *)(at + i * PAGE) = i;
	expect(sys(SYS_remap_file_pages, at, PAGE, 0, 3, 0), 0, "3 for 0");
	expect(sys(SYS_remap_file_pages, at + 3 * PAGE, PAGE, 0, 0, 0), 0,
	       "0 for 3");
	check(*(uint32_t *)at == 3 && *(uint32_t *)(at + 3 * PAGE) == 0,
	      "they changed places");
	areas_are(at, NR, "0-1 rw-s 1-3 rw-s 3-4 rw-s", "by areas");
	expect(sys(SYS_remap_file_pages, at, NR * PAGE, 0, 0, 0), 0, "back");
	areas_are(at, NR, "0-4 rw-s", "one again");
	expect(sys(SYS_remap_file_pages, at, PAGE, 1, 0, 0), -EINVAL, "prot");
	expect(sys(SYS_remap_file_pages, at, 5, 0, 0, 0), -EINVAL, "size");
	expect(sys(SYS_remap_file_pages, at, 9 * PAGE, 0, 0, 0), -EINVAL,
	       "beyond the area");
	expect(sys(SYS_remap_file_pages, at, 2 * PAGE, 0, -1, 0), -EINVAL,
	       "pgoff wraps");
	expect(sys(SYS_remap_file_pages, at + 5, PAGE + 7, 0, 2, 0), 0, "odd");
	check(*(uint32_t *)at == 2, "is rounded");
	munmap((void *)at, NR * PAGE);
	anon = map(0, PAGE, RW, ANON);
	expect(sys(SYS_remap_file_pages, anon, PAGE, 0, 0, 0), -EINVAL,
	       "private");
	munmap((void *)anon, PAGE);
	anon = map(0, 2 * PAGE, RW, SHARED);
	*(uint32_t *)(anon + PAGE) = 7;
	expect(sys(SYS_remap_file_pages, anon, PAGE, 0, 1, 0), 0, "shared");
	check(*(uint32_t *)anon == 7, "too");
	munmap((void *)anon, 2 * PAGE);
	at = map_at(file_ro, PROT_READ, MAP_SHARED, 0);
	expect(sys(SYS_remap_file_pages, at, PAGE, 0, 1, 0), -EINVAL,
	       "not of a file opened for reading");
	munmap((void *)at, NR * PAGE);
	at = map(0, 4 * PAGE, RW, SHARED);
	expect(sys(SYS_remap_file_pages, at, PAGE, 0, 1, MAP_NONBLOCK), 0,
	       "nonblock");
	in_core(at, "makes no page");
	expect(sys(SYS_remap_file_pages, at, PAGE, 0, 2, 0), 0, "otherwise");
	in_core(at, "it does");
	munmap((void *)at, 4 * PAGE);
}

/* ------------------------------------------------------------- process_vm */

static int sleeper(long arg)
{
	while (!arg)
		pause();
	return 0;
}

static int peek_as_nobody(long pid)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &file, 1 };

	sys(SYS_setresuid32, 1000, 1000, 1000);
	return -sys(SYS_process_vm_readv, pid, (long)&here, 1, (long)&there, 1,
		    0);
}

static void processes(void)
{
	static char text[2 * PAGE] = "parent";
	uintptr_t hole = map(0, 3 * PAGE, RW, ANON);
	char got[64];
	struct iovec here[2] = { { got, 4 }, { got + 4, 60 } };
	struct iovec there[2] = { { text, 3 }, { text + 3, 4 } };
	int pid, status;

	strcpy((char *)hole, "abc");
	munmap((void *)hole + PAGE, PAGE);
	mprotect((void *)hole + 2 * PAGE, PAGE, PROT_NONE);
	pid = start(sleeper, 0);
	strcpy(text, "changed");
	memset(got, 0, sizeof(got));
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 2, 0),
	       7, "a child is read");
	check(!strcmp(got, "parent"), "its own memory");
	there[0] = (struct iovec){ text, 6 };
	strcpy(got, "writer");
	expect(sys(SYS_process_vm_writev, pid, (long)here, 2, (long)there, 1,
		   0), 6, "it is written");
	check(!strcmp(text, "changed"), "not ours");
	memset(got, 0, sizeof(got));
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 1, 0),
	       6, "and read");
	check(!strncmp(got, "writer", 6), "again");
	there[0] = (struct iovec){ (void *)hole + PAGE - 8, 16 };
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 1, 0),
	       8, "up to a hole");
	there[0] = (struct iovec){ (void *)hole + PAGE, 16 };
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 1, 0),
	       -EFAULT, "a hole");
	there[0] = (struct iovec){ (void *)hole + 2 * PAGE, 16 };
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 1, 0),
	       -EFAULT, "no right");
	there[0] = (struct iovec){ (void *)0xc0100000, 16 };
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 1, 0),
	       -EFAULT, "the kernel's");
	expect(sys(SYS_process_vm_readv, pid, (long)here, 2, (long)there, 1, 1),
	       -EINVAL, "flags");
	expect(sys(SYS_process_vm_readv, pid, (long)here, 1025, (long)there, 1,
		   0), -EINVAL, "too many pieces");
	expect(sys(SYS_process_vm_readv, pid, 16, 1, (long)there, 1, 0),
	       -EFAULT, "no list");
	expect(sys(SYS_process_vm_readv, 30000, (long)here, 0, 16, 1, 0), 0,
	       "nothing to do");
	expect(sys(SYS_process_vm_readv, 30000, (long)here, 1, (long)there, 1,
		   0), -ESRCH, "nobody");
	status = run(peek_as_nobody, pid);
	check(exited(status, EPERM), "others may not");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap((void *)hole, 3 * PAGE);
}

static void barriers(void)
{
	check(true, "query: %#lx", sys(SYS_membarrier, 0, 0, 0));
	for (long what = 1; what <= 512; what *= 2)
		check(true, "membarrier %ld: %s, with flags %s", what,
		      name_of(sys(SYS_membarrier, what, 0, 0)),
		      name_of(sys(SYS_membarrier, what, 2, 0)));
	check(true, "registered: %s", name_of(sys(SYS_membarrier, 8, 0, 0)));
}

/* --------------------------------------------------------------- promises */

static bool set_knob(const char *name, const char *value)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/vm/%s", name);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return false;
	return close(fd) == 0;
}

static long try_map(uint32_t size, int flags)
{
	uintptr_t at = map(0, size, RW, flags);

	if (is_error(at))
		return at;
	munmap((void *)at, size);
	return 0;
}

static void promises(void)
{
	const uint32_t huge = 2200u << 20, large = 1000u << 20;

	check(true, "guess: %s %s %s", name_of(try_map(huge, ANON)),
	      name_of(try_map(huge, ANON | MAP_NORESERVE)),
	      name_of(try_map(huge, SHARED)));
	check(set_knob("overcommit_memory", "1"), "always");
	check(true, "always: %s %s", name_of(try_map(huge, ANON)),
	      name_of(try_map(huge, SHARED)));
	check(set_knob("overcommit_ratio", "30"), "a ratio");
	check(set_knob("overcommit_memory", "2"), "never");
	check(true, "never: %s %s %s %s", name_of(try_map(large, ANON)),
	      name_of(try_map(large, ANON | MAP_NORESERVE)),
	      name_of(try_map(large, SHARED)),
	      name_of(try_map(100u << 20, ANON)));
	check(set_knob("overcommit_memory", "0"), "a guess again");
	check(set_knob("overcommit_ratio", "50"), "the old ratio");
	check(set_knob("max_map_count", "65530"), "the old number of areas");
}

int main(int argc, char **argv)
{
	static char page[PAGE];

	(void)argc;
	guest_start(argv);
	sys(SYS_mkdir, (long)"/proc", 0755);
	sys(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0);
	sys(SYS_mkdir, (long)"/tmp", 0755);
	sys(SYS_mount, (long)"tmp", (long)"/tmp", (long)"tmpfs", 0, 0);
	file = open("/tmp/file", O_RDWR | O_CREAT, 0666);
	for (unsigned int i = 0; i < NR; i++)
		if (write(file, page, PAGE) != PAGE)
			return 1;
	file_ro = open("/tmp/file", O_RDONLY);
	cores();
	advice();
	limits();
	executable();
	remap();
	processes();
	barriers();
	promises();
	return guest_end();
}
