// SPDX-License-Identifier: MIT
/*
 * file - descriptors, names and devices, asked through the system calls.
 */
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/path.h"
#include "fs/random.h"
#include "fs/tty.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mmap.h"
#include "mm/slab.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/uaccess.h"

#define BASE		PROCESS_BASE
#define END		PROCESS_END
#define KERNEL		PAGE_OFFSET

#define AT_FDCWD	(-100)
#define AT_EMPTY_PATH	0x1000
#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4

static long open(const char *path, uint32_t flags)
{
	return call(sys_open, user_text(path), flags);
}

static void put_words(vaddr_t at, const uint32_t *words, size_t nr)
{
	EXPECT_EQ(copy_to_user(at, words, nr * 4), 0);
}

static bool user_is(vaddr_t at, uint8_t byte, size_t size)
{
	uint8_t got;

	for (size_t i = 0; i < size; i++) {
		user_read(&got, at + i, 1);
		if (got != byte)
			return false;
	}
	return true;
}

static void user_fill(vaddr_t at, uint8_t byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		EXPECT_EQ(copy_to_user(at + i, &byte, 1), 0);
}

/* ----------------------------------------------------------- descriptors */

TEST(file, open_takes_the_lowest_free_descriptor)
{
	process_begin();
	EXPECT_EQ(open("/dev/null", O_RDWR), 3);
	EXPECT_EQ(open("/dev/zero", O_RDWR), 4);
	EXPECT_EQ(open("/dev/null", O_RDWR), 5);
	EXPECT_EQ(call(sys_close, 4), 0);
	EXPECT_EQ(call(sys_close, 4), -EBADF);
	EXPECT_EQ(call(sys_close, 0), 0);
	EXPECT_EQ(open("/dev/full", O_RDWR), 0);
	EXPECT_EQ(open("/dev/full", O_RDWR), 4);
	EXPECT_EQ(call(sys_close, FILES_MAX), -EBADF);
	EXPECT_EQ(call(sys_close, -1), -EBADF);
	process_end();
}

TEST(file, when_all_descriptors_are_taken_open_says_EMFILE)
{
	process_begin();
	for (int fd = 3; fd < FILES_MAX; fd++)
		if (!EXPECT_EQ(open("/dev/null", O_RDWR), fd))
			break;
	EXPECT_EQ(open("/dev/null", O_RDWR), -EMFILE);
	EXPECT_EQ(open("/no/such", O_RDWR), -EMFILE);
	EXPECT_EQ(call(sys_fcntl, 1, F_DUPFD, 0), -EMFILE);
	EXPECT_EQ(call(sys_close, 200), 0);
	EXPECT_EQ(open("/no/such", O_RDWR), -ENOENT);
	EXPECT_EQ(open("/dev/null", O_RDWR), 200);
	process_end();
}

TEST(file, a_copied_table_has_the_same_files_and_positions)
{
	struct files *copy;
	struct file *file;
	long fd;

	process_begin();
	fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(call(sys_read, fd, BASE, 5), 5);
	copy = files_clone(current_task()->files);
	REQUIRE(copy);
	EXPECT_EQ(call(sys_read, fd, BASE, 5), 5);
	file = files_find(copy, fd);
	EXPECT(file && file->pos == 10 && file->vm.refs == 3);
	file_put(file);
	EXPECT(files_cloexec(copy, fd) && !files_cloexec(copy, 1));
	EXPECT_EQ(call(sys_close, fd), 0);
	EXPECT_EQ(files_close(copy, fd), 0);
	EXPECT(!files_find(copy, fd));
	EXPECT_EQ(files_reserve(copy, 0), fd);	/* a reserved one is not open */
	EXPECT(!files_find(copy, fd));
	EXPECT_EQ(files_close(copy, fd), -EBADF);
	files_cancel(copy, fd);
	files_put(copy);
	process_end();
}

