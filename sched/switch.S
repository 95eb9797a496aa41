// SPDX-License-Identifier: MIT
/*
 * switch.S - leave one stack, go on with another.
 *
 * What a C function may not change is pushed; the rest the compiler has saved
 * around the call already.  So a thread that does not run looks like this:
 *
 *	higher	return address		into sched.c, or thread_entry
 *		ebp ebx esi edi		<- thread->esp
 */
	.cfi_sections .debug_frame

	.text

/* struct thread *switch_stacks(prev in eax, next in edx); eax stays prev. */
	.balign 16
	.globl switch_stacks
	.type switch_stacks, @function
switch_stacks:
	.cfi_startproc
	push	%ebp
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset ebp, 0
	push	%ebx
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset ebx, 0
	push	%esi
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset esi, 0
	push	%edi
	.cfi_adjust_cfa_offset 4
	.cfi_rel_offset edi, 0
	mov	%esp, (%eax)		/* prev->esp */
	mov	(%edx), %esp		/* next->esp: the same picture there */
	pop	%edi
	.cfi_adjust_cfa_offset -4
	.cfi_restore edi
	pop	%esi
	.cfi_adjust_cfa_offset -4
	.cfi_restore esi
	pop	%ebx
	.cfi_adjust_cfa_offset -4
	.cfi_restore ebx
	pop	%ebp
	.cfi_adjust_cfa_offset -4
	.cfi_restore ebp
	ret
	.cfi_endproc
	.size switch_stacks, . - switch_stacks

/* Where a new thread's first switch returns to; thread_prepare() set ebx. */
	.globl thread_entry
	.type thread_entry, @function
thread_entry:
	.cfi_startproc
	.cfi_undefined eip
	call	sched_finish_switch	/* of the thread in eax */
	jmp	*%ebx
	.cfi_endproc
	.size thread_entry, . - thread_entry

/* With a function and its argument on the stack; that goes into eax. */
	.globl thread_entry_kernel
	.type thread_entry_kernel, @function
thread_entry_kernel:
	.cfi_startproc
	.cfi_undefined eip
	sti
	pop	%ecx
	pop	%eax
	call	*%ecx
	call	thread_exit
	.cfi_endproc
	.size thread_entry_kernel, . - thread_entry_kernel

	.section .note.GNU-stack, "", @progbits
