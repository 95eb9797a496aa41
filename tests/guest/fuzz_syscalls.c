// SPDX-License-Identifier: MIT
/*
 * fuzz_syscalls - calls the kernel with anything, from several processes.
 *
 *	fuzz_syscalls [calls [seed [workers]]]	by default 100000, 1 and 4
 *
 * It runs as process 1 only, of a machine that nobody needs: elsewhere, its
 * calls would do what they say.
 *
 * The supervisor forks workers.  A worker makes one random call after the
 * other, of all numbers, most of them with arguments of the kind that the call
 * takes, biased to what is wrong by one: ends of pages, of user space and of
 * counters, files that are open or not, pages that may be read only or not at
 * all.  Many of its calls harm itself, and it dies of them; then another takes
 * its place.  One that makes no progress is given a signal, and killed if that
 * does not help.  What a worker has forked makes a few calls itself.  After
 * each round the supervisor kills all that is left, and waits for it.
 *
 * Half of the workers have a second thread, which makes calls with the same
 * memory.  Worker 0 has none, and looks after each call whether what the
 * kernel wrote has words of the kernel in it: addresses in its code, or what a
 * debug build fills freed memory with.
 *
 * Left out is only what would end the run as it should: reboot, mounts other
 * than in a few directories of its own; being process 1's debugger, limits or
 * memory; silencing the console.
 *
 * Promises: the machine stays; process 1 does; what is killed dies; no word of
 * the kernel is seen; and when all are dead their memory is free again.
 */
#include "tests/guest/guest.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_WORKERS	16
#define QUOTA		4000		/* calls of a worker in a round */
#define CHILD_CALLS	20		/* calls of what it forks */
#define LAST_NUMBER	450

#define NUDGE_MS	10		/* without progress */
#define KILL_MS		80
#define DEAD_MS		20000		/* after the kill */

/* How much of MemFree may be kept in caches, in KiB. */
#define SLACK		1024

/* A worker's share in memory that it has in common with the supervisor. */
struct slot {
	volatile uint32_t calls;	/* since the round began */
	uint8_t worked[LAST_NUMBER + 1];/* numbers that did not fail, once */
	long leaky[7];			/* a call that showed leaked, at */
	uint32_t leaked, at;		/* 0: none did */
	uint32_t context[16];		/* words around it */
	char file[64];			/* what its first argument opened */
};

static struct slot *slots;
static unsigned int nr_workers = 4;
static int self;				/* a worker's process id */

/* ------------------------------------------------------------------- chance */

struct chance {
	uint32_t state;
	bool may_fork;
	struct slot *slot;
};

/* What debug builds fill memory with that is free, or not yet used. */
static bool is_filler(uint32_t word)
{
	uint8_t byte = word;

	/* Not as words, which would be in this code, and written to files. */
	return word == byte * 0x01010101u && (byte == 0x5a || byte == 0x6b);
}

/* Or an address in its code?  No worker has such a number of its own. */
static bool is_of_kernel(uint32_t word)
{
	return word - 0xc0101000 < 0x60000 || is_filler(word);
}

static uint32_t any(struct chance *chance)
{
	uint32_t x = chance->state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	chance->state = x;
	return is_of_kernel(x) ? x & 0xffff : x;
}

static uint32_t below(struct chance *chance, uint32_t limit)
{
	return (uint64_t)any(chance) * limit >> 32;
}

static bool one_in(struct chance *chance, uint32_t n)
{
	return below(chance, n) == 0;
}

#define CHOOSE(chance, array) \
	((array)[below(chance, sizeof(array) / sizeof((array)[0]))])

/* ---------------------------------------------------- a worker's own memory */

/*
 * An arena of 32 pages: of what kind is the letter.  w: may be written; r:
 * read; n: nothing; s: shared, and written; a dot: not there.
 */
#define ARENA		0x30000000u
#define ARENA_PAGES	(sizeof(kinds) - 1)
static const char kinds[] = "wwww.rrw.nw.ssw.wrwnws..wwwwrr.w";
#define SOUP_PAGES	4		/* the first ones */
#define SOUP_SLOTS	(SOUP_PAGES * PAGE / 64)

/* Threads of a worker run here, one at a time or not. */
#define STACKS		0x31000000u
#define STACK_SIZE	(16 * PAGE)
#define NR_STACKS	4

static const char *const paths[] = {
	"a", "b", "d", "d/a", "d/e", "l", "./a", "../fuzz/a", ".", "..", "",
	"e", "script", "/", "/tmp", "a/", "a/b", "nothing", "d/../a", "//", "/dev/null",
	"/dev/zero", "/dev/full", "/proc/self/maps",
	"/proc/self/exe", "/proc/self/fd/3", "/proc/meminfo", "/proc/self/stat",
	"/proc/1/maps", "/proc/self", "/proc", "/dev/shm/a", "/proc/self/cwd/a",
	"/proc/self/mem", "/proc/self/pagemap", "/proc/self/status", "/dev",
};