TEST(file, a_duplicate_shares_flags_but_not_cloexec)
{
	long fd, dup;

	process_begin();
	fd = open("/dev/null", O_RDWR | O_CLOEXEC | O_APPEND);
	EXPECT_EQ(call(sys_fcntl, fd, F_GETFD), 1);
	EXPECT_EQ(call(sys_fcntl, fd, F_GETFL), O_RDWR | O_APPEND);
	dup = call(sys_fcntl, fd, F_DUPFD, 100);
	EXPECT_EQ(dup, 100);
	EXPECT_EQ(call(sys_fcntl, dup, F_GETFD), 0);
	EXPECT_EQ(call(sys_fcntl, dup, F_SETFD, 1), 0);
	EXPECT_EQ(call(sys_fcntl, dup, F_GETFD), 1);
	EXPECT_EQ(call(sys_fcntl, dup, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(call(sys_fcntl, fd, F_GETFL), O_RDWR | O_NONBLOCK);
	EXPECT_EQ(call(sys_fcntl, fd, F_DUPFD, FILES_MAX), -EINVAL);
	EXPECT_EQ(call(sys_fcntl, fd, 999), -EINVAL);
	EXPECT_EQ(call(sys_fcntl, 99, F_GETFD), -EBADF);
	process_end();
}

static const char *const no_memory_path = "/proc/version";

TEST(file, open_and_read_without_memory_fail_and_lose_nothing)
{
	unsigned int n = 0;
	bool is_whole;
	long fd, got;

	process_begin();
	user_fill(BASE, 0, 64);			/* no faults later */
	user_text(no_memory_path);
	do {
		alloc_fail_after(n);
		fd = open(no_memory_path, O_RDONLY);
		got = fd < 0 ? fd : call(sys_read, fd, BASE, 64);
		alloc_fail_off();
		is_whole = got > 0;
		EXPECT(is_whole || got == -ENOMEM);
		if (fd >= 0)
			EXPECT_EQ(call(sys_close, fd), 0);
		EXPECT_EQ(call(sys_close, 3), -EBADF);
	} while (!is_whole && ++n < 100);
	EXPECT(n > 2 && is_whole);
	process_end();
}

TEST(file, tables_without_memory_fail_and_lose_nothing)
{
	struct files *files = NULL, *copy = NULL;

	for (unsigned int n = 0; !files && n < 100; n++) {
		alloc_fail_after(n);
		files = files_create();
		alloc_fail_off();
	}
	REQUIRE(files);
	for (unsigned int n = 0; !copy && n < 100; n++) {
		alloc_fail_after(n);
		copy = files_clone(files);
		alloc_fail_off();
	}
	files_put(files);
	REQUIRE(copy);
	files_put(copy);
}

/* ----------------------------------------------------------------- names */

TEST(file, names_resolve_as_in_Linux)
{
	static const struct {
		const char *path;
		uint32_t flags;
		int err;
	} cases[] = {
		{ "/dev/null", O_RDWR, 0 },
		{ "//dev/./../dev//null", O_RDWR, 0 },
		{ "dev/null", O_RDWR, 0 },
		{ "../../dev/null", O_RDWR, 0 },
		{ "/", O_RDONLY, 0 },
		{ "/dev/", O_RDONLY | O_DIRECTORY, 0 },
		{ "/proc/self/../self/comm", O_RDONLY, 0 },
		{ "/proc/1/stat", O_RDONLY, 0 },
		{ "/proc/self/", O_NOFOLLOW, 0 },
		{ "", O_RDONLY, -ENOENT },
		{ "/nope", O_RDONLY, -ENOENT },
		{ "/dev/nul", O_RDONLY, -ENOENT },
		{ "/dev/nulll", O_RDONLY, -ENOENT },
		{ "/proc/01/stat", O_RDONLY, -ENOENT },
		{ "/proc/99999/stat", O_RDONLY, -ENOENT },
		{ "/proc/999999999999/stat", O_RDONLY, -ENOENT },
		{ "/proc/<pid>/stat", O_RDONLY, -ENOENT },
		{ "/proc/self/exe", O_RDONLY, -ENOENT },
		{ "/dev/null/", O_RDONLY, -ENOTDIR },
		{ "/dev/null/x", O_RDONLY, -ENOTDIR },
		{ "/dev/null/..", O_RDONLY, -ENOTDIR },
		{ "/dev/null", O_DIRECTORY, -ENOTDIR },
		{ "/dev", O_WRONLY, -EISDIR },
		{ "/dev", O_RDONLY | O_CREAT, -EISDIR },
		{ "/proc/new", O_WRONLY | O_CREAT, -ENOENT },
		{ "/no/new", O_WRONLY | O_CREAT, -ENOENT },
		{ "/dev/null", O_RDWR | O_CREAT, 0 },
		{ "/dev/null", O_RDWR | O_CREAT | O_EXCL, -EEXIST },
		{ "/proc/self", O_NOFOLLOW, -ELOOP },
	};

	process_begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		long fd = open(cases[i].path, cases[i].flags);

		if (!EXPECT_EQ(fd < 0 ? fd : 0, cases[i].err))
			kprint("# at %s\n", cases[i].path);
		if (fd >= 0)
			EXPECT_EQ(call(sys_close, fd), 0);
	}
	process_end();
}

TEST(file, long_names_say_ENAMETOOLONG)
{
	process_begin();
	user_fill(BASE, 'a', 2 * PAGE_SIZE);
	EXPECT_EQ(copy_to_user(BASE, "/", 1), 0);
	EXPECT_EQ(copy_to_user(BASE + 1 + NAME_MAX, "", 1), 0);
	EXPECT_EQ(call(sys_open, BASE, O_RDONLY), -ENOENT);
	EXPECT_EQ(copy_to_user(BASE + 1 + NAME_MAX, "b\0", 2), 0);
	EXPECT_EQ(call(sys_open, BASE, O_RDONLY), -ENAMETOOLONG);

	user_fill(BASE, '/', PATH_SIZE);
	EXPECT_EQ(call(sys_open, BASE, O_RDONLY), -ENAMETOOLONG);
	EXPECT_EQ(copy_to_user(BASE + PATH_SIZE - 1, "", 1), 0);
	EXPECT_EQ(call(sys_open, BASE, O_RDONLY), 3);
	process_end();
}

TEST(file, names_may_start_at_an_open_directory)
{
	long dev, null, fd;

	process_begin();
	dev = open("/dev", O_RDONLY);
	null = open("/dev/null", O_RDONLY);
	fd = call(sys_openat, dev, user_text("zero"), O_RDONLY);
	EXPECT_EQ(fd, 5);
	EXPECT_EQ(call(sys_openat, null, user_text("zero"), 0), -ENOTDIR);
	EXPECT_EQ(call(sys_openat, 99, user_text("zero"), 0), -EBADF);
	EXPECT_EQ(call(sys_openat, 99, user_text("/dev/zero"), 0), 6);
	EXPECT_EQ(call(sys_openat, AT_FDCWD, user_text("dev/zero"), 0), 7);
	EXPECT_EQ(call(sys_faccessat, dev, user_text("../proc"), 5), 0);
	EXPECT_EQ(call(sys_read, dev, BASE, 1), -EISDIR);
	EXPECT_EQ(call(sys_write, dev, BASE, 1), -EBADF);
	process_end();
}

TEST(file, bad_pointers_say_EFAULT)
{
	static const vaddr_t bad[] = { 0, END, KERNEL - 1, KERNEL,
				       KERNEL + 0x100000, 0xfffff000 };

	process_begin();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		vaddr_t at = bad[i];
		vaddr_t name = user_text("/dev/null");

		EXPECT_EQ(call(sys_open, at, 0), -EFAULT);
		EXPECT_EQ(call(sys_access, at, 0), -EFAULT);
		EXPECT_EQ(call(sys_readlink, at, BASE, 9), -EFAULT);
		EXPECT_EQ(call(sys_readlink, user_text("/proc/self"), at, 9),
			  -EFAULT);
		EXPECT_EQ(call(sys_stat64, at, BASE), -EFAULT);
		EXPECT_EQ(call(sys_stat64, name, at), -EFAULT);
		EXPECT_EQ(call(sys_fstat64, 1, at), -EFAULT);
		EXPECT_EQ(call(sys_statx, AT_FDCWD, at, 0, 0, BASE), -EFAULT);
		EXPECT_EQ(call(sys_statx, AT_FDCWD, name, 0, 0, at), -EFAULT);
		EXPECT_EQ(call(sys_write, 1, at, 1), -EFAULT);
		EXPECT_EQ(call(sys_writev, 1, at, 1), -EFAULT);
		EXPECT_EQ(call(sys_readv, 1, at, 1), -EFAULT);
		EXPECT_EQ(call(sys_ioctl, 1, TCGETS, at), -EFAULT);
		EXPECT_EQ(call(sys_ioctl, 1, TCSETS, at), -EFAULT);
		EXPECT_EQ(call(sys_ioctl, 1, FIONREAD, at), -EFAULT);
	}
	process_end();
}

