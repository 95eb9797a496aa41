// SPDX-License-Identifier: MIT
/*
 * proc - what /proc says is what the kernel knows.
 */
#include "drivers/time.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "fs/seq.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/slab.h"
#include "mm/tlb.h"
#include "mm/vmalloc.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/uaccess.h"

#define BASE	PROCESS_BASE

static char text[16384];

/* The number behind the first @name in text[], or -1. */
static long number_behind(const char *name)
{
	const char *at = strstr(text, name);
	const char *end;
	uint64_t value;

	if (!at)
		return -1;
	at += strlen(name);
	while (*at == ' ' || *at == ':' || *at == '\t')
		at++;
	return parse_uint(at, &end, &value) ? -1 : (long)value;
}

/* The start of word @n, from 1 on, of text[]. */
static const char *word(unsigned int n)
{
	const char *at = text;

	while (--n && at) {
		at = strchr(at, ' ');
		if (at)
			at++;
	}
	return at;
}

static unsigned long word_number(unsigned int n)
{
	const char *end;
	uint64_t value;

	return parse_uint(word(n), &end, &value) ? 0 : (unsigned long)value;
}

TEST(proc, meminfo_adds_up)
{
	size_t kib;

	process_begin();
	EXPECT(read_text("/proc/meminfo", text, sizeof(text)) > 0);
	kib = buddy_nr_free() * 4;
	process_end();
	EXPECT_EQ(number_behind("MemTotal"),
		  number_behind("HighTotal") + number_behind("LowTotal"));
	EXPECT_EQ(number_behind("MemFree"),
		  number_behind("HighFree") + number_behind("LowFree"));
	EXPECT(number_behind("MemFree") + 256 > (long)kib &&
	       number_behind("MemFree") < (long)kib + 256);
	EXPECT(number_behind("MemAvailable") <= number_behind("MemFree"));
	EXPECT(number_behind("Slab") > 0);
	EXPECT_EQ(number_behind("VmallocTotal"),
		  (VMALLOC_END - VMALLOC_START) / 1024);
	EXPECT_EQ((number_behind("DirectMap4k") +
		   number_behind("DirectMap4M")) % 4, 0);
}

/* What meminfo has no name for, in kB. */
static long nameless(void)
{
	static const char *const uses[] = {
		"\nMemFree", "\nCached", "\nAnonPages", "\nSlab",
		"\nPageTables", "\nVmallocUsed", "\nKernelMisc",
	};
	long rest;

	EXPECT(read_text("/proc/meminfo", text, sizeof(text)) > 0);
	rest = number_behind("MemTotal");
	for (size_t i = 0; i < ARRAY_SIZE(uses); i++)
		rest -= number_behind(uses[i]);
	return rest;
}

TEST(proc, all_memory_has_a_name_to_the_page)
{
	long slab, vmalloc_kib, misc, fds;
	char *large, *area;
	uint32_t ends[2];

	process_begin();
	EXPECT_EQ(nameless(), 0);
	slab = number_behind("\nSlab");
	vmalloc_kib = number_behind("\nVmallocUsed");
	misc = number_behind("\nKernelMisc");
	large = kmalloc(100000, GFP_KERNEL);
	area = vmalloc(7 * PAGE_SIZE);
	fds = call(sys_pipe, BASE);
	EXPECT_EQ(fds, 0);
	user_read(ends, BASE, sizeof(ends));
	EXPECT_EQ(call(sys_write, ends[1], BASE, 3 * PAGE_SIZE),
		  3 * PAGE_SIZE);
	EXPECT_EQ(nameless(), 0);
	EXPECT(number_behind("\nSlab") >= slab + 128);
	EXPECT_EQ(number_behind("\nVmallocUsed"), vmalloc_kib + 28);
	EXPECT_EQ(number_behind("\nKernelMisc"), misc + 12);
	kfree(large);
	vfree(area);
	call(sys_close, ends[0]);
	call(sys_close, ends[1]);
	EXPECT_EQ(nameless(), 0);
	EXPECT_EQ(number_behind("\nVmallocUsed"), vmalloc_kib);
	process_end();
}

