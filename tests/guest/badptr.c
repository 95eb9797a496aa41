// SPDX-License-Identifier: MIT
/*
 * badptr - a bad pointer in a system call is an error, never a death.
 *
 * Promises: EFAULT for NULL, for what is not mapped, for kernel addresses, for
 * buffers that wrap or straddle the 3 GiB border, for read-only targets and
 * PROT_NONE; a call that can do a part of its work says how much; lengths of 0
 * look at no pointer; whatever the answer, the program goes on.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A page with a hole behind it, one that is read-only, one for nobody. */
static uintptr_t page, hole, read_only, closed;

static struct bad {
	uintptr_t addr;
	const char *name;
	bool readable;		/* it is only writing that faults */
} bad[12];
static int nr_bad;

static void add(uintptr_t addr, const char *name, bool readable)
{
	bad[nr_bad++] = (struct bad){ addr, name, readable };
}

static void make_pointers(void)
{
	page = map(0x40000000, PAGE, RW, ANON | MAP_FIXED_NOREPLACE);
	hole = page + PAGE;
	read_only = map(0, PAGE, PROT_READ, ANON);
	closed = map(0, PAGE, PROT_NONE, ANON);
	add(0, "NULL", false);
	add(1, "byte 1", false);
	add(hole, "a hole", false);
	add(hole - 1, "a page's last byte", false);
	add(closed, "PROT_NONE", false);
	add(read_only, "a read-only page", true);
	add((uintptr_t)make_pointers, "the program's text", true);
	add(USER_TOP - 1, "3 GiB - 1", false);
	add(USER_TOP, "3 GiB", false);
	add(USER_TOP + 0x100000, "the kernel's image", false);
	add(0xFFFFF000, "the last page", false);
	add(0xFFFFFFFF, "the last byte", false);
}

/* Calls that write to the user, and the ones that read. */
#define EACH(writes, null_is_allowed, call, ...) do {			\
	for (int i = (null_is_allowed) ? 1 : 0; i < nr_bad; i++) {	\
		const uintptr_t at = bad[i].addr;			\
									\
		if ((writes) || !bad[i].readable)			\
			expect(sys(__VA_ARGS__), -EFAULT, "%s: %s",	\
			       call, bad[i].name);			\
	}								\
} while (0)

static int leave(long code)
{
	return code;
}

static void check_structs(void)
{
	int pid, got;

	EACH(true, false, "uname", SYS_uname, at);
	EACH(true, true, "gettimeofday", SYS_gettimeofday, at, 0);
	EACH(true, true, "gettimeofday's zone", SYS_gettimeofday, 0, at);
	EACH(true, false, "clock_gettime", SYS_clock_gettime, 1, at);
	EACH(false, false, "nanosleep", SYS_nanosleep, at, 0);
	EACH(false, true, "rt_sigaction's new", SYS_rt_sigaction, SIGUSR1, at,
	     0, 8);
	EACH(true, true, "rt_sigaction's old", SYS_rt_sigaction, SIGUSR1, 0,
	     at, 8);
	EACH(false, true, "rt_sigprocmask's new", SYS_rt_sigprocmask,
	     SIG_BLOCK, at, 0, 8);
	EACH(true, true, "rt_sigprocmask's old", SYS_rt_sigprocmask,
	     SIG_BLOCK, 0, at, 8);
	EACH(false, false, "set_thread_area", SYS_set_thread_area, at);
	for (int i = 1; i < nr_bad; i++) {
		pid = start(leave, 3);
		got = sys(SYS_wait4, pid, bad[i].addr, 0, 0);
		expect(got, -EFAULT, "wait4's status: %s", bad[i].name);
		while (waitpid(pid, NULL, 0) == pid)
			;
	}
	for (int i = 1; i < nr_bad; i++) {
		pid = start(leave, 3);
		got = sys(SYS_wait4, pid, 0, 0, bad[i].addr);
		expect(got, -EFAULT, "wait4's usage: %s", bad[i].name);
		while (waitpid(pid, NULL, 0) == pid)
			;
	}
}

static void check_strings(void)
{
	char *end = (char *)hole;

	memset((void *)page, 'a', PAGE);
	EACH(false, false, "open", SYS_open, at, 0, 0);
	expect(sys(SYS_open, page, 0, 0), -ENAMETOOLONG,
	       "open: a name of 4096 bytes");
	expect(sys(SYS_open, page + 1, 0, 0), -EFAULT,
	       "open: a name that runs into a hole");
	memcpy(end - 10, "/dev/null", 10);
	check(close(open(end - 10, O_RDONLY)) == 0,
	      "open: a name that ends on a page's last byte");
	end[-1] = 'x';
	expect(sys(SYS_open, (long)end - 10, 0, 0), -EFAULT,
	       "open: the same without its end");
	end[-1] = 0;
	expect(sys(SYS_open, (long)end - 1, 0, 0), -ENOENT,
	       "open: a name of nothing");
}

