/* SPDX-License-Identifier: MIT */
/*
 * ids - who a process is, what it may, and what it may use.
 *
 * Promises: user and group ids with Linux's rules of who may become whom; whom
 * one may signal; limits that are inherited, told, lowered, raised by root, and
 * enforced; priorities and policies; prctl(); capabilities; waitid(); which
 * flags of clone() go together.  As root at first.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <unistd.h>

#define NONE	(-1l)

static volatile uint32_t *word;

/* ------------------------------------------------------------------- ids */

static const char *ids(void)
{
	static char text[100];
	unsigned int u[3], g[3];

	sys(SYS_getresuid32, (long)&u[0], (long)&u[1], (long)&u[2]);
	sys(SYS_getresgid32, (long)&g[0], (long)&g[1], (long)&g[2]);
	snprintf(text, sizeof(text), "%u %u %u / %u %u %u, files %ld %ld",
		 u[0], u[1], u[2], g[0], g[1], g[2], sys(SYS_setfsuid32, NONE),
		 sys(SYS_setfsgid32, NONE));
	return text;
}

static void are(const char *want, const char *sentence)
{
	const char *got = ids();

	check(!strcmp(got, want), "%s: %s", sentence, want);
	if (strcmp(got, want))
		note("got %s", got);
}

static int change_ids(long unused)
{
	(void)unused;
	are("0 0 0 / 0 0 0, files 0 0", "root");
	expect(sys(SYS_setresgid32, 10, 20, 30), 0, "setresgid");
	expect(sys(SYS_setresuid32, 1, 2, 0), 0, "setresuid");
	are("1 2 0 / 10 20 30, files 2 20", "all different");
	expect(sys(SYS_setuid32, 3), -EPERM, "not root any more");
	expect(sys(SYS_setresuid32, 3, NONE, NONE), -EPERM, "real");
	expect(sys(SYS_setresuid32, NONE, NONE, 3), -EPERM, "saved");
	expect(sys(SYS_setreuid32, 0, NONE), -EPERM,
	       "real from saved, by setreuid");
	expect(sys(SYS_setfsuid32, 3), 2, "setfsuid tells the old one");
	are("1 2 0 / 10 20 30, files 2 20", "nothing changed");
	expect(sys(SYS_setfsuid32, 0), 2, "setfsuid to one of its own");
	are("1 2 0 / 10 20 30, files 0 20", "files only");
	expect(sys(SYS_setgid32, 40), -EPERM, "setgid");
	expect(sys(SYS_setgid32, 30), 0, "setgid to the saved one");
	are("1 2 0 / 10 30 30, files 0 30", "effective only");
	expect(sys(SYS_setuid32, 0), 0, "setuid to the saved one");
	are("1 0 0 / 10 30 30, files 0 30", "root again");
	expect(sys(SYS_setreuid32, NONE, 5), 0, "setreuid as root");
	are("1 5 5 / 10 30 30, files 5 30", "the saved one follows");
	expect(sys(SYS_setreuid32, 5, 1), 0, "exchange");
	are("5 1 1 / 10 30 30, files 1 30", "exchanged");
	expect(sys(SYS_setuid32, 0), -EPERM, "and root no more");
	expect(sys(SYS_setuid32, NONE), -EINVAL, "-1 is nobody");
	expect(sys(SYS_setuid, 0xffff), -EINVAL, "nor is it in 16 bits");
	expect(sys(SYS_setgroups32, 0, 0), -EPERM, "setgroups");
	return 0;
}

static int wide_ids(long unused)
{
	uint16_t u[3] = { 1, 1, 1 };

	(void)unused;
	expect(sys(SYS_setresuid32, 70000, 70001, 0), 0, "ids above 65535");
	expect(sys(SYS_getuid), 65534, "in 16 bits they are 65534");
	expect(sys(SYS_getuid32), 70000, "but not in 32");
	expect(sys(SYS_getresuid, (long)&u[0], (long)&u[1], (long)&u[2]), 0,
	       "the 16-bit getresuid");
	check(u[0] == 65534 && u[1] == 65534 && u[2] == 0, "says so as well");
	expect(sys(SYS_getresuid32, 16, 16, 16), -EFAULT, "to nowhere");
	return 0;
}

