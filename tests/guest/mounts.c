// SPDX-License-Identifier: MIT
/*
 * mounts - file systems put into the tree, moved, bound, made read-only, full,
 * busy and gone, each as Linux has it.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[8192];

static void make(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

	if (fd < 0 || write(fd, "text", 4) != 4)
		note("cannot make %s", name);
	close(fd);
}

/* Which of the mounts below /m there are, as /proc/mounts tells. */
static void show(void)
{
	FILE *file = fopen("/proc/mounts", "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		char *at = strstr(line, " /m");
		char *options = at ? strstr(at, " tmpfs ") : NULL;

		if (!options)
			continue;
		/* Linux tells of size= and the like as well. */
		if (strstr(options, ",size="))
			strcpy(strstr(options, ",size="), " 0 0\n");
		if (strstr(options, ",inode64"))
			strcpy(strstr(options, ",inode64"), " 0 0\n");
		printf("# %s", line);
	}
	if (file)
		fclose(file);
}

static void check_errors(void)
{
	note("-- errors");
	TELL(mount("x", "none", "tmpfs", 0, NULL));
	TELL(mount("x", "f", "tmpfs", 0, NULL));
	TELL(mount("x", "a", "nosuchfs", 0, NULL));
	TELL(mount("x", "a", NULL, 0, NULL));
	TELL(mount("x", "a", "", 0, NULL));
	TELL(mount("x", "a", "tmpfs", 0, "what"));
	TELL(mount("x", "a", "tmpfs", 0, "size=x"));
	TELL(mount("x", "a", "tmpfs", 0, "mode=9"));
	TELL(mount("x", "a", "tmpfs", MS_REMOUNT, NULL));
	TELL(mount("", "a", NULL, MS_BIND, NULL));
	TELL(mount(NULL, "a", NULL, MS_BIND, NULL));
	TELL(mount("none", "a", NULL, MS_BIND, NULL));
	TELL(mount("f", "a", NULL, MS_BIND, NULL));
	TELL(mount("b", "f", NULL, MS_BIND, NULL));
	TELL(mount("b", "a", NULL, MS_MOVE, NULL));
	TELL(mount("x", "", "tmpfs", 0, NULL));
	TELL(umount("a"));
	TELL(umount("none"));
	TELL(umount("f"));
	TELL(umount2("a", 16));
	TELL(umount2("a", MNT_EXPIRE | MNT_DETACH));
}

static void check_tree(void)
{
	struct stat st, st2;

	note("-- tree");
	TELL(mount("one", "a", "tmpfs", MS_NOSUID | 0xc0ed0000, "size=1M"));
	TELL(mkdir("a/d", 0777));
	make("a/f");
	TELL(mount("two", "a/d", "tmpfs", MS_NODEV | MS_NOEXEC, "mode=700"));
	TELL(stat("a/d", &st));
	TELL(st.st_mode);
	TELL(stat("a", &st2));
	TELL(st.st_dev == st2.st_dev);
	make("a/d/in-two");
	TELL(access("a/d/../f", F_OK));
	TELL(umount("a"));
	TELL(rmdir("a/d"));
	TELL(rename("a/d", "a/e"));
	TELL(rename("a/f", "a/d/f"));
	TELL(link("a/f", "a/d/f"));
	TELL(unlink("a/d"));
	show();
	/* bound: without, and with what is mounted below */
	TELL(mount("a", "b", NULL, MS_BIND, NULL));
	TELL(access("b/f", F_OK));
	TELL(access("b/d/in-two", F_OK));
	TELL(rmdir("b/d"));
	TELL(rename("b/f", "a/f"));
	TELL(mount("a", "c", NULL, MS_BIND | MS_REC, NULL));
	TELL(access("c/d/in-two", F_OK));
	make("c/new");
	TELL(access("a/new", F_OK));
	TELL(access("b/new", F_OK));
	TELL(mount("a/f", "f", NULL, MS_BIND, NULL));
	TELL(stat("f", &st));
	TELL(st.st_size);
	TELL(unlink("f"));
	show();
	TELL(umount("f"));
	TELL(umount("c"));
	TELL(umount2("c", MNT_DETACH));
	TELL(access("c/f", F_OK));
	TELL(mount("a", "b/d", NULL, MS_MOVE, NULL));
	TELL(mount("a", "a/d", NULL, MS_MOVE, NULL));
	TELL(mount("a", "f", NULL, MS_MOVE, NULL));
	TELL(umount("b/d"));
	show();
	TELL(mount("a", "c", NULL, MS_MOVE, NULL));
	show();
	TELL(access("a/f", F_OK));
	TELL(access("c/d/in-two", F_OK));
	TELL(umount("b"));
	TELL(umount("c/d"));
	/* one on top of another */
	TELL(mount("over", "c", "tmpfs", 0, NULL));
	TELL(access("c/f", F_OK));
	TELL(umount("c"));
	TELL(access("c/f", F_OK));
	/* a place with odd letters in it */
	TELL(mkdir("with space\tand\\", 0777));
	TELL(mount("odd source", "with space\tand\\", "tmpfs", 0, NULL));
	show();
	TELL(umount("with space\tand\\"));
	TELL(umount("c"));
	show();
}