/* Reading these walks what the others are changing. */
static const char *const figures[] = {
	"/proc/self/maps", "/proc/self/smaps", "/proc/self/smaps_rollup",
	"/proc/1/smaps", "/proc/self/status", "/proc/self/stat",
	"/proc/self/statm", "/proc/self/pagemap", "/proc/self/limits",
	"/proc/self/cmdline", "/proc/self/environ", "/proc/self/auxv",
	"/proc/self/mem", "/proc/self/io", "/proc/self/mounts",
	"/proc/self/mountinfo", "/proc/self/fd", "/proc/self/task",
	"/proc", "/proc/meminfo", "/proc/vmstat", "/proc/zoneinfo",
	"/proc/buddyinfo", "/proc/pagetypeinfo", "/proc/slabinfo",
	"/proc/vmallocinfo", "/proc/iomem", "/proc/kpagecount",
	"/proc/kpageflags", "/proc/stat", "/proc/uptime", "/proc/loadavg",
	"/proc/cpuinfo", "/proc/filesystems", "/proc/sysvipc/shm",
	"/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/pid_max",
};

static void on_signal(int sig)
{
	(void)sig;
}

/* Something that a call may want to read, of 64 bytes. */
static void cook(struct chance *chance, uint32_t *slot)
{
	uint32_t at = ARENA + below(chance, ARENA_PAGES) * PAGE;

	switch (below(chance, 10)) {
	case 0:				/* names */
		strcpy((char *)slot, CHOOSE(chance, paths));
		break;
	case 1:				/* times and timers */
		for (int i = 0; i < 16; i += 2) {
			slot[i] = one_in(chance, 20) ? any(chance) : 0;
			slot[i + 1] = below(chance, 2000000);
		}
		break;
	case 2:				/* iovec, and argv */
		for (int i = 0; i < 16; i += 2) {
			slot[i] = at + below(chance, PAGE);
			slot[i + 1] = below(chance, 2 * PAGE);
		}
		break;
	case 3:				/* pollfd */
		for (int i = 0; i < 16; i += 2) {
			slot[i] = below(chance, 12);
			slot[i + 1] = any(chance) & 0x3f;
		}
		break;
	case 4:				/* sigaction, old and new */
		slot[0] = below(chance, 3) ? (uintptr_t)on_signal
					   : below(chance, 3);
		slot[1] = any(chance) & 0xdc000007;
		slot[2] = 0;
		slot[3] = any(chance) & any(chance);
		slot[4] = any(chance) & any(chance);
		break;
	case 5:				/* a stack for signals; clone_args */
		slot[0] = STACKS;
		slot[1] = below(chance, 4);
		slot[2] = STACK_SIZE;
		slot[3] = 0;
		break;
	case 6:				/* user_desc */
		slot[0] = below(chance, 4) ? 6 + below(chance, 3) : ~0u;
		slot[1] = any(chance);
		slot[2] = 0xfffff;
		slot[3] = 0x51;
		break;
	case 7:
		memset(slot, 0, 64);
		break;
	case 8:				/* small numbers */
		for (int i = 0; i < 16; i++)
			slot[i] = below(chance, 8);
		break;
	default:
		for (int i = 0; i < 16; i++)
			slot[i] = any(chance);
	}
}

static void forget_kernel_words(void)
{
	uint32_t *word = (uint32_t *)ARENA;

	for (unsigned int i = 0; i < SOUP_PAGES * PAGE / 4; i++)
		if (is_of_kernel(word[i]))
			word[i] = 0;
}

static void make_arena(struct chance *chance)
{
	for (unsigned int i = 0; i < ARENA_PAGES; i++) {
		uintptr_t at = ARENA + i * PAGE;

		if (kinds[i] == '.')
			sys(SYS_munmap, at, PAGE);
		else
			map(at, PAGE, RW, MAP_FIXED |
			    (kinds[i] == 's' ? SHARED : ANON));
	}
	for (unsigned int i = 0; i < SOUP_SLOTS; i++)
		cook(chance, (uint32_t *)(ARENA + i * 64));
	forget_kernel_words();
	/* A name that ends with the page, and one that does not end. */
	memcpy((char *)ARENA + 4 * PAGE - 2, "a", 2);
	memset((char *)ARENA + 7 * PAGE, 'x', PAGE);
	for (unsigned int i = 0; i < ARENA_PAGES; i++)
		if (kinds[i] == 'r' || kinds[i] == 'n')
			sys(SYS_mprotect, ARENA + i * PAGE, PAGE,
			    kinds[i] == 'r' ? PROT_READ : PROT_NONE);
	map(STACKS, NR_STACKS * STACK_SIZE, RW, MAP_FIXED | ANON);
}

