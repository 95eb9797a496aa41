// SPDX-License-Identifier: MIT
/*
 * files - open files: flags, positions, lengths, holes, limits, locks and
 * seals, on a tmpfs; each result as Linux has it.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[20000];

/* So that the compiler does not see what it would warn of. */
static void *volatile nowhere = (void *)16, *volatile kernel = (void *)USER_TOP;
static volatile long minus_one = -1;

static int make(const char *name, const char *what)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0644);

	if (write(fd, what, strlen(what)) < 0)
		note("cannot write %s", name);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void show(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		note("fstat: %s", strerrorname_np(errno));
	else
		note("%06o links %lu size %lld blocks %ld of %ld", st.st_mode,
		     (long)st.st_nlink, (long long)st.st_size,
		     (long)st.st_blocks, (long)st.st_blksize);
}

static void fresh(const char *theme)
{
	note("-- %s", theme);
	if (chdir("/") || (umount2("/n", MNT_DETACH) && errno != EINVAL) ||
	    mount("n", "/n", "tmpfs", 0, "size=4M") || chdir("/n"))
		note("no tmpfs: %s", strerrorname_np(errno));
}

static void flags_of(const char *name, int flags)
{
	int fd = syscall(SYS_open, name, flags, 0644);

	if (fd < 0) {
		note("open %s %o: %s", name, flags, strerrorname_np(errno));
		return;
	}
	note("open %s %o: flags %lo, fd flags %d", name, flags,
	     syscall(SYS_fcntl64, fd, F_GETFL, 0), fcntl(fd, F_GETFD));
	close(fd);
}

static void check_open(void)
{
	fresh("open");
	close(make("f", "hello"));
	mkdir("d", 0755);
	if (symlink("f", "to-f") || symlink("d", "to-d") || mkfifo("p", 0644))
		note("no links");
	flags_of("f", O_RDONLY);
	flags_of("f", O_RDWR | O_CLOEXEC);
	flags_of("f", O_WRONLY | O_APPEND | O_NONBLOCK);
	flags_of("f", 3);
	flags_of("f", O_RDWR | O_CREAT | O_NOCTTY | O_LARGEFILE);
	flags_of("f", O_RDWR | O_SYNC);
	flags_of("f", O_RDWR | O_DSYNC);
	flags_of("f", O_RDWR | O_DIRECT);
	flags_of("f", O_RDONLY | O_NOATIME);
	flags_of("f", O_RDONLY | O_ASYNC);
	flags_of("f", O_RDONLY | 0x40000000);
	flags_of("f", O_DIRECTORY);
	flags_of("f/", O_RDONLY);
	flags_of("f/", O_CREAT | O_RDWR);
	flags_of("g/", O_CREAT | O_RDWR);
	flags_of("f", O_CREAT | O_EXCL);
	flags_of("f", O_PATH);
	flags_of("f", O_PATH | O_RDWR | O_CREAT | O_CLOEXEC);
	flags_of("to-f", O_PATH | O_NOFOLLOW);
	flags_of("to-f", O_NOFOLLOW);
	flags_of("to-d", O_NOFOLLOW | O_DIRECTORY);
	flags_of("to-d/", O_NOFOLLOW);
	flags_of("to-d", O_DIRECTORY);
	flags_of("d", O_RDONLY);
	flags_of("d", O_RDWR);
	flags_of("d", O_WRONLY);
	flags_of("d", O_RDONLY | O_TRUNC);
	flags_of("d", O_RDONLY | O_CREAT);
	flags_of("d/", O_RDONLY | O_CREAT);
	flags_of("d/", O_RDONLY | O_CREAT | O_EXCL);
	flags_of("d", O_RDONLY | O_CREAT | O_EXCL);
	flags_of("d/.", O_RDONLY | O_CREAT);
	flags_of("d/.", O_RDONLY | O_CREAT | O_EXCL);
	flags_of("d", O_PATH | O_DIRECTORY);
	flags_of("d", O_TMPFILE);
	flags_of("d", O_TMPFILE | O_RDWR);
	flags_of("d", O_TMPFILE | O_WRONLY | O_EXCL);
	flags_of("d", O_TMPFILE | O_RDWR | O_CREAT);
	flags_of("f", O_TMPFILE | O_RDWR);
	flags_of("d", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR);
	flags_of("p", O_RDWR);
	flags_of("p", O_RDONLY | O_NONBLOCK);
	flags_of("p", O_WRONLY | O_NONBLOCK);
	flags_of("none", O_RDONLY);
	flags_of("none/x", O_RDONLY | O_CREAT);
	flags_of("/", O_RDONLY | O_CREAT);
	flags_of("made", O_CREAT | O_DIRECTORY);
	TELL(access("made", F_OK));
	flags_of("f", O_RDONLY | O_TRUNC);
	TELL(truncate("f", 3));
}

