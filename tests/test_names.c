// SPDX-License-Identifier: MIT
/*
 * names - trees of names and mounts from the kernel's side: what a call without
 * memory leaves behind, what is counted, and trees of odd shapes.
 */
#include "fs/filemap.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/uaccess.h"

#define BASE		PROCESS_BASE
#define TOP		"/names-test"
#define SEEK_END	2
#define F_SETLK64	13
#define F_SETPIPE_SZ	1031
#define MOST		64u		/* allocations of one call */

static void begin(void)
{
	process_begin();
	EXPECT_EQ(call(sys_mkdir, user_text(TOP), 0777), 0);
	EXPECT_EQ(call(sys_mount, user_text("t"), user_text(TOP),
		       user_text("tmpfs"), 0, user_text("size=1M")), 0);
	EXPECT_EQ(call(sys_chdir, user_text(TOP)), 0);
}

static void end(void)
{
	EXPECT_EQ(call(sys_chdir, user_text("/")), 0);
	EXPECT_EQ(call(sys_umount2, user_text(TOP), 0), 0);
	EXPECT_EQ(call(sys_rmdir, user_text(TOP)), 0);
	process_end();
}

static bool look(const char *name, struct path *path)
{
	const struct viewpoint view = { mount_root(), mount_root(),
					cred_root(), 0 };

	return path_lookup(&view, name, 0, path) == 0;
}

/* All that can be seen of a tree, in one number; of one level is enough. */
static uint32_t digest(void)
{
	const struct dentry *dentry;
	struct inode *dir;
	uint32_t sum = 1;
	struct path path;

	if (!EXPECT(look(TOP, &path)))
		return 0;
	dir = path.dentry->inode;
	mutex_lock(&names_lock);
	list_for_each_entry(dentry, &dir->order, link) {
		const struct inode *inode = dentry->inode;

		sum = sum * 31 + dentry->hash + inode->nlink * 7 +
		      (uint32_t)inode_size(inode) + inode->mode;
	}
	sum += dir->nr_names + dir->nlink * 5 + dir->super->nr_inodes * 11 +
	       dir->super->nr_pages * 13 + path.mount->nr_writers * 17;
	mutex_unlock(&names_lock);
	path_put(path);
	return sum;
}

static long open(const char *name, uint32_t flags)
{
	return call(sys_open, user_text(name), flags, 0666);
}

static void make_file(const char *name)
{
	long fd = open(name, O_CREAT | O_WRONLY);

	EXPECT_EQ(call(sys_write, fd, BASE, 10), 10);
	EXPECT_EQ(call(sys_close, fd), 0);
}

/* ------------------------------------------------------- without memory */

/* What each attempt does; a descriptor that it returns is closed. */
struct attempt {
	const char *name;
	long (*run)(void);
	bool gives_fd;
};

#define ATTEMPT(name, expression)					\
	static long try_##name(void) { return expression; }

ATTEMPT(mkdir, call(sys_mkdir, user_text("new-d"), 0777))
ATTEMPT(mkdirs, call(sys_mkdir, user_text("to-d/new"), 0777))
ATTEMPT(symlink, call(sys_symlink, user_text("x"), user_text("new-l")))
ATTEMPT(mknod, call(sys_mknod, user_text("new-n"), S_IFIFO | 0666, 0))
ATTEMPT(link, call(sys_link, user_text("f"), user_text("new-f")))
ATTEMPT(rename, call(sys_rename, user_text("f"), user_text("renamed")))
ATTEMPT(replace, call(sys_rename, user_text("renamed"), user_text("g")))
ATTEMPT(exchange, call(sys_renameat2, -100, user_text("g"), -100,
		       user_text("d"), 2))
