// SPDX-License-Identifier: MIT
/*
 * rand_files - random calls about files and names, told line by line (rand.h).
 *
 * A sequence takes 200 steps in a tmpfs of its own, small enough to be full
 * now and then, which is also its root.  A step is one call of the table below
 * with random arguments of the kinds that stand there: paths of a few names
 * (with "..", "//", links in circles, names too long), a dozen descriptors,
 * borders of offsets, users who may and who may not.  Or it is a fork, whose
 * child takes steps of its own with the same open files.  Its line has the
 * arguments, and the result or the error's name; and now and then a line has
 * all names with what stat() says of them and a digest of what is in them.
 *
 * So that it says the same on every right kernel, and ends:
 *   - no times, no inode numbers, and names of a directory in alphabetical
 *     order;
 *   - nothing waits: FIFOs are opened with O_NONBLOCK, locks are not waited
 *     for;
 *   - memory that is given to a call is all there or not at all.
 *
 * Features: 1 names and bytes, 2 users, 4 locks, 8 mounts, 16 odd calls.
 */
#include "tests/guest/guest.h"
#include "tests/guest/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_STEPS	200u
#define NR_CHILD_STEPS	8u
#define NR_FDS		14u
#define FIRST_FD	3
#define ROOT		"/tmp/rand_files"
#define HAS_NAMES	1u
#define HAS_USERS	2u
#define HAS_LOCKS	4u
#define HAS_MOUNTS	8u
#define HAS_ODD		16u
#define NOWHERE		16		/* an address that is not there */
#define PATH_SIZE	5000
#define SMALL		"size=40k,nr_inodes=9,uid=0,gid=0"

static int depth;			/* forks above us */
static char paths[2][PATH_SIZE];
static uint8_t in[16384], out[16384];

/* --------------------------------------------------------- what is random */

#define PICK(array)	((array)[below(COUNT(array))])


static const char *some_name(void)
{
	static const char *const names[] = {
		"a", "b", "c", "d", "e", "a", "b", "c", "f", "g", ".", "..",
	};
	static char long_name[300];

	if (!one_in(60))
		return PICK(names);
	memset(long_name, 'n', sizeof(long_name));
	long_name[253 + below(4)] = '\0';
	return long_name;
}

/* One to three names, or one of the odd ones. */
static void make_path(char *path)
{
	size_t size = 0;

	*path = '\0';
	if (one_in(60))
		return;
	if (one_in(200)) {		/* as long as it may be, or too long */
		size = 4093 + below(4);
		for (size_t i = 0; i < size; i += 2)
			memcpy(path + i, "./", 2);
		path[size] = '\0';
		return;
	}
	if (one_in(4))
		path[size++] = '/';
	for (uint32_t n = below(8) < 5 ? 1 : 1 + below(3); n--;) {
		size += sprintf(path + size, "%s", some_name());
		if (n || one_in(12))
			path[size++] = '/';
		if (one_in(30))
			path[size++] = '/';
	}
	path[size] = '\0';
}

static void say_text(const char *text)
{
	size_t size = strlen(text);

	if (size > 40)
		say("\"%.8s...%zu\"", text, size);
	else
		say("\"%s\"", text);
}

static long some_path(int which)
{
	if (one_in(100)) {
		say("nowhere");
		return NOWHERE;
	}
	/* Better one that is there. */
	for (uint32_t tries = 1 + below(3); tries--;) {
		make_path(paths[which]);
		if (!sys(SYS_lstat64, (long)paths[which], (long)out))
			break;
	}
	memset(out, 0, sizeof(out));
	say_text(paths[which]);
	return (long)paths[which];
}

static long some_fd(void)
{
	long fd = one_in(40) ? -1 : one_in(40) ? 100 : 0;

	for (uint32_t tries = 1 + below(4); !fd && tries--;) {
		fd = FIRST_FD + (long)below(NR_FDS);
		if (tries && fcntl(fd, F_GETFD) < 0)
			fd = 0;
	}
	say("%ld", fd);
	return fd;
}

static long some_dir_fd(void)
{
	if (one_in(2))
		return some_fd();
	say("cwd");
	return AT_FDCWD;
}

static long some_mode(void)
{
	static const int modes[] = {
		0644, 0755, 0600, 0700, 0777, 0, 01777, 04755, 02755, 02644,
		0444, 0311, 07777, 0666, 0555, 0070, 0007, 010644, -1,
	};
	long mode = PICK(modes);

	say("%#lo", mode);
	return mode;
}