static void check_path_fds(void)
{
	int fd, dir, two[2];
	struct stat st;
	struct statfs fs;

	fresh("O_PATH and O_TMPFILE");
	close(make("f", "hello"));
	mkdir("d", 0755);
	fd = open("f", O_PATH);
	TELL(read(fd, text, 1));
	TELL(write(fd, text, 1));
	TELL(lseek(fd, 0, SEEK_SET));
	TELL(fstat(fd, &st));
	TELL(fstatfs(fd, &fs));
	TELL(fchmod(fd, 0600));
	TELL(fchown(fd, 1, 1));
	TELL(ftruncate(fd, 1));
	TELL(fsync(fd));
	TELL(ioctl(fd, 0x541b, text));
	TELL((long)mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0));
	TELL(fcntl(fd, F_SETFL, O_APPEND));
	TELL(fcntl(fd, F_SETFD, 1));
	TELL(syscall(SYS_fcntl, fd, 12, text));
	TELL(syscall(SYS_fcntl64, fd, 12, text));
	TELL(flock(fd, LOCK_SH));
	TELL(fchdir(fd));
	TELL(futimens(fd, NULL));
	TELL(syscall(SYS_getdents64, fd, text, 100));
	TELL(close(dup(fd)));
	TELL(linkat(fd, "", AT_FDCWD, "g", AT_EMPTY_PATH));
	TELL(fstatat(fd, "", &st, AT_EMPTY_PATH));
	TELL(readlinkat(fd, "", text, 10));
	TELL(close(fd));
	dir = open("d", O_PATH);
	TELL(fchdir(dir));
	TELL(mkdirat(dir, "x", 0777));
	TELL(syscall(SYS_getdents64, dir, text, 100));
	TELL(close(dir));
	TELL(chdir("/n"));
	fd = open("d", O_TMPFILE | O_RDWR, 0640);
	show(fd);
	TELL(write(fd, "temp", 4));
	TELL(linkat(fd, "", AT_FDCWD, "t", AT_EMPTY_PATH));
	show(fd);
	TELL(unlink("t"));
	TELL(linkat(fd, "", AT_FDCWD, "t", AT_EMPTY_PATH));
	close(fd);
	fd = open("d", O_TMPFILE | O_RDWR | O_EXCL, 0640);
	TELL(linkat(fd, "", AT_FDCWD, "u", AT_EMPTY_PATH));
	close(fd);
	fd = open("f", O_RDONLY);
	unlink("f");
	show(fd);
	TELL(linkat(fd, "", AT_FDCWD, "f", AT_EMPTY_PATH));
	TELL(dup2(fd, 700));
	TELL(dup2(fd, 1024));
	TELL(dup2(fd, -1));
	TELL(dup2(99, 98));
	TELL(dup2(99, 99));
	TELL(dup2(fd, fd) == fd);
	TELL(dup3(fd, fd, 0));
	TELL(dup3(fd, 50, 1));
	TELL(dup3(fd, 50, O_CLOEXEC));
	TELL(fcntl(50, F_GETFD));
	TELL(fcntl(fd, F_DUPFD, 1024));
	TELL(fcntl(fd, F_DUPFD, 1023));
	TELL(fcntl(fd, F_DUPFD, 1023));
	TELL(fcntl(fd, F_DUPFD_CLOEXEC, 60));
	TELL(syscall(SYS_close_range, 60, 50, 0));
	TELL(syscall(SYS_close_range, 60, 800, 8));
	TELL(syscall(SYS_close_range, 50, 50, 4));
	TELL(fcntl(50, F_GETFD));
	TELL(syscall(SYS_close_range, 40, -1, 0));
	TELL(fcntl(50, F_GETFD));
	TELL(fcntl(700, F_GETFD));
	TELL(fcntl(fd, 12345));
	TELL(pipe2(two, O_NONBLOCK | O_CLOEXEC));
	TELL(fcntl(two[0], F_GETFL));
	TELL(fcntl(two[1], F_GETPIPE_SZ));
	TELL(fcntl(two[1], F_SETPIPE_SZ, 1));
	TELL(write(two[1], text, 5000));
	TELL(fcntl(two[0], F_SETPIPE_SZ, 20000));
	TELL(write(two[1], text, 20000));
	TELL(write(two[1], text, 20000));
	TELL(fcntl(two[0], F_SETPIPE_SZ, 4096));
	TELL(fcntl(two[0], F_GETPIPE_SZ));
	TELL(read(two[0], text, 20000));
	TELL(read(two[0], text, 20000));
	TELL(fcntl(fd, F_GETPIPE_SZ));
	TELL(syscall(SYS_close_range, fd, -1, 0));
}