/* --------------------------------------------------------------- devices */

static size_t nr_live_files(void)
{
	struct slab_stats stats;

	for (unsigned int n = 0; slab_get_stats(n, &stats); n++)
		if (!strcmp(stats.name, "file"))
			return stats.nr_live;
	return 0;
}

TEST(file, a_mapping_needs_a_readable_file_and_keeps_none)
{
	const uint32_t rw = PROT_READ | PROT_WRITE;
	size_t nr_live;
	long fd, to, at;

	process_begin();
	nr_live = nr_live_files();
	fd = open("/dev/zero", O_RDWR);
	for (int i = 0; i < 3; i++) {
		at = call(sys_mmap2, 0, PAGE_SIZE, rw, MAP_PRIVATE, fd);
		EXPECT(at > (long)PROCESS_END || at < 0);
		EXPECT(user_is(at, 0, 4));
	}
	EXPECT_EQ(call(sys_dup3, fd, 9, O_CLOEXEC), 9);
	EXPECT_EQ(call(sys_fcntl, 9, F_GETFD), 1);
	EXPECT_EQ(call(sys_close, 9), 0);
	EXPECT_EQ(call(sys_close, fd), 0);
	EXPECT_EQ(nr_live_files(), nr_live);
	to = open("/dev/zero", O_WRONLY);
	EXPECT_EQ(call(sys_mmap2, 0, PAGE_SIZE, PROT_WRITE, MAP_PRIVATE, to),
		  -EACCES);
	EXPECT_EQ(call(sys_mmap2, 0, PAGE_SIZE, rw, MAP_SHARED, to), -EACCES);
	EXPECT_EQ(call(sys_close, to), 0);
	fd = open("/dev/zero", O_RDONLY);
	EXPECT_EQ(call(sys_mmap2, 0, PAGE_SIZE, rw, MAP_SHARED, fd), -EACCES);
	EXPECT_EQ(call(sys_mmap2, 0, PAGE_SIZE, rw, MAP_PRIVATE, 77), -EBADF);
	EXPECT_EQ(call(sys_close, fd), 0);
	process_end();
}

