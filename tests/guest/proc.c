/* SPDX-License-Identifier: MIT */
/*
 * proc - /proc, as Linux's own tools read it.
 *
 * Promises: the names of lines, their order, their shapes and units; what is
 * the same thing said twice is the same; what a program does to itself shows;
 * links of /proc/PID lead to the very thing; who may look at whom; what is
 * left of a process that has ended.  And where all uses of memory are named,
 * they add up to all memory.
 */
#include "tests/guest/guest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 20];
static char *program;			/* argv[0] */
extern char **environ;

/* Read all of it.  Return: its size, or -errno of open or read. */
static long load(const char *format, ...)
{
	char path[100];
	va_list args;
	long n, size = 0;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	text[0] = '\0';
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + size, sizeof(text) - 1 - size)) > 0)
		size += n;
	if (n < 0)
		size = -errno;
	close(fd);
	text[size > 0 ? size : 0] = '\0';
	return size;
}

static long store(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY);
	long n;

	if (fd < 0)
		return -errno;
	n = write(fd, what, strlen(what));
	n = n < 0 ? -errno : n;
	close(fd);
	return n;
}

/* What is behind "name:" or "name " at the start of a line of text; NULL. */
static const char *find(const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, length) &&
		    (at[length] == ':' || at[length] == ' ' ||
		     at[length] == '\t'))
			return at + length + 1;
	}
	return NULL;
}

static unsigned long long value(const char *name)
{
	const char *at = find(name);

	while (at && isspace(*at))
		at++;
	return at ? strtoull(at, NULL, 10) : -1ull;
}

/* Does text, from some line on, match @pattern: # is a number, @ a digit of a
 * mask, _ blanks, * the rest of the line, all else itself? */
static bool matches(const char *at, const char *pattern)
{
	for (; *pattern; pattern++) {
		switch (*pattern) {
		case '#':
			if (*at == '-')
				at++;
			if (!isdigit(*at))
				return false;
			while (isdigit(*at))
				at++;
			break;
		case '@':
			if (!isxdigit(*at++))
				return false;
			break;
		case '_':
			while (*at == ' ' || *at == '\t')
				at++;
			break;
		case '*':
			while (*at && *at != '\n')
				at++;
			break;
		default:
			if (*at++ != *pattern)
				return false;
		}
	}
	return *at == '\n' || !*at;
}

/* All of @names are there, in this order, each with @shape behind it. */
static void lines_are(const char *file, const char *names, const char *shape)
{
	char copy[1000], *name, *next = copy;
	const char *last = text;
	bool ok = true;

	snprintf(copy, sizeof(copy), "%s", names);
	while (ok && (name = strsep(&next, " "))) {
		const char *at = find(name);

		ok = at && at > last && matches(at, shape);
		if (!ok)
			note("%s: \"%s\" is %.40s", file, name,
			     at ? at : "missing");
		last = at;
	}
	check(ok, "%s has, in this order: %s", file, names);
}

/* Blank-separated word @n of text, from 0 on, behind a name in parentheses. */
static unsigned long long field(int n)
{
	const char *at = strrchr(text, ')');

	for (at = at ? at + 2 : text, n -= at > text ? 2 : 0; n > 0; n--) {
		at = strchr(at, ' ');
		if (!at)
			return -1ull;
		at++;
	}
	return strtoull(at, NULL, 10);
}

static bool near(long a, long b, long tolerance)
{
	return a - b <= tolerance && b - a <= tolerance;
}

/* Use the CPU until @hundredths of a second of it are gone. */
static void burn(int hundredths)
{
	clock_t end = clock() + hundredths * (CLOCKS_PER_SEC / 100);

	while (clock() < end)
		for (volatile int i = 0; i < 300000; i++)
			;
}

/* ---------------------------------------------------------------- machine */

static void test_meminfo(void)
{
	const size_t size = 64 << 20;
	unsigned long long free, anon, sum;
	char *memory;

	load("/proc/meminfo");
	lines_are("meminfo", "MemTotal MemFree MemAvailable Buffers Cached "
		  "SwapCached Active Inactive Active(anon) Inactive(anon) "
		  "Active(file) Inactive(file) Unevictable Mlocked HighTotal "
		  "HighFree LowTotal LowFree SwapTotal SwapFree Dirty "
		  "Writeback AnonPages Mapped Shmem KReclaimable Slab "
		  "SReclaimable SUnreclaim KernelStack PageTables CommitLimit "
		  "Committed_AS VmallocTotal VmallocUsed VmallocChunk "
		  "DirectMap4k DirectMap4M", "_# kB");
	check(matches(text, "MemTotal:_# kB"), "MemTotal comes first");
	check(text[9] == ' ' && text[24] == ' ' && text[27] == '\n',
	      "numbers end in column 24");
	expect(value("HighTotal") + value("LowTotal"), value("MemTotal"),
	       "high and low memory are all memory");
	expect(value("HighFree") + value("LowFree"), value("MemFree"),
	       "high and low free memory are all free memory");
	expect(value("SReclaimable") + value("SUnreclaim"), value("Slab"),
	       "slabs are of two kinds");
	expect(value("SwapTotal") + value("SwapFree"), 0, "there is no swap");
	check(value("Cached") >= value("Shmem"), "Shmem is Cached");
	if (find("KernelMisc")) {
		sum = value("MemFree") + value("Cached") + value("AnonPages") +
			value("Slab") + value("PageTables") +
			value("VmallocUsed") + value("KernelMisc");
		if (sum != value("MemTotal"))
			note("of %llu kB, %lld have no name", value("MemTotal"),
			     value("MemTotal") - sum);
	} else {
		sum = value("MemTotal");
	}
	check(sum == value("MemTotal"), "where each use has a name, they add "
	      "up to MemTotal");

	free = value("MemFree");
	anon = value("AnonPages");
	memory = (char *)map(0, size, RW, ANON | MAP_POPULATE);
	load("/proc/meminfo");
	check(near(value("AnonPages") - anon, size / 1024, 8192),
	      "what is touched is AnonPages");
	check(near(free - value("MemFree"), size / 1024, 8192),
	      "... and not free any more");
	munmap(memory, size);
	load("/proc/meminfo");
	check(near(value("MemFree"), free, 8192), "unmapped, it is free again");
}

