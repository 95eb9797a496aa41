// SPDX-License-Identifier: MIT
/*
 * perms - who may what: as root, and as somebody else, each as Linux has it.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT	AT_FDCWD

static void make(const char *name, int mode, int uid, int gid)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	if (write(fd, "text", 4) != 4 || fchown(fd, uid, gid) ||
	    fchmod(fd, mode))
		note("cannot make %s", name);
	close(fd);
}

static void make_dir(const char *name, int mode, int uid, int gid)
{
	if (mkdir(name, 0700) || chown(name, uid, gid) || chmod(name, mode))
		note("cannot make %s", name);
}

static void show(const char *name)
{
	struct stat st;

	if (lstat(name, &st))
		note("%s: %s", name, strerrorname_np(errno));
	else
		note("%s: %06o %d %d", name, st.st_mode, (int)st.st_uid,
		     (int)st.st_gid);
}

static void fresh(const char *theme)
{
	note("-- %s", theme);
	if (chdir("/") || (umount2("/n", MNT_DETACH) && errno != EINVAL) ||
	    mount("n", "/n", "tmpfs", 0, "size=4M,mode=755") || chdir("/n"))
		note("no tmpfs: %s", strerrorname_np(errno));
}

static int faccess2(const char *name, int mode, int flags)
{
	return syscall(SYS_faccessat2, AT, name, mode, flags);
}

static void become(int uid, int gid)
{
	gid_t groups[] = { 500 };

	if (setgroups(1, groups) || setgid(gid) || setuid(uid))
		note("cannot be %d", uid);
}

static int other(long arg)
{
	struct timespec times[2] = { { 1, 0 }, { 2, 0 } };
	struct timespec half[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	struct timespec none[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	int fd = open("inherit", O_WRONLY);

	(void)arg;
	become(100, 200);
	TELL(open("r-root", O_RDONLY) >= 0);
	TELL(open("r-root", O_WRONLY));
	TELL(open("r-root", O_RDWR));
	TELL(open("r-root", O_RDONLY | O_TRUNC));
	TELL(open("r-root", 3));
	TELL(open("r-root", O_RDONLY | O_NOATIME));
	TELL(open("none-root", O_RDONLY));
	TELL(open("none-root", O_PATH) >= 0);
	TELL(open("own-none", O_RDONLY));
	TELL(open("group-r", O_RDONLY) >= 0);
	TELL(open("group-none", O_RDONLY));
	TELL(open("second-group-r", O_RDONLY) >= 0);
	TELL(open("dir-none/f", O_RDONLY));
	TELL(open("dir-none/none", O_RDONLY));
	TELL(open("dir-x/f", O_RDONLY) >= 0);
	TELL(open("dir-x", O_RDONLY));
	TELL(open("dir-x/new", O_CREAT | O_WRONLY, 0666));
	TELL(open("dir-x/f", O_CREAT | O_EXCL | O_WRONLY, 0666));
	TELL(open("dir-r/f", O_RDONLY));
	TELL(open("dir-r", O_RDONLY) >= 0);
	TELL(mkdir("dir-x/d", 0777));
	TELL(mkdir("dir-x/f", 0777));
	TELL(symlink("a", "dir-x/l"));
	TELL(link("own", "dir-x/l"));
	TELL(unlink("dir-x/f"));
	TELL(unlink("dir-x/none"));
	TELL(unlink("dir-x/d0"));
	TELL(rmdir("dir-x/d0"));
	TELL(rmdir("dir-x/f"));
	TELL(rename("dir-x/f", "own-dir/f"));
	TELL(rename("own", "own-dir/own"));
	TELL(rename("own-dir/mine", "dir-x/mine"));
	TELL(rename("own-dir/mine", "dir-x/f"));
	TELL(rename("own-dir/mine", "own-dir/mine2"));
	TELL(mkdir("own-dir/sub", 0777));
	TELL(chmod("own-dir/sub", 0555));
	TELL(mkdir("own-dir/other", 0777));
	TELL(rename("own-dir/sub", "own-dir/other/sub"));
	TELL(rename("own-dir/sub", "own-dir/sub2"));
	TELL(chdir("dir-r"));
	TELL(chdir("dir-x"));
	TELL(chdir(".."));
	TELL(chroot("dir-x"));
	TELL(chroot("dir-none"));
	TELL(chroot("none"));
	/* sticky */
	TELL(unlink("sticky/root"));
	TELL(unlink("sticky/own"));
	TELL(rmdir("sticky/d-root"));
	TELL(rmdir("sticky/d-own"));
	TELL(rename("sticky/root", "sticky/x"));
	TELL(rename("own-dir/mine2", "sticky/root"));
	TELL(open("sticky/new", O_CREAT | O_WRONLY, 0666) >= 0);
	TELL(rename("sticky/new", "sticky/root"));
	TELL(rename("sticky/new", "sticky/newer"));
	TELL(unlink("own-sticky/root"));
	/* attributes */
	TELL(chmod("r-root", 0777));
	TELL(chmod("own", 06777));
	show("own");
	TELL(chmod("own-other-group", 06777));
	show("own-other-group");
	TELL(chmod("own-dir", 07777));
	show("own-dir");
	TELL(chown("own", 100, 500));
	show("own");
	TELL(chown("own", -1, 200));
	TELL(chown("own", 100, -1));
	TELL(chown("own", -1, 300));
	TELL(chown("own", 101, -1));
	TELL(chown("own", -1, -1));
	TELL(chown("r-root", -1, -1));
	TELL(chown("r-root", 0, -1));
	TELL(lchown("link", 100, 200));
	TELL(utimensat(AT, "own", times, 0));
	TELL(utimensat(AT, "own", NULL, 0));
	TELL(utimensat(AT, "w-root", times, 0));
	TELL(utimensat(AT, "w-root", NULL, 0));
	TELL(utimensat(AT, "w-root", half, 0));
	TELL(utimensat(AT, "w-root", none, 0));
	TELL(utimensat(AT, "r-root", times, 0));
	TELL(utimensat(AT, "r-root", NULL, 0));
	TELL(utimensat(AT, "r-root", none, 0));
	TELL(utimensat(AT, "none", none, 0));
	TELL(truncate("r-root", 0));
	TELL(truncate("w-root", 0));
	TELL(mknod("own-dir/null", S_IFCHR | 0666, 0x103));
	TELL(mknod("own-dir/f0", S_IFCHR | 0666, 0x103));
	TELL(mknod("dir-x/null", S_IFBLK | 0666, 0x103));
	TELL(mknod("own-dir/fifo", S_IFIFO | 0666, 0));
	TELL(mount("x", "own-dir", "tmpfs", 0, NULL));
	TELL(mount("x", "none", "tmpfs", 0, NULL));
	TELL(umount("/n"));
	TELL(umount("/none"));
	/* set-group directories */
	TELL(open("sgid/f", O_CREAT | O_WRONLY, 02775) >= 0);
	show("sgid/f");
	TELL(mkdir("sgid/d", 0777));
	show("sgid/d");
	TELL(open("sgid/g", O_CREAT | O_WRONLY, 02765) >= 0);
	show("sgid/g");
	TELL(symlink("x", "sgid/l"));
	show("sgid/l");
	/* set-id bits go with a write */
	TELL(chmod("own", 06777));
	TELL(close(open("own", O_WRONLY)));
	show("own");
	TELL(write(open("own", O_WRONLY), "x", 1));
	show("own");
	TELL(chmod("own", 06767));
	TELL(truncate("own", 0));
	show("own");
	TELL(chmod("own", 06777));
	TELL(chown("own", 100, 200));
	show("own");
	TELL(write(fd, "x", 1));
	show("inherit");
	return 0;
}

