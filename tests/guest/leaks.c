// SPDX-License-Identifier: MIT
/*
 * leaks - does the kernel show what is not the program's?
 *
 * Each structure that a call copies out is asked for twice, into memory with a
 * different filling, after calls that left two different words in the memory
 * and on the stacks that the kernel uses to serve them.  A byte that kept both
 * fillings was not written; the others are listed, "0-96 of 512".  One that was
 * written without being set would differ, or be a part of these words.
 *
 * Then: what was written, freed, and is given out again is zero, of whatever
 * kind the memory was and is.
 *
 * Promises: each structure ends where Linux's ends, with no byte of it left as
 * it was that Linux writes; no padding shows anything; fresh memory is zero.
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
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE		1024		/* of a buffer for one structure */
#define OFFSET		64		/* of the structure in it */
#define MIB		(1u << 20)

static uint8_t buf[SIZE] __attribute__((aligned(64)));
static void *const out = buf + OFFSET;
static const uint32_t words[2] = { 0x13c7a5e9, 0x9b4d8ef1 };
static int file, dir, ends[2];

/* ---------------------------------------------- what is left in the kernel */

/* Fill objects of many sizes, and stacks, with @word; then they are free. */
static void leave(uint32_t word)
{
	static uint32_t many[1024];
	static struct iovec iov[600];
	static char path[4096];
	uint32_t event[8];
	int fd;

	for (int i = 0; i < 1024; i++)
		many[i] = word;
	for (int i = 0; i < 600; i++)
		iov[i] = (struct iovec){ (void *)word, 0 };
	for (unsigned int size = 16; size < sizeof(path); size *= 2) {
		memcpy(path, many, size - 1);
		path[size - 1] = '\0';
		sys(SYS_open, (uintptr_t)path, O_RDONLY);
		sys(SYS_symlink, (uintptr_t)path, (uintptr_t)"leaks-link");
		sys(SYS_unlink, (uintptr_t)"leaks-link");
		sys(SYS_readv, file, (uintptr_t)iov, size / 8);
		sys(SYS_poll, (uintptr_t)many, size / 8, 0);
	}
	sys(SYS__newselect, 1024, (uintptr_t)many, 0, 0, (uintptr_t)many);
	sys(SYS_rt_sigaction, SIGUSR2, (uintptr_t)many, 0, 8);
	sys(SYS_rt_sigaction, SIGUSR2, (uintptr_t)(uint32_t[5]){ 0 }, 0, 8);
	sys(SYS_clone3, (uintptr_t)many, 64);
	memcpy(event, many, sizeof(event));
	sys(SYS_fcntl64, file, F_SETLK64, (uintptr_t)event);
	fd = sys(SYS_memfd_create, (uintptr_t)"leaks", 0);
	write(fd, many, sizeof(many));
	close(fd);
	write(ends[1], many, sizeof(many));
	read(ends[0], many, sizeof(many));
}

/* ------------------------------------------------------------- structures */

struct structure {
	const char *name;
	long (*get)(void);
	bool is_alive;			/* its figures change by themselves */
};

#define STRUCTURE(name, ...)						\
	static long get_##name(void) { return sys(__VA_ARGS__); }
#define OUT		(uintptr_t)out
#define OUT_AT(offset)	(uintptr_t)(buf + OFFSET + (offset))
#define TEXT(text)	(uintptr_t)(text)

