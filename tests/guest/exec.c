/* SPDX-License-Identifier: MIT */
/*
 * exec - another program in the same process; here it is this one again.
 *
 * Promises: arguments, environment and the auxiliary vector arrive; limits and
 * bad pointers are refused with nothing lost; what survives (the pid, files,
 * masks, ignored signals, pending ones, limits) and what does not (handlers,
 * mappings, CLOEXEC files, threads, the alternate stack, TLS); vfork() waits,
 * and the parent's memory is the child's; scripts and their interpreters;
 * set-id bits; files that are no programs, and programs that lie.
 */
#include "tests/guest/guest.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SELF	"/proc/self/exe"

extern char **environ;

static volatile int common;		/* what a vfork()ed child changes */

static char *const no_env[] = { NULL };

static long exec(char *const argv[], char *const envp[])
{
	return sys(SYS_execve, (long)SELF, (long)argv, (long)envp);
}

/* Start over as @mode in this process. */
static int become(char *mode, long arg)
{
	char text[16];
	char *argv[] = { "exec", "--as", mode, text, NULL };

	snprintf(text, sizeof(text), "%ld", arg);
	return (int)exec(argv, no_env) - 1000;
}

/* --------------------------------------------- what the new program sees */

static int see_arguments(int argc, char **argv)
{
	bool ok = argc == 7 && !strcmp(argv[3], "one two") && !*argv[4] &&
		strlen(argv[5]) == 10000 && !strcmp(argv[6], "last") &&
		!argv[7];

	ok &= environ[0] && !strcmp(environ[0], "A=b") && environ[1] &&
		!strcmp(environ[1], "C=") && !environ[2];
	/* Strings lie in order, arguments first, the path at the end. */
	ok &= argv[1] == argv[0] + strlen(argv[0]) + 1;
	ok &= environ[0] == argv[6] + 5;
	ok &= (char *)getauxval(AT_EXECFN) == environ[1] + 3;
	return ok ? 0 : 1;
}

static int see_auxv(void)
{
	const uint8_t *random = (void *)getauxval(AT_RANDOM);
	const Elf32_Ehdr *header;
	int bad = 0;

	header = (void *)(getauxval(AT_PHDR) & ~0xfffu);
	bad |= getauxval(AT_PAGESZ) != PAGE ? 1 : 0;
	bad |= getauxval(AT_PHENT) != sizeof(Elf32_Phdr) ? 2 : 0;
	bad |= header->e_phnum != getauxval(AT_PHNUM) ? 4 : 0;
	bad |= header->e_entry != getauxval(AT_ENTRY) ? 8 : 0;
	bad |= !random ? 16 : 0;
	bad |= strcmp((char *)getauxval(AT_EXECFN), SELF) ? 32 : 0;
	bad |= getauxval(AT_UID) != getuid() ||
		getauxval(AT_EGID) != getegid() ? 64 : 0;
	bad |= getauxval(AT_SECURE) || getauxval(AT_BASE) ||
		getauxval(AT_CLKTCK) != 100 ? 128 : 0;
	return bad;
}

static int see_signals(void)
{
	struct sigaction usr1, usr2;
	sigset_t set, pending;
	stack_t stack;
	int bad = 0;

	sigaction(SIGUSR1, NULL, &usr1);
	sigaction(SIGUSR2, NULL, &usr2);
	bad |= usr1.sa_handler != SIG_DFL || usr1.sa_flags ? 1 : 0;
	bad |= usr2.sa_handler != SIG_IGN ? 2 : 0;
	sigprocmask(SIG_BLOCK, NULL, &set);
	bad |= !sigismember(&set, SIGTERM) || sigismember(&set, SIGHUP) ?
		4 : 0;
	sigpending(&pending);
	bad |= !sigismember(&pending, SIGTERM) ? 8 : 0;
	sigaltstack(NULL, &stack);
	bad |= stack.ss_flags != SS_DISABLE ? 16 : 0;
	return bad;
}

static int see_files(int fd)
{
	int bad = 0;

	bad |= fcntl(fd, F_GETFD) != 0 ? 1 : 0;
	bad |= fcntl(fd + 1, F_GETFD) != -1 ? 2 : 0;
	bad |= fcntl(fd + 2, F_GETFD) != 0 ? 4 : 0;
	bad |= fcntl(fd + 3, F_GETFD) != -1 ? 8 : 0;
	return bad;
}

