// SPDX-License-Identifier: MIT
/* Promises of memory, and the limits of one process. */
#include "mm/account.h"
#include "tests/user_space.h"

#include "lib/errno.h"
#include "mm/buddy.h"
#include "mm/shmem.h"

#define PAGES(n)	((n) * PAGE_SIZE)
#define AREA		MIB		/* what a test maps, mostly */
#define NR		(AREA >> PAGE_SHIFT)

static uint32_t before;

static struct mm *begin(void)
{
	before = vm_committed();
	return user_enter();
}

static uint32_t promised(void)
{
	return vm_committed() - before;
}

static void end(struct mm *mm)
{
	vm_overcommit_memory = OVERCOMMIT_GUESS;
	user_leave(mm);
	EXPECT_EQ(promised(), 0);
}

static long map(struct mm *mm, size_t size, int prot, int flags)
{
	return mm_mmap(mm, 0, size, prot, flags, NULL, 0);
}

static bool is_mapped(long area)
{
	return (uint32_t)area < -4096u;
}

TEST(account, private_writable_and_shared_memory_is_promised)
{
	struct mm *mm = begin();
	long area = map(mm, AREA, RW, ANON), shared;

	EXPECT_EQ(promised(), NR);
	map(mm, AREA, PROT_READ, ANON);
	map(mm, AREA, RW, ANON | MAP_NORESERVE);
	EXPECT_EQ(promised(), NR);
	shared = map(mm, AREA, PROT_READ, SHARED_ANON);
	EXPECT_EQ(promised(), 2 * NR);
	EXPECT_EQ(mm_mprotect(mm, area, AREA / 2, PROT_READ), 0);
	EXPECT_EQ(promised(), 2 * NR);
	EXPECT_EQ(mm_munmap(mm, area + AREA / 4, AREA / 2), 0);
	EXPECT_EQ(promised(), NR + NR / 2);
	EXPECT_EQ(mm_munmap(mm, area, AREA), 0);
	EXPECT_EQ(promised(), NR);
	EXPECT_EQ(mm_munmap(mm, shared, AREA / 2), 0);
	EXPECT_EQ(promised(), NR);		/* the rest still shows it */
	EXPECT_EQ(mm_munmap(mm, shared + AREA / 2, AREA / 2), 0);
	EXPECT_EQ(promised(), 0);
	end(mm);
}

TEST(account, shared_memory_without_reserve_pays_for_each_page)
{
	struct mm *mm = begin();
	long area = map(mm, AREA, RW, SHARED_ANON | MAP_NORESERVE);

	EXPECT_EQ(promised(), 0);
	EXPECT(user_write(area, 1));
	EXPECT(user_write(area + PAGES(7), 1));
	EXPECT_EQ(promised(), 2);
	EXPECT_EQ(mm_madvise(mm, area, PAGES(1), MADV_REMOVE), 0);
	EXPECT_EQ(promised(), 1);
	end(mm);
}

TEST(account, every_call_of_the_family_keeps_the_sum)
{
	struct mm *mm = begin(), *child;
	long area;

	mm_set_brk(mm, AT);
	EXPECT_EQ(mm_brk(mm, AT + PAGES(10)), AT + PAGES(10));
	EXPECT_EQ(mm_brk(mm, AT + PAGES(12)), AT + PAGES(12));
	EXPECT_EQ(promised(), 12);
	mm_brk(mm, AT + PAGES(3));
	EXPECT_EQ(promised(), 3);
	EXPECT_EQ(mm_map_stack(mm), 0);
	EXPECT_EQ(promised(), 3 + 33);
	EXPECT(user_write(STACK_TOP - PAGES(40), 1));
	EXPECT_EQ(promised(), 3 + 40);
	area = map(mm, PAGES(8), RW, ANON);
	area = mm_mremap(mm, area, PAGES(8), PAGES(20), MREMAP_MAYMOVE, 0);
	EXPECT_EQ(promised(), 43 + 20);
	area = mm_mremap(mm, area, PAGES(20), PAGES(10),
			 MREMAP_MAYMOVE | MREMAP_FIXED, 0x40000000);
	EXPECT_EQ(area, 0x40000000);
	EXPECT_EQ(promised(), 43 + 10);
	EXPECT_EQ(mm_mremap(mm, area, PAGES(10), PAGES(10), MREMAP_MAYMOVE |
			    MREMAP_FIXED | MREMAP_DONTUNMAP, 0x48000000),
		  0x48000000);
	EXPECT_EQ(promised(), 43 + 20);
	EXPECT_EQ(mm_mmap(mm, area + PAGES(2), PAGES(2), PROT_READ, FIXED,
			  NULL, 0), area + PAGES(2));
	EXPECT_EQ(promised(), 43 + 18);
	EXPECT_EQ(mm_mprotect(mm, area, PAGES(10), RW), 0);
	EXPECT_EQ(promised(), 43 + 20);
	EXPECT_EQ(mm_madvise(mm, area, PAGES(4), MADV_DONTFORK), 0);
	child = mm_clone(mm);
	REQUIRE(child);
	EXPECT_EQ(promised(), 2 * 63 - 4);
	mm_put(child);
	EXPECT_EQ(promised(), 63);
	EXPECT_EQ(promised(), mm_sum(mm, VM_ACCOUNT, VM_ACCOUNT));
	end(mm);
}

