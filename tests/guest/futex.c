/* SPDX-License-Identifier: MIT */
/*
 * futex - the operations themselves, and queued signals between threads.
 *
 * Promises: wait, wake, bitsets, requeue, wake-op, time-outs of all kinds;
 * private, shared and anonymous words are told apart; errors; a handler ends a
 * wait or restarts it; the robust list.  Signals that are queued come in
 * order, with what was sent; a full queue; sigtimedwait; who gets what.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint32_t word, other;
static volatile uint32_t *common;

static long futex(volatile uint32_t *at, int op, uint32_t value, long time,
		  volatile uint32_t *at2, uint32_t value3)
{
	return sys(SYS_futex, (long)at, op, value, time, (long)at2, value3);
}

/* ------------------------------------------------------------- sleepers */

struct sleeper {
	pthread_t thread;
	volatile uint32_t *at;
	int op;
	uint32_t bitset;
	volatile long result;
	volatile int tid;
};

static void *sleep_at(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = sys(SYS_gettid);
	sleeper->result = futex(sleeper->at, sleeper->op, *sleeper->at, 0,
				NULL, sleeper->bitset);
	return NULL;
}

static bool tid_sleeps(int tid)
{
	char path[64], text[200] = "", *state;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	if (fd < 0) {			/* no such file: just wait */
		usleep(20000);
		return true;
	}
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	state = strrchr(text, ')');
	return state && state[2] == 'S';
}

static void begin(struct sleeper *sleeper, volatile uint32_t *at, int op,
		  uint32_t bitset)
{
	*sleeper = (struct sleeper){
		.at = at, .op = op, .bitset = bitset, .result = -9999,
	};
	pthread_create(&sleeper->thread, NULL, sleep_at, sleeper);
	while (!sleeper->tid || !tid_sleeps(sleeper->tid))
		sched_yield();
}

static long end(struct sleeper *sleeper)
{
	pthread_join(sleeper->thread, NULL);
	return sleeper->result;
}

static void check_wake(void)
{
	struct sleeper s[4];

	expect(futex(&word, FUTEX_WAKE, 1, 0, NULL, 0), 0, "nobody sleeps");
	expect(futex(&word, FUTEX_WAIT, 1, 0, NULL, 0), -EAGAIN,
	       "the word is another");
	for (int i = 0; i < 4; i++)
		begin(&s[i], &word, FUTEX_WAIT_PRIVATE, 0);
	expect(futex(&other, FUTEX_WAKE_PRIVATE, 9, 0, NULL, 0), 0,
	       "nobody at another word");
	expect(futex(&word, FUTEX_WAKE, 9, 0, NULL, 0), 0,
	       "a private sleeper is none for the others");
	expect(futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0), 1, "one wakes");
	expect(end(&s[0]), 0, "the first");
	expect(futex(&word, FUTEX_WAKE_PRIVATE, 0, 0, NULL, 0), 1,
	       "0 is one as well");
	expect(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, 0, NULL, 0), 2,
	       "then all");
	for (int i = 1; i < 4; i++)
		expect(end(&s[i]), 0, "woken");
	begin(&s[0], &word, FUTEX_WAIT, 0);
	expect(futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0), 0,
	       "nor the other way round");
	expect(futex(&word, FUTEX_WAKE, 1, 0, NULL, 0), 1, "not private");
	expect(end(&s[0]), 0, "wakes it");
}

static void check_bitset(void)
{
	struct sleeper s[3];

	begin(&s[0], &word, FUTEX_WAIT_BITSET_PRIVATE, 1);
	begin(&s[1], &word, FUTEX_WAIT_BITSET_PRIVATE, 2);
	begin(&s[2], &word, FUTEX_WAIT_PRIVATE, 0);
	expect(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, NULL, 4), 1,
	       "bit 2: only who waits for all");
	expect(end(&s[2]), 0, "that is it");
	expect(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, 9, 0, NULL, 2), 1,
	       "bit 1");
	expect(end(&s[1]), 0, "the second");
	expect(futex(&word, FUTEX_WAKE_PRIVATE, 9, 0, NULL, 0), 1, "any bit");
	expect(end(&s[0]), 0, "the first");
	expect(futex(&word, FUTEX_WAIT_BITSET, word, 0, NULL, 0), -EINVAL,
	       "no bit, to wait");
	expect(futex(&word, FUTEX_WAKE_BITSET, 1, 0, NULL, 0), -EINVAL,
	       "no bit, to wake");
}

