// SPDX-License-Identifier: MIT
/*
 * user - what the system costs a program: the rows "From user space".
 *
 *	user [part of a row's name]
 *
 * Under `qemu -icount shift=0` a tick of the TSC is one instruction, whoever
 * executes it, so two rdtsc around a system call count what it took.  What an
 * empty pair counts is subtracted.  Each row takes many samples and reports
 * their median, divided by the operations in a sample; that keeps the timer's
 * interrupts and the first, cold samples out of it.  The loops around the
 * operations (three instructions a page) stay in.
 *
 * Of a fork two things count: until it returns, and until the child has ended
 * and been waited for.  The child does nothing but note the time and exit.
 * Should it run before the parent, what it does is not fork's: "fork" ends at
 * the first instruction that either of them executes.  Before each sample the
 * parent writes to all its pages again, so that every fork finds them as a
 * working program has them, private and writable, and not as the last fork
 * left them.  The copy-on-write faults are taken and timed by a child whose
 * parent is asleep in wait and still has the pages.
 *
 * Where /proc/vmstat counts nr_tlb_flush and nr_cr3_load (Atlas does), a row
 * has their means for an operation as well, read outside of the timed part,
 * and without what reading them costs itself.
 *
 * A program for any Linux for i386; on real hardware its numbers mean nothing.
 * No libc: a process of a dozen pages, which is the "small process" here.
 */
#include "user/print.h"
#include "user/syscall.h"

#include <stdbool.h>

#define RW		(PROT_READ | PROT_WRITE)
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)
#define MAX_SAMPLES	1024

/* Where the scaling rows keep their areas: nobody else comes here. */
#define CROWD		0x20000000u

struct counts {
	uint32_t tlb_flushes, cr3_loads;
};

/* The row being measured. */
static struct {
	const char *name;
	uint32_t per;			/* operations in a sample */
	uint32_t nr;
	uint32_t sample[MAX_SAMPLES];
	struct counts total;
} row;

static const char *filter;
static uint32_t empty_pair;
static bool has_counts = true;
static struct counts reading;		/* what reading the counts costs */

/* Shared with the children. */
static volatile struct {
	uint32_t child_began;
	uint32_t cycles;
	struct counts counts;
} *common;

static inline uint32_t tsc(void)
{
	uint32_t low;

	asm volatile("rdtsc" : "=a"(low) : : "edx", "memory");
	return low;
}

/* ------------------------------------------------------------- counters */

static bool starts_with(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return !*start;
}

/* find() - the number behind the first "\n@name " of @text. */
static bool find(const char *text, const char *name, uint32_t *value)
{
	for (bool line = true; *text; line = *text++ == '\n') {
		if (!line || !starts_with(text, name))
			continue;
		while (*text != ' ')
			text++;
		for (*value = 0; *++text >= '0' && *text <= '9';)
			*value = *value * 10 + *text - '0';
		return true;
	}
	return false;
}

static struct counts read_counts(void)
{
	static char text[8192];
	struct counts counts = { 0, 0 };
	long fd, got;

	if (!has_counts)
		return counts;
	fd = open("/proc/vmstat", 0);
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	has_counts = find(text, "nr_tlb_flush ", &counts.tlb_flushes) &&
		     find(text, "nr_cr3_load ", &counts.cr3_loads);
	return counts;
}

static struct counts counts_since(struct counts before)
{
	struct counts now = read_counts();

	now.tlb_flushes -= before.tlb_flushes + reading.tlb_flushes;
	now.cr3_loads -= before.cr3_loads + reading.cr3_loads;
	return now;
}

/* ------------------------------------------------------------------ rows */

/* begin() - a row of @per operations a sample; false if it is not wanted. */
static bool begin(const char *name, uint32_t per)
{
	const char *at = name;

	while (filter && *at && !starts_with(at, filter))
		at++;
	if (!*at)
		return false;
	row.name = name;
	row.per = per;
	row.nr = 0;
	row.total = (struct counts){ 0, 0 };
	return true;
}