/* ---------------------------------------------------------------- arguments */

static const uint32_t borders[] = {
	0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 65, 100, 127, 128, 255,
	256, 1000, 1023, 1024, 1025, 4095, 4096, 4097, 8192, 65535, 65536,
	0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffff000, 0xfffff001,
	0xfffffffe, 0xffffffff, 0xbfffffff, 0xc0000000, 0xffffff9c,
};

static uint32_t number(struct chance *chance)
{
	switch (below(chance, 4)) {
	case 0:  return below(chance, 8);
	case 1:  return any(chance);
	case 2:  return 1u << below(chance, 32);
	default: return CHOOSE(chance, borders);
	}
}

/* An address that has something about it. */
static uint32_t pointer(struct chance *chance)
{
	static const uint32_t strange[] = {
		0, 1, 4, 0xfff, 0x1000, 0x10000, 0xbffff000, 0xbffffffc,
		0xbfffffff, 0xc0000000, 0xc0000001, 0xc0100000, 0xf8000000,
		0xffbff000, 0xffffe000, 0xfffff000, 0xffffffff, 0x80000000,
	};
	static const int8_t by[] = { 0, 0, 1, -1, -2, -4, -8, -12, -16, 4, 64 };
	uint32_t at;

	switch (below(chance, 16)) {
	case 0:
		at = CHOOSE(chance, strange) + CHOOSE(chance, by);
		return is_of_kernel(at) ? 0 : at;
	case 1:
		return (uintptr_t)&chance - below(chance, 256);
	case 2:
		return one_in(chance, 8) ? (uintptr_t)pointer
					 : (uintptr_t)sbrk(0);
	case 3 ... 6:
		return ARENA + below(chance, ARENA_PAGES + 1) * PAGE +
		       CHOOSE(chance, by);
	case 7:
		return ARENA + below(chance, ARENA_PAGES * PAGE);
	default:
		return ARENA + below(chance, SOUP_SLOTS) * 64;
	}
}

static uint32_t page_address(struct chance *chance)
{
	uint32_t at = ARENA + below(chance, ARENA_PAGES + 2) * PAGE;

	switch (below(chance, 12)) {
	case 0:  return pointer(chance);
	case 1:  return pointer(chance) & -PAGE;
	case 2:  return 0;
	case 3:  return at + below(chance, 4);
	case 4:  return ARENA + 0x100000 + below(chance, 256) * PAGE;
	default: return at;
	}
}

static uint32_t length(struct chance *chance)
{
	switch (below(chance, 8)) {
	case 0:  return number(chance);
	case 1:  return below(chance, 3 * PAGE);
	case 2:  return below(chance, 200) * PAGE;
	default: return below(chance, 8) * PAGE;
	}
}

static uint32_t path(struct chance *chance)
{
	if (one_in(chance, 8))
		return pointer(chance);
	if (one_in(chance, 16))
		return ARENA + 4 * PAGE - 2;
	return (uintptr_t)CHOOSE(chance, paths);
}

static uint32_t process(struct chance *chance)
{
	static const uint32_t some[] = { 0, 0, 1, -1u, 2, 3, 5, 10, 32767,
					 0x80000000, 0x7fffffff };

	if (one_in(chance, 3))
		return CHOOSE(chance, some);
	return self + (one_in(chance, 2) ? 0 : (int)below(chance, 8) - 4);
}

static uint32_t clone_flags(struct chance *chance)
{
	static const uint32_t sets[] = {
		0x11, 0x11, 0x01200011, 0x4111, 0x7d0f00, 0x50f00, 0x10f00,
		0x100, 0x900, 0x10000, 0x411, 0x211, 0x80000011, 0x01000011,
	};
	uint32_t flags = CHOOSE(chance, sets);

	return one_in(chance, 4) ? flags ^ number(chance) : flags;
}

