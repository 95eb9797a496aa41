// SPDX-License-Identifier: MIT
/*
 * events - descriptors to wait for: counters, timers, signals, and sets of
 * them.
 *
 * Promises: eventfd adds, takes, waits and is a semaphore; epoll tells of what
 * is ready, again, once or at changes only, forgets what is closed, takes sets
 * but no circles, and can be waited for; timerfd goes off, repeats and tells
 * how often, and so do timers that send signals; signalfd reads those; and
 * what Linux says to odd arguments.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BAD		((void *)0xc0000000)

static const char *link_of(int fd)
{
	static char text[64];
	char path[32];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, text, sizeof(text) - 1);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

static void tell_of_file(int fd)
{
	struct stat stat;
	char path[32];

	fstat(fd, &stat);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	printf("# %s has mode %o, size %d\n", link_of(fd), stat.st_mode,
	       (int)stat.st_size);
	TELL(open(path, O_RDWR));
	TELL(fcntl(fd, F_GETFL));
}

/* ---------------------------------------------------------------- eventfd */

static int event;

static int add_soon(long value)
{
	uint64_t word = value;

	usleep(20000);
	return write(event, &word, 8) != 8;
}

static void check_eventfd(void)
{
	struct pollfd pollfd;
	uint64_t words[13], word;

	event = eventfd(3, EFD_NONBLOCK);
	tell_of_file(event);
	TELL(read(event, &word, 7));
	TELL(read(event, BAD, 8));
	TELL(read(event, &word, 8));
	word = 5;
	TELL(write(event, &word, 8));
	words[0] = 5;
	TELL(write(event, words, 16));
	TELL(write(event, &word, 7));
	TELL(write(event, BAD, 8));
	TELL(read(event, words, 100));
	expect(words[0], 10, "it adds up");
	TELL(read(event, &word, 8));
	word = ~0ull;
	TELL(write(event, &word, 8));
	word = ~0ull - 1;
	TELL(write(event, &word, 8));
	pollfd = (struct pollfd){ event, POLLIN | POLLOUT, 0 };
	poll(&pollfd, 1, 0);
	printf("# a full one: %x\n", pollfd.revents);
	word = 1;
	TELL(write(event, &word, 8));
	read(event, &word, 8);
	poll(&pollfd, 1, 0);
	printf("# an empty one: %x\n", pollfd.revents);
	close(event);
	event = eventfd(0, 0);
	start(add_soon, 7);
	check(read(event, &word, 8) == 8 && word == 7, "a read waits");
	wait(NULL);
	close(event);
	event = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	TELL(read(event, &word, 8));
	expect(word, 1, "a semaphore is taken one by one");
	TELL(read(event, &word, 8));
	TELL(read(event, &word, 8));
	close(event);
	TELL(eventfd(0, 2));
	TELL(fcntl(eventfd(0, EFD_CLOEXEC), F_GETFD));
}

/* ------------------------------------------------------------------ epoll */

static struct epoll_event told[32];

static void control(int set, int op, int fd, uint32_t events)
{
	struct epoll_event what = { events, { .u64 = 0x100000000ull + fd } };

	if (epoll_ctl(set, op, fd, &what))
		note("epoll_ctl: %s", strerrorname_np(errno));
}

/* Wait for no time; what is told, as "2:1 5:4". */
static void ask(int set, const char *when)
{
	int n = epoll_wait(set, told, 32, 0);

	printf("# %s: %d", when, n);
	for (int i = 0; i < n; i++)
		printf(" %d:%x", told[i].data.fd, told[i].events);
	putchar('\n');
}