static void check_busy(void)
{
	int fd, dir;
	char cwd[64];

	note("-- busy");
	TELL(mount("one", "a", "tmpfs", 0, NULL));
	make("a/f");
	mkdir("a/d", 0777);
	fd = open("a/f", O_RDWR);
	TELL(umount("a"));
	close(fd);
	TELL(chdir("a"));
	TELL(umount("/m/a"));
	TELL(umount("."));
	TELL(chdir(".."));
	TELL(umount("a/d"));
	fd = open("a/f", O_RDWR);
	dir = open("a/d", O_RDONLY);
	TELL(umount2("a", MNT_DETACH));
	TELL(access("a/f", F_OK));
	TELL(pread(fd, text, 10, 0));
	TELL(pwrite(fd, text, 10, 0));
	TELL(openat(dir, "../f", O_RDONLY) >= 0);
	TELL(mkdirat(dir, "x", 0777));
	TELL(fchdir(dir));
	TELL(syscall(SYS_getcwd, cwd, 64));
	note("%s", cwd);
	TELL(chdir("../../../../../.."));
	TELL(access("f", F_OK));
	TELL(access("d/x", F_OK));
	TELL(syscall(SYS_getcwd, cwd, 64));
	note("%s", cwd);
	TELL(chdir("/m"));
	for (int i = 3; i < 20; i++)
		close(i);
	TELL(umount("a"));
}

