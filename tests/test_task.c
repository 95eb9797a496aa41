// SPDX-License-Identifier: MIT
/*
 * task - fork, exit and wait, seen from the kernel: the test thread becomes
 * process 1 for a moment, and its children run a few bytes of user code.
 */
#include "fs/context.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "kernel/elf.h"
#include "kernel/exec.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/zone.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/gdt.h"
#include "x86/spinlock.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

#define CODE	0x10000000u
#define DATA	(CODE + PAGE_SIZE)
#define STACK	(CODE + 4 * PAGE_SIZE)

/* mov $1, %eax; int $0x80: exit(ebx) */
static const uint8_t exit_code[] = { 0xb8, 1, 0, 0, 0, 0xcd, 0x80 };
/* ud2 */
static const uint8_t ill_code[] = { 0x0f, 0x0b };
/* jmp . */
static const uint8_t loop_code[] = { 0xeb, 0xfe };
/* fork; child: exit(7), parent: exit(8), so that the child is an orphan */
static const uint8_t orphan_code[] = {
	0xb8, 2, 0, 0, 0, 0xcd, 0x80,		/* fork */
	0xbb, 7, 0, 0, 0,			/* mov $7, %ebx */
	0x85, 0xc0,				/* test %eax, %eax */
	0x74, 0x05,				/* jz +5 */
	0xbb, 8, 0, 0, 0,			/* mov $8, %ebx */
	0xb8, 1, 0, 0, 0, 0xcd, 0x80,		/* exit */
};

/* As wait4(), with what the kernel says. */
static long wait_child(int pid, uint32_t options, struct wait_report *report)
{
	long err = wait_task(pid > 0 ? WAIT_PID : pid < 0 && pid != -1 ?
			     WAIT_GROUP : pid ? WAIT_ANY : WAIT_GROUP,
			     pid < -1 ? -pid : pid, options | WEXITED, report);

	return err ? err : report->pid;
}

static struct task *become_init(const void *code, size_t size)
{
	struct task *task = task_create(NULL, "ktest", 0);
	struct mm *mm = mm_create();

	if (!task || !mm)
		return NULL;
	task->thread = current_thread();
	task->files = files_create();
	task->fs = fs_context_create();
	task->cred = cred_root();
	task_publish(task, 0);
	preempt_disable();
	current_thread()->task = task;
	task->mm = mm;
	mm_switch(mm);
	preempt_enable();
	mm_mmap(mm, CODE, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	copy_to_user(CODE, code, size);
	return task;
}

static void be_a_thread_again(struct task *task)
{
	struct mm *mm = task->mm;

	preempt_disable();
	current_thread()->task = NULL;
	current_thread()->interrupted = false;
	this_cpu()->exit_work = false;
	task->mm = NULL;
	mm_switch(NULL);
	preempt_enable();
	mm_put(mm);
	files_put(task->files);
	fs_context_put(task->fs);
	task_free(task);
}

static long fork_at_code(uint32_t ebx)
{
	struct trap_frame frame = {
		.ebx = ebx, .ds = USER_DS, .es = USER_DS,
		.vector = TRAP_RETURNED, .eip = CODE, .cs = USER_CS,
		.eflags = EFLAGS_IF | 2, .esp = STACK, .ss = USER_DS,
	};

	return fork_task(&frame, &(struct fork_options){
		.exit_signal = SIGCHLD,
	});
}

static unsigned int nr_tasks(void)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct task *task;
	unsigned int count = 0;

	list_for_each_entry(task, &tasks, link)
		count++;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return count;
}

TEST(task, a_child_runs_and_its_status_reaches_wait)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	struct wait_report report;
	long pid;

	REQUIRE(task);
	pid = fork_at_code(42);
	EXPECT(pid > 1);
	EXPECT_EQ(wait_child(pid, 0, &report), pid);
	EXPECT_EQ(report.status, 42 << 8);
	EXPECT_EQ(wait_child(-1, 0, &report), -ECHILD);
	be_a_thread_again(task);
}

