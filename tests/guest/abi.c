// SPDX-License-Identifier: MIT
/*
 * abi - int 0x80, seen from below.
 *
 * Promises: numbers that mean nothing give ENOSYS and nothing else; a system
 * call changes no register but eax, keeps the flags and the segments, and does
 * not stumble over odd ones; who am I (getpid and its kin) is consistent;
 * uname says what programs ask for.
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_GETPID	20

static void check_enosys(void)
{
	static const struct {
		long nr;
		const char *name;
	} unknown[] = {
		{ 9999, "9999" }, { 1000, "1000" }, { 600, "600" },
		{ -1, "-1" }, { -4095, "-4095" }, { 0x7fffffff, "2^31 - 1" },
		{ 0x80000000, "-2^31" }, { 0x10014, "getpid + 2^16" },
		{ 17, "17, once break" }, { 31, "31, once stty" },
		{ 32, "32, once gtty" }, { 35, "35, once ftime" },
		{ 44, "44, once prof" }, { 53, "53, once lock" },
		{ 56, "56, once mpx" }, { 98, "98, once profil" },
		{ 127, "127, once create_module" }, { 188, "188" },
		{ 189, "189" }, { 222, "222" }, { 223, "223" }, { 251, "251" },
		{ 273, "273" }, { 285, "285" },
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		expect(sys(unknown[i].nr, 1, 2, 3, 4, 5, 6), -ENOSYS,
		       "system call %s", unknown[i].name);
	errno = 0;
	check(syscall(9999) == -1 && errno == ENOSYS, "libc sees it as errno");
}

/* What the CPU held behind a system call. */
struct registers {
	uint32_t eax, ebx, ecx, edx, esi, edi, ebp, esp, esp_before, eflags;
};

struct registers after;		/* the assembly needs its name */

/* Loads known values, makes call @nr under @flags, stores all registers. */
void call_and_store(uint32_t nr, uint32_t flags);
asm(".text\n"
    ".type call_and_store, @function\n"
    "call_and_store:\n"
    "	push %ebp\n push %edi\n push %esi\n push %ebx\n"
    "	mov 20(%esp), %eax\n"
    "	mov 24(%esp), %ecx\n"
    "	mov %esp, after+32\n"
    "	mov $0x11111111, %ebx\n"
    "	mov $0x33333333, %edx\n"
    "	mov $0x44444444, %esi\n"
    "	mov $0x55555555, %edi\n"
    "	mov $0x66666666, %ebp\n"
    "	pushf\n"
    "	or %ecx, (%esp)\n"
    "	mov $0x22222222, %ecx\n"
    "	popf\n"
    "	int $0x80\n"
    "	mov %eax, after\n"
    "	pushf\n"
    "	popl after+36\n"
    "	push $2\n popf\n"
    "	mov %ebx, after+4\n mov %ecx, after+8\n mov %edx, after+12\n"
    "	mov %esi, after+16\n mov %edi, after+20\n mov %ebp, after+24\n"
    "	mov %esp, after+28\n"
    "	pop %ebx\n pop %esi\n pop %edi\n pop %ebp\n"
    "	ret\n");

static bool registers_kept(void)
{
	return after.ebx == 0x11111111 && after.ecx == 0x22222222 &&
	       after.edx == 0x33333333 && after.esi == 0x44444444 &&
	       after.edi == 0x55555555 && after.ebp == 0x66666666 &&
	       after.esp == after.esp_before;
}

static void check_registers(void)
{
	const uint32_t df = 0x400, ac = 0x40000, id = 0x200000, cf = 1;

	call_and_store(NR_GETPID, 0);
	check(registers_kept() && after.eax == (uint32_t)getpid(),
	      "getpid changes eax and no other register");
	call_and_store(9999, 0);
	check(registers_kept() && after.eax == (uint32_t)-ENOSYS,
	      "nor does an unknown call");
	call_and_store(SYS_open, 0);
	check(registers_kept() && after.eax == (uint32_t)-EFAULT,
	      "nor one that fails");
	call_and_store(SYS_sched_yield, cf | df);
	check(registers_kept() && (after.eflags & (cf | df)) == (cf | df),
	      "carry and direction survive");
	call_and_store(NR_GETPID, ac | id);
	check(registers_kept() && (after.eflags & (ac | id)) == (ac | id),
	      "so do AC and ID");
	call_and_store(NR_GETPID, 0x3000);
	check((after.eflags & 0x3000) == 0 && after.eflags & 0x200,
	      "there is no I/O privilege, and interrupts are open");
}