TEST(proc, buddyinfo_counts_every_free_block)
{
	size_t told = 0, hot = 0, free = 0;
	struct buddy_stats stats;
	const char *at;

	process_begin();
	EXPECT(read_text("/proc/buddyinfo", text, sizeof(text)) > 0);
	for (unsigned int i = 0; i < NR_ZONES; i++) {
		buddy_get_stats(i, &stats);
		free += stats.nr_free;
		hot += stats.nr_hot;
	}
	process_end();
	for (at = strstr(text, "zone"); at; at = strstr(at, "zone")) {
		at += strlen("zone     DMA ");
		while (*at > '9')
			at++;
		for (unsigned int order = 0; order < MAX_ORDER; order++) {
			uint64_t nr = 0;

			while (*at == ' ')
				at++;
			EXPECT_EQ(parse_uint(at, &at, &nr), 0);
			told += nr << order;
		}
		EXPECT(at[0] == ' ' && at[1] == '\n');
	}
	EXPECT(told + hot + 64 > free && told + hot < free + 64);
}

TEST(proc, vmstat_counts_flushes)
{
	long before;

	process_begin();
	EXPECT(read_text("/proc/vmstat", text, sizeof(text)) > 0);
	before = number_behind("nr_tlb_flush");
	for (int i = 0; i < 1000; i++)
		tlb_flush_page(BASE);
	EXPECT(read_text("/proc/vmstat", text, sizeof(text)) > 0);
	process_end();
	EXPECT(before >= 0 && number_behind("nr_tlb_flush") >= before + 1000);
	EXPECT(number_behind("nr_cr3_load") > 0);
	EXPECT(number_behind("nr_free_pages") > 0);
}

TEST(proc, faults_and_page_tables_are_counted)
{
	long faults, tables;

	process_begin();
	EXPECT(read_text("/proc/vmstat", text, sizeof(text)) > 0);
	faults = number_behind("pgfault");
	tables = number_behind("nr_page_table_pages");
	for (unsigned int i = 0; i < 3; i++) {	/* each in a table of its own */
		vaddr_t at = 0x30000000 + i * PGD_SIZE;

		EXPECT_EQ(mm_mmap(this_cpu()->mm, at, PAGE_SIZE,
				  PROT_READ | PROT_WRITE, MAP_PRIVATE |
				  MAP_ANONYMOUS | MAP_FIXED, NULL, 0), at);
		EXPECT_EQ(put_user_u32(at, i), 0);
	}
	EXPECT(read_text("/proc/vmstat", text, sizeof(text)) > 0);
	EXPECT(number_behind("pgfault") >= faults + 3);
	EXPECT_EQ(number_behind("nr_page_table_pages"), tables + 3);
	EXPECT(read_text("/proc/meminfo", text, sizeof(text)) > 0);
	EXPECT_EQ(number_behind("PageTables:"), (tables + 3) * 4);
	process_end();
}