static int see_limits(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur == 77 ? 0 : 1;
}

/* Return: where mmap() starts, in units of 16 MiB; the stack has @mib. */
static int see_layout(uint32_t mib)
{
	volatile char *here = (char *)&mib;

	here[-(ptrdiff_t)(mib << 20)] = 1;
	return map(0, PAGE, PROT_NONE, ANON) >> 24;
}

static int see_identity(int pid)
{
	return getpid() == pid && sys(SYS_gettid) == pid ? 0 : 1;
}

/* It would begin at 0, where only root may have memory. */
static int see_heap(bool is_user)
{
	long start = sys(SYS_brk, 0), end;

	if (is_user)
		sys(SYS_setresuid32, 1000, 1000, 1000);
	end = sys(SYS_brk, start + 3 * PAGE);
	return (start == 0) + 2 * (end == start + 3 * (long)PAGE) +
		4 * (sys(SYS_brk, 0xb7000000) == end);
}

static int see_nothing_mapped(unsigned long addr)
{
	return sys(SYS_msync, addr, PAGE, MS_ASYNC) == -ENOMEM ? 0 : 1;
}

static int see_registers(void)
{
	uint16_t fs, gs_before;

	asm("mov %%fs, %0" : "=r"(fs));
	asm("mov %%gs, %0" : "=r"(gs_before));
	return fs == 0 ? 0 : 1;
}

static int be(int argc, char **argv)
{
	const char *mode = argv[2];

	if (!strcmp(mode, "arguments"))
		return see_arguments(argc, argv);
	if (!strcmp(mode, "auxv"))
		return see_auxv();
	if (!strcmp(mode, "signals"))
		return see_signals();
	if (!strcmp(mode, "files"))
		return see_files(atoi(argv[3]));
	if (!strcmp(mode, "limits"))
		return see_limits();
	if (!strcmp(mode, "layout"))
		return see_layout(atoi(argv[3]));
	if (!strcmp(mode, "identity"))
		return see_identity(atoi(argv[3]));
	if (!strcmp(mode, "mapped"))
		return see_nothing_mapped(strtoul(argv[3], NULL, 10));
	if (!strcmp(mode, "heap"))
		return see_heap(atoi(argv[3]));
	if (!strcmp(mode, "registers"))
		return see_registers();
	if (!strcmp(mode, "exit"))
		return atoi(argv[3]);
	if (!strcmp(mode, "chain")) {
		int left = atoi(argv[3]);

		return left ? become("chain", left - 1) : 99;
	}
	return 120;
}

/* ----------------------------------------------------- what the old one does */

static int pass_arguments(long arg)
{
	static char big[10001];
	char *argv[] = { "exec", "--as", "arguments", "one two", "", big,
			 "last", NULL };
	char *envp[] = { "A=b", "C=", NULL };

	memset(big, 'x', 10000);
	(void)arg;
	return exec(argv, envp);
}

static int pass_auxv(long arg)
{
	return become("auxv", arg);
}

static void on_signal(int sig)
{
	(void)sig;
}

static int pass_signals(long arg)
{
	static char stack_memory[8192];
	stack_t stack = { .ss_sp = stack_memory, .ss_size = 8192 };
	sigset_t set;

	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, SIG_IGN);
	sigaltstack(&stack, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	raise(SIGTERM);
	return become("signals", arg);
}

static int pass_files(long arg)
{
	int fd = open("/dev/null", O_RDONLY);

	(void)arg;
	open("/dev/null", O_RDONLY | O_CLOEXEC);
	open("/dev/null", O_RDONLY);
	dup(fd);
	fcntl(fd + 3, F_SETFD, FD_CLOEXEC);
	return become("files", fd);
}

static int pass_limits(long arg)
{
	struct rlimit limit = { 77, 77 };

	setrlimit(RLIMIT_NOFILE, &limit);
	return become("limits", arg);
}