static int groups(long unused)
{
	gid_t set[] = { 9, 3, 70000, 3 }, got[40];
	uint16_t got16[4];
	gid_t many[33] = { 0 };

	(void)unused;
	expect(sys(SYS_getgroups32, 0, 0), 0, "no groups");
	expect(sys(SYS_setgroups32, 4, (long)set), 0, "four groups");
	expect(sys(SYS_getgroups32, 40, (long)got), 4, "are told");
	check(got[0] == 3 && got[1] == 3 && got[2] == 9 && got[3] == 70000,
	      "in order");
	expect(sys(SYS_getgroups32, 3, (long)got), -EINVAL, "without room");
	expect(sys(SYS_getgroups32, NONE, (long)got), -EINVAL, "negative");
	expect(sys(SYS_getgroups32, 4, 16), -EFAULT, "to nowhere");
	expect(sys(SYS_getgroups, 4, (long)got16), 4, "in 16 bits");
	check(got16[2] == 9 && got16[3] == 65534, "as far as they go");
	expect(sys(SYS_setgroups32, 70000, (long)many), -EINVAL, "too many");
	expect(sys(SYS_setgroups32, 2, 16), -EFAULT, "from nowhere");
	return 0;
}

static void check_ids(void)
{
	expect(run(change_ids, 0), 0, "(ids)");
	expect(run(wide_ids, 0), 0, "(wide ids)");
	expect(run(groups, 0), 0, "(groups)");
	are("0 0 0 / 0 0 0, files 0 0", "the parent is who it was");
}

/* ------------------------------------------------------------- who may */

static int sleep_as(long uid)
{
	sys(SYS_setresuid32, uid, uid, uid);
	word[0] = 1;
	until(word + 1, 1);
	return 0;
}

static int signal_as(long uid)
{
	int pid = word[2], other = word[3];

	sys(SYS_setresuid32, uid, uid, uid);
	expect(sys(SYS_kill, pid, 0), 0, "one's own process may be signalled");
	expect(sys(SYS_kill, other, 0), -EPERM, "another's not");
	expect(sys(SYS_kill, other, SIGKILL), -EPERM, "not even killed");
	expect(sys(SYS_kill, other, 65), -EINVAL, "nor by a bad signal");
	expect(sys(SYS_kill, other, SIGCONT), 0,
	       "but continued, in the same session");
	expect(sys(SYS_tkill, other, SIGTERM), -EPERM, "tkill");
	expect(sys(SYS_setpriority, PRIO_PROCESS, other, 5), -EPERM,
	       "nor slowed down");
	expect(sys(SYS_setpriority, PRIO_PROCESS, pid, 5), 0, "one's own may");
	expect(sys(SYS_setpriority, PRIO_PROCESS, pid, 4), -EACCES,
	       "but not be made faster again");
	expect(sys(SYS_getpriority, PRIO_PROCESS, pid), 15, "5 is told as 15");
	return 0;
}

static void check_permissions(void)
{
	int pid[2], status;

	for (int i = 0; i < 2; i++) {
		word[0] = word[1] = 0;
		pid[i] = start(sleep_as, 100 + i);
		until(word, 1);
	}
	word[2] = pid[0];
	word[3] = pid[1];
	expect(run(signal_as, 100), 0, "(signals)");
	word[1] = 1;
	for (int i = 0; i < 2; i++)
		waitpid(pid[i], &status, 0);
}

/* ---------------------------------------------------------------- limits */

static const char *limit_text(int what)
{
	static char text[50];
	uint64_t pair[2];

	if (sys(SYS_prlimit64, 0, what, 0, (long)pair))
		return "error";
	snprintf(text, sizeof(text), "%lld %lld", (long long)pair[0],
		 (long long)pair[1]);
	return text;
}

