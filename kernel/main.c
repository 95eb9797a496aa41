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
#include "kernel/banner.h"
#include "kernel/crash.h"
#include "kernel/exec.h"
#include "kernel/job.h"
#include "kernel/proc.h"
#include "kernel/signal.h"
#include "kernel/task.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/init.h"
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

static noreturn void run_tests(const char *glob)
{
	power_off(ktest_run(glob) ? POWER_OFF_SUCCESS : POWER_OFF_FAILURE);
}

static noreturn void run_benchmarks(const char *glob)
{
	kbench_run(glob);
	power_off(POWER_OFF_SUCCESS);
}

static noreturn void run_init(void)
{
	int err;

	if (!boot_info.nr_modules) {
		kprint("main: no program was given to run: with QEMU, say -initrd 'program arguments'\n");
		power_off(POWER_OFF_FAILURE);
	}
	if (!is_quiet())
		banner();
	err = exec_init(&boot_info.modules[0]);
	kprint("main: cannot run \"%.80s\": %s (error %d)\n",
	       boot_info.modules[0].cmdline,
	       err == -ENOEXEC ? "not a static ELF program for the i386" :
	       err == -ENOMEM ? "out of memory" :
	       err == -E2BIG ? "too many arguments" :
	       err == -ENXIO ? "it lies where Atlas uses no RAM" :
	       "unusable", -err);
	power_off(POWER_OFF_FAILURE);
}

/* What the command line asks for, with the whole kernel there. */
static void main_thread(void *unused)
{
	const char *cmdline = boot_info.cmdline;
	char value[64] = "*";

	(void)unused;
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
	vga_init();
	mm_report();
	modules_init();

	thread_set_stack_allocator(stack_alloc, stack_free);
	trap_set_preempt(sched_preempt_irq);
	task_init();
	signal_init();
	job_init();
	fs_init();
	proc_task_init();
	time_init();

	thread_detach(thread_create("main", main_thread, NULL));
	sched_idle();
}
