// SPDX-License-Identifier: MIT
/*
 * poll - waiting for several files at once.
 *
 * Promises: what poll and select say of the ends of a pipe, of the console and
 * of devices; errors, and their order; time-outs that are neither early nor
 * for ever; sleeping until another process does something; what a signal, or
 * a stop, does to the sleep.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL	(POLLIN | POLLPRI | POLLOUT | POLLRDNORM | POLLRDBAND | \
		 POLLWRNORM | POLLWRBAND)

static int rd, wr;
static char data[PAGE];
static volatile uint32_t *step;
static volatile int nr_signals;

static void make(int flags)
{
	int fds[2] = { -1, -1 };

	if (pipe2(fds, flags))
		check(false, "pipe2");
	rd = fds[0];
	wr = fds[1];
}

static void drop(void)
{
	close(rd);
	close(wr);
}

static long do_poll(struct pollfd *fds, unsigned int nr, int ms)
{
	return sys(SYS_poll, (long)fds, nr, ms);
}

/* All that poll says of one descriptor at once, as a note. */
static void tell_mask(const char *what, int fd)
{
	struct pollfd all = { fd, ALL, -1 }, none = { fd, 0, -1 };
	long a = do_poll(&all, 1, 0), b = do_poll(&none, 1, 0);

	note("%s: %ld %#x, asked for nothing %ld %#x", what, a, all.revents, b,
	     none.revents);
}

static void check_masks(void)
{
	static const char *const devices[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom",
		"/proc/self/maps", "/",
	};
	int in, out;

	make(O_NONBLOCK);
	in = rd;
	out = wr;
	tell_mask("an empty pipe's reader", in);
	tell_mask("its writer", out);
	write(out, data, 1);
	tell_mask("with a byte, the reader", in);
	tell_mask("the writer", out);
	while (write(out, data, PAGE) == PAGE)
		;
	tell_mask("full, the reader", in);
	tell_mask("the writer", out);
	read(in, data, 1);
	tell_mask("a byte less, the writer", out);
	close(out);
	tell_mask("without a writer, the reader", in);
	while (read(in, data, PAGE) > 0)
		;
	tell_mask("and empty", in);
	close(in);
	make(O_NONBLOCK);
	close(rd);
	tell_mask("without a reader, the writer", wr);
	close(wr);
	tell_mask("a closed descriptor", wr);
	tell_mask("a high one", 9999);
	tell_mask("none", -1);
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		int fd = open(devices[i], O_RDONLY);

		tell_mask(devices[i], fd);
		close(fd);
	}
	tell_mask("stdin", 0);
	tell_mask("stdout", 1);
}

static void check_poll(void)
{
	struct pollfd fds[4] = {
		{ -1, ALL, -1 }, { 9999, POLLIN, -1 }, { 0, POLLIN, -1 },
		{ 0, POLLOUT, -1 },
	};

	make(0);
	fds[2].fd = rd;
	fds[3].fd = wr;
	expect(do_poll(fds, 4, -1), 2, "two of four");
	check(fds[0].revents == 0 && fds[1].revents == POLLNVAL &&
	      fds[2].revents == 0 && fds[3].revents == POLLOUT,
	      "which ones, and why");
	fds[0].fd = wr;
	fds[1] = fds[3];
	expect(do_poll(fds, 4, 0), 3, "the same one thrice");
	expect(do_poll(NULL, 0, 0), 0, "none at all");
	expect(do_poll((void *)8, 1, 0), -EFAULT, "at a bad address");
	expect(do_poll((void *)(USER_TOP - 8), 2, 0), -EFAULT, "at the top");
	expect(do_poll(fds, 0x7fffffff, 0), -EINVAL, "too many");
	expect(do_poll(fds, -1, 0), -EINVAL, "and more");
	drop();
}

