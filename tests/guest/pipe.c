// SPDX-License-Identifier: MIT
/*
 * pipe - bytes between processes.
 *
 * Promises: pipe and pipe2, their flags and errors; what a pipe holds, to the
 * byte, and when it is full; small writes stay whole; the end of the input,
 * SIGPIPE and EPIPE; reads and writes that sleep, and what a signal does to
 * them; readv and writev; fstat, FIONREAD, fcntl.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int rd, wr;
static char data[3 * PAGE];
static volatile uint32_t *step;
static volatile int nr_signals;

static void make(int flags)
{
	int fds[2] = { -1, -1 };

	if (syscall(SYS_pipe2, fds, flags))
		check(false, "pipe2");
	rd = fds[0];
	wr = fds[1];
}

static void drop(void)
{
	close(rd);
	close(wr);
}

static long readable(void)
{
	int n = -1;

	return ioctl(rd, FIONREAD, &n) ? -errno : n;
}

/* Raw calls: -errno. */
static long put(const void *from, size_t size)
{
	return sys(SYS_write, wr, (long)from, size);
}

static long get(void *to, size_t size)
{
	return sys(SYS_read, rd, (long)to, size);
}

static void check_making(void)
{
	int fds[2] = { 7, 7 };
	struct stat a, b;

	expect(sys(SYS_pipe, (long)fds), 0, "pipe");
	check(fds[0] == 3 && fds[1] == 4, "takes the lowest two numbers");
	expect(fcntl(fds[0], F_GETFD), 0, "which survive exec");
	expect(fcntl(fds[0], F_GETFL), O_RDONLY, "one to read");
	expect(fcntl(fds[1], F_GETFL), O_WRONLY, "one to write");
	check(!fstat(fds[0], &a) && !fstat(fds[1], &b) && a.st_ino == b.st_ino,
	      "both are one inode");
	note("mode %o, nlink %d, size %d, block size %d", a.st_mode,
	     (int)a.st_nlink, (int)a.st_size, (int)a.st_blksize);
	expect(sys(SYS_write, fds[0], (long)data, 1), -EBADF,
	       "the first is not written");
	expect(sys(SYS_read, fds[1], (long)data, 1), -EBADF,
	       "the second is not read");
	expect(sys(SYS_lseek, fds[0], 0, SEEK_SET), -ESPIPE, "no position");
	check(!isatty(fds[0]) && errno == ENOTTY, "no terminal");
	expect(fcntl(fds[1], F_GETPIPE_SZ), 65536, "F_GETPIPE_SZ");
	check(fcntl(1, F_GETPIPE_SZ) == -1 && errno == EBADF,
	      "which only a pipe has");
	expect(sys(SYS_mmap2, 0, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0),
	       -ENODEV, "it cannot be mapped");
	close(fds[0]);
	close(fds[1]);

	make(O_CLOEXEC);
	check(fcntl(rd, F_GETFD) == FD_CLOEXEC &&
	      fcntl(wr, F_GETFD) == FD_CLOEXEC, "O_CLOEXEC is for both");
	drop();
	make(O_NONBLOCK);
	check(fcntl(rd, F_GETFL) == (O_RDONLY | O_NONBLOCK) &&
	      fcntl(wr, F_GETFL) == (O_WRONLY | O_NONBLOCK),
	      "O_NONBLOCK is for both");
	drop();
	expect(sys(SYS_pipe2, (long)fds, O_RDWR), -EINVAL, "pipe2: O_RDWR");
	expect(sys(SYS_pipe2, (long)fds, O_APPEND), -EINVAL, "O_APPEND");
	expect(sys(SYS_pipe2, (long)fds, -1), -EINVAL, "all flags");
	expect(sys(SYS_pipe, 0), -EFAULT, "pipe at 0");
	expect(sys(SYS_pipe2, USER_TOP, 0), -EFAULT, "in the kernel");
	expect(dup(1), 3, "and these leave no descriptor behind");
	close(3);
}