TEST(task, a_fatal_fault_is_a_signal_in_the_status)
{
	struct task *task = become_init(ill_code, sizeof(ill_code));
	struct wait_report report;
	long pid;

	REQUIRE(task);
	pid = fork_at_code(0);
	EXPECT_EQ(wait_child(-1, 0, &report), pid);
	EXPECT_EQ(report.status, SIGILL);
	be_a_thread_again(task);
}

/* The call returns to kernel mode, by a frame without esp and ss. */
static long call_number(uint32_t number)
{
	long result;

	asm volatile("int $0x80" : "=a"(result) : "0"(number), "b"(0) :
		     "memory");
	return result;
}

TEST(task, unknown_numbers_return_ENOSYS)
{
	/* Some are not there, and the table ends at 451. */
	for (uint32_t n = 442; n < 460; n++)
		EXPECT_EQ(call_number(n), -ENOSYS);
	for (uint32_t bit = 1u << 31; bit > 450; bit >>= 1) {
		EXPECT_EQ(call_number(bit), -ENOSYS);
		EXPECT_EQ(call_number(0 - bit), -ENOSYS);
	}
	EXPECT_EQ(call_number(0xffffffff), -ENOSYS);
	EXPECT_EQ(call_number(17), -ENOSYS);	/* break(), long ago */
}

TEST(task, kill_ends_one_that_never_enters_the_kernel)
{
	struct task *task = become_init(loop_code, sizeof(loop_code));
	struct siginfo info = { .signo = SIGKILL };
	struct wait_report report;
	struct process *child;
	uint32_t flags;
	long pid;

	REQUIRE(task);
	pid = fork_at_code(0);
	thread_sleep(30000000);			/* it loops by now */
	EXPECT_EQ(wait_child(pid, 1, &report), 0);
	flags = spin_lock_irqsave(&tasks_lock);
	child = process_find(pid);
	if (EXPECT(child != NULL))
		signal_send_locked(child, &info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	EXPECT_EQ(wait_child(pid, 0, &report), pid);
	EXPECT_EQ(report.status, SIGKILL);
	be_a_thread_again(task);
}

TEST(task, an_orphan_is_adopted_by_process_1)
{
	struct task *task = become_init(orphan_code, sizeof(orphan_code));
	int statuses[2] = { 0, 0 };
	struct wait_report report;

	REQUIRE(task);
	EXPECT(fork_at_code(0) > 1);
	for (int i = 0; i < 2; i++) {
		EXPECT(wait_child(-1, 0, &report) > 1);
		statuses[i] = report.status >> 8;
	}
	EXPECT_EQ(statuses[0] + statuses[1], 15);
	EXPECT_EQ(wait_child(-1, 0, &report), -ECHILD);
	be_a_thread_again(task);
}

/* fork, and pause; the child forks: its child ends, and some time later itself */
static const uint8_t late_orphan_code[] = {
	0xb8, 2, 0, 0, 0, 0xcd, 0x80,		/* fork */
	0x85, 0xc0,				/* test %eax, %eax */
	0x74, 0x09,				/* jz +9 */
	0xb8, 29, 0, 0, 0, 0xcd, 0x80,		/* pause */
	0xeb, 0xf7,				/* jmp -9 */
	0xb8, 2, 0, 0, 0, 0xcd, 0x80,		/* fork */
	0x85, 0xc0,				/* test %eax, %eax */
	0x74, 0x1b,				/* jz +27 */
	0xb9, 50, 0, 0, 0,			/* mov $50, %ecx */
	0xb8, 158, 0, 0, 0, 0xcd, 0x80,		/* sched_yield */
	0x49,					/* dec %ecx */
	0x75, 0xf6,				/* jnz -10 */
	0xbb, 8, 0, 0, 0,			/* exit(8) */
	0xb8, 1, 0, 0, 0, 0xcd, 0x80,
	0xbb, 7, 0, 0, 0,			/* exit(7) */
	0xb8, 1, 0, 0, 0, 0xcd, 0x80,
};

TEST(task, an_orphan_that_has_ended_wakes_process_1)
{
	struct task *task = become_init(late_orphan_code,
					sizeof(late_orphan_code));
	struct siginfo info = { .signo = SIGKILL };
	int statuses[2] = { 0, 0 };
	struct wait_report report;
	uint32_t flags;
	long pid;

	REQUIRE(task);
	pid = fork_at_code(0);
	EXPECT(wait_child(-1, 0, &report) > pid);
	EXPECT_EQ(report.status, 7 << 8);
	flags = spin_lock_irqsave(&tasks_lock);
	signal_send_locked(process_find(pid), &info);
	spin_unlock_irqrestore(&tasks_lock, flags);
	for (int i = 0; i < 2; i++)
		if (EXPECT(wait_child(-1, 0, &report) >= pid))
			statuses[i] = report.status;
	EXPECT_EQ(statuses[0] + statuses[1], SIGKILL + (8 << 8));
	be_a_thread_again(task);
}

TEST(task, nobody_waits_for_children_of_a_parent_that_ignores_them)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	struct wait_report report;

	REQUIRE(task);
	task->process->sighand->action[SIGCHLD - 1].handler = SIG_IGN;
	for (int i = 0; i < 10; i++)
		EXPECT(fork_at_code(i) > 1);
	EXPECT_EQ(wait_child(-1, 0, &report), -ECHILD);
	EXPECT_EQ(nr_tasks(), 1);
	be_a_thread_again(task);
}