TEST(proc, slabinfo_knows_each_cache_while_it_lives)
{
	struct kmem_cache *cache =
		kmem_cache_create("ktest-proc", 100, 0, NULL);
	void *object[3];

	REQUIRE(cache);
	for (int i = 0; i < 3; i++)
		object[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	process_begin();
	EXPECT(read_text("/proc/slabinfo", text, sizeof(text)) > 0);
	EXPECT_EQ(number_behind("\nktest-proc"), 3);
	for (int i = 0; i < 3; i++)
		kmem_cache_free(cache, object[i]);
	EXPECT_EQ(kmem_cache_destroy(cache), 0);
	EXPECT(read_text("/proc/slabinfo", text, sizeof(text)) > 0);
	process_end();
	EXPECT(!strstr(text, "ktest-proc"));
	EXPECT(!strncmp(text, "slabinfo - version: 2.1\n", 24));
	EXPECT(strstr(text, "\nkmalloc-64 "));
}

TEST(proc, a_text_that_is_being_read_does_not_change)
{
	char *const rest = text + 64;
	void *area;
	long fd, n;

	process_begin();
	fd = call(sys_open, user_text("/proc/vmallocinfo"), O_RDONLY);
	EXPECT_EQ(call(sys_read, fd, BASE, 64), 64);
	user_read(text, BASE, 64);
	area = vmalloc(77 * PAGE_SIZE);
	n = call(sys_read, fd, BASE, PAGE_SIZE);
	EXPECT(n > 0);
	user_read(rest, BASE, n);
	rest[n] = '\0';
	EXPECT(!strstr(text, " pages=77 "));
	EXPECT_EQ(call(sys_lseek, fd, 0, SEEK_SET), 0);
	n = call(sys_read, fd, BASE, 2 * PAGE_SIZE);
	user_read(text, BASE, n);
	text[n] = '\0';
	EXPECT(strstr(text, " pages=77 "));
	process_end();
	vfree(area);
}

TEST(proc, vmallocinfo_shows_each_area_and_who_made_it)
{
	void *area = vmalloc(3 * PAGE_SIZE);
	char range[40];
	const char *line;

	REQUIRE(area);
	snprintf(range, sizeof(range), "0x%08x-0x%08x   12288 ",
		 (uint32_t)area, (uint32_t)area + 3 * PAGE_SIZE);
	process_begin();
	EXPECT(read_text("/proc/vmallocinfo", text, sizeof(text)) > 0);
	line = strstr(text, range);
	EXPECT(line && strstr(line, " pages=3 vmalloc\n"));
	EXPECT(line && !strncmp(line + strlen(range), "test_proc_", 10));
	vfree(area);
	EXPECT(read_text("/proc/vmallocinfo", text, sizeof(text)) > 0);
	process_end();
	EXPECT(!strstr(text, range));
}

TEST(proc, a_text_read_in_pieces_shows_one_moment)
{
	static char pieces[512];
	size_t size, done = 0;
	long fd, n;

	process_begin();
	fd = call(sys_open, user_text("/proc/uptime"), O_RDONLY);
	while (done < sizeof(pieces) - 3) {
		uint64_t until = time_now_ns() + 11000000;

		n = call(sys_read, fd, BASE, 3);
		if (n <= 0)
			break;
		user_read(pieces + done, BASE, n);
		done += n;
		while (time_now_ns() < until)
			;
	}
	EXPECT_EQ(call(sys_lseek, fd, 0, SEEK_SET), 0);
	size = call(sys_read, fd, BASE, 500);
	user_read(text, BASE, size);
	text[size] = '\0';
	process_end();
	EXPECT(done > 8 && strchr(pieces, '\n') == pieces + done - 1);
	EXPECT(size >= done && strcmp(text, pieces));
}

TEST(proc, a_text_grows_as_large_as_it_must)
{
	struct seq seq = { 0 };

	for (unsigned int i = 0; i < 20000; i++)
		seq_printf(&seq, "%08x", i);
	EXPECT_EQ(seq.err, 0);
	EXPECT_EQ(seq.size, 160000);
	for (unsigned int i = 0; i < 20000; i++) {
		char want[9];

		snprintf(want, sizeof(want), "%08x", i);
		if (!EXPECT(!memcmp(seq.text + 8 * i, want, 8)))
			break;
	}
	seq_free(&seq);

	seq_printf(&seq, "%s", "");
	EXPECT_EQ(seq.size, 0);
	alloc_fail_after(0);
	for (unsigned int i = 0; i < 1000; i++)
		seq_printf(&seq, "%08x", i);
	alloc_fail_off();
	EXPECT_EQ(seq.err, -ENOMEM);
	EXPECT_EQ(seq.size, PAGE_SIZE - 8);	/* one byte is vsnprintf's */
	seq_free(&seq);
}

static const char *const all[] = {
	"meminfo", "buddyinfo", "zoneinfo", "vmstat", "slabinfo", "vmallocinfo",
	"iomem", "uptime", "version", "cmdline", "cpuinfo", "kmsg", "stat",
	"loadavg", "pagetypeinfo", "interrupts", "devices", "filesystems",
	"mounts", "swaps", "self/maps", "self/stat", "self/statm",
	"self/status", "self/comm", "self/smaps", "self/smaps_rollup",
	"self/limits", "self/oom_score", "self/oom_score_adj",
	"self/mountinfo", "self/fdinfo/1", "self/personality",
	"sys/kernel/hostname", "sys/kernel/random/uuid",
	"sys/kernel/pid_max", "sys/kernel/printk", "sys/fs/file-nr",
	"sys/vm/overcommit_memory",
};

TEST(proc, every_file_is_lines_of_text)
{
	char path[64];

	process_begin();
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		long size;

		snprintf(path, sizeof(path), "/proc/%s", all[i]);
		size = read_text(path, text, sizeof(text));
		if (!EXPECT(size > 0 && strlen(text) == (size_t)size &&
			    (size == sizeof(text) - 1 ||
			     text[size - 1] == '\n')))
			kprint("# in %s\n", path);
	}
	process_end();
}