static void check_bytes(void)
{
	char text[32] = "";

	make(O_NONBLOCK);
	expect(get(text, 8), -EAGAIN, "an empty pipe does not wait");
	expect(put("abcdef", 6), 6, "write");
	expect(put("ghi", 3), 3, "and again");
	expect(readable(), 9, "FIONREAD counts");
	expect(get(text, 4), 4, "read a part");
	check(!memcmp(text, "abcd", 5), "of what came first");
	expect(get(text, 0), 0, "read nothing");
	expect(get(text, 32), 5, "read the rest");
	check(!memcmp(text, "efghi", 5), "in order");
	expect(get(text, 32), -EAGAIN, "and it is empty");
	drop();
}

/* Write @size until it does not fit; how many did. */
static int fill_by(size_t size)
{
	int nr = 0;
	long got;

	while ((got = put(data, size)) == (long)size)
		nr++;
	note("then a write of %d says %ld", (int)size, got);
	return nr;
}

static void check_capacity(void)
{
	static const int sizes[] = { 4096, 4000, 2048, 2049, 1365, 100, 4095 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make(O_NONBLOCK);
		note("%d writes of %d fit", fill_by(sizes[i]), sizes[i]);
		note("then %d of 1, and %ld are there", fill_by(1), readable());
		drop();
	}
	make(O_NONBLOCK);
	expect(fill_by(4096), 16, "sixteen pages");
	expect(get(data, 1), 1, "a byte less");
	expect(put(data, 1), -EAGAIN, "makes no room");
	expect(get(data, 4095), 4095, "a page less");
	expect(put(data, 4097), 4096, "makes room for one");
	expect(get(data, 5000), 5000, "a read takes from several");
	expect(readable(), 65536 - 5000, "and leaves the rest");
	drop();
	make(O_NONBLOCK);
	fill_by(4096);
	get(data, 4096);
	put(data, 10);
	expect(put(data, 4096), -EAGAIN, "PIPE_BUF bytes stay whole");
	expect(put(data, 4087), -EAGAIN, "so do a few less");
	expect(put(data, 4086), 4086, "if there is room, they go in");
	drop();
}

static void check_pieces(void)
{
	char a[4], b[8];
	struct iovec in[2] = { { a, 4 }, { b, 8 } };
	struct iovec out[4] = {
		{ "one", 3 }, { NULL, 0 }, { "two", 3 }, { "three", 5 },
	};

	make(O_NONBLOCK);
	expect(writev(wr, out, 4), 11, "writev of four pieces");
	expect(readv(rd, in, 2), 11, "readv into two");
	check(!memcmp(a, "onet", 4) && !memcmp(b, "wothree", 7), "in order");
	put("four", 4);
	expect(readv(rd, in, 2), 4, "a full first piece does not wait");
	fill_by(4096);
	get(data, 4096);
	put(data, 4090);
	expect(sys(SYS_writev, wr, (long)out, 4), -EAGAIN,
	       "small pieces stay together");
	drop();
}

static void check_bad_memory(void)
{
	const uintptr_t hole = map(0, 3 * PAGE, RW, ANON) + 2 * PAGE;
	struct iovec half[2] = { { data, 4 }, { (void *)hole, 4 } };

	munmap((void *)hole, PAGE);
	make(O_NONBLOCK);
	expect(put((void *)hole, 1), -EFAULT, "write from nowhere");
	expect(put((void *)(hole - 5), 10), -EFAULT, "from the edge");
	expect(readable(), 0, "writes nothing");
	drop();				/* Linux 6.1 keeps an empty slot */
	make(O_NONBLOCK);
	expect(put((void *)(hole - PAGE), PAGE + 10), PAGE,
	       "of two pages one is there");
	expect(put("abc", 3), 3, "it goes on");
	expect(put((void *)(hole - 1), 2), -EFAULT, "beside others");
	expect(readable(), PAGE + 3, "nothing is added");
	expect(get((void *)(hole - 5), 10), -EFAULT, "read to the edge");
	expect(get((void *)(hole - PAGE), PAGE + 3), PAGE, "one page of two");
	expect(get((void *)hole, 3), -EFAULT, "read to nowhere");
	expect(get((void *)USER_TOP, 3), -EFAULT, "into the kernel");
	expect(readable(), 3, "takes nothing out");
	expect(sys(SYS_readv, rd, (long)half, 2), 3, "readv that ends before");
	expect(sys(SYS_writev, wr, (long)half, 2), -EFAULT, "writev");
	drop();
	munmap((void *)(hole - 2 * PAGE), 2 * PAGE);
}