ATTEMPT(create, open("created", O_CREAT | O_RDWR))
ATTEMPT(unnamed, open(".", O_TMPFILE | O_RDWR))
ATTEMPT(existing, open("to-h", O_RDWR))
ATTEMPT(write, call(sys_write, 3, BASE, 5000))
ATTEMPT(sparse, call(sys_pwrite64, 3, BASE, 5000, 300000, 0))
ATTEMPT(append, call(sys_writev, 3, BASE + 64, 1))
ATTEMPT(resize, call(sys_ftruncate64, 3, 3, 0))
ATTEMPT(memfd, call(sys_memfd_create, user_text("memfd"), 0))
ATTEMPT(stat, call(sys_stat64, user_text("h"), BASE))
ATTEMPT(getcwd, call(sys_getcwd, BASE, 100))
ATTEMPT(chmod, call(sys_chmod, user_text("h"), 0600))
ATTEMPT(readlink, call(sys_readlink, user_text("to-h"), BASE, 100))
ATTEMPT(dup2, call(sys_dup2, 3, 300))
ATTEMPT(pipe, call(sys_pipe2, BASE, 0))
ATTEMPT(resize_pipe, call(sys_fcntl64, 5, F_SETPIPE_SZ, 1 << 18))
ATTEMPT(lock, call(sys_fcntl64, 3, F_SETLK64, BASE + 128))
ATTEMPT(mount, call(sys_mount, user_text("x"), user_text("m"),
		    user_text("tmpfs"), 0, user_text("size=10k,mode=700")))
ATTEMPT(bind, call(sys_mount, user_text("m"), user_text("m2"), 0, 0x5000))
ATTEMPT(bind_all, call(sys_mount, user_text("."), user_text("m2"), 0,
		       0x5000))
ATTEMPT(remount, call(sys_mount, 0, user_text("m"), 0, 0x20,
		      user_text("size=20k")))
ATTEMPT(unlink, call(sys_unlink, user_text("h")))
ATTEMPT(rmdir, call(sys_rmdir, user_text("new-d")))

#define ROW(name)	{ #name, try_##name, false }
#define ROW_FD(name)	{ #name, try_##name, true }

static const struct attempt attempts[] = {
	ROW(mkdir), ROW(mkdirs), ROW(symlink), ROW(mknod), ROW(link),
	ROW(rename), ROW(replace), ROW(exchange), ROW_FD(create),
	ROW_FD(unnamed), ROW_FD(existing), ROW(write), ROW(sparse),
	ROW(append), ROW(resize), ROW_FD(memfd), ROW(stat), ROW(getcwd),
	ROW(chmod), ROW(readlink), ROW(dup2), ROW(pipe), ROW(resize_pipe),
	ROW(lock), ROW(mount), ROW(bind), ROW(bind_all), ROW(remount),
	ROW(unlink), ROW(rmdir),
};

static void attempt_until_it_works(const struct attempt *attempt)
{
	uint32_t before = digest();
	unsigned int n;
	long result;

	for (n = 0; n < MOST; n++) {
		alloc_fail_after(n);
		result = attempt->run();
		alloc_fail_off();
		if (result >= 0)
			break;
		if (!EXPECT_EQ(result, -ENOMEM) ||
		    !EXPECT_EQ(digest(), before)) {
			ktest_fail(__FILE__, __LINE__, attempt->name);
			return;
		}
	}
	if (!EXPECT(n < MOST && result >= 0))
		ktest_fail(__FILE__, __LINE__, attempt->name);
	if (attempt->gives_fd && result >= 0)
		EXPECT_EQ(call(sys_close, result), 0);
}

TEST(names, a_call_without_memory_changes_nothing)
{
	const uint32_t iov[2] = { BASE, 5000 };
	const uint32_t lock[6] = { 1, 0, 0, 100, 0, 0 };

	begin();
	EXPECT_EQ(copy_to_user(BASE + 64, iov, sizeof(iov)), 0);
	EXPECT_EQ(copy_to_user(BASE + 128, lock, sizeof(lock)), 0);
	EXPECT_EQ(clear_user(BASE + PAGE_SIZE, PAGE_SIZE), 0);
	make_file("f");
	make_file("g");
	make_file("h");
	EXPECT_EQ(call(sys_mkdir, user_text("d"), 0777), 0);
	EXPECT_EQ(call(sys_mkdir, user_text("m"), 0777), 0);
	EXPECT_EQ(call(sys_mkdir, user_text("m2"), 0777), 0);
	EXPECT_EQ(call(sys_symlink, user_text("d"), user_text("to-d")), 0);
	EXPECT_EQ(call(sys_symlink, user_text("h"), user_text("to-h")), 0);
	EXPECT_EQ(open("data", O_CREAT | O_RDWR), 3);
	EXPECT_EQ(open("/dev/null", O_RDWR), 4);
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		attempt_until_it_works(&attempts[i]);
	for (int fd = 3; fd < 400; fd++)
		call(sys_close, fd);
	EXPECT_EQ(call(sys_umount2, user_text("m2"), MNT_DETACH), 0);
	EXPECT_EQ(call(sys_umount2, user_text("m2"), MNT_DETACH), 0);
	EXPECT_EQ(call(sys_umount2, user_text("m"), MNT_DETACH), 0);
	end();
}

