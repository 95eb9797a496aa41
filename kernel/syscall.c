// SPDX-License-Identifier: MIT
/*
 * syscall - the table that trap.S calls through, made from the list in
 * syscall.h.  Numbers that Atlas does not know answer -ENOSYS.
 */
#include "kernel/syscall.h"

#include "lib/errno.h"

#define NR_SYSCALLS	451

typedef long (*syscall_fn)(struct trap_frame *frame);

static long sys_none(struct trap_frame *frame)
{
	(void)frame;
	return -ENOSYS;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const syscall_fn syscall_table[NR_SYSCALLS] = {
	[0 ... NR_SYSCALLS - 1] = sys_none,
#define X(number, name) [number] = sys_##name,
	SYSCALLS(X)
#undef X
#define X(number) [number] = sys_xattr,
	XATTR_SYSCALLS(X)
#undef X
};
#pragma GCC diagnostic pop

const uint32_t nr_syscalls = NR_SYSCALLS;