static void check_write(void)
{
	int null = open("/dev/null", O_RDWR);
	struct iovec iov[2] = { { (void *)page, 10 }, { (void *)page, 20 } };

	for (int i = 0; i < nr_bad; i++)
		if (!bad[i].readable && bad[i].addr != hole - 1)
			expect(sys(SYS_write, 1, bad[i].addr, 8), -EFAULT,
			       "write: %s", bad[i].name);
	expect(sys(SYS_write, null, hole, 100), 100,
	       "write to /dev/null does not look");
	expect(sys(SYS_write, null, 0x10000, 0x7fffffff), 0x7ffff000,
	       "write moves at most 0x7ffff000 bytes");
	expect(sys(SYS_write, null, hole, 0), 0, "write of nothing");
	expect(sys(SYS_write, -1, hole, 100), -EBADF,
	       "write: the descriptor is judged first");
	EACH(false, false, "writev", SYS_writev, null, at, 2);
	expect(sys(SYS_writev, null, (long)iov, 2), 30, "writev of two");
	expect(sys(SYS_writev, null, (long)iov, 0), 0, "writev of none");
	expect(sys(SYS_writev, null, (long)iov, -1), -EINVAL, "writev of -1");
	expect(sys(SYS_writev, null, (long)iov, 1025), -EINVAL,
	       "writev of 1025");
	iov[1].iov_len = -1;
	expect(sys(SYS_writev, null, (long)iov, 2), -EINVAL,
	       "writev: a length below 0");
	iov[1] = (struct iovec){ (void *)hole, 5 };
	expect(sys(SYS_writev, 1, (long)(iov + 1), 1), -EFAULT,
	       "writev: a buffer in a hole");
	close(null);
}

static void check_read(void)
{
	int null = open("/dev/null", O_RDWR);
	int zero = open("/dev/zero", O_RDWR);

	for (int i = 0; i < nr_bad; i++)
		if (bad[i].addr != hole - 1)
			expect(sys(SYS_read, zero, bad[i].addr, 8), -EFAULT,
			       "read: %s", bad[i].name);
	memset((void *)page, 1, PAGE);
	expect(sys(SYS_read, zero, page, 2 * PAGE), PAGE,
	       "read of two pages, the second a hole: one page");
	check(is_zero(page, PAGE), "which is all there");
	memset((void *)page, 1, PAGE);
	expect(sys(SYS_read, zero, hole - 64, 128), 64, "read of 64 of 128");
	check(is_zero(hole - 64, 64) && *(char *)(hole - 65) == 1,
	      "and not a byte before them");
	expect(sys(SYS_read, zero, hole, 0), 0, "read of nothing");
	expect(sys(SYS_read, null, hole, 100), 0,
	       "read from /dev/null does not look");
	expect(sys(SYS_read, 99, hole, 100), -EBADF,
	       "read: the descriptor is judged first");
	for (int i = 0; i < nr_bad; i++) {
		long got = sys(SYS_ioctl, 1, TCGETS, bad[i].addr);

		check(got == -EFAULT || got == -ENOTTY,
		      "ioctl TCGETS: %s", bad[i].name);
	}
	expect(sys(SYS_ioctl, null, TCGETS, hole), -ENOTTY,
	       "ioctl TCGETS: /dev/null is no terminal");
	expect(sys(SYS_ioctl, 99, TCGETS, hole), -EBADF,
	       "ioctl: the descriptor is judged first");
	close(null);
	close(zero);
}

static void check_half(void)
{
	/* A struct whose head is writable and whose tail is not there. */
	memset((void *)page, 7, PAGE);
	expect(sys(SYS_uname, hole - 100), -EFAULT, "uname: half there");
	expect(sys(SYS_gettimeofday, hole - 4, 0), -EFAULT,
	       "gettimeofday: half there");
	expect(sys(SYS_clock_gettime, 1, hole - 4), -EFAULT,
	       "clock_gettime: half there");
	expect(sys(SYS_nanosleep, hole - 4, 0), -EFAULT,
	       "nanosleep: half there");
	expect(sys(SYS_rt_sigprocmask, SIG_BLOCK, hole - 4, 0, 8), -EFAULT,
	       "rt_sigprocmask: half there");
	expect(sys(SYS_rt_sigaction, SIGUSR1, hole - 16, 0, 8), -EFAULT,
	       "rt_sigaction: half there");
	expect(sys(SYS_rt_sigprocmask, SIG_BLOCK, 0, hole - 8, 8), 0,
	       "rt_sigprocmask: at the very end of a page");
	expect(sys(SYS_clock_gettime, 1, hole - 8), 0,
	       "clock_gettime: at the very end of a page");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	make_pointers();
	check_structs();
	check_strings();
	check_write();
	check_read();
	check_half();
	check(is_zero(read_only, PAGE), "the read-only page was never written");
	return guest_end();
}
