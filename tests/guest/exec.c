/* SPDX-License-Identifier: MIT */
/*
 * exec - another program in the same process; here it is this one again.
 *
 * Promises: arguments, environment and the auxiliary vector arrive; limits and
 * bad pointers are refused with nothing lost; what survives (the pid, files,
 * masks, ignored signals, pending ones, limits) and what does not (handlers,
 * mappings, CLOEXEC files, threads, the alternate stack, TLS); vfork() waits,
 * and the parent's memory is the child's.
 */
#include "tests/guest/guest.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELF	"/proc/self/exe"

extern char **environ;

static volatile int common;		/* what a vfork()ed child changes */

static char *const no_env[] = { NULL };

static long exec(char *const argv[], char *const envp[])
{
	return sys(SYS_execve, (long)SELF, (long)argv, (long)envp);
}

/* Start over as @mode in this process. */
static int become(char *mode, long arg)
{
	char text[16];
	char *argv[] = { "exec", "--as", mode, text, NULL };

	snprintf(text, sizeof(text), "%ld", arg);
	return (int)exec(argv, no_env) - 1000;
}

/* --------------------------------------------- what the new program sees */

static int see_arguments(int argc, char **argv)
{
	bool ok = argc == 7 && !strcmp(argv[3], "one two") && !*argv[4] &&
		strlen(argv[5]) == 10000 && !strcmp(argv[6], "last") &&
		!argv[7];

	ok &= environ[0] && !strcmp(environ[0], "A=b") && environ[1] &&
		!strcmp(environ[1], "C=") && !environ[2];
	/* Strings lie in order, arguments first, the path at the end. */
	ok &= argv[1] == argv[0] + strlen(argv[0]) + 1;
	ok &= environ[0] == argv[6] + 5;
	ok &= (char *)getauxval(AT_EXECFN) == environ[1] + 3;
	return ok ? 0 : 1;
}

static int see_auxv(void)
{
	const uint8_t *random = (void *)getauxval(AT_RANDOM);
	const Elf32_Ehdr *header;
	int bad = 0;

	header = (void *)(getauxval(AT_PHDR) & ~0xfffu);
	bad |= getauxval(AT_PAGESZ) != PAGE ? 1 : 0;
	bad |= getauxval(AT_PHENT) != sizeof(Elf32_Phdr) ? 2 : 0;
	bad |= header->e_phnum != getauxval(AT_PHNUM) ? 4 : 0;
	bad |= header->e_entry != getauxval(AT_ENTRY) ? 8 : 0;
	bad |= !random ? 16 : 0;
	bad |= strcmp((char *)getauxval(AT_EXECFN), SELF) ? 32 : 0;
	bad |= getauxval(AT_UID) != getuid() ||
		getauxval(AT_EGID) != getegid() ? 64 : 0;
	bad |= getauxval(AT_SECURE) || getauxval(AT_BASE) ||
		getauxval(AT_CLKTCK) != 100 ? 128 : 0;
	return bad;
}

static int see_signals(void)
{
	struct sigaction usr1, usr2;
	sigset_t set, pending;
	stack_t stack;
	int bad = 0;

	sigaction(SIGUSR1, NULL, &usr1);
	sigaction(SIGUSR2, NULL, &usr2);
	bad |= usr1.sa_handler != SIG_DFL || usr1.sa_flags ? 1 : 0;
	bad |= usr2.sa_handler != SIG_IGN ? 2 : 0;
	sigprocmask(SIG_BLOCK, NULL, &set);
	bad |= !sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP) ?
		4 : 0;
	sigpending(&pending);
	bad |= !sigismember(&pending, SIGTERM) ? 8 : 0;
	sigaltstack(NULL, &stack);
	bad |= stack.ss_flags != SS_DISABLE ? 16 : 0;
	return bad;
}

static int see_files(int fd)
{
	int bad = 0;

	bad |= fcntl(fd, F_GETFD) != 0 ? 1 : 0;
	bad |= fcntl(fd + 1, F_GETFD) != -1 ? 2 : 0;
	bad |= fcntl(fd + 2, F_GETFD) != 0 ? 4 : 0;
	bad |= fcntl(fd + 3, F_GETFD) != -1 ? 8 : 0;
	return bad;
}

static int see_limits(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur == 77 ? 0 : 1;
}

static int see_identity(int pid)
{
	return getpid() == pid && sys(SYS_gettid) == pid ? 0 : 1;
}

static int see_nothing_mapped(unsigned long addr)
{
	return sys(SYS_msync, addr, PAGE, MS_ASYNC) == -ENOMEM ? 0 : 1;
}