/* The argument that a letter in the table of calls asks for. */
static uint32_t argument(struct chance *chance, char kind)
{
	if (one_in(chance, 16))
		kind = "fpsndugalmMtwi"[below(chance, 14)];
	switch (kind) {
	case 'f':			/* an open file */
		return one_in(chance, 6) ? number(chance)
					 : below(chance, 14) - 1;
	case 'p': return pointer(chance);
	case 's': return path(chance);
	case 'n':			/* a size in bytes */
		return one_in(chance, 2) ? CHOOSE(chance, borders)
					 : below(chance, 2 * PAGE);
	case 'd': return process(chance);
	case 'u':			/* a signal */
		return one_in(chance, 16) ? number(chance)
					  : below(chance, 66);
	case 'g':			/* flags */
		return one_in(chance, 4) ? number(chance) :
			1u << below(chance, 20) | 1u << below(chance, 12);
	case 'a': return page_address(chance);
	case 'l': return length(chance);
	case 'm':			/* PROT_ */
		return one_in(chance, 10) ? number(chance) : below(chance, 8);
	case 'M':			/* MAP_ */
		return (1 + below(chance, 2)) |
		       (one_in(chance, 4) ? 0 : 0x20) |
		       (one_in(chance, 3) ? 0x10 : 0) |
		       (one_in(chance, 4) ? 1u << below(chance, 24) : 0);
	case 't':			/* a time that is not long */
		return one_in(chance, 8) ? pointer(chance) :
			ARENA + below(chance, SOUP_SLOTS) * 64;
	case 'w': return one_in(chance, 10) ? number(chance)	/* which */
					    : below(chance, 10);
	case '8': return one_in(chance, 10) ? number(chance) : 8;
	case 'v': return ARENA + below(chance, SOUP_SLOTS) * 64;
	case 'c': return clone_flags(chance);
	default:  return number(chance);
	}
}

/*
 * Calls and the kinds of their arguments.  Those that are not here, or not yet
 * there, are tried with anything.
 */
static const char signatures[] =
	"3fpn 4fpn 5sgi 6f 7dpg 8si 9ss 10s 11svv 12s 13p 14sii 15si 16sii "
	"19fiw 20 24 27w 30sp 33si 36 37du 38ss 39si 40s 41f 42p 43p 45a 45p "
	"48up 21sss 21sss 22s 52sg 103wpn 54fip 55fii 57dd 60i 63ff 64 66 67upp 73p 74pn 75wp 76wp 77wp "
	"78pp 80wp 82p 83ss 85spn 89fpi 90p 91al 92si 93fi 94fi 95fii 96wd "
	"97wdi 99sp 100fp 102wp 104wpp 105wp 106sp 107sp 108fp 114dpgp 116p "
	"117wiiipi 118f 122p 124p 125alm 126wpp 132d 133f 136i 140fiipw "
	"141fpn 142wpppt 143fi 144alg 145fvw 146fvw 147d 148f 150al 151al "
	"152g 153 154dp 155dp 156dwp 157d 158 159w 160w 161dp 162tp 163allga "
	"168pww 172wpppp 174upp8 175wpp8 176p8 177ppt8 178dup 180fpnii "
	"181fpnii 182sii 183pn 184pp 185pp 186pp 187ffpn 191wp 192almMfw "
	"193sii 194fii 195sp 196sp 197fp 198sii 205wp 206wp 207fii 212sii "
	"218alp 219alw 219alw 220fpn 221fii 224 225fiin 238du 239ffpn 240pwwtp "
	"240pwwtpw 241dnp 242dnp 243p 244p 257alwwg 258p 264wp 265wp 266wp "
	"267wgtp 268snp 269fnp 270ddu 271sp 272fiiiiw 284wdpgp 295fsgi 296fsi "
	"297fsii 298fsiig 299fsp 300fspg 301fsg 302fsfs 303fsfsg 304sfs "
	"305fspn 306fsi 307fsi 308wppptp 309pwtp8 311pn 312dpp 313fpfpng "
	"316fvwg 320fspg 324fgiiii 330ffg 331pg 333fvwii 334fvwii 335ddup "
	"340dwpp 345ppp 347dvwvwi 348dvwvwi 353fsfsg 355png 356sg 375wg 376alw "
	"377fpfpng 378fvwiig 383fsggp 384wp 386pngi 395wng 396wwp 397wag 398a "
	"403wp 404wp 406wp 407wgtp 412fspg 413wppptp 414pwtp8 421ppt8 422pwwtpw "
	"424fupg 434dg 437fspn 439fsig 2 190 120cp 120cppp 435pn 1w 252w 29 "
	"72iii 119 173 179p8 436iig 61s 213w 214w ";

struct known {
	uint16_t number;
	const char *kinds;		/* up to a space */
};

static struct known known[300];
static unsigned int nr_known;

static void read_signatures(void)
{
	const char *at = signatures;
	char *end;

	while (*at) {
		known[nr_known].number = strtol(at, &end, 10);
		known[nr_known++].kinds = end;
		at = strchr(end, ' ') + 1;
	}
}

static bool forks(uint32_t nr)
{
	return nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone ||
	       nr == SYS_clone3;
}

/* Calls that mostly end or block who makes them are made less often. */
static bool is_costly(uint32_t nr)
{
	switch (nr) {
	case SYS_exit: case SYS_exit_group: case SYS_pause: case SYS_sigsuspend:
	case SYS_rt_sigsuspend: case SYS_sigreturn: case SYS_rt_sigreturn:
	case SYS_execve: case SYS_execveat: case SYS_chroot: case 436:
		return true;
	}
	return forks(nr);
}