static void check_segments(void)
{
	uint32_t cs, ds, es, ss, fs = 0, again;
	long got;

	asm("mov %%cs, %0\n mov %%ds, %1\n mov %%es, %2\n mov %%ss, %3"
	    : "=r"(cs), "=r"(ds), "=r"(es), "=r"(ss));
	check((cs & 3) == 3 && (ss & 3) == 3, "code and stack are of ring 3");
	check(ds == ss && es == ss, "data segments are the stack's");
	asm volatile("mov %2, %%fs\n int $0x80\n mov %%fs, %1"
		     : "=a"(got), "=r"(fs) : "r"(ds), "0"(NR_GETPID));
	check(got == getpid() && (fs & 0xffff) == ds, "fs survives a call");
	asm volatile("push %%ds\n push %%es\n"
		     "xor %%ecx, %%ecx\n mov %%cx, %%es\n mov %%cx, %%ds\n"
		     "int $0x80\n"
		     "mov %%ds, %%ecx\n"
		     "pop %%es\n pop %%ds\n"
		     : "=a"(got), "=&c"(again) : "0"(NR_GETPID) : "memory");
	check(got == getpid() && (again & 0xffff) == 0,
	      "a call with null ds and es works, and leaves them");
	fs = 0;
	asm volatile("mov %0, %%fs" : : "r"(fs));
}

/* Null data segments while the timer runs and another process works. */
static int null_segments(long unused)
{
	uint32_t lost;

	(void)unused;
	asm volatile("push %%ds\n push %%es\n"
		     "xor %%eax, %%eax\n mov %%ax, %%es\n mov %%ax, %%ds\n"
		     "mov $100000000, %%ecx\n"
		     "1: dec %%ecx\n jnz 1b\n"
		     "mov %%ds, %%eax\n mov %%es, %%ecx\n or %%ecx, %%eax\n"
		     "pop %%es\n pop %%ds\n"
		     : "=a"(lost) : : "ecx", "memory");
	return lost & 0xffff ? 1 : 0;
}

static int tell_ids(long parent)
{
	return getppid() == parent && getpid() != parent &&
	       sys(SYS_gettid) == getpid() ? 0 : 1;
}

static void check_ids(void)
{
	int pid = getpid(), child, status;

	check(pid > 0 && pid == getpid(), "getpid is constant and positive");
	expect(sys(SYS_getpid) - pid, 0, "by int 0x80 it is the same");
	expect(sys(SYS_gettid) - pid, 0, "so is gettid, with one thread");
	check(getppid() != pid && getppid() >= 0, "the parent is another");
	check(exited(run(tell_ids, pid), 0), "a child has ids of its own");
	child = start(tell_ids, pid);
	check(child > 0 && child != pid && waitpid(child, &status, 0) == child,
	      "fork tells the child's");
	check(exited(run(null_segments, 0), 0),
	      "null data segments survive the timer");
}

static void check_uname(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	memset(&name, 0xff, sizeof(name));
	expect(uname(&name), 0, "uname");
	check(memchr(name.sysname, 0, 65) && memchr(name.nodename, 0, 65) &&
	      memchr(name.release, 0, 65) && memchr(name.version, 0, 65) &&
	      memchr(name.machine, 0, 65), "all its strings end");
	check(name.sysname[0] && name.release[0] && name.machine[0],
	      "none that matter is empty");
	sscanf(name.release, "%d.%d", &major, &minor);
	check(major > 3 || (major == 3 && minor >= 2),
	      "the release is recent enough for libc");
	check(strcmp(name.machine, "i686") == 0, "the machine is i686");
}

int main(int argc, char **argv)
{
	(void)argc;
	guest_start(argv);
	check_enosys();
	check_registers();
	check_segments();
	check_ids();
	check_uname();
	return guest_end();
}