static void sample(uint32_t ticks)
{
	if (row.nr < MAX_SAMPLES)
		row.sample[row.nr++] = ticks - empty_pair;
}

static void add_counts(struct counts counts)
{
	row.total.tlb_flushes += counts.tlb_flushes;
	row.total.cr3_loads += counts.cr3_loads;
}

static uint32_t median(void)
{
	uint32_t *at = row.sample;

	for (uint32_t gap = row.nr / 2; gap; gap /= 2) {
		for (uint32_t i = gap; i < row.nr; i++) {
			uint32_t value = at[i], j = i;

			for (; j >= gap && at[j - gap] > value; j -= gap)
				at[j] = at[j - gap];
			at[j] = value;
		}
	}
	return at[row.nr / 2];
}

static void print_mean(const char *name, uint32_t total)
{
	const uint32_t ops = row.nr * row.per;
	const uint32_t cents = ((uint64_t)total * 100 + ops / 2) / ops;

	print(" %s=%u.%u%u", name, cents / 100, cents / 10 % 10, cents % 10);
}

static void end(void)
{
	print("bench: %s = %u", row.name, (median() + row.per / 2) / row.per);
	if (has_counts) {
		print_mean("tlb_flushes", row.total.tlb_flushes);
		print_mean("cr3_loads", row.total.cr3_loads);
	}
	print("\n");
}

static void die(const char *what)
{
	print("bench: %s failed\n", what);
	syscall3(SYS_exit_group, 1, 0, 0);
}

/* ----------------------------------------------------------- operations */

static uintptr_t must_map(size_t nr_pages)
{
	uintptr_t area = mmap(nr_pages * PAGE_SIZE, RW);

	if (area > -4096u)
		die("mmap");
	return area;
}

static void unmap(uintptr_t area, size_t nr_pages)
{
	if (munmap(area, nr_pages * PAGE_SIZE))
		die("munmap");
}

static inline void touch(uintptr_t area, size_t nr_pages)
{
	const uintptr_t limit = area + nr_pages * PAGE_SIZE;

	for (uintptr_t at = area; at != limit; at += PAGE_SIZE)
		*(volatile uint32_t *)at = 1;
}

static void wait_for(long pid)
{
	if (pid < 0 || syscall3(SYS_waitpid, pid, 0, 0) != pid)
		die("fork");
}

static void leave(void)
{
	syscall3(SYS_exit_group, 0, 0, 0);
}

static void measure_empty_pair(void)
{
	begin("an empty pair", 1);	/* there is no filter yet */
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();

		sample(tsc() - start);
	}
	empty_pair = median();
}

static void bench_getppid(void)
{
	struct counts before;

	if (!begin("getppid", 1))
		return;
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();

		syscall3(SYS_getppid, 0, 0, 0);
		sample(tsc() - start);
	}
	add_counts(counts_since(before));
	end();
}

static void map_and_unmap(const char *name)
{
	struct counts before;

	if (!begin(name, 1))
		return;
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();
		uintptr_t area = mmap(PAGE_SIZE, RW);

		munmap(area, PAGE_SIZE);
		sample(tsc() - start);
		if (area > -4096u)
			die("mmap");
	}
	add_counts(counts_since(before));
	end();
}

static void bench_zero_fill(const char *name, size_t nr_pages, int rounds)
{
	if (!begin(name, nr_pages))
		return;
	while (rounds--) {
		uintptr_t area = must_map(nr_pages);
		struct counts before = read_counts();
		uint32_t start = tsc();

		touch(area, nr_pages);
		sample(tsc() - start);
		add_counts(counts_since(before));
		unmap(area, nr_pages);
	}
	end();
}

static void bench_map_touch_unmap(void)
{
	const size_t nr_pages = 256;

	if (!begin("mmap + touch + munmap, 256 pages, a page", nr_pages))
		return;
	for (int round = 0; round < 40; round++) {
		struct counts before = read_counts();
		uint32_t start = tsc();
		uintptr_t area = mmap(nr_pages * PAGE_SIZE, RW);

		touch(area, nr_pages);
		munmap(area, nr_pages * PAGE_SIZE);
		sample(tsc() - start);
		add_counts(counts_since(before));
	}
	end();
}

