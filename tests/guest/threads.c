/* SPDX-License-Identifier: MIT */
/*
 * threads - several threads in one process, as glibc makes them.
 *
 * Promises: threads share memory, files and signal actions, and have a mask, a
 * name and thread-local storage of their own; join, detach, cancel; mutexes,
 * condition variables, barriers, robust mutexes across threads and processes;
 * the leader may leave first; exit_group ends all; a fault ends all; only the
 * thread that forks is in the child; a stop and a continue reach all.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR	8

static volatile uint32_t *flags;	/* shared with children */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static volatile int counter, turns;
static __thread int own = 7;

static int gettid_(void)
{
	return sys(SYS_gettid);
}

static void *add_many(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		if (i % 100 == 0)
			sched_yield();
		pthread_mutex_unlock(&mutex);
	}
	own += (long)arg;
	return (void *)(long)own;
}

static void check_basics(void)
{
	pthread_t thread[NR];
	bool all = true;
	void *result;

	counter = 0;
	for (long i = 0; i < NR; i++)
		all &= !pthread_create(&thread[i], NULL, add_many, (void *)i);
	check(all, "eight threads begin");
	all = true;
	for (long i = 0; i < NR; i++) {
		pthread_join(thread[i], &result);
		all &= (long)result == 7 + i;
	}
	check(all, "each has its own __thread variable");
	expect(counter, NR * 2000, "a mutex guards a counter");
	expect(own, 7, "ours is untouched");
}

static void *tell_ids(void *arg)
{
	int *ids = arg;

	ids[0] = sys(SYS_getpid);
	ids[1] = gettid_();
	ids[2] = sys(SYS_getppid);
	return NULL;
}

static void check_ids(void)
{
	int ids[3];
	pthread_t thread;

	pthread_create(&thread, NULL, tell_ids, ids);
	pthread_join(thread, NULL);
	expect(ids[0], getpid(), "getpid() is the process's");
	check(ids[1] != ids[0] && ids[1] > 0, "gettid() the thread's own");
	expect(gettid_(), getpid(), "the first thread has both the same");
	expect(ids[2], getppid(), "they have the same parent");
	while (sys(SYS_tkill, ids[1], 0) == 0)
		sched_yield();
	expect(sys(SYS_tgkill, getpid(), ids[1], 0), -ESRCH,
	       "a joined thread is soon nobody");
	expect(sys(SYS_tkill, ids[1], 0), -ESRCH, "for tkill as well");
	expect(sys(SYS_kill, ids[1], 0), -ESRCH, "and for kill");
	expect(sys(SYS_set_tid_address, 0), getpid(),
	       "set_tid_address gives the tid");
}

static void *open_file(void *arg)
{
	(void)arg;
	return (void *)(long)open("/dev/null", O_RDWR);
}

static void on_signal(int sig)
{
	(void)sig;
}

static void *change_action(void *arg)
{
	signal(SIGUSR1, arg);
	prctl(PR_SET_NAME, "worker");
	return NULL;
}

static void check_sharing(void)
{
	struct sigaction action;
	char name[16] = "";
	pthread_t thread;
	void *fd;

	pthread_create(&thread, NULL, open_file, NULL);
	pthread_join(thread, &fd);
	check((long)fd > 2 && fcntl((long)fd, F_GETFD) == 0,
	      "a file that another thread opened is open");
	close((long)fd);
	prctl(PR_SET_NAME, "chief");
	pthread_create(&thread, NULL, change_action, on_signal);
	pthread_join(thread, NULL);
	sigaction(SIGUSR1, NULL, &action);
	check(action.sa_handler == on_signal, "actions are shared");
	prctl(PR_GET_NAME, name);
	check(!strcmp(name, "chief"), "names are not");
	signal(SIGUSR1, SIG_DFL);
}

static void *take_turns(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mutex);
		while (turns % 3 != me)
			pthread_cond_wait(&cond, &mutex);
		turns++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *meet(void *arg)
{
	volatile int *arrived = arg;
	long ok = 1;

	for (int round = 1; round <= 20; round++) {
		__atomic_fetch_add(arrived, 1, __ATOMIC_SEQ_CST);
		pthread_barrier_wait(&barrier);
		ok &= *arrived == round * 4;
		pthread_barrier_wait(&barrier);
	}
	return (void *)ok;
}

