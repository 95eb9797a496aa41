// SPDX-License-Identifier: MIT
#pragma once

/** banner() - draw the 4 GiB with the addresses and sizes of this boot. */
void banner(void);
