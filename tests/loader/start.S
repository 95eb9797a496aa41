// SPDX-License-Identifier: MIT
/* start - where the loader's loader enters the shim; see shim.c. */
#define MULTIBOOT_MAGIC	0x1BADB002
#define MULTIBOOT_FLAGS	0x00000003

	.text
	.balign 4
	.long MULTIBOOT_MAGIC
	.long MULTIBOOT_FLAGS
	.long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.globl _start
_start:
	mov	$stack_top, %esp
	push	%ebx
	call	shim
	hlt

	/* jump(entry, info, magic) */
	.globl jump
jump:
	mov	4(%esp), %ecx
	mov	8(%esp), %ebx
	mov	12(%esp), %eax
	jmp	*%ecx

	.bss
	.balign 16
	.skip 16384
stack_top:

	.section .note.GNU-stack, "", @progbits