TEST(file, null_zero_and_full_do_what_their_names_say)
{
	long null, zero, full;

	process_begin();
	null = open("/dev/null", O_RDWR);
	zero = open("/dev/zero", O_RDWR);
	full = open("/dev/full", O_RDWR);
	user_fill(BASE, 7, 100);
	EXPECT_EQ(call(sys_read, null, BASE, 100), 0);
	EXPECT_EQ(call(sys_write, null, END, 100), 100);
	EXPECT(user_is(BASE, 7, 100));
	EXPECT_EQ(call(sys_write, zero, BASE, 100), 100);
	EXPECT_EQ(call(sys_read, zero, BASE + 1, 98), 98);
	EXPECT(user_is(BASE, 7, 1) && user_is(BASE + 1, 0, 98) &&
	       user_is(BASE + 99, 7, 1));
	EXPECT_EQ(call(sys_write, full, BASE, 1), -ENOSPC);
	EXPECT_EQ(call(sys_read, full, BASE, 100), 100);
	EXPECT(user_is(BASE, 0, 100));
	EXPECT_EQ(call(sys_lseek, null, 5, SEEK_SET), 0);
	process_end();
}

TEST(file, a_copy_that_runs_into_a_hole_counts_what_it_did)
{
	long zero, random, version;

	process_begin();
	zero = open("/dev/zero", O_RDONLY);
	random = open("/dev/urandom", O_RDONLY);
	version = open("/proc/version", O_RDONLY);
	EXPECT_EQ(call(sys_read, zero, END - PAGE_SIZE - 9, 3 * PAGE_SIZE),
		  PAGE_SIZE + 9);
	EXPECT_EQ(call(sys_read, random, END - 300, 600), 300);
	EXPECT_EQ(call(sys_read, version, END - 4, 10), 4);
	EXPECT_EQ(call(sys_lseek, version, 0, SEEK_CUR), 4);
	EXPECT_EQ(call(sys_read, version, END, 10), -EFAULT);
	EXPECT_EQ(call(sys_lseek, version, 0, SEEK_CUR), 4);
	EXPECT_EQ(call(sys_read, zero, END, 10), -EFAULT);
	EXPECT_EQ(call(sys_read, zero, KERNEL - 5, 10), -EFAULT);
	EXPECT_EQ(call(sys_read, zero, KERNEL + 1, 0), -EFAULT);
	EXPECT_EQ(call(sys_read, zero, BASE, 0x80000000), -EINVAL);
	EXPECT_EQ(call(sys_read, zero, BASE, 0xffffffff), -EFAULT);
	process_end();
}

