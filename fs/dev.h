// SPDX-License-Identifier: MIT
#pragma once

/** dev_init() - /dev/null, zero, full, random and urandom. */
void dev_init(void);

/** console_init() - /dev/console, tty and ttyS0. */
void console_init(void);