STRUCTURE(stat, SYS_stat, TEXT("leaks-file"), OUT)
STRUCTURE(lstat, SYS_lstat, TEXT("leaks-file"), OUT)
STRUCTURE(fstat, SYS_fstat, file, OUT)
STRUCTURE(fstat_pipe, SYS_fstat, ends[0], OUT)
STRUCTURE(stat64, SYS_stat64, TEXT("leaks-file"), OUT)
STRUCTURE(lstat64, SYS_lstat64, TEXT("leaks-file"), OUT)
STRUCTURE(fstat64, SYS_fstat64, file, OUT)
STRUCTURE(fstat64_pipe, SYS_fstat64, ends[0], OUT)
STRUCTURE(fstatat64, SYS_fstatat64, AT_FDCWD, TEXT("leaks-file"), OUT, 0)
STRUCTURE(statx, SYS_statx, AT_FDCWD, TEXT("leaks-file"), 0, 0x7ff, OUT)
STRUCTURE(statx_none, SYS_statx, AT_FDCWD, TEXT("/proc"), 0, 0, OUT)
STRUCTURE(statfs, SYS_statfs, TEXT("/proc"), OUT)
STRUCTURE(fstatfs, SYS_fstatfs, file, OUT)
STRUCTURE(statfs64, SYS_statfs64, TEXT("/proc"), 84, OUT)
STRUCTURE(fstatfs64, SYS_fstatfs64, ends[0], 84, OUT)
STRUCTURE(getdents, SYS_getdents, dir, OUT, 900)
STRUCTURE(getdents64, SYS_getdents64, dir, OUT, 900)
STRUCTURE(sigaction, SYS_sigaction, SIGUSR1, 0, OUT)
STRUCTURE(rt_sigaction, SYS_rt_sigaction, SIGUSR1, 0, OUT, 8)
STRUCTURE(sigprocmask, SYS_sigprocmask, 0, 0, OUT)
STRUCTURE(rt_sigprocmask, SYS_rt_sigprocmask, 0, 0, OUT, 8)
STRUCTURE(rt_sigprocmask_4, SYS_rt_sigprocmask, 0, 0, OUT, 4)
STRUCTURE(sigpending, SYS_sigpending, OUT)
STRUCTURE(rt_sigpending, SYS_rt_sigpending, OUT, 8)
STRUCTURE(rt_sigpending_4, SYS_rt_sigpending, OUT, 4)
STRUCTURE(sigaltstack, SYS_sigaltstack, 0, OUT)
STRUCTURE(getrusage, SYS_getrusage, 0, OUT)
STRUCTURE(sysinfo, SYS_sysinfo, OUT)
STRUCTURE(times, SYS_times, OUT)
STRUCTURE(time, SYS_time, OUT)
STRUCTURE(getitimer, SYS_getitimer, 0, OUT)
STRUCTURE(setitimer, SYS_setitimer, 1, 0, OUT)
STRUCTURE(gettimeofday, SYS_gettimeofday, OUT, OUT_AT(100))
STRUCTURE(clock_gettime, SYS_clock_gettime, 0, OUT)
STRUCTURE(clock_gettime64, 403, 0, OUT)
STRUCTURE(clock_getres, SYS_clock_getres, 0, OUT)
STRUCTURE(clock_getres64, 406, 0, OUT)
STRUCTURE(uname, SYS_uname, OUT)
STRUCTURE(getrlimit, SYS_getrlimit, 7, OUT)
STRUCTURE(ugetrlimit, SYS_ugetrlimit, 7, OUT)
STRUCTURE(prlimit64, SYS_prlimit64, 0, 7, 0, OUT)
STRUCTURE(getresuid, SYS_getresuid, OUT, OUT_AT(40), OUT_AT(80))
STRUCTURE(getresuid32, SYS_getresuid32, OUT, OUT_AT(40), OUT_AT(80))
STRUCTURE(getresgid32, SYS_getresgid32, OUT, OUT_AT(40), OUT_AT(80))
STRUCTURE(sched_getparam, SYS_sched_getparam, 0, OUT)
STRUCTURE(sched_rr_get_interval, SYS_sched_rr_get_interval, 0, OUT)
STRUCTURE(sched_rr_get_interval64, 423, 0, OUT)
STRUCTURE(getcpu, SYS_getcpu, OUT, OUT_AT(40), 0)
STRUCTURE(get_robust_list, SYS_get_robust_list, 0, OUT, OUT_AT(40))
STRUCTURE(readlink, SYS_readlink, TEXT("leaks-symlink"), OUT, 100)
STRUCTURE(readlink_3, SYS_readlink, TEXT("leaks-symlink"), OUT, 3)
STRUCTURE(getcwd, SYS_getcwd, OUT, 100)
STRUCTURE(get_name, SYS_prctl, 16, OUT)
STRUCTURE(get_pdeathsig, SYS_prctl, 2, OUT)
STRUCTURE(lseek, SYS__llseek, file, 0, 0, OUT, 0)
STRUCTURE(mincore, SYS_mincore, (uintptr_t)buf & -PAGE, PAGE, OUT)
STRUCTURE(fionread, SYS_ioctl, ends[0], 0x541b, OUT)
STRUCTURE(tcgets, SYS_ioctl, 1, 0x5401, OUT)
STRUCTURE(tiocgwinsz, SYS_ioctl, 1, 0x5413, OUT)
STRUCTURE(read_short, SYS_read, file, OUT, 100)
STRUCTURE(pread, SYS_pread64, file, OUT, 100, 2, 0)
STRUCTURE(pread_beyond, SYS_pread64, file, OUT, 100, 4096, 0)
STRUCTURE(getgroups, SYS_getgroups32, 60, OUT)
STRUCTURE(getxattr, SYS_getxattr, TEXT("leaks-file"), TEXT("user.x"), OUT, 99)
STRUCTURE(waitpid_none, SYS_waitpid, 0, OUT, WNOHANG)
STRUCTURE(nanosleep, SYS_nanosleep, TEXT("\0\0\0\0\1\0\0\0"), OUT)