static void check_kinds(void)
{
	int set = epoll_create1(0), pipes[2];
	char byte;

	if (pipe(pipes))
		return;
	tell_of_file(set);
	control(set, EPOLL_CTL_ADD, pipes[0], EPOLLIN);
	ask(set, "nothing yet");
	write(pipes[1], "abc", 3);
	ask(set, "something");
	ask(set, "again");
	read(pipes[0], &byte, 1);
	ask(set, "still");
	control(set, EPOLL_CTL_MOD, pipes[0], EPOLLIN | EPOLLET);
	ask(set, "at a change");
	ask(set, "no other");
	write(pipes[1], "d", 1);
	ask(set, "more came");
	ask(set, "once");
	read(pipes[0], &byte, 1);
	ask(set, "less is no change");
	control(set, EPOLL_CTL_MOD, pipes[0], EPOLLIN | EPOLLONESHOT);
	ask(set, "one shot");
	write(pipes[1], "e", 1);
	ask(set, "no second");
	control(set, EPOLL_CTL_MOD, pipes[0], EPOLLIN | EPOLLONESHOT);
	ask(set, "but another");
	control(set, EPOLL_CTL_MOD, pipes[0], 0);
	ask(set, "nobody asks");
	control(set, EPOLL_CTL_MOD, pipes[0], EPOLLOUT);
	ask(set, "the wrong end");
	close(pipes[1]);
	ask(set, "hung up");
	control(set, EPOLL_CTL_MOD, pipes[0], EPOLLIN);
	ask(set, "with the rest");
	close(pipes[0]);
	ask(set, "closed");
	close(set);
}

static void check_many(void)
{
	int set = epoll_create(1), fds[40], seen = 0, copy;

	for (int i = 0; i < 40; i++) {
		fds[i] = eventfd(1, 0);
		control(set, EPOLL_CTL_ADD, fds[i], EPOLLIN);
	}
	expect(epoll_wait(set, told, 32, 0), 32, "as many as there is room");
	expect(epoll_wait(set, told, 3, 0), 3, "or fewer");
	for (int i = 0; i < 20; i++) {
		int n = epoll_wait(set, told, 3, 0);

		for (int k = 0; k < n; k++)
			seen |= 1 << (told[k].data.fd - fds[0]) % 32;
	}
	expect(seen, -1, "all have their turn");
	copy = dup(fds[0]);
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	expect(epoll_wait(set, told, 32, 0), 1, "a copy keeps it in the set");
	close(copy);
	expect(epoll_wait(set, told, 32, 0), 0, "until it is closed, too");
	close(set);
}

static void check_sets(void)
{
	int set[6], last = eventfd(0, 0);
	struct epoll_event what = { EPOLLIN, { .fd = 0 } };
	uint64_t word = 1;
	struct pollfd pollfd;

	for (int i = 0; i < 6; i++)
		set[i] = epoll_create1(0);
	for (int i = 0; i < 4; i++)
		control(set[i], EPOLL_CTL_ADD, set[i + 1], EPOLLIN);
	TELL(epoll_ctl(set[3], EPOLL_CTL_ADD, set[0], &what));
	TELL(epoll_ctl(set[0], EPOLL_CTL_ADD, set[0], &what));
	control(set[4], EPOLL_CTL_ADD, last, EPOLLIN);
	pollfd = (struct pollfd){ set[0], POLLIN | POLLOUT, 0 };
	expect(poll(&pollfd, 1, 0), 0, "a set of sets with nothing");
	write(last, &word, 8);
	expect(poll(&pollfd, 1, 0), 1, "something comes up through all");
	printf("# a set has %x\n", pollfd.revents);
	ask(set[0], "of the first");
	ask(set[4], "of the last");
	read(last, &word, 8);
	ask(set[0], "nothing is left of it");
	for (int i = 0; i < 6; i++)
		close(set[i]);
	close(last);
}

static void nothing(int signo)
{
	(void)signo;
}

static void check_waits(void)
{
	const struct itimerval soon = { .it_value = { 0, 30000 } };
	int set = epoll_create1(0);
	uint64_t before;
	sigset_t mask;

	event = eventfd(0, 0);
	control(set, EPOLL_CTL_ADD, event, EPOLLIN);
	before = now_us();
	expect(epoll_wait(set, told, 1, 30), 0, "a wait has an end");
	check(now_us() - before >= 29000, "which comes not too early");
	start(add_soon, 7);
	expect(epoll_wait(set, told, 1, -1), 1, "or something comes");
	wait(NULL);
	control(set, EPOLL_CTL_DEL, event, 0);
	signal(SIGALRM, nothing);
	setitimer(ITIMER_REAL, &soon, NULL);
	TELL(epoll_wait(set, told, 1, -1));
	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	raise(SIGALRM);
	sigemptyset(&mask);
	TELL(epoll_pwait(set, told, 1, -1, &mask));
	sigprocmask(SIG_SETMASK, NULL, &mask);
	check(sigismember(&mask, SIGALRM), "the mask is back");
	sigemptyset(&mask);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(set);
	close(event);
}

