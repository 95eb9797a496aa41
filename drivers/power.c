// SPDX-License-Identifier: MIT
/*
 * power - the end.
 *
 * No tables of the firmware are read: these are the ports of the machines
 * that Atlas is run on, and a port that is not there ignores what is written.
 */
#include "drivers/power.h"

#include "x86/cpu.h"
#include "x86/io.h"

#define DEBUG_EXIT	0xf4
#define KEYBOARD	0x64		/* its controller's wire to the CPU */
#define KEYBOARD_RESET	0xfe
#define PM1_CONTROL	0x604		/* QEMU, set up by SeaBIOS */
#define PM1_CONTROL_OLD	0xb004		/* older ones, and Bochs */
#define SLEEP_S5	0x2000		/* SLP_EN, SLP_TYP 0 = S5 */

void power_off(int code)
{
	irq_disable();
	outb(DEBUG_EXIT, code);
	outw(PM1_CONTROL, SLEEP_S5);
	outw(PM1_CONTROL_OLD, SLEEP_S5);
	cpu_stop();
}

void power_restart(void)
{
	irq_disable();
	outb(KEYBOARD, KEYBOARD_RESET);
	for (int i = 0; i < 1000000; i++)
		cpu_relax();
	power_off(POWER_OFF_SUCCESS);
}
