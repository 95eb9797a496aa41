// SPDX-License-Identifier: MIT
/*
 * sys_cred - who a thread is, and who it may become.
 *
 * Linux keeps four numbers of each kind, and so do we: the real, the effective,
 * the saved one, and that for files, which follows the effective one.  Who is
 * effectively 0 may become anybody, others only who they are already in one of
 * these ways.  A change is made on a copy, which then takes the place of what
 * others may be looking at.
 *
 * Each call exists for 16 bits, too: 0xffff is -1 there, and who has a larger
 * number is told to be 65534.
 */
#include "kernel/syscall.h"

#include "fs/cred.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/util.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

enum { REAL, EFFECTIVE, SAVED, FILES, NR_IDS };

#define NONE		0xffffffffu
#define NOBODY		65534u
#define GROUPS_MOST	65536u		/* Linux's limit, for its errors */

static_assert(offsetof(struct cred, fsuid) ==
	      offsetof(struct cred, uid) + 4 * FILES, "uids in a row");
static_assert(offsetof(struct cred, fsgid) ==
	      offsetof(struct cred, gid) + 4 * FILES, "gids in a row");

static uint32_t *ids_of(struct cred *cred, bool group)
{
	return group ? &cred->gid : &cred->uid;
}

static const uint32_t *own_ids(bool group)
{
	return ids_of(current_task()->cred, group);
}

static bool is_root(void)
{
	return current_task()->cred->euid == 0;
}

void task_set_cred(struct cred *cred)
{
	struct task *task = current_task();
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct cred *old = task->cred;

	if (cred->euid != old->euid || cred->egid != old->egid ||
	    cred->fsuid != old->fsuid || cred->fsgid != old->fsgid) {
		task->process->is_dumpable = false;
		task->process->death_signal = 0;
	}
	task->cred = cred;
	task_set_mm_limits(task, task->mm);
	spin_unlock_irqrestore(&tasks_lock, flags);
	cred_put(old);
}

static long set_ids(bool group, const uint32_t ids[NR_IDS])
{
	struct cred *copy = cred_copy(current_task()->cred);

	if (!copy)
		return -ENOMEM;
	for (int i = 0; i < NR_IDS; i++)
		ids_of(copy, group)[i] = ids[i];
	task_set_cred(copy);
	return 0;
}

static uint32_t widen(uint32_t id, bool wide)
{
	id = wide ? id : id & 0xffff;
	return !wide && id == 0xffff ? NONE : id;
}

static uint32_t narrow(uint32_t id, bool wide)
{
	return !wide && id > 0xffff ? NOBODY : id;
}

