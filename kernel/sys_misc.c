// SPDX-License-Identifier: MIT
/*
 * sys_misc - what a program may ask of the machine as a whole.
 */
#include "kernel/syscall.h"

#include "drivers/power.h"
#include "drivers/time.h"
#include "fs/cred.h"
#include "fs/dev_kmsg.h"
#include "fs/random.h"
#include "kernel/proc.h"
#include "kernel/sys_time.h"
#include "kernel/task.h"
#include "kernel/uname.h"
#include "lib/div64.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
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
	info.shared = nr_shmem_pages;
	proc_load(info.loads);
	flags = spin_lock_irqsave(&tasks_lock);
	list_for_each_entry(task, &tasks, link)
		info.procs++;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return copy_to_user(frame->ebx, &info, sizeof(info)) ? -EFAULT : 0;
}

static void put_times(uint32_t words[2], const struct usage *usage)
{
	words[0] = sys_time_centis(usage->user_ticks);
	words[1] = sys_time_centis(usage->ticks - usage->user_ticks);
}

/* times(buffer), in hundredths of seconds */
long sys_times(struct trap_frame *frame)
{
	struct process *process = current_process();
	uint32_t flags = spin_lock_irqsave(&tasks_lock);
	struct usage own = process_usage(process);
	struct usage children = process->children_usage;
	uint32_t words[4];

	spin_unlock_irqrestore(&tasks_lock, flags);
	put_times(words, &own);
	put_times(words + 2, &children);
	if (frame->ebx && copy_to_user(frame->ebx, words, sizeof(words)))
		return -EFAULT;
	return div64_32(time_now_ns(), NSEC_PER_SEC / 100, NULL);
}

char uname_fields[6][65] = {
	"Linux",			/* whose ABI programs find here */
	"atlas",
	"6.1.0-atlas",
	"#1 Atlas",
	"i686",
	"(none)",
};

/* Of uname_fields, by who may. */
static long set_field(unsigned int field, vaddr_t from, uint32_t size)
{
	char name[65] = "";

	if (current_task()->cred->euid)
		return -EPERM;
	if (size >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, size))
		return -EFAULT;
	memcpy(uname_fields[field], name, sizeof(name));
	return 0;
}

long sys_sethostname(struct trap_frame *frame)
{
	return set_field(UNAME_NODE, frame->ebx, frame->ecx);
}

long sys_setdomainname(struct trap_frame *frame)
{
	return set_field(UNAME_DOMAIN, frame->ebx, frame->ecx);
}

long sys_uname(struct trap_frame *frame)
{
	return copy_to_user(frame->ebx, uname_fields, sizeof(uname_fields)) ?
		-EFAULT : 0;
}

#define REBOOT_MAGIC		0xfee1deadu
#define REBOOT_RESTART		0x01234567u
#define REBOOT_HALT		0xcdef0123u
#define REBOOT_CAD_ON		0x89abcdefu
#define REBOOT_CAD_OFF		0x00000000u
#define REBOOT_POWER_OFF	0x4321fedcu

/* Linus's birthday, and those of his daughters. */
static bool is_reboot_magic(uint32_t magic)
{
	return magic == 672274793 || magic == 85072278 ||
	       magic == 369367448 || magic == 537993216;
}

/* reboot(magic, magic2, command, argument) */
long sys_reboot(struct trap_frame *frame)
{
	if (current_task()->cred->euid)
		return -EPERM;
	if (frame->ebx != REBOOT_MAGIC || !is_reboot_magic(frame->ecx))
		return -EINVAL;
	switch (frame->edx) {
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;		/* there is no such key */
	case REBOOT_RESTART:
		power_restart();
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		power_off(POWER_OFF_SUCCESS);
	default:
		return -EINVAL;
	}
}

#define LOG_READ_ALL		3
#define LOG_READ_CLEAR		4
#define LOG_CLEAR		5
#define LOG_CONSOLE_OFF		6
#define LOG_CONSOLE_ON		7
#define LOG_CONSOLE_LEVEL	8
#define LOG_SIZE_UNREAD		9
#define LOG_SIZE_BUFFER		10

static struct printk_cursor log_cleared; /* what is before it is not shown */

struct log_text {
	size_t size;
	char text[PRINTK_MESSAGE_MAX], line[KMSG_LINE_MAX];
};

/* The line at @at, which moves on.  Return: its size; 0: there is none. */
static size_t log_next(struct printk_cursor *at, struct log_text *log)
{
	struct printk_record record;
	int got;

	while ((got = printk_next(at, &record, log->text)) < 0)
		;			/* overtaken: at the oldest now */
	log->size = got ? kmsg_line(log->line, &record, log->text) : 0;
	return log->size;
}

/* The last @size bytes of the log.  Return: how many there were. */
static long read_log(vaddr_t to, uint32_t size)
{
	struct log_text *log = kmalloc(sizeof(*log), GFP_KERNEL);
	struct printk_cursor at = log_cleared;
	uint32_t left = 0, done = 0;
	size_t n;

	if (!log)
		return -ENOMEM;
	while (log_next(&at, log))
		left += log->size;
	/* The first lines of what does not fit are left out. */
	for (at = log_cleared; (n = log_next(&at, log)); left -= n) {
		if (left > size || done + n > size)
			continue;
		if (copy_to_user(to + done, log->line, n)) {
			kfree(log);
			return -EFAULT;
		}
		done += n;
	}
	kfree(log);
	return done;
}

/* syslog(type, buffer, size) */
long sys_syslog(struct trap_frame *frame)
{
	long n = 0;

	if (current_task()->cred->euid)
		return -EPERM;
	switch (frame->ebx) {
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		if (!frame->ecx || (int)frame->edx < 0)
			return -EINVAL;
		n = read_log(frame->ecx, frame->edx);
		if (n < 0 || frame->ebx == LOG_READ_ALL)
			return n;
		/* fall through */
	case LOG_CLEAR:
		log_cleared = printk_last();
		return n;
	case LOG_CONSOLE_LEVEL:
		if (frame->edx < 1 || frame->edx > 8)
			return -EINVAL;
		printk_set_level((int)frame->edx - 1);
		/* fall through */
	case 0:
	case 1:
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_SIZE_UNREAD:
		return 0;
	case LOG_SIZE_BUFFER:
		return PRINTK_RING_SIZE;
	default:
		return -EINVAL;
	}
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
