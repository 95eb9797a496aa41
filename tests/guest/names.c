// SPDX-License-Identifier: MIT
/*
 * names - what is in a directory, and what calls make of names: each on a
 * fresh tmpfs, each error as Linux has it.
 */
#include "tests/guest/guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NOREPLACE	1
#define EXCHANGE	2
#define WHITEOUT	4
#define AT		AT_FDCWD

static void make_file(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0644);

	if (fd >= 0) {
		if (write(fd, name, strlen(name)) < 0)
			note("cannot write %s", name);
		close(fd);
	}
}

/* The names in @path, in the order in which they are given. */
static void list(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	printf("# %s:", path);
	while (dir && (entry = readdir(dir)))
		printf(" %s(%d)", entry->d_name, entry->d_type);
	printf(dir ? "\n" : " none\n");
	if (dir)
		closedir(dir);
}

static void show(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		printf("# %s: %s\n", path, strerrorname_np(errno));
	else
		printf("# %s: %06o links %lu size %ld blocks %ld\n", path,
		       st.st_mode, (long)st.st_nlink, (long)st.st_size,
		       (long)st.st_blocks);
}

static int rename2(const char *from, const char *to, int flags)
{
	return syscall(SYS_renameat2, AT, from, AT, to, flags);
}

static void fresh(const char *theme)
{
	note("-- %s", theme);
	if (chdir("/") || (umount2("/n", MNT_DETACH) && errno != EINVAL) ||
	    mount("n", "/n", "tmpfs", 0, "size=4M") || chdir("/n"))
		note("no tmpfs: %s", strerrorname_np(errno));
}

static void check_make(void)
{
	fresh("make");
	TELL(mkdir("d", 0777));
	TELL(mkdir("d", 0777));
	TELL(mkdir("d/", 0777));
	TELL(mkdir("e/", 0777));
	TELL(mkdir("x/y", 0777));
	TELL(mkdir(".", 0777));
	TELL(mkdir("..", 0777));
	TELL(mkdir("/", 0777));
	TELL(mkdir("d/.", 0777));
	TELL(mkdir("d/z/.", 0777));
	TELL(mkdir("", 0777));
	make_file("f");
	TELL(mkdir("f", 0777));
	TELL(mkdir("f/", 0777));
	TELL(mkdir("f/x", 0777));
	TELL(symlink("nowhere", "dangling"));
	TELL(mkdir("dangling", 0777));
	TELL(mkdir("dangling/", 0777));
	TELL(mkdir("dangling/x", 0777));
	TELL(symlink("d", "to-d"));
	TELL(mkdir("to-d", 0777));
	TELL(mkdir("to-d/", 0777));
	TELL(mkdir("to-d/in", 0777));
	TELL(symlink("", "empty"));
	TELL(symlink("x", "f"));
	TELL(symlink("x", "new/"));
	TELL(symlink("x", "d/"));
	TELL(mknod("fifo", S_IFIFO | 0666, 0));
	TELL(mknod("plain", 0666, 0));
	TELL(mknod("plain2", S_IFREG | 0600, 0));
	TELL(mknod("dir", S_IFDIR | 0666, 0));
	TELL(mknod("odd", S_IFLNK | 0666, 0));
	TELL(mknod("what", 0010666, 0));
	TELL(mknod("sock", S_IFSOCK | 0666, 0));
	TELL(mknod("null", S_IFCHR | 0666, 0x103));
	TELL(mknod("slash/", S_IFREG | 0666, 0));
	TELL(mkdir("mode", 07777));
	show("mode");
	show("d");
	show("f");
	show("fifo");
	show("dangling");
	show(".");
	list(".");
}

