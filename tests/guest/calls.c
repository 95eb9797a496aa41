// SPDX-License-Identifier: MIT
/*
 * calls - the fine print of calls about processes, time and scheduling: what
 * Linux says to arguments that are odd, and in which order it looks at them.
 *
 * Promises: clocks of CPU time by number, their resolution and who may sleep
 * by them; a time zone is kept; the oldest calls for masks and select(); what
 * waitid() says of a zombie that is not asked for; SIGCHLD tells the CPU time;
 * an exit signal that is none; scheduling policies that children do not get;
 * signals to who has stopped; threads as parents; the FPU's part of a frame.
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define BAD		0xc0000000l
#define NOBODY		77
#define AT(pointer)	((long)(pointer))
#define CPU_CLOCK(pid, which) (~(pid) * 8 | (which))

/* ------------------------------------------------------------------ clocks */

static void check_cpu_clocks(void)
{
	struct timespec t = { 0, 0 }, res = { 0, 0 };
	const int all = CPU_CLOCK(0, 2), user = CPU_CLOCK(0, 1),
		  thread = CPU_CLOCK(0, 5);

	for (volatile int i = 0; i < 10000000; i++)
		;
	expect(sys(SYS_clock_gettime, user, AT(&t)), 0, "a clock of user time");
	check(t.tv_sec || t.tv_nsec, "it has run");
	expect(sys(SYS_clock_gettime, thread, AT(&t)), 0, "that of a thread");
	expect(sys(SYS_clock_getres, user, AT(&res)), 0, "its resolution");
	expect(res.tv_nsec, 4000000, "is a tick");
	sys(SYS_clock_getres, CLOCK_REALTIME_COARSE, AT(&res));
	expect(res.tv_nsec, 4000000, "as that of a coarse clock");
	sys(SYS_clock_getres, all, AT(&res));
	expect(res.tv_nsec, 1, "the scheduler's clock has a finer one");
	expect(sys(SYS_clock_gettime, CPU_CLOCK(0, 3), AT(&t)), -EINVAL,
	       "there is no fourth");
	expect(sys(SYS_clock_gettime, CPU_CLOCK(99999, 2), AT(&t)), -EINVAL,
	       "nor one of a process that is not there");
	expect(sys(SYS_clock_settime, all, AT(&t)), -EPERM, "none can be set");
	expect(sys(SYS_clock_settime, all, BAD), -EFAULT,
	       "a bad time is worse");
	expect(sys(SYS_clock_settime, CLOCK_MONOTONIC, BAD), -EINVAL,
	       "a clock that cannot be set is worst");
}

static void nap(int signo)
{
	(void)signo;
}

static void check_sleeping(void)
{
	struct timespec t = { 0, 1000 };
	const struct itimerval soon = { .it_value = { 0, 30000 } };

	expect(sys(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, AT(&t), 0),
	       -EOPNOTSUPP, "nobody sleeps by the thread's own clock");
	expect(sys(SYS_clock_nanosleep, CLOCK_MONOTONIC_COARSE, 0, AT(&t), 0),
	       -EOPNOTSUPP, "nor by a coarse one");
	expect(sys(SYS_clock_nanosleep, CPU_CLOCK(0, 6), 0, AT(&t), 0), -EINVAL,
	       "the thread's by number is invalid");
	expect(sys(SYS_clock_nanosleep, -1, 0, BAD, 0), -EFAULT,
	       "a bad time comes before a bad number");
	expect(sys(SYS_clock_nanosleep, CLOCK_BOOTTIME_ALARM, 0, AT(&t), 0), 0,
	       "an alarm clock");
	signal(SIGALRM, nap);
	setitimer(ITIMER_REAL, &soon, NULL);
	t.tv_sec = 1;
	expect(sys(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, AT(&t), 0),
	       -EINTR, "who sleeps until he has computed waits for ever");
	signal(SIGALRM, SIG_DFL);
}

static int sets_zone(long minutes)
{
	int zone[2] = { minutes, 1 };

	return -sys(SYS_settimeofday, 0, AT(zone));
}

static int sets_zone_as_nobody(long minutes)
{
	return setuid(NOBODY) ?: sets_zone(minutes);
}