static void bench_unmap(const char *name, size_t nr_pages, int rounds)
{
	if (!begin(name, nr_pages))
		return;
	while (rounds--) {
		uintptr_t area = must_map(nr_pages);
		struct counts before;
		uint32_t start;

		touch(area, nr_pages);
		before = read_counts();
		start = tsc();
		munmap(area, nr_pages * PAGE_SIZE);
		sample(tsc() - start);
		add_counts(counts_since(before));
	}
	end();
}

static void bench_brk(void)
{
	const uintptr_t start = (brk(0) + PAGE_SIZE - 1) & -PAGE_SIZE;
	const uintptr_t heap = start + 16 * PAGE_SIZE;
	struct counts before;

	if (!begin("brk one page up and down, untouched", 1))
		return;
	if (brk(heap) != heap)
		die("brk");
	touch(start, 16);
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();
		uintptr_t up = brk(heap + PAGE_SIZE), down = brk(heap);

		sample(tsc() - start);
		if (up != heap + PAGE_SIZE || down != heap)
			die("brk");
	}
	add_counts(counts_since(before));
	brk(start);
	end();
}

static void bench_protect(void)
{
	const size_t nr_pages = 1024;
	uintptr_t area, page;
	struct counts before;

	if (!begin("mprotect read-only and back, 1 page of 1024", 1))
		return;
	area = must_map(nr_pages);
	page = area + nr_pages / 2 * PAGE_SIZE;
	touch(area, nr_pages);
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();

		mprotect(page, PAGE_SIZE, PROT_READ);
		mprotect(page, PAGE_SIZE, RW);
		sample(tsc() - start);
	}
	add_counts(counts_since(before));
	for (size_t i = 0; i < nr_pages; i++)
		if (*(volatile uint32_t *)(area + i * PAGE_SIZE) != 1)
			die("mprotect: the contents");
	unmap(area, nr_pages);
	end();
}

static void bench_copy_on_write(void)
{
	const size_t nr_pages = 256;
	uintptr_t area;

	if (!begin("copy-on-write fault, each", nr_pages))
		return;
	area = must_map(nr_pages);
	for (int round = 0; round < 40; round++) {
		long pid;

		touch(area, nr_pages);
		pid = syscall3(SYS_fork, 0, 0, 0);
		if (pid == 0) {
			struct counts before = read_counts();
			uint32_t start = tsc();

			touch(area, nr_pages);
			common->cycles = tsc() - start;
			before = counts_since(before);
			common->counts.tlb_flushes = before.tlb_flushes;
			common->counts.cr3_loads = before.cr3_loads;
			leave();
		}
		wait_for(pid);
		sample(common->cycles);
		add_counts((struct counts){ common->counts.tlb_flushes,
					    common->counts.cr3_loads });
	}
	unmap(area, nr_pages);
	end();
}

static void bench_no_longer_shared(void)
{
	const size_t nr_pages = 256;
	uintptr_t area;

	if (!begin("write fault on a page that is no longer shared", nr_pages))
		return;
	area = must_map(nr_pages);
	touch(area, nr_pages);
	for (int round = 0; round < 40; round++) {
		struct counts before;
		uint32_t start;
		long pid = syscall3(SYS_fork, 0, 0, 0);

		if (pid == 0)
			leave();
		wait_for(pid);
		before = read_counts();
		start = tsc();
		touch(area, nr_pages);
		sample(tsc() - start);
		add_counts(counts_since(before));
	}
	unmap(area, nr_pages);
	end();
}

/*
 * fork_rounds() - fork a process with @nr_pages more than it began with.
 *
 * To the end of the fork, or if @whole of the child's end and the wait.
 */