static void check_epoll_errors(void)
{
	int set = epoll_create1(0), file = open("/tmp", O_RDONLY), fds[2];
	struct epoll_event what = { EPOLLIN, { .fd = 0 } };

	if (pipe(fds))
		return;
	TELL(epoll_create(0));
	TELL(epoll_create(-1));
	TELL(epoll_create1(1));
	TELL(fcntl(epoll_create1(EPOLL_CLOEXEC), F_GETFD));
	TELL(epoll_ctl(-1, EPOLL_CTL_ADD, fds[0], &what));
	TELL(epoll_ctl(set, EPOLL_CTL_ADD, -1, &what));
	TELL(epoll_ctl(fds[0], EPOLL_CTL_ADD, fds[1], &what));
	TELL(epoll_ctl(set, EPOLL_CTL_ADD, file, &what));
	TELL(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], BAD));
	TELL(epoll_ctl(set, EPOLL_CTL_MOD, fds[0], &what));
	TELL(epoll_ctl(set, EPOLL_CTL_DEL, fds[0], NULL));
	TELL(epoll_ctl(set, 77, fds[0], &what));
	TELL(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], &what));
	TELL(epoll_ctl(set, EPOLL_CTL_ADD, fds[0], &what));
	what.events = EPOLLIN | EPOLLEXCLUSIVE;
	TELL(epoll_ctl(set, EPOLL_CTL_MOD, fds[0], &what));
	TELL(epoll_ctl(set, EPOLL_CTL_ADD, fds[1], &what));
	what.events = EPOLLIN;
	TELL(epoll_ctl(set, EPOLL_CTL_MOD, fds[1], &what));
	TELL(epoll_wait(set, told, 0, 0));
	TELL(syscall(SYS_epoll_wait, set, told, -1, 0));
	TELL(syscall(SYS_epoll_wait, set, told, 1 << 30, 0));
	TELL(epoll_wait(fds[0], told, 1, 0));
	TELL(epoll_wait(-1, told, 1, 0));
	write(fds[1], "x", 1);
	TELL(epoll_wait(set, BAD, 1, 0));
	TELL(syscall(SYS_epoll_wait, set, NULL, 1, 0));
	TELL(epoll_wait(set, told, 1, 0));
	TELL(read(set, told, 8));
	close(set);
	close(file);
	close(fds[0]);
	close(fds[1]);
}

/* ---------------------------------------------------------------- timerfd */

static void check_timerfd(void)
{
	struct itimerspec when = { { 0, 0 }, { 0, 30000000 } }, was;
	int timer = timerfd_create(CLOCK_MONOTONIC, 0), set;
	uint64_t count = 0, before = now_us();

	tell_of_file(timer);
	expect(timerfd_settime(timer, 0, &when, &was), 0, "a timer is set");
	expect(was.it_value.tv_nsec, 0, "it was not");
	timerfd_gettime(timer, &was);
	check(was.it_value.tv_nsec > 0 && was.it_value.tv_nsec <= 30000000,
	      "it tells how long");
	check(read(timer, &count, 8) == 8 && count == 1, "it goes off, once");
	check(now_us() - before >= 29000, "not too early");
	timerfd_gettime(timer, &was);
	expect(was.it_value.tv_nsec, 0, "it is off again");
	when.it_interval.tv_nsec = 20000000;
	timerfd_settime(timer, 0, &when, NULL);
	usleep(115000);
	check(read(timer, &count, 8) == 8 && count >= 4 && count <= 8,
	      "one that repeats counts");
	fcntl(timer, F_SETFL, O_NONBLOCK);
	when.it_value.tv_nsec = 0;
	timerfd_settime(timer, 0, &when, &was);
	TELL(read(timer, &count, 8));
	expect(was.it_interval.tv_nsec, 20000000, "it tells its interval");
	clock_gettime(CLOCK_MONOTONIC, &when.it_value);
	when.it_interval.tv_nsec = 0;
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
	set = epoll_create1(0);
	control(set, EPOLL_CTL_ADD, timer, EPOLLIN);
	expect(epoll_wait(set, told, 1, 1000), 1, "a date that has passed");
	close(set);
	when.it_value.tv_nsec = 1000000000;
	TELL(timerfd_settime(timer, 0, &when, NULL));
	when.it_value.tv_nsec = 1;
	TELL(timerfd_settime(timer, 4, &when, NULL));
	TELL(syscall(SYS_timerfd_settime, timer, 0, BAD, NULL));
	TELL(syscall(SYS_timerfd_settime, timer, 0, BAD, BAD));
	TELL(timerfd_settime(-1, 0, &when, NULL));
	TELL(timerfd_settime(0, 0, &when, NULL));
	TELL(timerfd_gettime(0, &was));
	TELL(syscall(SYS_timerfd_gettime, timer, BAD));
	TELL(read(timer, &count, 7));
	TELL(write(timer, &count, 8));
	TELL(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
	TELL(timerfd_create(99, 0));
	TELL(timerfd_create(CLOCK_TAI, 0));
	TELL(timerfd_create(CLOCK_REALTIME, 1));
	TELL(close(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC)));
	TELL(close(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK)));
	close(timer);
}