TEST(proc, files_without_memory_fail_and_lose_nothing)
{
	char path[64];

	process_begin();
	read_text("/proc/self/comm", text, sizeof(text)); /* no faults later */
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		unsigned int n = 0;
		long size;

		snprintf(path, sizeof(path), "/proc/%s", all[i]);
		user_text(path);
		do {
			alloc_fail_after(n);
			size = read_text(path, text, sizeof(text));
			alloc_fail_off();
			EXPECT(size > 0 || size == -ENOMEM);
		} while (size <= 0 && ++n < 100);
		EXPECT(size > 0);
	}
	process_end();
}

/* ------------------------------------------------------------- processes */

TEST(proc, self_is_the_process_that_asks)
{
	process_begin();
	EXPECT_EQ(read_text("/proc/self/comm", text, sizeof(text)), 6);
	EXPECT(!strcmp(text, "ktest\n"));
	EXPECT_EQ(read_text("/proc/1/comm", text, sizeof(text)), 6);
	process_end();
}

TEST(proc, who_is_gone_is_not_there_and_says_ESRCH)
{
	struct task *child;
	char path[32];
	long fd, pid;

	process_begin();
	child = task_create(current_task(), "brief", 0);
	REQUIRE(child);
	child->thread = current_thread();
	child->cred = cred_root();
	EXPECT_EQ(task_publish(child, 0), 0);
	pid = child->tid;
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	EXPECT(read_text(path, text, sizeof(text)) > 0);
	EXPECT_EQ(word_number(1), pid);
	EXPECT(!strncmp(word(2), "(brief) ", 8));
	EXPECT_EQ(word_number(4), 1);
	fd = call(sys_open, user_text(path), O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%ld/maps", pid);
	EXPECT_EQ(read_text(path, text, sizeof(text)), 0);
	task_free(child);
	EXPECT_EQ(call(sys_read, fd, BASE, 10), -ESRCH);
	EXPECT_EQ(read_text(path, text, sizeof(text)), -ENOENT);
	process_end();
}

TEST(proc, maps_shows_the_areas)
{
	char want[64];

	process_begin();
	EXPECT(read_text("/proc/self/maps", text, sizeof(text)) > 0);
	snprintf(want, sizeof(want), "%08x-%08x rw-p 00000000 00:00 0",
		 PROCESS_BASE, PROCESS_END);
	EXPECT(!strncmp(text, want, strlen(want)));
	mm_munmap(current_task()->mm, BASE + PAGE_SIZE, PAGE_SIZE);
	EXPECT(read_text("/proc/self/maps", text, sizeof(text)) > 0);
	snprintf(want, sizeof(want), "%08x-%08x rw-p", BASE,
		 BASE + PAGE_SIZE);
	EXPECT(strstr(text, want));
	snprintf(want, sizeof(want), "%08x-%08x rw-p", BASE + 2 * PAGE_SIZE,
		 PROCESS_END);
	EXPECT(strstr(text, want));
	process_end();
}

TEST(proc, stat_has_52_fields_and_counts_faults)
{
	unsigned long before;
	uint32_t zero = 0;

	process_begin();
	read_text("/proc/self/stat", text, sizeof(text)); /* touches BASE */
	read_text("/proc/self/stat", text, sizeof(text));
	before = word_number(10);
	EXPECT_EQ(copy_to_user(BASE + PAGE_SIZE, &zero, 4), 0);
	EXPECT_EQ(copy_to_user(BASE + 2 * PAGE_SIZE, &zero, 4), 0);
	EXPECT(read_text("/proc/self/stat", text, sizeof(text)) > 0);
	EXPECT_EQ(word_number(10), before + 2);
	EXPECT(word(52) && !word(53));
	EXPECT_EQ(word_number(23), PROCESS_END - PROCESS_BASE);
	EXPECT_EQ(word_number(24), mm_rss(current_task()->mm));
	EXPECT_EQ(*word(3), 'R');
	EXPECT(read_text("/proc/self/statm", text, sizeof(text)) > 0);
	EXPECT_EQ(word_number(1), PROCESS_PAGES);
	EXPECT(read_text("/proc/self/status", text, sizeof(text)) > 0);
	EXPECT_EQ(number_behind("VmSize"), PROCESS_PAGES * 4);
	EXPECT_EQ(number_behind("\nPid"), 1);
	process_end();
}

/* ------------------------------------------------------------------- time */

/* Number @n, from 0 on, of the first line of /proc/stat. */
static unsigned long cpu_time(unsigned int n)
{
	EXPECT(read_text("/proc/stat", text, sizeof(text)) > 0);
	return word_number(n + 3);
}

TEST(proc, the_times_of_the_cpu_add_up_to_uptime)
{
	uint64_t all = 0, up;

	process_begin();
	EXPECT(read_text("/proc/stat", text, sizeof(text)) > 0);
	EXPECT(!strncmp(text, "cpu  ", 5));
	for (unsigned int n = 0; n < 10; n++)
		all += word_number(n + 3);
	up = div64_32(time_now_ns(), NSEC_PER_SEC / 100, NULL);
	EXPECT(all <= up && all + 100 > up);	/* boot is before its start */
	process_end();
}

TEST(proc, who_sleeps_leaves_the_cpu_idle)
{
	unsigned long idle, system;
	uint64_t until;

	process_begin();
	idle = cpu_time(3);
	thread_sleep(200000000);
	EXPECT(cpu_time(3) >= idle + 15);
	system = cpu_time(2);
	idle = cpu_time(3);
	until = time_now_ns() + 200000000;
	while (time_now_ns() < until)
		;
	EXPECT(cpu_time(2) >= system + 15);	/* we are the kernel */
	EXPECT(cpu_time(3) <= idle + 3);
	EXPECT(number_behind("\nctxt") > 0);
	process_end();
}

/* ----------------------------------------------------- links and memory */

/* The text of a link, in text[]. */
static long link_text(const char *path)
{
	long n = call(sys_readlink, user_text(path), BASE, 200);

	if (n > 0)
		user_read(text, BASE, n);
	text[max(n, 0l)] = '\0';
	return n;
}

TEST(proc, a_link_leads_to_the_file_that_has_no_name_any_more)
{
	char path[40];
	long fd, again;

	process_begin();
	fd = call(sys_open, user_text("/tmp/ktest-proc"),
		  O_CREAT | O_RDWR, 0600);
	EXPECT(fd >= 3);
	EXPECT_EQ(call(sys_write, fd, user_text("abc"), 3), 3);
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
	EXPECT_EQ(link_text(path), 15);
	EXPECT(!strcmp(text, "/tmp/ktest-proc"));
	EXPECT_EQ(call(sys_unlink, user_text("/tmp/ktest-proc")), 0);
	EXPECT(link_text(path) > 0);
	EXPECT(!strcmp(text, "/tmp/ktest-proc (deleted)"));
	again = call(sys_open, user_text(path), O_RDONLY);
	EXPECT_EQ(call(sys_read, again, BASE, 10), 3);
	call(sys_close, again);
	call(sys_close, fd);
	EXPECT_EQ(link_text(path), -ENOENT);
	EXPECT_EQ(call(sys_open, user_text(path), O_RDONLY), -ENOENT);
	EXPECT_EQ(link_text("/proc/self/cwd"), 1);
	EXPECT_EQ(link_text("/proc/self/exe"), -ENOENT);
	process_end();
}

TEST(proc, mem_is_the_memory_of_the_process)
{
	uint32_t word = 0x12345678, seen = 0;
	long fd;

	process_begin();
	fd = call(sys_open, user_text("/proc/self/mem"), O_RDWR);
	EXPECT(fd >= 3);
	EXPECT_EQ(copy_to_user(BASE + 64, &word, 4), 0);
	EXPECT_EQ(call(sys_lseek, fd, BASE + 64, SEEK_SET), BASE + 64);
	EXPECT_EQ(call(sys_read, fd, BASE + 128, 4), 4);
	user_read(&seen, BASE + 128, 4);
	EXPECT_EQ(seen, word);
	call(sys_lseek, fd, PROCESS_END - 2, SEEK_SET);
	EXPECT_EQ(call(sys_read, fd, BASE, 4), 2);	/* then a hole */
	EXPECT_EQ(call(sys_read, fd, BASE, 4), -EIO);
	call(sys_lseek, fd, 0, SEEK_SET);
	EXPECT_EQ(call(sys_read, fd, BASE, 4), -EIO);
	EXPECT_EQ(call(sys_write, fd, BASE, 4), -EIO);
	EXPECT_EQ(call(sys_read, fd, PROCESS_END + PAGE_SIZE, 4), -EIO);
	call(sys_lseek, fd, BASE, SEEK_SET);
	EXPECT_EQ(call(sys_read, fd, PROCESS_END + PAGE_SIZE, 4), -EFAULT);
	process_end();
}

TEST(proc, a_thread_has_a_directory_of_its_own)
{
	struct task *thread;
	char path[64];

	process_begin();
	thread = task_create(current_task(), "second", CLONE_THREAD);
	REQUIRE(thread);
	thread->thread = current_thread();
	thread->cred = cred_root();
	EXPECT_EQ(task_publish(thread, CLONE_THREAD), 0);
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread->tid);
	EXPECT(read_text(path, text, sizeof(text)) > 0);
	EXPECT_EQ(word_number(1), thread->tid);
	EXPECT(!strncmp(word(2), "(second) ", 9));
	snprintf(path, sizeof(path), "/proc/%d/status", thread->tid);
	EXPECT(read_text(path, text, sizeof(text)) > 0);
	EXPECT_EQ(number_behind("\nPid"), 1);		/* its process */
	EXPECT_EQ(number_behind("\nThreads"), 2);
	EXPECT_EQ(read_text("/proc/self/task/77/stat", text, sizeof(text)),
		  -ENOENT);
	EXPECT_EQ(read_text("/proc/self/task/1/task/1/stat", text,
			    sizeof(text)), -ENOENT);
	current_process()->nr_threads--;
	current_process()->nr_live--;
	task_free(thread);
	process_end();
}