static int limits(long unused)
{
	uint32_t pair[2] = { 100, 200 };
	uint64_t wide[2] = { 1ull << 33, ~0ull };

	(void)unused;
	expect(sys(SYS_setrlimit, RLIMIT_CORE, (long)pair), 0, "setrlimit");
	check(!strcmp(limit_text(RLIMIT_CORE), "100 200"), "is told");
	expect(sys(SYS_ugetrlimit, RLIMIT_CORE, (long)pair), 0, "ugetrlimit");
	check(pair[0] == 100 && pair[1] == 200, "tells it as well");
	pair[0] = 300;
	expect(sys(SYS_setrlimit, RLIMIT_CORE, (long)pair), -EINVAL,
	       "soft above hard");
	pair[1] = 400;
	expect(sys(SYS_setrlimit, RLIMIT_CORE, (long)pair), 0,
	       "root raises the hard one");
	expect(sys(SYS_prlimit64, 0, RLIMIT_AS, (long)wide, 0), 0,
	       "4 GiB and more");
	check(!strcmp(limit_text(RLIMIT_AS), "-1 -1"), "are no limit");
	expect(sys(SYS_ugetrlimit, RLIMIT_AS, (long)pair), 0, "in 32 bits");
	check(pair[0] == ~0u && pair[1] == ~0u, "that is all ones");
	expect(sys(SYS_getrlimit, RLIMIT_AS, (long)pair), 0,
	       "by the oldest call");
	check(pair[0] == 0x7fffffff && pair[1] == 0x7fffffff,
	      "all but the highest");
	expect(sys(SYS_setrlimit, 16, (long)pair), -EINVAL, "a 17th limit");
	expect(sys(SYS_prlimit64, 0, 16, 0, 0), -EINVAL, "is not there");
	expect(sys(SYS_prlimit64, 99999, 0, 0, 0), -ESRCH, "nor process 99999");
	expect(sys(SYS_prlimit64, 0, 0, 16, 0), -EFAULT, "from nowhere");
	expect(sys(SYS_prlimit64, 0, 0, 0, 16), -EFAULT, "to nowhere");
	sys(SYS_setresuid32, 5, 5, 5);
	pair[0] = 10;
	pair[1] = 400;
	expect(sys(SYS_setrlimit, RLIMIT_CORE, (long)pair), 0,
	       "anybody lowers the soft one");
	pair[1] = 401;
	expect(sys(SYS_setrlimit, RLIMIT_CORE, (long)pair), -EPERM,
	       "nobody but root raises the hard one");
	expect(sys(SYS_prlimit64, getppid(), RLIMIT_CORE, 0, (long)wide),
	       -EPERM, "another user's limits");
	return 0;
}

static int file_limit(long unused)
{
	uint32_t pair[2] = { 10, 10 };
	int fd, last = -1, first = dup(0);

	(void)unused;
	sys(SYS_setrlimit, RLIMIT_NOFILE, (long)pair);
	while ((fd = sys(SYS_dup, 0)) >= 0)
		last = fd;
	expect(fd, -EMFILE, "no more files");
	expect(last, 9, "than the limit says");
	expect(sys(SYS_dup2, 0, 10), -EBADF, "dup2 above it");
	expect(sys(SYS_fcntl64, 0, F_DUPFD, 10), -EINVAL, "F_DUPFD above it");
	check(first > 0, "the first one is there");
	pair[0] = pair[1] = 2000;
	expect(sys(SYS_setrlimit, RLIMIT_NOFILE, (long)pair), 0, "raised");
	expect(sys(SYS_dup2, 0, 1999), 1999, "dup2 to 1999");
	expect(sys(SYS_fcntl64, 0, F_DUPFD, 1000), 1000, "F_DUPFD from 1000");
	check(fcntl(1999, F_GETFD) == 0, "it is open");
	return 0;
}

static int inherited_files(long unused)
{
	uint32_t pair[2] = { 3000, 3000 };
	int status = 0;

	(void)unused;
	sys(SYS_setrlimit, RLIMIT_NOFILE, (long)pair);
	for (int i = 0; i < 2900; i++)
		if (dup(0) < 0)
			return 1;
	if (fork() == 0)
		_exit(fcntl(2902, F_GETFD) == 0 ? 7 : 8);
	wait(&status);
	return WEXITSTATUS(status);
}

static int process_limit(long unused)
{
	uint32_t pair[2] = { 3, 3 };
	int pid[4], nr = 0, status;

	(void)unused;
	sys(SYS_setresuid32, 4321, 4321, 4321);
	sys(SYS_setrlimit, RLIMIT_NPROC, (long)pair);
	for (nr = 0; nr < 4; nr++) {
		pid[nr] = fork();
		if (pid[nr] < 0)
			break;
		if (!pid[nr])
			for (;;)
				pause();
	}
	status = errno;
	for (int i = 0; i < nr; i++)
		kill(pid[i], SIGKILL);
	return nr == 2 && status == EAGAIN ? 7 : nr;
}

static int cpu_limit(long hard)
{
	uint32_t pair[2] = { 1, hard };

	if (hard == 2)
		signal(SIGXCPU, SIG_IGN);
	sys(SYS_setrlimit, RLIMIT_CPU, (long)pair);
	for (;;)
		word[9]++;
	return 0;
}