/* ----------------------------------------------------------- timer_create */

static void tell_of_timer(timer_t timer, const sigset_t *set)
{
	siginfo_t info;

	sigwaitinfo(set, &info);
	printf("# signal %d code %d value %d\n", info.si_signo == SIGRTMIN ?
	       -1 : info.si_signo, info.si_code, info.si_value.sival_int);
	if (info.si_overrun > 1)
		check(timer_getoverrun(timer) == info.si_overrun,
		      "it overran");
}

static int make_too_many(long unused)
{
	const struct rlimit limit = { 3, 3 };
	int id = 0, made = 0, err;

	(void)unused;
	setrlimit(RLIMIT_SIGPENDING, &limit);
	do {
		err = -sys(SYS_timer_create, CLOCK_MONOTONIC, 0, (long)&id);
	} while (!err && made++ < 10);
	return err;
}

static void check_posix_timers(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN,
		.sigev_value.sival_int = 77,
	};
	struct itimerspec when = { { 0, 0 }, { 0, 20000000 } }, was;
	sigset_t set, old;
	timer_t timer;
	int id = -1, second = -1;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, &old);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &when, &was);
	tell_of_timer(timer, &set);
	timer_gettime(timer, &was);
	expect(was.it_value.tv_nsec, 0, "a timer that went off is off");
	when.it_interval.tv_nsec = 10000000;
	timer_settime(timer, 0, &when, NULL);
	usleep(100000);
	tell_of_timer(timer, &set);
	when.it_value.tv_nsec = 0;
	timer_settime(timer, 0, &when, &was);
	check(was.it_interval.tv_nsec == 10000000 && was.it_value.tv_nsec,
	      "one that repeats is not");
	TELL(timer_delete(timer));
	event.sigev_notify = SIGEV_THREAD_ID;
	event._sigev_un._tid = gettid();
	timer_create(CLOCK_REALTIME, &event, &timer);
	clock_gettime(CLOCK_REALTIME, &when.it_value);
	when.it_interval.tv_nsec = 0;
	timer_settime(timer, TIMER_ABSTIME, &when, NULL);
	tell_of_timer(timer, &set);
	timer_delete(timer);
	sys(SYS_timer_create, CLOCK_BOOTTIME, 0, (long)&id);
	sys(SYS_timer_create, CLOCK_TAI, 0, (long)&second);
	expect(second, id + 1, "numbers rise");
	event.sigev_notify = SIGEV_NONE;
	event.sigev_signo = 99;
	TELL(sys(SYS_timer_create, CLOCK_REALTIME, (long)&event, (long)&id));
	event.sigev_notify = SIGEV_SIGNAL;
	TELL(sys(SYS_timer_create, CLOCK_REALTIME, (long)&event, (long)&id));
	event.sigev_notify = 3;
	event.sigev_signo = SIGALRM;
	TELL(sys(SYS_timer_create, CLOCK_REALTIME, (long)&event, (long)&id));
	event.sigev_notify = SIGEV_THREAD_ID;
	event._sigev_un._tid = 99999;
	TELL(sys(SYS_timer_create, CLOCK_REALTIME, (long)&event, (long)&id));
	TELL(sys(SYS_timer_create, CLOCK_REALTIME, (long)BAD, (long)&id));
	TELL(sys(SYS_timer_create, CLOCK_REALTIME, 0, (long)BAD));
	TELL(sys(SYS_timer_create, CLOCK_MONOTONIC_COARSE, 0, (long)&id));
	TELL(sys(SYS_timer_create, 99, 0, (long)&id));
	TELL(sys(SYS_timer_settime, second, 0, 0, 0));
	TELL(sys(SYS_timer_settime, second, 0, (long)BAD, 0));
	TELL(sys(SYS_timer_settime, 99, 0, (long)&when, 0));
	when.it_value.tv_nsec = -1;
	TELL(sys(SYS_timer_settime, second, 0, (long)&when, 0));
	TELL(sys(SYS_timer_gettime, second, (long)BAD));
	TELL(sys(SYS_timer_gettime, 99, (long)BAD));
	TELL(sys(SYS_timer_getoverrun, 99));
	TELL(sys(SYS_timer_getoverrun, second));
	TELL(sys(SYS_timer_delete, 99));
	if (!fork())
		_exit(-sys(SYS_timer_delete, second));
	wait(&id);
	expect(WEXITSTATUS(id), EINVAL, "a child has none of them");
	check(exited(run(make_too_many, 0), EAGAIN), "there is a limit");
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* --------------------------------------------------------------- signalfd */

