// SPDX-License-Identifier: MIT
/*
 * gfp - "get free pages": what a caller of an allocator asks for.  Six bits,
 * and the names that callers use.
 */
#pragma once

typedef unsigned int gfp_t;

#define __GFP_DMA	0x01u	/* only below 16 MiB */
#define __GFP_HIGHMEM	0x02u	/* a page without a kernel address will do */
#define __GFP_ZERO	0x04u	/* zero-filled */
#define __GFP_RESERVE	0x08u	/* may dip into the atomic reserve */
#define __GFP_WAIT	0x10u	/* may sleep, so that reclaim can work */
#define __GFP_NOFAIL_INJECT 0x20u /* alloc_fail_after() passes it by */

#define GFP_KERNEL	__GFP_WAIT
#define GFP_ATOMIC	__GFP_RESERVE
#define GFP_DMA		(__GFP_DMA | __GFP_WAIT)
#define GFP_USER	(__GFP_HIGHMEM | __GFP_WAIT)
#define GFP_ZERO	__GFP_ZERO