static void check_requeue(void)
{
	struct sleeper s[5];

	for (int i = 0; i < 5; i++)
		begin(&s[i], &word, FUTEX_WAIT_PRIVATE, 0);
	expect(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &other, word + 1),
	       -EAGAIN, "the word is not what it should be");
	expect(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &other, word), 3,
	       "one wakes, two move");
	expect(end(&s[0]), 0, "the first");
	expect(futex(&other, FUTEX_WAKE_PRIVATE, 9, 0, NULL, 0), 2,
	       "two are there now");
	expect(end(&s[1]), 0, "the second");
	expect(end(&s[2]), 0, "and third");
	expect(futex(&word, FUTEX_REQUEUE_PRIVATE, 0, 9, &other, 0), 2,
	       "the rest moves, none wakes");
	expect(futex(&word, FUTEX_WAKE_PRIVATE, 9, 0, NULL, 0), 0, "all gone");
	expect(futex(&other, FUTEX_WAKE_PRIVATE, 9, 0, NULL, 0), 2, "there");
	expect(end(&s[3]), 0, "the fourth");
	expect(end(&s[4]), 0, "and fifth");
	expect(futex(&word, FUTEX_REQUEUE, -1, 1, &other, 0), -EINVAL,
	       "minus one to wake");
	expect(futex(&word, FUTEX_REQUEUE, 1, -1, &other, 0), -EINVAL,
	       "minus one to move");
}

static void check_wake_op(void)
{
	struct sleeper s[2];

	word = 0;
	other = 5;
	begin(&s[0], &word, FUTEX_WAIT_PRIVATE, 0);
	begin(&s[1], &other, FUTEX_WAIT_PRIVATE, 0);
	expect(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &other,
		     FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_GT, 5)), 1,
	       "wake-op: 5 is not above 5");
	expect(other, 8, "3 were added");
	expect(end(&s[0]), 0, "who slept at the first word wakes");
	expect(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &other,
		     FUTEX_OP(FUTEX_OP_ANDN, 8, FUTEX_OP_CMP_EQ, 8)), 1,
	       "wake-op: 8 was 8");
	expect(other, 0, "the bit is clear");
	expect(end(&s[1]), 0, "who slept at the second wakes");
	futex(&word, FUTEX_WAKE_OP, 1, 1, &other,
	      FUTEX_OP((FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT), 4,
		       FUTEX_OP_CMP_LT, -1));
	expect(other, 16, "set to a shifted bit");
	futex(&word, FUTEX_WAKE_OP, 1, 1, &other,
	      FUTEX_OP(FUTEX_OP_XOR, 0xfff, FUTEX_OP_CMP_LE, 0));
	expect(other, 16 ^ 0xffffffff, "arguments have a sign");
	futex(&word, FUTEX_WAKE_OP, 1, 1, &other,
	      FUTEX_OP(FUTEX_OP_OR, 0x10, FUTEX_OP_CMP_GE, 0));
	expect(other, ~0u, "or");
	expect(futex(&word, FUTEX_WAKE_OP, 1, 1, &other,
		     FUTEX_OP(7, 1, FUTEX_OP_CMP_EQ, 0)), -ENOSYS,
	       "there is no operation 7");
	expect(futex(&word, FUTEX_WAKE_OP, 1, 1, &other,
		     FUTEX_OP(FUTEX_OP_SET, 1, 9, 0)), -ENOSYS,
	       "nor comparison 9");
	expect(futex(&word, FUTEX_WAKE_OP, 1, 1, (void *)0x1000, 0), -EFAULT,
	       "nor a word there");
	word = other = 0;
}

/* -------------------------------------------------------------- errors */

