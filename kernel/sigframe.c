// SPDX-License-Identifier: MIT
/*
 * sigframe - what lies on a program's stack while its signal handler runs.
 *
 *	without SA_SIGINFO		with SA_SIGINFO
 *	pretcode  (returns there)	pretcode
 *	signo				signo, &info, &ucontext
 *	sigcontext			info
 *	mask, high half			ucontext { ..., sigcontext, mask }
 *	retcode				retcode
 *	            FPU state; what fxsave made of it 64-byte aligned
 *
 * The handler returns to pretcode: the C library's restorer, or retcode, which
 * asks for sigreturn (the first) or rt_sigreturn (the second) at a stack
 * pointer from which the frame is found again.  The program may have changed
 * all of it meanwhile, so nothing read back is trusted: segment selectors keep
 * ring 3, flags keep to what user mode may set, MXCSR has no reserved bit.
 *
 * A handler starts with a clean FPU, so that it may compute although it was
 * called for an FPU exception that is still pending in the program.
 */
#include "kernel/sigframe.h"

#include "kernel/syscall.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "lib/util.h"
#include "sched/fpu.h"
#include "x86/cpu.h"
#include "x86/gdt.h"
#include "x86/trap.h"
#include "x86/uaccess.h"

#define SS_ONSTACK	1
#define SS_AUTODISARM	(1u << 31)	/* no stack while a handler runs */
#define MINSIGSTKSZ	2048

#define USER_EFLAGS	0x00050dd5u	/* AC RF OF DF TF SF ZF AF PF CF */
#define FXSAVE_FREE	464		/* what the CPU leaves alone */
#define MXCSR_MASK	0x0000ffbfu	/* of a CPU that does not tell */

struct sigcontext {
	uint32_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
	uint32_t trapno, err, eip, cs, eflags, esp_at_signal, ss;
	uint32_t fpstate, oldmask, cr2;
};

/* The image of fnsave, then that of fxsave. */
struct fpstate {
	uint8_t	 fnsave[108];
	uint16_t status, magic;		/* magic 0: the second part is there */
	struct { uint8_t image[512]; } fxsave;
};

struct user_siginfo {
	int32_t signo, err, code;
	uint32_t fields[29];
};

struct sigframe {
	uint32_t pretcode;
	int32_t	 signo;
	struct sigcontext context;
	uint32_t mask_high;
	uint8_t	 retcode[8];
};

struct altstack {
	uint32_t sp, flags, size;
};

struct ucontext {
	uint32_t flags, link;
	struct altstack stack;
	struct sigcontext context;
	uint32_t mask[2];
};

struct rt_sigframe {
	uint32_t pretcode;
	int32_t	 signo;
	uint32_t info_ptr, ucontext_ptr;
	struct user_siginfo info;
	struct ucontext ucontext;
	uint8_t	 retcode[8];
};

static_assert(sizeof(struct sigcontext) == 88, "sigcontext_32");
static_assert(sizeof(struct user_siginfo) == 128, "Linux's siginfo_t");
static_assert(sizeof(struct fpstate) == 624, "Linux's _fpstate_32");

static bool on_altstack(const struct signals *signals, uint32_t esp)
{
	return !(signals->altstack_flags & SS_AUTODISARM) &&
	       esp > signals->altstack_sp &&
	       esp - signals->altstack_sp <= signals->altstack_size;
}

/* As sigaltstack() tells it, at the stack pointer @esp. */
static struct altstack get_altstack(uint32_t esp)
{
	const struct signals *signals = &current_task()->signals;

	return (struct altstack){
		signals->altstack_sp,
		(!signals->altstack_size ? SS_DISABLE :
			on_altstack(signals, esp) ? SS_ONSTACK : 0) |
			(signals->altstack_flags & SS_AUTODISARM),
		signals->altstack_size,
	};
}

static void clear_altstack(struct signals *signals)
{
	signals->altstack_sp = 0;
	signals->altstack_size = 0;
	signals->altstack_flags = SS_DISABLE;
}

static void save_context(struct sigcontext *to, const struct trap_frame *frame,
			 uint32_t fpstate, uint64_t mask)
{
	const struct signals *signals = &current_task()->signals;

	memset(to, 0, sizeof(*to));
	to->gs = frame->gs & 0xffff;
	to->fs = frame->fs & 0xffff;
	to->es = frame->es & 0xffff;
	to->ds = frame->ds & 0xffff;
	to->edi = frame->edi;
	to->esi = frame->esi;
	to->ebp = frame->ebp;
	to->esp = frame->esp;
	to->ebx = frame->ebx;
	to->edx = frame->edx;
	to->ecx = frame->ecx;
	to->eax = frame->eax;
	to->trapno = signals->trapno;
	to->err = signals->error;
	to->eip = frame->eip;
	to->cs = frame->cs & 0xffff;
	to->eflags = frame->eflags;
	to->esp_at_signal = frame->esp;
	to->ss = frame->ss & 0xffff;
	to->fpstate = fpstate;
	to->oldmask = (uint32_t)mask;
	to->cr2 = signals->cr2;
}

