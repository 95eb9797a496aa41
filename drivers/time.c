// SPDX-License-Identifier: MIT
/*
 * time - the tick, the clock that only goes forward, and the date.
 *
 * Channel 0 of the 8254 interrupts TICK_HZ times a second.  Channel 2, whose
 * speaker stays off, is the yardstick for the time-stamp counter: it counts
 * 65535 down to 0 from time_early_init() on, at a known rate, and what the
 * kernel does meanwhile is the waiting time of the measurement:
 *
 *	early_init            boot goes on              init
 *	  sample |------------- >= 0.5 ms --------------| sample
 *	  (pit, tsc)                                      (pit, tsc)
 *
 * Should boot take longer than the 55 ms of a countdown, it starts anew.
 *
 * A time is (tsc - tsc_base) * tsc_mult / 2^24 nanoseconds, by multiplication
 * because division costs too much.
 */
#include "drivers/time.h"

#include "lib/div64.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "x86/cpu.h"
#include "x86/io.h"
#include "x86/trap.h"

#define PIT_HZ		1193182u
#define PIT_CHANNEL0	0x40
#define PIT_CHANNEL2	0x42
#define PIT_COMMAND	0x43
#define PIT_RATE0	0x34		/* channel 0, both bytes, mode 2 */
#define PIT_COUNTDOWN2	0xb0		/* channel 2, both bytes, mode 0 */
#define PIT_LATCH2	0x80
#define PIT_IRQ		0
#define PORT_B		0x61
#define PORT_B_GATE2	0x01
#define PORT_B_SPEAKER	0x02
#define PORT_B_OUT2	0x20		/* the countdown is over */

#define COUNTDOWN	0xffffu
#define MEASURE_MIN	(PIT_HZ / 2000)	/* 0.5 ms */

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define CMOS_STATUS_A	0x0a
#define CMOS_STATUS_B	0x0b
#define STATUS_A_UPDATE	0x80
#define STATUS_B_24H	0x02
#define STATUS_B_BINARY	0x04

#define TSC_SHIFT	24

struct sample {
	uint32_t pit;			/* counts since the countdown began */
	uint64_t tsc;
};

static struct sample first;
static uint64_t tsc_base;
static uint32_t tsc_mult;		/* 0 until time_init() */
static uint32_t tsc_khz;
static uint64_t realtime_base;		/* ns: the date at time 0 */

/* ------------------------------------------------------- how fast is rdtsc */

/* Both counters at one moment: the try with the least delay in between. */
static struct sample take_sample(void)
{
	struct sample best = { 0, 0 };
	uint64_t best_delay = UINT64_MAX;

	for (int i = 0; i < 3; i++) {
		uint64_t before = rdtsc(), delay;
		uint32_t count;

		outb(PIT_COMMAND, PIT_LATCH2);
		delay = rdtsc() - before;
		count = inb(PIT_CHANNEL2);
		count |= inb(PIT_CHANNEL2) << 8;
		if (delay < best_delay) {
			best_delay = delay;
			best.pit = COUNTDOWN - count;
			best.tsc = before;
		}
	}
	return best;
}

static void start_countdown(void)
{
	uint8_t port_b = inb(PORT_B);

	outb(PORT_B, (port_b & ~PORT_B_SPEAKER) | PORT_B_GATE2);
	outb(PIT_COMMAND, PIT_COUNTDOWN2);
	outb(PIT_CHANNEL2, COUNTDOWN & 0xff);
	outb(PIT_CHANNEL2, COUNTDOWN >> 8);
	first = take_sample();
}

static void measure_tsc(void)
{
	struct sample last;
	uint64_t hz;

	if (inb(PORT_B) & PORT_B_OUT2)
		start_countdown();
	do {
		last = take_sample();
	} while (last.pit - first.pit < MEASURE_MIN);

	hz = div64_32((last.tsc - first.tsc) * PIT_HZ, last.pit - first.pit,
		      NULL);
	tsc_khz = div64_32(hz, 1000, NULL);
	tsc_mult = div64_32(1000000ull << TSC_SHIFT, tsc_khz, NULL);
}