static void check_errors(void)
{
	volatile uint32_t *nowhere = (void *)map(0, PAGE, PROT_NONE, ANON);
	volatile uint32_t *readable = (void *)map(0, PAGE, PROT_READ, ANON);
	struct timespec ts = { 0, 1000000000 };

	expect(futex((void *)((long)&word + 1), FUTEX_WAIT, 0, 0, NULL, 0),
	       -EINVAL, "an odd address, to wait");
	expect(futex((void *)((long)&word + 2), FUTEX_WAKE, 0, 0, NULL, 0),
	       -EINVAL, "to wake");
	expect(futex((void *)0xc0000000, FUTEX_WAKE, 0, 0, NULL, 0), -EFAULT,
	       "the kernel's");
	expect(futex((void *)0x1000, FUTEX_WAIT_PRIVATE, 0, 0, NULL, 0),
	       -EFAULT, "nothing there");
	expect(futex((void *)0x1000, FUTEX_WAKE, 1, 0, NULL, 0), -EFAULT,
	       "to wake, when it may be shared");
	expect(futex((void *)0x1000, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0), 0,
	       "private, nobody looks");
	expect(futex(nowhere, FUTEX_WAIT, 0, 0, NULL, 0), -EFAULT, "PROT_NONE");
	expect(futex(readable, FUTEX_WAIT, 1, 0, NULL, 0), -EFAULT,
	       "read-only memory, which may be another's tomorrow");
	expect(futex(readable, FUTEX_WAIT_PRIVATE, 1, 0, NULL, 0), -EAGAIN,
	       "privately it will do");
	expect(futex(&word, FUTEX_WAIT, word, (long)&ts, NULL, 0), -EINVAL,
	       "a billion nanoseconds");
	ts.tv_nsec = -1;
	expect(futex(&word, FUTEX_WAIT, word, (long)&ts, NULL, 0), -EINVAL,
	       "or less than none");
	expect(futex(&word, FUTEX_WAIT, word, 16, NULL, 0), -EFAULT,
	       "a time that is not there");
	expect(futex(&word, 99, 0, 0, NULL, 0), -ENOSYS, "operation 99");
	expect(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, 0, NULL, 0),
	       -ENOSYS, "a clock, to wake");
}

static void check_time(void)
{
	struct timespec ts = { 0, 20000000 };
	struct { int64_t sec; int32_t nsec, pad; } wide = { 0, 20000000, 0 };
	uint64_t start = now_us();

	expect(futex(&word, FUTEX_WAIT, word, (long)&ts, NULL, 0), -ETIMEDOUT,
	       "for a time");
	check(now_us() - start >= 20000, "as long as it was said");
	start = now_us();
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	expect(futex(&word, FUTEX_WAIT_BITSET, word, (long)&ts, NULL, ~0u),
	       -ETIMEDOUT, "until a time");
	check(now_us() - start >= 20000, "and not before");
	expect(futex(&word, FUTEX_WAIT_BITSET, word, (long)&ts, NULL, ~0u),
	       -ETIMEDOUT, "which is over now");
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec--;
	expect(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, word,
		     (long)&ts, NULL, ~0u), -ETIMEDOUT, "by date");
	expect(sys(422, (long)&word, FUTEX_WAIT, word, (long)&wide, 0, 0),
	       -ETIMEDOUT, "with 64 bits");
}

/* ------------------------------------------------------------- sharing */

static int wait_shared(long op)
{
	common[1] = 1;
	return futex(common, op, 0, 0, NULL, 0) == 0 ? 3 : 4;
}

static void check_shared(void)
{
	volatile uint32_t *again;
	int pid, status;
	char name[] = "/tmp/futex-XXXXXX";
	int fd;

	common[0] = common[1] = 0;
	pid = start(wait_shared, FUTEX_WAIT);
	until_asleep(pid);
	expect(futex(common, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0), 0,
	       "privately nobody is in shared memory");
	expect(futex(common, FUTEX_WAKE, 1, 0, NULL, 0), 1,
	       "another process is");
	check(waitpid(pid, &status, 0) == pid && exited(status, 3), "it wakes");

	fd = mkstemp(name);
	if (fd < 0 || ftruncate(fd, 2 * PAGE)) {
		check(false, "a file");
		return;
	}
	common = mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE);
	pid = start(wait_shared, FUTEX_WAIT);
	until_asleep(pid);
	again = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	expect(futex(again, FUTEX_WAKE, 1, 0, NULL, 0), 0,
	       "another page of the file");
	expect(futex(again + PAGE / 4, FUTEX_WAKE, 1, 0, NULL, 0), 1,
	       "the same one, elsewhere");
	check(waitpid(pid, &status, 0) == pid && exited(status, 3), "it wakes");
	unlink(name);
	close(fd);
}

/* -------------------------------------------------------------- handlers */

static volatile int handled;

static void on_signal(int sig)
{
	handled = sig;
}

static void *interrupt(void *arg)
{
	struct sleeper *sleeper = arg;

	usleep(30000);
	sys(SYS_tgkill, getpid(), sleeper->tid, SIGUSR1);
	usleep(30000);
	futex(&word, FUTEX_WAKE_PRIVATE, 1, 0, NULL, 0);
	return NULL;
}

static long wait_with(int flags, long time)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct sleeper self = { .tid = sys(SYS_gettid) };
	pthread_t thread;
	long result;

	action.sa_flags = flags;
	sigaction(SIGUSR1, &action, NULL);
	handled = 0;
	pthread_create(&thread, NULL, interrupt, &self);
	result = futex(&word, FUTEX_WAIT_PRIVATE, word, time, NULL, 0);
	pthread_join(thread, NULL);
	return result;
}

