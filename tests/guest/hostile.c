// SPDX-License-Identifier: MIT
/*
 * hostile - programs that want more than there is, each until it is refused.
 *
 *	hostile [ms [theme...]]		by default 500, and all of them
 *
 * It runs as process 1 only, of a machine that nobody needs, best a small one.
 *
 * A theme is a child, in a group of its own, that takes all it can of one kind
 * of thing by itself, by its children, or by its threads.  It may end, or be
 * killed for its greed; after its time the supervisor kills what is left.
 *
 * Promises: process 1 goes on, and is never killed in another's place; what is
 * killed dies; when all are dead, their memory is free again.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DIR_AT		"/hostile"
#define DEAD_MS		20000		/* after the kill */
/* How much of MemFree, in KiB, may be kept in caches. */
#define SLACK(before)	(1024 + (before) / 64)
#define MIB		(1u << 20)

static unsigned int time_ms = 500;

/* ------------------------------------------------------------------- themes */

static void sleep_ms(uint32_t ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void wait_for_all(void)
{
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
}

static void in_children(unsigned int nr, void (*body)(void))
{
	while (nr--)
		if (!fork()) {
			body();
			_exit(0);
		}
	wait_for_all();
}

static void hold(void)
{
	for (;;)
		pause();
}

static void fork_endlessly(void)
{
	for (;;)
		if (fork() < 0)
			sched_yield();
}

static void take_pages(void)
{
	for (;;) {
		char *at = mmap(NULL, MIB, RW, ANON, -1, 0);

		if (at == MAP_FAILED)
			hold();
		for (uint32_t i = 0; i < MIB; i += PAGE)
			at[i] = 1;
	}
}

static void eight_take_pages(void)
{
	in_children(8, take_pages);
}

static void take_shared_pages(void)
{
	for (;;) {
		char *at = mmap(NULL, MIB, RW, SHARED, -1, 0);

		if (at == MAP_FAILED)
			hold();
		for (uint32_t i = 0; i < MIB; i += PAGE)
			at[i] = 1;
	}
}

static void four_take_shared_pages(void)
{
	in_children(4, take_shared_pages);
}

/* A page table for each page, until the address space is full. */
static void take_tables(void)
{
	for (uintptr_t at = 4 * MIB; at < USER_TOP; at += 4 * MIB)
		if (map(at, PAGE, RW, ANON | MAP_FIXED_NOREPLACE) == at)
			*(volatile char *)at;
	hold();
}

static void twenty_take_tables(void)
{
	in_children(20, take_tables);
}

static void take_areas(void)
{
	uintptr_t at = map(0, 300 * MIB, RW, ANON | MAP_NORESERVE);

	for (uint32_t i = 0; i < 150 * MIB / PAGE; i++)
		if (mprotect((void *)(at + 2 * i * PAGE), PAGE, PROT_READ))
			break;
	hold();
}

static void four_take_areas(void)
{
	in_children(4, take_areas);
}

static void write_files(void)
{
	static char buf[65536];
	char name[64];

	memset(buf, 1, sizeof(buf));
	for (int i = 0;; i++) {
		int fd;

		snprintf(name, sizeof(name), DIR_AT "/%d-%d", getpid(), i);
		fd = open(name, O_WRONLY | O_CREAT, 0600);
		if (fd < 0)
			sched_yield();
		while (write(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
		if (i > 20)
			hold();
	}
}

static void four_write_files(void)
{
	in_children(4, write_files);
}

static void fill_a_tmpfs(void)
{
	if (mount("none", DIR_AT, "tmpfs", 0, NULL))
		perror("mount");
	in_children(2, write_files);
}

static void make_names(void)
{
	char name[200];

	for (unsigned int i = 0;; i++) {
		snprintf(name, sizeof(name), DIR_AT "/%0120u", i);
		if (mkdir(name, 0700) && errno != EEXIST)
			hold();
	}
}

static void write_memfds(void)
{
	static char buf[65536];

	for (;;) {
		int fd = sys(SYS_memfd_create, (uintptr_t)"m", 0);

		if (fd < 0)
			hold();
		for (int i = 0; i < 64; i++)
			if (write(fd, buf, sizeof(buf)) < 0)
				sched_yield();
	}
}

static void four_write_memfds(void)
{
	in_children(4, write_memfds);
}

static void fill_pipes(void)
{
	static char buf[65536];
	int ends[2];

	while (!pipe2(ends, O_NONBLOCK)) {
		fcntl(ends[1], F_SETPIPE_SZ, MIB);
		while (write(ends[1], buf, sizeof(buf)) > 0)
			;
	}
	hold();
}

static void ten_fill_pipes(void)
{
	in_children(10, fill_pipes);
}

static void open_all(void)
{
	while (open("/dev/null", O_RDONLY) >= 0)
		;
	hold();
}

static void hundred_open_all(void)
{
	in_children(100, open_all);
}

static void *wait_in_thread(void *unused)
{
	pause();
	return unused;
}

static void make_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	while (!pthread_create(&thread, &attr, wait_in_thread, NULL))
		;
	hold();
}

static void four_make_threads(void)
{
	in_children(4, make_threads);
}

static int recurse(int depth)
{
	volatile char frame[2000];

	frame[0] = depth;
	return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

static void overflow_the_stack(void)
{
	for (int i = 0; i < 20; i++)
		if (!fork())
			_exit(recurse(0));
	wait_for_all();
}

/* Arguments of about 128 KiB each, up to what is allowed. */
static void exec_with_much(void)
{
	static char *arguments[40];
	static char text[130000];

	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 30; i++) {
		arguments[i] = text;
		if (!fork()) {
			execv("/proc/self/exe", arguments);
			_exit(1);
		}
	}
	wait_for_all();
}

static void four_exec_with_much(void)
{
	in_children(4, exec_with_much);
}

static void lock_all(void)
{
	mlockall(MCL_CURRENT | MCL_FUTURE);
	take_pages();
}

static void three_lock_all(void)
{
	in_children(3, lock_all);
}

/* Signals that wait are memory, too. */
static void queue_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < 100000; i++)
		if (sigqueue(getpid(), SIGRTMIN + i % 20, (union sigval){ 0 }))
			break;
	hold();
}