static void check_waiting(void)
{
	struct timespec soon;
	pthread_t thread[4];
	int arrived = 0;
	bool all = true;
	void *result;

	for (long i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, take_turns, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	expect(turns, 300, "three take turns by a condition variable");
	pthread_barrier_init(&barrier, NULL, 4);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, meet, &arrived);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &result);
		all &= result != NULL;
	}
	check(all, "four meet at a barrier, twenty times");
	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 20000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_nsec -= 1000000000;
		soon.tv_sec++;
	}
	pthread_mutex_lock(&mutex);
	expect(pthread_cond_timedwait(&cond, &mutex, &soon), ETIMEDOUT,
	       "a wait for nobody times out");
	pthread_mutex_unlock(&mutex);
}

static void *wait_for_ever(void *arg)
{
	sem_t *sem = arg;

	while (!sem_wait(sem))
		;
	return NULL;
}

static void *sleep_long(void *arg)
{
	(void)arg;
	sleep(1000);
	return NULL;
}

static void check_cancel(void)
{
	pthread_t thread[2];
	void *result;
	sem_t sem;

	sem_init(&sem, 0, 0);
	pthread_create(&thread[0], NULL, wait_for_ever, &sem);
	pthread_create(&thread[1], NULL, sleep_long, NULL);
	sched_yield();
	for (int i = 0; i < 2; i++)
		pthread_cancel(thread[i]);
	for (int i = 0; i < 2; i++) {
		pthread_join(thread[i], &result);
		check(result == PTHREAD_CANCELED, "thread %d is cancelled", i);
	}
}

/* ---------------------------------------------------------------- robust */

struct robust {
	pthread_mutex_t mutex;
};

static void *die_with_lock(void *arg)
{
	struct robust *robust = arg;

	pthread_mutex_lock(&robust->mutex);
	return NULL;
}

static int die_with_lock_in_child(long arg)
{
	die_with_lock((void *)arg);
	_exit(3);
}

static int wait_for_lock_of_child(long arg)
{
	struct robust *robust = (void *)arg;
	int err;

	flags[1] = 1;
	err = pthread_mutex_lock(&robust->mutex);
	return err == EOWNERDEAD ? 4 : err;
}

static int die_slowly_with_lock(long arg)
{
	die_with_lock((void *)arg);
	flags[0] = 1;
	until(flags + 2, 1);
	raise(SIGKILL);
	return 0;
}

static void check_robust(void)
{
	struct robust *robust = shared(sizeof(*robust));
	pthread_mutexattr_t attr;
	pthread_t thread;
	int pid[2], status;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&robust->mutex, &attr);
	pthread_create(&thread, NULL, die_with_lock, robust);
	pthread_join(thread, NULL);
	expect(pthread_mutex_lock(&robust->mutex), EOWNERDEAD,
	       "the lock of a thread that has ended");
	expect(pthread_mutex_consistent(&robust->mutex), 0, "is mended");
	pthread_mutex_unlock(&robust->mutex);
	check(exited(run(die_with_lock_in_child, (long)robust), 3),
	      "a child ends with it");
	expect(pthread_mutex_lock(&robust->mutex), EOWNERDEAD,
	       "the lock of a process that has ended");
	pthread_mutex_consistent(&robust->mutex);
	pthread_mutex_unlock(&robust->mutex);

	flags[0] = flags[1] = flags[2] = 0;
	pid[0] = start(die_slowly_with_lock, (long)robust);
	until(flags, 1);
	pid[1] = start(wait_for_lock_of_child, (long)robust);
	until(flags + 1, 1);
	until_asleep(pid[1]);
	flags[2] = 1;
	check(waitpid(pid[0], &status, 0) == pid[0] && killed(status, SIGKILL),
	      "its owner is killed");
	check(waitpid(pid[1], &status, 0) == pid[1] && exited(status, 4),
	      "and who waits for it wakes");
}

/* -------------------------------------------------------------- the end */

static void *exit_group_7(void *arg)
{
	(void)arg;
	sys(SYS_exit_group, 7);
	return NULL;
}

static void __attribute__((noinline)) write_nowhere(volatile int *at)
{
	*at = 1;
}

static void *fault(void *arg)
{
	write_nowhere(arg);
	return NULL;
}