static void save_fpu(struct fpstate *to)
{
	/* Linux's: a mark, the sizes with and without all that is around. */
	static const uint32_t software[] = {
		0x46505853, sizeof(*to) + 4, 0, 0, sizeof(to->fxsave),
	};
	struct fpu fpu;

	/* The CPU leaves holes in its image, and a program will read them. */
	memset(&fpu, 0, sizeof(fpu));
	memset(to, 0, sizeof(*to));
	irq_disable();
	fpu_save(&fpu);
	asm volatile("fnsave %0; frstor %0" : "=m"(to->fnsave));
	irq_enable();
	memcpy(&to->status, to->fnsave + 4, 2);
	for (int i = 2; i < 12; i += 4)	/* control, status and tag word */
		memset(to->fnsave + i, 0xff, 2);
	to->magic = cpu_has(CPU_FXSR) ? 0 : 0xffff;
	memcpy(&to->fxsave, &fpu, sizeof(fpu));
	if (cpu_has(CPU_FXSR))
		memcpy(to->fxsave.image + FXSAVE_FREE, software,
		       sizeof(software));
}

/* The bits of MXCSR that this CPU has; @fpu is what fxsave just stored. */
static uint32_t mxcsr_mask(const struct fpu *fpu)
{
	uint32_t mask;

	memcpy(&mask, fpu->image + 28, 4);
	return mask ? mask : MXCSR_MASK;
}

static void restore_sse(const struct fpstate *from)
{
	uint32_t mxcsr, mask;
	struct fpu fpu;

	fpu_save(&fpu);
	mask = mxcsr_mask(&fpu);
	memcpy(&fpu, &from->fxsave, sizeof(fpu));
	memcpy(&mxcsr, fpu.image + 24, 4);
	mxcsr &= mask;
	memcpy(fpu.image + 24, &mxcsr, 4);
	fpu_load(&fpu);
}

/* As Linux: the x87 half comes from the old image, which programs know. */
static int restore_fpu(uint32_t from)
{
	struct fpstate state;

	if (!from) {
		fpu_reset();
		return 0;
	}
	if (copy_from_user(&state, from, sizeof(state)))
		return -EFAULT;
	if (cpu_has(CPU_FXSR))
		restore_sse(&state);
	asm volatile("frstor %0" : : "m"(state.fnsave));
	return 0;
}

/*
 * Where a frame of @size bytes goes, with the FPU state above it; an address
 * that cannot be written to if the alternate stack has no room for them.
 */
static uint32_t place(const struct trap_frame *frame,
		      const struct sigaction *action, size_t size,
		      uint32_t *fpstate)
{
	const struct signals *signals = &current_task()->signals;
	uint32_t sp = frame->esp, at;
	bool alternate = on_altstack(signals, sp);

	if (action->flags & SA_ONSTACK && signals->altstack_size &&
	    !alternate) {
		sp = signals->altstack_sp + signals->altstack_size;
		alternate = true;
	}
	sp = ALIGN_DOWN(sp - sizeof(((struct fpstate *)NULL)->fxsave), 64);
	*fpstate = sp - offsetof(struct fpstate, fxsave);
	/* As after a call: esp + 4 is a multiple of 16. */
	at = ALIGN_DOWN(*fpstate - size + 4, 16) - 4;
	return alternate && at - signals->altstack_sp - 1 >=
		signals->altstack_size ? ~0u : at;
}

static void copy_info(struct user_siginfo *to, const struct siginfo *from)
{
	memset(to, 0, sizeof(*to));
	to->signo = from->signo;
	to->err = from->err;
	to->code = from->code;
	memcpy(to->fields, from->fields, sizeof(from->fields));
}

/* Put a frame of @size bytes at @at, and the FPU state at @fpstate. */
static int write_out(uint32_t at, const void *out, size_t size,
		     uint32_t fpstate)
{
	struct fpstate fp;

	save_fpu(&fp);
	return copy_to_user(at, out, size) ||
	       copy_to_user(fpstate, &fp, sizeof(fp)) ? -EFAULT : 0;
}

static int push_classic(struct trap_frame *frame, int signo,
			const struct sigaction *action, uint64_t mask)
{
	static const uint8_t retcode[8] = {
		0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80,	/* pop; sigreturn */
	};
	struct sigframe out;
	uint32_t fpstate, at = place(frame, action, sizeof(out), &fpstate);

	out.pretcode = action->flags & SA_RESTORER ? action->restorer :
		at + offsetof(struct sigframe, retcode);
	out.signo = signo;
	save_context(&out.context, frame, fpstate, mask);
	out.mask_high = mask >> 32;
	memcpy(out.retcode, retcode, sizeof(retcode));
	if (write_out(at, &out, sizeof(out), fpstate))
		return -EFAULT;
	frame->esp = at;
	frame->eax = signo;
	frame->edx = 0;
	frame->ecx = 0;
	return 0;
}