static void check_transfers(void)
{
	int fd, other;
	struct iovec iov[3] = {
		{ text, 4 }, { text + 100, 0 }, { text + 200, 6 },
	};
	struct iovec bad[2] = { { text, 4 }, { (void *)16, 4 } };
	struct iovec wrong[2] = { { text, 4 }, { text, 0x80000000 } };

	fresh("read and write");
	fd = make("f", "0123456789abcdef");
	TELL(read(fd, text, 4));
	TELL(read(fd, text, 100));
	TELL(read(fd, text, 100));
	TELL(read(fd, nowhere, 100));
	TELL(lseek(fd, 2, SEEK_SET));
	TELL(read(fd, nowhere, 100));
	TELL(read(fd, kernel, 100));
	TELL(read(fd, text, minus_one));
	TELL(read(fd, text, 0));
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(pread(fd, text, 4, 8));
	TELL(pread(fd, text, 4, 16));
	TELL(pread(fd, text, 4, -1));
	TELL(pread(99, text, 4, -1));
	TELL(pread(99, text, 4, 0));
	TELL(pwrite(fd, "XY", 2, 20));
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(pread(fd, text, 100, 14));
	note("%02x %02x %02x %02x", text[1], text[2], text[5], text[6]);
	TELL(lseek(fd, 0, SEEK_SET));
	TELL(readv(fd, iov, 3));
	note("%.4s %.6s", text, text + 200);
	TELL(readv(fd, iov, 0));
	TELL(readv(fd, iov, minus_one));
	TELL(readv(fd, iov, 1026 + minus_one));
	TELL(readv(fd, nowhere, 1));
	TELL(readv(fd, bad, 2));
	TELL(readv(fd, wrong, 2));
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(preadv(fd, iov, 3, 1));
	TELL(preadv(fd, iov, 3, -1));
	TELL(pwritev(fd, iov, 3, 1));
	TELL(preadv2(fd, iov, 3, 1, 0));
	TELL(preadv2(fd, iov, 3, -2, 0));
	TELL(preadv2(fd, iov, 3, 1, 0x100));
	TELL(pwritev2(fd, iov, 1, 1, RWF_DSYNC));
	TELL(lseek(fd, 10, SEEK_SET));
	TELL(preadv2(fd, iov, 3, -1, 0));
	TELL(pwritev2(fd, iov, 1, -1, 0));
	TELL(lseek(fd, 10, SEEK_SET));
	TELL(writev(fd, bad, 2));
	TELL(writev(fd, iov, 3));
	TELL(lseek(fd, 0, SEEK_CUR));
	TELL(lseek(fd, -1, SEEK_SET));
	TELL(lseek(fd, -100, SEEK_CUR));
	TELL(lseek(fd, -22, SEEK_END));
	TELL(lseek(fd, 10, SEEK_END));
	TELL(lseek(fd, 0, 5));
	TELL(lseek(fd, 0, -1));
	TELL(syscall(SYS_lseek, fd, 0x7fffffff, SEEK_SET));
	TELL(syscall(SYS_lseek, fd, 1, SEEK_CUR));
	TELL(lseek64(fd, 0xffffffff000ll, SEEK_SET) == 0xffffffff000ll);
	TELL(lseek64(fd, 0xffffffff001ll, SEEK_SET));
	TELL(write(fd, "x", 1));
	TELL(write(fd, "x", 0));
	TELL(write(fd, nowhere, 1));
	TELL(ftruncate(fd, 5));
	show(fd);
	other = open("f", O_WRONLY | O_APPEND);
	TELL(write(other, "end", 3));
	TELL(lseek(other, 0, SEEK_CUR));
	TELL(lseek(other, 0, SEEK_SET));
	TELL(write(other, "more", 4));
	TELL(pwrite(other, "at 0", 4, 0));
	TELL(read(other, text, 1));
	TELL(pread(fd, text, 100, 0));
	note("%.16s", text);
	TELL(fcntl(other, F_SETFL, 0));
	TELL(lseek(other, 0, SEEK_SET));
	TELL(write(other, "A", 1));
	TELL(fcntl(other, F_SETFL, O_DIRECT));
	TELL(fcntl(other, F_SETFL, O_RDONLY | O_NONBLOCK | O_CREAT));
	TELL(fcntl(other, F_GETFL));
	TELL(write(other, "B", 1));
	close(other);
	other = dup(fd);
	TELL(lseek(fd, 3, SEEK_SET));
	TELL(lseek(other, 0, SEEK_CUR));
	TELL(fsync(fd));
	TELL(fdatasync(fd));
	TELL(fsync(99));
	TELL(syncfs(fd));
	TELL(posix_fadvise(fd, 0, 0, 3));
	TELL(posix_fadvise(fd, 0, 0, 9));
	TELL(posix_fadvise(fd, 0, -1, 3));
	TELL(readahead(fd, 0, 100));
	TELL(sync_file_range(fd, 0, 100, 7));
	TELL(sync_file_range(fd, 0, 100, 8));
	close(other);
	close(fd);
}

static void check_large(void)
{
	int fd;

	fresh("large");
	fd = syscall(SYS_open, "f", O_CREAT | O_RDWR, 0644);
	TELL(syscall(SYS_ftruncate, fd, 0x7fffffff));
	TELL(syscall(SYS_ftruncate64, fd, 0x80000000, 0));
	TELL(pwrite64(fd, "abcd", 4, 0x7ffffffd));
	TELL(pwrite64(fd, "abcd", 4, 0x7fffffff));
	show(fd);
	TELL(syscall(SYS_ftruncate64, fd, 0, 1));
	TELL(syscall(SYS_open, "f", O_RDONLY));
	close(fd);
	fd = syscall(SYS_open, "f", O_RDWR | O_LARGEFILE);
	TELL(syscall(SYS_ftruncate64, fd, 0, 1));
	TELL(syscall(SYS_open, "f", O_RDONLY) >= 0);
	TELL(syscall(SYS_stat, "f", text));
	TELL(syscall(SYS_stat64, "f", text));
	TELL(syscall(SYS_lseek, fd, 0, SEEK_END));
	TELL(syscall(SYS_truncate, "f", -1));
	TELL(syscall(SYS_truncate64, "f", 0, -1));
	TELL(syscall(SYS_truncate64, "f", 0xfffff000, 0xfff));
	TELL(syscall(SYS_truncate64, "f", 0xfffff001, 0xfff));
	TELL(pread64(fd, text, 10, 0xffffffff000 - 5));
	TELL(truncate("none", 0));
	TELL(truncate(".", 0));
	close(fd);
	fd = open("f", O_RDONLY);
	TELL(ftruncate(fd, 0));
	TELL(ftruncate(fd, -1));
	TELL(ftruncate(99, 0));
	close(fd);
	TELL(truncate("f", 0));
}

