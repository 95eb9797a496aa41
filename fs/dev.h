// SPDX-License-Identifier: MIT
#pragma once

/** dev_init() - /dev/null, zero, full, random and urandom. */
void dev_init(void);