/* The room that RLIMIT_STACK asks for stays free of mmap(). */
static int set_stack(long mib)
{
	struct rlimit limit = { mib < 0 ? RLIM_INFINITY : (rlim_t)mib << 20,
				RLIM_INFINITY };

	personality(ADDR_NO_RANDOMIZE);
	setrlimit(RLIMIT_STACK, &limit);
	return become("layout", mib < 20 ? 7 : 20);
}

static int set_layout(long arg)
{
	personality(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT);
	return become("layout", arg);
}

static void check_layout(void)
{
	int status;

	for (int mib = 8; mib <= 1024; mib *= 2) {
		status = run(set_stack, mib);
		check(WIFEXITED(status), "a stack of %d MiB: mmap() at %x",
		      mib, WEXITSTATUS(status));
	}
	check(exited(run(set_stack, -1), 0x1f), "a stack without limit");
	check(exited(run(set_layout, 7), 0x40), "mmap() goes up");
}

static void *sleep_long(void *arg)
{
	sleep(1000);
	return arg;
}

static void *exec_in_thread(void *arg)
{
	become("identity", (long)arg);
	return NULL;
}

static int exec_with_threads(long arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, sleep_long, NULL);
	return become("identity", getpid());
}

static int exec_from_thread(long arg)
{
	pthread_t thread;

	(void)arg;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, sleep_long, NULL);
	pthread_create(&thread, NULL, exec_in_thread, (void *)(long)getpid());
	sleep(1000);
	return 1;
}

static int exec_from_last_thread(long arg)
{
	pthread_t thread;

	(void)arg;
	pthread_create(&thread, NULL, exec_in_thread, (void *)(long)getpid());
	sys(SYS_exit, 0);
	return 1;
}

static int pass_mapping(long arg)
{
	(void)arg;
	return become("mapped", map(0, PAGE, RW, ANON));
}

static int pass_registers(long arg)
{
	return become("registers", arg);
}

static int pass_exit(long arg)
{
	return become("exit", arg);
}

static int pass_chain(long arg)
{
	return become("chain", arg);
}

static int null_argv(long arg)
{
	(void)arg;
	return exec(NULL, NULL);
}

static void check_success(void)
{
	expect(run(pass_arguments, 0), 0, "arguments and environment arrive");
	expect(run(pass_auxv, 0), 0, "the auxiliary vector");
	expect(run(pass_signals, 0), 0, "signals: what stays, what does not");
	expect(run(pass_files, 0), 0, "files with FD_CLOEXEC are closed");
	expect(run(pass_limits, 0), 0, "limits stay");
	expect(run(exec_with_threads, 0), 0, "other threads end");
	expect(run(exec_from_thread, 0), 0,
	       "a thread that is not the first takes its number");
	expect(run(exec_from_last_thread, 0), 0, "also when that is gone");
	expect(run(pass_mapping, 0), 0, "old mappings are gone");
	expect(run(pass_registers, 0), 0, "segment registers are clear");
	check(exited(run(pass_exit, 42), 42), "its status is the process's");
	check(exited(run(pass_chain, 20), 99), "20 times over");
	check(exited(run(null_argv, 0), 55), "no arguments at all: one is there");
}

/* ------------------------------------------------------------- refusals */

static int too_long_string(long arg)
{
	size_t size = 131072 + arg;
	char *big = malloc(size);
	char *argv[] = { "exec", "--as", "exit", "7", big, NULL };

	memset(big, 'x', size);
	big[size - 1] = '\0';
	return exec(argv, no_env) == -E2BIG ? 8 : 9;
}

/* @arg KiB in strings of 64 KiB. */
static int many_strings(long arg)
{
	static char *argv[1000] = { "exec", "--as", "exit", "7" };
	char *big = malloc(65536);
	int nr = arg / 64;

	memset(big, 'x', 65535);
	big[65535] = '\0';
	for (int i = 0; i < nr; i++)
		argv[4 + i] = big;
	return exec(argv, no_env) == -E2BIG ? 8 : 9;
}

static int small_stack(long arg)
{
	struct rlimit limit = { 1 << 20, 1 << 20 };

	setrlimit(RLIMIT_STACK, &limit);
	return many_strings(arg);
}