static void limit(int what, uint32_t value)
{
	uint32_t pair[2] = { value, value };

	if (sys(SYS_setrlimit, what, (long)pair))
		note("cannot set limit %d", what);
}

static int address_limit(long unused)
{
	(void)unused;
	limit(RLIMIT_AS, 64 << 20);
	expect(map(0, 100 << 20, PROT_NONE, ANON), -ENOMEM,
	       "100 MiB with RLIMIT_AS of 64");
	check(!is_error(map(0, 8 << 20, RW, ANON)), "but 8");
	return 0;
}

static int data_limit(long unused)
{
	long brk = sys(SYS_brk, 0);

	(void)unused;
	limit(RLIMIT_DATA, 4 << 20);
	expect(sys(SYS_brk, brk + (8 << 20)), brk,
	       "a heap of 8 MiB with RLIMIT_DATA of 4");
	expect(sys(SYS_brk, brk + 65536), brk + 65536, "but of 64 KiB");
	expect(map(0, 8 << 20, RW, ANON), -ENOMEM, "8 MiB of private memory");
	check(!is_error(map(0, 8 << 20, PROT_READ, ANON)), "read-only is free");
	check(!is_error(map(0, 8 << 20, RW, SHARED)), "so is shared");
	return 0;
}

static int __attribute__((noinline)) use_stack(long size)
{
	volatile char page[PAGE];

	page[0] = size;
	return size > (long)PAGE ? use_stack(size - PAGE) + page[0] : 0;
}

static int stack_limit(long size)
{
	limit(RLIMIT_STACK, 1 << 20);
	use_stack(size);
	return 7;
}

static int lock_limit(long unused)
{
	uintptr_t at = map(0, 1 << 20, RW, ANON);

	(void)unused;
	sys(SYS_setresuid32, 5, 5, 5);
	limit(RLIMIT_MEMLOCK, 65536);
	expect(sys(SYS_mlock, at, 131072), -ENOMEM,
	       "128 KiB with RLIMIT_MEMLOCK of 64");
	expect(sys(SYS_mlock, at, 65536), 0, "but 64");
	expect(sys(SYS_mlock, at + 65536, PAGE), -ENOMEM, "and nothing more");
	expect(sys(SYS_munlock, at, 65536), 0, "until they are unlocked");
	limit(RLIMIT_MEMLOCK, 0);
	expect(sys(SYS_mlock, at, PAGE), -EPERM, "or nothing at all");
	return 0;
}

static void check_memory_limits(void)
{
	expect(run(address_limit, 0), 0, "(RLIMIT_AS)");
	expect(run(data_limit, 0), 0, "(RLIMIT_DATA)");
	expect(run(lock_limit, 0), 0, "(RLIMIT_MEMLOCK)");
	check(exited(run(stack_limit, 512 << 10), 7), "a stack of half a MiB");
	dies_by(SIGSEGV, stack_limit, 3 << 20, "three with RLIMIT_STACK of 1");
}

static void check_limits(void)
{
	check_memory_limits();
	expect(run(limits, 0), 0, "(limits)");
	expect(run(file_limit, 0), 0, "(files)");
	check(exited(run(inherited_files, 0), 7), "2900 files are inherited");
	check(exited(run(process_limit, 0), 7), "three processes of a user");
	dies_by(SIGXCPU, cpu_limit, RLIM_INFINITY >> 1, "a second of CPU time");
	dies_by(SIGKILL, cpu_limit, 2, "two, and no excuse");
}

/* ------------------------------------------------------------ scheduling */