static int real_and_effective(long arg)
{
	(void)arg;
	if (setegid(200) || setresuid(100, 0, 0))
		note("cannot be 100");
	TELL(access("none-root", R_OK));
	TELL(faccess2("none-root", R_OK, AT_EACCESS));
	TELL(open("none-root", O_RDONLY) >= 0);
	TELL(access("own", R_OK | W_OK));
	TELL(access("own", X_OK));
	TELL(access("dir-none/f", F_OK));
	if (setresuid(0, 100, 0))
		note("cannot be root again");
	TELL(access("none-root", R_OK));
	TELL(faccess2("none-root", R_OK, AT_EACCESS));
	TELL(open("none-root", O_RDONLY));
	TELL(chmod("none-root", 0));
	return 0;
}

static void check_root(void)
{
	fresh("root");
	make("none", 0, 5, 5);
	make_dir("d", 0, 5, 5);
	TELL(open("none", O_RDWR) >= 0);
	TELL(access("none", R_OK | W_OK));
	TELL(access("none", X_OK));
	TELL(access("d", R_OK | W_OK | X_OK));
	TELL(faccess2("none", 8, 0));
	TELL(faccess2("none", 0, 1));
	TELL(faccess2("nothing", 0, 0));
	TELL(chmod("none", 0001));
	TELL(access("none", X_OK));
	TELL(mkdir("d/x", 0777));
	TELL(chmod("none", 07777777));
	show("none");
	TELL(chown("none", 1, -1));
	show("none");
	TELL(chmod("none", 06777));
	TELL(write(open("none", O_WRONLY), "x", 1));
	show("none");
	TELL(chown("none", -1, -1));
	show("none");
	TELL(chmod("none", 02767));
	TELL(chown("none", 7, 8));
	show("none");
	TELL(chmod("d", 06777));
	TELL(chown("d", 7, 8));
	show("d");
	TELL(mkdir("d/y", 0700));
	show("d/y");
	TELL(syscall(SYS_chown, "d", 0xffff, 0xffff));
	show("d");
	TELL(syscall(SYS_chown, "d", 0x10001, 0xfffe));
	show("d");
	TELL(fchownat(AT, "d", 1, 1, 1));
	TELL(fchownat(AT, "", 1, 1, 0));
	TELL(fchmodat(AT, "nothing", 1, 0));
	TELL(symlink("nothing", "l"));
	TELL(chmod("l", 0777));
	TELL(lchown("l", 3, 4));
	show("l");
	TELL(chown("l", 3, 4));
}

