// SPDX-License-Identifier: MIT
/*
 * fifo - pipes with a name: who waits for whom, and what poll() and read() tell
 * when the other side comes and goes, each as Linux has it.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[70000];

static void poll_it(const char *what, int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&pollfd, 1, 0);
	note("poll of %s: %x", what, pollfd.revents);
}

static int open_it(long flags)
{
	int fd = open("p", flags), n = 0;

	if (fd < 0)
		return errno;
	if ((flags & O_ACCMODE) == O_RDONLY)
		n = read(fd, text, 5);
	else
		n = write(fd, "hello", 5);
	return n == 5 ? 0 : 100;
}

static void on_signal(int sig)
{
	(void)sig;
}

static int interrupted(long flags)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	return open("p", flags) < 0 ? errno : 0;
}

static void check_meeting(void)
{
	int child, status, fd;

	note("-- meeting");
	child = start(open_it, O_RDONLY);
	until_asleep(child);
	fd = open("p", O_WRONLY);
	TELL(write(fd, "hello", 5));
	waitpid(child, &status, 0);
	TELL(status);
	close(fd);
	child = start(open_it, O_WRONLY);
	until_asleep(child);
	fd = open("p", O_RDONLY);
	TELL(read(fd, text, 5));
	waitpid(child, &status, 0);
	TELL(status);
	TELL(read(fd, text, 5));
	close(fd);
	for (int i = 0; i < 2; i++) {
		child = start(interrupted, i ? O_RDONLY : O_WRONLY);
		until_asleep(child);
		kill(child, SIGUSR1);
		waitpid(child, &status, 0);
		TELL(WEXITSTATUS(status) == EINTR);
	}
}

static void check_ends(void)
{
	int r, w, rw, n;

	note("-- ends");
	signal(SIGPIPE, SIG_IGN);
	TELL(open("p", O_WRONLY | O_NONBLOCK));
	r = open("p", O_RDONLY | O_NONBLOCK);
	poll_it("a reader before any writer", r);
	TELL(read(r, text, 5));
	w = open("p", O_WRONLY | O_NONBLOCK);
	poll_it("a reader with a writer", r);
	poll_it("the writer", w);
	TELL(read(r, text, 5));
	TELL(write(w, "abc", 3));
	TELL(ioctl(r, FIONREAD, &n));
	TELL(n);
	poll_it("the reader of 3 bytes", r);
	close(w);
	poll_it("the reader after the writer", r);
	TELL(read(r, text, 5));
	TELL(read(r, text, 5));
	poll_it("the reader at the end", r);
	w = open("p", O_WRONLY | O_NONBLOCK);
	poll_it("the reader with a new writer", r);
	close(r);
	poll_it("the writer after the reader", w);
	TELL(write(w, "abc", 3));
	close(w);
	rw = open("p", O_RDWR);
	poll_it("both at once", rw);
	TELL(write(rw, "both", 4));
	TELL(read(rw, text, 10));
	TELL(fcntl(rw, F_SETFL, O_NONBLOCK));
	TELL(read(rw, text, 10));
	TELL(write(rw, text, 70000));
	TELL(write(rw, text, 1));
	TELL(write(rw, text, 0));
	poll_it("both when it is full", rw);
	TELL(lseek(rw, 0, SEEK_SET));
	TELL(pread(rw, text, 1, 0));
	TELL(ftruncate(rw, 0));
	TELL(fsync(rw));
	r = open("p", O_RDONLY);
	TELL(read(r, text, 70000));
	close(rw);
	close(r);
	/* all ends closed: what was in it is gone */
	rw = open("p", O_RDWR);
	TELL(write(rw, "left", 4));
	close(rw);
	rw = open("p", O_RDWR | O_NONBLOCK);
	TELL(read(rw, text, 10));
	TELL(unlink("p"));
	TELL(write(rw, "gone", 4));
	TELL(read(rw, text, 10));
	TELL(open("p", O_RDWR));
	close(rw);
}

static void check_modes(void)
{
	struct stat st;
	int fd;

	note("-- modes");
	TELL(mkfifo("q", 0640));
	TELL(mkfifo("q", 0640));
	TELL(stat("q", &st));
	note("%o size %ld", st.st_mode, (long)st.st_size);
	fd = open("q", O_RDWR | O_TRUNC | O_APPEND);
	TELL(fcntl(fd, F_GETFL));
	TELL(fcntl(fd, F_GETPIPE_SZ));
	close(fd);
	TELL(truncate("q", 0));
	TELL(open("q", O_DIRECTORY | O_RDWR));
	TELL(open("q", O_CREAT | O_EXCL | O_RDWR, 0600));
	TELL(close(open("q", O_CREAT | O_RDWR, 0600)));
	TELL(close(open("q", O_PATH)));
	TELL(mknod("sock", S_IFSOCK | 0600, 0));
	TELL(open("sock", O_RDWR));
	TELL(close(open("sock", O_PATH)));
	TELL(mknod("dev", S_IFCHR | 0600, 0xfefe));
	TELL(open("dev", O_RDWR));
	TELL(mknod("blk", S_IFBLK | 0600, 0xfefe));
	TELL(open("blk", O_RDWR));
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	umask(022);
	mkdir("/n", 0777);
	mkdir("/proc", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	if (mount("n", "/n", "tmpfs", 0, NULL) || chdir("/n") ||
	    mkfifo("p", 0666))
		note("no fifo: %s", strerrorname_np(errno));
	check_meeting();
	check_ends();
	check_modes();
	return guest_end();
}