static int scheduling(long unused)
{
	struct sched_param param = { 0 };
	uint32_t mask[32];
	struct timespec ts;

	(void)unused;
	expect(sys(SYS_sched_getscheduler, 0), 0, "SCHED_OTHER");
	expect(sys(SYS_sched_get_priority_max, SCHED_FIFO), 99, "up to 99");
	expect(sys(SYS_sched_get_priority_min, SCHED_RR), 1, "from 1");
	expect(sys(SYS_sched_get_priority_max, SCHED_OTHER), 0, "or none");
	expect(sys(SYS_sched_get_priority_max, 4), -EINVAL, "a hole");
	param.sched_priority = 5;
	expect(sys(SYS_sched_setscheduler, 0, SCHED_OTHER, (long)&param),
	       -EINVAL, "a priority for who has none");
	expect(sys(SYS_sched_setscheduler, 0, SCHED_RR, (long)&param), 0,
	       "SCHED_RR");
	expect(sys(SYS_sched_getscheduler, 0), SCHED_RR, "is told");
	param.sched_priority = 0;
	expect(sys(SYS_sched_getparam, 0, (long)&param), 0, "its priority");
	expect(param.sched_priority, 5, "as well");
	expect(sys(SYS_sched_setparam, 0, (long)&param), 0, "setparam");
	expect(sys(SYS_sched_rr_get_interval, 0, (long)&ts), 0, "its interval");
	param.sched_priority = 0;
	expect(sys(SYS_sched_setscheduler, 0, SCHED_BATCH, (long)&param), 0,
	       "SCHED_BATCH");
	expect(sys(SYS_sched_setscheduler, 0, SCHED_OTHER, 16), -EFAULT,
	       "from nowhere");
	expect(sys(SYS_sched_setscheduler, -1, 0, (long)&param), -EINVAL,
	       "of nobody");
	expect(sys(SYS_sched_setscheduler, 99999, 0, (long)&param), -ESRCH,
	       "of nobody there");
	expect(sys(SYS_sched_getaffinity, 0, 128, (long)mask), 4,
	       "getaffinity gives 4 bytes");
	expect(mask[0], 1, "CPU 0");
	expect(sys(SYS_sched_getaffinity, 0, 3, (long)mask), -EINVAL, "3 bytes");
	mask[0] = 3;
	expect(sys(SYS_sched_setaffinity, 0, 4, (long)mask), 0, "0 and 1");
	mask[0] = 2;
	expect(sys(SYS_sched_setaffinity, 0, 4, (long)mask), -EINVAL, "only 1");
	expect(sys(SYS_getcpu, (long)&mask[0], (long)&mask[1], 0), 0, "getcpu");
	check(mask[0] == 0 && mask[1] == 0, "CPU 0, node 0");
	expect(sys(SYS_getpriority, PRIO_PROCESS, 0), 20, "nice 0 is told as 20");
	expect(sys(SYS_nice, 5), 0, "nice");
	expect(sys(SYS_getpriority, PRIO_PROCESS, 0), 15, "15 now");
	expect(sys(SYS_setpriority, PRIO_PROCESS, 0, -50), 0, "the least");
	expect(sys(SYS_getpriority, PRIO_PROCESS, 0), 40, "is -20");
	expect(sys(SYS_setpriority, PRIO_PROCESS, 0, 50), 0, "the most");
	expect(sys(SYS_getpriority, PRIO_PROCESS, 0), 1, "is 19");
	expect(sys(SYS_getpriority, 3, 0), -EINVAL, "of what?");
	expect(sys(SYS_getpriority, PRIO_PROCESS, 99999), -ESRCH, "of whom?");
	sys(SYS_setresuid32, 7, 7, 7);
	expect(sys(SYS_nice, -1), -EPERM, "nice below");
	param.sched_priority = 1;
	expect(sys(SYS_sched_setscheduler, 0, SCHED_FIFO, (long)&param), -EPERM,
	       "SCHED_FIFO as anybody");
	return 0;
}

/* ----------------------------------------------------------------- prctl */

static int controls(long unused)
{
	char name[17] = "";
	int value = -1;

	(void)unused;
	expect(prctl(PR_SET_NAME, "a name that is too long"), 0, "PR_SET_NAME");
	prctl(PR_GET_NAME, name);
	check(!strcmp(name, "a name that is "), "is cut");
	expect(sys(SYS_prctl, PR_SET_NAME, 16), -EFAULT, "from nowhere");
	expect(sys(SYS_prctl, PR_GET_NAME, 16), -EFAULT, "to nowhere");
	expect(sys(SYS_prctl, PR_SET_PDEATHSIG, 65), -EINVAL, "signal 65");
	expect(sys(SYS_prctl, PR_SET_PDEATHSIG, SIGUSR1), 0, "PR_SET_PDEATHSIG");
	expect(sys(SYS_prctl, PR_GET_PDEATHSIG, (long)&value), 0, "is told");
	expect(value, SIGUSR1, "right");
	expect(sys(SYS_prctl, PR_GET_DUMPABLE), 1, "dumpable");
	expect(sys(SYS_prctl, PR_SET_DUMPABLE, 2), -EINVAL, "2 is not for us");
	expect(sys(SYS_prctl, PR_SET_DUMPABLE, 0), 0, "not any more");
	expect(sys(SYS_prctl, PR_GET_DUMPABLE), 0, "indeed");
	expect(sys(SYS_prctl, PR_GET_KEEPCAPS), 0, "keepcaps");
	expect(sys(SYS_prctl, PR_SET_KEEPCAPS, 1), 0, "set");
	expect(sys(SYS_prctl, PR_GET_KEEPCAPS), 1, "told");
	expect(sys(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0,
	       "no_new_privs");
	expect(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), -EINVAL,
	       "is not taken back");
	expect(sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0, "is set");
	expect(sys(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1, "and told");
	expect(sys(SYS_prctl, PR_GET_TIMERSLACK), 50000, "timer slack");
	expect(sys(SYS_prctl, PR_CAPBSET_READ, 0), 1, "capability 0");
	expect(sys(SYS_prctl, PR_CAPBSET_READ, 41), -EINVAL, "there is no 41");
	expect(sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1), 0, "subreaper");
	expect(sys(SYS_prctl, PR_GET_CHILD_SUBREAPER, (long)&value), 0, "told");
	expect(value, 1, "yes");
	expect(sys(SYS_prctl, 9999), -EINVAL, "something else");
	expect(sys(SYS_personality, 0xffffffff), 0, "personality");
	expect(sys(SYS_personality, ADDR_NO_RANDOMIZE), 0, "changed");
	expect(sys(SYS_personality, 0xffffffff), ADDR_NO_RANDOMIZE, "told");
	return 0;
}