static int push_rt(struct trap_frame *frame, int signo,
		   const struct siginfo *info, const struct sigaction *action,
		   uint64_t mask)
{
	static const uint8_t retcode[8] = {
		0xb8, 173, 0, 0, 0, 0xcd, 0x80, 0,	/* rt_sigreturn */
	};
	const struct signals *signals = &current_task()->signals;
	struct rt_sigframe out;
	uint32_t fpstate, at = place(frame, action, sizeof(out), &fpstate);

	memset(&out, 0, sizeof(out));
	out.pretcode = action->flags & SA_RESTORER ? action->restorer :
		at + offsetof(struct rt_sigframe, retcode);
	out.signo = signo;
	out.info_ptr = at + offsetof(struct rt_sigframe, info);
	out.ucontext_ptr = at + offsetof(struct rt_sigframe, ucontext);
	copy_info(&out.info, info);
	out.ucontext.stack = (struct altstack){
		signals->altstack_sp, signals->altstack_flags,
		signals->altstack_size,
	};
	save_context(&out.ucontext.context, frame, fpstate, mask);
	out.ucontext.mask[0] = mask;
	out.ucontext.mask[1] = mask >> 32;
	memcpy(out.retcode, retcode, sizeof(retcode));
	if (write_out(at, &out, sizeof(out), fpstate))
		return -EFAULT;
	frame->esp = at;
	frame->eax = signo;
	frame->edx = out.info_ptr;
	frame->ecx = out.ucontext_ptr;
	return 0;
}

int sigframe_push(struct trap_frame *frame, int signo,
		  const struct siginfo *info, const struct sigaction *action,
		  uint64_t mask)
{
	int err = action->flags & SA_SIGINFO ?
		push_rt(frame, signo, info, action, mask) :
		push_classic(frame, signo, action, mask);

	if (err)
		return err;
	if (current_task()->signals.altstack_flags & SS_AUTODISARM)
		clear_altstack(&current_task()->signals);
	frame->eip = action->handler;
	frame->cs = USER_CS;
	frame->ss = USER_DS;
	frame->ds = USER_DS;
	frame->es = USER_DS;
	frame->eflags &= ~(EFLAGS_DF | EFLAGS_TF | EFLAGS_RF);
	fpu_reset();
	return 0;
}

static long bad_frame(void)
{
	struct siginfo info = { .signo = SIGSEGV, .code = SI_KERNEL };

	signal_force(&info);
	return 0;
}

/* What the program left of its context, made harmless. */
static long restore_context(struct trap_frame *frame,
			    const struct sigcontext *from, uint64_t mask)
{
	frame->gs = from->gs & 0xffff;
	frame->fs = from->fs & 0xffff;
	frame->es = from->es & 0xffff;
	frame->ds = from->ds & 0xffff;
	frame->edi = from->edi;
	frame->esi = from->esi;
	frame->ebp = from->ebp;
	frame->esp = from->esp;
	frame->ebx = from->ebx;
	frame->edx = from->edx;
	frame->ecx = from->ecx;
	frame->eip = from->eip;
	frame->cs = (from->cs & 0xffff) | 3;
	frame->ss = (from->ss & 0xffff) | 3;
	frame->eflags = (frame->eflags & ~USER_EFLAGS) |
		(from->eflags & USER_EFLAGS);
	frame->vector = TRAP_RETURNED;	/* no call to restart */
	signal_set_blocked(mask);
	if (restore_fpu(from->fpstate))
		return bad_frame();
	return from->eax;
}

long sys_sigreturn(struct trap_frame *frame)
{
	struct sigframe in;

	/* The restorer popped pretcode by its ret, and signo. */
	if (copy_from_user(&in, frame->esp - 8, sizeof(in)))
		return bad_frame();
	return restore_context(frame, &in.context, in.context.oldmask |
			       (uint64_t)in.mask_high << 32);
}

static long set_altstack(const struct altstack *new, uint32_t esp)
{
	struct signals *signals = &current_task()->signals;
	uint32_t mode = new->flags & ~SS_AUTODISARM;

	if (on_altstack(signals, esp))
		return -EPERM;
	if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		clear_altstack(signals);
	} else {
		if (new->size < MINSIGSTKSZ)
			return -ENOMEM;
		signals->altstack_sp = new->sp;
		signals->altstack_size = new->size;
	}
	signals->altstack_flags = new->flags;
	return 0;
}

long sys_rt_sigreturn(struct trap_frame *frame)
{
	struct rt_sigframe in;
	long eax;

	if (copy_from_user(&in, frame->esp - 4, sizeof(in)))
		return bad_frame();
	eax = restore_context(frame, &in.ucontext.context,
			      in.ucontext.mask[0] |
			      (uint64_t)in.ucontext.mask[1] << 32);
	set_altstack(&in.ucontext.stack, frame->esp);	/* or leave it */
	return eax;
}

/* sigaltstack(new, old) */
long sys_sigaltstack(struct trap_frame *frame)
{
	struct altstack new, old = get_altstack(frame->esp);
	long err;

	if (frame->ebx) {
		if (copy_from_user(&new, frame->ebx, sizeof(new)))
			return -EFAULT;
		err = set_altstack(&new, frame->esp);
		if (err)
			return err;
	}
	if (frame->ecx && copy_to_user(frame->ecx, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}