static void check_remove(void)
{
	fresh("remove");
	mkdir("d", 0777);
	mkdir("full", 0777);
	mkdir("full/in", 0777);
	make_file("f");
	TELL(symlink("d", "to-d"));
	TELL(symlink("f", "to-f"));
	TELL(unlink("d"));
	TELL(unlink("d/"));
	TELL(unlink("."));
	TELL(unlink(".."));
	TELL(unlink("/"));
	TELL(unlink("d/."));
	TELL(unlink("d/.."));
	TELL(unlink("none"));
	TELL(unlink("none/"));
	TELL(unlink(""));
	TELL(unlink("f/"));
	TELL(unlink("f/x"));
	TELL(unlink("to-f/"));
	TELL(unlink("to-d/"));
	TELL(rmdir("to-d"));
	TELL(rmdir("to-d/"));
	TELL(rmdir("f"));
	TELL(rmdir("f/"));
	TELL(rmdir("none"));
	TELL(rmdir("."));
	TELL(rmdir("d/."));
	TELL(rmdir(".."));
	TELL(rmdir("d/.."));
	TELL(rmdir("full"));
	TELL(rmdir("/"));
	TELL(rmdir("/n"));
	TELL(rmdir(""));
	TELL(unlinkat(AT, "d", AT_REMOVEDIR | 1));
	TELL(unlinkat(AT, "d/", AT_REMOVEDIR));
	TELL(unlink("to-d"));
	TELL(unlink("f"));
	TELL(rmdir("full/in"));
	TELL(rmdir("full"));
	show(".");
	list(".");
}

static void check_rename(void)
{
	fresh("rename");
	mkdir("d", 0777);
	mkdir("e", 0777);
	mkdir("e/x", 0777);
	mkdir("d/sub", 0777);
	make_file("f");
	make_file("g");
	TELL(symlink("d", "to-d"));
	TELL(link("f", "f2"));
	TELL(rename("none", "x"));
	TELL(rename("none", "f"));
	TELL(rename("", "x"));
	TELL(rename("f", ""));
	TELL(rename("f", "f"));
	TELL(rename("f", "f2"));
	list(".");
	TELL(rename("f", "d"));
	TELL(rename("d", "f"));
	TELL(rename("d", "e"));
	TELL(rename("d", "d"));
	TELL(rename("d", "d/sub/x"));
	TELL(rename("d", "d/sub"));
	TELL(rename("d/sub", "d"));
	TELL(rename("f", "new/"));
	TELL(rename("f/", "new"));
	TELL(rename("f", "d/"));
	TELL(rename("f", "g/"));
	TELL(rename("f/x", "g"));
	TELL(rename("f", "g/x"));
	TELL(rename("none/x", "g"));
	TELL(rename(".", "x"));
	TELL(rename("x", "."));
	TELL(rename("d/..", "x"));
	TELL(rename("f", "d/.."));
	TELL(rename("/", "x"));
	TELL(rename("f", "/"));
	TELL(rename("f", "/f"));
	TELL(rename("to-d/", "y"));
	TELL(rename("e", "to-d"));
	TELL(rename("e", "to-d/"));
	TELL(rename("d/", "d2/"));
	TELL(rename("d2", "d"));
	TELL(rename("f", "to-d"));
	list(".");
	TELL(rename("e/x", "d/x"));
	show("e");
	show("d");
	TELL(rename("e", "d/x"));
	show("d");
	show("d/x");
	show(".");
	list(".");
	list("d");
	TELL(rename("g", "f2"));
	show("f2");
	TELL(rename2("f2", "d", NOREPLACE));
	TELL(rename2("f2", "h", NOREPLACE));
	TELL(rename2("h", "f2", EXCHANGE));
	TELL(rename2("h", "d", EXCHANGE | NOREPLACE));
	TELL(rename2("h", "d", 64));
	TELL(rename2("h", "d/x", EXCHANGE));
	show("h");
	show("d/x");
	show("d");
	show(".");
	list(".");
	TELL(rename2("h", "d", EXCHANGE));
	TELL(rename2("d", "d/x", EXCHANGE));
	TELL(rename2("d/x", "d", EXCHANGE));
	TELL(rename2("d/x", "h/", EXCHANGE));
	TELL(rename2("h", "d/x/", EXCHANGE));
	TELL(rename2("h", ".", NOREPLACE));
	TELL(rename2(".", "x", NOREPLACE));
	TELL(rename2("h", "d/x/..", EXCHANGE));
	list(".");
	list("d");
}