static void test_vmstat(void)
{
	load("/proc/vmstat");
	lines_are("vmstat", "nr_free_pages nr_inactive_anon nr_active_anon "
		  "nr_unevictable nr_slab_reclaimable nr_slab_unreclaimable "
		  "nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback "
		  "nr_shmem nr_kernel_stack nr_page_table_pages pgpgin pgpgout "
		  "pswpin pswpout pgfault pgmajfault", "#");
	load("/proc/buddyinfo");
	check(matches(text, "Node 0, zone_DMA_#_#_#_#_#_#_#_#_#_#_#_"),
	      "buddyinfo: eleven orders");
	check(strstr(text, "Node 0, zone   Normal "), "... of Normal, too");
	load("/proc/pagetypeinfo");
	check(matches(text, "Page block order: #") &&
	      strstr(text, "\nFree pages count per migrate type at order ") &&
	      strstr(text, "type    Unmovable ") &&
	      strstr(text, "\nNumber of blocks type "), "pagetypeinfo");
	load("/proc/zoneinfo");
	check(matches(text, "Node 0, zone      DMA") &&
	      strstr(text, "\n  per-node stats\n") &&
	      strstr(text, "\n  pages free     ") &&
	      strstr(text, "\n        min      ") &&
	      strstr(text, "\n        managed  ") &&
	      strstr(text, "\n        protection: ("), "zoneinfo");
	load("/proc/slabinfo");
	check(matches(text, "slabinfo - version: 2.1") &&
	      strstr(text, "\n# name            <active_objs> <num_objs> ") &&
	      strstr(text, "\nkmalloc-64 "), "slabinfo");
	load("/proc/vmallocinfo");
	check(strstr(text, " pages=") && strstr(text, " vmalloc"),
	      "vmallocinfo");
	load("/proc/iomem");
	check(strstr(text, " : System RAM\n") && strstr(text, " : Kernel code"),
	      "iomem");
}

static unsigned long long cpu_field(int n)
{
	const char *at = text + 4;

	while (n--)
		at = strchr(at + 1, ' ');
	return strtoull(at, NULL, 10);
}

static void test_stat(void)
{
	unsigned long long user, idle, nr, switches;
	int status;

	load("/proc/stat");
	check(matches(text, "cpu  # # # # # # # # # #"), "stat: ten times");
	lines_are("stat", "cpu0 intr ctxt btime processes procs_running "
		  "procs_blocked softirq", "*");
	check(value("procs_running") >= 1, "somebody runs: us");
	check(near(value("btime"), time(NULL), 3600), "btime is a date");
	nr = value("processes");
	switches = value("ctxt");
	user = cpu_field(0) + cpu_field(1);
	idle = cpu_field(3);
	if (!fork())
		_exit(0);
	wait(&status);
	burn(30);
	load("/proc/stat");
	check(value("processes") > nr, "a fork is counted");
	check(value("ctxt") > switches, "switches are counted");
	check(cpu_field(0) + cpu_field(1) >= user + 10,
	      "time in user mode is counted");
	usleep(300000);
	load("/proc/stat");
	check(cpu_field(3) + cpu_field(4) >= idle + 15, "idle time is counted");
}

static void test_times(void)
{
	struct sysinfo info;
	double up, idle, load1;
	char kind[8];

	load("/proc/uptime");
	check(matches(text, "#.# #.#") &&
	      sscanf(text, "%lf %lf", &up, &idle) == 2 && idle <= up + 1,
	      "uptime: since boot, and idle of that");
	sysinfo(&info);
	check(near(info.uptime, up, 1), "sysinfo() says the same");
	load("/proc/loadavg");
	check(matches(text, "#.# #.# #.# #/# #"), "loadavg");
	sscanf(text, "%lf", &load1);
	check(near(info.loads[0] * 100 / 65536, load1 * 100, 2),
	      "sysinfo() says the same");
	check(sscanf(text, "%*f %*f %*f %7[^/]", kind) == 1 && atoi(kind) >= 1,
	      "one runs at least");
}