static int signal_soon(long signo)
{
	usleep(20000);
	return kill(getppid(), signo);
}

static void tell_of_signal(const struct signalfd_siginfo *info)
{
	printf("# signal %u code %d self %d uid %u value %d ptr %llu status %d\n",
	       info->ssi_signo, info->ssi_code,
	       (int)info->ssi_pid == getpid(), info->ssi_uid, info->ssi_int,
	       (unsigned long long)info->ssi_ptr, info->ssi_status);
}

static int leave(long code)
{
	return code;
}

static void check_signalfd(void)
{
	struct signalfd_siginfo info[3];
	sigset_t mask, old;
	int fd, set;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	sigaddset(&mask, SIGRTMIN);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, &old);
	fd = signalfd(-1, &mask, SFD_NONBLOCK);
	tell_of_file(fd);
	TELL(read(fd, info, sizeof(info)));
	TELL(read(fd, info, 127));
	raise(SIGUSR2);
	kill(getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 42 });
	set = epoll_create1(0);
	control(set, EPOLL_CTL_ADD, fd, EPOLLIN);
	expect(epoll_wait(set, told, 1, 0), 1, "there are some");
	TELL(read(fd, info, sizeof(info)));
	for (int i = 0; i < 3; i++)
		tell_of_signal(&info[i]);
	expect(epoll_wait(set, told, 1, 0), 0, "there are no more");
	close(set);
	fcntl(fd, F_SETFL, 0);
	start(signal_soon, SIGUSR1);
	TELL(read(fd, info, sizeof(*info)));
	tell_of_signal(info);
	TELL(read(fd, info, sizeof(*info)));
	tell_of_signal(info);
	wait(NULL);
	start(leave, 5);
	TELL(read(fd, info, sizeof(*info)));
	tell_of_signal(info);
	wait(NULL);
	sigemptyset(&mask);
	expect(signalfd(fd, &mask, 0), fd, "it gets another set");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	raise(SIGUSR1);
	TELL(read(fd, info, sizeof(info)));
	TELL(signalfd(0, &mask, 0));
	TELL(signalfd(99, &mask, 0));
	TELL(signalfd(-1, &mask, 1));
	TELL(signalfd(-1, BAD, 0));
	close(fd);
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_eventfd();
	check_kinds();
	check_many();
	check_sets();
	check_waits();
	check_epoll_errors();
	check_timerfd();
	check_posix_timers();
	check_signalfd();
	return guest_end();
}