static long some_flags(const int *flags, size_t nr, uint32_t rarely)
{
	long sum = 0;

	for (size_t i = 0; i < nr; i++)
		if (one_in(rarely))
			sum |= flags[i];
	return sum;
}

static long some_open_flags(void)
{
	static const int often[] = { O_CREAT, O_CREAT },
		seldom[] = { O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW,
			     O_CLOEXEC, O_LARGEFILE },
		rare[] = { O_NOATIME, O_PATH, O_TMPFILE, O_DIRECT, O_SYNC,
			   O_DSYNC, O_NOCTTY, O_ASYNC, 0x40000000 };
	long flags = below(3) | (one_in(40) ? 3 : 0) | O_NONBLOCK |
		some_flags(often, COUNT(often), 4) |
		some_flags(seldom, COUNT(seldom), 8) |
		some_flags(rare, COUNT(rare), 25);

	say("%#lo", flags);
	return flags;
}

static int64_t some_offset(void)
{
	static const int64_t odd[] = {
		-1, -4096, INT32_MAX, 0x80000000ll, 0xffffffffll, 1ll << 32,
		(1ll << 43) - 1, (1ll << 43) - 4097, 1ll << 43, (1ll << 44) - 1,
		INT64_MAX, INT64_MIN, INT64_MAX - 4095, 1 << 20,
	};
	static const int usual[] = {
		0, 0, 0, 1, 10, 100, 4095, 4096, 4097, 8192, 10000, 12288,
		65536, 100000,
	};

	return one_in(8) ? PICK(odd) : PICK(usual);
}

static long some_size(void)
{
	static const int sizes[] = {
		0, 1, 2, 10, 100, 1000, 4095, 4096, 4097, 8192, 9000, 16384,
	};
	long size = PICK(sizes);

	say("%ld", size);
	return size;
}

static long some_id(void)
{
	static const int ids[] = { 0, 0, 1000, 1001, 100, 70000, -1 };
	long id = PICK(ids);

	say("%ld", id);
	return id;
}

static long some_word(void)
{
	long word = some_offset();

	say("%ld", word);
	return word;
}

static long some_bits(const int *flags, size_t nr)
{
	long sum = one_in(2) ? 0 : one_in(40) ? (long)(1u << below(32)) :
		some_flags(flags, nr, 2);

	say("%#lx", sum);
	return sum;
}

static long some_memory(uint8_t *memory)
{
	if (!one_in(60))
		return (long)memory;
	say("nowhere");
	return NOWHERE;
}

/* ------------------------------------------------------- kinds of arguments */

/* What is pointed to. */
static uint8_t lock[32];
static struct { uint32_t base, size; } vector[4];
static int64_t position;
static uint32_t times[4];

enum kind {
	NONE, PATH, PATH2, FD, DIRFD, MODE, OPEN_FLAGS, WORD, OFFSET, SIZE,
	WHENCE, ID, USER, IN, OUT, OUT_SIZE, AT_FLAGS, VECTOR, NR_VECTOR, FALLOCATE,
	RENAME, TIMES, ACCESS, STATX_MASK, DEVICE, NODE_MODE, POSITION, FCNTL,
	FLOCK, PIPE_FLAGS, MEMFD_FLAGS, ZERO, MOUNT_TYPE, MOUNT_FLAGS,
	MOUNT_DATA, UMOUNT_FLAGS, SAME, NEW_FD, ADVICE, NAME, RW_FLAGS, RANGE,
};

static void make_lock(void)
{
	int16_t *head = (int16_t *)lock;

	head[0] = below(one_in(20) ? 5 : 3);
	head[1] = below(one_in(20) ? 4 : 3);
	say(" type %d whence %d", head[0], head[1]);
}

/* A struct flock, or of 64 bits. */
static long some_lock(bool wide)
{
	static const int at[] = { 0, 1, 5, 10, 20, 100, -1, -10, INT32_MAX };
	long start = PICK(at), size = one_in(3) ? 0 : PICK(at);

	memset(lock, 0, sizeof(lock));
	make_lock();
	if (wide) {
		*(int64_t *)(lock + 4) = start;
		*(int64_t *)(lock + 12) = size;
		*(int32_t *)(lock + 20) = one_in(10);
	} else {
		*(int32_t *)(lock + 4) = start;
		*(int32_t *)(lock + 8) = size;
		*(int32_t *)(lock + 12) = one_in(10);
	}
	say(" %ld+%ld", start, size);
	return (long)lock;
}