static void check_links(void)
{
	char text[64];

	fresh("links");
	mkdir("d", 0777);
	make_file("f");
	TELL(link("f", "d/g"));
	TELL(link("f", "f"));
	TELL(link("f", "d"));
	TELL(link("none", "x"));
	TELL(link("d", "x"));
	TELL(link("f", "x/"));
	TELL(link("f/", "x"));
	TELL(link("f", "none/x"));
	TELL(link("f", "/x"));
	TELL(link("f", ""));
	show("f");
	TELL(symlink("f", "s"));
	TELL(link("s", "s2"));
	show("s2");
	TELL(linkat(AT, "s", AT, "s3", AT_SYMLINK_FOLLOW));
	show("s3");
	TELL(linkat(AT, "s", AT, "s4", 1));
	TELL(linkat(AT, "", AT, "s4", 0));
	memset(text, '#', sizeof(text));
	TELL(readlink("s", text, 0));
	TELL(readlink("s", text, 1));
	TELL(readlink("s", text, sizeof(text)));
	check(text[1] == '#', "readlink() adds no NUL");
	TELL(readlink("f", text, sizeof(text)));
	TELL(readlink("d", text, sizeof(text)));
	TELL(readlink("none", text, sizeof(text)));
	TELL(readlink("s/", text, sizeof(text)));
	TELL(readlink("s/x", text, sizeof(text)));
	TELL(symlink("loop", "loop"));
	TELL(open("loop", O_RDONLY));
	TELL(open("loop", O_RDONLY | O_CREAT, 0666));
	TELL(open("loop/x", O_RDONLY));
	TELL(open("loop", O_RDONLY | O_NOFOLLOW));
	TELL(mkdir("loop", 0777));
	TELL(chdir("loop"));
	TELL(unlink("loop"));
	TELL(symlink("../d/../d/g", "d/far"));
	TELL(access("d/far", F_OK));
	TELL(symlink("d/", "slash"));
	TELL(access("slash/g", F_OK));
	TELL(symlink("f/", "badslash"));
	TELL(access("badslash", F_OK));
	TELL(open("badslash", O_CREAT | O_WRONLY, 0666));
	TELL(symlink("made", "to-made"));
	TELL(open("to-made", O_CREAT | O_EXCL | O_WRONLY, 0666));
	TELL(open("to-made", O_CREAT | O_NOFOLLOW | O_WRONLY, 0666));
	TELL(close(open("to-made", O_CREAT | O_WRONLY, 0666)));
	list(".");
}

/* A chain of links l1 -> l2 -> ... -> l@n -> f. */
static void check_depth(void)
{
	char name[16], next[16], path[5000];

	fresh("depth");
	make_file("f");
	for (int i = 41; i >= 1; i--) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(next, sizeof(next), "l%d", i + 1);
		if (symlink(i == 41 ? "f" : next, name))
			note("no link %d", i);
	}
	TELL(access("l3", F_OK));
	TELL(access("l2", F_OK));
	TELL(access("l1", F_OK));
	TELL(symlink(".", "dot"));
	memset(path, 0, sizeof(path));
	for (int i = 0; i < 40; i++)
		strcat(path, "dot/");
	strcat(path, "f");
	TELL(access(path, F_OK));
	memmove(path + 4, path, strlen(path) + 1);
	memcpy(path, "dot/", 4);
	TELL(access(path, F_OK));
	memset(path, 'n', sizeof(path));
	path[255] = 0;
	TELL(mkdir(path, 0777));
	TELL(rmdir(path));
	path[255] = 'n';
	path[256] = 0;
	TELL(mkdir(path, 0777));
	TELL(access(path, F_OK));
	memset(path, '/', sizeof(path));
	path[4095] = 0;
	TELL(access(path, F_OK));
	path[4095] = '/';
	path[4096] = 0;
	TELL(access(path, F_OK));
	memcpy(path + 4093, "/n", 3);
	TELL(access(path, F_OK));
	memset(path, 'x', sizeof(path));
	path[4095] = 0;
	TELL(symlink(path, "long"));
	path[4094] = 0;
	TELL(symlink(path, "long"));
	TELL(readlink("long", path, sizeof(path)));
	TELL(access("long", F_OK));
}

