// SPDX-License-Identifier: MIT
/*
 * user_space - the test thread gets a process that is nothing but memory, so
 * that the task switch finds its address space again.
 */
#include "tests/user_space.h"

#include "lib/fmt.h"

static struct process nobody;
static struct task process = { .process = &nobody };

void user_run_in(struct mm *mm)
{
	preempt_disable();
	process.mm = mm;
	current_thread()->task = mm ? &process : NULL;
	mm_switch(mm);
	preempt_enable();
}

struct mm *user_enter(void)
{
	struct mm *mm = mm_create();

	if (mm)
		user_run_in(mm);
	return mm;
}

void user_leave(struct mm *mm)
{
	mm_check_one(mm);
	user_run_in(NULL);
	mm_put(mm);
}

const char *user_areas(struct mm *mm)
{
	static char text[512];
	size_t used = 0;

	text[0] = '\0';
	for (struct vma *vma = mm->vmas.first; vma; vma = vma->next)
		used += snprintf(text + used, sizeof(text) - used,
				 "%s%x-%x %c%c%c%c", used ? "|" : "",
				 vma->start >> PAGE_SHIFT,
				 vma->end >> PAGE_SHIFT,
				 vma->flags & VM_READ ? 'r' : '-',
				 vma->flags & VM_WRITE ? 'w' : '-',
				 vma->flags & VM_EXEC ? 'x' : '-',
				 vma->flags & VM_SHARED ? 's' : 'p');
	return text;
}
