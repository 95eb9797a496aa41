// SPDX-License-Identifier: MIT
/*
 * gdt - segments, as little of them as the CPU and Linux's ABI allow: four
 * flat ones, three for thread-local storage, and two task states.  The
 * selectors are Linux's, since programs see them.
 */
#pragma once

#define GDT_TLS			6	/* 6, 7, 8: set_thread_area() */
#define GDT_TLS_ENTRIES		3
#define GDT_ENTRIES		32

#define KERNEL_CS		0x60
#define KERNEL_DS		0x68
#define USER_CS			0x73
#define USER_DS			0x7b
#define TSS_SELECTOR		0x80
#define DOUBLE_FAULT_SELECTOR	0xf8

#ifndef __ASSEMBLER__

#include <stdint.h>

typedef uint64_t gdt_desc_t;

/** gdt_init() - load the GDT, the task state and the double-fault task. */
void gdt_init(void);

/** gdt_set_kernel_stack() - where the next trap from user mode pushes. */
void gdt_set_kernel_stack(uint32_t top);
uint32_t gdt_kernel_stack(void);

/** gdt_set_double_fault_stack() - where the double-fault task pushes. */
void gdt_set_double_fault_stack(void *top);

/** gdt_load_tls() - make the three TLS entries those of the next task. */
void gdt_load_tls(const gdt_desc_t tls[GDT_TLS_ENTRIES]);

/** gdt_describe() - a descriptor from its parts (SDM volume 3, 3.4.5). */
gdt_desc_t gdt_describe(uint32_t base, uint32_t limit, uint8_t access,
			uint8_t flags);

#endif