TEST(file, random_bytes_differ_and_stay_inside)
{
	uint8_t a[80] = { 0 }, b[80] = { 0 }, seen[256] = { 0 };
	unsigned int kinds = 0;

	random_bytes(a, 70);
	random_bytes(b, 70);
	EXPECT(memcmp(a, b, 70));
	for (size_t i = 70; i < sizeof(a); i++)
		EXPECT(!a[i] && !b[i]);
	for (size_t i = 0; i < 70; i++)
		if (!seen[a[i]]++)
			kinds++;
	EXPECT(kinds > 30);		/* 60 are usual, of 256 */
}

TEST(file, readv_and_writev_stop_at_the_first_short_piece)
{
	static const uint32_t pieces[] = { BASE + 100, 5, END, 0, BASE + 200,
					   5, END - 3, 6, BASE + 300, 5 };
	long zero;

	process_begin();
	zero = open("/dev/zero", O_RDWR);
	put_words(BASE, pieces, ARRAY_SIZE(pieces));
	user_fill(BASE + 100, 1, 300);
	EXPECT_EQ(call(sys_readv, zero, BASE, 5), 13);
	EXPECT(user_is(BASE + 100, 0, 5) && user_is(BASE + 105, 1, 1));
	EXPECT(user_is(BASE + 200, 0, 5) && user_is(BASE + 300, 1, 5));
	EXPECT_EQ(call(sys_writev, zero, BASE, 5), 21);
	EXPECT_EQ(call(sys_readv, zero, BASE, 0), 0);
	EXPECT_EQ(call(sys_readv, zero, BASE, 1025), -EINVAL);
	EXPECT_EQ(call(sys_readv, zero, BASE, -1), -EINVAL);
	EXPECT_EQ(call(sys_readv, 99, BASE, -1), -EBADF);
	put_words(BASE, (uint32_t[]){ KERNEL, 1, BASE, -1 }, 4);
	EXPECT_EQ(call(sys_readv, zero, BASE, 2), -EINVAL);
	EXPECT_EQ(call(sys_readv, zero, BASE, 1), -EFAULT);
	process_end();
}

TEST(file, lseek_obeys_those_files_that_have_a_position)
{
	uint64_t pos;
	long fd;

	process_begin();
	fd = open("/proc/version", O_RDONLY);
	EXPECT_EQ(call(sys_lseek, fd, 7, SEEK_SET), 7);
	EXPECT_EQ(call(sys_lseek, fd, -3, SEEK_CUR), 4);
	EXPECT_EQ(call(sys_lseek, fd, -5, SEEK_CUR), -EINVAL);
	EXPECT_EQ(call(sys_lseek, fd, 0, SEEK_END), -EINVAL);
	EXPECT_EQ(call(sys_lseek, fd, 0, 5), -EINVAL);
	EXPECT_EQ(call(sys_lseek, fd, 0, SEEK_CUR), 4);
	EXPECT_EQ(call(sys__llseek, fd, 1, 2, BASE, SEEK_SET), 0);
	user_read(&pos, BASE, sizeof(pos));
	EXPECT(pos == 0x100000002ull);
	EXPECT_EQ(call(sys_lseek, fd, 0, SEEK_CUR), -EOVERFLOW);
	EXPECT_EQ(call(sys_read, fd, BASE, 10), 0);
	EXPECT_EQ(call(sys__llseek, fd, 0, 0, END, SEEK_SET), -EFAULT);
	EXPECT_EQ(call(sys_lseek, 1, 0, SEEK_CUR), -ESPIPE);
	EXPECT_EQ(call(sys_lseek, 99, 0, 9), -EBADF);
	process_end();
}