static void check_refusals(void)
{
	char *argv[] = { "exec", NULL };
	char *bad[] = { "exec", (char *)16, NULL };
	char long_name[5000];

	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[0] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	expect(sys(SYS_execve, (long)"/none", (long)argv, 0), -ENOENT,
	       "no such file");
	expect(sys(SYS_execve, (long)"", (long)argv, 0), -ENOENT, "no name");
	expect(sys(SYS_execve, (long)long_name, (long)argv, 0), -ENAMETOOLONG,
	       "too long a name");
	expect(sys(SYS_execve, 16, (long)argv, 0), -EFAULT, "a bad name");
	expect(sys(SYS_execve, (long)SELF, 16, 0), -EFAULT, "bad arguments");
	expect(sys(SYS_execve, (long)SELF, (long)bad, 0), -EFAULT,
	       "a bad argument");
	expect(sys(SYS_execve, (long)SELF, (long)argv, (long)bad), -EFAULT,
	       "a bad environment");
	expect(sys(SYS_execve, (long)"/none", (long)bad, 0), -EFAULT,
	       "which is found out before the file is missed");
	expect(sys(SYS_execveat, -100, (long)SELF, (long)argv, 0, 0x10000),
	       -EINVAL, "unknown flags");
	check(exited(run(too_long_string, 0), 7), "an argument of 128 KiB");
	check(exited(run(too_long_string, 1), 8), "is the longest");
	check(exited(run(many_strings, 1984), 7), "1984 KiB of arguments");
	check(exited(run(many_strings, 2048), 8), "2 MiB are too much");
	check(exited(run(small_stack, 192), 7), "with a stack of 1 MiB 192 KiB");
	check(exited(run(small_stack, 256), 8), "but not a quarter of it");
	check(true, "and here we still are");
}

/* ----------------------------------------------------------------- files */

#define FILE_	"/tmp/exec-test"
#define OTHER	"/tmp/exec-other"

static void put(const char *path, const void *bytes, size_t size, int mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	if (write(fd, bytes, size) != (ssize_t)size)
		note("cannot write");
	fchmod(fd, mode);
	close(fd);
}

static long exec_file(const char *path)
{
	char *argv[] = { "zero", "one", NULL };

	return sys(SYS_execve, (long)path, (long)argv, (long)no_env);
}

static int run_file(long path)
{
	return exec_file((const char *)path) + 200;
}

/* The status of a script that begins with @line. */
static int script(const char *line)
{
	put(FILE_, line, strlen(line), 0755);
	return run(run_file, (long)FILE_);
}

/* "interpreter", "argument", script, "one" */
static int see_script(int argc, char **argv)
{
	if (argc != 4 || strcmp(argv[2], FILE_) || strcmp(argv[3], "one") ||
	    strcmp(argv[0], SELF))
		return 1;
	return strcmp(argv[1], "--as a script") ? 2 : 33;
}

static void check_scripts(void)
{
	char name[20], line[300];

	expect(script("#!" SELF " --as a script\n"), 33 << 8, "a script");
	expect(script("#! \t" SELF "  \t --as a script \t \nmore\n"), 33 << 8,
	       "with blanks");
	expect(script("#!" SELF " --as a script"), 33 << 8, "without an end");
	expect(script("#!/tmp/none\n"), (200 - ENOENT) << 8,
	       "of a missing interpreter");
	expect(script("#!\n"), (200 - ENOEXEC) << 8, "of none");
	expect(script("#!  \t \n"), (200 - ENOEXEC) << 8, "of blanks");
	expect(script("#! " FILE_ "\n"), (200 - ELOOP) << 8, "of itself");
	expect(script("#!/tmp\n"), (200 - EACCES) << 8, "of a directory");
	expect(script("#"), (200 - ENOEXEC) << 8, "half of it");
	expect(script(""), (200 - ENOEXEC) << 8, "nothing");
	expect(script("echo hello\n"), (200 - ENOEXEC) << 8, "some text");
	memset(line, ' ', sizeof(line));
	memcpy(line, "#!" SELF, 2 + strlen(SELF));
	line[299] = '\0';
	check(exited(script(line), 1), "a long line that ends in blanks");
	memset(line + 100, 'x', 199);
	check(exited(script(line), 1), "a long argument is cut");
	memset(line + 2, '/', 297);
	expect(script(line), (200 - ENOEXEC) << 8, "a long path is not");
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "/tmp/exec-%d", i);
		snprintf(line, sizeof(line), "#!/tmp/exec-%d\n", i - 1);
		if (!i)
			snprintf(line, sizeof(line), "#!" SELF "\n");
		put(name, line, strlen(line), 0755);
	}
	check(exited(run(run_file, (long)"/tmp/exec-4"), 1),
	      "five interpreters");
	expect(run(run_file, (long)"/tmp/exec-5"), (200 - ELOOP) << 8, "six");
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "/tmp/exec-%d", i);
		unlink(name);
	}
}