static void check_holes(void)
{
	int fd;

	fresh("holes");
	fd = make("f", "start");
	TELL(pwrite(fd, "mid", 3, 100000));
	TELL(ftruncate(fd, 1000000));
	show(fd);
	TELL(lseek(fd, 0, SEEK_DATA));
	TELL(lseek(fd, 4095, SEEK_DATA));
	TELL(lseek(fd, 4096, SEEK_DATA));
	TELL(lseek(fd, 99999, SEEK_DATA));
	TELL(lseek(fd, 110000, SEEK_DATA));
	TELL(lseek(fd, 0, SEEK_HOLE));
	TELL(lseek(fd, 5000, SEEK_HOLE));
	TELL(lseek(fd, 100000, SEEK_HOLE));
	TELL(lseek(fd, 999999, SEEK_HOLE));
	TELL(lseek(fd, 1000000, SEEK_HOLE));
	TELL(lseek(fd, 1000000, SEEK_DATA));
	TELL(lseek(fd, -1, SEEK_DATA));
	TELL(fallocate(fd, 0, 4096, 8192));
	show(fd);
	TELL(fallocate(fd, 0, 999999, 2));
	show(fd);
	TELL(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 100));
	TELL(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 100));
	TELL(fallocate(fd, 3, 2, 2));
	TELL(pread(fd, text, 5, 0));
	note("%02x %02x %02x %02x %02x", text[0], text[1], text[2], text[3],
	     text[4]);
	TELL(fallocate(fd, 3, 0, 100001));
	TELL(pread(fd, text, 3, 100000));
	note("%02x %02x %02x", text[0], text[1], text[2]);
	show(fd);
	TELL(fallocate64(fd, 3, 0, 1ll << 43));
	show(fd);
	TELL(fallocate64(fd, 3, 1, (1ll << 43) - 100));
	TELL(fallocate(fd, 0, 0, 0));
	TELL(fallocate(fd, 0, -1, 1));
	TELL(fallocate(fd, 0, 0, 8 << 20));
	TELL(fallocate64(fd, 0, 1ll << 62, 1ll << 62));
	TELL(fallocate64(fd, 0, 0xffffffff000ll, 1));
	TELL(fallocate(fd, 16, 0, 10));
	TELL(fallocate(fd, 64, 0, 10));
	TELL(fallocate(0, 0, 0, 10));
	TELL(fallocate(99, 0, 0, 10));
	TELL(posix_fallocate(fd, 0, 4096));
	show(fd);
	close(fd);
	fd = open("f", O_RDONLY);
	TELL(fallocate(fd, 0, 0, 10));
	close(fd);
	fd = open("/n", O_RDONLY);
	TELL(fallocate(fd, 0, 0, 10));
	close(fd);
	truncate("f", 0);
	fd = make("full", "");
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 400; i++)
		if (write(fd, text, sizeof(text)) != (int)sizeof(text))
			break;
	TELL(errno);
	show(fd);
	TELL(write(fd, text, 1));
	TELL(pwrite(fd, text, 100, 0));
	TELL(ftruncate(fd, 100));
	TELL(pwrite(fd, text, 100, 5000));
	close(fd);
}

static volatile int got_signal;

static void on_signal(int sig)
{
	got_signal = sig;
}

static int limited(long arg)
{
	struct rlimit limit = { 1000, RLIM_INFINITY };
	int fd = make("lim", "");

	(void)arg;
	memset(text, 'y', sizeof(text));
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, on_signal);
	TELL(write(fd, text, 900));
	TELL(write(fd, text, 900));
	TELL(got_signal);
	TELL(write(fd, text, 1));
	TELL(got_signal == SIGXFSZ);
	got_signal = 0;
	TELL(ftruncate(fd, 1000));
	TELL(ftruncate(fd, 1001));
	TELL(got_signal == SIGXFSZ);
	got_signal = 0;
	TELL(truncate("lim", 1001));
	TELL(fallocate(fd, 0, 0, 1001));
	TELL(fallocate(fd, 0, 0, 1000));
	TELL(pwrite(fd, text, 10, 5000));
	TELL(pwrite(fd, text, 10, 990));
	got_signal = 0;
	TELL(write(fd, text, 0));
	TELL(got_signal);
	signal(SIGXFSZ, SIG_DFL);
	limit.rlim_cur = 20;
	setrlimit(RLIMIT_NOFILE, &limit);
	TELL(fcntl(fd, F_DUPFD, 20));
	TELL(dup2(fd, 20));
	TELL(dup2(fd, 19));
	TELL(write(fd, text, 1));
	return 0;
}

static void check_limits(void)
{
	fresh("limits");
	TELL(run(limited, 0));
}

static int lock(int fd, int command, int type, long start, long length)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = start,
		.l_len = length,
	};
	int err = fcntl(fd, command, &lock);

	if (!err && (command == F_GETLK || command == F_OFD_GETLK))
		note("lock %d %ld %ld pid %s", lock.l_type,
		     (long)lock.l_start, (long)lock.l_len,
		     !lock.l_pid ? "none" : lock.l_pid == getppid() ?
		     "parent" : lock.l_pid == -1 ? "-1" : "another");
	return err;
}

static int lock_child(long arg)
{
	int fd = open("l", O_RDWR);

	(void)arg;
	TELL(lock(fd, F_SETLK, F_RDLCK, 0, 5));
	TELL(lock(fd, F_SETLK, F_WRLCK, 0, 5));
	TELL(lock(fd, F_SETLK, F_WRLCK, 5, 5));
	TELL(lock(fd, F_SETLK, F_RDLCK, 12, 1));
	TELL(lock(fd, F_SETLK, F_WRLCK, 20, 5));
	TELL(lock(fd, F_GETLK, F_WRLCK, 0, 0));
	TELL(lock(fd, F_GETLK, F_RDLCK, 0, 0));
	TELL(lock(fd, F_GETLK, F_WRLCK, 15, 1));
	TELL(lock(fd, F_GETLK, F_RDLCK, 1000, 0));
	TELL(lock(fd, F_OFD_SETLK, F_WRLCK, 10, 1));
	TELL(lock(fd, F_OFD_SETLK, F_WRLCK, 15, 1));
	TELL(lock(fd, F_SETLK, F_RDLCK, 15, 1));
	TELL(flock(fd, LOCK_SH | LOCK_NB));
	return 0;
}

static int deadlock_child(long arg)
{
	int fd = open("l", O_RDWR);
	volatile uint32_t *flags = (void *)arg;

	lock(fd, F_SETLK, F_WRLCK, 101, 1);
	flags[0] = 1;
	return lock(fd, F_SETLKW, F_WRLCK, 100, 1);
}

static int wait_child(long arg)
{
	int fd = open("l", O_RDWR);

	(void)arg;
	return lock(fd, F_SETLKW, F_WRLCK, 10, 1);
}