static int see_registers(void)
{
	uint16_t fs, gs_before;

	asm("mov %%fs, %0" : "=r"(fs));
	asm("mov %%gs, %0" : "=r"(gs_before));
	return fs == 0 ? 0 : 1;
}

static int be(int argc, char **argv)
{
	const char *mode = argv[2];

	if (!strcmp(mode, "arguments"))
		return see_arguments(argc, argv);
	if (!strcmp(mode, "auxv"))
		return see_auxv();
	if (!strcmp(mode, "signals"))
		return see_signals();
	if (!strcmp(mode, "files"))
		return see_files(atoi(argv[3]));
	if (!strcmp(mode, "limits"))
		return see_limits();
	if (!strcmp(mode, "identity"))
		return see_identity(atoi(argv[3]));
	if (!strcmp(mode, "mapped"))
		return see_nothing_mapped(strtoul(argv[3], NULL, 10));
	if (!strcmp(mode, "registers"))
		return see_registers();
	if (!strcmp(mode, "exit"))
		return atoi(argv[3]);
	if (!strcmp(mode, "chain")) {
		int left = atoi(argv[3]);

		return left ? become("chain", left - 1) : 99;
	}
	return 120;
}

/* ----------------------------------------------------- what the old one does */

static int pass_arguments(long arg)
{
	static char big[10001];
	char *argv[] = { "exec", "--as", "arguments", "one two", "", big,
			 "last", NULL };
	char *envp[] = { "A=b", "C=", NULL };

	memset(big, 'x', 10000);
	(void)arg;
	return exec(argv, envp);
}

static int pass_auxv(long arg)
{
	return become("auxv", arg);
}

static void on_signal(int sig)
{
	(void)sig;
}

static int pass_signals(long arg)
{
	static char stack_memory[8192];
	stack_t stack = { .ss_sp = stack_memory, .ss_size = 8192 };
	sigset_t set;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	sigaltstack(&stack, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	raise(SIGTERM);
	return become("signals", arg);
}

static int pass_files(long arg)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)arg;
	open("/dev/null", O_RDONLY | O_CLOEXEC);
	open("/dev/null", O_RDONLY);
	dup(fd);
	fcntl(fd + 3, F_SETFD, FD_CLOEXEC);
	return become("files", fd);
}

static int pass_limits(long arg)
{
	struct rlimit limit = { 77, 77 };

	setrlimit(RLIMIT_NOFILE, &limit);
	return become("limits", arg);
}

static void *sleep_long(void *arg)
{
	sleep(1000);
	return arg;
}

static void *exec_in_thread(void *arg)
{
	become("identity", (long)arg);
	return NULL;
}

static int exec_with_threads(long arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, sleep_long, NULL);
	return become("identity", getpid());
}

static int exec_from_thread(long arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, sleep_long, NULL);
	pthread_create(&thread, NULL, exec_in_thread, (void *)(long)getpid());
	sleep(1000);
	return 1;
}

static int exec_from_last_thread(long arg)
{
	pthread_t thread;

	(void)arg;
	pthread_create(&thread, NULL, exec_in_thread, (void *)(long)getpid());
	sys(SYS_exit, 0);
	return 1;
}

static int pass_mapping(long arg)
{
	(void)arg;
	return become("mapped", map(0, PAGE, RW, ANON));
}

static int pass_registers(long arg)
{
	return become("registers", arg);
}

static int pass_exit(long arg)
{
	return become("exit", arg);
}

static int pass_chain(long arg)
{
	return become("chain", arg);
}

static int null_argv(long arg)
{
	(void)arg;
	return exec(NULL, NULL);
}

static void check_success(void)
{
	expect(run(pass_arguments, 0), 0, "arguments and environment arrive");
	expect(run(pass_auxv, 0), 0, "the auxiliary vector");
	expect(run(pass_signals, 0), 0, "signals: what stays, what does not");
	expect(run(pass_files, 0), 0, "files with FD_CLOEXEC are closed");
	expect(run(pass_limits, 0), 0, "limits stay");
	expect(run(exec_with_threads, 0), 0, "other threads end");
	expect(run(exec_from_thread, 0), 0,
	       "a thread that is not the first takes its number");
	expect(run(exec_from_last_thread, 0), 0, "also when that is gone");
	expect(run(pass_mapping, 0), 0, "old mappings are gone");
	expect(run(pass_registers, 0), 0, "segment registers are clear");
	check(exited(run(pass_exit, 42), 42), "its status is the process's");
	check(exited(run(pass_chain, 20), 99), "20 times over");
	check(exited(run(null_argv, 0), 55), "no arguments at all: one is there");
}

/* ------------------------------------------------------------- refusals */

