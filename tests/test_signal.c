// SPDX-License-Identifier: MIT
/* What a bad access becomes: the page-fault handler, called as trap.S does. */
#include "kernel/signal.h"

#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/buddy.h"
#include "mm/layout.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/mmap.h"
#include "mm/pgtable.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/spinlock.h"
#include "x86/trap.h"

#define PAGES(n)	((n) * PAGE_SIZE)
#define AT		(PROCESS_BASE + PAGES(64))

/* A file of four pages of zeros. */
static int get_zeros(struct mapping *mapping, uint32_t index, bool write,
		     struct page **page)
{
	(void)mapping;
	(void)write;
	if (index >= 4)
		return -ENXIO;
	*page = alloc_page(GFP_USER | GFP_ZERO);
	return *page ? 0 : -ENOMEM;
}

static const struct mapping_ops file_ops = { .get_page = get_zeros };
static struct mapping mapping = { .ops = &file_ops };
static const struct vm_file_ops vm_ops;	/* it is never released */
static struct vm_file file = {
	.refs = 1, .mapping = &mapping, .ops = &vm_ops,
};

/* What x86/trap.S calls. */
extern trap_handler trap_handlers[];

/*
 * Let the handler believe that the program touched @addr; Return: the signal
 * that it gets, which is taken back, and what *@info says of it.
 */
static int signal_of(vaddr_t addr, uint32_t *error, struct siginfo *info)
{
	struct trap_frame frame = {
		.vector = TRAP_PAGE_FAULT, .error = *error, .cs = USER_CS,
		.eflags = EFLAGS_IF,
	};
	uint32_t flags;
	int signo = 0;

	irq_disable();
	asm volatile("mov %0, %%cr2" : : "r"(addr));
	trap_handlers[TRAP_PAGE_FAULT](&frame);
	irq_enable();
	*error = frame.error;
	flags = spin_lock_irqsave(&tasks_lock);
	if (signal_is_fatal(current_task())) {
		signo = SIGKILL;
		info->code = SI_KERNEL;
		info->addr = addr;
		signal_flush(&current_task()->signals.pending, ~0ull);
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	if (!signo)
		signo = signal_take(~0ull, info);
	return signo;
}

static void expect_signal(vaddr_t addr, uint32_t error, int signo, int code)
{
	struct siginfo info = { .code = 0 };

	EXPECT_EQ(signal_of(addr, &error, &info), signo);
	EXPECT_EQ(info.code, code);
	EXPECT_EQ(info.addr, signo ? addr : 0);
	EXPECT_EQ(error & PF_PRESENT, addr >= TASK_SIZE ? PF_PRESENT : 0);
}

TEST(signal, a_bad_access_says_what_was_wrong)
{
	static const int prots[] = { PROT_READ, PROT_NONE };
	struct mm *mm;

	process_begin();
	mm = this_cpu()->mm;
	mm_mmap(mm, AT, PAGES(8), PROT_READ, MAP_PRIVATE | MAP_FIXED, &file, 0);
	for (unsigned int i = 0; i < 2; i++)
		mm_mmap(mm, AT + PAGES(8 + i), PAGES(1), prots[i],
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0);

	expect_signal(PROCESS_BASE + 8, PF_USER | PF_WRITE, 0, 0);
	expect_signal(AT + PAGES(10) + 4, PF_USER, SIGSEGV, SEGV_MAPERR);
	expect_signal(16, PF_USER, SIGSEGV, SEGV_MAPERR);
	expect_signal(AT + PAGES(8), PF_USER | PF_WRITE, SIGSEGV,
		      SEGV_ACCERR);
	expect_signal(AT + PAGES(9), PF_USER, SIGSEGV, SEGV_ACCERR);
	/* Of the kernel's half nobody learns what is mapped. */
	expect_signal(VMALLOC_START - PAGE_SIZE, PF_USER, SIGSEGV,
		      SEGV_MAPERR);
	expect_signal(PAGE_OFFSET, PF_USER | PF_PRESENT, SIGSEGV, SEGV_MAPERR);
	/* Inside the area, behind the end of its file. */
	expect_signal(AT + PAGES(3), PF_USER, 0, 0);
	expect_signal(AT + PAGES(4) + 12, PF_USER, SIGBUS, BUS_ADRERR);
	/* No page is left: nothing that a handler could mend. */
	alloc_fail_after(0);
	expect_signal(PROCESS_BASE + PAGE_SIZE, PF_USER | PF_WRITE, SIGKILL,
		      SI_KERNEL);
	alloc_fail_off();
	process_end();
}