static long get_get_thread_area(void)
{
	uint32_t gs;

	asm("mov %%gs, %0" : "=r" (gs));
	memcpy(out, &(uint32_t){ gs >> 3 }, 4);
	return sys(SYS_get_thread_area, OUT);
}

static long get_pipe(void)
{
	long err = sys(SYS_pipe, OUT);
	int fd[2];

	memcpy(fd, out, sizeof(fd));
	if (!err) {
		close(fd[0]);
		close(fd[1]);
	}
	return err;
}

static long get_getlk(void)
{
	memset(out, 0, 4);
	memset((char *)out + 4, 0, 8);
	return sys(SYS_fcntl, file, F_GETLK, OUT);
}

static long get_getlk64(void)
{
	memset(out, 0, 4);
	memset((char *)out + 4, 0, 16);
	return sys(SYS_fcntl64, file, F_GETLK64, OUT);
}

static long get_poll(void)
{
	const struct pollfd one = { .fd = file, .events = POLLIN };

	memcpy(out, &one, 6);
	memcpy((char *)out + 8, &one, 6);
	return sys(SYS_poll, OUT, 2, 0);
}

static long get_select(void)
{
	memset(out, 0xff, 1);
	memset((char *)out + 1, 0, 3);
	return sys(SYS__newselect, 3, OUT, 0, 0, TEXT("\0\0\0\0\0\0\0\0"));
}

static int leave_at_once(long unused)
{
	(void)unused;
	_exit(3);
}

static long get_wait4(void)
{
	start(leave_at_once, 0);
	return sys(SYS_wait4, -1, OUT, 0, OUT_AT(40)) > 0;
}

static long get_waitid(void)
{
	start(leave_at_once, 0);
	return sys(SYS_waitid, P_ALL, 0, OUT, WEXITED, OUT_AT(200));
}

static int stay(long unused)
{
	(void)unused;
	pause();
	return 0;
}

static long get_waitid_none(void)
{
	int pid = start(stay, 0);
	long err = sys(SYS_waitid, P_PID, pid, OUT, WSTOPPED | WNOHANG, 0);

	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return err;
}

static long wait_for(void (*raise_it)(void))
{
	const uint64_t mask = 1ull << (SIGUSR1 - 1);
	const uint32_t soon[4] = { 0 };
	long got;

	sys(SYS_rt_sigprocmask, SIG_BLOCK, (uintptr_t)&mask, 0, 8);
	raise_it();
	got = sys(SYS_rt_sigtimedwait, (uintptr_t)&mask, OUT, (uintptr_t)soon, 8);
	sys(SYS_rt_sigprocmask, SIG_UNBLOCK, (uintptr_t)&mask, 0, 8);
	return got;
}

static void raise_by_kill(void)
{
	kill(getpid(), SIGUSR1);
}

static void raise_by_tkill(void)
{
	sys(SYS_tkill, sys(SYS_gettid), SIGUSR1);
}

static void raise_by_queue(void)
{
	sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 77 });
}

static long get_siginfo_kill(void)
{
	return wait_for(raise_by_kill);
}

static long get_siginfo_tkill(void)
{
	return wait_for(raise_by_tkill);
}

static long get_siginfo_queue(void)
{
	return wait_for(raise_by_queue);
}

static long get_siginfo_child(void)
{
	const uint64_t mask = 1ull << (SIGCHLD - 1);
	long got;

	sys(SYS_rt_sigprocmask, SIG_BLOCK, (uintptr_t)&mask, 0, 8);
	start(leave_at_once, 0);
	got = sys(SYS_rt_sigtimedwait, (uintptr_t)&mask, OUT, 0, 8);
	waitpid(-1, NULL, 0);
	sys(SYS_rt_sigprocmask, SIG_UNBLOCK, (uintptr_t)&mask, 0, 8);
	return got;
}