TEST(account, what_fails_promises_nothing)
{
	struct mm *mm = begin(), *child;
	uint32_t now;
	long area = map(mm, AREA, RW, ANON);

	map(mm, PAGES(1), PROT_READ, ANON);
	EXPECT(user_write(area, 1));
	now = promised();
	for (unsigned int n = 0; n < 3; n++) {
		alloc_fail_after(n);
		child = mm_clone(mm);
		alloc_fail_off();
		EXPECT(!child);
		EXPECT_EQ(promised(), now);
	}
	alloc_fail_after(0);
	EXPECT_EQ(mm_mmap(mm, AT, AREA, RW, FIXED, NULL, 0), -ENOMEM);
	EXPECT_EQ(map(mm, AREA, RW, SHARED_ANON), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, area + PAGES(1), PAGES(2), PROT_READ),
		  -ENOMEM);
	EXPECT_EQ(mm_mremap(mm, area, PAGES(2), PAGES(9), MREMAP_MAYMOVE, 0),
		  -ENOMEM);
	alloc_fail_off();
	EXPECT_EQ(promised(), now);
	end(mm);
}

TEST(account, a_guess_refuses_only_what_can_never_be_had)
{
	struct mm *mm = begin();
	size_t all = (size_t)nr_ram_pages << PAGE_SHIFT;

	if (nr_ram_pages >= 0x38000) {	/* three times all of it, below */
		end(mm);
		SKIP("too much RAM for the addresses of a process");
	}
	EXPECT_EQ(map(mm, all + PAGE_SIZE, RW, ANON), -ENOMEM);
	EXPECT_EQ(map(mm, all + PAGE_SIZE, RW, SHARED_ANON), -ENOMEM);
	EXPECT(is_mapped(map(mm, all, RW, ANON)));
	EXPECT(is_mapped(map(mm, all, RW, ANON)));
	vm_overcommit_memory = OVERCOMMIT_ALWAYS;
	EXPECT(is_mapped(map(mm, all + PAGE_SIZE, RW, ANON)));
	end(mm);
}

TEST(account, the_strict_mode_promises_no_more_than_its_limit)
{
	struct mm *mm = begin();
	uint32_t more;
	long area;

	mm->may_lock_all = false;
	vm_set_overcommit_kbytes((vm_committed() + 1000) * 4 +
				 vm_admin_reserve_kbytes);
	EXPECT_EQ(vm_overcommit_ratio, 0);
	vm_overcommit_memory = OVERCOMMIT_NEVER;
	more = vm_commit_limit() - vm_admin_reserve_kbytes / 4 -
	       vm_committed();
	EXPECT_EQ(more, 1000);
	EXPECT_EQ(map(mm, PAGES(1000), RW, ANON), -ENOMEM);
	area = map(mm, PAGES(900), RW, ANON | MAP_NORESERVE);
	EXPECT(is_mapped(area));			/* it counts all the same */
	EXPECT_EQ(promised(), 900);
	EXPECT_EQ(map(mm, PAGES(100), RW, SHARED_ANON), -ENOMEM);
	EXPECT(!mm_clone(mm));
	EXPECT_EQ(mm_mmap(mm, area, PAGES(900), RW, FIXED, NULL, 0), area);
	mm->may_lock_all = true;		/* root has a reserve */
	EXPECT(is_mapped(map(mm, PAGES(50), RW, ANON)));
	vm_set_overcommit_ratio(50);
	EXPECT_EQ(vm_overcommit_kbytes, 0);
	EXPECT_EQ(vm_commit_limit(), nr_ram_pages / 2);
	end(mm);
}