/* Would this end the run, as it should? */
static bool is_left_out(const long call[7])
{
	switch (call[0]) {
	case SYS_reboot: case SYS_pivot_root: case SYS_swapon:
		return true;
	case SYS_syslog:
		return (unsigned long)call[1] - 6 < 3;
	case SYS_ptrace: case SYS_setpriority:
	case SYS_sched_setparam: case SYS_sched_setscheduler:
		return call[1] == 1 || call[2] == 1;
	case SYS_process_vm_writev: case SYS_prlimit64:
	case SYS_sched_setaffinity: case 351:
		return call[1] == 1;
	}
	return false;
}

/* Where mounts do no harm to the supervisor. */
static long mount_point(struct chance *chance)
{
	static const char *const points[] = { "m", "d", "d/a", "m/d" };

	return (uintptr_t)CHOOSE(chance, points);
}

/* A tmpfs, a part of the tree once more, or a move within these points. */
static void choose_mount(struct chance *chance, long call[7])
{
	static const char *const types[] = { "tmpfs", "proc", "devtmpfs",
					     "ramfs", "none" };
	static const long kinds[] = { 0, 0, 0x1000, 0x1000, 0x5000, 0x2000,
				      0x1020 };

	call[4] = CHOOSE(chance, kinds) | (one_in(chance, 4) ?
					   below(chance, 16) : 0);
	call[1] = call[4] & 0x2000 ? mount_point(chance)
				   : (long)path(chance);
	call[2] = mount_point(chance);
	call[3] = one_in(chance, 8) ? (long)pointer(chance)
				    : (long)(uintptr_t)CHOOSE(chance, types);
	call[5] = one_in(chance, 2) ? 0 : one_in(chance, 2) ? (long)path(chance)
		: (long)(uintptr_t)"size=100k,mode=777";
}

static void choose_call(struct chance *chance, long call[7])
{
	const char *kind = "iiiiii";

	do {
		if (one_in(chance, 3)) {
			call[0] = below(chance, LAST_NUMBER + 1);
		} else {
			struct known *one = &known[below(chance, nr_known)];

			call[0] = one->number;
			kind = one->kinds;
		}
		for (int i = 1; i < 7; i++) {
			char letter = *kind && *kind != ' ' ? *kind++ : '?';

			if (letter == '?')
				letter = "pifan"[below(chance, 5)];
			call[i] = argument(chance, letter);
		}
		if (call[0] == SYS_mount)
			choose_mount(chance, call);
		if (call[0] == SYS_umount || call[0] == SYS_umount2)
			call[1] = mount_point(chance);
	} while (is_left_out(call) || (forks(call[0]) && !chance->may_fork) ||
		 (is_costly(call[0]) && !one_in(chance, 12)));
}

/* ------------------------------------------------------------------ a worker */

static void make_calls(struct chance *chance, uint32_t nr);

/* Where a thread begins that has a stack of its own. */
static void thread_main(struct slot *slot)
{
	struct chance chance = { 0x9e3779b9u * sys(SYS_gettid) | 1, false,
				 slot };

	make_calls(&chance, CHILD_CALLS * 10);
	sys(SYS_exit, 0);
}

/* A stack on which sys() returns to thread_main(). */
static uintptr_t prepare_stack(struct chance *chance, unsigned int nr)
{
	uint32_t *stack = (uint32_t *)(STACKS + STACK_SIZE * nr);
	uint32_t *top = &stack[STACK_SIZE / 4 - 3];

	top[0] = (uintptr_t)thread_main;
	top[1] = 0;			/* where it would return to */
	top[2] = (uintptr_t)chance->slot;
	return (uintptr_t)(top - 4);	/* the registers that sys() pops */
}

static void start_thread(struct chance *chance)
{
	sys(SYS_clone, 0x50f00, prepare_stack(chance, 0), 0, 0, 0);
}

/* These bring what others wrote, or cookies of directories. */
static bool shows_anything(uint32_t nr)
{
	switch (nr) {
	case SYS_read: case SYS_readv: case SYS_pread64: case SYS_preadv:
	case SYS_preadv2: case SYS_getdents: case SYS_getdents64:
	case SYS_readdir: case SYS_process_vm_readv: case SYS_mmap:
	case SYS_mmap2: case SYS_mremap: case SYS_remap_file_pages: case 397:
	case SYS_getrandom: case SYS_syslog: case SYS_ipc:
		return true;
	}
	return false;
}

static void report_leak(struct slot *slot, const long call[7],
			const uint32_t *word)
{
	char name[32];

	memcpy(slot->leaky, call, sizeof(slot->leaky));
	slot->at = (uintptr_t)word;
	slot->leaked = *word;
	word -= slot->at % PAGE < 32 ? 0 : 8;
	memcpy(slot->context, word, sizeof(slot->context));
	snprintf(name, sizeof(name), "/proc/self/fd/%ld", call[1]);
	sys(SYS_readlink, (uintptr_t)name, (uintptr_t)slot->file,
	    sizeof(slot->file) - 1);
}