static void check_handlers(void)
{
	struct timespec ts = { 10, 0 };

	expect(wait_with(0, 0), -EINTR, "a handler ends a wait");
	expect(handled, SIGUSR1, "it ran");
	expect(wait_with(SA_RESTART, 0), 0, "with SA_RESTART it goes on");
	expect(handled, SIGUSR1, "it ran as well");
	expect(wait_with(SA_RESTART, (long)&ts), -EINTR,
	       "but not one with a time");
}

/* ---------------------------------------------------------------- robust */

static struct robust_list_head list;
static struct { struct robust_list entry; uint32_t word; } *locks;

static int die_with_locks(long unused)
{
	uint32_t tid = sys(SYS_gettid);
	void *head = NULL;
	uint32_t size = 0;

	(void)unused;
	list.futex_offset = sizeof(struct robust_list);
	list.list.next = &locks[0].entry;
	locks[0].entry.next = &locks[1].entry;
	locks[1].entry.next = &locks[2].entry;
	locks[2].entry.next = &list.list;
	list.list_op_pending = &locks[3].entry;
	locks[0].word = tid;
	locks[1].word = tid | FUTEX_WAITERS;
	locks[2].word = tid + 1;
	locks[3].word = tid;
	if (sys(SYS_set_robust_list, (long)&list, sizeof(list)) ||
	    sys(SYS_get_robust_list, 0, (long)&head, (long)&size) ||
	    head != &list || size != sizeof(list))
		return 1;
	common[4] = tid;
	return 0;
}

static int die_with_ring(long unused)
{
	(void)unused;
	list.list.next = &locks[0].entry;
	locks[0].entry.next = &locks[0].entry;	/* never back at the head */
	list.list_op_pending = NULL;
	sys(SYS_set_robust_list, (long)&list, sizeof(list));
	return 2;
}

static int die_with_nonsense(long unused)
{
	(void)unused;
	list.list.next = (void *)0x1000;
	list.list_op_pending = (void *)0xfffffffc;
	sys(SYS_set_robust_list, (long)&list, sizeof(list));
	return 3;
}

static void check_robust(void)
{
	locks = shared(PAGE);
	expect(sys(SYS_set_robust_list, (long)&list, 13), -EINVAL,
	       "a list of another size");
	expect(sys(SYS_get_robust_list, 99999, 0, 0), -ESRCH, "of nobody");
	expect(run(die_with_locks, 0), 0, "one dies with three locks");
	expect(locks[0].word, FUTEX_OWNER_DIED, "the first is marked");
	expect(locks[1].word, FUTEX_OWNER_DIED | FUTEX_WAITERS,
	       "the second, for which somebody waits");
	expect(locks[2].word, common[4] + 1, "one of another is not");
	expect(locks[3].word, FUTEX_OWNER_DIED, "one that is being taken is");
	check(exited(run(die_with_ring, 0), 2), "a list without an end");
	check(exited(run(die_with_nonsense, 0), 3), "a list of nonsense");
}

/* ------------------------------------------------------- queued signals */

#define RT	(SIGRTMIN + 2)

static int values[20], nr_values;

static void on_value(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	values[nr_values++] = info->si_code == SI_QUEUE ?
		info->si_value.sival_int : -1;
}

static long queue(int sig, int value)
{
	union sigval sigval = { .sival_int = value };

	return sigqueue(getpid(), sig, sigval) ? -errno : 0;
}

static int full_queue(long unused)
{
	struct rlimit limit = { 5, 5 };
	sigset_t set;
	int i;

	(void)unused;
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setrlimit(RLIMIT_SIGPENDING, &limit);
	for (i = 0; i < 10 && !queue(RT, i); i++)
		;
	expect(i, 5, "five may wait");
	expect(errno, EAGAIN, "the sixth is refused");
	expect(kill(getpid(), RT), 0, "kill() is not");
	expect(queue(SIGUSR1, 1), 0, "nor are those that do not queue");
	return 0;
}