static void *end_after_leader(void *arg)
{
	long status = (long)arg;

	usleep(30000);
	flags[0]++;
	sys(SYS_exit, status);
	return NULL;
}

static void *spin(void *arg)
{
	(void)arg;
	for (;;)
		;
	return NULL;
}

static int with_thread(void *(*fn)(void *), long arg)
{
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		pthread_create(&thread, NULL, spin, NULL);
		pthread_create(&thread, NULL, sleep_long, NULL);
	}
	pthread_create(&thread, NULL, fn, (void *)arg);
	pause();
	return 1;
}

static int end_by_group(long arg)
{
	return with_thread(exit_group_7, arg);
}

static int end_by_fault(long arg)
{
	return with_thread(fault, arg);
}

static int leader_leaves(long arg)
{
	pthread_t thread;

	pthread_create(&thread, NULL, end_after_leader, (void *)arg);
	sys(SYS_exit, 5);
	return 1;
}

static int return_from_main(long arg)
{
	pthread_t thread;

	pthread_create(&thread, NULL, spin, NULL);
	return arg;
}

static void check_end(void)
{
	int pid, status;

	check(exited(run(end_by_group, 0), 7), "exit_group ends all threads");
	check(killed(run(end_by_fault, 0), SIGSEGV), "so does a fault of one");
	check(exited(run(return_from_main, 9), 9), "and a return from main");
	flags[0] = 0;
	pid = start(leader_leaves, 6);
	expect(waitpid(pid, &status, WNOHANG), 0, "no zombie");
	check(waitpid(pid, &status, 0) == pid && exited(status, 6),
	      "the last thread's status is the process's");
	expect(flags[0], 1, "and it ends it");
}

static void *note_child(void *arg)
{
	*(int *)arg = run(return_from_main, 11);
	return NULL;
}

static void check_fork(void)
{
	pthread_t thread[2];
	int status = 0;

	pthread_create(&thread[0], NULL, sleep_long, NULL);
	pthread_create(&thread[1], NULL, note_child, &status);
	pthread_join(thread[1], NULL);
	check(exited(status, 11), "a thread forks, and waits for its child");
	pthread_cancel(thread[0]);
	pthread_join(thread[0], NULL);
}

static int leave_with(long code)
{
	return code;
}

static void *wait_any(void *arg)
{
	int status;

	*(int *)arg = waitpid(-1, &status, 0);
	return NULL;
}

static void check_wait(void)
{
	int pid = start(leave_with, 3), got = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, wait_any, &got);
	pthread_join(thread, NULL);
	expect(got, pid, "a thread may wait for the child of another");
}

/* ------------------------------------------------------- stop, continue */

static void *count(void *arg)
{
	for (;;)
		++*(volatile uint32_t *)arg;
	return NULL;
}

static int count_in_threads(long arg)
{
	pthread_t thread;

	(void)arg;
	pthread_create(&thread, NULL, count, (void *)&flags[1]);
	pthread_create(&thread, NULL, sleep_long, NULL);
	flags[0] = 1;
	count((void *)&flags[2]);
	return 0;
}

static void check_stop(void)
{
	uint32_t before[2];
	int pid, status;

	flags[0] = flags[1] = flags[2] = 0;
	pid = start(count_in_threads, 0);
	until(flags, 1);
	until(flags + 1, 10);
	kill(pid, SIGSTOP);
	check(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	      WSTOPSIG(status) == SIGSTOP, "three threads stop");
	before[0] = flags[1];
	before[1] = flags[2];
	usleep(50000);
	check(before[0] == flags[1] && before[1] == flags[2],
	      "all of them");
	kill(pid, SIGCONT);
	check(waitpid(pid, &status, WCONTINUED) == pid &&
	      WIFCONTINUED(status), "and continue");
	check(until(flags + 1, before[0] + 1) &&
	      until(flags + 2, before[1] + 1), "all of them again");
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGTERM);
	expect(waitpid(pid, &status, WNOHANG), 0, "SIGTERM waits for SIGCONT");
	kill(pid, SIGCONT);
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGTERM),
	      "and ends all");
}

/* ------------------------------------------------------------- signals */

static volatile int handler_tid, handler_count;

static void remember(int sig)
{
	(void)sig;
	handler_tid = gettid_();
	__atomic_fetch_add(&handler_count, 1, __ATOMIC_SEQ_CST);
}