/* What did the kernel write?  The soup had nothing of it when it was cooked. */
static void look_for_leaks(struct slot *slot, const long call[7])
{
	const uint32_t *word = (const uint32_t *)ARENA;
	bool is_data = shows_anything(call[0]);

	for (unsigned int i = 0; i < SOUP_PAGES * PAGE / 4; i++)
		if (is_of_kernel(word[i]) && !slot->leaked &&
		    (is_filler(word[i]) || !is_data))
			report_leak(slot, call, &word[i]);
	if (is_data)
		forget_kernel_words();
}

/* A program of two segments, an interpreter perhaps, and one instruction. */
struct program {
	Elf32_Ehdr header;
	Elf32_Phdr segment[3];
	char interpreter[16];
	uint8_t code[12];
};

#define PROGRAM_AT	0x08048000u

static void make_program(struct chance *chance, struct program *program)
{
	uint32_t *words = (uint32_t *)program;

	*program = (struct program){
		.header = {
			.e_ident = ELFMAG "\1\1\1",
			.e_type = one_in(chance, 2) ? ET_EXEC : ET_DYN,
			.e_machine = EM_386, .e_version = 1,
			.e_entry = PROGRAM_AT + offsetof(struct program, code),
			.e_phoff = offsetof(struct program, segment),
			.e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 3,
		},
		.segment = {
			{ PT_LOAD, 0, PROGRAM_AT, PROGRAM_AT, sizeof(*program),
			  sizeof(*program), PF_R | PF_X, PAGE },
			{ PT_LOAD, 0, PROGRAM_AT + 2 * PAGE, 0, 100, 3 * PAGE,
			  PF_R | PF_W, PAGE },
			{ one_in(chance, 3) ? PT_INTERP : PT_NOTE,
			  offsetof(struct program, interpreter), 0, 0, 8, 8,
			  PF_R, 1 },
		},
		.interpreter = "./e",
		/* mov $1, %eax; int $0x80 */
		.code = { 0xb8, 1, 0, 0, 0, 0xcd, 0x80 },
	};
	for (int n = below(chance, 4); n--;)
		words[4 + below(chance, sizeof(*program) / 4 - 4)] =
			one_in(chance, 2) ? number(chance) : pointer(chance);
}