static void check_zone(void)
{
	int zone[2] = { 9, 9 };

	check(exited(run(sets_zone, 60), 0), "a time zone can be set");
	sys(SYS_gettimeofday, 0, AT(zone));
	check(zone[0] == 60 && zone[1] == 1, "and is told again");
	check(exited(run(sets_zone, -901), EINVAL), "not beyond 15 hours");
	check(exited(run(sets_zone_as_nobody, 0), EPERM), "not by everybody");
	expect(sys(SYS_settimeofday, 0, BAD), -EFAULT, "not at a bad address");
	sets_zone(0);
}

static void check_timers(void)
{
	struct itimerval value = { { 5, 0 }, { 0, 0 } };

	setitimer(ITIMER_REAL, &value, NULL);
	getitimer(ITIMER_REAL, &value);
	expect(value.it_interval.tv_sec, 0,
	       "a timer that is off has no interval");
	sys(SYS_alarm, 0xffffffff);
	expect(sys(SYS_alarm, 0), 0x7fffffff, "the latest alarm");
}

/* --------------------------------------------------------------- processes */

static int quick(long unused)
{
	(void)unused;
	return 3;
}

static volatile clock_t told_time = -1;

static void child_ended(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	told_time = info->si_utime + info->si_stime;
}

static int busy(long unused)
{
	const struct itimerval rest = { .it_value = { 0, 100000 } };

	(void)unused;
	signal(SIGPROF, SIG_DFL);
	setitimer(ITIMER_PROF, &rest, NULL);
	for (volatile bool goes_on = true; goes_on;)
		;
	return 0;
}

static void check_children(void)
{
	struct sigaction action = {
		.sa_sigaction = child_ended, .sa_flags = SA_SIGINFO,
	};
	siginfo_t info;
	int pid = start(quick, 0), status;

	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	expect(sys(SYS_waitid, P_PID, pid, AT(&info), WSTOPPED | WNOHANG, 0),
	       -ECHILD, "a zombie will not stop any more");
	expect(sys(SYS_waitid, P_PID, pid, AT(&info), WEXITED, 0), 0,
	       "who asks for its end hears of it");
	sigaction(SIGCHLD, &action, NULL);
	pid = start(busy, 0);
	while (waitpid(pid, &status, 0) < 0)
		;
	check(told_time >= 5, "SIGCHLD tells the time that the child had");
	signal(SIGCHLD, SIG_DFL);
	expect(sys(SYS_waitid, 3, 99, AT(&info), WEXITED, 0), -EBADF,
	       "a process by a descriptor that is not open");
	expect(sys(SYS_setpgid, -1, 0), -EINVAL, "no group has such a number");
}

/* The last byte of clone()'s flags is any number. */
static void check_exit_signal(int signo)
{
	int status, pid = sys(SYS_clone, signo, 0, 0, 0, 0);

	if (!pid)
		_exit(9);
	expect(sys(SYS_wait4, pid, AT(&status), __WALL, 0) == pid ? status : -1,
	       9 << 8, "exit signal %d: none", signo);
}

static void check_clone3(void)
{
	uint64_t args[11] = { [4] = SIGCHLD, [5] = 1ull << 33, [6] = 4096 };

	expect(sys(SYS_clone3, AT(args), sizeof(args)), -EINVAL,
	       "a stack above all memory");
}

/* --------------------------------------------------------- stops, threads */

static int forever(long unused)
{
	(void)unused;
	for (;;)
		pause();
	return 0;
}

static void check_stopped(void)
{
	int pid = start(forever, 0), status;

	until_asleep(pid);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGTERM);
	usleep(20000);
	expect(waitpid(pid, &status, WNOHANG), 0,
	       "who has stopped does not end before he goes on");
	kill(pid, SIGCONT);
	kill(pid, SIGSTOP);
	while (waitpid(pid, &status, 0) != pid)
		;
	expect(status, SIGTERM, "and then at once");

	pid = start(forever, 0);
	until_asleep(pid);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	expect(waitpid(pid, &status, WCONTINUED | WNOHANG), 0,
	       "that it went on is no news when it has stopped again");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

static int to_thread[2], from_thread[2];

static int orphan(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(from_thread[1], "", 1) != 1)
		return 1;
	sleep(5);
	return 3;
}

static void *make_child(void *tid)
{
	char byte;

	*(int *)tid = gettid();
	*((int *)tid + 1) = fork();
	if (!*((int *)tid + 1))
		_exit(orphan());
	if (read(to_thread[0], &byte, 1) < 0)
		note("cannot wait");
	return NULL;
}