static void check_read_only(void)
{
	struct statfs fs;
	int fd;

	note("-- read-only");
	TELL(mount("one", "a", "tmpfs", 0, "size=2M"));
	make("a/f");
	mkdir("a/d", 0777);
	mkfifo("a/fifo", 0666);
	mknod("a/null", S_IFCHR | 0666, 0x103);
	fd = open("a/f", O_WRONLY);
	TELL(mount("x", "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	close(fd);
	fd = open("a/f", O_RDONLY);
	unlink("a/f");
	/* What has no name any more would have to be freed. */
	TELL(mount("x", "a", NULL, MS_REMOUNT | MS_RDONLY, "size=4k"));
	TELL(mount("x", "a", NULL, MS_REMOUNT | MS_RDONLY, "odd=1"));
	close(fd);
	make("a/f");
	fd = open("a/f", O_RDONLY);
	TELL(mount("x", "a", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	show();
	TELL(statfs("a", &fs));
	TELL(fs.f_flags & 1);
	TELL(open("a/f", O_WRONLY));
	TELL(open("a/f", O_RDONLY | O_TRUNC));
	TELL(open("a/f", O_CREAT | O_RDONLY, 0666) >= 0);
	TELL(open("a/g", O_CREAT | O_RDONLY, 0666));
	TELL(open("a/f", O_CREAT | O_EXCL, 0666));
	TELL(open("a/none/g", O_CREAT | O_RDONLY, 0666));
	TELL(open("a/d", O_TMPFILE | O_RDWR, 0666));
	TELL(close(open("a/null", O_WRONLY)));
	TELL(close(open("a/fifo", O_RDWR)));
	TELL(mkdir("a/d", 0777));
	TELL(mkdir("a/e", 0777));
	TELL(symlink("x", "a/f"));
	TELL(symlink("x", "a/g"));
	TELL(link("a/f", "a/g"));
	TELL(link("a/f", "a/d"));
	TELL(unlink("a/f"));
	TELL(unlink("a/none"));
	TELL(unlink("a/d"));
	TELL(rmdir("a/d"));
	TELL(rmdir("a/none"));
	TELL(rename("a/f", "a/g"));
	TELL(rename("a/none", "a/g"));
	TELL(rename("a/f", "g"));
	TELL(chmod("a/f", 0));
	TELL(fchmod(fd, 0));
	TELL(chown("a/f", 1, 1));
	TELL(utimensat(AT_FDCWD, "a/f", NULL, 0));
	TELL(truncate("a/f", 0));
	TELL(access("a/f", W_OK));
	TELL(access("a/null", W_OK));
	TELL(access("a/f", R_OK));
	close(fd);
	TELL(mount("x", "a", NULL, MS_REMOUNT, "size=8K"));
	TELL(mount("x", "a", NULL, MS_REMOUNT, "size=2K"));
	TELL(mount("x", "a", NULL, MS_REMOUNT, "nonsense=1"));
	TELL(open("a/g", O_CREAT | O_RDWR, 0666) >= 0);
	TELL(mount("a", "b", NULL, MS_BIND, NULL));
	TELL(mount("x", "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	show();
	TELL(mkdir("b/x", 0777));
	TELL(mkdir("a/x", 0777));
	TELL(rename("b/x", "b/y"));
	TELL(umount("b"));
	for (int i = 3; i < 20; i++)
		close(i);
	TELL(umount("a"));
	TELL(mount("one", "a", "tmpfs", MS_RDONLY, NULL));
	TELL(mkdir("a/x", 0777));
	TELL(umount("a"));
	TELL(mount("one", "a", "tmpfs", MS_NOEXEC | MS_NODEV, NULL));
	mknod("a/null", S_IFCHR | 0666, 0x103);
	TELL(open("a/null", O_RDONLY));
	TELL(open("a/null", O_PATH) >= 0);
	make("a/x");
	TELL(chmod("a/x", 0777));
	TELL(access("a/x", X_OK));
	TELL(execl("a/x", "x", NULL));
	for (int i = 3; i < 20; i++)
		close(i);
	TELL(umount("a"));
}

static void check_space(void)
{
	struct statfs fs;
	char name[32];
	int fd, n;

	note("-- space");
	TELL(mount("one", "a", "tmpfs", 0, "size=64K,nr_inodes=10,mode=0750"));
	TELL(statfs("a", &fs));
	note("blocks %ld of %ld files %ld of %ld", (long)fs.f_bfree,
	     (long)fs.f_blocks, (long)fs.f_ffree, (long)fs.f_files);
	fd = open("a/f", O_CREAT | O_RDWR, 0666);
	for (n = 0; write(fd, text, 5000) == 5000; n++)
		;
	TELL(n);
	TELL(errno);
	TELL(lseek(fd, 0, SEEK_END));
	TELL(write(fd, text, 1));
	TELL(pwrite(fd, text, 1, 1000000));
	TELL(lseek(fd, 0, SEEK_END));
	TELL(pwrite(fd, text, 5000, 0));
	TELL(ftruncate(fd, 1000000));
	TELL(statfs("a", &fs));
	TELL(fs.f_bfree);
	TELL(mkdir("a/d", 0777));
	TELL(unlink("a/f"));
	TELL(statfs("a", &fs));
	TELL(fs.f_bfree);
	close(fd);
	TELL(statfs("a", &fs));
	TELL(fs.f_bfree);
	for (n = 0; n < 20; n++) {
		snprintf(name, sizeof(name), "a/n%d", n);
		if (mkdir(name, 0777))
			break;
	}
	TELL(n);
	TELL(errno);
	TELL(open("a/x", O_CREAT | O_WRONLY, 0666));
	TELL(symlink("x", "a/x"));
	TELL(rename("a/n1", "a/x"));
	TELL(rmdir("a/n0"));
	make("a/f");
	TELL(link("a/f", "a/g"));
	TELL(rmdir("a/n2"));
	TELL(link("a/f", "a/g"));
	TELL(link("a/f", "a/h"));
	TELL(unlink("a/f"));
	TELL(link("a/g", "a/h"));
	TELL(umount("a"));
	TELL(mount("one", "a", "tmpfs", 0, "size=0,nr_inodes=0"));
	TELL(statfs("a", &fs));
	TELL(fs.f_blocks);
	TELL(fs.f_files);
	TELL(umount("a"));
}

/* Files that /proc makes up are found again; what was taken out is not. */
/* The fields of /proc/self/mountinfo up to the options, less the numbers. */
static void show_roots(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "r");
	char line[512], root[256], at[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %255s %255s", root, at) == 2 &&
		    !strncmp(at, "/m", 2))
			note("%s is at %s", root, at);
	if (file)
		fclose(file);
}

static void check_odd_places(void)
{
	struct stat st;
	char at[32];
	int ends[2];

	printf("# -- odd places\n");
	TELL(mount("f", "/proc/meminfo", NULL, MS_BIND, NULL));
	TELL(stat("/proc/meminfo", &st));
	TELL(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0644);
	TELL(umount("/proc/meminfo"));
	TELL(umount("/proc/meminfo"));
	TELL(mount("f", "/proc/self/maps", NULL, MS_BIND, NULL));
	TELL(umount2("/proc/self/maps", MNT_DETACH));
	TELL(umount2("/proc/self/maps", MNT_DETACH));
	TELL(pipe(ends));
	snprintf(at, sizeof(at), "/proc/self/fd/%d", ends[0]);
	TELL(mount("f", at, NULL, MS_BIND, NULL));
	TELL(mount(at, "f", NULL, MS_BIND, NULL));
	show_roots();
	/* What is moved out of a bound directory takes its mounts along. */
	mkdir("b/in", 0777);
	mkdir("b/in/x", 0777);
	mkdir("b/in/x/y", 0777);
	TELL(mount("b/in", "c", NULL, MS_BIND, NULL));
	TELL(mount("x", "c/x/y", "tmpfs", 0, NULL));
	TELL(rename("b/in/x", "b/x"));
	show_roots();
	TELL(umount("c"));
	TELL(umount2("c", MNT_DETACH));
	TELL(rmdir("b/x/y"));
	TELL(rmdir("b/x"));
	TELL(rmdir("b/in"));
	TELL(mount("x", "a", "tmpfs", 0, NULL));
	TELL(mkdir("a/d", 0777));
	TELL(chdir("a"));
	TELL(umount2("../a", MNT_DETACH));
	TELL(mount("x", "d", "tmpfs", 0, NULL));
	TELL(mount("d", "d", NULL, MS_BIND, NULL));
	TELL(chdir("/m"));
}

static int in_proc(void)
{
	FILE *file = fopen("/proc/mounts", "r");
	char text[256];
	int nr = 0;

	while (fgets(text, sizeof(text), file))
		nr += strstr(text, " /proc/") != NULL;
	fclose(file);
	return nr;
}

static int stay(long unused)
{
	(void)unused;
	pause();
	return 0;
}

/* What is mounted in a directory of /proc goes when its process does. */
static void check_vanished(void)
{
	int pid = start(stay, 0), before = in_proc();
	char place[64];
	struct stat st;

	note("-- vanished");
	snprintf(place, sizeof(place), "/proc/%d/fd", pid);
	TELL(mount("x", place, "tmpfs", 0, NULL));
	snprintf(place, sizeof(place), "/proc/%d", pid);
	TELL(mount("x", place, "tmpfs", 0, NULL));
	TELL(in_proc() - before);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	TELL(stat(place, &st));
	TELL(umount(place));
	TELL(in_proc() - before);
}

static void check_options(void)
{
	note("-- options");
	TELL(mount("x", "b", "tmpfs", MS_NODIRATIME | MS_NOSUID, NULL));
	TELL(mkdir("b/in side", 0777));
	TELL(mount("b/in side", "c", NULL, MS_BIND, NULL));
	show();
	show_roots();
	TELL(umount("c"));
	TELL(umount("b"));
	TELL(mount("x", "b", "tmpfs", MS_STRICTATIME, NULL));
	show();
	TELL(umount2("b", MNT_EXPIRE));
	TELL(umount2("b", MNT_EXPIRE | MNT_DETACH));
	TELL(umount2("b", MNT_EXPIRE));
	TELL(umount2("b", MNT_EXPIRE));
	TELL(mount("x", "b", "tmpfs", MS_NOATIME, NULL));
	TELL(mount("x", "b", NULL, MS_REMOUNT | MS_NODEV, NULL));
	show();
	TELL(mount("x", "b", NULL, MS_REMOUNT | MS_BIND | MS_RELATIME, NULL));
	show();
	make("b/f");
	chmod("b/f", 0);
	TELL(mount("x", "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	TELL(close(open("b/f", O_ACCMODE)));
	TELL(open("b/f", O_RDWR));
	TELL(syscall(SYS_setfsuid32, 1000));
	TELL(open("b/f", O_RDWR));
	TELL(mount("x", "b", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	TELL(open("b/f", O_RDWR));
	TELL(open("b/f", O_RDONLY));
	TELL(syscall(SYS_setfsuid32, 0));
	TELL(open("b/f", O_ACCMODE));
	TELL(umount("b"));
	TELL(mount("x", "b", NULL, MS_PRIVATE, NULL));
	TELL(mount("x", "/", NULL, MS_PRIVATE | MS_SHARED, NULL));
	TELL(mount("x", "/", NULL, MS_PRIVATE | MS_REC, NULL));
	TELL(mount((char *)16, "none", "tmpfs", 0, NULL));
	TELL(mount("x", "none", "tmpfs", 0, (char *)16));
}

/* The root of who has a root of his own is made read-only, or leaves. */
static int in_root(long arg)
{
	(void)arg;
	TELL(umount2("/", MNT_EXPIRE));
	TELL(mkdir("/d", 0777));
	TELL(umount("/"));
	TELL(mkdir("/e", 0777));
	TELL(umount2("/", MNT_DETACH));
	TELL(umount2("/", MNT_DETACH));
	TELL(umount("/d/.."));
	TELL(mount("x", "/d", "tmpfs", 0, NULL));
	TELL(mount("x", "/", NULL, MS_REMOUNT, NULL));
	TELL(access("/d", F_OK));
	return 0;
}

static void check_roots(void)
{
	note("-- roots");
	TELL(umount("/"));
	TELL(mount("x", "b", "tmpfs", 0, NULL));
	TELL(chdir("b"));
	TELL(chroot("."));
	TELL(run(in_root, 0));
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	umask(022);
	mkdir("/m", 0777);
	mkdir("/proc", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	if (chdir("/m") || mkdir("a", 0777) || mkdir("b", 0777) ||
	    mkdir("c", 0777))
		note("no directories: %s", strerrorname_np(errno));
	make("f");
	check_errors();
	check_tree();
	check_busy();
	check_read_only();
	check_space();
	check_odd_places();
	check_options();
	check_vanished();
	check_roots();
	return guest_end();
}
