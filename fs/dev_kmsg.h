// SPDX-License-Identifier: MIT
/*
 * dev_kmsg - the kernel's log, for programs.
 */
#pragma once

#include <stddef.h>

struct printk_record;

#define KMSG_LINE_MAX	(PRINTK_MESSAGE_MAX + 32)

/**
 * kmsg_line() - "<6>[    0.123456] text\n", as syslog(2) has it, at @to.
 * @to: room for KMSG_LINE_MAX bytes
 * Return: how many there are; no NUL.
 */
size_t kmsg_line(char *to, const struct printk_record *record,
		 const char *text);

/** dev_kmsg_init() - register it; once, at boot. */
void dev_kmsg_init(void);
