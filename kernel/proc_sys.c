// SPDX-License-Identifier: MIT
/*
 * proc_sys - /proc/sys: what can be tuned while the kernel runs, and some that
 * programs only want to read.
 *
 * Locking: single words.
 */
#include "kernel/proc_pid.h"

#include "fs/cred.h"
#include "fs/file.h"
#include "fs/random.h"
#include "kernel/ipc.h"
#include "kernel/uname.h"
#include "lib/errno.h"
#include "lib/fmt.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab.h"
#include "mm/sysctl.h"
#include "mm/zone.h"

#define FILE_MAX	"4294967295"

#define NUMBER(x)	STRINGIFY(x)

/* -------------------------------------------------------------------- words */

static void show_ostype(struct seq *out)
{
	seq_printf(out, "%s\n", uname_fields[UNAME_SYSTEM]);
}

static void show_osrelease(struct seq *out)
{
	seq_printf(out, "%s\n", uname_fields[UNAME_RELEASE]);
}

static void show_osversion(struct seq *out)
{
	seq_printf(out, "%s\n", uname_fields[UNAME_VERSION]);
}

static void show_hostname(struct seq *out)
{
	seq_printf(out, "%s\n", uname_fields[UNAME_NODE]);
}

static void show_domainname(struct seq *out)
{
	seq_printf(out, "%s\n", uname_fields[UNAME_DOMAIN]);
}

/* A line, of which as much counts as there is room for. */
static int store_word(unsigned int field, char *text)
{
	if (strchr(text, '\n'))
		*strchr(text, '\n') = '\0';
	memset(uname_fields[field], 0, sizeof(uname_fields[field]));
	strlcpy(uname_fields[field], text, sizeof(uname_fields[field]));
	return 0;
}

static int store_hostname(int id, char *text, size_t size)
{
	(void)id;
	(void)size;
	return store_word(UNAME_NODE, text);
}

static int store_domainname(int id, char *text, size_t size)
{
	(void)id;
	(void)size;
	return store_word(UNAME_DOMAIN, text);
}

/* ------------------------------------------------------------------- chance */

static void print_uuid(struct seq *out, const uint8_t *b)
{
	for (int i = 0; i < 16; i++)
		seq_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 ||
			   i == 10 ? "-" : "", b[i]);
	seq_printf(out, "\n");
}

static void make_uuid(uint8_t *b)
{
	random_bytes(b, 16);
	b[6] = (b[6] & 0x0f) | 0x40;	/* of the random kind, 4, ... */
	b[8] = (b[8] & 0x3f) | 0x80;	/* ... as RFC 4122 has it */
}

static void show_uuid(struct seq *out)
{
	uint8_t uuid[16];

	make_uuid(uuid);
	print_uuid(out, uuid);
}

static uint8_t boot_id[16];

static void show_boot_id(struct seq *out)
{
	print_uuid(out, boot_id);
}

/* ------------------------------------------------------------------ numbers */

static void show_threads_max(struct seq *out)
{
	seq_printf(out, "%u\n", PID_MAX);
}

static void show_printk(struct seq *out)
{
	/* now, for messages without a level, least, at boot */
	seq_printf(out, "%d\t4\t1\t7\n", printk_get_level() + 1);
}

static int store_printk(int id, char *text, size_t size)
{
	uint32_t level;
	char *end = text;

	(void)id;
	(void)size;
	while (*end >= '0' && *end <= '9')
		end++;
	*end = '\0';
	if (proc_parse(text, 0, LOG_DEBUG + 1, &level))
		return -EINVAL;
	printk_set_level((int)level - 1);
	return 0;
}

static void show_file_nr(struct seq *out)
{
	struct slab_stats slab;
	size_t nr = 0;

	for (unsigned int n = 0; slab_get_stats(n, &slab); n++)
		if (!strcmp(slab.name, "file"))
			nr = slab.nr_live;
	/* open, free, at most: as many as there is memory for */
	seq_printf(out, "%zu\t0\t%s\n", nr, FILE_MAX);
}

static void show_min_free(struct seq *out)
{
	size_t nr = zones[ZONE_DMA].min + zones[ZONE_NORMAL].min;

	seq_printf(out, "%zu\n", nr * (PAGE_SIZE / 1024));
}

