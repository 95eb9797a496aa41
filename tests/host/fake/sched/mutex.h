// SPDX-License-Identifier: MIT
/* mutex - for the host tests, where nobody else is. */
#pragma once

struct mutex {
	int unused;
};