/* RENAME_WHITEOUT leaves a device 0:0, which union file systems look for. */
static void check_whiteout(void)
{
	struct stat st;

	fresh("whiteout");
	mkdir("d", 0777);
	make_file("f");
	make_file("g");
	TELL(rename2("f", "d/f", WHITEOUT));
	TELL(lstat("f", &st));
	note("%o, device %ld, %ld bytes", st.st_mode, (long)st.st_rdev,
	     (long)st.st_size);
	show("d/f");
	TELL(rename2("d/f", "g", WHITEOUT));
	TELL(rename2("g", "h", WHITEOUT | NOREPLACE));
	TELL(rename2("h", "g", WHITEOUT | NOREPLACE));
	TELL(rename2("h", "g", WHITEOUT | EXCHANGE));
	TELL(rename2("h", "..", WHITEOUT));
	TELL(rename2("none", "x", WHITEOUT));
	list(".");
	list("d");
}

/* What is wrong with a name that is too long is found when it is looked up. */
static void check_too_long(void)
{
	char name[300];

	fresh("long");
	memset(name, 'n', 256);
	strcpy(name + 256, "/");
	TELL(open(name, O_CREAT | O_RDWR, 0666));
	TELL(open(name, O_RDONLY));
	name[256] = '\0';
	TELL(open(name, O_CREAT | O_RDWR, 0666));
	TELL(rename(name, ".."));
	TELL(rename("..", name));
	TELL(rename("none", name));
	TELL(mkdir(name, 0777));
	TELL(unlink(name));
	TELL(mount(name, "none", "tmpfs", 0, NULL));
	TELL(access(name, F_OK));
	strcpy(name + 256, "/x");
	TELL(access(name, F_OK));
}

/* A position counts names; what moves in between is not told of twice. */
static void check_positions(void)
{
	struct statfs before, after;
	struct dirent *entry;
	char name[1000];
	DIR *dir;

	fresh("positions");
	make_file("a");
	make_file("b");
	make_file("c");
	dir = opendir(".");
	while ((entry = readdir(dir)))
		note("%s, then %ld", entry->d_name, (long)entry->d_off);
	TELL(lseek(dirfd(dir), 0, SEEK_CUR));
	TELL(lseek(dirfd(dir), -6, SEEK_CUR));
	TELL(lseek(dirfd(dir), 0, SEEK_END));
	seekdir(dir, 3);
	note("%s", readdir(dir)->d_name);
	seekdir(dir, 100);
	TELL(!readdir(dir));
	TELL(lseek(dirfd(dir), 0, SEEK_SET));
	TELL(syscall(SYS_getdents64, dirfd(dir), name, 80));
	make_file("d");
	TELL(syscall(SYS_getdents64, dirfd(dir), 16, 1000));
	TELL(lseek(dirfd(dir), 0, SEEK_CUR));
	TELL(syscall(SYS_getdents64, dirfd(dir), name, 1000));
	note("%s", name + 19);
	statfs(".", &before);
	rewinddir(dir);
	while ((entry = readdir(dir)) && entry->d_name[0] != 'a')
		;
	TELL(unlink("a"));
	statfs(".", &after);
	expect(after.f_ffree - before.f_ffree, 1,
	       "a directory that is listed keeps no file that is unlinked");
	closedir(dir);
}

