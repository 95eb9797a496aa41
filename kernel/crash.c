// SPDX-License-Identifier: MIT
/*
 * crash - what a kernel must not do, on request (`crash=NAME` on the command
 * line): so that every report can be seen, and is tested.
 */
#include "kernel/crash.h"

#include "lib/printk.h"
#include "lib/string.h"
#include "lib/util.h"
#include "mm/buddy.h"
#include "mm/highmem.h"
#include "mm/kmalloc.h"
#include "mm/layout.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/vmalloc.h"
#include "sched/mutex.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "x86/gdt.h"
#include "x86/sections.h"
#include "x86/spinlock.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

static __noinline void crash_null(void)
{
	volatile int *volatile nothing = (int *)8;

	*nothing;
}

static __noinline void crash_text(void)
{
	volatile char *volatile text = _text_start;

	*text = 0;
}

static __noinline void crash_rodata(void)
{
	volatile char *volatile rodata = _rodata_start;

	*rodata = 0;
}

static __noinline void crash_jump(void)
{
	/* The hole behind the direct map, which no machine fills. */
	void (*volatile nowhere)(void) =
		(void (*)(void))(VMALLOC_START - 4 * MIB);

	nowhere();
}

static __noinline int crash_stack_deeper(volatile char *above)
{
	volatile char frame[256];

	frame[0] = above[0];
	if (frame[0])			/* never: but gcc must not know */
		return 0;
	return crash_stack_deeper(frame) + frame[0];
}

static __noinline void crash_stack(void)
{
	volatile char c = 0;

	crash_stack_deeper(&c);
}

static __noinline void crash_divide(void)
{
	volatile int zero = 0, one = 1;

	one = one / zero;
}

/* To an area that may not be written; the report shall name it. */
static __noinline void crash_user(void)
{
	struct mm *mm = mm_create();

	mm_mmap(mm, 0x08048000, PAGE_SIZE, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);
	preempt_disable();
	mm_switch(mm);
	*(volatile int *)0x08048000 = 1;
}

static __noinline void crash_vmalloc(void)
{
	*(volatile int *)(VMALLOC_END - PAGE_SIZE) = 1;
}

static __noinline void crash_kmap_depth(void)
{
	struct page *page = alloc_page(GFP_USER);

	if (!page_is_highmem(page))
		panic("crash: no high memory to map");
	for (;;)
		kmap_atomic(page);
}

static void crash_in_timer(void *unused)
{
	(void)unused;
	crash_null();
}

static __noinline void crash_irq(void)
{
	static struct timer timer;

	timer_init(&timer, crash_in_timer, NULL);
	timer_add(&timer, timer_now());
	for (;;)
		;			/* this is what is interrupted */
}

static __noinline void crash_panic(void)
{
	panic("crash: as asked");
}

#ifdef DEBUG

static __noinline void crash_assert(void)
{
	volatile int two = 2;

	assert(two + two == 5);
}

static __noinline void crash_redzone(void)
{
	volatile char *object = kmalloc(24, GFP_KERNEL);

	object[24] = 1;
	kfree((void *)object);
}

static __noinline void crash_slab_uaf(void)
{
	void *kept[64];
	volatile char *object = kmalloc(64, GFP_KERNEL);

	kfree((void *)object);
	object[8] = 1;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		kept[i] = kmalloc(64, GFP_KERNEL);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		kfree(kept[i]);
}

static __noinline void crash_double_free(void)
{
	void *object = kmalloc(64, GFP_KERNEL);

	kfree(object);
	kfree(object);
}

static __noinline void crash_sleep(void)
{
	static struct spinlock lock = SPINLOCK_INIT;

	spin_lock(&lock);
	sched_yield();
}

static __noinline void crash_deadlock(void)
{
	static struct spinlock lock = SPINLOCK_INIT;

	spin_lock(&lock);
	spin_lock(&lock);
}

static __noinline void crash_unlock(void)
{
	static struct spinlock lock = SPINLOCK_INIT;

	spin_unlock(&lock);
}

static struct mutex mutex = MUTEX_INIT(mutex);

static __noinline void crash_mutex_twice(void)
{
	mutex_lock(&mutex);
	mutex_lock(&mutex);
}

static __noinline void crash_mutex_unlock(void)
{
	mutex_unlock(&mutex);
}

/* Each of these may sleep, though it seldom does. */
static __noinline void crash_sleep_mutex(void)
{
	preempt_disable();
	mutex_lock(&mutex);
}

static __noinline void crash_sleep_pages(void)
{
	preempt_disable();
	free_page(alloc_page(GFP_KERNEL));
}

static __noinline void crash_sleep_kmalloc(void)
{
	preempt_disable();
	kfree(kmalloc(64, GFP_KERNEL));
}

static __noinline void crash_sleep_vmalloc(void)
{
	preempt_disable();
	vfree(vmalloc(PAGE_SIZE));
}

static __noinline void crash_sleep_kmap(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	preempt_disable();
	kunmap(page);
	kmap(page);
}

static __noinline void crash_sleep_uaccess(void)
{
	char c;

	preempt_disable();
	(void)copy_from_user(&c, MMAP_MIN_ADDR, 1);
}

/* Undone in another order than they were done. */
static __noinline void crash_kmap_order(void)
{
	struct page *page = alloc_page(GFP_USER);
	void *first = kmap_atomic(page);

	kmap_atomic(page);
	kunmap_atomic(first);
}

static __noinline void crash_kunmap_twice(void)
{
	struct page *page = alloc_page(GFP_USER);

	kmap(page);
	kunmap(page);
	kunmap(page);
}

/* To user mode with a slot mapped. */
static __noinline void crash_kmap_kept(void)
{
	struct trap_frame frame = { .cs = USER_CS };

	kmap_atomic(alloc_page(GFP_USER));
	asm volatile("mov %0, %%esp\n\t"
		     "jmp trap_return" : : "r"(&frame) : "memory");
}

#endif

static const struct { const char *name; void (*fn)(void); } crashes[] = {
	{ "null", crash_null },
	{ "text", crash_text },
	{ "rodata", crash_rodata },
	{ "jump", crash_jump },
	{ "stack", crash_stack },
	{ "divide", crash_divide },
	{ "user", crash_user },
	{ "vmalloc", crash_vmalloc },
	{ "kmap-depth", crash_kmap_depth },
	{ "irq", crash_irq },
	{ "panic", crash_panic },
#ifdef DEBUG
	{ "assert", crash_assert },
	{ "redzone", crash_redzone },
	{ "slab-uaf", crash_slab_uaf },
	{ "double-free", crash_double_free },
	{ "sleep", crash_sleep },
	{ "deadlock", crash_deadlock },
	{ "unlock", crash_unlock },
	{ "mutex-twice", crash_mutex_twice },
	{ "mutex-unlock", crash_mutex_unlock },
	{ "sleep-mutex", crash_sleep_mutex },
	{ "sleep-pages", crash_sleep_pages },
	{ "sleep-kmalloc", crash_sleep_kmalloc },
	{ "sleep-vmalloc", crash_sleep_vmalloc },
	{ "sleep-kmap", crash_sleep_kmap },
	{ "sleep-uaccess", crash_sleep_uaccess },
	{ "kmap-order", crash_kmap_order },
	{ "kunmap-twice", crash_kunmap_twice },
	{ "kmap-kept", crash_kmap_kept },
#endif
};

void crash(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		if (!strcmp(name, crashes[i].name))
			crashes[i].fn();
	crash_check(name);
	pr_err("crash: there is no crash=%s in this build", name);
}