/* -------------------------------------------------------------- one end */

static int write_to_nobody(long unused)
{
	(void)unused;
	put("x", 1);
	return 0;
}

static void on_signal(int sig)
{
	(void)sig;
	nr_signals++;
}

static void handle(int sig, int flags)
{
	struct sigaction action = {
		.sa_handler = on_signal, .sa_flags = flags,
	};

	sigaction(sig, &action, NULL);
}

static void check_ends(void)
{
	int other;

	make(0);
	other = dup(wr);
	put("last", 4);
	close(wr);
	expect(get(data, 3), 3, "one writer of two is gone: read");
	close(other);
	expect(get(data, 3), 1, "both are: what is left");
	expect(get(data, 3), 0, "and then the end");
	expect(get(data, 3), 0, "again");
	close(rd);

	make(0);
	close(rd);
	expect(put("x", 0), 0, "a write of nothing to nobody");
	handle(SIGPIPE, 0);
	expect(put("x", 1), -EPIPE, "and of something");
	expect(nr_signals, 1, "raises SIGPIPE");
	expect(sys(SYS_write, wr, USER_TOP - 1, 1), -EPIPE,
	       "whatever the address");
	signal(SIGPIPE, SIG_IGN);
	expect(put("x", 1), -EPIPE, "if that is ignored, EPIPE is all");
	signal(SIGPIPE, SIG_DFL);
	close(wr);
	make(0);
	close(rd);
	dies_by(SIGPIPE, write_to_nobody, 0, "if it is neither, it kills");
	close(wr);
}

/* With both ends in the parent, a child's close of its own is not the end. */
static int die_if_alone(long unused)
{
	(void)unused;
	close(rd);
	*step = 1;
	until(step, 2);
	put("x", 1);
	return 0;
}

static void check_last_reader(void)
{
	int pid, status;

	*step = 0;
	make(0);
	pid = start(die_if_alone, 0);
	until(step, 1);
	close(rd);
	*step = 2;
	waitpid(pid, &status, 0);
	check(killed(status, SIGPIPE), "the last reader's close counts");
	close(wr);
}

/* --------------------------------------------------------------- asleep */

/* A stream of numbers, in writes of many sizes. */
static int produce(long total)
{
	uint32_t value = 0, seed = 1;
	long sent = 0;

	close(rd);
	while (sent < total) {
		long n, size = (seed = seed * 1103515245 + 12345) >> 16 & 8191;

		if (size > total - sent)
			size = total - sent;
		for (long i = 0; i < size; i++)
			data[i] = (value + i) * 7 >> 3;
		n = put(data, size);
		if (n != size)
			return 1;
		value += n;
		sent += n;
	}
	return 0;
}

static void check_stream(long total)
{
	static char in[5000];
	uint32_t value = 0, seed = 99;
	long got, sum = 0;
	bool same = true;
	int pid, status;

	make(0);
	pid = start(produce, total);
	close(wr);
	while ((got = get(in, ((seed = seed * 1103515245 + 12345) >> 16) %
			  sizeof(in) + 1)) > 0) {
		for (long i = 0; i < got; i++)
			same &= in[i] == (char)((value + i) * 7 >> 3);
		value += got;
		sum += got;
	}
	waitpid(pid, &status, 0);
	check(exited(status, 0), "a child writes %ld bytes", total);
	check(got == 0 && sum == total, "the parent reads as many");
	check(same, "the same");
	close(rd);
}

/* Records of one writer each must not be mixed. */
static int write_records(long id)
{
	char record[512];

	close(rd);
	memset(record, 'a' + id, sizeof(record));
	for (int i = 0; i < 200; i++)
		if (put(record, sizeof(record)) != sizeof(record))
			return 1;
	return 0;
}