static int exec_by_fd(long flags)
{
	char *argv[] = { "zero", "--as", "exit", "21", NULL };
	int fd = open(SELF, O_RDONLY), dir = open("/proc/self", O_RDONLY);

	if (flags == 1)
		return sys(SYS_execveat, dir, (long)"exe", (long)argv,
			   (long)no_env, 0) + 200;
	if (flags == 2)
		return sys(SYS_execveat, dir, (long)"exe", (long)argv,
			   (long)no_env, 0x100) + 200;
	if (flags == 3)
		return sys(SYS_execveat, 99, (long)"exe", (long)argv,
			   (long)no_env, 0) + 200;
	if (flags == 4)
		return sys(SYS_execveat, fd, (long)"", (long)argv,
			   (long)no_env, 0) + 200;
	return sys(SYS_execveat, fd, (long)"", (long)argv, (long)no_env,
		   0x1000) + 200;
}

static int drop_and_exec(long path)
{
	sys(SYS_setresgid32, 5, 5, 5);
	sys(SYS_setresuid32, 5, 5, 5);
	return run_file(path);
}

static int no_privs_and_exec(long path)
{
	sys(SYS_prctl, 38, 1, 0, 0, 0);
	return drop_and_exec(path);
}

/* The program that prints who it is. */
static int see_ids(void)
{
	return (geteuid() == 77 ? 1 : 0) | (getegid() == 78 ? 2 : 0) |
		(getuid() == 5 ? 4 : 0) | (getauxval(AT_SECURE) ? 8 : 0) |
		(getauxval(AT_EUID) == geteuid() ? 16 : 0);
}

static void check_files(void)
{
	static char bytes[2 << 20];
	int fd = open(SELF, O_RDONLY);
	long size = read(fd, bytes, sizeof(bytes));

	close(fd);
	expect(run(exec_by_fd, 0), 21 << 8, "execveat of an open file");
	expect(run(exec_by_fd, 1), 21 << 8, "of a file in a directory");
	expect(run(exec_by_fd, 2), (200 - ELOOP) << 8, "but no link");
	expect(run(exec_by_fd, 3), (200 - EBADF) << 8, "in no directory");
	expect(run(exec_by_fd, 4), (200 - ENOENT) << 8, "without a flag");
	expect(run(run_file, (long)"/tmp"), (200 - EACCES) << 8, "a directory");
	expect(run(run_file, (long)"/dev/null"), (200 - EACCES) << 8,
	       "a device");
	put(FILE_, bytes, size, 0644);
	expect(run(run_file, (long)FILE_), (200 - EACCES) << 8,
	       "a file that nobody may execute");
	chmod(FILE_, 0700);
	expect(run(drop_and_exec, (long)FILE_), (200 - EACCES) << 8,
	       "or just not we");
	put("/tmp/exec-ids", bytes, size, 0755);
	expect(run(drop_and_exec, (long)"/tmp/exec-ids"), (4 + 16) << 8,
	       "without set-id bits one stays who one is");
	chown("/tmp/exec-ids", 77, 78);
	chmod("/tmp/exec-ids", 06755);
	expect(run(drop_and_exec, (long)"/tmp/exec-ids"), 31 << 8,
	       "with them one is the file's owner");
	chmod("/tmp/exec-ids", 06745);
	expect(run(drop_and_exec, (long)"/tmp/exec-ids"), (1 + 28) << 8,
	       "a group that may not execute it gives nothing");
	chmod("/tmp/exec-ids", 06755);
	expect(run(no_privs_and_exec, (long)"/tmp/exec-ids"), (4 + 16) << 8,
	       "nor has it an effect with no_new_privs");
	unlink("/tmp/exec-ids");
	unlink(FILE_);
}