static int orphan(long sig)
{
	int pid = fork();

	if (!pid) {
		if (sig)
			prctl(PR_SET_PDEATHSIG, sig);
		word[0] = getpid();
		until(word + 1, 1);
		word[2] = getppid();
		_exit(9);
	}
	until(word, 1);
	return 0;
}

static int reap_orphan(long unused)
{
	int status, pid;

	(void)unused;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	word[0] = word[1] = word[2] = 0;
	run(orphan, 0);
	word[1] = 1;
	pid = waitpid(-1, &status, 0);
	check(pid == (int)word[0] && exited(status, 9),
	      "a subreaper gets the orphan");
	expect(word[2], getpid(), "which knows it");
	word[0] = word[1] = 0;
	run(orphan, SIGTERM);
	pid = waitpid(-1, &status, 0);
	check(pid == (int)word[0] && killed(status, SIGTERM),
	      "the death of a parent is a signal, if wished");
	return 0;
}

/* A session of two groups: the second one stops, then the first one ends. */
static int leave_stopped(long handles)
{
	int pid, status;

	sys(SYS_setsid);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		if (handles)
			signal(SIGHUP, SIG_IGN);
		word[0] = getpid();
		raise(SIGTSTP);		/* somebody could continue us ... */
		word[1] = 1;
		raise(SIGTTIN);		/* ... and now nobody could */
		_exit(12);
	}
	until(word, 1);
	waitpid(pid, &status, WUNTRACED);
	return WIFSTOPPED(status) ? 0 : 1;
}

static int stopped_orphans(long unused)
{
	int pid, status;

	(void)unused;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (long handles = 0; handles < 2; handles++) {
		word[0] = word[1] = 0;
		expect(run(leave_stopped, handles), 0, "its leader ends");
		do {
			pid = waitpid(-1, &status, 0);
		} while (pid > 0 && pid != (int)word[0]);
		if (handles)
			check(exited(status, 12) && word[1],
			      "it goes on, and never stops again");
		else
			check(killed(status, SIGHUP) && !word[1],
			      "a stopped group is hung up");
	}
	return 0;
}

static int capabilities(long unused)
{
	struct __user_cap_header_struct header = { 0, 0 };
	struct __user_cap_data_struct data[2];

	(void)unused;
	expect(sys(SYS_capget, (long)&header, 0), 0, "asking for the version");
	expect(header.version, _LINUX_CAPABILITY_VERSION_3, "is 3");
	expect(sys(SYS_capget, (long)&header, (long)data), 0, "root's");
	check(data[0].effective == ~0u && data[1].effective == 0x1ff &&
	      data[0].permitted == ~0u && !data[0].inheritable, "are all");
	header.pid = 99999;
	expect(sys(SYS_capget, (long)&header, (long)data), -ESRCH, "nobody's");
	header.pid = 0;
	header.version = 1;
	expect(sys(SYS_capget, (long)&header, (long)data), -EINVAL,
	       "an unknown version");
	header.version = _LINUX_CAPABILITY_VERSION_3;
	expect(sys(SYS_capset, (long)&header, (long)data), 0, "capset");
	sys(SYS_setresuid32, 5, 5, 5);
	expect(sys(SYS_capset, (long)&header, (long)data), -EPERM,
	       "not for everybody");
	sys(SYS_capget, (long)&header, (long)data);
	check(!data[0].effective && !data[0].permitted, "who has none");
	return 0;
}