static void test_words(void)
{
	struct utsname name;
	char link[100] = "", want[100];

	uname(&name);
	load("/proc/version");
	snprintf(want, sizeof(want), "Linux version %s (", name.release);
	check(!strncmp(text, want, strlen(want)) && strchr(text, '\n'),
	      "version begins as uname() does");
	load("/proc/cpuinfo");
	check(matches(text, "processor\t: #") &&
	      strstr(text, "\nvendor_id\t: ") && strstr(text, "\nmodel\t\t: ") &&
	      strstr(text, "\nmodel name\t: ") && strstr(text, "\nflags\t\t: ") &&
	      strstr(text, " fpu ") && strstr(text, " cx8 ") &&
	      strstr(text, "\nbogomips\t: "), "cpuinfo");
	check(load("/proc/cmdline") > 0 && text[strlen(text) - 1] == '\n',
	      "cmdline is a line");
	load("/proc/devices");
	check(!strncmp(text, "Character devices:\n  1 mem\n", 27) &&
	      strstr(text, "\n  4 ttyS\n") && strstr(text, "\n  5 /dev/tty\n") &&
	      strstr(text, "\nBlock devices:\n"), "devices");
	load("/proc/filesystems");
	check(strstr(text, "nodev\tproc\n") && strstr(text, "nodev\ttmpfs\n"),
	      "filesystems");
	load("/proc/swaps");
	check(!strcmp(text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
	      "swaps has a header only");
	load("/proc/interrupts");
	check(matches(text, "           CPU0_") && strstr(text, "\n  0: ") &&
	      strstr(text, "timer"), "interrupts");
	check(readlink("/proc/mounts", link, 99) > 0 &&
	      !strcmp(link, "self/mounts"), "mounts leads to self/mounts");
	load("/proc/mounts");
	check(strstr(text, " /proc proc rw"), "mounts: /proc is there");
	load("/proc/self/mountinfo");
	check(strstr(text, " / /proc rw") && strstr(text, " - proc "),
	      "mountinfo");
	expect(load("/proc/modules"), 0, "no modules");
}

static void test_sys(void)
{
	int fd;
	struct utsname name;
	char line[100], id[100];

	uname(&name);
	load("/proc/sys/kernel/ostype");
	check(!strcmp(text, "Linux\n"), "ostype");
	load("/proc/sys/kernel/osrelease");
	snprintf(line, sizeof(line), "%s\n", name.release);
	check(!strcmp(text, line), "osrelease is uname()'s");
	expect(store("/proc/sys/kernel/hostname", "first"), 5, "a host name");
	uname(&name);
	check(!strcmp(name.nodename, "first"), "... is uname()'s");
	sethostname("second", 6);
	load("/proc/sys/kernel/hostname");
	check(!strcmp(text, "second\n"), "... and sethostname()'s");
	load("/proc/sys/kernel/random/boot_id");
	strcpy(id, text);
	check(strlen(id) == 37 && id[8] == '-' && id[14] == '4',
	      "boot_id is a UUID");
	load("/proc/sys/kernel/random/boot_id");
	check(!strcmp(text, id), "... always the same");
	load("/proc/sys/kernel/random/uuid");
	strcpy(id, text);
	load("/proc/sys/kernel/random/uuid");
	check(strlen(id) == 37 && strcmp(text, id), "uuid is another each time");
	load("/proc/sys/fs/file-nr");
	check(matches(text, "#\t#\t#"), "file-nr");
	load("/proc/sys/kernel/pid_max");
	check(!strcmp(text, "32768\n"), "pid_max");
	load("/proc/sys/kernel/printk");
	check(matches(text, "#\t#\t#\t#"), "printk: four levels");

	load("/proc/sys/kernel/shmmni");
	check(!strcmp(text, "4096\n"), "shmmni");
	load("/proc/sysvipc/shm");
	check(!strncmp(text, "       key      shmid perms ", 27),
	      "sysvipc/shm");

	load("/proc/sys/vm/overcommit_memory");
	check(!strcmp(text, "0\n"), "overcommit_memory");
	expect(store("/proc/sys/vm/overcommit_memory", "1\n"), 2, "... is set");
	load("/proc/sys/vm/overcommit_memory");
	check(!strcmp(text, "1\n"), "... and told");
	expect(store("/proc/sys/vm/overcommit_memory", "3"), -EINVAL,
	       "... but not to 3");
	expect(store("/proc/sys/vm/overcommit_memory", "x"), -EINVAL,
	       "... nor to x");
	expect(store("/proc/sys/vm/overcommit_memory", " 0 "), 3,
	       "... blanks are fine");
	fd = open("/proc/sys/vm/overcommit_memory", O_WRONLY);
	expect(write(fd, "1", 1), 1, "one write");
	expect(write(fd, "9", 1), 1, "what follows is ignored");
	close(fd);
	load("/proc/sys/vm/overcommit_memory");
	check(!strcmp(text, "1\n"), "... whatever it is");
	store("/proc/sys/vm/overcommit_memory", "0");
	load("/proc/sys/vm/max_map_count");
	check(!strcmp(text, "65530\n"), "max_map_count");
	load("/proc/sys/vm/overcommit_ratio");
	check(!strcmp(text, "50\n"), "overcommit_ratio");
}

/* ------------------------------------------------------------ our process */

static void caught(int sig)
{
	(void)sig;
}

static void test_status(void)
{
	char mask[40];
	unsigned long long vm, data, locked;
	uintptr_t area;

	load("/proc/self/status");
	lines_are("status", "Name Umask State Tgid Ngid Pid PPid TracerPid Uid "
		  "Gid FDSize Groups NStgid NSpid NSpgid NSsid", "*");
	lines_are("status", "VmPeak VmSize VmLck VmPin VmHWM VmRSS RssAnon "
		  "RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap",
		  "_# kB");
	lines_are("status", "CoreDumping THP_enabled Threads SigQ", "*");
	lines_are("status", "SigPnd ShdPnd SigBlk SigIgn SigCgt CapInh CapPrm "
		  "CapEff CapBnd CapAmb", "\t@@@@@@@@@@@@@@@@");
	lines_are("status", "NoNewPrivs Seccomp Seccomp_filters Cpus_allowed "
		  "Cpus_allowed_list Mems_allowed Mems_allowed_list "
		  "voluntary_ctxt_switches nonvoluntary_ctxt_switches", "\t#");
	check(find("State") && !strncmp(find("State"), "\tR (running)\n", 13),
	      "we run");
	expect(value("Pid"), getpid(), "Pid");
	expect(value("Tgid"), getpid(), "Tgid");
	expect(value("PPid"), getppid(), "PPid");
	expect(value("Threads"), 1, "one thread");
	check(matches(find("Uid"), "\t0\t0\t0\t0"), "Uid");
	check(matches(find("Umask"), "\t0022"), "Umask");
	expect(value("VmRSS"), value("RssAnon") + value("RssFile") +
	       value("RssShmem"), "VmRSS is the sum of its kinds");
	check(value("VmPeak") >= value("VmSize") &&
	      value("VmHWM") >= value("VmRSS"), "peaks are not below");
	check(value("VmExe") > 0 && value("VmStk") >= 132, "text and stack");
	vm = value("VmSize");
	data = value("VmData");
	area = map(0, 64 * PAGE, RW, ANON);
	load("/proc/self/status");
	expect(value("VmSize") - vm, 256, "VmSize grows with an area");
	expect(value("VmData") - data, 256, "... and so does VmData");
	load("/proc/meminfo");
	locked = value("Mlocked");
	mlock((void *)area, 2 * PAGE);
	load("/proc/self/status");
	expect(value("VmLck"), 8, "VmLck");
	load("/proc/meminfo");
	check(near(value("Mlocked"), locked, 8),
	      "... and all of it, Mlocked (on Linux a little later)");
	munmap((void *)area, 64 * PAGE);
	load("/proc/self/status");
	expect(value("VmSize"), vm, "VmSize shrinks");
	check(value("VmPeak") >= vm + 256, "... VmPeak does not");

	signal(SIGUSR1, caught);
	signal(SIGUSR2, SIG_IGN);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, 34);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGHUP);
	kill(getpid(), 34);
	load("/proc/self/status");
	snprintf(mask, sizeof(mask), "%.16s", find("SigBlk") + 1);
	check(!strcmp(mask, "0000000200000001"), "SigBlk");
	snprintf(mask, sizeof(mask), "%.16s", find("SigPnd") + 1);
	check(!strcmp(mask, "0000000000000001"), "SigPnd: the thread's");
	snprintf(mask, sizeof(mask), "%.16s", find("ShdPnd") + 1);
	check(!strcmp(mask, "0000000200000000"), "ShdPnd: the process's");
	snprintf(mask, sizeof(mask), "%.16s", find("SigIgn") + 1);
	check(!strcmp(mask, "0000000000000800"), "SigIgn");
	snprintf(mask, sizeof(mask), "%.16s", find("SigCgt") + 1);
	check(!strcmp(mask, "0000000000000200"), "SigCgt");
	check(matches(find("SigQ"), "\t2/#"), "SigQ: two are queued");
	signal(SIGHUP, SIG_IGN);
	signal(34, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(34, SIG_DFL);
}

