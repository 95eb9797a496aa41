// SPDX-License-Identifier: MIT
/*
 * shm - System V shared memory: keys, ids, rights, attaches and what is told
 * of them, by ipc() and by the calls of their own, old structs and new.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GET		395
#define CTL		396
#define AT		397
#define DT		398
#define KEY		0x4154

struct old_ds {
	int key;
	uint16_t uid, gid, cuid, cgid, mode, seq;
	uint32_t size, atime, dtime, ctime;
	uint16_t cpid, lpid, nattch, unused;
	uint32_t unused2, unused3;
};

struct ds {
	int key;
	uint32_t uid, gid, cuid, cgid;
	uint16_t mode, pad1, seq, pad2;
	uint32_t unused1, unused2;
	uint32_t size, atime, ah, dtime, dh, ctime, ch;
	int32_t cpid, lpid;
	uint32_t nattch, unused3, unused4;
};

static struct ds stat_of(long id)
{
	struct ds ds;

	memset(&ds, 0xff, sizeof(ds));
	expect(sys(CTL, id, IPC_STAT, (long)&ds), 0, "IPC_STAT");
	return ds;
}

static const char *perms_of(uintptr_t addr)
{
	static char perms[5];

	perms[0] = 0;
	if (area_of(addr))
		sscanf(area_of(addr), "%*s %4s", perms);
	return perms;
}

static void keys(void)
{
	long id = sys(GET, KEY, 3 * PAGE - 5, IPC_CREAT | 0640), other;

	check(id >= 0, "a key makes a segment");
	expect(sys(GET, KEY, 100, 0), id, "and finds it");
	expect(sys(GET, KEY, 0, 0), id, "of whatever size that is not larger");
	expect(sys(GET, KEY, 3 * PAGE, 0), -EINVAL, "a larger one is not there");
	expect(sys(GET, KEY, 1, IPC_CREAT | IPC_EXCL), -EEXIST, "exclusively");
	expect(sys(GET, KEY + 1, PAGE, 0600), -ENOENT, "an unknown key");
	expect(sys(GET, KEY + 1, 0, IPC_CREAT), -EINVAL, "of no bytes");
	expect(sys(GET, IPC_PRIVATE, 0, 0), -EINVAL, "of none, private");
	expect(sys(GET, IPC_PRIVATE, 0xff000000, 0600), -EINVAL, "beyond max");
	expect(sys(GET, IPC_PRIVATE, 0xf0000000, 0600), -ENOMEM, "too large");
	other = sys(GET, IPC_PRIVATE, PAGE, 0600);
	check(other >= 0 && other != id, "a private one is always new");
	expect(sys(CTL, other, IPC_RMID, 0), 0, "removed");
	expect(sys(CTL, other, IPC_RMID, 0), -EINVAL, "only once");
	expect(sys(AT, other, 0, 0), -EINVAL, "no attach any more");
	expect(sys(CTL, id, IPC_RMID, 0), 0, "the first one, too");
	expect(sys(GET, KEY, PAGE, 0), -ENOENT, "its key is free");
	expect(sys(CTL, -1, IPC_STAT, 0), -EINVAL, "a negative id");
	expect(sys(CTL, id, 99, 0), -EINVAL, "an unknown command");
}

static void attaches(void)
{
	long id = sys(GET, IPC_PRIVATE, 3 * PAGE - 5, 0600);
	uintptr_t a = sys(AT, id, 0, 0), b, place;
	struct ds ds;

	check(!is_error(a), "attached anywhere");
	check(is_zero(a, 3 * PAGE), "it is zeros");
	strcpy((char *)a + PAGE, "hello");
	b = sys(AT, id, 0, SHM_RDONLY);
	check(!strcmp((char *)b + PAGE, "hello"), "twice: the same memory");
	check(!strcmp(perms_of(a), "rw-s"), "rights of the one");
	check(!strcmp(perms_of(b), "r--s"), "rights of the other");
	check(strstr(area_of(b), "/SYSV00000000 (deleted)"), "its name");
	expect(write_fault(b), 2, "read-only is");
	expect(sys(SYS_mprotect, b, PAGE, RW), -EACCES, "and stays read-only");
	ds = stat_of(id);
	expect(ds.nattch, 2, "two attaches");
	expect(ds.size, 3 * PAGE - 5, "the size is what was asked for");
	check(ds.cpid == getpid() && ds.lpid == getpid(), "whose it is");
	check(ds.atime && !ds.dtime && ds.ctime, "times");
	expect(ds.mode, 0600, "mode");
	expect(sys(DT, b + PAGE), -EINVAL, "not the middle");
	expect(sys(DT, b + 1), -EINVAL, "nor an odd address");
	expect(sys(DT, b), 0, "detached");
	expect(read_fault(b), 1, "it is gone");
	expect(sys(DT, b), -EINVAL, "only once");
	ds = stat_of(id);
	check(ds.nattch == 1 && ds.dtime, "one is left");

	place = map(0, 16 * PAGE, RW, ANON);
	expect(sys(AT, id, place, 0), -EINVAL, "not over something");
	expect(sys(AT, id, place + 5, 0), -EINVAL, "not at an odd address");
	expect(sys(AT, id, place + 5, SHM_RND | SHM_REMAP), place,
	       "but rounded, and in place of it");
	expect(sys(AT, id, 0, SHM_REMAP), -EINVAL, "in place of nothing");
	areas_are(place, 16, "0-3 rw-s 3-16 rw-p", "the areas");
	check(!strcmp((char *)place + PAGE, "hello"), "the same again");

	expect(sys(SYS_mprotect, place + PAGE, PAGE, PROT_READ), 0, "split");
	expect(stat_of(id).nattch, 4, "pieces count");
	expect(sys(SYS_mprotect, place + PAGE, PAGE, RW), 0, "alike again");
	expect(stat_of(id).nattch, 4, "they do not join");
	areas_are(place, 3, "0-1 rw-s 1-2 rw-s 2-3 rw-s", "as maps shows");
	expect(sys(SYS_munmap, place, PAGE), 0, "without the first");
	expect(sys(DT, place), 0, "detach takes the rest");
	areas_are(place, 4, "3-4 rw-p", "all of it");

	expect(sys(CTL, id, IPC_RMID, 0), 0, "removed while attached");
	ds = stat_of(id);
	expect(ds.mode, 01600, "it is to be destroyed");
	expect(ds.key, 0, "and has no key");
	b = sys(AT, id, 0, 0);
	check(!is_error(b), "it can still be attached");
	expect(sys(DT, b), 0, "and detached");
	expect(sys(DT, a), 0, "the last detach");
	expect(sys(CTL, id, IPC_STAT, (long)&ds), -EINVAL, "destroys it");
}

static int child_looks(long arg)
{
	char *text = (char *)arg;
	int ok = !strcmp(text, "parent");

	strcpy(text, "child");
	return ok;
}

static int child_detaches(long arg)
{
	return sys(DT, arg);
}

static int as_nobody(long id)
{
	struct ds ds = { 0 };

	sys(SYS_setresuid32, 1000, 1000, 1000);
	expect(sys(GET, KEY, 0, 0600), -EACCES, "others have no key");
	expect(sys(GET, KEY, 0, 0), id, "without a wish, it is found");
	expect(sys(AT, id, 0, 0), -EACCES, "others may not attach");
	check(!is_error(sys(AT, id, 0, SHM_RDONLY)), "but for reading");
	expect(sys(CTL, id, IPC_RMID, 0), -EPERM, "nor remove");
	expect(sys(CTL, id, IPC_SET, (long)&ds), -EPERM, "nor change");
	expect(sys(CTL, id, SHM_LOCK, 0), -EPERM, "nor lock");
	expect(sys(CTL, id, IPC_SET, 0), -EFAULT, "EFAULT comes first");
	return 0;
}

static void processes(void)
{
	long id = sys(GET, KEY, PAGE, IPC_CREAT | 0640);
	uintptr_t a = sys(AT, id, 0, 0);
	struct ds ds;
	int status;

	strcpy((char *)a, "parent");
	check(exited(run(child_looks, a), 1), "a child inherits it");
	check(!strcmp((char *)a, "child"), "and writes to it");
	check(exited(run(child_detaches, a), 0), "or lets go of it");
	expect(stat_of(id).nattch, 1, "its exit detaches");
	check(strstr(area_of(a), "/SYSV00004154 (deleted)"), "its name");
	fflush(stdout);
	status = run(as_nobody, id);
	check(exited(status, 0), "somebody else");
	ds = stat_of(id);
	ds.uid = 7;
	ds.gid = 8;
	ds.mode = 07666;
	expect(sys(CTL, id, IPC_SET, (long)&ds), 0, "IPC_SET");
	ds = stat_of(id);
	check(ds.uid == 7 && ds.gid == 8 && ds.cuid == 0, "owner is set");
	expect(ds.mode, 0666, "nine bits of the mode");
	expect(sys(CTL, id, SHM_LOCK, 0), 0, "SHM_LOCK");
	expect(stat_of(id).mode, 02666, "is seen");
	expect(sys(CTL, id, SHM_UNLOCK, 0), 0, "SHM_UNLOCK");
	expect(sys(CTL, id, IPC_RMID, 0), 0, "removed");
	expect(sys(SYS_munmap, a, PAGE), 0, "munmap detaches, too");
	expect(sys(CTL, id, IPC_STAT, (long)&ds), -EINVAL, "gone");
}

static void by_ipc(void)
{
	struct old_ds old;
	struct ds ds;
	uint32_t at = 0, limits[9];
	long id = sys(SYS_ipc, 23, KEY, 2 * PAGE, IPC_CREAT | 0600, 0), place;

	check(id >= 0, "ipc(SHMGET)");
	expect(sys(SYS_ipc, 21, id, 0, (long)&at, 0), 0, "ipc(SHMAT)");
	check(is_zero(at, 2 * PAGE), "the address comes back in memory");
	expect(sys(SYS_ipc, 21 | 1 << 16, id, 0, (long)&at, 0), -EINVAL,
	       "not its version 1");
	memset(&old, 0xff, sizeof(old));
	expect(sys(SYS_ipc, 24, id, IPC_STAT, 0, (long)&old), 0, "old stat");
	check(old.key == KEY && old.size == 2 * PAGE && old.mode == 0600 &&
	      old.nattch == 1 && old.cpid == (uint16_t)getpid(), "its struct");
	memset(&ds, 0xff, sizeof(ds));
	expect(sys(SYS_ipc, 24, id, IPC_STAT | 0x100, 0, (long)&ds), 0, "new");
	check(ds.key == KEY && ds.size == 2 * PAGE && ds.mode == 0600 &&
	      ds.nattch == 1, "its struct");
	check(ds.pad1 == 0 && ds.pad2 == 0 && ds.unused1 == 0 &&
	      ds.unused2 == 0 && ds.unused3 == 0 && ds.unused4 == 0 &&
	      ds.ah == 0 && ds.dh == 0, "nothing in its holes");
	place = sys(CTL, 0, IPC_INFO, (long)limits);
	expect(place, id & 0x7fff, "the highest place");
	check(limits[0] == 0xfeffffff && limits[1] == 1 &&
	      limits[2] == 4096 && limits[3] == 4096 &&
	      limits[4] == 0xfeffffff, "limits");
	expect(sys(SYS_ipc, 24, 0, IPC_INFO, 0, (long)limits), place, "old");
	check(limits[0] == 0x7fffffff, "they are smaller");
	check(sys(CTL, id & 0x7fff, SHM_STAT, (long)&ds) == id, "SHM_STAT");
	*(char *)at = 1;
	expect(sys(CTL, 0, SHM_INFO, (long)limits), id & 0x7fff, "SHM_INFO");
	check(limits[0] == 1 && limits[1] == 2 && limits[2] == 2, "of one");
	expect(sys(SYS_ipc, 22, 0, 0, 0, at), 0, "ipc(SHMDT)");
	expect(sys(SYS_ipc, 24, id, IPC_RMID, 0, 0), 0, "ipc(SHMCTL)");
	expect(sys(SYS_ipc, 77, 0, 0, 0, 0), -ENOSYS, "unknown ones");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	sys(SYS_mkdir, (long)"/proc", 0755);
	sys(SYS_mount, (long)"proc", (long)"/proc", (long)"proc", 0, 0);
	keys();
	attaches();
	processes();
	by_ipc();
	return guest_end();
}