static int interrupted_child(long arg)
{
	struct sigaction action = { .sa_handler = on_signal };
	int fd = open("l", O_RDWR);

	sigaction(SIGALRM, &action, NULL);
	TELL(arg ? flock(fd, LOCK_EX) : lock(fd, F_SETLKW, F_WRLCK, 10, 1));
	return 0;
}

static void check_locks(void)
{
	volatile uint32_t *flags = shared(4096);
	int fd, other, child, status;

	fresh("locks");
	fd = make("l", "0123456789");
	TELL(lock(fd, F_SETLK, F_RDLCK, 0, 5));
	TELL(lock(fd, F_SETLK, F_WRLCK, 10, 5));
	TELL(lock(fd, F_SETLK, F_WRLCK, 20, 0));
	TELL(lock(fd, F_SETLK, F_UNLCK, 22, 2));
	TELL(lock(fd, F_SETLK, F_RDLCK, 12, 1));
	TELL(lock(fd, F_GETLK, F_WRLCK, 0, 0));
	TELL(flock(fd, LOCK_EX));
	TELL(lock(fd, F_SETLK, 3, 0, 1));
	TELL(lock(fd, F_SETLK, F_RDLCK, -1, 1));
	TELL(lock(fd, F_SETLK, F_RDLCK, 5, -5));
	TELL(lock(fd, F_SETLK, F_RDLCK, 5, -6));
	TELL(lock(fd, F_GETLK, F_UNLCK, 5, 6));
	TELL(run(lock_child, 0));
	TELL(flock(fd, LOCK_UN));
	TELL(lock(fd, F_SETLK, F_WRLCK, 100, 1));
	child = start(deadlock_child, (long)flags);
	until(&flags[0], 1);
	until_asleep(child);
	TELL(lock(fd, F_SETLKW, F_WRLCK, 101, 1));
	TELL(lock(fd, F_SETLK, F_UNLCK, 100, 1));
	waitpid(child, &status, 0);
	TELL(status);
	TELL(lock(fd, F_SETLK, F_WRLCK, 10, 1));
	flock(fd, LOCK_EX);
	for (int i = 0; i < 2; i++) {
		child = start(interrupted_child, i);
		until_asleep(child);
		kill(child, SIGALRM);
		waitpid(child, &status, 0);
		TELL(status);
	}
	child = start(wait_child, 0);
	until_asleep(child);
	other = open("l", O_RDONLY);
	TELL(lock(other, F_SETLK, F_WRLCK, 0, 1));
	TELL(lock(other, F_SETLK, F_RDLCK, 500, 1));
	TELL(flock(other, LOCK_SH | LOCK_NB));
	TELL(flock(other, 7));
	TELL(flock(other, LOCK_SH | LOCK_EX));
	TELL(flock(99, LOCK_SH));
	close(other);		/* with it all locks of this process go */
	waitpid(child, &status, 0);
	TELL(status);
	other = open("l", O_RDWR);
	TELL(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
	TELL(lock(other, F_OFD_SETLK, F_RDLCK, 0, 10));
	TELL(lock(other, F_OFD_GETLK, F_RDLCK, 0, 10));
	TELL(lock(other, F_SETLK, F_RDLCK, 0, 10));
	close(fd);
	TELL(lock(other, F_OFD_SETLK, F_RDLCK, 0, 10));
	close(other);
	fd = open("l", O_RDONLY);
	TELL(lock(fd, F_SETLK, F_WRLCK, 0, 1));
	TELL(lock(99, F_SETLK, F_WRLCK, 0, 1));
	close(fd);
}

#define SEAL	F_ADD_SEALS
#define SEALS	F_GET_SEALS

static void check_memfd(void)
{
	char self[32];
	char name[300];
	void *map;
	int fd;

	fresh("memfd");
	memset(name, 'm', sizeof(name));
	name[249] = 0;
	TELL(memfd_create(name, 0) >= 0);
	name[249] = 'm';
	name[250] = 0;
	TELL(memfd_create(name, 0));
	TELL(memfd_create("x", 0x100));
	TELL(memfd_create((char *)16, 0));
	fd = memfd_create("seals", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	TELL(fcntl(fd, F_GETFL));
	TELL(fcntl(fd, F_GETFD));
	show(fd);
	TELL(fcntl(fd, SEALS));
	TELL(ftruncate(fd, 8192));
	TELL(write(fd, "seal", 4));
	TELL(fcntl(fd, SEAL, F_SEAL_SHRINK));
	TELL(ftruncate(fd, 4096));
	TELL(ftruncate(fd, 12288));
	TELL(fcntl(fd, SEAL, F_SEAL_GROW));
	TELL(ftruncate(fd, 12289));
	TELL(pwrite(fd, "x", 1, 12288));
	TELL(pwrite(fd, "x", 1, 12287));
	TELL(fallocate(fd, 0, 0, 20000));
	TELL(pwrite(fd, text, 9000, 4000));	/* as far as whole pages go */
	TELL(pwrite(fd, text, 9000, 8193));
	map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	TELL(fcntl(fd, SEAL, F_SEAL_WRITE));
	mprotect(map, 4096, PROT_READ);
	TELL(fcntl(fd, SEAL, F_SEAL_WRITE));
	munmap(map, 4096);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	TELL(mmap(0, 4096, PROT_READ, MAP_SHARED, open(self, O_RDONLY), 0) !=
	     MAP_FAILED);
	TELL(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) !=
	     MAP_FAILED);
	TELL(fcntl(fd, SEAL, F_SEAL_WRITE));
	TELL((long)mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	map = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
	TELL(map != MAP_FAILED);
	TELL(mprotect(map, 4096, PROT_READ | PROT_WRITE));
	map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	TELL(map != MAP_FAILED);
	TELL(write(fd, "x", 1));
	TELL(fallocate(fd, 3, 0, 4096));
	TELL(fcntl(fd, SEAL, F_SEAL_SEAL));
	TELL(fcntl(fd, SEAL, F_SEAL_SEAL));
	TELL(fcntl(fd, SEALS));
	TELL(fcntl(fd, SEAL, 0x100));
	close(fd);
	fd = memfd_create("none", 0);
	TELL(fcntl(fd, SEALS));
	TELL(fcntl(fd, SEAL, F_SEAL_WRITE));
	close(fd);
	fd = make("f", "x");
	TELL(fcntl(fd, SEALS));
	TELL(fcntl(0, SEALS));
	close(fd);
}

static int much;

/* Send to a pipe that is full. */
static int send_much(long to)
{
	kill(getpid(), SIGSTOP);
	return sendfile(to, much, NULL, 80 * PAGE) > 0 ? 0 : 2;
}

static void read_maps(int pid, char *buf, size_t size)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY);
	buf[read(fd, buf, size - 1)] = '\0';
	close(fd);
}