static void test_process_stat(void)
{
	unsigned long long vm, rss, before, numbers[3];
	long n;

	load("/proc/self/status");
	vm = value("VmSize");
	rss = value("VmRSS");
	load("/proc/self/stat");
	check(matches(strrchr(text, ')'), ") R # # # # # # # # # # # # # # # # "
		      "# # # # # # # # # # # # # # # # # # # # # # # # # # # # "
		      "# # # # #"), "stat: 52 fields");
	expect(strtol(text, NULL, 10), getpid(), "its pid");
	expect(field(3), getppid(), "its parent");
	expect(field(4), getpgrp(), "its group");
	expect(field(5), getsid(0), "its session");
	expect(field(17), 20, "its priority");
	expect(field(18), 0, "its nice value");
	expect(field(19), 1, "its threads");
	expect(field(22), vm * 1024, "vsize is VmSize");
	check(near(field(23) * 4, rss, 300), "rss is VmRSS");
	expect(field(24), 0xffffffff, "rsslim");
	check(field(25) <= (uintptr_t)test_process_stat &&
	      field(26) > (uintptr_t)test_process_stat,
	      "our code is between startcode and endcode");
	check(field(27) > (uintptr_t)&vm && field(27) < USER_TOP,
	      "startstack is above us");
	check(field(44) <= (uintptr_t)&program &&
	      field(45) > field(44), "start_data and end_data");
	check(field(47) == (uintptr_t)program, "arg_start is argv[0]");
	check(!environ[0] || field(49) == (uintptr_t)environ[0],
	      "env_start is environ[0]");
	before = field(13) + field(14);
	burn(30);
	load("/proc/self/stat");
	check(field(13) + field(14) >= before + 20 && field(13) > 5,
	      "utime and stime");
	setpriority(PRIO_PROCESS, 0, 5);
	load("/proc/self/stat");
	check(field(17) == 25 && field(18) == 5, "nice shows");
	setpriority(PRIO_PROCESS, 0, 0);

	load("/proc/self/statm");
	check(matches(text, "# # # # 0 # 0"), "statm: seven fields");
	for (n = 0; n < 3; n++)
		numbers[n] = field(n);
	expect(numbers[0], vm / 4, "size is VmSize");
	check(near(numbers[1], rss / 4, 75) && numbers[2] < numbers[1],
	      "resident, shared");
}