TEST(proc, a_stranger_sees_no_addresses_and_no_memory)
{
	static const char *const secrets[] = {
		"maps", "smaps", "smaps_rollup", "environ", "auxv", "mem",
		"pagemap", "personality",
	};
	struct task *other;
	struct cred *cred;
	char path[64];

	process_begin();
	other = task_create(current_task(), "other", 0);
	cred = cred_copy(current_task()->cred);
	REQUIRE(other && cred);
	other->thread = current_thread();
	other->cred = cred_root();
	EXPECT_EQ(task_publish(other, 0), 0);
	other->process->arg_start = 0x1000;
	cred->uid = cred->euid = cred->suid = cred->fsuid = 1000;
	task_set_cred(cred);
	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", other->tid,
			 secrets[i]);
		if (!EXPECT_EQ(read_text(path, text, sizeof(text)), -EACCES))
			kprint("# %s\n", path);
	}
	snprintf(path, sizeof(path), "/proc/%d/cwd", other->tid);
	EXPECT_EQ(link_text(path), -EACCES);
	snprintf(path, sizeof(path), "/proc/%d/stat", other->tid);
	EXPECT(read_text(path, text, sizeof(text)) > 0);
	EXPECT_EQ(word_number(48), 0);
	task_set_cred(cred_root());
	EXPECT(read_text(path, text, sizeof(text)) > 0);
	EXPECT_EQ(word_number(48), 0x1000);
	task_free(other);
	process_end();
}