/* The buffer is the handler's stack: its frame is at the top of it. */
static uint8_t stack[2 * PAGE] __attribute__((aligned(PAGE)));
static uintptr_t frame;

static void on_signal(int sig)
{
	(void)sig;
}

static void on_signal_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	frame = (uintptr_t)info - 16;
}

/* What is in the frame itself: 16 bytes, siginfo, ucontext, 8 of code. */
static long get_frame(void)
{
	const stack_t other = { stack, 0, sizeof(stack) };
	const stack_t none = { NULL, SS_DISABLE, 0 };
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK,
				    .sa_sigaction = on_signal_info }, old;

	memset(stack, buf[0], sizeof(stack));
	sigaltstack(&other, NULL);
	sigaction(SIGUSR1, &action, &old);
	kill(getpid(), SIGUSR1);
	sigaction(SIGUSR1, &old, NULL);
	sigaltstack(&none, NULL);
	/* The registers in it are those of this function, twice the same. */
	memcpy(out, (void *)frame, 16 + 128 + 116 + 8);
	return 0;
}

#define IPC_OLD		0
#define IPC_64		0x100
static int shm;

static long control(int command)
{
	return sys(SYS_ipc, 24, shm, command, 0, OUT);
}

static long get_shm_stat(void) { return control(IPC_OLD | 2); }
static long get_shm_stat64(void) { return control(IPC_64 | 2); }
static long get_ipc_info(void) { return control(IPC_OLD | 3) >= 0; }
static long get_ipc_info64(void) { return control(IPC_64 | 3) >= 0; }
static long get_shm_info(void) { return control(IPC_64 | 14) >= 0; }

#define ROW(name)	{ #name, get_##name, false }
#define ROW_ALIVE(name)	{ #name, get_##name, true }
static const struct structure structures[] = {
	ROW(stat), ROW(lstat), ROW(fstat),
	ROW_ALIVE(fstat_pipe), ROW(stat64), ROW(lstat64), ROW(fstat64),
	ROW_ALIVE(fstat64_pipe),
	ROW(fstatat64), ROW(statx), ROW_ALIVE(statx_none), ROW(statfs),
	ROW_ALIVE(fstatfs), ROW(statfs64), ROW(fstatfs64), ROW(getdents),
	ROW(getdents64), ROW(sigaction), ROW(rt_sigaction), ROW(sigprocmask),
	ROW(rt_sigprocmask), ROW(rt_sigprocmask_4), ROW(sigpending),
	ROW(rt_sigpending), ROW(rt_sigpending_4), ROW(sigaltstack),
	ROW_ALIVE(getrusage), ROW_ALIVE(sysinfo), ROW_ALIVE(times),
	ROW_ALIVE(time), ROW(getitimer), ROW(setitimer),
	ROW_ALIVE(gettimeofday), ROW_ALIVE(clock_gettime),
	ROW_ALIVE(clock_gettime64), ROW(clock_getres), ROW(clock_getres64),
	ROW(uname), ROW(getrlimit),
	ROW(ugetrlimit), ROW(prlimit64), ROW(getresuid), ROW(getresuid32),
	ROW(getresgid32), ROW(sched_getparam), ROW_ALIVE(sched_rr_get_interval),
	ROW_ALIVE(sched_rr_get_interval64), ROW_ALIVE(getcpu),
	ROW(get_robust_list), ROW(readlink), ROW(readlink_3), ROW(getcwd),
	ROW(get_name), ROW(get_pdeathsig), ROW(lseek), ROW(mincore),
	ROW(fionread), ROW(tcgets), ROW(tiocgwinsz), ROW(read_short),
	ROW(pread), ROW(pread_beyond), ROW(getgroups), ROW(getxattr),
	ROW(waitpid_none), ROW(nanosleep), ROW(get_thread_area), ROW(pipe),
	ROW(getlk), ROW(getlk64), ROW(poll), ROW(select), ROW_ALIVE(wait4),
	ROW_ALIVE(waitid), ROW(waitid_none), ROW_ALIVE(siginfo_kill),
	ROW_ALIVE(siginfo_tkill), ROW_ALIVE(siginfo_queue),
	ROW_ALIVE(siginfo_child), ROW_ALIVE(frame), ROW(shm_stat),
	ROW(shm_stat64), ROW(ipc_info), ROW(ipc_info64),
	ROW_ALIVE(shm_info),
};

