// SPDX-License-Identifier: MIT
/*
 * guest - the shared half of the guest programs; guest.h is the contract.
 *
 * Nothing here allocates: a program that tests malloc, brk or mmap finds its
 * address space as the kernel and libc left it, but for one page shared with
 * the children of fault_of(), which is mapped by guest_start().
 */
#include "tests/guest/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* From guest_start() on it is shared: children check, too. */
static struct common {
	struct fault reported;
	unsigned int nr_checks, nr_failed;
} unshared, *common = &unshared;

/* sys_array(call): the seven words are eax ebx ecx edx esi edi ebp. */
asm(".text\n"
    ".globl sys_array\n"
    ".type sys_array, @function\n"
    "sys_array:\n"
    "	push %ebp\n	push %edi\n	push %esi\n	push %ebx\n"
    "	mov 20(%esp), %eax\n"
    "	mov 4(%eax), %ebx\n	mov 8(%eax), %ecx\n"
    "	mov 12(%eax), %edx\n	mov 16(%eax), %esi\n"
    "	mov 20(%eax), %edi\n	mov 24(%eax), %ebp\n"
    "	mov (%eax), %eax\n"
    "	int $0x80\n"
    "	pop %ebx\n	pop %esi\n	pop %edi\n	pop %ebp\n"
    "	ret\n");

