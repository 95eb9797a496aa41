// SPDX-License-Identifier: MIT
/*
 * init - the order in which fs/ comes up: files, names, then what has them.
 */
#include "fs/context.h"
#include "fs/cred.h"
#include "fs/dev.h"
#include "fs/dev_kmsg.h"
#include "fs/dev_mem.h"
#include "fs/file.h"
#include "fs/init.h"
#include "fs/inode.h"
#include "fs/names.h"
#include "fs/pipe.h"
#include "fs/proc.h"
#include "fs/tmpfs.h"
#include "fs/tty.h"
#include "lib/panic.h"

static void must_mount(const struct viewpoint *view, const char *type,
		       const char *options, const char *at)
{
	struct path path;
	int err = 0;

	names_make(view, at, S_IFDIR | 0755, 0, NULL);
	err = path_lookup(view, at, 0, &path);
	if (!err) {
		err = mount_new(type, type, options, 0, &path);
		path_put(path);
	}
	if (err)
		panic("fs: cannot mount %s at %s: %d", type, at, err);
}

/* The tree that every program finds, whatever else is unpacked into it. */
void fs_mount_all(void)
{
	struct viewpoint view;

	if (mount_new("rootfs", "rootfs", "", MS_STRICTATIME, NULL))
		panic("fs: no root");
	view = (struct viewpoint){ mount_root(), mount_root(), cred_root(), 0 };
	must_mount(&view, "devtmpfs", "mode=0755", "/dev");
	dev_populate(&view);
	must_mount(&view, "proc", "", "/proc");
	must_mount(&view, "tmpfs", "", "/tmp");
	must_mount(&view, "tmpfs", "", "/dev/shm");
}

void fs_init(void)
{
	cred_init();
	fs_context_init();
	inode_cache_init();
	file_init();
	tmpfs_init();
	procfs_init();
	pipe_init();
	dev_init();
	dev_mem_init();
	dev_kmsg_init();
	tty_init();
	proc_init();
}