/* ---------------------------------------------------------- hostile programs */

/* Code that exits with 9, and data behind it. */
static struct {
	Elf32_Ehdr header;
	Elf32_Phdr ph[3];
	uint8_t code[32];
	uint8_t pad[PAGE - 52 - 96 - 32];
	uint8_t data[PAGE];
} elf;

static void make_elf(void)
{
	static const uint8_t code[] = {
		0xb8, 1, 0, 0, 0, 0xbb, 9, 0, 0, 0, 0xcd, 0x80,
	};

	memset(&elf, 0, sizeof(elf));
	memcpy(elf.header.e_ident, ELFMAG, SELFMAG);
	elf.header.e_ident[4] = ELFCLASS32;
	elf.header.e_ident[5] = ELFDATA2LSB;
	elf.header.e_ident[6] = 1;
	elf.header.e_type = ET_EXEC;
	elf.header.e_machine = EM_386;
	elf.header.e_phoff = sizeof(elf.header);
	elf.header.e_phentsize = sizeof(Elf32_Phdr);
	elf.header.e_phnum = 2;
	elf.header.e_entry = 0x08048000 + offsetof(__typeof__(elf), code);
	elf.ph[0] = (Elf32_Phdr){ PT_LOAD, 0, 0x08048000, 0, PAGE, PAGE,
				  PF_R | PF_X, PAGE };
	elf.ph[1] = (Elf32_Phdr){ PT_LOAD, PAGE, 0x0804a000, 0, 100, 5000,
				  PF_R | PF_W, PAGE };
	memcpy(elf.code, code, sizeof(code));
}

static void elf_runs(size_t size, int want, const char *sentence)
{
	int got;

	put(FILE_, &elf, size, 0755);
	got = run(run_file, (long)FILE_);
	expect(got, want, "%s", sentence);
	make_elf();
}

static int run_weak(long file)
{
	sys(SYS_personality, READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE |
	    ADDR_COMPAT_LAYOUT);
	return run_file(file);
}

/* It exits with its personality's third byte. */
static void check_stack_header(void)
{
	static const uint8_t code[] = {
		0xb8, 136, 0, 0, 0, 0xbb, 0xff, 0xff, 0xff, 0xff, 0xcd, 0x80,
		0xc1, 0xe8, 16, 0x93, 0xb8, 1, 0, 0, 0, 0xcd, 0x80,
	};

	for (uint32_t flags = PF_R | PF_W; flags < 8; flags++) {
		make_elf();
		memcpy(elf.code, code, sizeof(code));
		elf.header.e_phnum = 3;
		elf.ph[2] = (Elf32_Phdr){ .p_type = PT_GNU_STACK,
					  .p_flags = flags };
		elf_runs(sizeof(elf), 0, "one that speaks of its stack");
	}
	memcpy(elf.code, code, sizeof(code));
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R };
	put(FILE_, &elf, sizeof(elf), 0755);
	expect(run(run_weak, (long)FILE_), 0x64 << 8,
	       "a program inherits what weakens it");
	chmod(FILE_, 04755);
	expect(run(run_weak, (long)FILE_), 0, "but not a set-uid one");
	chmod(FILE_, 02755);
	expect(run(run_weak, (long)FILE_), 0, "nor a set-gid one");
	chmod(FILE_, 02745);
	expect(run(run_weak, (long)FILE_), 0x64 << 8, "without x it is none");
	make_elf();
	memcpy(elf.code, code, sizeof(code));
	elf_runs(sizeof(elf), (READ_IMPLIES_EXEC >> 16) << 8,
		 "an old one: what it can read it can execute");
}

/* This program as the loader of one without a byte of memory. */
static int load_for_nothing(long is_user)
{
	char *argv[] = { "exec", "--as", "heap", is_user ? "1" : "0", NULL };

	sys(SYS_personality, ADDR_NO_RANDOMIZE);
	return sys(SYS_execve, (long)FILE_, (long)argv, (long)no_env) + 200;
}