/* ----------------------------------------------------------------- waitid */

static int leave_with(long code)
{
	return code;
}

static int stop_self(long unused)
{
	(void)unused;
	word[0] = 0;
	raise(SIGSTOP);
	until(word, 1);
	return 3;
}

static void check_waitid(void)
{
	siginfo_t info;
	int pid = start(leave_with, 5);

	memset(&info, 0, sizeof(info));
	expect(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0,
	       "waitid leaves it with WNOWAIT");
	check(info.si_pid == pid && info.si_signo == SIGCHLD &&
	      info.si_code == CLD_EXITED && info.si_status == 5,
	      "and tells how it ended");
	expect(waitid(P_PID, pid, &info, WEXITED), 0, "so it is still there");
	expect(sys(SYS_waitid, P_PID, pid, (long)&info, WEXITED, 0), -ECHILD,
	       "but not now");
	expect(sys(SYS_waitid, P_ALL, 0, (long)&info, 0, 0), -EINVAL,
	       "for nothing");
	expect(sys(SYS_waitid, P_ALL, 0, (long)&info, WEXITED | 0x100, 0),
	       -EINVAL, "for something else");
	expect(sys(SYS_waitid, 9, 0, (long)&info, WEXITED, 0), -EINVAL,
	       "by something else");
	expect(sys(SYS_waitid, P_PID, 0, (long)&info, WEXITED, 0), -EINVAL,
	       "for nobody");
	pid = start(stop_self, 0);
	expect(waitid(P_PID, pid, &info, WSTOPPED), 0, "a stop");
	check(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP,
	      "is told");
	memset(&info, 1, sizeof(info));
	expect(waitid(P_PID, pid, &info, WSTOPPED | WEXITED | WNOHANG), 0,
	       "once");
	check(info.si_pid == 0 && info.si_signo == 0, "then there is no news");
	kill(pid, SIGCONT);
	expect(waitid(P_PID, pid, &info, WCONTINUED), 0, "it continues");
	check(info.si_code == CLD_CONTINUED && info.si_status == SIGCONT,
	      "is told");
	word[0] = 1;
	while (waitid(P_PGID, getpgrp(), &info, WEXITED) == 0 &&
	       info.si_pid != pid)
		;			/* an orphan, if we are process 1 */
	check(info.si_pid == pid && info.si_status == 3, "by group: it ended");
	pid = start(leave_with, 0);
	kill(pid, SIGKILL);
	waitid(P_PID, pid, &info, WEXITED);
	check(info.si_code == CLD_KILLED ? info.si_status == SIGKILL :
	      info.si_code == CLD_EXITED, "a kill, or too late");
}

/* ------------------------------------------------------------------ clone */

