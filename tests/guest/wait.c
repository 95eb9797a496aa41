// SPDX-License-Identifier: MIT
/*
 * wait - a parent learns how its children ended.
 *
 * Promises: the status of every exit code and of death by a signal; waiting
 * for one child, for any, and without blocking; each child is reported once;
 * ECHILD, EINVAL and EFAULT; what a process did before its end stays visible;
 * the children of a dead parent get another one.
 *
 * As process 1 this program is that other parent: the checks name the child
 * that they wait for, and leave no orphan behind.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile uint32_t *step;

static int leave_with(long code)
{
	return code;
}

static int leave_by_libc(long code)
{
	exit(code);
}

static int leave_raw(long code)
{
	return sys(SYS_exit, code);
}

static int die_by(long sig)
{
	kill(getpid(), sig);
	return 0;
}

static int call_abort(long unused)
{
	(void)unused;
	abort();
}

static int stay(long unused)
{
	(void)unused;
	until(step, 1);
	return 7;
}

static void check_codes(void)
{
	static const int codes[] = { 0, 1, 2, 42, 127, 128, 255 };
	bool all = true;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		all &= exited(run(leave_with, codes[i]), codes[i]);
	check(all, "exit codes from 0 to 255 arrive");
	expect(run(leave_with, 0x10203), 3 << 8, "only their low 8 bits do");
	check(exited(run(leave_with, -1), 255), "so -1 is 255");
	check(exited(run(leave_by_libc, 9), 9), "exit() runs libc's ending");
	check(exited(run(leave_raw, 10), 10), "the system call exit (1)");
}

static void check_signals(void)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP,
		SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
		SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGVTALRM,
		SIGPROF, SIGSYS };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		dies_by(sigs[i], die_by, sigs[i], "a child that kills itself");
	check(exited(run(die_by, SIGCHLD), 0), "SIGCHLD does not kill");
	check(exited(run(die_by, SIGURG), 0), "nor does SIGURG");
	check(exited(run(die_by, SIGWINCH), 0), "nor does SIGWINCH");
	check(exited(run(die_by, SIGCONT), 0), "nor does SIGCONT");
	check(exited(run(die_by, 0), 0), "nor does signal 0");
	dies_by(SIGABRT, call_abort, 0, "abort()");
}

static void check_nohang(void)
{
	int pid, status = 1234, got;

	*step = 0;
	pid = start(stay, 0);
	expect(waitpid(pid, &status, WNOHANG), 0,
	       "WNOHANG while the child runs");
	expect(waitpid(-1, &status, WNOHANG), 0, "for any child as well");
	expect(status, 1234, "leaves the status word alone");
	*step = 1;
	do {
		sched_yield();
		got = waitpid(pid, &status, WNOHANG);
	} while (got == 0);
	check(got == pid && exited(status, 7), "until it has ended");
	got = waitpid(pid, &status, WNOHANG);
	check(got == -1 && errno == ECHILD, "a child is reported once");
}

static void check_kill_and_wait(void)
{
	int pid, status;

	*step = 0;
	pid = start(stay, 0);
	expect(kill(pid, 0), 0, "signal 0 finds a running child");
	expect(kill(pid, SIGKILL), 0, "SIGKILL is sent to it");
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGKILL),
	      "and it dies of it");
	expect(sys(SYS_kill, pid, 0), -ESRCH, "then it is nobody");
	pid = start(leave_with, 0);
	while (kill(pid, 0) == 0 && sys(SYS_waitpid, pid, 0, WNOHANG) == 0)
		sched_yield();
	expect(sys(SYS_kill, pid, 0), -ESRCH, "as after an exit");
}

static void check_which(void)
{
	int pid[3], status, seen = 0, got;
	bool all = true;

	for (int i = 0; i < 3; i++)
		pid[i] = start(leave_with, i);
	check(pid[0] != pid[1] && pid[1] != pid[2] && pid[0] != pid[2],
	      "children have different ids");
	got = waitpid(pid[2], &status, 0);
	check(got == pid[2] && exited(status, 2),
	      "the last one is asked first");
	got = waitpid(pid[0], &status, 0);
	check(got == pid[0] && exited(status, 0), "then the first");
	got = waitpid(-1, &status, 0);
	check(got == pid[1] && exited(status, 1), "then whoever is left");
	for (int i = 0; i < 3; i++)
		pid[i] = start(leave_with, i);
	for (int i = 0; i < 3; i++) {
		got = waitpid(i ? -1 : 0, &status, 0);
		for (int j = 0; j < 3; j++)
			if (got == pid[j] && exited(status, j))
				seen |= 1 << j;
	}
	expect(seen, 7, "waiting for any finds each of three once");
	for (int i = 0; i < 40; i++) {
		got = start(leave_with, i);
		all &= got > 0 && waitpid(got, NULL, 0) == got;
	}
	check(all, "the status need not be asked for");
}

/* Whose group is that of number @leader, or the own one for 0? */
static int in_group(long leader)
{
	if (!leader)
		return setpgid(0, 0) || getpgrp() != getpid();
	return getpgrp() != (int)leader;
}