static void check_no_memory(void)
{
	elf.header.e_phnum = 1;
	elf.ph[0] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, sizeof(SELF),
				  sizeof(SELF), PF_R, 1 };
	strcpy((char *)elf.data, SELF);
	put(FILE_, &elf, sizeof(elf), 0755);
	make_elf();
	for (int is_user = 0; is_user < 2; is_user++)
		check(true, "a heap at 0, %s: status %#x",
		      is_user ? "a user's" : "root's",
		      run(load_for_nothing, is_user));
}

#define REFUSED		((200 - ENOEXEC) << 8)
#define WHOLE		sizeof(elf)

static void check_hostile(void)
{
	make_elf();
	elf_runs(WHOLE, 9 << 8, "a small program");
	elf.header.e_ident[4] = ELFCLASS64;
	elf_runs(WHOLE, 9 << 8, "its class does not count");
	elf.header.e_machine = EM_X86_64;
	elf_runs(WHOLE, REFUSED, "its machine does");
	elf.header.e_machine = 6;
	elf_runs(WHOLE, 9 << 8, "an i486 is one as well");
	elf.header.e_type = ET_REL;
	elf_runs(WHOLE, REFUSED, "an object file");
	elf.header.e_phentsize = 31;
	elf_runs(WHOLE, REFUSED, "headers of another size");
	elf.header.e_phnum = 0;
	elf_runs(WHOLE, REFUSED, "no headers");
	elf.header.e_phnum = 129;
	elf_runs(WHOLE, REFUSED, "more than a page of them");
	elf.header.e_phoff = WHOLE - 10;
	elf_runs(WHOLE, REFUSED, "headers beyond the end");
	elf.header.e_phoff = 0xfffffff0;
	elf_runs(WHOLE, REFUSED, "far beyond it");
	elf_runs(100, REFUSED, "cut off in its headers");
	elf_runs(40, REFUSED, "cut off in its header");
	elf_runs(PAGE, 9 << 8, "without the data, which it does not touch");
	elf.header.e_phnum = 1;
	elf.ph[0].p_type = PT_NOTE;
	elf_runs(WHOLE, SIGSEGV, "nothing to load");
	elf.header.e_entry = 0x1000;
	elf_runs(WHOLE, SIGSEGV, "begins at nothing");
	elf.header.e_entry = 0xc0100000;
	elf_runs(WHOLE, SIGSEGV, "begins in the kernel");
	elf.ph[1].p_memsz = 50;
	elf_runs(WHOLE, SIGSEGV, "more in the file than in memory");
	elf.ph[1].p_vaddr = 0x0804a010;
	elf_runs(WHOLE, SIGSEGV, "a place that does not fit the offset");
	elf.ph[1].p_vaddr = 0xbffff000;
	elf_runs(WHOLE, SIGSEGV, "reaches into the kernel");
	elf.ph[1].p_vaddr = 0xc0000000;
	elf_runs(WHOLE, SIGSEGV, "lies there");
	elf.ph[1].p_memsz = 0xffffff00;
	elf_runs(WHOLE, SIGSEGV, "4 GiB");
	elf.ph[0].p_vaddr = 0x1000;
	elf_runs(WHOLE, SIGSEGV, "below what may be mapped");
	elf.ph[0].p_offset = 4 * PAGE;
	elf_runs(WHOLE, SIGBUS, "code that the file does not have");
	elf.ph[1].p_offset = 0xfffff000;
	elf_runs(WHOLE, SIGSEGV, "data at the end of all files");
	elf.ph[1].p_vaddr = 0x08048000;
	elf_runs(WHOLE, SIGSEGV, "data over the code");
	elf.header.e_type = ET_DYN;
	elf.ph[0].p_vaddr = 0;
	elf.ph[1].p_vaddr = 2 * PAGE;
	elf.header.e_entry = offsetof(__typeof__(elf), code);
	elf_runs(WHOLE, 9 << 8, "anywhere");
	elf.header.e_type = ET_DYN;
	elf.header.e_phnum = 1;
	elf.ph[0].p_type = PT_NOTE;
	elf_runs(WHOLE, SIGSEGV, "nothing anywhere");

	/* One that asks for another program. */
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, 10, 10, PF_R, 1 };
	strcpy((char *)elf.data, "/tmp/none");
	elf_runs(WHOLE, (200 - ENOENT) << 8, "an interpreter that is not there");
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, 9, 10, PF_R, 1 };
	strcpy((char *)elf.data, "/tmp/none");
	elf_runs(WHOLE, REFUSED, "one without an end");
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, 1, 1, PF_R, 1 };
	elf_runs(WHOLE, REFUSED, "one without a name");
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, 9 * PAGE, 0, 0, 9, 9, PF_R, 1 };
	elf_runs(WHOLE, (200 - EIO) << 8, "one beyond the end");
	put(OTHER, "hello, world, this is a text", 28, 0755);
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, 16, 16, PF_R, 1 };
	strcpy((char *)elf.data, OTHER);
	elf_runs(WHOLE, (200 - EIO) << 8, "a short text");
	memset(elf.data, 'x', 200);
	put(OTHER, elf.data, 200, 0755);
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, 16, 16, PF_R, 1 };
	strcpy((char *)elf.data, OTHER);
	elf_runs(WHOLE, (200 - ELIBBAD) << 8, "a text");
	elf.header.e_type = ET_DYN;
	elf.ph[0].p_vaddr = 0;
	elf.ph[1].p_vaddr = 2 * PAGE;
	elf.header.e_entry = offsetof(__typeof__(elf), code);
	elf.code[6] = 10;
	put(OTHER, &elf, sizeof(elf), 0755);
	make_elf();
	elf.header.e_phnum = 3;
	elf.ph[2] = (Elf32_Phdr){ PT_INTERP, PAGE, 0, 0, 16, 16, PF_R, 1 };
	strcpy((char *)elf.data, OTHER);
	elf_runs(WHOLE, 10 << 8, "a program: that is what runs");
	check_stack_header();
	check_no_memory();
	unlink(OTHER);
	unlink(FILE_);
}