static void say_lock(bool wide)
{
	int32_t pid = *(int32_t *)(lock + (wide ? 20 : 12));

	say(" type %d whence %d %lld+%lld pid %s", *(int16_t *)lock,
	    *(int16_t *)(lock + 2),
	    wide ? *(long long *)(lock + 4) : *(int32_t *)(lock + 4),
	    wide ? *(long long *)(lock + 12) : *(int32_t *)(lock + 8),
	    pid == getpid() ? "mine" : pid > 0 ? "other" : !pid ? "0" : "-1");
}

static int command;

/* The command, and as the next argument what it takes. */
static long some_command(long *arg)
{
	static const int plain[] = {
		F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC,
		F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS,
		F_ADD_SEALS, F_GETOWN, F_GETSIG,
	};
	static const int locks[] = { 5, 6, 12, 13, 36, 37, 13, 37 };
	static const int changed[] = { O_APPEND, O_DIRECT, O_NOATIME, O_ASYNC,
				       O_CREAT, O_SYNC, O_RDWR };

	command = features & HAS_LOCKS && one_in(2) ? PICK(locks) :
		PICK(plain);
	say("%d ", command);
	switch (command) {
	case 5: case 6:
		return *arg = some_lock(false), command;
	case 12: case 13: case 36: case 37:
		return *arg = some_lock(true), command;
	case F_SETFL:
		*arg = O_NONBLOCK | some_flags(changed, COUNT(changed), 4);
		break;
	case F_ADD_SEALS:
		*arg = one_in(3) ? 1 << below(6) : 1 << below(4);
		break;
	case F_SETPIPE_SZ:
		*arg = 1 << below(24);
		break;
	default:
		*arg = one_in(10) ? 1000000 : below(12);
	}
	say("%#lx", *arg);
	return command;
}

static long some_vector(void)
{
	for (size_t i = 0; i < COUNT(vector); i++) {
		vector[i].base = (long)(one_in(80) ? (void *)NOWHERE : in) + i;
		vector[i].size = one_in(80) ? 0x80000000u + below(3) :
			below(one_in(3) ? 5000 : 20);
		say(" %s%u", vector[i].base == NOWHERE + i ? "nowhere " : "",
		    vector[i].size);
	}
	return (long)vector;
}

static long some_times(void)
{
	static const uint32_t nsecs[] = { 0, 999999999, 1000000000,
					  UTIME_NOW, UTIME_OMIT, 5 };

	if (one_in(3)) {
		say("now");
		return 0;
	}
	for (int i = 0; i < 4; i += 2) {
		times[i] = below(1000000);
		times[i + 1] = PICK(nsecs);
		say(" %u.%u", times[i], times[i + 1]);
	}
	return (long)times;
}

static long say_word(const char *format, long word)
{
	say(format, word);
	return word;
}

static long say_string(const char *text)
{
	say("%s", text);
	return (long)text;
}

#define BITS(...) ({							\
	static const int bits_[] = { __VA_ARGS__ };			\
	some_bits(bits_, COUNT(bits_)); })