TEST(proc, a_knob_takes_what_it_can_be_and_nothing_else)
{
	static const struct { const char *text; long result; } cases[] = {
		{ "1", 1 }, { " 2\n", 3 }, { "3", -EINVAL }, { "-1", -EINVAL },
		{ "1x", -EINVAL }, { "", 0 }, { "x", -EINVAL }, { "0", 1 },
		{ "99999999999", -EINVAL },
	};
	long fd;

	process_begin();
	fd = call(sys_open, user_text("/proc/sys/vm/overcommit_memory"),
		  O_WRONLY);
	EXPECT(fd >= 3);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		call(sys_lseek, fd, 0, SEEK_SET);
		if (!EXPECT_EQ(call(sys_write, fd, user_text(cases[i].text),
				    strlen(cases[i].text)), cases[i].result))
			kprint("# \"%s\"\n", cases[i].text);
	}
	EXPECT(read_text("/proc/sys/vm/overcommit_memory", text,
			 sizeof(text)) == 2 && text[0] == '0');
	process_end();
}

/* How many lines has @path, from @pos on? */
static unsigned int count_lines(const char *path, long pos)
{
	long fd = call(sys_open, user_text(path), O_RDONLY), n;
	unsigned int lines = 0;

	EXPECT_EQ(call(sys_lseek, fd, pos, SEEK_SET), pos);
	while ((n = call(sys_read, fd, BASE, PAGE_SIZE)) > 0) {
		user_read(text, BASE, n);
		for (long i = 0; i < n; i++)
			lines += text[i] == '\n';
	}
	EXPECT_EQ(n, 0);
	call(sys_close, fd);
	return lines;
}

TEST(proc, maps_and_smaps_of_20000_areas_are_whole)
{
	const unsigned int nr = 20000, line = 41;

	process_begin();
	for (unsigned int i = 0; i < nr; i++)
		mm_mmap(current_task()->mm, 0x40000000 + 2 * i * PAGE_SIZE,
			PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_FIXED, NULL, 0);
	EXPECT_EQ(count_lines("/proc/self/maps", 0), nr + 1);
	EXPECT_EQ(count_lines("/proc/self/maps", 15000 * line), nr + 1 - 15000);
	EXPECT_EQ(count_lines("/proc/self/smaps", 0), 24 * (nr + 1));
	process_end();
}