struct listener {
	volatile int tid, done;
	bool blocks;
};

static void *listen(void *arg)
{
	struct listener *listener = arg;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(listener->blocks ? SIG_BLOCK : SIG_UNBLOCK, &set,
			NULL);
	listener->tid = gettid_();
	while (!listener->done)
		usleep(1000);
	return NULL;
}

static void *sigwait_once(void *arg)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	((struct listener *)arg)->tid = gettid_();
	sigwait(&set, &sig);
	return (void *)(long)sig;
}

static void wait_for_count(int count)
{
	for (int i = 0; i < 2000 && handler_count < count; i++)
		usleep(1000);
}

static void check_signals(void)
{
	struct listener deaf = { .blocks = true }, ear = { .blocks = false };
	struct listener waiter = { 0 };
	pthread_t thread[3];
	sigset_t set, old;
	void *result;

	signal(SIGUSR1, remember);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	pthread_create(&thread[0], NULL, listen, &deaf);
	pthread_create(&thread[1], NULL, listen, &ear);
	while (!deaf.tid || !ear.tid)
		usleep(1000);
	kill(getpid(), SIGUSR1);
	wait_for_count(1);
	expect(handler_count, 1, "a signal for the process is handled once");
	expect(handler_tid, ear.tid, "by the thread that does not block it");
	sys(SYS_tgkill, getpid(), deaf.tid, SIGUSR1);
	usleep(30000);
	expect(handler_count, 1, "one for a thread that blocks it waits");
	sigpending(&set);
	check(!sigismember(&set, SIGUSR1), "and no other sees it pending");
	sys(SYS_tgkill, getpid(), ear.tid, SIGUSR1);
	wait_for_count(2);
	expect(handler_tid, ear.tid, "tgkill reaches the one it names");
	expect(sys(SYS_tgkill, getpid() + 1, ear.tid, SIGUSR1), -ESRCH,
	       "if it is of that process");
	ear.done = 1;
	pthread_join(thread[1], NULL);
	kill(getpid(), SIGUSR1);
	usleep(20000);
	expect(handler_count, 2, "when all block it, it waits");
	sigpending(&set);
	check(sigismember(&set, SIGUSR1), "and is pending for each");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	expect(handler_count, 3, "until one does not");
	expect(handler_tid, gettid_(), "that one gets it");
	deaf.done = 1;
	pthread_join(thread[0], NULL);

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	pthread_create(&thread[2], NULL, sigwait_once, &waiter);
	while (!waiter.tid)
		usleep(1000);
	usleep(5000);
	kill(getpid(), SIGUSR2);
	pthread_join(thread[2], &result);
	expect((long)result, SIGUSR2, "sigwait in a thread takes one");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---------------------------------------------------------------- usage */

static void *burn(void *arg)
{
	struct timespec start, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000000000ll +
		 now.tv_nsec - start.tv_nsec < 30000000);
	*(struct timespec *)arg = now;
	return NULL;
}

static void check_usage(void)
{
	struct timespec used, mine, all;
	struct rusage usage;
	pthread_t thread;

	pthread_create(&thread, NULL, burn, &used);
	pthread_join(thread, NULL);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mine);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &all);
	check(used.tv_sec > 0 || used.tv_nsec >= 30000000,
	      "a thread's clock counts its own time");
	check((all.tv_sec - mine.tv_sec) * 1000000000ll + all.tv_nsec -
	      mine.tv_nsec >= 30000000, "the process's that of ended ones, too");
	getrusage(RUSAGE_SELF, &usage);
	check(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec > 0 ||
	      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec >= 30000,
	      "getrusage counts it");
}

static void *nothing(void *arg)
{
	return arg;
}

static void check_many(void)
{
	pthread_t thread[50];
	pthread_attr_t attr;
	bool all = true;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 50; i++)
			all &= !pthread_create(&thread[i], &attr, nothing, NULL);
		for (int i = 0; i < 50; i++)
			all &= !pthread_join(thread[i], NULL);
	}
	check(all, "500 threads come and go");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	flags = shared(PAGE);
	check_basics();
	check_ids();
	check_sharing();
	check_waiting();
	check_cancel();
	check_robust();
	check_end();
	check_fork();
	check_wait();
	check_stop();
	check_signals();
	check_usage();
	check_many();
	return guest_end();
}
