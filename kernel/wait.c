// SPDX-License-Identifier: MIT
/*
 * wait - a parent asks what became of its children: who ended, stopped, or
 * went on.  Each such piece of news is told once, unless WNOWAIT leaves it.
 *
 * Any thread may ask for the children of its process.
 */
#include "fs/cred.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "sched/wait.h"
#include "x86/spinlock.h"

struct wait_question {
	struct process *parent;
	enum wait_which which;
	int id;
	uint32_t options;
};

static bool wait_matches(const struct process *child,
			 const struct wait_question *question)
{
	bool is_clone = child->exit_signal != SIGCHLD;

	if (question->options & __WNOTHREAD &&
	    child->parent_tid != current_task()->tid)
		return false;
	if (!(question->options & __WALL) &&
	    is_clone != !!(question->options & __WCLONE))
		return false;
	switch (question->which) {
	case WAIT_PID: return child->pid == question->id;
	case WAIT_GROUP: return child->pgid == question->id;
	default: return true;
	}
}

/* Has @child something to tell? */
static bool wait_is_ready(const struct process *child, uint32_t options)
{
	switch (child->state) {
	case PROCESS_ZOMBIE:
		return options & WEXITED;
	case PROCESS_STOPPED:
		return options & WUNTRACED && !child->stop_reported;
	default:
		return options & WCONTINUED && child->continued;
	}
}

/* The first child with news; NULL and *any = false: no such child at all. */
static struct process *wait_find(const struct wait_question *question,
				 bool *any)
{
	struct process *child;

	*any = false;
	list_for_each_entry(child, &question->parent->children, sibling) {
		if (!wait_matches(child, question))
			continue;
		/* A zombie that is not asked for has no other news, ever. */
		if (child->state != PROCESS_ZOMBIE)
			*any = true;
		if (wait_is_ready(child, question->options))
			return child;
	}
	return NULL;
}

/* The zombie is told of, and to be freed. */
static void take_zombie(struct process *parent, struct process *child,
			const struct usage *usage)
{
	usage_add(&parent->children_usage, usage);
	list_remove(&child->sibling);	/* no other wait finds it again */
	list_init(&child->sibling);
}

static void tell(struct process *child, const struct wait_question *question,
		 struct wait_report *report, struct process **zombie)
{
	*report = (struct wait_report){
		.pid = child->pid,
		.uid = child->leader->cred->uid,
		.status = child->state == PROCESS_ALIVE ? 0xffff :
			child->exit_status,
		.usage = process_usage(child),
	};
	usage_add(&report->usage, &child->children_usage);
	if (question->options & WNOWAIT)
		return;
	if (child->state == PROCESS_ZOMBIE) {
		take_zombie(question->parent, child, &report->usage);
		*zombie = child;
	} else if (child->state == PROCESS_STOPPED) {
		child->stop_reported = true;
	} else {
		child->continued = false;
	}
}

/* Look once.  Return: 0: nothing yet, but there are children; 1; -ECHILD. */
static int wait_try(const struct wait_question *question,
		    struct wait_report *report, struct process **zombie)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	bool any;
	struct process *child = wait_find(question, &any);

	*zombie = NULL;
	*report = (struct wait_report){ .pid = 0 };
	if (child)
		tell(child, question, report, zombie);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return child ? 1 : any ? 0 : -ECHILD;
}

long wait_task(enum wait_which which, int id, uint32_t options,
	       struct wait_report *report)
{
	const struct wait_question question = {
		current_process(), which, id, options,
	};
	struct process *zombie;
	int found;

	if (options & WNOHANG)
		found = wait_try(&question, report, &zombie);
	else if (wait_event_interruptible(&question.parent->child_event,
			(found = wait_try(&question, report, &zombie))))
		return signal_cut(ERESTARTSYS);
	if (zombie)
		task_free(zombie->leader);
	return min(found, 0);
}