/* -------------------------------------------------------------- odd shapes */

TEST(names, ten_thousand_levels_come_and_go)
{
	int depth = 0;

	begin();
	EXPECT_EQ(call(sys_mount, 0, user_text(TOP), 0, 0x20,
		       user_text("nr_inodes=20000")), 0);
	while (depth < 10000 && !call(sys_mkdir, user_text("d"), 0777) &&
	       !call(sys_chdir, user_text("d")))
		depth++;
	EXPECT_EQ(depth, 10000);
	EXPECT_EQ(call(sys_getcwd, BASE, PAGE_SIZE), -ENAMETOOLONG);
	for (int i = 0; i < 5000; i++) {
		EXPECT_EQ(call(sys_chdir, user_text("..")), 0);
		if (!EXPECT_EQ(call(sys_rmdir, user_text("d")), 0))
			break;
	}
	end();				/* and the rest at once */
}

TEST(names, a_directory_of_thousands_is_listed_once_and_found_fast)
{
	unsigned int nr = 0, round = 0;
	char name[16];
	long fd, n;

	begin();
	EXPECT_EQ(call(sys_mount, 0, user_text(TOP), 0, 0x20,
		       user_text("nr_inodes=5000")), 0);
	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		EXPECT_EQ(call(sys_mknod, user_text(name), S_IFREG | 0644, 0),
			  0);
	}
	fd = open(".", O_RDONLY);
	while ((n = call(sys_getdents64, fd, BASE, PAGE_SIZE)) > 0 &&
	       round++ < 1000)
		for (long at = 0; at < n; nr++) {
			uint16_t size;

			user_read(&size, BASE + at + 16, sizeof(size));
			at += size;
		}
	EXPECT_EQ(nr, 4002);
	EXPECT_EQ(call(sys_close, fd), 0);
	EXPECT_EQ(call(sys_unlink, user_text("3999")), 0);
	EXPECT_EQ(call(sys_unlink, user_text("0")), 0);
	EXPECT_EQ(call(sys_unlink, user_text("2000")), 0);
	EXPECT_EQ(call(sys_unlink, user_text("2000")), -ENOENT);
	end();
}

/* ------------------------------------------------------------------ mounts */

static int nr_mounts(const char *name)
{
	struct path path;
	int nr;

	if (!EXPECT(look(name, &path)))
		return -1;
	nr = path.mount->super->nr_mounts;
	path_put(path);
	return nr;
}

static void mount(const char *at)
{
	EXPECT_EQ(call(sys_mount, user_text("x"), user_text(at),
		       user_text("tmpfs"), 0, 0), 0);
}

TEST(mount, what_is_taken_out_lazily_takes_along_what_is_inside)
{
	begin();
	EXPECT_EQ(call(sys_mkdir, user_text("a"), 0777), 0);
	mount("a");
	EXPECT_EQ(call(sys_mkdir, user_text("a/b"), 0777), 0);
	mount("a/b");
	mount("a/b");
	EXPECT_EQ(call(sys_mkdir, user_text("a/b/c"), 0777), 0);
	mount("a/b/c");
	EXPECT_EQ(call(sys_umount2, user_text("a"), 0), -EBUSY);
	EXPECT_EQ(call(sys_umount2, user_text("a"), MNT_DETACH), 0);
	EXPECT_EQ(call(sys_rmdir, user_text("a")), 0);
	end();
}