static void check_read_only(void)
{
	struct pollfd *fds = (void *)map(0, PAGE, RW, ANON);

	make(0);
	*fds = (struct pollfd){ rd, POLLIN, 0 };
	mprotect(fds, PAGE, PROT_READ);
	expect(do_poll(fds, 1, 0), -EFAULT, "the answer must be written");
	munmap(fds, PAGE);
	drop();
}

static bool took(uint64_t start, int ms)
{
	uint64_t now = now_us();

	return now - start >= ms * 1000u && now - start < 10000000;
}

static void check_timeouts(void)
{
	struct timeval tv = { 0, 30000 };
	struct pollfd fd;
	uint64_t start;
	fd_set in;

	make(0);
	fd = (struct pollfd){ rd, POLLIN, -1 };
	start = now_us();
	expect(do_poll(&fd, 1, 30), 0, "30 ms, nothing");
	check(took(start, 30) && fd.revents == 0, "are neither less, nor ever");
	start = now_us();
	expect(do_poll(NULL, 0, 20), 0, "for no file at all");
	check(took(start, 20), "it is a sleep");
	FD_ZERO(&in);
	FD_SET(rd, &in);
	start = now_us();
	expect(select(wr + 1, &in, NULL, NULL, &tv), 0, "select");
	check(took(start, 30) && !FD_ISSET(rd, &in), "the same");
	check(tv.tv_sec == 0 && tv.tv_usec == 0, "and no time is left");
	tv = (struct timeval){ 0, 20000 };
	start = now_us();
	expect(sys(SYS__newselect, 0, 0, 0, 0, (long)&tv), 0, "for no file");
	check(took(start, 20), "it is a sleep");
	drop();
}

/* --------------------------------------------------------------- select */

/* The old time, whatever libc has. */
static long do_select(int nr, fd_set *in, fd_set *out, fd_set *except,
		      int32_t *tv)
{
	return sys(SYS__newselect, nr, (long)in, (long)out, (long)except,
		   (long)tv);
}

static void check_select(void)
{
	int32_t zero[2] = { 0, 0 };
	fd_set in, out, except;

	make(O_NONBLOCK);
	FD_ZERO(&in);
	FD_SET(rd, &in);
	out = except = in;
	FD_SET(wr, &out);
	expect(do_select(wr + 1, &in, &out, &except, zero), 1,
	       "a fresh pipe has one thing to do");
	check(!FD_ISSET(rd, &in) && !FD_ISSET(rd, &out) && FD_ISSET(wr, &out) &&
	      !FD_ISSET(rd, &except), "to be written");
	write(wr, data, 1);
	FD_SET(rd, &in);
	expect(do_select(wr + 1, &in, &out, NULL, NULL), 2, "then another");
	check(FD_ISSET(rd, &in) && FD_ISSET(wr, &out), "to be read");
	expect(do_select(wr, &in, &out, NULL, NULL), 1, "but for the last");
	check(FD_ISSET(rd, &in) && !FD_ISSET(wr, &out), "which goes away");
	FD_ZERO(&out);
	FD_SET(rd, &out);
	close(wr);
	read(rd, data, 1);
	expect(do_select(wr + 1, &in, &out, NULL, zero), 1, "the end");
	check(FD_ISSET(rd, &in) && !FD_ISSET(rd, &out), "can be read");
	FD_SET(wr, &in);
	expect(do_select(wr + 1, &in, NULL, NULL, zero), -EBADF,
	       "a closed descriptor");
	check(FD_ISSET(wr, &in), "leaves the sets alone");
	expect(do_select(-1, &in, NULL, NULL, zero), -EINVAL, "nr of -1");
	expect(do_select(8, (void *)8, NULL, NULL, zero), -EFAULT,
	       "a set at 8");
	expect(do_select(0, (void *)8, NULL, NULL, zero), 0,
	       "is not looked at if it is empty");
	expect(do_select(-1, NULL, NULL, NULL, (void *)8), -EFAULT,
	       "a time at 8");
	zero[0] = -1;
	expect(do_select(0, NULL, NULL, NULL, zero), -EINVAL, "before 0");
	zero[0] = 0;
	zero[1] = -1;
	expect(do_select(-1, NULL, NULL, NULL, zero), -EINVAL, "a bit");
	close(rd);
}