static void check_thread_ids(void)
{
	int ids[2], status;
	pthread_t thread;
	char byte;

	if (pipe(to_thread) || pipe(from_thread))
		note("no pipe");
	pthread_create(&thread, NULL, make_child, ids);
	if (read(from_thread[0], &byte, 1) != 1)
		note("no child");
	expect(getpgid(ids[0]), getpgid(0), "a thread's group");
	expect(getsid(ids[0]), getsid(0), "a thread's session");
	expect(sys(SYS_setpgid, ids[0], 0), -EINVAL, "it has none of its own");
	expect(sys(SYS_wait4, ids[1], 0, __WNOTHREAD | WNOHANG, 0), -ECHILD,
	       "another thread's child");
	if (write(to_thread[1], "", 1) != 1)
		note("cannot end it");
	pthread_join(thread, NULL);
	waitpid(ids[1], &status, 0);
	check(killed(status, SIGKILL),
	      "a child's parent is the thread that made it");
}

/* -------------------------------------------------------- signal frames */

static void look_at_frame(int signo, siginfo_t *info, void *context)
{
	const ucontext_t *where = context;
	const uint32_t *fpu = (const void *)where->uc_mcontext.fpregs;

	(void)signo;
	(void)info;
	printf("# words of the FPU: %x %x %x\n", fpu[0] >> 16, fpu[1] >> 16,
	       fpu[2] >> 16);
	printf("# what Linux says behind fxsave: %x %u %u %u %u\n",
	       fpu[28 + 116], fpu[28 + 117], fpu[28 + 118], fpu[28 + 119],
	       fpu[28 + 120]);
	printf("# it is aligned: %u\n", (unsigned int)AT(fpu + 28) % 64);
	printf("# flags of the stack: %d\n", where->uc_stack.ss_flags);
}

static void look_again(int signo, siginfo_t *info, void *context)
{
	static int depth;

	look_at_frame(signo, info, context);
	if (!depth++)
		raise(SIGUSR2);
}

static void check_frames(void)
{
	static char memory[32768];
	stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };
	struct sigaction action = {
		.sa_sigaction = look_again, .sa_flags = SA_SIGINFO,
	};

	sigaction(SIGUSR1, &action, NULL);
	action.sa_flags |= SA_ONSTACK;
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR1);
	sigaltstack(&stack, NULL);
	raise(SIGUSR2);
	sigaction(SIGUSR1, &action, NULL);
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
}

/* ------------------------------------------------------------------- exec */

static void check_exec(const char *self)
{
	char *const argv[] = { "calls", "name", NULL };
	int fd = open("/tmp/calls.script", O_CREAT | O_WRONLY, 0755);
	char line[100];

	if (write(fd, "#!", 2) != 2)
		note("no script");
	close(fd);
	expect(-execv("/tmp/calls.script", argv) * errno, EACCES,
	       "an interpreter without a name");
	fd = open("/tmp/calls.script", O_TRUNC | O_WRONLY);
	snprintf(line, sizeof(line), "#!%s\n", self);
	if (write(fd, line, strlen(line)) < 0)
		note("no script");
	close(fd);
	fd = open("/tmp/calls.script", O_RDONLY | O_CLOEXEC);
	expect(sys(SYS_execveat, fd, AT(""), AT(argv), AT(environ),
		   AT_EMPTY_PATH), -ENOENT,
	       "a script that exec closes is not there for its interpreter");
	close(fd);
	unlink("/tmp/calls.script");
	if (!fork()) {
		dup2(open(self, O_RDONLY), 20);
		sys(SYS_execveat, 20, AT(""), AT(argv), AT(environ),
		    AT_EMPTY_PATH);
		_exit(1);
	}
	wait(NULL);
}

static int tell_name(void)
{
	char name[17] = "";

	prctl(PR_GET_NAME, name);
	printf("# a program without a path is called %s\n", name);
	return 0;
}

/* ------------------------------------------------------------- scheduling */

static int policy_of_child(long unused)
{
	struct sched_param param = { 5 };

	(void)unused;
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
	if (sys(SYS_sched_getscheduler, 0) != (SCHED_RR | SCHED_RESET_ON_FORK))
		return 99;
	if (!fork())
		_exit(sched_getscheduler(0));
	wait((int *)&unused);
	return WEXITSTATUS(unused);
}