static void check_whole_records(void)
{
	int pids[4], status, nr = 0;
	bool whole = true, ended = true;
	char record[512];
	long got;

	make(0);
	for (int i = 0; i < 4; i++)
		pids[i] = start(write_records, i);
	close(wr);
	while ((got = get(record, sizeof(record))) == sizeof(record)) {
		for (size_t i = 1; i < sizeof(record); i++)
			whole &= record[i] == record[0];
		nr++;
	}
	for (int i = 0; i < 4; i++)
		ended &= waitpid(pids[i], &status, 0) == pids[i] &&
			 exited(status, 0);
	check(ended && got == 0 && nr == 800, "800 records of four writers");
	check(whole, "none is mixed with another");
	close(rd);
}

static int echo(long back)
{
	char byte;

	close(wr);
	while (get(&byte, 1) == 1)
		if (sys(SYS_write, back, (long)&byte, 1) != 1)
			return 1;
	return 0;
}

static void check_ping_pong(void)
{
	int back[2], pid, status;
	bool same = true;

	pipe(back);
	make(0);
	pid = start(echo, back[1]);
	for (int i = 0; i < 1000; i++) {
		char byte = i, got = ~i;

		same &= put(&byte, 1) == 1 && read(back[0], &got, 1) == 1 &&
			got == byte;
	}
	drop();
	waitpid(pid, &status, 0);
	check(same && exited(status, 0), "1000 bytes go there and back");
	close(back[0]);
	close(back[1]);
}

/* ---------------------------------------------------------- and signals */

/*
 * The parent sleeps in a call of the pipe.  With SA_RESTART it does so again
 * soon after the signal, and whether it has by then makes no difference.
 */
static int signal_parent_and_write(long sig)
{
	if (!until_asleep(getppid()))
		return 1;
	kill(getppid(), sig);
	usleep(50000);
	put("late", 4);
	return 0;
}

static int signal_parent_and_read(long sig)
{
	if (!until_asleep(getppid()))
		return 1;
	kill(getppid(), sig);
	usleep(50000);
	get(data, 2 * PAGE);
	return 0;
}

static void check_interrupted(void)
{
	int pid;

	nr_signals = 0;
	make(0);
	handle(SIGUSR1, 0);
	pid = start(signal_parent_and_write, SIGUSR1);
	expect(get(data, 10), -EINTR, "a handler ends a read");
	waitpid(pid, NULL, 0);
	expect(get(data, 10), 4, "which can be done again");
	handle(SIGUSR1, SA_RESTART);
	pid = start(signal_parent_and_write, SIGUSR1);
	expect(get(data, 10), 4, "SA_RESTART: it goes on behind the handler");
	waitpid(pid, NULL, 0);
	expect(nr_signals, 2, "which ran each time");
	drop();

	make(O_NONBLOCK);
	fill_by(PAGE);
	fcntl(wr, F_SETFL, 0);
	fcntl(rd, F_SETFL, 0);
	handle(SIGUSR1, 0);
	pid = start(signal_parent_and_read, SIGUSR1);
	expect(put(data, 10), -EINTR, "it ends a write");
	waitpid(pid, NULL, 0);
	expect(put(data, PAGE), PAGE, "for which there is room now");
	pid = start(signal_parent_and_read, SIGUSR1);
	expect(put(data, 3 * PAGE), PAGE, "that had done a page");
	waitpid(pid, NULL, 0);
	handle(SIGUSR1, SA_RESTART);
	expect(put(data, 2 * PAGE), 2 * PAGE, "two pages are free");
	pid = start(signal_parent_and_read, SIGUSR1);
	expect(put(data, 2 * PAGE), 2 * PAGE, "SA_RESTART: it goes on");
	waitpid(pid, NULL, 0);
	expect(nr_signals, 5, "after three more");
	drop();
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	step = shared(PAGE);
	check_making();
	check_bytes();
	check_capacity();
	check_pieces();
	check_bad_memory();
	check_ends();
	check_last_reader();
	check_stream(1 << 20);
	check_whole_records();
	check_ping_pong();
	check_interrupted();
	return guest_end();
}
