// SPDX-License-Identifier: MIT
/*
 * entry - from the loader to C at 3 GiB.
 *
 * Multiboot 1 (section 3.2 of its specification) leaves us in protected mode
 * without paging: EAX is a magic number, EBX the physical address of what the
 * loader knows.  The image is linked at 3 GiB + 1 MiB but lies at 1 MiB, so
 * until paging is on each symbol's address has 3 GiB too much.
 *
 * The first page directory needs no page table: 224 entries of 4 MiB map all
 * 896 MiB that the direct map can ever have, and one more maps the first
 * 4 MiB where they are, for the few instructions around the jump.
 * directmap.c builds the final tables and drops the identity entry.
 */
#define PHYS(symbol)	((symbol) - 0xC0000000)

#define MULTIBOOT_MAGIC	0x1BADB002
#define MULTIBOOT_FLAGS	0x00000003	/* modules page aligned; memory map */

#define PDE_4M		0x083		/* present, writable, 4 MiB */
#define CPUID_PSE	(1 << 3)
#define CPUID_CMOV	(1 << 15)
#define COM1		0x3f8
#define DEBUG_EXIT	0xf4

	.cfi_sections .debug_frame

	.section .multiboot, "a"
	.balign 4
	.long MULTIBOOT_MAGIC
	.long MULTIBOOT_FLAGS
	.long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

	.section .text.entry, "ax"
	.globl entry
	.type entry, @function
entry:
	.cfi_startproc
	.cfi_undefined eip
	cli
	cld
	mov	%eax, %esi
	rdtsc
	mov	%eax, PHYS(boot_tsc)
	mov	%edx, PHYS(boot_tsc + 4)
	mov	%esi, %edi
	mov	%ebx, %ebp

	mov	$1, %eax
	cpuid
	not	%edx
	test	$(CPUID_PSE | CPUID_CMOV), %edx
	jnz	too_old

	/* 3 GiB + i * 4 MiB -> i * 4 MiB, for 224 entries. */
	mov	$PHYS(kernel_pgd), %ebx
	mov	$PDE_4M, %eax
	mov	%eax, (%ebx)
	mov	$768, %ecx
1:	mov	%eax, (%ebx, %ecx, 4)
	add	$0x400000, %eax
	inc	%ecx
	cmp	$992, %ecx
	jb	1b

	mov	%ebx, %cr3
	mov	%cr4, %eax
	or	$0x10, %eax		/* CR4.PSE */
	mov	%eax, %cr4
	mov	%cr0, %eax
	or	$0x80010000, %eax	/* CR0.PG, CR0.WP */
	mov	%eax, %cr0
	mov	$high, %eax
	jmp	*%eax
high:
	mov	$boot_stack_top, %esp
	push	$0			/* ends a backtrace */
	push	$0
	mov	%edi, %eax		/* the magic number */
	mov	%ebp, %edx		/* boot information, physical */
	xor	%ebp, %ebp
	call	kernel_main
1:	hlt
	jmp	1b

too_old:
	mov	$PHYS(too_old_text), %esi
	mov	$COM1, %dx
1:	lodsb
	test	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	mov	$0x12, %al
	outb	%al, $DEBUG_EXIT
3:	hlt
	jmp	3b
too_old_text:
	.asciz	"Atlas needs a CPU with 4 MiB pages and CMOV: a Pentium Pro or later.\n"
	.cfi_endproc
	.size entry, . - entry

	.section .data
	.balign 8
	.globl boot_tsc
boot_tsc:
	.quad	0			/* the time-stamp counter at entry */

	.section .bss.boot_stack, "aw", @nobits
	.balign 4096
	.globl boot_stack, boot_stack_top
boot_stack:				/* linker.ld: behind a read-only page */
	.skip	4096			/* five times what is used */
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