/*
 * "0-96 132-134", of what was not left as it was.  What Linux leaves between the
 * names of a directory is zero here.
 */
static void print_written(const struct structure *one, long result,
			  const uint8_t *first)
{
	int from = -1;

	if (!strncmp(one->name, "getdents", 8))
		return;
	printf("# %s: %ld:", one->name, one->is_alive ? result < 0 : result);
	for (int i = 0; i <= SIZE; i++) {
		bool written = i < SIZE && (first[i] != 0xa5 || buf[i] != 0x3c);

		if (written && from < 0)
			from = i;
		if (!written && from >= 0) {
			printf(" %d-%d", from - OFFSET, i - OFFSET);
			from = -1;
		}
	}
	printf("\n");
}

/* f_fsid is random: eight bytes. */
static bool is_random(const struct structure *one, int offset)
{
	const int start = strstr(one->name, "statfs64") ? 48 :
		strstr(one->name, "statfs") ? 28 : SIZE;

	return offset >= start && offset < start + 8;
}

/* Is one of the words in it, at any offset, or an address in the kernel? */
static bool is_clean(const struct structure *one, const uint8_t *bytes)
{
	for (int i = 0; i < SIZE - 4; i++) {
		uint32_t word;

		memcpy(&word, bytes + i, 4);
		if (word == words[0] || word == words[1] ||
		    (i % 4 == 0 && !is_random(one, i - OFFSET) &&
		     word - 0xc0100000 < 0x3ee00000))
			return false;
	}
	return true;
}

static void check_structure(const struct structure *one)
{
	static uint8_t first[SIZE];
	long result[2];
	bool same = true;

	leave(words[0]);
	lseek(dir, 0, SEEK_SET);
	lseek(file, 0, SEEK_SET);
	memset(buf, 0xa5, SIZE);
	result[0] = one->get();
	memcpy(first, buf, SIZE);
	leave(words[1]);
	lseek(dir, 0, SEEK_SET);
	lseek(file, 0, SEEK_SET);
	memset(buf, 0x3c, SIZE);
	result[1] = one->get();
	for (int i = 0; i < SIZE; i++)
		same = same && (first[i] == buf[i] ||
				(first[i] == 0xa5 && buf[i] == 0x3c));
	print_written(one, result[1], first);
	if (!one->is_alive)
		check(same && result[0] == result[1],
		      "%s says the same twice", one->name);
	if (!one->is_alive && !same)
		for (int i = 0; i < SIZE; i++)
			if (first[i] != buf[i] &&
			    !(first[i] == 0xa5 && buf[i] == 0x3c))
				note("byte %d: %02x, %02x", i - OFFSET,
				     first[i], buf[i]);
	check(is_clean(one, first) && is_clean(one, buf),
	      "%s shows nothing of the kernel", one->name);
}

