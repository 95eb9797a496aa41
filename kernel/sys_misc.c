// SPDX-License-Identifier: MIT
/*
 * sys_misc - what a program may ask of the machine as a whole.
 */
#include "kernel/syscall.h"

#include "drivers/time.h"
#include "fs/random.h"
#include "kernel/task.h"
#include "kernel/uname.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "sched/sched.h"
#include "x86/spinlock.h"
#include "x86/uaccess.h"

long sys_sysinfo(struct trap_frame *frame)
{
	struct {
		uint32_t uptime, loads[3], total, free, shared, buffers;
		uint32_t total_swap, free_swap;
		uint16_t procs, pad;
		uint32_t total_high, free_high, unit;
		uint8_t	 end[8];
	} info;
	struct buddy_stats stats;
	struct task *task;
	uint32_t flags;

	memset(&info, 0, sizeof(info));
	info.uptime = div64_32(time_now_ns(), NSEC_PER_SEC, NULL);
	for (unsigned int z = 0; z < NR_ZONES; z++)
		info.total += zones[z].nr_managed;
	info.free = buddy_nr_free();
	buddy_get_stats(ZONE_HIGHMEM, &stats);
	info.total_high = zones[ZONE_HIGHMEM].nr_managed;
	info.free_high = stats.nr_free;
	info.unit = PAGE_SIZE;
	flags = spin_lock_irqsave(&tasks_lock);
	list_for_each_entry(task, &tasks, link)
		info.procs++;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return copy_to_user(frame->ebx, &info, sizeof(info)) ? -EFAULT : 0;
}

const char uname_fields[6][65] = {
	"Linux",			/* whose ABI programs find here */
	"atlas",
	"6.1.0-atlas",
	"#1 Atlas",
	"i686",
	"(none)",
};

long sys_uname(struct trap_frame *frame)
{
	return copy_to_user(frame->ebx, uname_fields, sizeof(uname_fields)) ?
		-EFAULT : 0;
}

long sys_sched_yield(struct trap_frame *frame)
{
	(void)frame;
	sched_yield();
	return 0;
}

#define GRND_NONBLOCK	1u
#define GRND_RANDOM	2u
#define GRND_INSECURE	4u

long sys_getrandom(struct trap_frame *frame)
{
	uint32_t to = frame->ebx, size = frame->ecx, flags = frame->edx;
	uint8_t chunk[64];
	uint32_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) ==
	    (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	size = min(size, 0x1ffffffu);
	while (done < size) {
		uint32_t n = min(size - done, (uint32_t)sizeof(chunk)), left;

		random_bytes(chunk, n);
		left = copy_to_user(to + done, chunk, n);
		done += n - left;
		if (left)
			return done ? (long)done : -EFAULT;
	}
	return done;
}