void guest_start(char **argv)
{
	const struct rlimit stack = { 8 << 20, 8 << 20 }, core = { 0, 0 };

	if ((uintptr_t)&stack > USER_TOP) {
		setrlimit(RLIMIT_STACK, &stack);
		setrlimit(RLIMIT_CORE, &core);
		personality(PER_LINUX32 | ADDR_LIMIT_3GB);
		execv("/proc/self/exe", argv);
		perror("guest: cannot start over below 3 GiB");
		exit(1);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	common = shared(sizeof(*common));
}

int guest_end(void)
{
	printf("1..%u\n", common->nr_checks);
	if (common->nr_failed)
		printf("# %u of %u failed\n", common->nr_failed,
		       common->nr_checks);
	return common->nr_failed ? 1 : 0;
}

static void verdict(bool ok, const char *sentence, va_list args)
{
	common->nr_checks++;
	if (!ok)
		common->nr_failed++;
	printf("%s - ", ok ? "ok" : "not ok");
	vprintf(sentence, args);
	putchar('\n');
}

void check(bool ok, const char *sentence, ...)
{
	va_list args;

	va_start(args, sentence);
	verdict(ok, sentence, args);
	va_end(args);
}

static const char *name_of(long value)
{
	const char *name = value < 0 && value > -4096 ?
			   strerrorname_np(-value) : NULL;

	return name ? name : "a value";
}

void expect(long got, long want, const char *sentence, ...)
{
	va_list args;

	va_start(args, sentence);
	verdict(got == want, sentence, args);
	va_end(args);
	if (got != want)
		printf("# got %ld (%s), want %ld (%s)\n", got, name_of(got),
		       want, name_of(want));
}

void note(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	printf("# ");
	vprintf(text, args);
	putchar('\n');
	va_end(args);
}

void tell(const char *call, long result)
{
	if (result == -1 && errno)
		printf("# %s: %s\n", call, strerrorname_np(errno));
	else
		printf("# %s: %ld\n", call, result);
}

uintptr_t map(uintptr_t hint, size_t size, int prot, int flags)
{
	return sys(SYS_mmap2, hint, size, prot, flags, -1, 0);
}

bool is_error(uintptr_t address)
{
	return address > -4096u;
}

void *shared(size_t size)
{
	uintptr_t addr = map(0, size, RW, SHARED);

	if (is_error(addr)) {
		printf("Bail out! no shared memory: %s\n", name_of(addr));
		exit(1);
	}
	return (void *)addr;
}

int start(int (*body)(long), long arg)
{
	int pid = fork();

	if (pid == 0)
		_exit(body(arg));
	if (pid < 0)
		note("fork: %s", strerrorname_np(errno));
	return pid;
}

int run(int (*body)(long), long arg)
{
	int pid = start(body, arg), status = -1, got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return got == pid ? status : -1;
}

bool exited(int status, int code)
{
	return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == code;
}

bool killed(int status, int sig)
{
	return status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == sig;
}

void dies_by(int sig, int (*body)(long), long arg, const char *sentence)
{
	int status = run(body, arg);

	check(killed(status, sig), "%s: SIG%s", sentence, sigabbrev_np(sig));
	if (!killed(status, sig))
		note("wait status %#x", status);
}

/* ------------------------------------------------------------- faults */

static void report_and_exit(int sig, siginfo_t *info, void *context)
{
	(void)context;
	common->reported = (struct fault){ sig, info->si_code,
				    (uintptr_t)info->si_addr };
	_exit(0);
}

static int report_fault(int (*body)(long), long arg)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	static char stack[16384];
	const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = {
		.sa_sigaction = report_and_exit,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaction(sigs[i], &action, NULL);
	return body(arg);
}

struct fault fault_of(int (*body)(long), long arg)
{
	int status, pid;

	common->reported = (struct fault){ 0 };
	pid = fork();
	if (pid == 0)
		_exit(report_fault(body, arg));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		note("the reporting child had wait status %#x", status);
	return common->reported;
}

static sigjmp_buf after_touch;
static uintptr_t touched;

static void leave_touch(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	siglongjmp(after_touch, (uintptr_t)info->si_addr == touched ?
				info->si_code : -1);
}

static int touch(uintptr_t addr, bool write)
{
	struct sigaction action = {
		.sa_sigaction = leave_touch,
		.sa_flags = SA_SIGINFO,
	}, old;
	volatile uint8_t *byte = (volatile uint8_t *)addr;
	int code;

	touched = addr;
	sigaction(SIGSEGV, &action, &old);
	code = sigsetjmp(after_touch, 1);
	if (code == 0) {
		uint8_t value = *byte;

		if (write)
			*byte = value;
	}
	sigaction(SIGSEGV, &old, NULL);
	return code;
}

int read_fault(uintptr_t addr)
{
	return touch(addr, false);
}

int write_fault(uintptr_t addr)
{
	return touch(addr, true);
}

/* --------------------------------------------------------------- /proc */

static const char *read_file(const char *path)
{
	static char text[65536];
	size_t size = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		note("open %s: %s", path, strerrorname_np(errno));
	while (fd >= 0 && size < sizeof(text) - 1) {
		got = read(fd, text + size, sizeof(text) - 1 - size);
		if (got <= 0)
			break;
		size += got;
	}
	if (fd >= 0)
		close(fd);
	text[size] = 0;
	return text;
}

const char *maps_text(void)
{
	return read_file("/proc/self/maps");
}

const char *area_of(uintptr_t addr)
{
	static char line[256];
	const char *at = maps_text();
	unsigned long start, end;

	while (sscanf(at, "%lx-%lx", &start, &end) == 2) {
		size_t length = strcspn(at, "\n");

		if (addr >= start && addr < end) {
			snprintf(line, sizeof(line), "%.*s", (int)length, at);
			return line;
		}
		at += length + (at[length] == '\n');
	}
	return NULL;
}

const char *areas(uintptr_t base, size_t nr_pages)
{
	static char out[8192];
	const uintptr_t limit = base + nr_pages * PAGE;
	const char *at = maps_text();
	unsigned long start, end;
	size_t size = 0;
	char prot[5];

	out[0] = 0;
	while (sscanf(at, "%lx-%lx %4s", &start, &end, prot) == 3) {
		if (start < base)
			start = base;
		if (end > limit)
			end = limit;
		if (start < end && size < sizeof(out) - 64)
			size += sprintf(out + size, "%s%lu-%lu %s",
					size ? " " : "", (start - base) / PAGE,
					(end - base) / PAGE, prot);
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return out;
}

void areas_are(uintptr_t base, size_t nr_pages, const char *want,
	       const char *sentence)
{
	const char *got = areas(base, nr_pages);

	check(strcmp(got, want) == 0, "%s: %s", sentence,
	      *want ? want : "no area");
	if (strcmp(got, want))
		note("got %s", got);
}

long minor_faults(void)
{
	const char *at = strrchr(read_file("/proc/self/stat"), ')');
	long faults = -1;

	/* Behind the name: state ppid pgrp session tty tpgid flags minflt. */
	if (at)
		sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %ld", &faults);
	return faults;
}

/* ------------------------------------------------------ memory and time */

static uint32_t word_of(uintptr_t addr, uint32_t seed)
{
	uint32_t x = (addr ^ seed) * 2654435761u;

	return x ^ x >> 15;
}

void fill(uintptr_t start, size_t size, uint32_t seed)
{
	for (uintptr_t at = start; at < start + size; at += 4)
		*(volatile uint32_t *)at = word_of(at, seed);
}

bool is_filled(uintptr_t start, size_t size, uint32_t seed)
{
	for (uintptr_t at = start; at < start + size; at += 4)
		if (*(volatile uint32_t *)at != word_of(at, seed))
			return false;
	return true;
}

bool is_zero(uintptr_t start, size_t size)
{
	for (uintptr_t at = start; at < start + size; at++)
		if (*(volatile uint8_t *)at)
			return false;
	return true;
}

uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool until(volatile uint32_t *flag, uint32_t value)
{
	const uint64_t limit = now_us() + 20000000;

	while (*flag < value) {
		sched_yield();
		if (now_us() > limit)
			return false;
	}
	return true;
}

static char state_of(int pid)
{
	char path[32], text[512];
	const char *at;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	at = strrchr(text, ')');
	return at && at[1] ? at[2] : '?';
}

bool until_asleep(int pid)
{
	const uint64_t limit = now_us() + 20000000;

	while (state_of(pid) != 'S') {
		sched_yield();
		if (now_us() > limit)
			return false;
	}
	return true;
}