/* ---------------------------------------------------------------- sleep */

static int write_later(long unused)
{
	(void)unused;
	usleep(30000);
	write(wr, data, 1);
	return 0;
}

static int read_later(long unused)
{
	(void)unused;
	usleep(30000);
	while (read(rd, data, PAGE) == PAGE)
		;
	return 0;
}

static int hold_writer(long unused)
{
	(void)unused;
	usleep(30000);
	return 0;
}

static void check_sleep(void)
{
	struct pollfd fds[2];
	int32_t tv[2] = { 20, 0 };
	fd_set in;
	int pid;

	make(O_NONBLOCK);
	fds[0] = (struct pollfd){ rd, POLLIN, -1 };
	fds[1] = (struct pollfd){ 0, POLLIN, -1 };
	pid = start(write_later, 0);
	expect(do_poll(fds, 2, -1), 1, "poll sleeps until a write");
	check(fds[0].revents == POLLIN && fds[1].revents == 0, "and sees it");
	waitpid(pid, NULL, 0);
	read(rd, data, 1);

	pid = start(write_later, 0);
	FD_ZERO(&in);
	FD_SET(rd, &in);
	expect(do_select(rd + 1, &in, NULL, NULL, tv), 1, "so does select");
	check(tv[0] >= 10 && tv[0] < 20, "with more than 10 s left");
	waitpid(pid, NULL, 0);

	while (write(wr, data, PAGE) == PAGE)
		;
	fds[0] = (struct pollfd){ wr, POLLOUT, -1 };
	pid = start(read_later, 0);
	expect(do_poll(fds, 1, 20000), 1, "until there is room");
	expect(fds[0].revents, POLLOUT, "to write");
	waitpid(pid, NULL, 0);

	fds[0] = (struct pollfd){ rd, 0, -1 };
	while (read(rd, data, PAGE) > 0)
		;
	pid = start(hold_writer, 0);
	close(wr);
	expect(do_poll(fds, 1, 20000), 1, "until the last writer ends");
	expect(fds[0].revents, POLLHUP, "which nobody need ask for");
	waitpid(pid, NULL, 0);
	close(rd);
}

static void on_signal(int sig)
{
	(void)sig;
	nr_signals++;
}

static int signal_parent(long sig)
{
	if (!until_asleep(getppid()))
		return 1;
	kill(getppid(), sig);
	return 0;
}

static void check_interrupted(void)
{
	struct sigaction action = {
		.sa_handler = on_signal, .sa_flags = SA_RESTART,
	};
	int32_t tv[2] = { 20, 0 };
	struct pollfd fd;
	fd_set in;
	int pid;

	make(0);
	sigaction(SIGUSR1, &action, NULL);
	fd = (struct pollfd){ rd, POLLIN, -1 };
	pid = start(signal_parent, SIGUSR1);
	expect(do_poll(&fd, 1, -1), -EINTR, "a handler ends a poll");
	expect(fd.revents, 0, "nothing was found");
	waitpid(pid, NULL, 0);
	FD_ZERO(&in);
	FD_SET(rd, &in);
	pid = start(signal_parent, SIGUSR1);
	expect(do_select(rd + 1, &in, NULL, NULL, tv), -EINTR, "and a select");
	check(FD_ISSET(rd, &in), "which leaves its sets alone");
	check(tv[0] >= 10 && tv[0] < 20, "but not the time");
	waitpid(pid, NULL, 0);
	expect(nr_signals, 2, "even with SA_RESTART");
	drop();
}

