// SPDX-License-Identifier: MIT
/* System V shared memory when memory is short, and its text in /proc. */
#include "kernel/ipc.h"
#include "tests/ktap.h"
#include "tests/process.h"

#include "fs/seq.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/account.h"
#include "mm/buddy.h"
#include "mm/mapping.h"
#include "mm/mm.h"

#define CREAT	01000

TEST(ipc, shmget_fails_cleanly_at_every_point)
{
	uint32_t before;
	long id = -ENOMEM;

	process_begin();
	before = vm_committed();
	for (unsigned int n = 0; id == -ENOMEM && n < 100; n++) {
		EXPECT_EQ(vm_committed(), before);
		alloc_fail_after(n);
		id = call(sys_shmget, 0x77, 5 * PAGE_SIZE, CREAT | 0600);
		alloc_fail_off();
	}
	EXPECT(id >= 0);
	EXPECT_EQ(vm_committed(), before + 5);
	EXPECT_EQ(call(sys_shmget, 0x77, 1, 0), id);
	EXPECT_EQ(call(sys_shmctl, id, 0, 0), 0);
	EXPECT_EQ(vm_committed(), before);
	process_end();
}

TEST(ipc, shmat_fails_cleanly_at_every_point)
{
	long id, at = -ENOMEM;

	process_begin();
	id = call(sys_shmget, 0, PAGE_SIZE, 0600);
	for (unsigned int n = 0; at == -ENOMEM && n < 100; n++) {
		alloc_fail_after(n);
		at = call(sys_shmat, id, 0, 0);
		alloc_fail_off();
	}
	EXPECT((uint32_t)at < -4096u);
	EXPECT_EQ(call(sys_shmctl, id, 0, 0), 0);
	EXPECT_EQ(call(sys_shmdt, at), 0);
	EXPECT_EQ(call(sys_shmdt, at), -EINVAL);
	process_end();
}

TEST(ipc, limits_are_tunable)
{
	process_begin();
	ipc_shmmni = 0;
	EXPECT_EQ(call(sys_shmget, 0, PAGE_SIZE, 0600), -ENOSPC);
	ipc_shmmni = 4096;
	ipc_shmall = 2;
	EXPECT_EQ(call(sys_shmget, 0, 3 * PAGE_SIZE, 0600), -ENOSPC);
	ipc_shmall = 0xfeffffff;
	ipc_shmmax = PAGE_SIZE;
	EXPECT_EQ(call(sys_shmget, 0, PAGE_SIZE + 1, 0600), -EINVAL);
	ipc_shmmax = 0xfeffffff;
	process_end();
}

TEST(ipc, many_segments_have_ids_of_their_own)
{
	long ids[100], again;

	process_begin();
	for (int i = 0; i < 100; i++) {
		ids[i] = call(sys_shmget, i + 1, PAGE_SIZE, CREAT | 0600);
		EXPECT(ids[i] >= 0);
	}
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(call(sys_shmget, i + 1, 0, 0), ids[i]);
	EXPECT_EQ(call(sys_shmctl, ids[50], 0, 0), 0);
	again = call(sys_shmget, 51, PAGE_SIZE, CREAT | 0600);
	EXPECT(again >= 0 && again != ids[50]);
	EXPECT_EQ(call(sys_shmat, ids[50], 0, 0), -EINVAL);
	ids[50] = again;
	for (int i = 0; i < 100; i++)
		EXPECT_EQ(call(sys_shmctl, ids[i], 0, 0), 0);
	process_end();
}

TEST(ipc, proc_tells_of_segments)
{
	struct seq out = { 0 };
	long id;

	process_begin();
	id = call(sys_shmget, 4660, 5000, CREAT | 0640);
	ipc_show_shm(&out);
	EXPECT(!out.err && out.size > 100);
	EXPECT(strchr(out.text, '\n'));
	EXPECT(!strncmp(strchr(out.text, '\n') + 1, "      4660 ", 11));
	seq_free(&out);
	EXPECT_EQ(call(sys_shmctl, id, 0, 0), 0);
	process_end();
}