static long raw_clone(unsigned long flags)
{
	long pid = sys(SYS_clone, flags, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid;
}

static long raw_clone3(struct clone_args *args, size_t size)
{
	long pid = sys(SYS_clone3, (long)args, size);

	if (!pid)
		_exit(6);
	return pid;
}

static void check_clone(void)
{
	struct { struct clone_args args; char more[16]; } big;
	struct clone_args args = { .exit_signal = SIGCHLD };
	int status, pid, tid = 0, child_tid;

	expect(raw_clone(CLONE_THREAD | SIGCHLD), -EINVAL,
	       "a thread without shared actions");
	expect(raw_clone(CLONE_SIGHAND | SIGCHLD), -EINVAL,
	       "shared actions without shared memory");
	pid = raw_clone(0);
	check(pid > 0, "a child that gives no signal");
	expect(sys(SYS_waitpid, pid, (long)&status, 0), -ECHILD,
	       "is not waited for");
	expect(sys(SYS_waitpid, pid, (long)&status, __WCLONE), pid,
	       "but with __WCLONE");
	pid = raw_clone(SIGCHLD);
	expect(sys(SYS_waitpid, pid, (long)&status, __WALL), pid, "or __WALL");

	expect(raw_clone3(&args, 63), -EINVAL, "clone3 with too little");
	expect(raw_clone3(&args, 5000), -E2BIG, "or too much");
	expect(raw_clone3((void *)16, sizeof(args)), -EFAULT, "of nothing");
	args.parent_tid = (long)&tid;
	args.child_tid = (long)&child_tid;
	args.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
	pid = raw_clone3(&args, 64);
	check(pid > 0, "clone3");
	check(waitpid(pid, &status, 0) == pid && exited(status, 6), "makes one");
	expect(tid, pid, "and tells its number");
	memset(&big, 0, sizeof(big));
	big.args.exit_signal = SIGCHLD;
	pid = raw_clone3(&big.args, sizeof(big));
	check(pid > 0 && waitpid(pid, &status, 0) == pid, "of the future");
	big.more[3] = 1;
	expect(raw_clone3(&big.args, sizeof(big)), -E2BIG,
	       "as long as it is empty");
	args.exit_signal = 65;
	expect(raw_clone3(&args, sizeof(args)), -EINVAL, "signal 65");
	args.exit_signal = SIGCHLD;
	args.stack = 0x1000;
	expect(raw_clone3(&args, sizeof(args)), -EINVAL, "a stack of no size");
	args.stack = 0;
	args.flags = SIGCHLD;
	expect(raw_clone3(&args, sizeof(args)), -EINVAL,
	       "the signal among the flags");
}

/* ------------------------------------------------------------------ times */

static volatile int alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void spin_until_alarms(int count)
{
	while (alarms < count)
		;
}

static void check_timers(void)
{
	struct itimerval value = { { 0, 0 }, { 0, 20000 } }, old;
	struct tms tms;

	signal(SIGALRM, on_alarm);
	signal(SIGVTALRM, on_alarm);
	signal(SIGPROF, on_alarm);
	expect(setitimer(ITIMER_REAL, &value, NULL), 0, "a real timer");
	pause();
	expect(alarms, 1, "goes off");
	getitimer(ITIMER_REAL, &old);
	check(!old.it_value.tv_sec && !old.it_value.tv_usec, "once");
	value.it_interval.tv_usec = 20000;
	setitimer(ITIMER_REAL, &value, NULL);
	spin_until_alarms(4);
	getitimer(ITIMER_REAL, &old);
	check(old.it_value.tv_usec > 0 && old.it_interval.tv_usec == 20000,
	      "another again and again");
	memset(&value, 0, sizeof(value));
	setitimer(ITIMER_REAL, &value, &old);
	check(old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 20000,
	      "until it is told not to");
	value.it_value.tv_usec = 30000;
	alarms = 0;
	expect(setitimer(ITIMER_VIRTUAL, &value, NULL), 0, "a virtual timer");
	usleep(50000);
	expect(alarms, 0, "does not count sleep");
	spin_until_alarms(1);
	value.it_value.tv_usec = 30000;
	expect(setitimer(ITIMER_PROF, &value, NULL), 0, "one that profiles");
	spin_until_alarms(2);
	check(alarms == 2, "goes off as well");
	value.it_value.tv_usec = 1000000;
	expect(sys(SYS_setitimer, 0, (long)&value, 0), -EINVAL,
	       "a million microseconds");
	expect(sys(SYS_setitimer, 3, 0, 0), -EINVAL, "a fourth timer");
	expect(sys(SYS_getitimer, 0, 16), -EFAULT, "to nowhere");
	expect(sys(SYS_alarm, 100), 0, "alarm");
	expect(sys(SYS_alarm, 0), 100, "tells what was left");
	expect(sys(SYS_alarm, 0), 0, "nothing any more");
	check(times(&tms) != -1 && tms.tms_utime + tms.tms_stime > 0, "times");
	expect(sys(SYS_times, 16), -EFAULT, "to nowhere");
}

static int inherit_nothing(long unused)
{
	struct itimerval old;

	(void)unused;
	getitimer(ITIMER_REAL, &old);
	return old.it_value.tv_sec ? 1 : 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	word = shared(PAGE);
	check_ids();
	check_permissions();
	check_limits();
	expect(run(scheduling, 0), 0, "(scheduling)");
	expect(run(controls, 0), 0, "(controls)");
	expect(run(reap_orphan, 0), 0, "(orphans)");
	expect(run(stopped_orphans, 0), 0, "(stopped orphans)");
	expect(run(capabilities, 0), 0, "(capabilities)");
	check_waitid();
	check_clone();
	check_timers();
	alarm(100);
	expect(run(inherit_nothing, 0), 0, "a child has no timers");
	alarm(0);
	return guest_end();
}