static void fork_rounds(const char *name, size_t nr_pages, bool whole,
			int rounds)
{
	uintptr_t area = 0;

	if (!begin(name, 1))
		return;
	if (nr_pages)
		area = must_map(nr_pages);
	while (rounds--) {
		struct counts before, counts;
		uint32_t start, forked, ended;
		long pid;

		if (nr_pages)
			touch(area, nr_pages);
		before = read_counts();
		start = tsc();
		pid = syscall3(SYS_fork, 0, 0, 0);
		forked = tsc();
		if (pid == 0) {
			common->child_began = forked;
			leave();
		}
		if (!whole)
			counts = counts_since(before);
		wait_for(pid);
		ended = tsc();
		if (whole)
			counts = counts_since(before);
		else if (common->child_began - start < forked - start)
			forked = common->child_began;
		sample((whole ? ended : forked) - start);
		add_counts(counts);
	}
	if (nr_pages)
		unmap(area, nr_pages);
	end();
}

/*
 * A byte to the other process and one back: each waits for the other, asleep.
 */
static void bench_pipe(void)
{
	struct counts before;
	int there[2], back[2];
	char byte = 0;
	long pid;

	if (!begin("pipe ping-pong, one round trip between two processes", 1))
		return;
	if (syscall3(SYS_pipe, (long)there, 0, 0) ||
	    syscall3(SYS_pipe, (long)back, 0, 0))
		die("pipe");
	pid = syscall3(SYS_fork, 0, 0, 0);
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &byte, 1) == 1)
			write(back[1], &byte, 1);
		leave();
	}
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();
		long wrote = write(there[1], &byte, 1);
		long got = read(back[0], &byte, 1);

		sample(tsc() - start);
		if (wrote != 1 || got != 1)
			die("a pipe");
	}
	add_counts(counts_since(before));
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	wait_for(pid);
	end();
}

/* ---------------------------------------------------------------- files */

#define FILE_PAGES	256

/* The file of the rows below, all in the page cache; -1: none can be made. */
static int file = -1;

static void make_file(void)
{
	static char page[PAGE_SIZE];

	file = syscall3(SYS_open, (long)"/bench.data", O_RDWR | O_CREAT, 0600);
	for (int i = 0; file >= 0 && i < FILE_PAGES; i++) {
		page[0] = i;
		if (write(file, page, PAGE_SIZE) != PAGE_SIZE)
			die("a file");
	}
	if (file >= 0)
		syscall3(SYS_unlink, (long)"/bench.data", 0, 0);
}

static uintptr_t must_map_file(int prot, int flags)
{
	uintptr_t area = mmap_file(file, FILE_PAGES * PAGE_SIZE, prot, flags);

	if (area > -4096u)
		die("mmap of a file");
	return area;
}

static inline void look(uintptr_t area, size_t nr_pages)
{
	const uintptr_t limit = area + nr_pages * PAGE_SIZE;

	for (uintptr_t at = area; at != limit; at += PAGE_SIZE)
		(void)*(volatile uint32_t *)at;
}

/* Each page of the file, mapped anew for each sample; by @touch. */
static void bench_file_fault(const char *name, int flags,
			     void (*touch)(uintptr_t, size_t))
{
	const int prot = touch == look ? PROT_READ : RW;

	if (file < 0 || !begin(name, FILE_PAGES))
		return;
	for (int round = 0; round < 40; round++) {
		uintptr_t area = must_map_file(prot, flags);
		struct counts before = read_counts();
		uint32_t start = tsc();

		touch(area, FILE_PAGES);
		sample(tsc() - start);
		add_counts(counts_since(before));
		unmap(area, FILE_PAGES);
	}
	end();
}

static void bench_unmap_file(void)
{
	if (file < 0 || !begin("munmap of a shared, written file mapping, "
			       "a page", FILE_PAGES))
		return;
	for (int round = 0; round < 40; round++) {
		uintptr_t area = must_map_file(RW, MAP_SHARED);
		struct counts before;
		uint32_t start;

		touch(area, FILE_PAGES);
		before = read_counts();
		start = tsc();
		munmap(area, FILE_PAGES * PAGE_SIZE);
		sample(tsc() - start);
		add_counts(counts_since(before));
	}
	end();
}