static void many_queue_signals(void)
{
	in_children(10, queue_signals);
}

static void link_links(void)
{
	char path[4096], name[32];

	symlink(".", DIR_AT "/0");
	for (int i = 1; i < 100; i++) {
		snprintf(path, sizeof(path), "%d/%d/%d", i - 1, i - 1, i - 1);
		snprintf(name, sizeof(name), DIR_AT "/%d", i);
		symlink(path, name);
		open(name, O_RDONLY);
	}
	strcpy(path, DIR_AT);
	while (strlen(path) < 4000)
		strcat(path, "/0");
	for (int i = 0; i < 1000; i++)
		open(path, O_RDONLY);
	/* Directories as deep as they can be. */
	chdir(DIR_AT);
	for (int i = 0; i < 20000; i++)
		if (mkdir("d", 0700) || chdir("d"))
			break;
	getcwd(path, sizeof(path));
}

static void watch_words(void)
{
	static uint32_t word[1024];

	for (int i = 0; i < 300; i++)
		if (!fork())
			sys(SYS_futex, (uintptr_t)&word[i], 0, 0, 0);
	hold();
}

static void fork_with_much(void)
{
	uintptr_t at = map(0, 4 * MIB, RW, ANON);

	memset((void *)at, 1, 4 * MIB);
	for (;;) {
		int pid = fork();

		if (pid < 0)
			sched_yield();
		else
			memset((void *)at, pid, 4 * MIB);
	}
}

static void mount_endlessly(void)
{
	char name[64];

	mount("none", DIR_AT, "tmpfs", 0, NULL);
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), DIR_AT "/%d", i);
		mkdir(name, 0700);
		if (mount("none", name, "tmpfs", 0, NULL))
			break;
		mount(DIR_AT, name, NULL, MS_BIND | MS_REC, NULL);
	}
}

static void map_files(void)
{
	static const char name[] = DIR_AT "/file";
	int fd = open(name, O_RDWR | O_CREAT, 0600);
	uintptr_t at;

	ftruncate(fd, 512 * MIB);
	at = sys(SYS_mmap2, 0, 512 * MIB, RW, MAP_SHARED, fd, 0);
	for (uint32_t i = 0; i < 512 * MIB; i += PAGE)
		*(volatile char *)(at + i) = 1;
	hold();
}

/* ------------------------------------------------------ all of it, in threads */

static volatile bool is_over;