/* Blocked but in the call: SIGUSR1, which is sent before it. */
static void check_masked(void)
{
	const uint64_t none = 0, usr1 = 1ull << (SIGUSR1 - 1);
	const uint32_t mask[2] = { (uintptr_t)&none, 8 };
	int32_t time[2] = { 20, 0 };
	int64_t time64[2] = { 20, 0 };
	struct pollfd fd;
	uint64_t now = 0;
	fd_set out;

	make(0);
	fd = (struct pollfd){ wr, POLLOUT, -1 };
	FD_ZERO(&out);
	FD_SET(wr, &out);
	sys(SYS_rt_sigprocmask, SIG_BLOCK, (long)&usr1, 0, 8);
	nr_signals = 0;
	kill(getpid(), SIGUSR1);
	expect(sys(SYS_ppoll, (long)&fd, 1, (long)time, (long)&none, 8), 1,
	       "ppoll: what is there comes before a signal");
	expect(nr_signals, 0, "which stays blocked");
	expect(sys(SYS_pselect6, wr + 1, 0, (long)&out, 0, (long)time,
		   (long)mask), 1, "pselect6: the same");
	fd.events = 0;
	expect(sys(SYS_ppoll, (long)&fd, 1, (long)time, (long)&none, 8),
	       -EINTR, "nothing is there: the signal is taken");
	expect(nr_signals, 1, "and handled");
	check(time[0] >= 10 && time[0] < 20, "the time is what is left");
	kill(getpid(), SIGUSR1);
	expect(nr_signals, 1, "it is blocked again");
	expect(sys(SYS_pselect6_time64, 0, 0, 0, 0, (long)time64, (long)mask),
	       -EINTR, "pselect6_time64 takes it as well");
	check(nr_signals == 2 && time64[0] >= 10 && time64[0] < 20,
	      "and tells the time");
	kill(getpid(), SIGUSR1);
	time64[0] = 0;
	expect(sys(SYS_ppoll_time64, 0, 0, (long)time64, (long)&usr1, 8), 0,
	       "ppoll_time64 of nothing, for no time");
	expect(sys(SYS_ppoll, 0, 0, 0, (long)&none, 4), -EINVAL,
	       "a mask of 4 bytes");
	expect(sys(SYS_ppoll, 0, 0, 0, 8, 8), -EFAULT, "a mask at 8");
	expect(sys(SYS_pselect6, 0, 0, 0, 0, 0, 8), -EFAULT, "two words at 8");
	time[1] = 1000000000;
	expect(sys(SYS_ppoll, 0, 0, (long)time, 0, 0), -EINVAL,
	       "a second of nanoseconds");
	sys(SYS_rt_sigprocmask, SIG_SETMASK, 0, (long)&now, 8);
	check(now == usr1 && nr_signals == 2, "the mask is what it was");
	sys(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8);
	expect(nr_signals, 3, "until it is cleared");
	drop();
}

/* Stopped and continued in its sleep, it sleeps to the same end. */
static int sleep_in_poll(long use_select)
{
	struct pollfd fd = { rd, POLLIN, -1 };
	int32_t tv[2] = { 0, 200000 };
	uint64_t start = now_us();
	long found;

	*step = 1;
	found = use_select ? do_select(0, NULL, NULL, NULL, tv) :
			     do_poll(&fd, 1, 200);
	return found == 0 && took(start, 200) ? 0 : 1;
}

static void check_stopped(void)
{
	make(0);
	for (int use_select = 0; use_select < 2; use_select++) {
		int status, pid;

		*step = 0;
		pid = start(sleep_in_poll, use_select);
		until(step, 1);
		usleep(30000);
		kill(pid, SIGSTOP);
		waitpid(pid, &status, WUNTRACED);
		check(WIFSTOPPED(status), "a child is stopped in its sleep");
		kill(pid, SIGCONT);
		waitpid(pid, &status, 0);
		check(exited(status, 0), "and sleeps on, to its time-out");
	}
	drop();
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_masks();
	check_poll();
	check_read_only();
	check_timeouts();
	check_select();
	check_sleep();
	check_interrupted();
	check_masked();
	check_stopped();
	return guest_end();
}
