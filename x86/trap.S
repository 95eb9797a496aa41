// SPDX-License-Identifier: MIT
/*
 * trap.S - into the kernel and out again.
 *
 * Every vector has a stub that completes what the CPU pushed to a struct
 * trap_frame (x86/trap.h) and calls the vector's C handler with a pointer to
 * it.  The way out restores the frame, whatever the handler made of it.
 *
 *	higher	ss, esp			only when it came from user mode
 *		eflags, cs, eip		the CPU pushes these ...
 *		error			... and this, for some vectors
 *		vector
 *		gs fs es ds
 *		eax ebp edi esi edx ecx ebx	<- esp, the struct trap_frame
 *
 * The CFI describes exactly that, so a debugger's backtrace goes on in the
 * code that was interrupted.  The canonical frame address is where eip lies;
 * the interrupted esp is above eflags, or stored in the frame if the low bits
 * of cs say that it was user mode: a DWARF expression tells the two apart.
 */
#include "x86/gdt.h"

#define FRAME_EAX	24
#define FRAME_CS	56
#define ENOSYS		38

/* struct cpu; percpu.h asserts the offsets. */
#define CPU_PREEMPT	(cpus + 8)
#define CPU_EXIT	(cpus + 16)

	.cfi_sections .debug_frame

	.macro cfi_frame
	.cfi_signal_frame
	.cfi_def_cfa esp, 52
	.cfi_offset ebx, -52
	.cfi_offset ecx, -48
	.cfi_offset edx, -44
	.cfi_offset esi, -40
	.cfi_offset edi, -36
	.cfi_offset ebp, -32
	.cfi_offset eax, -28
	.cfi_offset eip, 0
	/* esp = cs & 3 ? frame->esp : &frame->esp */
	.cfi_escape 0x16, 4, 17, 0x12, 0x23, 4, 0x06, 0x33, 0x1a, 0x28, 5, 0, \
		0x23, 12, 0x2f, 3, 0, 0x23, 12, 0x06
	.endm

	.macro save_registers
	push	%gs
	push	%fs
	push	%es
	push	%ds
	push	%eax
	push	%ebp
	push	%edi
	push	%esi
	push	%edx
	push	%ecx
	push	%ebx
	.endm

	.text

/* ------------------------------------------------- exceptions, interrupts */

	.macro stub vector, has_error=0
	.balign 4
trap_stub_\vector:
	.cfi_startproc
	.cfi_signal_frame
	.if \has_error
	.cfi_def_cfa esp, 4
	.cfi_offset eip, 0
	.else
	.cfi_def_cfa esp, 0
	.cfi_offset eip, 0
	push	$0
	.endif
	push	$\vector
	jmp	trap_common
	.cfi_endproc
	.endm

	.irp v, 0, 1, 2, 3, 4, 5, 6, 7, 9, 15, 16, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, \
		39, 40, 41, 42, 43, 44, 45, 46, 47
	stub \v
	.endr
	.irp v, 8, 10, 11, 12, 13, 14, 17
	stub \v, 1
	.endr

	.balign 16
	.globl trap_common
	.type trap_common, @function
trap_common:
	.cfi_startproc
	save_registers
	cfi_frame
	mov	$KERNEL_DS, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	cld
	mov	44(%esp), %edx		/* frame->vector */
	mov	%esp, %eax		/* the argument: the frame */
	call	*trap_handlers(, %edx, 4)

	.globl trap_return
trap_return:
	testb	$3, FRAME_CS(%esp)
	jz	1f
	cli
	cmpw	$0, CPU_EXIT
	jne	exit_work
#ifdef DEBUG
	cmpl	$0, CPU_PREEMPT
	jne	exit_atomic
#endif
1:	pop	%ebx
	.cfi_remember_state
	.cfi_def_cfa_offset 48
	.cfi_same_value ebx
	pop	%ecx
	.cfi_def_cfa_offset 44
	pop	%edx
	.cfi_def_cfa_offset 40
	pop	%esi
	.cfi_def_cfa_offset 36
	pop	%edi
	.cfi_def_cfa_offset 32
	pop	%ebp
	.cfi_def_cfa_offset 28
	pop	%eax
	.cfi_def_cfa_offset 24
	.globl trap_pop_ds
trap_pop_ds:
	pop	%ds
	.cfi_def_cfa_offset 20
	pop	%es
	.cfi_def_cfa_offset 16
	pop	%fs
	.cfi_def_cfa_offset 12
	.globl trap_pop_gs
trap_pop_gs:
	pop	%gs
	.cfi_def_cfa_offset 8
	add	$8, %esp
	.cfi_def_cfa_offset 0
	.globl trap_iret
trap_iret:
	iret
	.globl trap_exit_end
trap_exit_end:
	.cfi_restore_state

exit_work:				/* interrupts are off */
	mov	%esp, %eax
	call	trap_exit_work
	jmp	trap_return

#ifdef DEBUG
exit_atomic:
	call	trap_exit_atomic
#endif
	.cfi_endproc
	.size trap_common, . - trap_common

/* ----------------------------------------------------------- system calls */
/*
 * int $0x80: the number in eax, arguments in ebx, ecx, edx, esi, edi, ebp.
 * The gate is a trap gate, so interrupts stay on.  The number stays in
 * frame->error, for a call that is to be restarted after a signal.
 */
	.balign 16
	.globl syscall_entry
	.type syscall_entry, @function
syscall_entry:
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa esp, 0
	.cfi_offset eip, 0
	push	%eax
	.cfi_adjust_cfa_offset 4
	push	$0x80
	.cfi_adjust_cfa_offset 4
	save_registers
	cfi_frame
	mov	$KERNEL_DS, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	cld
	cmp	nr_syscalls, %eax
	jae	1f
	mov	%eax, %edx
	mov	%esp, %eax
	call	*syscall_table(, %edx, 4)
	mov	%eax, FRAME_EAX(%esp)
	jmp	trap_return
1:	movl	$-ENOSYS, FRAME_EAX(%esp)
	jmp	trap_return
	.cfi_endproc
	.size syscall_entry, . - syscall_entry

	.section .rodata
	.balign 4
	.globl trap_stubs
trap_stubs:				/* vectors 0 to 47 */
	.irp v, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, \
		18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, \
		33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47
	.long	trap_stub_\v
	.endr

	.section .note.GNU-stack, "", @progbits
