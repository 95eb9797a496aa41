// SPDX-License-Identifier: MIT
/*
 * process - a process without a program, for the tests of system calls.
 */
#include "tests/process.h"

#include "fs/context.h"
#include "fs/cred.h"
#include "fs/file.h"
#include "kernel/task.h"
#include "lib/assert.h"
#include "lib/string.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "x86/uaccess.h"

#define TEXT_SIZE	512u
#define TEXTS		(PROCESS_END - PAGE_SIZE)	/* on the last page */

static struct task *process;
static unsigned int next_text;

static void become(struct task *task, struct mm *mm)
{
	preempt_disable();
	current_thread()->task = task;
	current_thread()->interrupted = false;
	this_cpu()->exit_work = false;
	process->mm = mm;
	mm_switch(mm);
	preempt_enable();
}

void process_begin(void)
{
	struct mm *mm = mm_create();
	long at;

	process = task_create(NULL, "ktest", 0);
	assert_always(mm && process);
	process->thread = current_thread();
	process->cred = cred_root();
	process->files = files_create();
	process->fs = fs_context_create();
	assert_always(process->files && process->fs);
	task_publish(process, 0);
	become(process, mm);
	at = mm_mmap(mm, PROCESS_BASE, PROCESS_END - PROCESS_BASE,
		     PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	assert_always(at == (long)PROCESS_BASE);
}

void process_end(void)
{
	struct mm *mm = process->mm;

	become(NULL, NULL);
	mm_put(mm);
	files_put(process->files);
	fs_context_put(process->fs);
	task_free(process);
}

vaddr_t user_text(const char *text)
{
	vaddr_t to = TEXTS + next_text++ % (PAGE_SIZE / TEXT_SIZE) * TEXT_SIZE;

	assert_always(strlen(text) < TEXT_SIZE &&
		      !copy_to_user(to, text, strlen(text) + 1));
	return to;
}

void user_read(void *to, vaddr_t from, size_t size)
{
	assert_always(!copy_from_user(to, from, size));
}

long call_frame(long (*fn)(struct trap_frame *frame), struct trap_frame *frame)
{
	return fn(frame);
}

long read_text(const char *path, char *buf, size_t size)
{
	long fd = call(sys_open, user_text(path), O_RDONLY), n = fd;
	size_t done = 0;

	if (fd < 0)
		return fd;
	while (done < size - 1) {
		n = call(sys_read, fd, PROCESS_BASE,
			 min(size - 1 - done, (size_t)PAGE_SIZE));
		if (n <= 0)
			break;
		user_read(buf + done, PROCESS_BASE, n);
		done += n;
	}
	buf[done] = '\0';
	call(sys_close, fd);
	return n < 0 ? n : (long)done;
}