TEST(account, limits_of_a_process_hold_where_it_grows)
{
	struct mm *mm = begin();
	long area = map(mm, PAGES(10), RW, ANON);

	mm->limit_as = PAGES(20);
	EXPECT_EQ(map(mm, PAGES(11), PROT_READ, ANON), -ENOMEM);
	EXPECT_EQ(mm_mmap(mm, area, PAGES(20), RW, FIXED, NULL, 0), area);
	EXPECT_EQ(mm->total_vm, 20);
	EXPECT_EQ(mm_mremap(mm, area, PAGES(20), PAGES(21), MREMAP_MAYMOVE, 0),
		  -ENOMEM);
	mm->limit_as = UINT32_MAX;
	mm->limit_data = PAGES(30);
	EXPECT_EQ(map(mm, PAGES(11), RW, ANON), -ENOMEM);
	area = map(mm, PAGES(11), PROT_READ, ANON);
	EXPECT(is_mapped(area));
	EXPECT_EQ(mm_mprotect(mm, area, PAGES(11), RW), -ENOMEM);
	EXPECT_EQ(mm_mprotect(mm, area, PAGES(10), RW), 0);
	mm_set_brk(mm, AT);
	EXPECT_EQ(mm_brk(mm, AT + PAGES(1)), AT);
	mm->limit_data = UINT32_MAX;
	EXPECT_EQ(mm_map_stack(mm), 0);
	mm->limit_stack = PAGES(50);
	EXPECT(!user_write(STACK_TOP - PAGES(51), 1));
	EXPECT(user_write(STACK_TOP - PAGES(50), 1));
	end(mm);
}

TEST(account, memory_is_locked_within_the_limit)
{
	struct mm *mm = begin();
	long area = map(mm, PAGES(10), RW, ANON);

	mm->may_lock_all = false;
	mm->limit_memlock = 0;
	EXPECT_EQ(mm_mlock(mm, area, 1, 0), -EPERM);
	EXPECT_EQ(mm_mlockall(mm, MCL_CURRENT), -EPERM);
	EXPECT_EQ(mm_mlockall(mm, 0), 0);
	EXPECT_EQ(map(mm, PAGES(1), RW, ANON | MAP_LOCKED), -EPERM);
	mm->limit_memlock = PAGES(4);
	EXPECT_EQ(mm_mlock(mm, area, PAGES(5), 0), -ENOMEM);
	EXPECT_EQ(mm_mlock(mm, area, PAGES(4), 0), 0);
	EXPECT_EQ(mm_mlock(mm, area + PAGES(2), PAGES(3), 0), -ENOMEM);
	EXPECT_EQ(mm_mlock(mm, area, PAGES(4), 0), 0);
	EXPECT_EQ(map(mm, PAGES(1), RW, ANON | MAP_LOCKED), -EAGAIN);
	EXPECT_EQ(mm_mlockall(mm, MCL_CURRENT), -ENOMEM);
	EXPECT_EQ(mm_mlockall(mm, MCL_FUTURE), 0);
	EXPECT_EQ(map(mm, PAGES(1), RW, ANON), -EAGAIN);
	EXPECT_EQ(mm_mremap(mm, area, PAGES(4), PAGES(5), MREMAP_MAYMOVE, 0),
		  -EAGAIN);
	mm->may_lock_all = true;
	EXPECT_EQ(mm_mlockall(mm, MCL_CURRENT), 0);
	EXPECT_EQ(mm_sum(mm, VM_LOCKED, VM_LOCKED), 10);
	end(mm);
}

TEST(account, the_number_of_areas_is_a_tunable)
{
	struct mm *mm = begin();

	vm_max_map_count = 2;
	EXPECT_EQ(map(mm, PAGES(3), RW, ANON), (long)(MMAP_BASE - PAGES(3)));
	EXPECT_EQ(mm_mprotect(mm, MMAP_BASE - PAGES(2), PAGES(1), PROT_READ),
		  -ENOMEM);
	vm_max_map_count = 65530;
	EXPECT_EQ(mm_mprotect(mm, MMAP_BASE - PAGES(2), PAGES(1), PROT_READ),
		  0);
	end(mm);
}