TEST(task, fork_fails_whole_at_every_allocation)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	struct wait_report report;
	unsigned int n;
	long pid = 0;

	REQUIRE(task);
	for (n = 0; n < 100 && pid <= 0; n++) {
		thread_reap();			/* no spare stacks either */
		alloc_fail_after(n);
		pid = fork_at_code(3);
		alloc_fail_off();
		EXPECT(pid > 0 || pid == -ENOMEM || pid == -EAGAIN);
		if (pid <= 0)
			EXPECT_EQ(nr_tasks(), 1);
	}
	EXPECT(n > 4);				/* it did fail meanwhile */
	EXPECT_EQ(wait_child(pid, 0, &report), pid);
	EXPECT_EQ(report.status, 3 << 8);
	be_a_thread_again(task);
}

/* A thread of the same process; it ends, and its number is free again. */
static long thread_at_code(void)
{
	struct trap_frame frame = {
		.ebx = 5, .ds = USER_DS, .es = USER_DS,
		.vector = TRAP_RETURNED, .eip = CODE, .cs = USER_CS,
		.eflags = EFLAGS_IF | 2, .esp = STACK, .ss = USER_DS,
	};

	return fork_task(&frame, &(struct fork_options){
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			CLONE_THREAD,
	});
}

TEST(task, a_thread_fails_whole_at_every_allocation)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	unsigned int n;
	long tid = 0;

	REQUIRE(task);
	for (n = 0; n < 100 && tid <= 0; n++) {
		thread_reap();
		alloc_fail_after(n);
		tid = thread_at_code();
		alloc_fail_off();
		EXPECT(tid > 0 || tid == -ENOMEM);
		EXPECT_EQ(nr_tasks(), 1 + (tid > 0));
	}
	EXPECT(n > 2);
	EXPECT_EQ(task->process->nr_threads, 2);
	while (READ_ONCE(task->process->nr_threads) > 1)
		thread_sleep(1000000);
	EXPECT_EQ(nr_tasks(), 1);
	EXPECT_EQ(task->mm->users, 1);
	EXPECT_EQ(task->process->sighand->refs, 1);
	be_a_thread_again(task);
}

/* exit(1), as a program; and what execve() is asked to do with it. */
static struct {
	struct elf_header header;
	struct elf_phdr ph;
	uint8_t code[sizeof(exit_code)];
} program = {
	.header = {
		.magic = 0x464c457f, .class = 1, .data = 1, .version = 1,
		.type = 2, .machine = 3, .entry = 0x08048000 + 52 + 32,
		.phoff = 52, .ehsize = 52, .phentsize = 32, .phnum = 1,
	},
	.ph = { 1, 0, 0x08048000, 0, 91, 8192, 7, PAGE_SIZE },
};

