// SPDX-License-Identifier: MIT
/*
 * init - the order in which fs/ comes up: files, names, then what has them.
 */
#include "fs/cred.h"
#include "fs/dev.h"
#include "fs/file.h"
#include "fs/init.h"
#include "fs/node.h"
#include "fs/proc.h"
#include "fs/tty.h"

void fs_init(void)
{
	cred_init();
	file_init();
	node_init();
	dev_init();
	tty_init();
	proc_init();
}