static void bench_read(void)
{
	static char page[PAGE_SIZE];
	struct counts before;

	if (file < 0 || !begin("read() of 4 KiB from the page cache", 1))
		return;
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start;
		long got;

		if (i % FILE_PAGES == 0)
			syscall3(SYS_lseek, file, 0, 0);
		start = tsc();
		got = read(file, page, PAGE_SIZE);
		sample(tsc() - start);
		if (got != PAGE_SIZE)
			die("read");
	}
	add_counts(counts_since(before));
	end();
}

/* ----------------------------------------------------------------- names */

#define DEEP	"/bench.d/e/file"

static void open_and_close(void)
{
	long fd = open(DEEP, O_RDWR);

	if (fd < 0)
		die("open");
	close(fd);
}

static void ask_for_stat(void)
{
	static char st[96];

	if (syscall3(SYS_stat64, (long)DEEP, (long)st, 0))
		die("stat64");
}

static void make_and_unlink(void)
{
	long fd = syscall3(SYS_open, (long)"/bench.d/new", O_RDWR | O_CREAT,
			   0600);

	if (fd < 0 || syscall3(SYS_unlink, (long)"/bench.d/new", 0, 0))
		die("creat");
	close(fd);
}

static void bench_names(const char *name, void (*body)(void))
{
	struct counts before;

	if (file < 0 || !begin(name, 1))
		return;
	syscall3(SYS_mkdir, (long)"/bench.d", 0700, 0);
	syscall3(SYS_mkdir, (long)"/bench.d/e", 0700, 0);
	close(syscall3(SYS_open, (long)DEEP, O_RDWR | O_CREAT, 0600));
	before = read_counts();
	for (int i = 0; i < MAX_SAMPLES; i++) {
		uint32_t start = tsc();

		body();
		sample(tsc() - start);
	}
	add_counts(counts_since(before));
	end();
}

/* -------------------------------------------------------------- scaling */

/* One page a fault: each is timed by itself, amid the crowd. */
static void bench_fault_amid(const char *name, uintptr_t area)
{
	const size_t nr_pages = 512;
	struct counts before;

	if (!begin(name, 1))
		return;
	before = read_counts();
	for (int round = 0; round < 2; round++) {
		mmap_at(area, nr_pages * PAGE_SIZE, RW, ANON | MAP_FIXED);
		for (size_t i = 0; i < nr_pages; i++) {
			uint32_t start = tsc();

			*(volatile uint32_t *)(area + i * PAGE_SIZE) = 1;
			sample(tsc() - start);
		}
	}
	add_counts(counts_since(before));
	munmap(area, nr_pages * PAGE_SIZE);
	end();
}

/* The same for what is cached: a file's pages, read. */
static void bench_cached_amid(const char *name, uintptr_t area)
{
	const long args[6] = { area, FILE_PAGES * PAGE_SIZE, PROT_READ,
			       MAP_PRIVATE | MAP_FIXED, file, 0 };
	struct counts before;

	if (file < 0 || !begin(name, FILE_PAGES))
		return;
	before = read_counts();
	for (int round = 0; round < 40; round++) {
		uint32_t start;

		if (syscall6(SYS_mmap2, args) != (long)area)
			die("mmap of a file");
		start = tsc();
		look(area, FILE_PAGES);
		sample(tsc() - start);
		munmap(area, FILE_PAGES * PAGE_SIZE);
	}
	add_counts(counts_since(before));
	end();
}

/* And for private pages of a file that are written after they were read. */
static void bench_copy_amid(const char *name, uintptr_t area)
{
	const long args[6] = { area, FILE_PAGES * PAGE_SIZE, RW,
			       MAP_PRIVATE | MAP_FIXED, file, 0 };
	struct counts before;

	if (file < 0 || !begin(name, 1))
		return;
	before = read_counts();
	for (int round = 0; round < 2; round++) {
		if (syscall6(SYS_mmap2, args) != (long)area)
			die("mmap of a file");
		look(area, FILE_PAGES);
		for (size_t i = 0; i < FILE_PAGES; i++) {
			uint32_t start = tsc();

			*(volatile uint32_t *)(area + i * PAGE_SIZE) = 1;
			sample(tsc() - start);
		}
		munmap(area, FILE_PAGES * PAGE_SIZE);
	}
	add_counts(counts_since(before));
	end();
}