void time_early_init(void)
{
	start_countdown();
	tsc_base = first.tsc;
}

uint64_t time_now_ns(void)
{
	uint64_t tsc = rdtsc() - tsc_base;
	uint32_t high = tsc >> 32, low = tsc;

	return ((uint64_t)high * tsc_mult << (32 - TSC_SHIFT)) +
	       ((uint64_t)low * tsc_mult >> TSC_SHIFT);
}

uint64_t time_realtime_ns(void)
{
	return realtime_base + time_now_ns();
}

void time_set_realtime_ns(uint64_t ns)
{
	uint32_t flags = irq_save();

	realtime_base = ns - time_now_ns();
	irq_restore(flags);
}

uint32_t time_tsc_khz(void)
{
	return tsc_khz;
}

/* ---------------------------------------------------------------- the date */

enum { SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, NR_FIELDS };

static uint8_t read_cmos(uint8_t index)
{
	outb(CMOS_INDEX, index);
	return inb(CMOS_DATA);
}

static void read_fields(uint8_t field[NR_FIELDS])
{
	static const uint8_t index[NR_FIELDS] = { 0, 2, 4, 7, 8, 9 };

	while (read_cmos(CMOS_STATUS_A) & STATUS_A_UPDATE)
		cpu_relax();
	for (int i = 0; i < NR_FIELDS; i++)
		field[i] = read_cmos(index[i]);
}

/* Twice the same, or an update came in between. */
static void read_date(uint8_t field[NR_FIELDS])
{
	uint8_t again[NR_FIELDS];

	do {
		read_fields(field);
		read_fields(again);
	} while (memcmp(field, again, NR_FIELDS));
}

static unsigned int from_bcd(unsigned int bcd)
{
	return (bcd >> 4) * 10 + (bcd & 15);
}

/* Days from 1970-01-01: a year that begins in March ends with its leap day. */
static uint32_t days_since_1970(unsigned int year, unsigned int month,
				unsigned int day)
{
	if (month <= 2) {
		month += 12;
		year--;
	}
	return year * 365 + year / 4 - year / 100 + year / 400 +
	       (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

/* Seconds since 1970; the chip knows two digits of the year. */
static uint32_t read_rtc(void)
{
	uint8_t status = read_cmos(CMOS_STATUS_B);
	uint8_t field[NR_FIELDS];
	bool is_pm;

	read_date(field);
	is_pm = !(status & STATUS_B_24H) && (field[HOUR] & 0x80);
	field[HOUR] &= 0x7f;
	if (!(status & STATUS_B_BINARY))
		for (int i = 0; i < NR_FIELDS; i++)
			field[i] = from_bcd(field[i]);
	if (!(status & STATUS_B_24H))
		field[HOUR] = field[HOUR] % 12 + (is_pm ? 12 : 0);
	return ((days_since_1970(2000 + field[YEAR], field[MONTH],
				 field[DAY]) * 24 +
		 field[HOUR]) * 60 + field[MINUTE]) * 60 + field[SECOND];
}

/* ---------------------------------------------------------------- the tick */

static void (*tick_hook)(bool user);

void time_set_tick_hook(void (*hook)(bool user))
{
	tick_hook = hook;
}

static void tick(struct trap_frame *frame)
{
	if (tick_hook)
		tick_hook(trap_is_from_user(frame));
	sched_tick();
	timer_run(time_now_ns());
}

void time_init(void)
{
	measure_tsc();
	realtime_base = (uint64_t)read_rtc() * NSEC_PER_SEC - time_now_ns();
	timer_set_clock(time_now_ns);
	printk_set_clock(time_now_ns);

	outb(PIT_COMMAND, PIT_RATE0);
	outb(PIT_CHANNEL0, PIT_HZ / TICK_HZ & 0xff);
	outb(PIT_CHANNEL0, PIT_HZ / TICK_HZ >> 8);
	irq_register(PIT_IRQ, tick);
	pr_info("time: the TSC counts at %u.%03u MHz\n", tsc_khz / 1000,
		tsc_khz % 1000);
}