static void test_strings(void)
{
	char want[500];
	size_t size = 0;
	long n;

	expect(store("/proc/self/comm", "a rather long name"), 18, "comm is set");
	load("/proc/self/comm");
	check(!strcmp(text, "a rather long n\n"), "... cut at 15");
	prctl(PR_SET_NAME, "proc");
	load("/proc/self/comm");
	check(!strcmp(text, "proc\n"), "... by prctl(), too");
	load("/proc/self/stat");
	check(strstr(text, " (proc) R "), "... and in stat");

	n = load("/proc/self/cmdline");
	expect(n, strlen(program) + 1, "cmdline is our one argument");
	check(!strcmp(text, program), "... argv[0]");
	for (char **e = environ; *e; e++) {
		strcpy(want + size, *e);
		size += strlen(*e) + 1;
	}
	n = load("/proc/self/environ");
	check((size_t)n == size && !memcmp(text, want, n), "environ");
	n = load("/proc/self/auxv");
	check(n > 0 && n % 8 == 0, "auxv is pairs of words");
	for (n = 0; ((uint32_t *)text)[n] && ((uint32_t *)text)[n] != AT_ENTRY;)
		n += 2;
	check(((uint32_t *)text)[n + 1] == getauxval(AT_ENTRY), "... ours");

	load("/proc/self/limits");
	check(!strncmp(text, "Limit                     Soft Limit           "
		       "Hard Limit           Units     \n", 79) &&
	      strstr(text, "\nMax stack size            8388608              ") &&
	      strstr(text, "\nMax open files            1024                 "
		     "4096                 files     \n"), "limits");
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 12345, 23456 });
	load("/proc/self/limits");
	check(strstr(text, "\nMax core file size        12345                "
		     "23456                bytes     \n"), "... as they are set");
	load("/proc/self/personality");
	check(matches(text, "@@@@@@@@"), "personality");
}

static int test_oom(long unused)
{
	load("/proc/self/oom_score_adj");
	check(!strcmp(text, "0\n"), "oom_score_adj");
	expect(store("/proc/self/oom_score_adj", "1001"), -EINVAL, "... to 1000");
	expect(store("/proc/self/oom_score_adj", "-1001"), -EINVAL,
	       "... from -1000");
	expect(store("/proc/self/oom_score_adj", "-1000"), 5, "... for root");
	load("/proc/self/oom_score");
	check(!strcmp(text, "0\n"), "-1000: never");
	store("/proc/self/oom_score_adj", "1000");
	load("/proc/self/oom_score");
	check(atoi(text) >= 1300, "1000: first of all");
	load("/proc/self/oom_adj");
	check(!strcmp(text, "15\n"), "oom_adj: the same, from -17 to 15");
	expect(store("/proc/self/oom_adj", "-17"), 3, "... is set");
	load("/proc/self/oom_score_adj");
	check(!strcmp(text, "-1000\n"), "... for both");
	expect(store("/proc/self/oom_adj", "16"), -EINVAL, "... not beyond");
	return unused;
}

/* ------------------------------------------------------------- our memory */

static const char *area_smaps(uintptr_t start)
{
	char name[20];
	char *at;

	load("/proc/self/smaps");
	snprintf(name, sizeof(name), "%08lx-", (long)start);
	at = strstr(text, name);
	if (at)
		memmove(text, at, strlen(at) + 1);
	return at;
}

static int smaps_of_child(long area)
{
	area_smaps(area);
	expect(value("Rss"), 12, "a child has them, too");
	expect(value("Shared_Dirty"), 12, "... shared");
	expect(value("Private_Dirty"), 0, "... not private");
	expect(value("Pss"), 6, "... to each his half");
	return 0;
}

static void test_smaps(void)
{
	uintptr_t area = map(0x50000000, 8 * PAGE, RW, ANON | MAP_FIXED);
	unsigned long long rss = 0, all;

	fill(area, 3 * PAGE, 1);
	check(area_smaps(area), "smaps knows each area");
	check(matches(text, "50000000-50008000 rw-p 00000000 00:00 0_"),
	      "... begins with its line of maps");
	lines_are("smaps", "Size KernelPageSize MMUPageSize Rss Pss Pss_Dirty "
		  "Shared_Clean Shared_Dirty Private_Clean Private_Dirty "
		  "Referenced Anonymous LazyFree AnonHugePages ShmemPmdMapped "
		  "FilePmdMapped Shared_Hugetlb Private_Hugetlb Swap SwapPss "
		  "Locked", "_# kB");
	expect(value("Size"), 32, "8 pages");
	expect(value("Rss"), 12, "3 are there");
	expect(value("Pss"), 12, "... all ours");
	expect(value("Private_Dirty"), 12, "... dirty");
	expect(value("Anonymous"), 12, "... anonymous");
	expect(value("Referenced"), 12, "... referenced");
	check(find("VmFlags") && !strncmp(find("VmFlags"),
					  " rd wr mr mw me ac ", 19),
	      "VmFlags");
	run(smaps_of_child, area);
	load("/proc/self/smaps");
	for (char *at = text; (at = strstr(at, "\nRss:")); at++)
		rss += atoi(at + 5);
	load("/proc/self/smaps_rollup");
	check(strstr(text, " ---p 00000000 00:00 0          [rollup]\n"), "smaps_rollup is one line of maps");
	lines_are("smaps_rollup", "Rss Pss Pss_Dirty Pss_Anon Pss_File "
		  "Pss_Shmem Shared_Clean Shared_Dirty Private_Clean "
		  "Private_Dirty Referenced Anonymous LazyFree Swap SwapPss "
		  "Locked", "_# kB");
	all = value("Rss");
	check(near(all, rss, 32), "... and the sum of all");
	check(near(value("Pss"), value("Pss_Anon") + value("Pss_File") +
		   value("Pss_Shmem"), 3), "... of three kinds");
	munmap((void *)area, 8 * PAGE);
}

