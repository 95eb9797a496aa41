// SPDX-License-Identifier: MIT
/*
 * start - the first instructions of a program without a libc.
 *
 * The kernel enters here with nothing in the registers that counts, and all
 * there is to know on the stack (System V ABI, i386 supplement):
 *
 *	esp ->	argc
 *		argv[0] ... argv[argc - 1], NULL
 *		envp[0] ..., NULL
 *		auxv: pairs of words, the last one AT_NULL
 *
 * main() gets pointers to the first three.  What it returns is our status.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp		/* the outermost frame, for debuggers */
	movl	(%esp), %eax		/* argc */
	leal	4(%esp), %ecx		/* argv */
	leal	4(%ecx,%eax,4), %edx	/* envp */
	andl	$-16, %esp
	pushl	%ebp			/* keeps main's frame aligned */
	pushl	%edx
	pushl	%ecx
	pushl	%eax
	call	main
	movl	%eax, %ebx
	movl	$252, %eax		/* exit_group */
	int	$0x80
	hlt				/* not reached: ring 3 may not */
	.size	_start, . - _start

	.section .note.GNU-stack, "", @progbits
