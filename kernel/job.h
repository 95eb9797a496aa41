// SPDX-License-Identifier: MIT
#pragma once

/** job_init() - tell the terminal whom to ask about processes; once. */
void job_init(void);