static void check_listing(void)
{
	char name[16];
	struct dirent *entry;
	int count = 0;
	long at;
	DIR *dir;

	fresh("listing");
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		make_file(name);
	}
	dir = opendir(".");
	while ((entry = readdir(dir))) {
		count++;
		if (count % 3 == 0 && entry->d_name[0] == 'n')
			unlink(entry->d_name);
	}
	note("%d names seen while a third went", count);
	rewinddir(dir);
	for (count = 0; (entry = readdir(dir)); count++)
		;
	note("%d names left", count);
	rewinddir(dir);
	for (int i = 0; i < 50; i++)
		entry = readdir(dir);
	at = telldir(dir);
	entry = readdir(dir);
	strcpy(name, entry->d_name);
	for (int i = 0; i < 50; i++)
		readdir(dir);
	seekdir(dir, at);
	entry = readdir(dir);
	check(entry && !strcmp(entry->d_name, name),
	      "seekdir() leads back to where telldir() was");
	closedir(dir);
	TELL(syscall(SYS_getdents64, 99, name, 16));
	at = open(".", O_RDONLY | O_DIRECTORY);
	TELL(syscall(SYS_getdents64, at, name, 10));
	TELL(syscall(SYS_getdents64, at, 16, 1000));
	TELL(read(at, name, 10));
	TELL(write(at, name, 10));
	TELL(lseek(at, 0, SEEK_SET));
	close(at);
	at = open("n1", O_RDONLY);
	TELL(syscall(SYS_getdents64, at, name, 16));
	close(at);
	mkdir("gone", 0777);
	at = open("gone", O_RDONLY);
	rmdir("gone");
	TELL(syscall(SYS_getdents64, at, name, 16));
	TELL(fsync(at));
	TELL(openat(at, "x", O_CREAT | O_WRONLY, 0666));
	TELL(openat(at, "x", O_RDONLY));
	TELL(mkdirat(at, "x", 0777));
	TELL(fchmod(at, 0700));
	TELL(fchdir(at));
	TELL(access(".", F_OK));
	TELL(access("..", F_OK));
	TELL(access("../n1", F_OK));
	TELL(syscall(SYS_getcwd, name, sizeof(name)));
	TELL(chdir(".."));
	close(at);
}

static void check_cwd(void)
{
	char text[64];

	fresh("cwd");
	mkdir("a", 0777);
	mkdir("a/b", 0777);
	make_file("f");
	TELL(chdir("a/b"));
	TELL(syscall(SYS_getcwd, text, 64));
	TELL(syscall(SYS_getcwd, text, 7));
	TELL(syscall(SYS_getcwd, text, 6));
	TELL(syscall(SYS_getcwd, text, 0));
	TELL(syscall(SYS_getcwd, 16, 64));
	TELL(rename("/n/a", "/n/c"));
	TELL(syscall(SYS_getcwd, text, 64));
	note("%s", text);
	TELL(chdir("../../f"));
	TELL(chdir("none"));
	TELL(chdir(""));
	TELL(chdir("/n/c/../c/./b//"));
	TELL(syscall(SYS_getcwd, text, 64));
	note("%s", text);
	TELL(umask(0027));
	TELL(mkdir("m", 0777));
	show("m");
	TELL(umask(0777777));
	TELL(umask(022));
	TELL(chroot("/n/c/b"));
	TELL(access("/m", F_OK));
	TELL(access("/../m", F_OK));
	TELL(access("/../../n", F_OK));
	TELL(syscall(SYS_getcwd, text, 64));
	note("%s", text);
	TELL(chdir("../.."));
	TELL(syscall(SYS_getcwd, text, 64));
}

static int check_root(long arg)
{
	(void)arg;
	check_cwd();
	return 0;
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	umask(022);
	mkdir("/n", 0777);
	mkdir("/proc", 0777);
	if (mount("n", "/n", "tmpfs", 0, "size=4M"))
		note("no tmpfs: %s", strerrorname_np(errno));
	check_make();
	check_remove();
	check_rename();
	check_links();
	check_depth();
	check_listing();
	check_positions();
	check_whiteout();
	check_too_long();
	check(exited(run(check_root, 0), 0), "a child may change its root");
	return guest_end();
}