static uint32_t next(uint32_t *state)
{
	return *state = *state * 1664525 + 1013904223;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void live(uint32_t *state)
{
	static const char *const arguments[] = { "true", "0", "none", NULL };
	uint32_t size = (1 + next(state) / 65536 % 64) * PAGE;
	char *at;
	int pid;

	switch (next(state) >> 28) {
	case 0 ... 1:
		pid = fork();
		if (!pid) {
			if (*state & 1024)
				execv("/proc/self/exe",
				      (char *const *)arguments);
			_exit(0);
		}
		waitpid(pid, NULL, *state & 512 ? 0 : WNOHANG);
		break;
	case 2 ... 6:
		at = mmap(NULL, size, RW, *state & 2048 ? ANON : SHARED, -1, 0);
		if (at == MAP_FAILED)
			break;
		memset(at, 1, size);
		mprotect(at + PAGE, size / 2, PROT_READ);
		if (*state & 4096)
			madvise(at, size, MADV_DONTNEED);
		if (*state & 8192)
			at = mremap(at, size, size + 8 * PAGE, MREMAP_MAYMOVE);
		if (at != MAP_FAILED)
			munmap(at, size + (*state & 8192 ? 8 * PAGE : 0));
		break;
	case 7:
		kill(0, SIGUSR1);
		break;
	case 8:
		sys(SYS_tgkill, getpid(), getpid() + next(state) / 65536 % 8,
		    SIGUSR1);
		break;
	case 9:
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		break;
	case 10:
		free(malloc(size * 4));
		break;
	default:
		sched_yield();
	}
}

static void *live_in_thread(void *state)
{
	while (!is_over)
		live(state);
	return NULL;
}

static void live_together(void)
{
	static uint32_t state[6];
	pthread_t thread[6];
	uint64_t start = now_us();

	for (int round = 0; now_us() - start < time_ms * 900ull; round++) {
		is_over = false;
		for (int i = 0; i < 6; i++) {
			state[i] = getpid() * 6151 + 97 * i + round;
			pthread_create(&thread[i], NULL, live_in_thread,
				       &state[i]);
		}
		sleep_ms(50);
		is_over = true;
		for (int i = 0; i < 6; i++)
			pthread_join(thread[i], NULL);
	}
}

static void all_live_together(void)
{
	signal(SIGUSR1, on_signal);
	in_children(4, live_together);
}

/* ------------------------------------------------------------- the supervisor */

#define THEME(name)	{ #name, name }
static const struct theme {
	const char *name;
	void (*body)(void);
} themes[] = {
	THEME(fork_endlessly), THEME(take_pages), THEME(eight_take_pages),
	THEME(four_take_shared_pages), THEME(twenty_take_tables),
	THEME(four_take_areas), THEME(four_write_files), THEME(fill_a_tmpfs),
	THEME(make_names), THEME(four_write_memfds), THEME(ten_fill_pipes),
	THEME(hundred_open_all), THEME(four_make_threads),
	THEME(overflow_the_stack), THEME(four_exec_with_much),
	THEME(three_lock_all), THEME(many_queue_signals), THEME(link_links),
	THEME(watch_words), THEME(fork_with_much), THEME(mount_endlessly),
	THEME(map_files), THEME(all_live_together),
};

static uint32_t free_memory(void)
{
	char text[512];
	const char *line;
	int fd = open("/proc/meminfo", O_RDONLY);
	int size = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[size > 0 ? size : 0] = '\0';
	line = strstr(text, "MemFree:");
	return line ? strtoul(line + 8, NULL, 10) : 0;
}

static void remove_files(void)
{
	while (!umount2(DIR_AT, MNT_DETACH))
		;
}

static bool end_all(void)
{
	uint64_t start = now_us();
	int pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0) {
		if (pid == 0) {
			kill(-1, SIGKILL);
			sleep_ms(10);
		}
		if (now_us() - start > DEAD_MS * 1000ull)
			return false;
	}
	return true;
}

/* MemFree, when it has risen to @wanted, or does no more. */
static uint32_t settled(uint32_t wanted)
{
	uint32_t now = free_memory();

	for (int i = 0; i < 40 && now + SLACK(wanted) < wanted; i++) {
		sleep_ms(50);
		now = free_memory();
	}
	return now;
}

static void try(const struct theme *theme)
{
	uint32_t before = free_memory(), after;
	uint64_t start = now_us();
	int pid;

	while ((pid = fork()) < 0)
		sleep_ms(10);
	if (!pid) {
		setpgid(0, 0);
		mount("none", DIR_AT, "tmpfs", 0, "size=100%");
		theme->body();
		_exit(0);
	}
	while (!waitpid(pid, NULL, WNOHANG) &&
	       now_us() - start < time_ms * 1000ull)
		sleep_ms(10);
	check(end_all(), "%s: all die when they are killed", theme->name);
	remove_files();
	after = settled(before);
	if (after + SLACK(before) < before)
		note("MemFree %u KiB before, %u after", before, after);
	check(after + SLACK(before) >= before, "%s: memory is free again", theme->name);
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strstr(name, argv[i]))
			return true;
	return argc <= 2;
}

int main(int argc, char **argv)
{
	if (getpid() != 1)		/* what a theme has executed */
		return 0;
	guest_start(argv);
	if (argc > 1)
		time_ms = strtoul(argv[1], NULL, 0);
	mkdir(DIR_AT, 0700);
	for (size_t i = 0; i < sizeof(themes) / sizeof(themes[0]); i++)
		if (is_wanted(themes[i].name, argc, argv))
			try(&themes[i]);
	return guest_end();
}