/*
 * @nr_areas of a page each, by turns read-only and not, so that they stay
 * areas of their own; in their middle a hole for the faults.
 */
static void bench_scaling(uint32_t nr_areas, const char *map_name,
			  const char *fault_name, const char *cached_name,
			  const char *copy_name)
{
	const uint32_t half = nr_areas / 2, hole = 1024;
	const uintptr_t middle = CROWD + half * PAGE_SIZE;

	for (uint32_t i = 0; i < nr_areas; i++) {
		uintptr_t at = CROWD + (i < half ? i : i + hole) * PAGE_SIZE;

		if (mmap_at(at, PAGE_SIZE, i % 2 ? RW : PROT_READ,
			    ANON | MAP_FIXED) != at)
			die("a crowd of areas");
	}
	map_and_unmap(map_name);
	bench_fault_amid(fault_name, middle + hole / 4 * PAGE_SIZE);
	bench_cached_amid(cached_name, middle + hole / 4 * PAGE_SIZE);
	bench_copy_amid(copy_name, middle + hole / 4 * PAGE_SIZE);
	unmap(CROWD, nr_areas + hole);
}

int main(int argc, char **argv)
{
	struct counts before;

	measure_empty_pair();
	if (argc > 1)
		filter = argv[1];
	read_counts();
	before = read_counts();
	reading = counts_since(before);
	common = (void *)mmap_at(0, PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS);

	bench_getppid();
	map_and_unmap("mmap + munmap, 1 anonymous page, untouched");
	bench_zero_fill("anonymous zero-fill fault, 256 pages, each", 256, 40);
	bench_zero_fill("anonymous zero-fill fault, 4096 pages, each", 4096, 9);
	bench_map_touch_unmap();
	bench_unmap("munmap alone, touched, 256 pages, a page", 256, 40);
	bench_unmap("munmap alone, touched, 4096 pages, a page", 4096, 9);
	bench_brk();
	bench_protect();
	bench_copy_on_write();
	bench_no_longer_shared();
	fork_rounds("fork of a process with 1024 touched pages", 1024, false,
		    200);
	fork_rounds("the same, fork + exit + wait", 1024, true, 200);
	fork_rounds("fork + exit + wait, small process", 0, true, MAX_SAMPLES);
	bench_pipe();
	make_file();
	bench_file_fault("shared file mapping, write fault on a cached page",
			 MAP_SHARED, touch);
	bench_file_fault("private file mapping, read fault on a cached page",
			 MAP_PRIVATE, look);
	bench_file_fault("private file mapping, write fault, each",
			 MAP_PRIVATE, touch);
	bench_unmap_file();
	bench_read();
	bench_names("open + close, a path of three parts", open_and_close);
	bench_names("stat64, a path of three parts", ask_for_stat);
	bench_names("open to create, unlink, close", make_and_unlink);
	bench_scaling(1, "scaling: mmap + munmap, 1 page, 1 areas",
		      "scaling: fault, 1 page, 1 areas",
		      "scaling: fault on a cached page, 1 areas",
		      "scaling: copy-on-write fault, 1 areas");
	bench_scaling(100, "scaling: mmap + munmap, 1 page, 100 areas",
		      "scaling: fault, 1 page, 100 areas",
		      "scaling: fault on a cached page, 100 areas",
		      "scaling: copy-on-write fault, 100 areas");
	bench_scaling(10000, "scaling: mmap + munmap, 1 page, 10000 areas",
		      "scaling: fault, 1 page, 10000 areas",
		      "scaling: fault on a cached page, 10000 areas",
		      "scaling: copy-on-write fault, 10000 areas");
	bench_scaling(60000, "scaling: mmap + munmap, 1 page, 60000 areas",
		      "scaling: fault, 1 page, 60000 areas",
		      "scaling: fault on a cached page, 60000 areas",
		      "scaling: copy-on-write fault, 60000 areas");
	return 0;
}