/* @arg: where the arguments lie; some kinds are two of them. */
static int make_argument(enum kind kind, long *arg)
{
	static const char *const types[] = { "tmpfs", "tmpfs", "tmpfs",
					     "nofs", "" };
	static const char *const data[] = {
		SMALL, SMALL ",mode=700", "size=x", SMALL ",uid=1000", "odd=1",
		SMALL ",mode=1777,gid=100",
	};
	int64_t offset;

	switch (kind) {
	case PATH:	*arg = some_path(0); break;
	case PATH2:	*arg = some_path(1); break;
	case FD:	*arg = some_fd(); break;
	case NEW_FD:	*arg = say_word("%ld", FIRST_FD + below(NR_FDS + 6)); break;
	case DIRFD:	*arg = some_dir_fd(); break;
	case MODE:	*arg = some_mode(); break;
	case OPEN_FLAGS: *arg = some_open_flags(); break;
	case WORD:	*arg = some_word(); break;
	case OFFSET:
		offset = some_offset();
		say("%lld", (long long)offset);
		arg[0] = offset;
		arg[1] = offset >> 32;
		return 2;
	case SIZE:	*arg = some_size(); break;
	case WHENCE:	*arg = say_word("%ld", below(one_in(8) ? 7 : 5)); break;
	case ID:	*arg = some_id(); break;
	case USER:	*arg = say_word("%ld", one_in(3) ? 1000 + below(2) : 0); break;
	case IN:	*arg = some_memory(in); break;
	case OUT:	*arg = some_memory(out); break;
	case OUT_SIZE:	*arg = say_word("%ld", one_in(3) ? below(40) : 8192); break;
	case AT_FLAGS:
		*arg = BITS(AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_EMPTY_PATH,
			    AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW);
		break;
	case VECTOR:	*arg = some_vector(); break;
	case NR_VECTOR: *arg = say_word("%ld", one_in(20) ? 1025 : below(5)); break;
	case FALLOCATE:
		*arg = say_word("%#lx", one_in(2) ? 0 :
				one_in(9) ? below(64) : one_in(2) ? 1 : 3);
		break;
	case RENAME:	*arg = BITS(1, 2, 4); break;
	case TIMES:	*arg = some_times(); break;
	case ACCESS:	*arg = say_word("%ld", below(one_in(9) ? 16 : 8)); break;
	case STATX_MASK: *arg = say_word("%#lx", one_in(9) ? 0x80000000u : 0x17ff); break;
	case DEVICE:	*arg = say_word("%#lx", one_in(2) ? 0x103 : 0x105); break;
	case NODE_MODE:
		*arg = say_word("%#lo", below(16) << 12 | 0666);
		break;
	case POSITION:
		if (one_in(3)) {
			*arg = say_word("%ld", 0);
			break;
		}
		position = some_offset();
		say("at %lld", (long long)position);
		*arg = (long)&position;
		break;
	case FCNTL:	*arg = some_command(arg + 1); return 2;
	case FLOCK:	*arg = say_word("%ld", below(one_in(20) ? 20 : 10) | LOCK_NB); break;
	case PIPE_FLAGS:
		*arg = BITS(O_CLOEXEC, O_CLOEXEC) | O_NONBLOCK;
		break;
	case MEMFD_FLAGS:
		*arg = say_word("%#lx", one_in(9) ? 0x100 : below(4));
		break;
	case ZERO:	*arg = 0; break;
	case NAME:	*arg = (long)"memory"; break;
	case MOUNT_TYPE: *arg = say_string(PICK(types)); break;
	case MOUNT_FLAGS:
		*arg = BITS(MS_RDONLY, MS_BIND, MS_REMOUNT, MS_NOSUID,
			    MS_NODEV, MS_NOEXEC, MS_BIND, MS_NOATIME);
		break;
	case MOUNT_DATA: *arg = say_string(PICK(data)); break;
	case UMOUNT_FLAGS: *arg = BITS(MNT_DETACH, UMOUNT_NOFOLLOW, MNT_EXPIRE, MNT_FORCE); break;
	case SAME:	*arg = arg[-1]; break;
	case ADVICE:	*arg = say_word("%ld", below(8)); break;
	case RW_FLAGS:
		*arg = one_in(3) ? say_word("%#lx", 1u << below(3)) : 0;
		break;
	case RANGE:	*arg = say_word("%ld", one_in(2) ? below(10) : below(9999)); break;
	case NONE:
		break;
	}
	return 1;
}

/* --------------------------------------------------- what is told of results */

static void tell_text(long result)
{
	if (result > 0 && result < 300)
		say(" \"%.*s\"", (int)result, out);
}

static void tell_bytes(long result)
{
	uint32_t digest = 1;

	for (long i = 0; i < result; i++)
		digest = add_word(digest, out[i]);
	say(" %08x", digest);
}

static void tell_vector(long result)
{
	uint32_t digest = 1;

	(void)result;
	for (size_t i = 0; i < 5000; i++)
		digest = add_word(digest, in[i]);
	say(" %08x", digest);
}

/* struct stat64 of i386. */
static void tell_stat64(long result)
{
	const uint32_t *word = (uint32_t *)out;

	(void)result;
	say(" mode %o links %u ids %u %u rdev %x size %llu block %u blocks %u",
	    word[4], word[5], word[6], word[7], word[8],
	    *(unsigned long long *)(out + 44), word[13], word[14]);
}

static void tell_statx(long result)
{
	const struct statx *x = (struct statx *)out;

	(void)result;
	say(" mask %x attributes %llx of %llx links %u ids %u %u mode %o size "
	    "%llu blocks %llu rdev %x:%x", x->stx_mask & ~0x1000u,
	    (long long)x->stx_attributes,
	    (long long)x->stx_attributes_mask, x->stx_nlink, x->stx_uid,
	    x->stx_gid, x->stx_mode, (long long)x->stx_size,
	    (long long)x->stx_blocks, x->stx_rdev_major, x->stx_rdev_minor);
}