static void check_queue(void)
{
	struct sigaction action = { .sa_sigaction = on_value };
	struct timespec none = { 0, 0 }, soon = { 0, 20000000 };
	uint32_t raw[32] = { 0 };
	siginfo_t info;
	sigset_t set;

	action.sa_flags = SA_SIGINFO;
	sigaction(RT, &action, NULL);
	sigaction(RT + 1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, RT);
	sigaddset(&set, RT + 1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 3; i++) {
		queue(RT + 1, 100 + i);
		queue(RT, i);
		queue(SIGUSR2, 50 + i);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	expect(nr_values, 7, "realtime signals queue, others do not");
	/* The last handler that is begun is the first that runs. */
	check(values[0] == 100 && values[2] == 102 && values[3] == 0 &&
	      values[5] == 2 && values[6] == 50,
	      "with values: each in order, the lowest begun first");

	sigprocmask(SIG_BLOCK, &set, NULL);
	queue(RT, 7);
	queue(RT, 8);
	expect(sigtimedwait(&set, &info, &none), RT, "sigtimedwait");
	check(info.si_code == SI_QUEUE && info.si_value.sival_int == 7 &&
	      info.si_pid == getpid() && info.si_uid == getuid(),
	      "takes the first");
	expect(sigwaitinfo(&set, &info), RT, "then the second");
	expect(info.si_value.sival_int, 8, "in order");
	expect(sigtimedwait(&set, &info, &soon) < 0 ? errno : 0, EAGAIN,
	       "then none");
	expect(sys(SYS_rt_sigtimedwait, (long)&set, 0, 0, 4), -EINVAL,
	       "a set of 4 bytes");
	expect(sys(SYS_rt_sigtimedwait, 16, 0, 0, 8), -EFAULT,
	       "a set that is not there");
	raw[2] = SI_USER;
	expect(sys(SYS_rt_sigqueueinfo, getppid(), RT, (long)raw), -EPERM,
	       "nobody pretends to be kill()");
	raw[2] = SI_TKILL;
	expect(sys(SYS_rt_sigqueueinfo, getppid(), RT, (long)raw), -EPERM,
	       "or tkill()");
	raw[2] = -60;
	raw[3] = 0x1234;
	raw[7] = 0x5678;
	expect(sys(SYS_rt_tgsigqueueinfo, getpid(), sys(SYS_gettid), RT,
		   (long)raw), 0, "or anything else");
	expect(sigtimedwait(&set, &info, &none), RT, "which comes");
	check(info.si_code == -60 && ((uint32_t *)&info)[3] == 0x1234 &&
	      ((uint32_t *)&info)[7] == 0x5678, "as it was sent");
	expect(sys(SYS_rt_sigqueueinfo, getpid(), 65, (long)raw), -EINVAL,
	       "signal 65");
	expect(sys(SYS_rt_sigqueueinfo, 99999, RT, (long)raw), -ESRCH,
	       "to nobody");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	expect(run(full_queue, 0), 0, "(a full queue)");
}

/* -------------------------------------------------- the alternate stack */

static volatile uint32_t in_handler[3];
static char alternate[32768];

static void look_at_stack(int sig, siginfo_t *info, void *context)
{
	stack_t now;
	int here;

	(void)sig;
	(void)info;
	(void)context;
	sigaltstack(NULL, &now);
	in_handler[0] = now.ss_flags;
	in_handler[1] = (char *)&here >= alternate &&
		(char *)&here < alternate + sizeof(alternate);
	in_handler[2] = sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE },
				    NULL) ? errno : 0;
}

static void check_altstack(void)
{
	stack_t stack = {
		.ss_sp = alternate, .ss_size = sizeof(alternate),
	}, old;
	struct sigaction action = { .sa_sigaction = look_at_stack };

	action.sa_flags = SA_ONSTACK | SA_SIGINFO;
	sigaction(SIGUSR1, &action, NULL);
	sigaltstack(&stack, NULL);
	raise(SIGUSR1);
	check(in_handler[0] == SS_ONSTACK && in_handler[1],
	      "a handler on the alternate stack");
	expect(in_handler[2], EPERM, "cannot change it");
	stack.ss_flags = (int)(1u << 31);	/* SS_AUTODISARM */
	expect(sigaltstack(&stack, NULL), 0, "SS_AUTODISARM");
	raise(SIGUSR1);
	check(in_handler[0] == SS_DISABLE && in_handler[1],
	      "in its handler there is none");
	expect(in_handler[2], 0, "so it can be changed");
	sigaltstack(NULL, &old);
	check(old.ss_sp == alternate && (uint32_t)old.ss_flags == 1u << 31,
	      "and then it is back");
	stack.ss_flags = 5;
	expect(sigaltstack(&stack, NULL) ? errno : 0, EINVAL, "odd flags");
	stack.ss_flags = 0;
	stack.ss_size = 100;
	expect(sigaltstack(&stack, NULL) ? errno : 0, ENOMEM, "too small");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	common = shared(PAGE);
	check_wake();
	check_bitset();
	check_requeue();
	check_wake_op();
	check_errors();
	check_time();
	check_shared();
	check_handlers();
	check_robust();
	check_queue();
	check_altstack();
	return guest_end();
}