/* ---------------------------------------------------------------- vfork */

static void check_vfork(void)
{
	int pid, status, seen;

	common = 1;
	pid = vfork();
	if (!pid) {
		common = 2;
		_exit(3);
	}
	seen = common;
	check(waitpid(pid, &status, 0) == pid && exited(status, 3),
	      "vfork, and the child ends");
	expect(seen, 2, "its memory is ours");
	pid = vfork();
	if (!pid) {
		char *argv[] = { "exec", "--as", "exit", "4", NULL };

		common = 3;
		execve(SELF, argv, no_env);
		_exit(9);
	}
	seen = common;
	check(waitpid(pid, &status, 0) == pid && exited(status, 4),
	      "vfork and exec");
	expect(seen, 3, "we slept until it did");
	pid = vfork();
	if (!pid) {
		for (volatile int i = 0; i < 100; i++)
			sched_yield();
		common = 4;
		raise(SIGKILL);
	}
	seen = common;
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGKILL),
	      "vfork, and the child is killed");
	expect(seen, 4, "that wakes us, too");
}

static int vfork_and_be_killed(long arg)
{
	volatile uint32_t *word = (void *)arg;
	int pid = vfork();

	if (!pid) {
		word[0] = getpid();
		for (int i = 0; i < 1000 && !word[1]; i++)
			usleep(10000);
		_exit(0);
	}
	return 1;
}

static void check_killed_vfork(void)
{
	volatile uint32_t *word = shared(PAGE);
	int pid = start(vfork_and_be_killed, (long)word), status;

	until(word, 1);
	kill(pid, SIGTERM);
	check(waitpid(pid, &status, 0) == pid && killed(status, SIGTERM),
	      "a parent that sleeps in vfork can be ended");
	expect(kill(word[0], 0), 0, "its child lives on");
	word[1] = 1;
}

int main(int argc, char **argv)
{
	if (argc == 1 && !*argv[0])
		return 55;
	if (argc > 2 && !strcmp(argv[1], "--as"))
		return be(argc, argv);
	if (argc > 1 && !strncmp(argv[1], "--as ", 5))
		return see_script(argc, argv);
	if (argc == 2 && !strcmp(argv[1], "one"))
		return see_ids();
	if (argc > 1)
		return 1;
	guest_start(argv);
	check_success();
	check_layout();
	check_refusals();
	check_scripts();
	check_files();
	check_hostile();
	check_vfork();
	check_killed_vfork();
	return guest_end();
}