static int store_ratio(int id, char *text, size_t size)
{
	uint32_t value;
	int err = proc_parse(text, 0, INT32_MAX, &value);

	(void)id;
	(void)size;
	if (!err)
		vm_set_overcommit_ratio(value);
	return err;
}

static void show_ratio(struct seq *out)
{
	seq_printf(out, "%d\n", vm_overcommit_ratio);
}

static int store_kbytes(int id, char *text, size_t size)
{
	uint32_t value;
	int err = proc_parse(text, 0, UINT32_MAX, &value);

	(void)id;
	(void)size;
	if (!err)
		vm_set_overcommit_kbytes(value);
	return err;
}

static void show_kbytes(struct seq *out)
{
	seq_printf(out, "%u\n", vm_overcommit_kbytes);
}

static struct proc_node nodes[] = {
	PROC_DIR("/proc/sys"),
	PROC_DIR("/proc/sys/kernel"),
	PROC_DIR("/proc/sys/kernel/random"),
	PROC_DIR("/proc/sys/vm"),
	PROC_DIR("/proc/sys/fs"),
	PROC_FILE("/proc/sys/kernel/ostype", 0444, show_ostype),
	PROC_FILE("/proc/sys/kernel/osrelease", 0444, show_osrelease),
	PROC_FILE("/proc/sys/kernel/version", 0444, show_osversion),
	PROC_KNOB("/proc/sys/kernel/hostname", show_hostname, store_hostname),
	PROC_KNOB("/proc/sys/kernel/domainname", show_domainname,
		  store_domainname),
	PROC_TEXT("/proc/sys/kernel/pid_max", NUMBER(PID_MAX)),
	PROC_FILE("/proc/sys/kernel/threads-max", 0444, show_threads_max),
	PROC_TEXT("/proc/sys/kernel/ngroups_max", NUMBER(CRED_GROUPS)),
	PROC_VALUE("/proc/sys/kernel/shmmax", &ipc_shmmax, 0, UINT32_MAX),
	PROC_VALUE("/proc/sys/kernel/shmall", &ipc_shmall, 0, UINT32_MAX),
	PROC_VALUE("/proc/sys/kernel/shmmni", (uint32_t *)&ipc_shmmni, 0,
		   32768),
	PROC_TEXT("/proc/sys/kernel/cap_last_cap", "40"),
	PROC_TEXT("/proc/sys/kernel/randomize_va_space", "0"),
	PROC_KNOB("/proc/sys/kernel/printk", show_printk, store_printk),
	PROC_FILE("/proc/sys/kernel/random/uuid", 0444, show_uuid),
	PROC_FILE("/proc/sys/kernel/random/boot_id", 0444, show_boot_id),
	PROC_TEXT("/proc/sys/kernel/random/entropy_avail", "256"),
	PROC_TEXT("/proc/sys/kernel/random/poolsize", "256"),
	PROC_FILE("/proc/sys/fs/file-nr", 0444, show_file_nr),
	PROC_TEXT("/proc/sys/fs/file-max", FILE_MAX),
	PROC_TEXT("/proc/sys/fs/nr_open", "1048576"),
	PROC_TEXT("/proc/sys/fs/pipe-max-size", "65536"),
	PROC_VALUE("/proc/sys/vm/overcommit_memory",
		   (uint32_t *)&vm_overcommit_memory, 0, OVERCOMMIT_NEVER),
	PROC_KNOB("/proc/sys/vm/overcommit_ratio", show_ratio, store_ratio),
	PROC_KNOB("/proc/sys/vm/overcommit_kbytes", show_kbytes, store_kbytes),
	PROC_VALUE("/proc/sys/vm/max_map_count",
		   (uint32_t *)&vm_max_map_count, 0, INT32_MAX),
	PROC_VALUE("/proc/sys/vm/admin_reserve_kbytes",
		   &vm_admin_reserve_kbytes, 0, UINT32_MAX),
	PROC_VALUE("/proc/sys/vm/user_reserve_kbytes",
		   &vm_user_reserve_kbytes, 0, UINT32_MAX),
	PROC_TEXT("/proc/sys/vm/mmap_min_addr", "65536"),
	PROC_FILE("/proc/sys/vm/min_free_kbytes", 0444, show_min_free),
};

void proc_sys_init(void)
{
	make_uuid(boot_id);
	proc_register(nodes, ARRAY_SIZE(nodes));
}