static void test_mem(void)
{
	static char ours[2 * PAGE];
	uintptr_t area = map(0x50000000, 2 * PAGE, RW, ANON | MAP_FIXED);
	int fd = open("/proc/self/mem", O_RDWR);
	char buf[64] = "";
	uint64_t entries[3];

	strcpy(ours + PAGE - 3, "across");
	expect(pread(fd, buf, 7, (uintptr_t)ours + PAGE - 3), 7, "mem is read");
	check(!strcmp(buf, "across"), "... across pages");
	expect(pwrite(fd, "ACROSS", 6, (uintptr_t)ours + PAGE - 3), 6,
	       "... and written");
	check(!strcmp(ours + PAGE - 3, "ACROSS"), "... as it is seen");
	munmap((void *)(area + PAGE), PAGE);
	expect(pread(fd, buf, 64, area + PAGE - 16), 16, "up to a hole");
	errno = 0;
	expect(pread(fd, buf, 64, area + PAGE) < 0 ? errno : 0, EIO,
	       "nothing in a hole");
	expect(pread64(fd, buf, 64, 0xd0000000ll) < 0 ? errno : 0, EIO,
	       "nothing of the kernel");
	expect(pwrite(fd, buf, 1, 0) < 0 ? errno : 0, EIO, "nothing at 0");
	mprotect((void *)area, PAGE, PROT_NONE);
	expect(pread(fd, buf, 4, area), 4, "what is withheld from us, too");
	expect(pwrite(fd, "down", 4, area), 4, "... is written");
	mprotect((void *)area, PAGE, PROT_READ);
	check(!memcmp((char *)area, "down", 4), "... as it is seen later");
	expect(pwrite(fd, "up", 2, area), 2, "what we may only read, too");
	check(!memcmp((char *)area, "upwn", 4), "... at once");
	expect(write_fault(area), SEGV_ACCERR, "... not so by ourselves");
	map(0x50000000, PAGE, PROT_NONE, ANON | MAP_FIXED);
	expect(pread(fd, buf, 4, area), 4, "no page, withheld");
	check(!memcmp(buf, "\0\0\0\0", 4), "... is zeros");
	map(0x50000000, PAGE, PROT_READ, SHARED | MAP_FIXED);
	expect(pwrite(fd, "up", 2, area) < 0 ? errno : 0, EIO,
	       "but what others see stays as it is");
	close(fd);

	map(0x50000000, 3 * PAGE, RW, ANON | MAP_FIXED);
	*(volatile char *)(area + PAGE) = 1;
	fd = open("/proc/self/pagemap", O_RDONLY);
	expect(pread(fd, entries, 24, (area / PAGE) * 8), 24, "pagemap");
	check(!(entries[0] >> 63) && entries[1] >> 63 && !(entries[2] >> 63),
	      "one page is present");
	check(entries[1] >> 56 & 1 && !(entries[1] >> 61 & 1) &&
	      entries[1] & ((1ull << 55) - 1), "ours alone, anonymous, a frame");
	expect(pread(fd, entries, 12, 0) < 0 ? errno : 0, EINVAL,
	       "whole entries only");
	expect(pread(fd, entries, 8, 3) < 0 ? errno : 0, EINVAL,
	       "... from whole ones on");
	expect(pread(fd, entries, 8, USER_TOP / PAGE * 8), 0, "an end");
	close(fd);
	munmap((void *)area, 3 * PAGE);
}

static void test_frames(void)
{
	uintptr_t area = map(0x50000000, PAGE, RW, ANON | MAP_FIXED);
	uint64_t entry, count = 0, flags = 0;
	int fd;

	*(volatile char *)area = 1;
	fd = open("/proc/self/pagemap", O_RDONLY);
	pread(fd, &entry, 8, area / PAGE * 8);
	close(fd);
	entry &= (1ull << 55) - 1;
	fd = open("/proc/kpagecount", O_RDONLY);
	expect(pread(fd, &count, 8, entry * 8), 8, "kpagecount");
	expect(count, 1, "... of our page: one maps it");
	close(fd);
	fd = open("/proc/kpageflags", O_RDONLY);
	expect(pread(fd, &flags, 8, entry * 8), 8, "kpageflags");
	check((flags & (1 << 12 | 1 << 11)) == (1 << 12 | 1 << 11) &&
	      !(flags & (1 << 10 | 1 << 7)), "... mapped, anonymous, not free");
	close(fd);
	munmap((void *)area, PAGE);
}

/* -------------------------------------------------------------- our files */

static const char *link_of(const char *format, ...)
{
	static char link[200];
	char path[100];
	va_list args;
	long n;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = '\0';
	return link;
}

static unsigned int link_mode(int fd)
{
	char path[40];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return lstat(path, &st) ? 0 : st.st_mode;
}

static void test_files(void)
{
	char path[40], buf[20] = "";
	struct stat st;
	int fd, again, ends[2];

	fd = open("/tmp/file", O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
	write(fd, "contents", 8);
	check(!strcmp(link_of("/proc/self/fd/%d", fd), "/tmp/file"),
	      "fd/N leads to the file");
	expect(link_mode(fd), S_IFLNK | 0700, "... open for both");
	expect(link_mode(open("/tmp/file", O_RDONLY)), S_IFLNK | 0500,
	       "... to read");
	expect(link_mode(open("/tmp/file", O_WRONLY)), S_IFLNK | 0300,
	       "... to write");
	load("/proc/self/fdinfo/%d", fd);
	expect(value("pos"), 8, "fdinfo: its position");
	check(strstr(text, "\nflags:\t02000002\n") &&
	      strstr(text, "\nmnt_id:\t"), "... and flags");
	unlink("/tmp/file");
	check(!strcmp(link_of("/proc/self/fd/%d", fd), "/tmp/file (deleted)"),
	      "it has no name any more");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY);
	expect(read(again, buf, 20), 8, "but the link leads to it still");
	check(!strcmp(buf, "contents"), "... with what is in it");
	close(again);
	close(fd);
	expect(open(path, O_RDONLY) < 0 ? errno : 0, ENOENT, "closed, it is gone");

	pipe(ends);
	fstat(ends[0], &st);
	snprintf(buf, sizeof(buf), "pipe:[%lu]", (long)st.st_ino);
	check(!strcmp(link_of("/proc/self/fd/%d", ends[0]), buf), "a pipe");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	again = open(path, O_WRONLY);
	write(again, "x", 1);
	expect(read(ends[0], buf, 2), 1, "... can be opened by its link");

	mkdir("/tmp/dir", 0700);
	chdir("/tmp/dir");
	check(!strcmp(link_of("/proc/self/cwd"), "/tmp/dir"), "cwd");
	rmdir("/tmp/dir");
	check(!strcmp(link_of("/proc/self/cwd"), "/tmp/dir (deleted)"),
	      "... without a name");
	chdir("/");
	check(!strcmp(link_of("/proc/self/root"), "/"), "root");
	fd = open("/proc/self/exe", O_RDONLY);
	check(read(fd, buf, 4) == 4 && !memcmp(buf, "\177ELF", 4),
	      "exe is our program");
	check(link_of("/proc/self/exe")[0] == '/', "... by its path");
}