static void tell_statfs64(long result)
{
	const uint32_t *word = (uint32_t *)out;

	(void)result;
	say(" type %x block %u of %u free %u %u files %u free %u name %u "
	    "flags %x", word[0], word[1], word[2], word[4], word[6], word[8],
	    word[10], word[14], word[16]);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names and types, in order of the alphabet. */
static void tell_names64(long result)
{
	char *names[128];
	size_t nr = 0;

	for (long at = 0; at < result && nr < COUNT(names);) {
		out[at + 17] = '0' + out[at + 18];
		memmove(out + at + 18, out + at + 19, *(uint16_t *)(out + at + 16) - 19);
		names[nr++] = (char *)out + at + 17;
		at += *(uint16_t *)(out + at + 16);
	}
	qsort(names, nr, sizeof(names[0]), by_name);
	for (size_t i = 0; i < nr; i++)
		say(" %.12s", names[i]);
}

static void tell_position(long result)
{
	(void)result;
	say(" at %lld", (long long)position);
}

static void tell_seek(long result)
{
	(void)result;
	say(" %lld", *(long long *)out);
}

static void tell_fcntl(long result)
{
	(void)result;
	if (command == 5)
		say_lock(false);
	else if (command == 12 || command == 36)
		say_lock(true);
}

static void tell_fds(long result)
{
	(void)result;
	say(" %u %u", ((uint32_t *)out)[0], ((uint32_t *)out)[1]);
}

/* -------------------------------------------------------------- the calls */

#define CALL(name, ...)	#name, SYS_##name, { __VA_ARGS__ }

static const struct call {
	uint32_t feature, share;
	const char *name;
	short number;
	uint8_t kinds[6];
	void (*tell)(long result);
} calls[] = {
	{ 1, 20, CALL(open, PATH, OPEN_FLAGS, MODE), NULL },
	{ 1, 10, CALL(openat, DIRFD, PATH, OPEN_FLAGS, MODE), NULL },
	{ 1, 3, CALL(creat, PATH, MODE), NULL },
	{ 1, 6, CALL(close, FD), NULL },
	{ 1, 10, CALL(mkdir, PATH, MODE), NULL },
	{ 1, 2, CALL(mkdirat, DIRFD, PATH, MODE), NULL },
	{ 1, 2, CALL(mknod, PATH, NODE_MODE, DEVICE), NULL },
	{ 1, 1, CALL(mknodat, DIRFD, PATH, NODE_MODE, DEVICE), NULL },
	{ 1, 5, CALL(link, PATH, PATH2), NULL },
	{ 1, 4, CALL(linkat, DIRFD, PATH, DIRFD, PATH2, AT_FLAGS), NULL },
	{ 1, 7, CALL(symlink, PATH, PATH2), NULL },
	{ 1, 2, CALL(symlinkat, PATH, DIRFD, PATH2), NULL },
	{ 1, 8, CALL(rename, PATH, PATH2), NULL },
	{ 1, 8, CALL(renameat2, DIRFD, PATH, DIRFD, PATH2, RENAME), NULL },
	{ 1, 5, CALL(unlink, PATH), NULL },
	{ 1, 4, CALL(rmdir, PATH), NULL },
	{ 1, 3, CALL(unlinkat, DIRFD, PATH, AT_FLAGS), NULL },
	{ 1, 5, CALL(chmod, PATH, MODE), NULL },
	{ 1, 2, CALL(fchmod, FD, MODE), NULL },
	{ 1, 1, CALL(fchmodat, DIRFD, PATH, MODE), NULL },
	{ 2, 5, CALL(chown32, PATH, ID, ID), NULL },
	{ 2, 2, CALL(lchown32, PATH, ID, ID), NULL },
	{ 2, 2, CALL(fchown32, FD, ID, ID), NULL },
	{ 2, 2, CALL(fchownat, DIRFD, PATH, ID, ID, AT_FLAGS), NULL },
	{ 2, 5, CALL(setfsuid32, USER), NULL },
	{ 2, 2, CALL(setfsgid32, ID), NULL },
	{ 1, 3, CALL(umask, MODE), NULL },
	{ 1, 3, CALL(truncate, PATH, WORD), NULL },
	{ 1, 3, CALL(ftruncate, FD, WORD), NULL },
	{ 1, 2, CALL(truncate64, PATH, OFFSET), NULL },
	{ 1, 5, CALL(ftruncate64, FD, OFFSET), NULL },
	{ 1, 4, CALL(lseek, FD, WORD, WHENCE), NULL },
	{ 1, 8, "_llseek", SYS__llseek, { FD, OFFSET, OUT, WHENCE }, tell_seek },
	{ 1, 6, CALL(read, FD, OUT, SIZE), tell_bytes },
	{ 1, 12, CALL(write, FD, IN, SIZE), NULL },
	{ 1, 5, CALL(pread64, FD, OUT, SIZE, OFFSET), tell_bytes },
	{ 1, 7, CALL(pwrite64, FD, IN, SIZE, OFFSET), NULL },
	{ 1, 3, CALL(readv, FD, VECTOR, NR_VECTOR), tell_vector },
	{ 1, 3, CALL(writev, FD, VECTOR, NR_VECTOR), NULL },
	{ 16, 1, CALL(preadv, FD, VECTOR, NR_VECTOR, OFFSET), tell_vector },
	{ 16, 1, CALL(pwritev, FD, VECTOR, NR_VECTOR, OFFSET), NULL },
	{ 16, 1, CALL(preadv2, FD, VECTOR, NR_VECTOR, OFFSET, RW_FLAGS), tell_vector },
	{ 16, 1, CALL(pwritev2, FD, VECTOR, NR_VECTOR, OFFSET, RW_FLAGS), NULL },
	{ 1, 6, CALL(fallocate, FD, FALLOCATE, OFFSET, OFFSET), NULL },
	{ 16, 4, CALL(utimensat, DIRFD, PATH, TIMES, AT_FLAGS), NULL },
	{ 1, 6, CALL(stat64, PATH, OUT), tell_stat64 },
	{ 1, 3, CALL(lstat64, PATH, OUT), tell_stat64 },
	{ 1, 4, CALL(fstat64, FD, OUT), tell_stat64 },
	{ 1, 3, CALL(fstatat64, DIRFD, PATH, OUT, AT_FLAGS), tell_stat64 },
	{ 16, 3, CALL(statx, DIRFD, PATH, AT_FLAGS, STATX_MASK, OUT), tell_statx },
	{ 16, 2, CALL(stat, PATH, OUT), NULL },
	{ 16, 2, CALL(fstat, FD, OUT), NULL },
	{ 1, 3, CALL(getdents64, FD, OUT, OUT_SIZE), tell_names64 },
	{ 16, 1, CALL(getdents, FD, OUT, OUT_SIZE), NULL },
	{ 1, 3, CALL(readlink, PATH, OUT, OUT_SIZE), tell_text },
	{ 1, 2, CALL(readlinkat, DIRFD, PATH, OUT, OUT_SIZE), tell_text },
	{ 1, 5, CALL(chdir, PATH), NULL },
	{ 1, 2, CALL(fchdir, FD), NULL },
	{ 1, 3, CALL(getcwd, OUT, OUT_SIZE), tell_text },
	{ 1, 2, CALL(dup, FD), NULL },
	{ 1, 2, CALL(dup2, FD, NEW_FD), NULL },
	{ 1, 1, CALL(dup3, FD, NEW_FD, OPEN_FLAGS), NULL },
	{ 1, 8, CALL(fcntl64, FD, FCNTL), tell_fcntl },
	{ 16, 2, CALL(fcntl, FD, FCNTL), tell_fcntl },
	{ 4, 5, CALL(fcntl64, FD, FCNTL), tell_fcntl },
	{ 4, 4, CALL(flock, FD, FLOCK), NULL },
	{ 1, 3, CALL(access, PATH, ACCESS), NULL },
	{ 1, 1, CALL(faccessat, DIRFD, PATH, ACCESS), NULL },
	{ 16, 2, "faccessat2", 439, { DIRFD, PATH, ACCESS, AT_FLAGS }, NULL },
	{ 8, 4, CALL(mount, PATH, PATH2, MOUNT_TYPE, MOUNT_FLAGS, MOUNT_DATA), NULL },
	{ 8, 4, CALL(umount2, PATH, UMOUNT_FLAGS), NULL },
	{ 1, 1, CALL(pipe2, OUT, PIPE_FLAGS), tell_fds },
	{ 1, 3, CALL(memfd_create, NAME, MEMFD_FLAGS), NULL },
	{ 16, 2, CALL(sendfile64, FD, FD, POSITION, SIZE), tell_position },
	{ 16, 2, CALL(copy_file_range, FD, POSITION, FD, ZERO, SIZE, ZERO), tell_position },
	{ 1, 3, CALL(statfs64, PATH, RANGE, OUT), tell_statfs64 },
	{ 1, 2, CALL(fstatfs64, FD, RANGE, OUT), tell_statfs64 },
	{ 16, 1, CALL(fsync, FD), NULL },
	{ 16, 1, CALL(fadvise64_64, FD, OFFSET, OFFSET, ADVICE), NULL },
	{ 16, 1, "close_range", 436, { NEW_FD, SAME, RANGE }, NULL },
	{ 16, 1, CALL(syncfs, FD), NULL },
	{ 16, 1, CALL(sync_file_range, FD, OFFSET, OFFSET, ACCESS), NULL },
	{ 16, 1, CALL(readahead, FD, OFFSET, SIZE), NULL },
};

static void say_result(long result)
{
	if (result < 0 && result > -4096)
		say(" = %s", strerrorname_np(-result));
	else
		say(" = %ld", result);
}

static const struct call *some_call(void)
{
	uint32_t sum = 0, which;

	for (size_t i = 0; i < COUNT(calls); i++)
		sum += features & calls[i].feature ? calls[i].share : 0;
	which = below(sum);
	for (size_t i = 0;; i++) {
		uint32_t share = features & calls[i].feature ? calls[i].share : 0;

		if (which < share)
			return &calls[i];
		which -= share;
	}
}

/* Else a memfd, of which Linux gives until it has to kill. */
static bool is_limited(int fd)
{
	uint32_t figures[21] = { 0 };

	return !sys(SYS_fstatfs64, fd, sizeof(figures), (long)figures) &&
		figures[2];
}

/* creat() waits for who reads, and O_NONBLOCK is not among its flags. */
static bool would_wait(const struct call *call, const long *arg)
{
	return call->number == SYS_creat &&
		!sys(SYS_stat64, arg[1], (long)out) &&
		(((uint32_t *)out)[4] & S_IFMT) == S_IFIFO;
}

static bool is_same(int a, int b)
{
	struct stat64 one, other;

	return !fstat64(a, &one) && !fstat64(b, &other) &&
		one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void step_call(void)
{
	const struct call *call = some_call();
	long arg[9] = { call->number };
	int nr = 1;
	long result;

	say("%s ", call->name);
	memset(out, 0, sizeof(out));
	for (int i = 0; i < 6 && call->kinds[i]; i++) {
		if (i)
			say(", ");
		nr += make_argument(call->kinds[i], arg + nr);
	}
	if (call->number == SYS_statfs64 || call->number == SYS_fstatfs64)
		arg[2] = one_in(9) ? arg[2] : 84;
	/* The high word comes first here, and alone in this call. */
	if (call->number == SYS__llseek) {
		long low = arg[2];

		arg[2] = arg[3];
		arg[3] = low;
	}
	/* A file that is sent to itself is read before or after a part. */
	if (call->number == SYS_sendfile64 && is_same(arg[1], arg[2]))
		arg[2] = -1;
	if (call->number == SYS_fallocate && !is_limited(arg[1])) {
		arg[3] &= 0xffff;
		arg[5] &= 0xffff;
		arg[4] = arg[6] = 0;
	}
	if (would_wait(call, arg)) {
		say(" waits");
		return;
	}
	result = sys_array(arg);
	say_result(result);
	if (result >= 0 && call->tell)
		call->tell(result);
}

/* ------------------------------------------------------- all that is there */

static uint32_t bytes_of(int dir, const char *name)
{
	int fd = sys(SYS_openat, dir, (long)name, O_RDONLY | O_NOFOLLOW | O_NOATIME, 0);
	uint32_t digest = 1;
	long n;

	if (fd < 0)
		return fd;
	while ((n = read(fd, out, sizeof(out))) > 0)
		for (long i = 0; i < n; i++)
			digest = add_word(digest, out[i]);
	close(fd);
	return digest;
}

static void tell_dir(int dir, int level);

static void tell_name(int dir, const char *name, int level)
{
	uint32_t mode;
	long err = sys(SYS_fstatat64, dir, (long)name, (long)out, AT_SYMLINK_NOFOLLOW);

	if (err) {
		say(" %s %s", name, strerrorname_np(-err));
		return;
	}
	mode = ((uint32_t *)out)[4];
	say(" %.10s %o", name, mode);
	if ((mode & 0170000) != 0040000)
		say(" %u", ((uint32_t *)out)[5]);
	if ((mode & 0170000) == 0100000) {
		unsigned long long size = *(unsigned long long *)(out + 44);

		say(" %llu", size);
		if (size < 200000)
			say(" %08x", bytes_of(dir, name));
	}
	if ((mode & 0170000) == 0040000 && level < 6) {
		int fd = sys(SYS_openat, dir, (long)name, O_RDONLY | O_DIRECTORY, 0);

		say("(");
		if (fd >= 0)
			tell_dir(fd, level + 1);
		say(" )");
	}
}

static void tell_dir(int dir, int level)
{
	static char all[8][8192];
	char *names[100];
	size_t nr = 0;
	long size = sys(SYS_getdents64, dir, (long)all[level], sizeof(all[level]));

	for (long at = 0; at < size && nr < COUNT(names);) {
		char *name = all[level] + at + 19;

		at += *(uint16_t *)(all[level] + at + 16);
		if (strcmp(name, ".") && strcmp(name, ".."))
			names[nr++] = name;
	}
	qsort(names, nr, sizeof(names[0]), by_name);
	for (size_t i = 0; i < nr; i++)
		tell_name(dir, names[i], level);
	close(dir);
}

/* As root, with descriptors to spare. */
static void tell_tree(void)
{
	const struct rlimit more = { 100, 1000 }, usual = { 20, 1000 };
	uint32_t user = sys(SYS_setfsuid32, 0);
	int fd;

	setrlimit(RLIMIT_NOFILE, &more);
	fd = sys(SYS_open, (long)"/", O_RDONLY | O_DIRECTORY, 0);
	say("tree");
	if (fd >= 0)
		tell_dir(fd, 0);
	end_line();
	setrlimit(RLIMIT_NOFILE, &usual);
	sys(SYS_setfsuid32, user);
}

/* ------------------------------------------------------------------- steps */

static void take_step(uint32_t seed, uint32_t step);

static void step_fork(uint32_t seed, uint32_t step)
{
	int status = -1;
	pid_t pid;

	say("fork");
	if (depth == 2) {
		say(" not");
		return;
	}
	end_line();
	pid = fork();
	if (pid == 0) {
		depth++;
		for (uint32_t i = 0; i < NR_CHILD_STEPS; i++)
			take_step(seed, (step + 1) * 256 + i);
		_exit(depth);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	say("child ended with %#x", status);
}

static void take_step(uint32_t seed, uint32_t step)
{
	seed_random(seed, step);
	say("%*s%u: ", depth * 2, "", step);
	if (one_in(40))
		step_fork(seed, step);
	else
		step_call();
	end_line();
}

static void begin(void)
{
	const struct rlimit few = { 20, 1000 };

	for (int fd = FIRST_FD; fd < 64; fd++)
		close(fd);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = i * 7 + (i >> 8);
	mkdir("/tmp", 0777);
	mkdir(ROOT, 0777);
	while (!umount2(ROOT, MNT_DETACH))
		;			/* the sequence before had it */
	if (mount("none", ROOT, "tmpfs", 0, "size=256k,nr_inodes=40") ||
	    chroot(ROOT) || chdir("/"))
		_exit(9);
	setrlimit(RLIMIT_NOFILE, &few);
	for (int sig = 1; sig < 32; sig++)
		if (sig == SIGPIPE || sig == SIGXFSZ || sig == SIGIO)
			signal(sig, SIG_IGN);
	umask(022);
	for (const char *name = "abcd"; *name; name++) {
		const char path[] = { name[0], 0 }, inner[] = { 'a', '/', name[0], 0 };

		mkdir(path, 0755);
		close(creat(inner, 0644));
		rmdir("d");
	}
	symlink("a", "e");
	for (int i = 0; i < 3; i++)
		open("d", O_RDWR | O_CREAT | O_LARGEFILE, 0644);
	open("a", O_RDONLY);
	open("a/b", O_RDWR);
}

static void step(uint32_t seed, uint32_t step, uint32_t nth)
{
	take_step(seed, step);
	if (nth % 20 == 19)
		tell_tree();
}

int main(int argc, char **argv)
{
	static const struct rand_program rand_files = {
		HAS_NAMES | HAS_USERS | HAS_LOCKS | HAS_MOUNTS | HAS_ODD,
		NR_STEPS, begin, step, tell_tree,
	};

	return rand_main(argc, argv, &rand_files);
}