static void check_groups(void)
{
	int own = getpid(), pid, status;

	check(getsid(0) == own || setpgid(0, 0) == 0, "we lead a group");
	check(exited(run(in_group, own), 0), "a child is of its parent's group");
	pid = start(leave_with, 21);
	check(waitpid(0, &status, 0) == pid && exited(status, 21),
	      "pid 0 waits for one of the own group");
	pid = start(in_group, 0);
	while (getpgid(pid) == own)
		sched_yield();
	expect(sys(SYS_waitpid, 0, 0, 0), -ECHILD,
	       "a child that left it is not found there");
	check(waitpid(-pid, &status, 0) == pid && exited(status, 0),
	      "but in its own group");
}

static void check_errors(void)
{
	struct rusage usage;
	int pid, status;

	expect(sys(SYS_waitpid, -1, 0, 0), -ECHILD, "no children");
	expect(sys(SYS_waitpid, -1, 0, WNOHANG), -ECHILD, "nor by WNOHANG");
	expect(sys(SYS_wait4, 0, 0, 0, 0), -ECHILD, "nor in this group");
	expect(sys(SYS_wait4, getpid(), 0, 0, 0), -ECHILD, "not oneself");
	expect(sys(SYS_wait4, 0x7ffffff0, 0, 0, 0), -ECHILD, "not a stranger");
	expect(sys(SYS_wait4, -1, 0, 0x10, 0), -EINVAL, "unknown options");
	pid = start(leave_with, 5);
	expect(sys(SYS_wait4, pid, 0, 0x10, 0), -EINVAL, "with a child too");
	memset(&usage, 0xff, sizeof(usage));
	expect(sys(SYS_wait4, pid, (long)&status, 0, (long)&usage), pid,
	       "wait4 gives the usage of resources");
	check(exited(status, 5) && usage.ru_utime.tv_sec >= 0 &&
	      usage.ru_utime.tv_sec < 100 && usage.ru_utime.tv_usec < 1000000,
	      "with sane times");
	pid = start(leave_with, 5);
	expect(sys(SYS_wait4, pid, USER_TOP, 0, 0), -EFAULT,
	       "a status word in the kernel");
	while (waitpid(pid, &status, 0) == pid)
		;
	check(errno == ECHILD, "the child is gone afterwards");
}

static int dying_words(long addr)
{
	fill(addr, PAGE, 77);
	kill(getpid(), SIGKILL);
	return 0;
}

static void check_words(void)
{
	void *page = shared(PAGE);

	check(killed(run(dying_words, (long)page), SIGKILL) &&
	      is_filled((uintptr_t)page, PAGE, 77),
	      "what a killed child wrote to shared memory stays");
	munmap(page, PAGE);
}

/* A child whose own child outlives it; step[1] is the orphan's id. */
static int orphan(long unused)
{
	int parent = getppid();

	(void)unused;
	step[1] = getpid();
	*step = 1;
	for (int i = 0; i < 100000 && getppid() == parent; i++)
		sched_yield();
	step[2] = getppid() != parent && getppid() > 0;
	*step = 2;
	return 0;
}

static int short_lived(long unused)
{
	(void)unused;
	if (start(orphan, 0) < 0 || !until(step, 1))
		return 1;
	return 0;
}

static void check_orphan(void)
{
	*step = 0;
	check(exited(run(short_lived, 0), 0), "a parent ends before its child");
	check(until(step, 2) && step[2] == 1, "which gets another parent");
	waitpid(step[1], NULL, 0);	/* as process 1 we are that parent */
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_groups();
	check_errors();
	check_codes();
	check_signals();
	check_nohang();
	check_kill_and_wait();
	check_which();
	check_words();
	check_orphan();
	return guest_end();
}