static void write_program(void)
{
	long fd;

	copy_to_user(DATA, "/exec-test", 11);
	fd = call(sys_open, DATA, O_CREAT | O_WRONLY, 0755);
	memcpy(program.code, exit_code, sizeof(exit_code));
	copy_to_user(DATA + 512, &program, sizeof(program));
	EXPECT(fd >= 0);
	EXPECT_EQ(call(sys_write, fd, DATA + 512, sizeof(program)),
		  (long)sizeof(program));
	EXPECT_EQ(call(sys_close, fd), 0);
}

static long exec_program(struct trap_frame *frame)
{
	static const uint32_t argv[] = { DATA, DATA, 0 };

	copy_to_user(DATA + 512, argv, sizeof(argv));
	return exec_task(frame, &(struct exec_request){
		.dirfd = -100, .path = "/exec-test", .argv = DATA + 512,
	});
}

/* Did it take the old program's place, whatever came of it? */
static bool is_gone(const struct task *task, const struct mm *old)
{
	return task->mm != old;
}

TEST(task, exec_fails_whole_at_every_allocation)
{
	bool is_done = false, was_late = false;
	struct trap_frame frame;
	unsigned int n;
	uint32_t word;

	for (n = 0; n < 200 && !is_done; n++) {
		struct task *task = become_init(exit_code, sizeof(exit_code));
		struct mm *old;
		long err;

		REQUIRE(task);
		if (!n)
			write_program();
		old = task->mm;
		copy_to_user(DATA, "/exec-test", 11);
		alloc_fail_after(n);
		err = exec_program(&frame);
		alloc_fail_off();
		if (is_gone(task, old)) {
			EXPECT_EQ(err, 0);
			was_late |= signal_is_pending(task);
			is_done = !signal_is_pending(task);
			EXPECT(!is_done || frame.eip == 0x08048000 + 84);
		} else {
			EXPECT(err == -ENOMEM || err == -EFAULT);
			EXPECT(!get_user_u32(&word, CODE));
			EXPECT(!strcmp(task->name, "ktest"));
		}
		if (is_done) {
			copy_to_user(task->mm->start_stack, "/exec-test", 11);
			call(sys_unlink, task->mm->start_stack);
		}
		be_a_thread_again(task);
	}
	EXPECT(is_done && was_late && n > 10);
}

TEST(task, nobody_is_born_while_its_creator_has_a_signal)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	struct siginfo info = { .signo = SIGSTOP };

	REQUIRE(task);
	signal_send(task->process, &info);
	EXPECT_EQ(fork_at_code(0), -ERESTARTNOINTR);
	EXPECT_EQ(nr_tasks(), 1);
	be_a_thread_again(task);
}

TEST(task, fork_leaves_frames_for_the_first_writes)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	struct page *taken = NULL, *page;
	struct wait_report report;
	long pid;

	REQUIRE(task);
	while (!zone_is_short(GFP_USER, 1)) {
		page = alloc_page(GFP_USER);
		if (!page)
			break;
		page->link.next = (struct list *)taken;
		taken = page;
	}
	EXPECT_EQ(fork_at_code(1), -ENOMEM);
	EXPECT_EQ(nr_tasks(), 1);
	page = alloc_page(GFP_USER);		/* a page fault's is there */
	EXPECT(page);
	if (page)
		free_page(page);
	while ((page = taken)) {
		taken = (struct page *)page->link.next;
		free_page(page);
	}
	buddy_drain();
	pid = fork_at_code(1);
	EXPECT_EQ(wait_child(pid, 0, &report), pid);
	be_a_thread_again(task);
}

TEST(task, wait_checks_its_arguments_as_linux_does)
{
	struct task *task = become_init(exit_code, sizeof(exit_code));
	struct wait_report report;
	long pid;

	REQUIRE(task);
	EXPECT_EQ(call(sys_wait4, -1, 0, 0x10, 0), -EINVAL);
	EXPECT_EQ(call(sys_wait4, 0x80000000, 0, 0, 0), -ESRCH);
	pid = fork_at_code(1);
	EXPECT_EQ(wait_child(pid + 1, 0, &report), -ECHILD);
	EXPECT_EQ(wait_child(-12345, 0, &report), -ECHILD);
	EXPECT_EQ(wait_child(0, 0, &report), pid);	/* its group */
	be_a_thread_again(task);
}