/* Other threads may map and look meanwhile: nothing of it is in their way. */
static void check_sendfile_maps(void)
{
	static char before[4096], meanwhile[4096], rest[80 * PAGE];
	int two[2], status, pid;

	if (pipe(two))
		note("no pipe");
	much = make("much", "");
	if (ftruncate(much, 80 * PAGE))
		note("no file");
	/* A pipe is given what it has room for. */
	TELL(sendfile(two[1], much, NULL, 80 * PAGE));
	fcntl(two[1], F_SETFL, O_NONBLOCK);
	TELL(sendfile(two[1], much, NULL, 80 * PAGE));
	fcntl(two[1], F_SETFL, 0);
	pid = start(send_much, two[1]);
	waitpid(pid, &status, WUNTRACED);
	read_maps(pid, before, sizeof(before));
	kill(pid, SIGCONT);
	while (!(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status)))
		;
	until_asleep(pid);
	read_maps(pid, meanwhile, sizeof(meanwhile));
	check(!strcmp(before, meanwhile),
	      "sendfile maps nothing in the caller's address space");
	TELL(read(two[0], rest, sizeof(rest)));
	waitpid(pid, &status, 0);
	expect(status, 0, "sendfile goes on when there is room again");
	close(two[0]);
	close(two[1]);
	close(much);
}

static void check_sendfile(void)
{
	int in, out, two[2];
	off_t at = 3;
	off64_t from = 2;

	fresh("sendfile");
	in = make("in", "0123456789");
	out = make("out", "");
	TELL(sendfile(out, in, NULL, 4));
	TELL(lseek(in, 0, SEEK_CUR));
	TELL(sendfile(out, in, &at, 100));
	TELL(at);
	TELL(lseek(in, 0, SEEK_CUR));
	TELL(sendfile(out, in, &at, 100));
	TELL(lseek(out, 0, SEEK_CUR));
	TELL(pread(out, text, 20, 0));
	note("%.11s", text);
	TELL(sendfile(out, in, (void *)16, 100));
	TELL(sendfile(out, 99, NULL, 100));
	TELL(sendfile(99, in, NULL, 100));
	at = -1;
	TELL(sendfile(out, in, &at, 100));
	at = 0;
	TELL(sendfile(out, in, &at, 0));
	if (pipe(two))
		note("no pipe");
	TELL(sendfile(two[1], in, &at, 5));
	TELL(read(two[0], text, 20));
	TELL(sendfile(out, two[0], NULL, 5));
	TELL(sendfile(out, two[0], &at, 5));
	close(out);
	out = open("out", O_WRONLY | O_APPEND);
	TELL(sendfile(out, in, NULL, 5));
	close(in);
	in = open("in", O_WRONLY);
	TELL(sendfile(out, in, NULL, 5));
	close(in);
	in = open("in", O_RDONLY);
	close(out);
	out = open("out", O_RDWR);
	TELL(copy_file_range(in, &from, out, NULL, 5, 0));
	TELL(from);
	TELL(copy_file_range(in, NULL, out, NULL, 500, 0));
	TELL(copy_file_range(in, NULL, out, NULL, 5, 0));
	TELL(copy_file_range(in, NULL, out, NULL, 5, 1));
	TELL(copy_file_range(in, NULL, two[1], NULL, 5, 0));
	TELL(copy_file_range(out, NULL, in, NULL, 5, 0));
	TELL(lseek(out, 0, SEEK_CUR));
	TELL(pread(out, text, 30, 0));
	note("%.20s", text);
}

static bool before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec :
		a.tv_nsec < b.tv_nsec;
}

/* Which times of @name a step has moved on. */
static void moved(const char *name, const char *step, struct stat *old)
{
	struct stat st;

	stat(name, &st);
	note("%s: %s%s%s", step, before(old->st_atim, st.st_atim) ? "a" : "-",
	     before(old->st_mtim, st.st_mtim) ? "m" : "-",
	     before(old->st_ctim, st.st_ctim) ? "c" : "-");
	*old = st;
	usleep(30000);
}

