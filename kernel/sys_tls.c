// SPDX-License-Identifier: MIT
/*
 * sys_tls - thread-local storage: three segments of a thread's own, whose
 * descriptors the task switch puts into the GDT.
 */
#include "kernel/syscall.h"

#include "kernel/task.h"
#include "lib/errno.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/uaccess.h"

struct user_desc {
	uint32_t entry, base, limit, flags;
};

#define DESC_32BIT		0x01u
#define DESC_CONTENTS		0x06u
#define DESC_READ_ONLY		0x08u
#define DESC_PAGES		0x10u
#define DESC_NOT_PRESENT	0x20u
#define DESC_USEABLE		0x40u

static bool desc_is_empty(const struct user_desc *desc)
{
	const uint32_t flags = desc->flags & 0x7f;

	return desc->base == 0 && desc->limit == 0 &&
	       (!flags || flags == (DESC_READ_ONLY | DESC_NOT_PRESENT));
}

/* Data segments of ring 3 only; Linux's rules of set_thread_area(2). */
static gdt_desc_t make_tls(const struct user_desc *desc)
{
	uint8_t access = 0xf1, flags = 0;	/* present, ring 3, accessed */

	if (desc_is_empty(desc))
		return 0;
	access |= (desc->flags & DESC_CONTENTS) << 1;
	if (!(desc->flags & DESC_READ_ONLY))
		access |= 0x02;
	if (desc->flags & DESC_NOT_PRESENT)
		access &= ~0x80;
	if (desc->flags & DESC_USEABLE)
		flags |= 0x1;
	if (desc->flags & DESC_32BIT)
		flags |= 0x4;
	if (desc->flags & DESC_PAGES)
		flags |= 0x8;
	return gdt_describe(desc->base, desc->limit, access, flags);
}

int task_set_tls(struct task *task, vaddr_t from, bool may_choose)
{
	struct user_desc desc;
	uint32_t irq, i;

	if (copy_from_user(&desc, from, sizeof(desc)))
		return -EFAULT;
	if (!desc_is_empty(&desc) &&
	    (!(desc.flags & DESC_32BIT) || (desc.flags & DESC_CONTENTS) > 2 ||
	     desc.flags & DESC_NOT_PRESENT))
		return -EINVAL;
	if (desc.entry == ~0u && may_choose) {
		for (i = 0; i < GDT_TLS_ENTRIES && task->tls[i]; i++)
			;
		if (i == GDT_TLS_ENTRIES)
			return -ESRCH;
		desc.entry = GDT_TLS + i;
		if (put_user_u32(from, desc.entry))
			return -EFAULT;
	}
	i = desc.entry - GDT_TLS;
	if (i >= GDT_TLS_ENTRIES)
		return -EINVAL;
	irq = irq_save();
	task->tls[i] = make_tls(&desc);
	if (task == current_task())
		gdt_load_tls(task->tls);
	irq_restore(irq);
	return 0;
}

long sys_set_thread_area(struct trap_frame *frame)
{
	return task_set_tls(current_task(), frame->ebx, true);
}

long sys_get_thread_area(struct trap_frame *frame)
{
	struct task *task = current_task();
	struct user_desc desc;
	gdt_desc_t raw;

	if (copy_from_user(&desc, frame->ebx, sizeof(desc)))
		return -EFAULT;
	if (desc.entry - GDT_TLS >= GDT_TLS_ENTRIES)
		return -EINVAL;
	raw = task->tls[desc.entry - GDT_TLS];
	desc.base = (raw >> 16 & 0xffffff) | (raw >> 56) << 24;
	desc.limit = (raw & 0xffff) | (raw >> 32 & 0xf0000);
	desc.flags = (raw >> 54 & 1 ? DESC_32BIT : 0) |
		(uint32_t)(raw >> 42 & 3) << 1 |
		(raw >> 41 & 1 ? 0 : DESC_READ_ONLY) |
		(raw >> 55 & 1 ? DESC_PAGES : 0) |
		(raw >> 47 & 1 ? 0 : DESC_NOT_PRESENT) |
		(raw >> 52 & 1 ? DESC_USEABLE : 0);
	if (copy_to_user(frame->ebx, &desc, sizeof(desc)))
		return -EFAULT;
	return 0;
}