static int entries_of(const char *path, bool (*wanted)(const char *name))
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int nr = 0;

	while (dir && (entry = readdir(dir)))
		nr += entry->d_name[0] != '.' && (!wanted ||
						  wanted(entry->d_name));
	if (dir)
		closedir(dir);
	return nr;
}

static int pipe_to_thread[2];

static void *thread_body(void *unused)
{
	char byte;

	prctl(PR_SET_NAME, "second");
	write(pipe_to_thread[1], "x", 1);
	usleep(10000);
	read(pipe_to_thread[0], &byte, 1);
	return unused;
}

static void test_threads(void)
{
	char byte, path[60];
	pthread_t thread;
	int tid = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%d", getpid());
	check(!strcmp(link_of("/proc/self"), path), "self");
	snprintf(path, sizeof(path), "%d/task/%d", getpid(), getpid());
	check(!strcmp(link_of("/proc/thread-self"), path), "thread-self");
	expect(entries_of("/proc/self/task", NULL), 1, "one thread");
	pipe(pipe_to_thread);
	pthread_create(&thread, NULL, thread_body, NULL);
	read(pipe_to_thread[0], &byte, 1);
	expect(entries_of("/proc/self/task", NULL), 2, "two threads");
	load("/proc/self/status");
	expect(value("Threads"), 2, "... in status");
	dir = opendir("/proc/self/task");
	for (struct dirent *e; (e = readdir(dir));)
		if (isdigit(*e->d_name) && atoi(e->d_name) != getpid())
			tid = atoi(e->d_name);
	closedir(dir);
	load("/proc/self/task/%d/comm", tid);
	check(!strcmp(text, "second\n"), "the second one's name");
	load("/proc/self/task/%d/status", tid);
	check(value("Pid") == (unsigned int)tid &&
	      value("Tgid") == (unsigned int)getpid(), "... and status");
	load("/proc/self/task/%d/stat", tid);
	check(strtol(text, NULL, 10) == tid && strstr(text, " (second) "),
	      "... and stat");
	load("/proc/self/task/%d/maps", tid);
	check(strstr(text, "[stack]"), "... and maps");
	check(load("/proc/%d/status", tid) > 0 && value("Tgid") ==
	      (unsigned int)getpid(), "by a name that is not listed");
	expect(load("/proc/self/task/99999/stat"), -ENOENT, "none other");
	expect(load("/proc/self/task/1/task/1/stat") < 0, 1,
	       "no task in a task");
	write(pipe_to_thread[1], "x", 1);
	pthread_join(thread, NULL);
	usleep(50000);
	expect(load("/proc/self/task/%d/stat", tid), -ENOENT, "it is gone");
}

/* ----------------------------------------------------------------- others */

static int stranger(long parent)
{
	char path[40];
	int fd;

	setresgid(1000, 1000, 1000);
	setresuid(1000, 1000, 1000);
	check(load("/proc/%ld/stat", parent) > 0, "a stranger sees who we are");
	expect(field(27) | field(28) | field(47), 0, "... no addresses");
	check(load("/proc/%ld/status", parent) > 0 && value("VmRSS") > 0,
	      "... what we use");
	check(load("/proc/%ld/cmdline", parent) > 0, "... our command line");
	expect(load("/proc/%ld/environ", parent), -EACCES, "not our environment");
	expect(load("/proc/%ld/maps", parent), -EACCES, "nor our areas");
	expect(load("/proc/%ld/smaps", parent), -EACCES, "nor what is in them");
	expect(load("/proc/%ld/mem", parent), -EACCES, "nor our memory");
	expect(load("/proc/%ld/auxv", parent), -EACCES, "nor auxv");
	expect(load("/proc/%ld/pagemap", parent), -EACCES, "nor our frames");
	snprintf(path, sizeof(path), "/proc/%ld/fd", parent);
	expect(opendir(path) ? 0 : errno, EACCES, "nor our files");
	snprintf(path, sizeof(path), "/proc/%ld/exe", parent);
	expect(readlink(path, text, 10) < 0 ? errno : 0, EACCES,
	       "nor our program");
	snprintf(path, sizeof(path), "/proc/%ld/cwd", parent);
	expect(chdir(path) < 0 ? errno : 0, EACCES, "nor our directory");
	expect(load("/proc/kpageflags"), -EACCES, "nor any frames");
	expect(load("/proc/slabinfo"), -EACCES, "nor slabs");
	expect(store("/proc/sys/kernel/hostname", "x"), -EACCES,
	       "he tunes nothing");

	fd = open("/proc/self/environ", O_RDONLY);
	expect(fd < 0 ? errno : 0, EACCES, "who was root hides even from himself");
	prctl(PR_SET_DUMPABLE, 1);
	check(load("/proc/self/environ") >= 0, "... unless he says otherwise");
	expect(store("/proc/self/oom_score_adj", "-1"), -EACCES,
	       "he cannot spare himself");
	expect(store("/proc/self/oom_score_adj", "500"), 3,
	       "... but offer himself");
	expect(store("/proc/self/oom_score_adj", "0"), 1,
	       "... and take that back");
	return 0;
}