static void check_times(void)
{
	struct stat file = { 0 }, dir = { 0 };
	int fd;

	fresh("times");
	mkdir("d", 0755);
	moved("d", "new directory", &dir);
	fd = make("d/f", "");
	moved("d/f", "new file", &file);
	moved("d", "its directory", &dir);
	TELL(write(fd, "text", 4));
	moved("d/f", "write", &file);
	moved("d", "its directory", &dir);
	TELL(write(fd, "text", 0));
	moved("d/f", "write of nothing", &file);
	TELL(pread(fd, text, 4, 0));
	moved("d/f", "read", &file);
	TELL(pread(fd, text, 4, 0));
	moved("d/f", "read again", &file);
	TELL(ftruncate(fd, 2));
	moved("d/f", "ftruncate", &file);
	TELL(ftruncate(fd, 2));
	moved("d/f", "ftruncate to the same", &file);
	TELL(truncate("d/f", 2));
	moved("d/f", "truncate to the same", &file);
	TELL(truncate("d/f", 1));
	moved("d/f", "truncate", &file);
	TELL(close(open("d/f", O_RDWR | O_TRUNC)));
	moved("d/f", "O_TRUNC", &file);
	TELL(close(open("d/f", O_RDWR | O_TRUNC)));
	moved("d/f", "O_TRUNC of nothing", &file);
	TELL(fchmod(fd, 0600));
	moved("d/f", "chmod", &file);
	TELL(fchown(fd, -1, -1));
	moved("d/f", "chown", &file);
	TELL(link("d/f", "d/g"));
	moved("d/f", "link", &file);
	moved("d", "its directory", &dir);
	TELL(rename("d/g", "d/h"));
	moved("d/f", "rename", &file);
	moved("d", "its directory", &dir);
	TELL(unlink("d/h"));
	moved("d/f", "unlink", &file);
	moved("d", "its directory", &dir);
	TELL(fallocate(fd, 0, 0, 10));
	moved("d/f", "fallocate", &file);
	TELL(futimens(fd, NULL));
	moved("d/f", "futimens", &file);
	TELL(open("d/none", O_RDONLY));
	moved("d", "a failed open", &dir);
}

static void check_stats(void)
{
	struct statfs fs;
	struct statx stx;
	struct stat st;

	fresh("stats");
	close(make("f", "hello"));
	TELL(statfs(".", &fs));
	note("type %lx bsize %ld blocks %ld free %ld avail %ld name %ld "
	     "frsize %ld flags %lx", (long)fs.f_type, (long)fs.f_bsize,
	     (long)fs.f_blocks, (long)fs.f_bfree, (long)fs.f_bavail,
	     (long)fs.f_namelen, (long)fs.f_frsize, (long)fs.f_flags);
	TELL(fs.f_files == fs.f_ffree + 2);
	TELL(link("f", "g"));
	TELL(statfs(".", &fs));
	TELL(fs.f_files == fs.f_ffree + 3);
	TELL(unlink("f"));
	TELL(statfs(".", &fs));
	TELL(fs.f_files == fs.f_ffree + 2);
	TELL(statx(AT_FDCWD, "g", 0, STATX_BASIC_STATS, &stx));
	note("mask %x attributes %llx of %llx blksize %u", stx.stx_mask,
	     stx.stx_attributes, stx.stx_attributes_mask, stx.stx_blksize);
	TELL(statx(AT_FDCWD, "g", 0, STATX_ALL, &stx));
	note("mask %x links %u mode %o size %llu blocks %llu", stx.stx_mask,
	     stx.stx_nlink, stx.stx_mode, stx.stx_size, stx.stx_blocks);
	TELL(statx(AT_FDCWD, "/n", 0, STATX_MODE, &stx));
	note("mask %x attributes %llx", stx.stx_mask, stx.stx_attributes);
	TELL(statx(AT_FDCWD, "g", 0, 0x80000000, &stx));
	TELL(statx(AT_FDCWD, "g", 0x6000, 0, &stx));
	TELL(statx(AT_FDCWD, "g", 1, 0, &stx));
	TELL(fstatat(AT_FDCWD, "g", &st, 0x6000));
	TELL(syscall(SYS_fstatat64, AT_FDCWD, "g", text, 0x6000));
	TELL(syscall(SYS_fstatat64, AT_FDCWD, "g", text, 0x8000));
	TELL(statx(AT_FDCWD, "", 0, 0, &stx));
	TELL(statx(AT_FDCWD, "", AT_EMPTY_PATH, 0, &stx));
	TELL(statx(99, "", AT_EMPTY_PATH, 0, &stx));
	TELL(statx(99, "g", 0, 0, &stx));
	TELL(statx(99, "/n/g", 0, 0, &stx));
	TELL(syscall(SYS_statfs64, ".", 84, text));
	TELL(syscall(SYS_statfs64, ".", 88, text));
	TELL(syscall(SYS_statfs64, ".", 80, text));
}

/* A write takes the set-id bits away before it looks for the bytes. */
static void check_set_id(void)
{
	struct stat st;
	int fd = make("s", "hello");

	fchmod(fd, 06644);
	fchown(fd, -1, 50);
	fchmod(fd, 06644);
	TELL(syscall(SYS_setfsuid32, 1000));
	TELL(syscall(SYS_chown32, "s", -1, -1));
	TELL(fchown(fd, 1000, -1));
	TELL(write(fd, NULL, 0));
	fstat(fd, &st);
	note("%o", st.st_mode);
	TELL(syscall(SYS_write, fd, 16, 3));
	fstat(fd, &st);
	note("%o", st.st_mode);
	TELL(syscall(SYS_chown32, "s", -1, -1));
	TELL(syscall(SYS_setfsuid32, 0));
	fchmod(fd, 06654);
	TELL(fchown(fd, -1, 50));
	fstat(fd, &st);
	note("%o", st.st_mode);
	close(fd);
}