TEST(file, stat_tells_of_devices_and_leaks_no_kernel_bytes)
{
	uint8_t stat[96], statx[256];

	process_begin();
	user_fill(BASE, 0xff, 512);
	EXPECT_EQ(call(sys_stat64, user_text("/dev/zero"), BASE), 0);
	user_read(stat, BASE, sizeof(stat));
	EXPECT(user_is(BASE + 96, 0xff, 8));
	EXPECT_EQ(*(uint32_t *)(stat + 8), 0);			/* padding */
	EXPECT_EQ(*(uint32_t *)(stat + 16), S_IFCHR | 0666);
	EXPECT_EQ(*(uint32_t *)(stat + 32), DEV(1, 5));
	EXPECT_EQ(*(uint32_t *)(stat + 40), 0);			/* padding */
	EXPECT_EQ(*(uint32_t *)(stat + 12), *(uint32_t *)(stat + 88));

	user_fill(BASE, 0xff, 512);
	EXPECT_EQ(call(sys_statx, 1, user_text(""), AT_EMPTY_PATH, 0x7ff,
		       BASE), 0);
	user_read(statx, BASE, sizeof(statx));
	EXPECT(user_is(BASE + 256, 0xff, 8));
	EXPECT_EQ(*(uint32_t *)(statx + 28), S_IFCHR | 0600); /* mode, pad */
	EXPECT_EQ(*(uint32_t *)(statx + 128), 5);
	EXPECT_EQ(*(uint32_t *)(statx + 132), 1);
	EXPECT(user_is(BASE + 152, 0, 104));			/* spare */

	EXPECT_EQ(call(sys_statx, 1, user_text(""), 0, 0, BASE), -ENOENT);
	EXPECT_EQ(call(sys_statx, 9, user_text(""), AT_EMPTY_PATH, 0, BASE),
		  -EBADF);
	EXPECT_EQ(call(sys_statx, 1, END, 0x6000, 0, BASE), -EINVAL);
	EXPECT_EQ(call(sys_statx, 1, END, 0, 0x80000000, BASE), -EINVAL);
	process_end();
}

TEST(file, access_and_readlink_as_in_Linux)
{
	process_begin();
	EXPECT_EQ(call(sys_access, user_text("/dev/null"), 6), 0);
	EXPECT_EQ(call(sys_access, user_text("/dev/null"), 1), -EACCES);
	EXPECT_EQ(call(sys_access, user_text("/dev/null"), 8), -EINVAL);
	EXPECT_EQ(call(sys_access, user_text("/dev"), 5), 0);
	EXPECT_EQ(call(sys_access, user_text("/dev"), 2), 0);
	EXPECT_EQ(call(sys_access, user_text("/dev/x"), 0), -ENOENT);
	EXPECT_EQ(call(sys_readlink, user_text("/dev/null"), BASE, 9),
		  -EINVAL);
	EXPECT_EQ(call(sys_readlink, user_text("/proc/self"), BASE, 9), 1);
	EXPECT(user_is(BASE, '1', 1));
	EXPECT_EQ(call(sys_readlink, user_text("/proc/self"), BASE, 0),
		  -EINVAL);
	EXPECT_EQ(call(sys_umask, 0137), 022);
	EXPECT_EQ(call(sys_umask, 022), 0137);
	process_end();
}

/* --------------------------------------------------------------- console */

static void type(const char *text)
{
	while (*text)
		tty_receive(*text++);
}

static uint32_t readable(void)
{
	uint32_t n = -1;

	EXPECT_EQ(call(sys_ioctl, 0, FIONREAD, BASE), 0);
	user_read(&n, BASE, 4);
	return n;
}

TEST(file, the_console_reads_what_is_typed)
{
	struct termios termios, silent;
	char text[512];

	process_begin();
	tty_get_termios(&termios);
	silent = termios;
	silent.lflag &= ~ECHO;			/* none among the results */
	tty_set_termios(&silent);
	type("on\177ne\rtwo");
	EXPECT_EQ(readable(), 4);
	EXPECT_EQ(call(sys_read, 0, BASE, 100), 4);
	user_read(text, BASE, 4);
	EXPECT(!memcmp(text, "one\n", 4));
	type("\r");
	EXPECT_EQ(call(sys_read, 0, BASE, 2), 2);
	EXPECT_EQ(call(sys_read, 0, BASE, 0), 0);
	EXPECT_EQ(call(sys_read, 0, BASE, 100), 2);
	memset(text, 'x', sizeof(text));
	text[300] = '\0';
	type(text);
	type("\r");
	EXPECT_EQ(call(sys_read, 0, BASE, 1000), 301);
	type("\004");				/* ^D: the end */
	EXPECT_EQ(call(sys_read, 0, BASE, 100), 0);
	tty_set_termios(&termios);
	process_end();
}

TEST(file, a_write_to_the_console_is_whole_or_says_how_much)
{
	process_begin();
	user_fill(BASE, '#', PAGE_SIZE);
	EXPECT_EQ(copy_to_user(BASE + 999, "\n", 1), 0);
	EXPECT_EQ(copy_to_user(END - 6, "# end\n", 6), 0);
	EXPECT_EQ(call(sys_write, 1, BASE, 1000), 1000);
	EXPECT_EQ(call(sys_write, 1, END - 6, 6), 6);
	EXPECT_EQ(call(sys_write, 1, END - 6, 500), -EFAULT);
	EXPECT_EQ(call(sys_write, 1, BASE, 0), 0);
	process_end();
}