static void check_structures(void)
{
	mkdir("/leaks", 0700);
	if (chdir("/leaks"))
		note("there is no directory");
	file = open("leaks-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	write(file, "seven b", 7);
	symlink("leaks-target", "leaks-symlink");
	mkdir("d", 0700);
	close(open("d/name", O_CREAT | O_RDWR, 0600));
	dir = open("d", O_RDONLY | O_DIRECTORY);
	pipe2(ends, O_NONBLOCK);
	signal(SIGUSR1, on_signal);
	shm = sys(SYS_ipc, 23, 0, PAGE, 0600);
	for (size_t i = 0; i < sizeof(structures) / sizeof(structures[0]); i++)
		check_structure(&structures[i]);
	sys(SYS_ipc, 24, shm, 0, 0, 0);
}

/* ----------------------------------------------------------- fresh memory */

#define SECRET		0x5ec7e7f3
#define AMOUNT		(16 * MIB)

static void write_secret(void *at, size_t size)
{
	uint32_t *word = at;

	for (size_t i = 0; i < size / 4; i++)
		word[i] = SECRET;
}

/* Secrets in all kinds of memory; when this ends, all of it is free. */
static int keep_secrets(long unused)
{
	static uint32_t text[16 * PAGE / 4];
	char *at = (char *)map(0, AMOUNT, RW, ANON), *mine = sbrk(4 * MIB);
	int fd = sys(SYS_memfd_create, (uintptr_t)"secret", 0), pipe_ends[2];

	(void)unused;
	write_secret(at, AMOUNT);
	write_secret(mine, 4 * MIB);
	write_secret((char *)map(0, 4 * MIB, RW, SHARED), 4 * MIB);
	write_secret(text, sizeof(text));
	for (int i = 0; i < 64; i++)
		write(fd, text, sizeof(text));
	for (int i = 0; i < 10 && !pipe2(pipe_ends, O_NONBLOCK); i++)
		write(pipe_ends[1], text, sizeof(text));
	return 0;
}

static bool is_zero_map(int flags, size_t size)
{
	uintptr_t at = map(0, size, RW, flags);
	bool is = is_zero(at, size);

	munmap((void *)at, size);
	return is;
}

static bool is_zero_file(void)
{
	int fd = sys(SYS_memfd_create, (uintptr_t)"fresh", 0);
	static char text[PAGE];
	bool is = true;
	char *at;

	/* Bytes here and there; holes and tails between them. */
	for (int i = 0; i < 200; i++)
		pwrite(fd, "", 1, i * 3 * PAGE + i);
	ftruncate(fd, 601 * PAGE + 5);
	at = (char *)sys(SYS_mmap2, 0, 602 * PAGE, RW, MAP_SHARED, fd, 0);
	is = is_zero((uintptr_t)at, 602 * PAGE);
	/* What was beyond the end does not come back with it. */
	memset(at, 1, 602 * PAGE);
	ftruncate(fd, 5);
	ftruncate(fd, 602 * PAGE);
	is = is && is_zero((uintptr_t)at + 8, 602 * PAGE - 8);
	memset(at, 1, PAGE);
	ftruncate(fd, 100);
	ftruncate(fd, 2 * PAGE);
	is = is && pread(fd, text, PAGE, 100) == (ssize_t)PAGE &&
	     is_zero((uintptr_t)text, PAGE - 100);
	munmap(at, 602 * PAGE);
	close(fd);
	return is;
}

static bool is_zero_heap(void)
{
	char *from = sbrk(4 * MIB + 100);
	bool is = is_zero((uintptr_t)from, 4 * MIB + 100);

	/* Given back and taken again. */
	memset(from, 1, 4 * MIB);
	sbrk(-(int)(4 * MIB));
	sbrk(4 * MIB);
	/* The page that stayed may keep what it had. */
	from = (char *)(((uintptr_t)from + PAGE - 1 + 100) & -PAGE);
	return is && is_zero((uintptr_t)from, 4 * MIB - PAGE);
}

static bool is_zero_growth(void)
{
	uintptr_t at = map(0, MIB, RW, ANON);
	bool is;

	memset((void *)at, 1, MIB);
	at = (uintptr_t)mremap((void *)at, MIB, 4 * MIB, MREMAP_MAYMOVE);
	is = is_zero(at + MIB, 3 * MIB);
	memset((void *)at, 1, 4 * MIB);
	madvise((void *)at, 4 * MIB, MADV_DONTNEED);
	is = is && is_zero(at, 4 * MIB);
	munmap((void *)at, 4 * MIB);
	return is;
}

static bool is_zero_stack(void)
{
	uint32_t here;
	uintptr_t at = ((uintptr_t)&here & -PAGE) - 64 * PAGE;

	/* One page after the other: it grows. */
	for (uintptr_t page = at + 63 * PAGE; page > at; page -= PAGE)
		if (!is_zero(page - 32 * PAGE, PAGE))
			return false;
	return true;
}

static int all_is_zero(long what)
{
	switch (what) {
	case 0: return !is_zero_map(ANON, AMOUNT);
	case 1: return !is_zero_map(SHARED, AMOUNT);
	case 2: return !is_zero_map(ANON | MAP_POPULATE, AMOUNT);
	case 3: return !is_zero_file();
	case 4: return !is_zero_heap();
	case 5: return !is_zero_growth();
	case 6: return !is_zero_stack();
	}
	return 1;
}

static void check_fresh(void)
{
	static const char *const kinds[] = {
		"private memory", "shared memory", "populated memory",
		"holes and tails of a file", "the heap",
		"what mremap adds and madvise dropped", "the stack's growth",
	};

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int status = run(keep_secrets, 0);

		check(exited(status, 0), "secrets are kept");
		status = run(all_is_zero, i);
		check(exited(status, 0), "%s is zero when it is new", kinds[i]);
	}
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_structures();
	check_fresh();
	return guest_end();
}
