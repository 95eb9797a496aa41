/* SPDX-License-Identifier: MIT */
/*
 * judge - process 1 of a Linux that runs the guest programs, one after the
 * other, each on a terminal of its own, as tests/run does on a Linux that can.
 *
 * What it prints, around what they print:
 *
 *	@@begin hello
 *	...
 *	@@end hello 0		the exit status; -9: killed by signal 9
 *
 * The programs are the files of /guests.  It ends by switching off.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS	(120 * 1000)

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void be_child(const char *path, int terminal)
{
	const struct rlimit stack = { 8 << 20, 8 << 20 }, core = { 0, 0 };
	char *const argv[] = { (char *)path, NULL }, *const env[] = { NULL };

	setsid();
	for (int i = 0; i < 3; i++)
		dup2(terminal, i);
	if (terminal > 2)
		close(terminal);
	setrlimit(RLIMIT_STACK, &stack);
	setrlimit(RLIMIT_CORE, &core);
	execve(path, argv, env);
	_exit(127);
}

/* Pass on what comes from @master until all who have the terminal are gone. */
static void relay(int master, pid_t pid)
{
	long end = now_ms() + LIMIT_MS;
	struct pollfd ready = { .fd = master, .events = POLLIN };
	char buf[4096];

	for (;;) {
		long left = end - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&ready, 1, left) == 0) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			return;
		}
		n = read(master, buf, sizeof(buf));
		if (n <= 0)
			return;		/* EIO: the last one has closed it */
		if (write(1, buf, n) != n)
			return;
	}
}

static int run(const char *path)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status = 0;
	int terminal;
	pid_t pid;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return 126;
	terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
	pid = fork();
	if (!pid) {
		close(master);
		be_child(path, terminal);
	}
	close(terminal);	/* the child had it before we let it go */
	relay(master, pid);
	close(master);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int is_program(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(void)
{
	struct dirent **entries;
	struct termios raw;
	int nr;

	mkdir("/dev/pts", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	mount("devpts", "/dev/pts", "devpts", 0, NULL);
	mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	if (!tcgetattr(1, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(1, TCSANOW, &raw);
	}
	nr = scandir("/guests", &entries, is_program, alphasort);
	for (int i = 0; i < nr; i++) {
		char path[300];
		int status;

		snprintf(path, sizeof(path), "/guests/%s", entries[i]->d_name);
		dprintf(1, "@@begin %s\n", entries[i]->d_name);
		status = run(path);
		dprintf(1, "\n@@end %s %d\n", entries[i]->d_name, status);
	}
	tcdrain(1);
	reboot(RB_POWER_OFF);
	return 0;
}
