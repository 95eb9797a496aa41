// SPDX-License-Identifier: MIT
/* What every handler may rely on, whatever was interrupted. */
#include "x86/trap.h"

#include "tests/ktap.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/percpu.h"

/* What x86/trap.S calls. */
extern trap_handler trap_handlers[];

static uint32_t flags_inside, flags_before;
static uint16_t ds_inside, es_inside;

static void look(struct trap_frame *frame)
{
	flags_inside = read_eflags();
	flags_before = frame->eflags;
	asm volatile("mov %%ds, %0; mov %%es, %1"
		     : "=r"(ds_inside), "=r"(es_inside));
}

TEST(trap, a_handler_begins_in_good_order)
{
	trap_handler old = trap_handlers[TRAP_BREAKPOINT];
	uint32_t flags_after;
	uint16_t es_after;

	preempt_disable();
	trap_handlers[TRAP_BREAKPOINT] = look;
	asm volatile("mov %2, %%es\n\t"
		     "std\n\t"
		     "int3\n\t"
		     "pushf\n\t"
		     "pop %0\n\t"
		     "mov %%es, %1\n\t"
		     "cld\n\t"
		     "mov %3, %%es"
		     : "=&r"(flags_after), "=&r"(es_after)
		     : "r"(USER_DS), "r"(KERNEL_DS) : "memory", "cc");
	trap_handlers[TRAP_BREAKPOINT] = old;
	preempt_enable();
	EXPECT(!(flags_inside & (EFLAGS_DF | EFLAGS_IF)));
	EXPECT_EQ(ds_inside, KERNEL_DS);
	EXPECT_EQ(es_inside, KERNEL_DS);
	EXPECT(flags_before & EFLAGS_DF && flags_after & EFLAGS_DF);
	EXPECT_EQ(es_after, USER_DS);
}