static int nice_of_child(long unused)
{
	struct sched_param param = { 0 };

	(void)unused;
	setpriority(PRIO_PROCESS, 0, -10);
	sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &param);
	if (!fork())
		_exit(sys(SYS_getpriority, PRIO_PROCESS, 0));
	wait((int *)&unused);
	return WEXITSTATUS(unused);
}

static int changes_as_nobody(long first)
{
	struct sched_param param = { 0 };

	if (setuid(NOBODY))
		return 99;
	sched_setscheduler(0, first, &param);
	return sched_setscheduler(0, SCHED_OTHER, &param) ? errno : 0;
}

static int lowers_priority(long unused)
{
	struct sched_param param = { 9 };

	(void)unused;
	sched_setscheduler(0, SCHED_FIFO, &param);
	if (setuid(NOBODY))
		return 99;
	param.sched_priority = 4;
	return sched_setparam(0, &param) ? errno : 0;
}

static void check_policies(void)
{
	struct timespec turn;

	check(exited(run(policy_of_child, 0), SCHED_OTHER),
	      "a policy that is not for children");
	check(exited(run(nice_of_child, 0), 20), "a niceness that is not");
	check(exited(run(changes_as_nobody, SCHED_RESET_ON_FORK), EPERM),
	      "only root takes that back");
	check(exited(run(changes_as_nobody, SCHED_IDLE), EPERM),
	      "only root is not idle again");
	check(exited(run(changes_as_nobody, SCHED_BATCH), 0),
	      "all may leave their batch");
	check(exited(run(lowers_priority, 0), 0), "all may ask for less");
	sched_setscheduler(0, SCHED_RR, &(struct sched_param){ 1 });
	expect(sys(SYS_sched_rr_get_interval, 0, AT(&turn)), 0, "a turn");
	expect(turn.tv_nsec, 100000000, "of those who take turns");
	sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
	expect(sys(SYS_sched_setparam, -1, BAD), -EINVAL,
	       "a bad thread comes before a bad address");
	expect(sys(SYS_sched_getaffinity, -1, 4, AT(&turn)), -ESRCH,
	       "but for its CPUs");
}

/* ------------------------------------------------------------ the old ones */

static void check_old_calls(void)
{
	fd_set set;
	struct timeval now = { 0, 0 };
	long args[5] = { 0, 0, 0, 0, AT(&now) };
	int fds[2];

	sys(SYS_ssetmask, 0);
	expect(sys(SYS_ssetmask, 1 << 9), 0, "ssetmask");
	expect(sys(SYS_sgetmask), 1 << 9, "sgetmask");
	expect(sys(SYS_ssetmask, 0), 1 << 9, "it tells the old mask");
	if (pipe(fds))
		note("no pipe");
	FD_ZERO(&set);
	FD_SET(fds[1], &set);
	args[0] = fds[1] + 1;
	args[2] = AT(&set);
	expect(sys(SYS_select, AT(args)), 1, "the first select()");
	expect(sys(SYS_select, BAD), -EFAULT, "without arguments");
	expect(sys(SYS_setrlimit, 99, BAD), -EFAULT, "limits are read first");
	expect(sys(SYS_prlimit64, 0, 99, BAD, 0), -EFAULT, "also by prlimit");
	expect(sys(SYS_prctl, PR_MCE_KILL_GET, 0, 0, 0, 0), 2, "broken memory");
	expect(sys(SYS_prctl, PR_MCE_KILL, 1, 1, 0, 0), 0, "as we like it");
	expect(sys(SYS_prctl, PR_MCE_KILL_GET, 0, 0, 0, 0), 1, "is told again");
	expect(sys(SYS_prctl, PR_MCE_KILL, 1, 3, 0, 0), -EINVAL, "no such way");
	expect(sys(SYS_prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0), 0,
	       "no huge pages");
	expect(sys(SYS_prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0), 1, "is kept");
}

static int old_id(long unused)
{
	(void)unused;
	if (setresuid(70000, 70001, 70002))
		return 1;
	return sys(SYS_setfsuid, 0) != 70001;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "name"))
		return tell_name();
	guest_start(argv);
	check_cpu_clocks();
	check_sleeping();
	check_zone();
	check_timers();
	check_children();
	check_exit_signal(255);
	check_exit_signal(65);
	check_clone3();
	check_stopped();
	check_thread_ids();
	check_frames();
	check_exec("/proc/self/exe");
	check_policies();
	check_old_calls();
	check(exited(run(old_id, 0), 0), "setfsuid tells a large number whole");
	return guest_end();
}