/* What any file answers. */
static void check_ioctl(int fd, int end)
{
	int on = 1, off = 0, n = -1;

	lseek(fd, 2, SEEK_SET);
	TELL(ioctl(fd, FIONREAD, &n));
	note("%d to read", n);
	lseek(fd, 10000, SEEK_SET);
	TELL(ioctl(fd, FIONREAD, &n));
	note("%d to read", n);
	TELL(ioctl(fd, FIONREAD, 16));
	lseek(fd, 0, SEEK_SET);
	TELL(ioctl(fd, FIOCLEX));
	TELL(fcntl(fd, F_GETFD));
	TELL(ioctl(fd, FIONCLEX));
	TELL(fcntl(fd, F_GETFD));
	TELL(ioctl(fd, FIONBIO, &on));
	TELL(fcntl(fd, F_GETFL));
	TELL(ioctl(fd, FIONBIO, &off));
	TELL(fcntl(fd, F_GETFL));
	TELL(ioctl(fd, FIOASYNC, &off));
	TELL(ioctl(fd, FIOASYNC, &on));
	TELL(ioctl(fd, FIONBIO, 16));
	TELL(ioctl(end, FIONBIO, &on));
	TELL(fcntl(end, F_GETFL));
	TELL(read(end, text, 1));
	TELL(ioctl(end, FIOASYNC, &on));
	TELL(fcntl(end, F_GETFL));
	TELL(ioctl(end, FIOASYNC, &off));
	TELL(ioctl(end, FIONBIO, &off));
	TELL(fcntl(end, F_GETFL));
	TELL(ioctl(open(".", O_PATH), FIOCLEX));
	TELL(ioctl(99, FIOCLEX));
	TELL(ioctl(fd, 0x12345678));
}

/* What of all that fallocate() could do is wrong comes before what is not. */
static void check_allocate(void)
{
	int fd = make("f", "hello"), ends[2];

	TELL(fallocate(fd, 4, 0, 1));
	TELL(fallocate(fd, 2, 0, 1));
	TELL(fallocate(fd, 0x13, 0, 1));
	TELL(fallocate(fd, 9, 0, 1));
	TELL(fallocate(fd, 0x21, 0, 1));
	TELL(fallocate(fd, 0x48, 0, 1));
	TELL(fallocate(fd, 8, 0, 1));
	TELL(fallocate(fd, 0x41, 0, 1));
	TELL(fallocate64(fd, 8, 1ll << 45, 1));
	TELL(fallocate(open("f", O_RDONLY), 8, 0, 1));
	TELL(fallocate(open(".", O_RDONLY), 8, 0, 1));
	TELL(pipe2(ends, O_EXCL));
	TELL(syscall(SYS_pipe2, 16, O_EXCL));
	TELL(pipe2(ends, O_EXCL | O_RDWR));
	TELL(pipe(ends));
	TELL(fallocate(ends[1], 0, 0, 1));
	TELL(syscall(SYS_sync_file_range, ends[1], 0, 0, 1, 0, 7));
	TELL(syscall(SYS_sync_file_range, ends[1], 0, 1 << 12, 1, 0, 7));
	TELL(syscall(SYS_sync_file_range, ends[1], -1, 0xfff, 1, 0, 7));
	signal(SIGPIPE, SIG_IGN);
	check_ioctl(fd, ends[0]);
	close(ends[0]);
	TELL(sendfile(ends[1], fd, NULL, 0));
	TELL(sendfile(ends[1], open(".", O_RDONLY), NULL, 10));
	TELL(pipe2(ends, O_NONBLOCK));
	while (write(ends[1], text, 4096) > 0)
		;
	TELL(sendfile(ends[1], open("/dev/null", O_RDONLY), NULL, 10));
	TELL(sendfile(ends[1], fd, NULL, 10));
	signal(SIGPIPE, SIG_DFL);
	mkfifo("fifo", 0666);
	TELL(open("fifo", O_WRONLY | O_NONBLOCK | O_DIRECT));
	TELL(open("fifo", O_RDONLY | O_NONBLOCK | O_DIRECT));
	TELL(open("fifo", O_WRONLY | O_NONBLOCK));	/* nobody reads */
	TELL(open("fifo", O_ACCMODE | O_NONBLOCK));
	TELL(open(".", O_RDONLY | O_DIRECT));
	TELL(open("f", O_WRONLY | O_TRUNC | O_DIRECT));
	show(fd);
	TELL(open("new", O_WRONLY | O_CREAT | O_DIRECT, 0666));
	TELL(access("new", F_OK));
	close(fd);
}

/* Which program is it whose file nobody may write? */
static void check_busy(char **argv)
{
	int fd, child, status, two[2];

	fresh("busy");
	if (pipe(two))
		note("no pipe");
	fd = open("prog", O_CREAT | O_WRONLY, 0755);
	child = open("/proc/self/exe", O_RDONLY);
	if (child < 0)
		child = open(argv[0], O_RDONLY);
	if (child < 0)
		child = open("/init", O_RDONLY);
	while ((status = read(child, text, sizeof(text))) > 0)
		if (write(fd, text, status) != status)
			note("cannot copy");
	close(child);
	child = fork();
	if (!child) {
		TELL(execl("prog", "prog", "sleep", NULL));
		_exit(1);
	}
	waitpid(child, &status, 0);
	close(fd);
	child = fork();
	if (!child) {
		dup2(two[0], 0);
		close(two[1]);
		execl("prog", "prog", "sleep", NULL);
		_exit(1);
	}
	close(two[0]);
	until_asleep(child);
	TELL(open("prog", O_WRONLY));
	TELL(open("prog", O_RDWR));
	TELL(open("prog", O_RDONLY | O_TRUNC));
	TELL(truncate("prog", 0));
	TELL(close(open("prog", O_RDONLY)));
	TELL(rename("prog", "prog2"));
	TELL(unlink("prog2"));
	close(two[1]);
	waitpid(child, &status, 0);
	TELL(status);
}

int main(int argc, char **argv)
{
	guest_start(argv);
	if (argc > 1 && !strcmp(argv[1], "sleep"))
		return read(0, text, 1) != 0;
	umask(022);
	mkdir("/n", 0777);
	mkdir("/proc", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	if (mount("n", "/n", "tmpfs", 0, "size=4M"))
		note("no tmpfs: %s", strerrorname_np(errno));
	check_open();
	check_path_fds();
	check_transfers();
	check_large();
	check_holes();
	check_limits();
	check_locks();
	check_memfd();
	check_sendfile();
	check_sendfile_maps();
	check_times();
	check_stats();
	check_allocate();
	check_set_id();
	check_busy(argv);
	return guest_end();
}