/* In a child: becomes a program that hardly is one. */
static void run_program(struct chance *chance)
{
	char *arguments[] = { "program", NULL };
	static const char script[] = "#! ./e with an argument\n";
	struct program program;
	int fd;

	fd = open("e", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	make_program(chance, &program);
	if (fd >= 0) {
		write(fd, &program, one_in(chance, 4) ?
		      below(chance, sizeof(program)) : sizeof(program));
		close(fd);
	}
	fd = open("script", O_WRONLY | O_CREAT | O_TRUNC, 0755);
	if (fd >= 0) {
		write(fd, script, below(chance, sizeof(script)));
		close(fd);
	}
	execve(one_in(chance, 4) ? "./script" : "./e", arguments, arguments);
	_exit(0);
}

static void make_call(struct chance *chance)
{
	long call[7], result;

	if (chance->may_fork && one_in(chance, 300) && !sys(SYS_fork))
		run_program(chance);
	choose_call(chance, call);
	if (call[0] == SYS_clone)
		call[2] = one_in(chance, 2) ? 0 :
			prepare_stack(chance, 1 + below(chance, NR_STACKS - 1));
	result = sys_array(call);
	if (chance->slot == slots)
		look_for_leaks(slots, call);
	__sync_fetch_and_add(&chance->slot->calls, 1);
	if (result >= 0 || result < -4095)
		chance->slot->worked[call[0]] = 1;
	if (forks(call[0]) && result == 0) {
		chance->may_fork = false;
		chance->state ^= sys(SYS_gettid) * 0x9e3779b9u;
		chance->state |= 1;
		make_calls(chance, below(chance, CHILD_CALLS));
		sys(SYS_exit, 0);
	}
}

static void make_calls(struct chance *chance, uint32_t nr)
{
	while (nr--)
		make_call(chance);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	for (int sig = 1; sig < 65; sig++) {
		action.sa_flags = sig % 3 ? 0 : SA_RESTART;
		if (sig != SIGSEGV && sig != SIGBUS && sig != SIGILL &&
		    sig != SIGFPE && sig != SIGTRAP && sig != SIGABRT)
			sigaction(sig, &action, NULL);
	}
}

/* Files 0 to about 12, of all kinds, none of them the console. */
static void open_files(struct chance *chance)
{
	int ends[2];

	for (int fd = 0; fd < 16; fd++)
		close(fd);
	open("/dev/null", O_RDWR);
	open("/dev/zero", O_RDWR);
	open(CHOOSE(chance, figures), O_RDONLY);
	if (!pipe(ends))
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	if (!pipe(ends))
		fcntl(ends[1], F_SETFL, O_NONBLOCK);
	open("a", O_RDWR | O_CREAT, 0600);
	open("b", O_RDONLY | O_CREAT, 0600);
	open(".", O_RDONLY | O_DIRECTORY);
	sys(SYS_memfd_create, (uintptr_t)"m", 2);
	dup(5);
}

static void work(unsigned int nr, uint32_t seed, uint32_t quota)
{
	struct chance chance = { seed | 1, nr > 0, &slots[nr] };
	bool may_start = nr > 0 && seed & 4;

	self = getpid();
	setpgid(0, 0);
	open_files(&chance);
	catch_signals();
	if (seed & 2)
		sys(SYS_setuid32, 1000);
	while (slots[nr].calls < quota) {
		make_arena(&chance);
		if (may_start)
			start_thread(&chance);
		make_calls(&chance, 200);
	}
	_exit(0);
}

/* ------------------------------------------------------------ the supervisor */

static struct worker {
	int pid;			/* 0: it has done its part */
	uint32_t seen;			/* its calls when it was looked at */
	uint64_t since;			/* the time when they were fewer */
	bool nudged, killed;
} worker[MAX_WORKERS];

static uint32_t quota, seed;
static uint32_t nr_restarts, nr_nudges, nr_kills, nr_without_files;
static uint64_t nr_calls;

static uint64_t now_ms(void)
{
	return now_us() / 1000;
}

static void sleep_ms(uint32_t ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static void start_worker(unsigned int nr)
{
	struct worker *one = &worker[nr];
	int pid;

	seed = seed * 1664525u + 1013904223u;
	while ((pid = fork()) < 0)
		sleep_ms(10);
	if (pid == 0)
		work(nr, seed, quota);
	*one = (struct worker){ .pid = pid, .seen = slots[nr].calls,
				.since = now_ms() };
}

/* Collect the dead, and replace those that had not done their part. */
static void reap(void)
{
	int status, pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
		for (unsigned int i = 0; i < nr_workers; i++) {
			if (worker[i].pid != pid)
				continue;
			worker[i].pid = 0;
			if (slots[i].calls < quota) {
				nr_restarts++;
				start_worker(i);
			}
		}
}

static void watch(struct worker *one, uint32_t calls)
{
	uint64_t idle;

	if (calls != one->seen) {
		one->seen = calls;
		one->since = now_ms();
		one->nudged = false;
		return;
	}
	idle = now_ms() - one->since;
	if (idle > NUDGE_MS && !one->nudged) {
		one->nudged = true;
		nr_nudges++;
		kill(one->pid, SIGUSR2);
	}
	if (idle > KILL_MS && !one->killed) {
		one->killed = true;
		nr_kills++;
		kill(one->pid, SIGKILL);
	}
	if (idle > KILL_MS + DEAD_MS) {
		check(false, "process %d dies when it is killed", one->pid);
		exit(guest_end());
	}
}

static void check_leaks(void)
{
	const long *call = slots[0].leaky;

	if (!slots[0].leaked)
		return;
	note("call %ld %#lx %#lx %#lx %#lx %#lx %#lx wrote %#x at %#x (%s)",
	     call[0], call[1], call[2], call[3], call[4], call[5], call[6],
	     slots[0].leaked, slots[0].at, slots[0].file);
	for (int i = 0; i < 16; i++)
		printf(i ? " %08x" : "# %08x", slots[0].context[i]);
	printf("\n");
	check(false, "no call shows what is the kernel's");
	exit(guest_end());
}

/* Remove all files below here; 8 levels of directories are enough. */
static void remove_files(int dir_fd, int depth)
{
	DIR *dir = fdopendir(dir_fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd;

		if (entry->d_name[0] == '.' && (!entry->d_name[1] ||
		    (entry->d_name[1] == '.' && !entry->d_name[2])))
			continue;
		fd = openat(dir_fd, entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
		if (fd >= 0 && depth)
			remove_files(fd, depth - 1);
		if (unlinkat(dir_fd, entry->d_name, fd >= 0 ? AT_REMOVEDIR : 0))
			unlinkat(dir_fd, entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

/* What outlives its makers. */
static void clean_up(void)
{
	static const char *const dirs[] = { "/tmp", "/dev/shm" };

	for (unsigned int i = 0; i < 2; i++) {
		int fd = open(dirs[i], O_RDONLY | O_DIRECTORY);

		if (fd >= 0)
			remove_files(fd, 8);
	}
	for (int i = 0; i < 4096; i++) {
		struct shmid_ds ds;
		int id = shmctl(i, SHM_STAT, &ds);

		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
}

/* How many lines there are; the place that line @wanted names, too. */
static unsigned int count_mounts(unsigned int wanted, char *at, size_t size)
{
	FILE *file = fopen("/proc/mounts", "r");
	unsigned int nr = 0;
	char *line = NULL;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		char *place = strchr(line, ' ');

		if (nr++ == wanted && place && strchr(place + 1, ' ')) {
			*strchr(place + 1, ' ') = '\0';
			snprintf(at, size, "%s", place + 1);
		}
	}
	free(line);
	if (file)
		fclose(file);
	return nr;
}

/*
 * What workers have mounted goes, but not what was there before.  There may be
 * very many, so the outermost are first.
 */
static void unmount(void)
{
	static unsigned int nr_before;
	char place[4096] = "";
	unsigned int nr = count_mounts(nr_before, place, sizeof(place));

	if (!nr_before)
		nr_before = nr;
	while (nr > nr_before && !umount2(place, MNT_DETACH))
		nr = count_mounts(nr_before, place, sizeof(place));
	if (nr > nr_before)
		note("%s stays mounted", place);
}

/* Kill all others and wait for them. */
static void end_all(void)
{
	uint64_t start = now_ms();
	int pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0) {
		if (pid == 0) {
			kill(-1, SIGKILL);
			sleep_ms(2);
		}
		if (now_ms() - start > DEAD_MS) {
			check(false, "all processes die when they are killed");
			exit(guest_end());
		}
	}
}

static void round_of_calls(uint32_t calls)
{
	bool busy = true;

	quota = calls;
	mkdir("/tmp", 0777);
	mkdir("/tmp/fuzz", 0777);
	nr_without_files += chdir("/tmp/fuzz") != 0;
	mkdir("m", 0777);
	mkdir("d", 0777);
	for (unsigned int i = 0; i < nr_workers; i++) {
		slots[i].calls = 0;
		start_worker(i);
	}
	while (busy) {
		sleep_ms(2);
		reap();
		busy = false;
		for (unsigned int i = 0; i < nr_workers; i++) {
			if (!worker[i].pid)
				continue;
			busy = true;
			watch(&worker[i], slots[i].calls);
		}
	}
	end_all();
	check_leaks();
	unmount();
	clean_up();
	for (unsigned int i = 0; i < nr_workers; i++)
		nr_calls += slots[i].calls < 2 * calls ? slots[i].calls : calls;
}

/* How many numbers have worked at least once, of those that exist. */
static unsigned int count_worked(void)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i <= LAST_NUMBER; i++)
		for (unsigned int j = 0; j < nr_workers; j++)
			if (slots[j].worked[i]) {
				nr++;
				break;
			}
	return nr;
}

/* MemFree in KiB, when it has stopped to rise; 0: unknown. */
static uint32_t free_memory(void)
{
	uint32_t last = 0, now = 0;
	char text[512];
	int fd, size;

	for (int i = 0; i < 20; i++) {
		const char *line;

		fd = open("/proc/meminfo", O_RDONLY);
		size = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[size > 0 ? size : 0] = '\0';
		line = strstr(text, "MemFree:");
		now = line ? strtoul(line + 8, NULL, 10) : 0;
		if (now <= last)
			break;
		last = now;
		sleep_ms(50);
	}
	return now;
}

int main(int argc, char **argv)
{
	uint32_t wanted = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;
	uint32_t before, after, shown = 0;

	if (getpid() != 1) {
		fprintf(stderr, "fuzz_syscalls: for process 1 only\n");
		return 1;
	}
	guest_start(argv);
	seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	if (argc > 3)
		nr_workers = strtoul(argv[3], NULL, 0);
	if (nr_workers < 1 || nr_workers > MAX_WORKERS)
		nr_workers = 4;
	printf("# fuzz_syscalls %u %u %u\n", wanted, seed, nr_workers);
	slots = shared(MAX_WORKERS * sizeof(*slots));
	read_signatures();
	unmount();				/* counts them */

	round_of_calls(100);			/* what stays, is there now */
	before = free_memory();
	while (nr_calls < wanted) {
		round_of_calls(QUOTA);
		if (nr_calls / 250000 != shown)
			note("%u calls", 250000 * (shown = nr_calls / 250000));
	}
	after = free_memory();
	printf("calls=%llu restarts=%u nudges=%u kills=%u worked=%u\n",
	       (unsigned long long)nr_calls, nr_restarts, nr_nudges, nr_kills,
	       count_worked());
	if (nr_without_files)
		note("%u rounds without files", nr_without_files);
	note("MemFree %u KiB before, %u after", before, after);
	check(after + SLACK >= before, "all memory is free again");
	return guest_end();
}