TEST(mount, a_tree_that_is_bound_whole_can_be_moved_and_bound_again)
{
	begin();
	EXPECT_EQ(call(sys_mkdir, user_text("a"), 0777), 0);
	EXPECT_EQ(call(sys_mkdir, user_text("b"), 0777), 0);
	EXPECT_EQ(call(sys_mkdir, user_text("c"), 0777), 0);
	mount("b");
	EXPECT_EQ(call(sys_mkdir, user_text("b/in"), 0777), 0);
	mount("a");
	/* a is younger than b, but will be in it. */
	EXPECT_EQ(call(sys_mount, user_text("a"), user_text("b/in"), 0,
		       0x2000), 0);
	EXPECT_EQ(call(sys_mkdir, user_text("b/in/file"), 0777), 0);
	EXPECT_EQ(call(sys_mount, user_text("b"), user_text("c"), 0, 0x5000),
		  0);
	EXPECT_EQ(call(sys_access, user_text("c/in/file"), 0), 0);
	EXPECT_EQ(nr_mounts(TOP "/b"), 2);
	EXPECT_EQ(nr_mounts(TOP "/b/in"), 2);
	EXPECT_EQ(call(sys_umount2, user_text("c"), MNT_DETACH), 0);
	EXPECT_EQ(nr_mounts(TOP "/b/in"), 1);
	/* into itself, there is no end of it */
	EXPECT_EQ(call(sys_mount, user_text("b"), user_text("b/in"), 0,
		       0x5000), 0);
	EXPECT_EQ(nr_mounts(TOP "/b"), 2);
	EXPECT_EQ(call(sys_umount2, user_text("b"), MNT_DETACH), 0);
	end();
}

TEST(mount, a_file_system_lives_as_long_as_anybody_is_in_it)
{
	long fd;

	begin();
	EXPECT_EQ(call(sys_mkdir, user_text("a"), 0777), 0);
	mount("a");
	make_file("a/f");
	fd = open("a/f", O_RDWR);
	EXPECT_EQ(call(sys_umount2, user_text("a"), MNT_DETACH), 0);
	EXPECT_EQ(call(sys_pwrite64, fd, BASE, 100, 9000, 0), 100);
	EXPECT_EQ(call(sys_lseek, fd, 0, SEEK_END), 9100);
	EXPECT_EQ(call(sys_close, fd), 0);	/* and it is gone */
	/* the last user may be a working directory, or a root */
	mount("a");
	EXPECT_EQ(call(sys_chdir, user_text("a")), 0);
	EXPECT_EQ(call(sys_umount2, user_text(TOP "/a"), MNT_DETACH), 0);
	EXPECT_EQ(call(sys_mkdir, user_text("x"), 0777), 0);
	EXPECT_EQ(call(sys_chdir, user_text(TOP)), 0);
	end();
}

/* ------------------------------------------------------------------- files */

TEST(filemap, nothing_is_written_beyond_the_largest_offset)
{
	const uint64_t last = FILE_SIZE_MAX - 1;
	long fd;

	begin();
	EXPECT_EQ(clear_user(BASE, 2 * PAGE_SIZE), 0);
	fd = open("f", O_CREAT | O_RDWR | O_LARGEFILE);
	EXPECT_EQ(call(sys_pwrite64, fd, BASE, 2 * PAGE_SIZE, last,
		       last >> 32), 1);
	EXPECT_EQ(call(sys_pwrite64, fd, BASE, 1, last + 1, (last + 1) >> 32),
		  -EFBIG);
	EXPECT_EQ(call(sys_pread64, fd, BASE, PAGE_SIZE, last, last >> 32),
		  1);
	EXPECT_EQ(call(sys_close, fd), 0);
	end();
}

TEST(filemap, a_hole_of_terabytes_is_punched_at_once)
{
	struct trap_frame frame = { .ecx = 3, .edi = 0, .ebp = 0x800 };
	struct path path;
	long fd;

	begin();
	fd = open("f", O_CREAT | O_RDWR | O_LARGEFILE);
	EXPECT_EQ(call(sys_write, fd, BASE, 3 * PAGE_SIZE), 3 * PAGE_SIZE);
	EXPECT_EQ(call(sys_ftruncate64, fd, 0, 0x900), 0);
	frame.ebx = fd;
	EXPECT_EQ(call_frame(sys_fallocate, &frame), 0);
	REQUIRE(look(TOP "/f", &path));
	EXPECT_EQ(path.dentry->inode->mapping.nr_pages, 0);
	mapping_check(&path.dentry->inode->mapping);
	path_put(path);
	EXPECT_EQ(call(sys_close, fd), 0);
	end();
}