static int too_long_string(long arg)
{
	size_t size = 131072 + arg;
	char *big = malloc(size);
	char *argv[] = { "exec", "--as", "exit", "7", big, NULL };

	memset(big, 'x', size);
	big[size - 1] = '\0';
	return exec(argv, no_env) == -E2BIG ? 8 : 9;
}

/* @arg KiB in strings of 64 KiB. */
static int many_strings(long arg)
{
	static char *argv[1000] = { "exec", "--as", "exit", "7" };
	char *big = malloc(65536);
	int nr = arg / 64;

	memset(big, 'x', 65535);
	big[65535] = '\0';
	for (int i = 0; i < nr; i++)
		argv[4 + i] = big;
	return exec(argv, no_env) == -E2BIG ? 8 : 9;
}

static int small_stack(long arg)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	setrlimit(RLIMIT_STACK, &limit);
	return many_strings(arg);
}

static void check_refusals(void)
{
	char *argv[] = { "exec", NULL };
	char *bad[] = { "exec", (char *)16, NULL };
	char long_name[5000];

	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	expect(sys(SYS_execve, (long)"/none", (long)argv, 0), -ENOENT,
	       "no such file");
	expect(sys(SYS_execve, (long)"", (long)argv, 0), -ENOENT, "no name");
	expect(sys(SYS_execve, (long)long_name, (long)argv, 0), -ENAMETOOLONG,
	       "too long a name");
	expect(sys(SYS_execve, 16, (long)argv, 0), -EFAULT, "a bad name");
	expect(sys(SYS_execve, (long)SELF, 16, 0), -EFAULT, "bad arguments");
	expect(sys(SYS_execve, (long)SELF, (long)bad, 0), -EFAULT,
	       "a bad argument");
	expect(sys(SYS_execve, (long)SELF, (long)argv, (long)bad), -EFAULT,
	       "a bad environment");
	expect(sys(SYS_execve, (long)"/none", (long)bad, 0), -EFAULT,
	       "which is found out before the file is missed");
	expect(sys(SYS_execveat, -100, (long)SELF, (long)argv, 0, 0x10000),
	       -EINVAL, "unknown flags");
	check(exited(run(too_long_string, 0), 7), "an argument of 128 KiB");
	check(exited(run(too_long_string, 1), 8), "is the longest");
	check(exited(run(many_strings, 1984), 7), "1984 KiB of arguments");
	check(exited(run(many_strings, 2048), 8), "2 MiB are too much");
	check(exited(run(small_stack, 192), 7), "with a stack of 1 MiB 192 KiB");
	check(exited(run(small_stack, 256), 8), "but not a quarter of it");
	check(true, "and here we still are");
}

/* ---------------------------------------------------------------- vfork */

static void check_vfork(void)
{
	int pid, status, seen;

	common = 1;
	pid = vfork();
	if (!pid) {
		common = 2;
		_exit(3);
	}
	seen = common;
	check(waitpid(pid, &status, 0) == pid && exited(status, 3),
	      "vfork, and the child ends");
	expect(seen, 2, "its memory is ours");
	pid = vfork();
	if (!pid) {
		char *argv[] = { "exec", "--as", "exit", "4", NULL };

		common = 3;
		execve(SELF, argv, no_env);
		_exit(9);
	}
	seen = common;
	check(waitpid(pid, &status, 0) == pid && exited(status, 4),
	      "vfork and exec");
	expect(seen, 3, "we slept until it did");
	pid = vfork();
	if (!pid) {
		for (volatile int i = 0; i < 100; i++)
			sched_yield();
		common = 4;
		raise(SIGKILL);
	}
	seen = common;
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGKILL),
	      "vfork, and the child is killed");
	expect(seen, 4, "that wakes us, too");
}

static int vfork_and_be_killed(long arg)
{
	volatile uint32_t *word = (void *)arg;
	int pid = vfork();

	if (!pid) {
		word[0] = getpid();
		for (int i = 0; i < 1000 && !word[1]; i++)
			usleep(10000);
		_exit(0);
	}
	return 1;
}

static void check_killed_vfork(void)
{
	volatile uint32_t *word = shared(PAGE);
	int pid = start(vfork_and_be_killed, (long)word), status;

	until(word, 1);
	kill(pid, SIGTERM);
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGTERM),
	      "a parent that sleeps in vfork can be ended");
	expect(kill(word[0], 0), 0, "its child lives on");
	word[1] = 1;
}

int main(int argc, char **argv)
{
	if (argc == 1 && !*argv[0])
		return 55;
	if (argc > 2 && !strcmp(argv[1], "--as"))
		return be(argc, argv);
	guest_start(argv);
	check_success();
	check_refusals();
	check_vfork();
	check_killed_vfork();
	return guest_end();
}
