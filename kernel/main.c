// SPDX-License-Identifier: MIT
/*
 * main - from the first C function to the first process.
 *
 * Everything up to sched_init() runs on the boot stack with interrupts off,
 * and must not sleep.  The rest is a kernel thread, which does what the
 * command line asks for: run the tests, the benchmarks, a crash, or (the
 * usual case) the program that the loader brought as first module.
 */
#include "boot/boot_info.h"
#include "boot/multiboot.h"
#include "drivers/power.h"
#include "drivers/serial.h"
#include "drivers/time.h"
#include "drivers/vga.h"
#include "fs/init.h"
#include "fs/initramfs.h"
#include "fs/path.h"
#include "kernel/banner.h"
#include "kernel/crash.h"
#include "kernel/exec.h"
#include "kernel/job.h"
#include "kernel/proc.h"
#include "kernel/signal.h"
#include "kernel/sys_file.h"
#include "kernel/task.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/init.h"
#include "mm/kmalloc.h"
#include "mm/vmalloc.h"
#include "sched/sched.h"
#include "tests/bench/kbench.h"
#include "tests/ktap.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/panic.h"
#include "x86/trap.h"

void kernel_main(uint32_t magic, uint32_t info);

static bool is_quiet(void)
{
	return cmdline_has(boot_info.cmdline, "quiet");
}

static void set_loglevel(void)
{
	char text[8];
	uint64_t level;

	if (is_quiet())
		printk_set_level(LOG_ERR);
	if (!cmdline_get(boot_info.cmdline, "loglevel", text, sizeof(text)))
		return;
	if (parse_uint(text, NULL, &level) || level > LOG_DEBUG + 1)
		pr_warn("main: loglevel=%s is none of 0 to 8: ignored", text);
	else
		printk_set_level((int)level - 1);
}

static void *stack_alloc(void)
{
	return vmalloc(THREAD_STACK_SIZE);
}

static void stack_free(void *stack)
{
	vfree(stack);
}

/* The image that users boot has neither suites nor benchmarks in it. */
static void require(bool is_here)
{
	if (is_here)
		return;
	kprint("main: that is not in this image, but in build/release/atlas-test.elf\n");
	power_off(POWER_OFF_FAILURE);
}

static noreturn void run_tests(const char *glob)
{
	require(ktest_run);
	power_off(ktest_run(glob) ? POWER_OFF_SUCCESS : POWER_OFF_FAILURE);
}

static noreturn void run_benchmarks(const char *glob)
{
	require(kbench_run);
	kbench_run(glob);
	power_off(POWER_OFF_SUCCESS);
}

static const char *why(int err)
{
	switch (err) {
	case -ENOEXEC: return "not an ELF program for the i386";
	case -ENOMEM: return "out of memory";
	case -ENOSPC: return "its files do not fit into memory";
	case -E2BIG: return "too many arguments";
	case -ENXIO: return "it lies where Atlas uses no RAM";
	case -ENOENT: return "it, or what is to load it, is missing";
	case -EACCES: return "it is not executable";
	default: return "unusable";
	}
}

static noreturn void cannot_run(const char *name, int err)
{
	kprint("main: cannot run \"%.80s\": %s (error %d)\n", name, why(err),
	       -err);
	power_off(POWER_OFF_FAILURE);
}

/* Make files of all modules.  Return: is the first one a program? */
static bool load_modules(void)
{
	bool is_program = false;

	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		int result = initramfs_load(&boot_info.modules[i]);

		if (result < 0)
			cannot_run(boot_info.modules[i].cmdline, result);
		if (i == 0)
			is_program = result;
	}
	return is_program;
}

static bool exists(const char *name)
{
	const struct viewpoint view = {
		mount_root(), mount_root(), cred_root(), 0,
	};
	struct path path;

	if (path_lookup(&view, name, LOOKUP_FOLLOW, &path))
		return false;
	path_put(path);
	return true;
}

/* Which program of an archive is to be process 1. */
static const char *find_init(char *buf, size_t size)
{
	static const char *const usual[] = {
		"/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh",
	};

	if (cmdline_get(boot_info.cmdline, "init", buf, size))
		return buf;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (exists(usual[i]))
			return usual[i];
	return usual[0];
}

/* Its arguments are behind the archive's name. */
static noreturn void run_from_archive(const char *cmdline)
{
	const char *arguments = strchr(cmdline, ' '), *path;
	char buf[128], *line = kmalloc(BOOT_MODULE_TEXT, GFP_KERNEL);

	if (!line)
		cannot_run(cmdline, -ENOMEM);
	path = find_init(buf, sizeof(buf));
	snprintf(line, BOOT_MODULE_TEXT, "%s%s", path,
		 arguments ? arguments : "");
	cannot_run(path, exec_init(path, line));
}

static noreturn void run_init(void)
{
	const char *cmdline = boot_info.modules[0].cmdline;
	char *path;

	if (!boot_info.nr_modules) {
		kprint("main: no program was given to run: with QEMU, say -initrd 'program arguments'\n");
		power_off(POWER_OFF_FAILURE);
	}
	if (!is_quiet())
		banner();
	if (!load_modules())
		run_from_archive(cmdline);
	path = kmalloc(BOOT_MODULE_TEXT, GFP_KERNEL);
	if (!path)
		cannot_run(cmdline, -ENOMEM);
	strlcpy(path, cmdline, BOOT_MODULE_TEXT);
	if (strchr(path, ' '))
		*strchr(path, ' ') = '\0';
	cannot_run(cmdline, exec_init(path, cmdline));
}

/* What the command line asks for, with the whole kernel there. */
static void main_thread(void *unused)
{
	const char *cmdline = boot_info.cmdline;
	char value[64] = "*";

	(void)unused;
	fs_mount_all();
	if (cmdline_get(cmdline, "crash", value, sizeof(value)))
		crash(value);
	if (cmdline_has(cmdline, "test")) {
		cmdline_get(cmdline, "test", value, sizeof(value));
		run_tests(value);
	}
	if (cmdline_has(cmdline, "bench")) {
		cmdline_get(cmdline, "bench", value, sizeof(value));
		run_benchmarks(value);
	}
	run_init();
}

void kernel_main(uint32_t magic, uint32_t info)
{
	cpu_init();
	gdt_init();
	trap_init();
	time_early_init();
	serial_init();
	multiboot_read(magic, info);
	set_loglevel();
	pr_info("main: Atlas, command line \"%s\"", boot_info.cmdline);

	sched_init();
	mm_bring_up();
	printk_grow(kmalloc(PRINTK_RING_SIZE, GFP_KERNEL | __GFP_NOFAIL_INJECT));
	vga_init();
	mm_report();
	gdt_set_double_fault_stack(PAGE_SIZE +
		(char *)kmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL_INJECT));

	thread_set_stack_allocator(stack_alloc, stack_free);
	trap_set_preempt(sched_preempt_irq);
	task_init();
	signal_init();
	job_init();
	sys_file_init();
	fs_init();
	proc_task_init();
	time_init();

	thread_detach(thread_create("main", main_thread, NULL));
	sched_idle();
}