static void check_utimes(void)
{
	struct timespec times[2] = { { 1000, 5 }, { -1, 999999999 } };
	struct timespec bad[2] = { { 1, 1000000000 }, { 2, 0 } };
	struct timespec half[2] = { { 0, UTIME_OMIT }, { 77, 3 } };
	struct stat st;

	fresh("utimes");
	make("f", 0644, 0, 0);
	TELL(symlink("f", "l"));
	TELL(utimensat(AT, "f", times, 0));
	TELL(stat("f", &st));
	note("%ld.%ld %ld.%ld", (long)st.st_atime, st.st_atim.tv_nsec,
	     (long)st.st_mtime, st.st_mtim.tv_nsec);
	TELL(utimensat(AT, "l", half, AT_SYMLINK_NOFOLLOW));
	TELL(stat("f", &st));
	note("%ld.%ld %ld.%ld", (long)st.st_atime, st.st_atim.tv_nsec,
	     (long)st.st_mtime, st.st_mtim.tv_nsec);
	TELL(lstat("l", &st));
	note("%ld.%ld", (long)st.st_mtime, st.st_mtim.tv_nsec);
	TELL(utimensat(AT, "f", half, 0));
	TELL(stat("f", &st));
	note("%ld.%ld %ld.%ld", (long)st.st_atime, st.st_atim.tv_nsec,
	     (long)st.st_mtime, st.st_mtim.tv_nsec);
	TELL(utimensat(AT, "f", bad, 0));
	TELL(utimensat(AT, "nothing", bad, 0));
	TELL(utimensat(AT, "f", times, 1));
	TELL(syscall(SYS_utimensat, AT, 0, times, 0));
	TELL(syscall(SYS_utimensat, 99, 0, times, 0));
	TELL(syscall(SYS_utimensat, AT, "f", 16, 0));
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	umask(022);
	mkdir("/n", 0777);
	mkdir("/proc", 0777);
	mount("n", "/n", "tmpfs", 0, NULL);
	check_root();
	check_utimes();
	fresh("others");
	umask(0);
	make("r-root", 0644, 0, 0);
	make("w-root", 0666, 0, 0);
	make("none-root", 0, 0, 0);
	make("own", 0644, 100, 200);
	make("own-none", 0077, 100, 200);
	make("own-other-group", 0777, 100, 300);
	make("group-r", 0640, 0, 200);
	make("group-none", 0707, 0, 200);
	make("second-group-r", 0640, 0, 500);
	make("inherit", 06777, 0, 0);
	make_dir("dir-none", 0, 0, 0);
	make("dir-none/f", 0777, 0, 0);
	make_dir("dir-x", 0711, 0, 0);
	make("dir-x/f", 0644, 0, 0);
	make_dir("dir-x/d0", 0777, 100, 200);
	make_dir("dir-r", 0744, 0, 0);
	make("dir-r/f", 0644, 0, 0);
	make_dir("own-dir", 0755, 100, 200);
	make("own-dir/mine", 0644, 100, 200);
	make("own-dir/f0", 0644, 0, 0);
	make_dir("sticky", 01777, 0, 0);
	make("sticky/root", 0666, 0, 0);
	make("sticky/own", 0666, 100, 200);
	make_dir("sticky/d-root", 0777, 0, 0);
	make_dir("sticky/d-own", 0777, 100, 200);
	make_dir("own-sticky", 01777, 100, 200);
	make("own-sticky/root", 0600, 0, 0);
	make_dir("sgid", 02777, 0, 300);
	if (symlink("own", "link"))
		note("no link");
	TELL(run(other, 0));
	TELL(run(real_and_effective, 0));
	return guest_end();
}