/* Is @id one of the first @count that the thread has? */
static bool has_id(bool group, uint32_t id, int count)
{
	const uint32_t *ids = own_ids(group);

	for (int i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static long set_id(struct trap_frame *frame, bool group, bool wide)
{
	uint32_t id = widen(frame->ebx, wide);
	const uint32_t *old = own_ids(group);

	if (id == NONE)
		return -EINVAL;
	if (is_root())
		return set_ids(group, (uint32_t[]){ id, id, id, id });
	if (id != old[REAL] && id != old[SAVED])
		return -EPERM;
	return set_ids(group, (uint32_t[]){ old[REAL], id, old[SAVED], id });
}

static long set_re_id(struct trap_frame *frame, bool group, bool wide)
{
	uint32_t real = widen(frame->ebx, wide);
	uint32_t effective = widen(frame->ecx, wide);
	const uint32_t *old = own_ids(group);
	uint32_t ids[NR_IDS] = { old[REAL], old[EFFECTIVE], old[SAVED] };

	if (!is_root() &&
	    ((real != NONE && !has_id(group, real, SAVED)) ||
	     (effective != NONE && !has_id(group, effective, FILES))))
		return -EPERM;
	if (real != NONE)
		ids[REAL] = real;
	if (effective != NONE)
		ids[EFFECTIVE] = effective;
	if (real != NONE || (effective != NONE && effective != old[REAL]))
		ids[SAVED] = ids[EFFECTIVE];
	ids[FILES] = ids[EFFECTIVE];
	return set_ids(group, ids);
}

static long set_res_id(struct trap_frame *frame, bool group, bool wide)
{
	const uint32_t new[] = {
		widen(frame->ebx, wide), widen(frame->ecx, wide),
		widen(frame->edx, wide),
	};
	const uint32_t *old = own_ids(group);
	uint32_t ids[NR_IDS];

	for (int i = 0; i < FILES; i++) {
		if (new[i] != NONE && !is_root() &&
		    !has_id(group, new[i], FILES))
			return -EPERM;
		ids[i] = new[i] == NONE ? old[i] : new[i];
	}
	ids[FILES] = ids[EFFECTIVE];
	return set_ids(group, ids);
}

/* Return: the old one, whatever happened. */
static long set_fs_id(struct trap_frame *frame, bool group, bool wide)
{
	const uint32_t *old = own_ids(group);
	uint32_t id = widen(frame->ebx, wide), was = old[FILES];

	if (id != NONE && (is_root() || has_id(group, id, NR_IDS)))
		set_ids(group, (uint32_t[]){ old[REAL], old[EFFECTIVE],
					     old[SAVED], id });
	return was;			/* whole, also for who asks in 16 bits */
}

static int put_id(vaddr_t to, uint32_t id, bool wide)
{
	id = narrow(id, wide);
	return copy_to_user(to, &id, wide ? 4 : 2) ? -EFAULT : 0;
}

static long get_res_id(struct trap_frame *frame, bool group, bool wide)
{
	const uint32_t *ids = own_ids(group);

	return put_id(frame->ebx, ids[REAL], wide) ?:
		put_id(frame->ecx, ids[EFFECTIVE], wide) ?:
		put_id(frame->edx, ids[SAVED], wide);
}

/* ------------------------------------------------------------- groups */

static long get_groups(struct trap_frame *frame, bool wide)
{
	const struct cred *cred = current_task()->cred;
	uint32_t room = frame->ebx, size = wide ? 4 : 2;

	if ((int)room < 0 || (room && room < cred->nr_groups))
		return -EINVAL;
	for (unsigned int i = 0; room && i < cred->nr_groups; i++)
		if (put_id(frame->ecx + i * size, cred->groups[i], wide))
			return -EFAULT;
	return cred->nr_groups;
}

/* In order, as Linux keeps them. */
static void add_group(struct cred *cred, uint32_t id)
{
	unsigned int i = cred->nr_groups++;

	for (; i > 0 && cred->groups[i - 1] > id; i--)
		cred->groups[i] = cred->groups[i - 1];
	cred->groups[i] = id;
}

static long read_groups(struct cred *cred, vaddr_t from, uint32_t nr, bool wide)
{
	uint32_t size = wide ? 4 : 2;

	cred->nr_groups = 0;
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t id = 0;

		if (copy_from_user(&id, from + i * size, size))
			return -EFAULT;
		id = widen(id, wide);
		if (id == NONE)
			return -EINVAL;
		add_group(cred, id);
	}
	return 0;
}

static long set_groups(struct trap_frame *frame, bool wide)
{
	uint32_t nr = frame->ebx;
	struct cred *copy;
	long err;

	if (!is_root())
		return -EPERM;
	if (nr > GROUPS_MOST)
		return -EINVAL;
	if (nr > CRED_GROUPS)
		return -ENOMEM;
	copy = cred_copy(current_task()->cred);
	if (!copy)
		return -ENOMEM;
	err = read_groups(copy, frame->ecx, nr, wide);
	if (err)
		cred_put(copy);
	else
		task_set_cred(copy);
	return err;
}

/* -------------------------------------------------------------- the calls */

#define GET(name, field)						\
long sys_##name(struct trap_frame *frame)				\
{									\
	(void)frame;							\
	return narrow(current_task()->cred->field, false);		\
}									\
long sys_##name##32(struct trap_frame *frame)				\
{									\
	(void)frame;							\
	return current_task()->cred->field;				\
}
GET(getuid, uid) GET(geteuid, euid) GET(getgid, gid) GET(getegid, egid)

#define PAIR(name, fn)							\
long sys_##name(struct trap_frame *frame)				\
{									\
	return fn(frame, false);					\
}									\
long sys_##name##32(struct trap_frame *frame)				\
{									\
	return fn(frame, true);						\
}
PAIR(getgroups, get_groups) PAIR(setgroups, set_groups)

#define BOTH(user, group, fn)						\
static long user##_any(struct trap_frame *frame, bool wide)		\
{									\
	return fn(frame, false, wide);					\
}									\
static long group##_any(struct trap_frame *frame, bool wide)		\
{									\
	return fn(frame, true, wide);					\
}									\
PAIR(user, user##_any) PAIR(group, group##_any)
BOTH(setuid, setgid, set_id)
BOTH(setreuid, setregid, set_re_id)
BOTH(setresuid, setresgid, set_res_id)
BOTH(setfsuid, setfsgid, set_fs_id)
BOTH(getresuid, getresgid, get_res_id)