static int sleeper(long unused)
{
	pause();
	return unused;
}

static char state_of(int pid)
{
	load("/proc/%d/stat", pid);
	return *text ? strrchr(text, ')')[2] : 0;
}

static void test_others(void)
{
	int pid, fd, status;
	char path[40];

	run(stranger, getpid());
	pid = start(sleeper, 0);
	usleep(50000);
	check(state_of(pid) == 'S', "one that sleeps");
	load("/proc/%d/wchan", pid);
	check(*text, "... somewhere");
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	check(state_of(pid) == 'T', "one that is stopped");
	load("/proc/%d/status", pid);
	check(find("State") && !strncmp(find("State"), "\tT (stopped)", 12),
	      "... in words");
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	kill(pid, SIGKILL);
	usleep(50000);
	check(state_of(pid) == 'Z', "a zombie");
	expect(load("/proc/%d/cmdline", pid), 0, "... has no words");
	expect(load("/proc/%d/maps", pid), 0, "... no memory");
	check(!*link_of("/proc/%d/exe", pid), "... no program");
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	expect(entries_of(path, NULL), 0, "... no files");
	load("/proc/%d/status", pid);
	check(find("State") && !strncmp(find("State"), "\tZ (zombie)", 11) &&
	      !find("VmSize"), "... status has no memory");
	waitpid(pid, &status, 0);
	expect(read(fd, text, 100) < 0 ? errno : 0, ESRCH,
	       "who is gone is gone for who has it open");
	expect(load("/proc/%d/stat", pid), -ENOENT, "... and has no name");
	close(fd);
}

static void test_names(void)
{
	expect(mkdir("/proc/new", 0700) < 0 ? errno : 0, ENOENT, "no mkdir");
	expect(unlink("/proc/version") < 0 ? errno : 0, EPERM, "no unlink");
	expect(open("/proc/new", O_CREAT | O_RDWR, 0600) < 0 ? errno : 0,
	       ENOENT, "no new file");
	expect(store("/proc/version", "x"), -EIO, "version is not written to");
	expect(load("/proc/00"), -ENOENT, "no leading zeros");
	expect(load("/proc/4294967297/stat"), -ENOENT, "no wrapped numbers");
	expect(load("/proc/self/fd/-1"), -ENOENT, "no negative ones");
	expect(load("/proc/self/fd/99999"), -ENOENT, "nor what is not open");
	check(entries_of("/proc/self/fd", NULL) >= 4, "fd lists what is open");
}

/* Read all that there is below @path, to @depth directories, but for what
 * waits for somebody; whatever that says. */
static void read_tree(const char *path, int depth)
{
	static char buf[70000];
	DIR *dir = opendir(path);
	struct dirent *entry;
	char below[300];
	int fd;

	while (dir && (entry = readdir(dir))) {
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (entry->d_type == DT_LNK)
			readlink(below, buf, sizeof(buf));
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && depth)
			read_tree(below, depth - 1);
		if (entry->d_type != DT_REG || strstr(below, "kmsg") ||
		    strstr(below, "pagemap") || strstr(below, "clear_refs"))
			continue;
		fd = open(below, O_RDONLY | O_NONBLOCK);
		if (fd >= 0)
			while (read(fd, buf, sizeof(buf)) == sizeof(buf))
				;
		close(fd);
	}
	if (dir)
		closedir(dir);
}

static int reader(long until)
{
	while (time(NULL) < until)
		for (DIR *dir = opendir("/proc"); dir; dir = NULL) {
			struct dirent *entry;
			char path[300];

			while ((entry = readdir(dir))) {
				snprintf(path, sizeof(path), "/proc/%s",
					 entry->d_name);
				if (isdigit(*entry->d_name) &&
				    atoi(entry->d_name) >= getppid())
					read_tree(path, 3);
			}
			closedir(dir);
		}
	return 0;
}

static void *brief_thread(void *unused)
{
	char path[30];

	snprintf(path, sizeof(path), "/tmp/brief-%d", gettid());
	close(open(path, O_CREAT | O_RDWR, 0600));
	unlink(path);
	return unused;
}

static int breeder(long until)
{
	pthread_t threads[3];

	while (time(NULL) < until) {
		if (!fork()) {
			uintptr_t area = map(0, 16 * PAGE, RW, ANON);

			fill(area, 4 * PAGE, 1);
			for (int i = 0; i < 3; i++)
				pthread_create(&threads[i], NULL, brief_thread,
					       NULL);
			munmap((void *)area, 8 * PAGE);
			sched_yield();
			_exit(0);
		}
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

static void test_races(void)
{
	long until = time(NULL) + 2;
	int status, nr = 0;

	for (int i = 0; i < 2; i++) {
		start(breeder, until);
		start(reader, until);
	}
	while (wait(&status) > 0)
		nr += exited(status, 0);
	expect(nr, 4, "readers, and those who end meanwhile, get along");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	program = argv[0];
	mkdir("/tmp", 01777);
	mkdir("/proc", 0555);
	if (access("/proc/self", F_OK))	/* process 1 of Linux has to */
		mount("proc", "/proc", "proc", 0, NULL);
	test_meminfo();
	test_vmstat();
	test_stat();
	test_times();
	test_words();
	test_sys();
	test_status();
	test_process_stat();
	test_strings();
	run(test_oom, 0);	/* process 1 is beyond it */
	test_smaps();
	test_mem();
	test_frames();
	test_files();
	test_threads();
	test_others();
	test_names();
	test_races();
	return guest_end();
}
