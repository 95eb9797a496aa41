// SPDX-License-Identifier: MIT
/*
 * pipe - pipes, poll() and select(), asked through the system calls.
 *
 * Where a call has to sleep, a second thread joins the process and does what
 * wakes it.
 */
#include "fs/file.h"
#include "fs/pipe.h"
#include "fs/tty.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/mm.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "tests/ktap.h"
#include "tests/process.h"
#include "x86/uaccess.h"

#define BASE		PROCESS_BASE
#define END		PROCESS_END
#define FDS		BASE			/* what pipe() fills in */
#define TV		(BASE + 64)
#define SETS		(BASE + 128)		/* three, 32 bytes each */
#define POLLFDS		(BASE + 256)
#define DATA		(BASE + PAGE_SIZE)	/* to the last page's texts */
#define DATA_SIZE	(2 * PAGE_SIZE)

#define F_SETFL		4
#define F_GETPIPE_SZ	1032
#define NR_SLOTS	16

static int rd, wr;			/* the pipe of a test */

static void put(vaddr_t at, const void *from, size_t size)
{
	EXPECT_EQ(copy_to_user(at, from, size), 0);
}

static void fill(uint8_t first, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = first + i;

		put(DATA + i, &byte, 1);
	}
}

static bool is_filled(uint8_t first, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte;

		user_read(&byte, DATA + i, 1);
		if (byte != (uint8_t)(first + i))
			return false;
	}
	return true;
}

static long make(uint32_t flags)
{
	int fds[2];
	long err = call(sys_pipe2, FDS, flags);

	user_read(fds, FDS, sizeof(fds));
	rd = fds[0];
	wr = fds[1];
	return err;
}

static void begin(uint32_t flags)
{
	process_begin();
	EXPECT_EQ(make(flags), 0);
}

static uint32_t nr_readable(void)
{
	uint32_t n = -1;

	EXPECT_EQ(call(sys_ioctl, rd, FIONREAD, TV), 0);
	user_read(&n, TV, 4);
	return n;
}

static bool has_signal(int signo)
{
	return signal_pending_set(current_task()) & SIGBIT(signo);
}

/* ------------------------------------------------------ the second thread */

#define SOON	2000000			/* ns: the first one sleeps by then */

struct helper {
	struct task *task;
	struct thread *thread;
	void (*fn)(void);
	uint64_t after;			/* ns */
};

static struct helper second, third;

static void helper_become(struct task *task)
{
	preempt_disable();
	current_thread()->task = task;
	mm_switch(task ? task->mm : NULL);
	preempt_enable();
}

static void helper_run(void *arg)
{
	struct helper *helper = arg;

	helper_become(helper->task);
	thread_sleep(helper->after);
	helper->fn();
	helper_become(NULL);
}

static void helper_start(struct helper *helper, uint64_t after,
			 void (*fn)(void))
{
	*helper = (struct helper){ current_task(), NULL, fn, after };
	helper->thread = thread_create("helper", helper_run, helper);
	assert_always(helper->thread);
}

static void second_start(void (*fn)(void))
{
	helper_start(&second, SOON, fn);
}

static void second_end(void)
{
	thread_join(second.thread);
}

static void send_signal(void)
{
	struct siginfo info = { .signo = SIGTERM, .code = SI_USER };

	signal_send(second.task->process, &info);
}

static void forget_signals(void)
{
	uint32_t flags = spin_lock_irqsave(&tasks_lock);

	signal_flush(&current_task()->signals.pending, ~0ull);
	signal_flush(&current_process()->pending, ~0ull);
	current_task()->signals.is_cut = false;
	signal_recalc(current_task());
	spin_unlock_irqrestore(&tasks_lock, flags);
}

/* -------------------------------------------------------------- the calls */

TEST(pipe, pipe_gives_an_end_to_read_and_one_to_write)
{
	process_begin();
	EXPECT_EQ(call(sys_pipe, FDS), 0);
	EXPECT_EQ(make(0), 0);
	EXPECT(rd == 5 && wr == 6);
	EXPECT_EQ(call(sys_write, rd, DATA, 1), -EBADF);
	EXPECT_EQ(call(sys_read, wr, DATA, 1), -EBADF);
	EXPECT_EQ(call(sys_lseek, rd, 0, SEEK_CUR), -ESPIPE);
	EXPECT_EQ(call(sys_fcntl, rd, F_GETPIPE_SZ), PIPE_CAPACITY);
	EXPECT_EQ(call(sys_fcntl, 1, F_GETPIPE_SZ), -EBADF);
	EXPECT_EQ(call(sys_ioctl, rd, 0x5401, TV), -ENOTTY);
	EXPECT_EQ(call(sys_ioctl, wr, FIONREAD, END), -EFAULT);
	process_end();
}

TEST(pipe, pipe2_takes_two_flags_and_no_others)
{
	begin(O_CLOEXEC | O_NONBLOCK);
	EXPECT(files_cloexec(current_task()->files, rd) &&
	       files_cloexec(current_task()->files, wr));
	EXPECT_EQ(call(sys_read, rd, DATA, 1), -EAGAIN);
	EXPECT_EQ(make(O_RDWR), -EINVAL);
	EXPECT_EQ(make(O_APPEND), -EINVAL);
	EXPECT_EQ(make(~0u), -EINVAL);
	EXPECT_EQ(call(sys_close, 5), -EBADF);
	process_end();
}

TEST(pipe, a_pipe_that_cannot_be_told_of_is_not_made)
{
	begin(0);
	EXPECT_EQ(call(sys_pipe, END - 4), -EFAULT);
	EXPECT_EQ(call(sys_pipe, PAGE_OFFSET), -EFAULT);
	for (int fd = 5; fd < FILES_MAX; fd++)
		EXPECT_EQ(call(sys_dup, 1), fd);
	EXPECT_EQ(call(sys_pipe, FDS), -EMFILE);
	EXPECT_EQ(call(sys_close, 77), 0);
	EXPECT_EQ(call(sys_pipe, FDS), -EMFILE);
	EXPECT_EQ(call(sys_dup, 1), 77);
	process_end();
}

TEST(pipe, making_and_filling_one_without_memory_loses_nothing)
{
	unsigned int n = 0;
	long got;

	process_begin();
	fill(0, DATA_SIZE);
	user_text("");				/* no faults later */
	put(FDS, "", 1);
	do {
		alloc_fail_after(n);
		got = call(sys_pipe, FDS);
		if (!got)
			got = call(sys_write, 4, DATA, DATA_SIZE);
		alloc_fail_off();
		EXPECT(got == -ENOMEM || got == PAGE_SIZE || got == DATA_SIZE);
		if (got > 0)
			EXPECT_EQ(call(sys_read, 3, DATA, DATA_SIZE), got);
		EXPECT(is_filled(0, DATA_SIZE));
		call(sys_close, 3);
		call(sys_close, 4);
	} while (got != DATA_SIZE && ++n < 100);
	EXPECT(n >= 4);
	process_end();
}

/* ------------------------------------------------------------ what it holds */

TEST(pipe, bytes_come_out_once_and_in_order)
{
	begin(O_NONBLOCK);
	fill(0, 100);
	EXPECT_EQ(call(sys_write, wr, DATA, 60), 60);
	EXPECT_EQ(call(sys_write, wr, DATA + 60, 40), 40);
	EXPECT_EQ(nr_readable(), 100);
	fill(200, 100);
	EXPECT_EQ(call(sys_read, rd, DATA, 70), 70);
	EXPECT(is_filled(0, 70));
	EXPECT_EQ(nr_readable(), 30);
	EXPECT_EQ(call(sys_read, rd, DATA, 70), 30);
	EXPECT(is_filled(70, 30));
	EXPECT_EQ(call(sys_read, rd, DATA, 70), -EAGAIN);
	EXPECT_EQ(call(sys_read, rd, DATA, 0), 0);
	EXPECT_EQ(call(sys_write, wr, DATA, 0), 0);
	EXPECT_EQ(nr_readable(), 0);
	process_end();
}

TEST(pipe, it_holds_its_capacity_and_a_page_less_for_odd_writes)
{
	begin(O_NONBLOCK);
	for (int i = 0; i < NR_SLOTS; i++)
		EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE), PAGE_SIZE);
	EXPECT_EQ(call(sys_write, wr, DATA, 1), -EAGAIN);
	EXPECT_EQ(nr_readable(), PIPE_CAPACITY);
	/* A byte read makes no room, a page does. */
	EXPECT_EQ(call(sys_read, rd, DATA, 1), 1);
	EXPECT_EQ(call(sys_write, wr, DATA, 1), -EAGAIN);
	EXPECT_EQ(call(sys_read, rd, DATA, PAGE_SIZE - 1), PAGE_SIZE - 1);
	EXPECT_EQ(call(sys_write, wr, DATA, 1), 1);
	EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE - 1), PAGE_SIZE - 1);
	EXPECT_EQ(call(sys_write, wr, DATA, 1), -EAGAIN);

	EXPECT_EQ(make(O_NONBLOCK), 0);
	for (int i = 0; i < NR_SLOTS; i++)
		EXPECT_EQ(call(sys_write, wr, DATA, 4000), 4000);
	EXPECT_EQ(call(sys_write, wr, DATA, 97), -EAGAIN);
	EXPECT_EQ(call(sys_write, wr, DATA, 96), 96);
	EXPECT_EQ(call(sys_write, wr, DATA, 1), -EAGAIN);
	process_end();
}

TEST(pipe, a_write_above_PIPE_BUF_may_be_cut_and_one_below_is_whole)
{
	begin(O_NONBLOCK);
	for (int i = 0; i < NR_SLOTS - 1; i++)
		EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE), PAGE_SIZE);
	EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE + 1), PAGE_SIZE);
	EXPECT_EQ(call(sys_read, rd, DATA, PAGE_SIZE), PAGE_SIZE);
	EXPECT_EQ(call(sys_write, wr, DATA, 10), 10);
	EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE), -EAGAIN);
	EXPECT_EQ(nr_readable(), PIPE_CAPACITY - PAGE_SIZE + 10);
	process_end();
}

TEST(pipe, pieces_are_written_and_read_as_one)
{
	const uint32_t out[] = { DATA, 3, END, 0, DATA + 3, 4, DATA + 7, 0 };
	const uint32_t in[] = { DATA, 7, DATA + 7, 50 };

	begin(O_NONBLOCK);
	fill(1, 7);
	put(POLLFDS, out, sizeof(out));
	EXPECT_EQ(call(sys_writev, wr, POLLFDS, 4), 7);
	fill(100, 7);
	put(POLLFDS, in, sizeof(in));
	/* The first piece has all there is: the second does not wait. */
	EXPECT_EQ(call(sys_readv, rd, POLLFDS, 2), 7);
	EXPECT(is_filled(1, 7));
	EXPECT_EQ(call(sys_readv, rd, POLLFDS, 2), -EAGAIN);
	EXPECT_EQ(call(sys_readv, rd, POLLFDS, 0), 0);
	process_end();
}

TEST(pipe, a_bad_address_stops_a_copy_and_steps_before_it_count)
{
	const uint32_t pieces[] = { DATA, 10, END, 10 };

	begin(O_NONBLOCK);
	EXPECT_EQ(call(sys_write, wr, END, 1), -EFAULT);
	EXPECT_EQ(call(sys_write, wr, END - 5, 10), -EFAULT);
	EXPECT_EQ(nr_readable(), 0);
	EXPECT_EQ(call(sys_write, wr, END - PAGE_SIZE, PAGE_SIZE + 10),
		  PAGE_SIZE);
	EXPECT_EQ(nr_readable(), PAGE_SIZE);
	EXPECT_EQ(call(sys_write, wr, DATA, 20), 20);
	EXPECT_EQ(call(sys_write, wr, END - 5, 10), -EFAULT);
	EXPECT_EQ(nr_readable(), PAGE_SIZE + 20);

	EXPECT_EQ(call(sys_read, rd, END - 5, 10), -EFAULT);
	EXPECT_EQ(nr_readable(), PAGE_SIZE + 20);
	EXPECT_EQ(call(sys_read, rd, END - PAGE_SIZE, PAGE_SIZE + 20),
		  PAGE_SIZE);
	EXPECT_EQ(nr_readable(), 20);
	put(POLLFDS, pieces, sizeof(pieces));
	EXPECT_EQ(call(sys_readv, rd, POLLFDS, 2), -EFAULT);
	EXPECT_EQ(call(sys_writev, wr, POLLFDS, 2), -EFAULT);
	EXPECT_EQ(nr_readable(), 20);
	process_end();
}

/* ----------------------------------------------------------- one end alone */

TEST(pipe, without_writers_what_is_left_is_read_and_then_the_end)
{
	long dup;

	begin(0);
	dup = call(sys_dup, wr);
	EXPECT_EQ(call(sys_write, wr, DATA, 5), 5);
	EXPECT_EQ(call(sys_close, wr), 0);
	EXPECT_EQ(call(sys_write, dup, DATA, 5), 5);
	EXPECT_EQ(call(sys_close, dup), 0);
	EXPECT_EQ(call(sys_read, rd, DATA, 7), 7);
	EXPECT_EQ(call(sys_read, rd, DATA, 7), 3);
	EXPECT_EQ(call(sys_read, rd, DATA, 7), 0);
	EXPECT_EQ(call(sys_read, rd, DATA, 7), 0);
	process_end();
}

TEST(pipe, without_readers_a_write_says_EPIPE_and_SIGPIPE)
{
	struct siginfo info;

	begin(0);
	EXPECT_EQ(call(sys_write, wr, DATA, 5), 5);
	EXPECT_EQ(call(sys_close, rd), 0);
	EXPECT_EQ(call(sys_write, wr, DATA, 0), 0);
	EXPECT(!has_signal(SIGPIPE));
	EXPECT_EQ(call(sys_write, wr, END, 5), -EPIPE);
	EXPECT(has_signal(SIGPIPE));
	EXPECT_EQ(signal_take(SIGBIT(SIGPIPE), &info), SIGPIPE);
	EXPECT_EQ(info.pid, current_process()->pid);
	process_end();
}

/* ---------------------------------------------------------------- asleep */

static void write_three(void)
{
	EXPECT_EQ(call(sys_write, wr, DATA + 100, 3), 3);
}

static void close_writer(void)
{
	EXPECT_EQ(call(sys_close, wr), 0);
}

static void close_reader(void)
{
	EXPECT_EQ(call(sys_close, rd), 0);
}

static void read_page(void)
{
	EXPECT_EQ(call(sys_read, rd, DATA + 100, PAGE_SIZE), PAGE_SIZE);
}

TEST(pipe, a_reader_sleeps_until_there_is_something)
{
	begin(0);
	fill(0, 200);
	second_start(write_three);
	EXPECT_EQ(call(sys_read, rd, DATA, 10), 3);
	EXPECT(is_filled(100, 3));
	second_end();
	second_start(close_writer);
	EXPECT_EQ(call(sys_read, rd, DATA, 10), 0);
	second_end();
	process_end();
}

TEST(pipe, a_writer_sleeps_until_there_is_room)
{
	begin(0);
	for (int i = 0; i < NR_SLOTS; i++)
		EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE), PAGE_SIZE);
	second_start(read_page);
	EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE), PAGE_SIZE);
	second_end();
	EXPECT_EQ(nr_readable(), PIPE_CAPACITY);
	second_start(close_reader);
	EXPECT_EQ(call(sys_write, wr, DATA, 1), -EPIPE);
	second_end();
	EXPECT(has_signal(SIGPIPE));
	process_end();
}

TEST(pipe, a_signal_ends_a_sleep_with_what_was_done_or_a_restart)
{
	begin(0);
	second_start(send_signal);
	EXPECT_EQ(call(sys_read, rd, DATA, 10), -ERESTARTSYS);
	EXPECT(current_task()->signals.is_cut);
	second_end();
	forget_signals();
	for (int i = 0; i < NR_SLOTS - 1; i++)
		EXPECT_EQ(call(sys_write, wr, DATA, PAGE_SIZE), PAGE_SIZE);
	second_start(send_signal);
	EXPECT_EQ(call(sys_write, wr, DATA, DATA_SIZE), PAGE_SIZE);
	second_end();
	EXPECT_EQ(call(sys_write, wr, DATA, 1), -ERESTARTSYS);
	forget_signals();
	process_end();
}

/* ------------------------------------------------------------------- poll */

struct pollfd {
	int32_t	 fd;
	uint16_t events, revents;
};

static struct pollfd polled[3];

/* poll() of @nr in polled[]. */
static long poll(uint32_t nr, int ms)
{
	long found;

	put(POLLFDS, polled, sizeof(polled));
	found = call(sys_poll, POLLFDS, nr, ms);
	user_read(polled, POLLFDS, sizeof(polled));
	return found;
}

static void poll_fd(int i, int fd, uint16_t events)
{
	polled[i] = (struct pollfd){ fd, events, 0xffff };
}

TEST(pipe, poll_tells_what_each_end_can_do)
{
	begin(O_NONBLOCK);
	poll_fd(0, rd, POLLIN | POLLOUT | POLLRDNORM);
	poll_fd(1, wr, 0xffff);
	poll_fd(2, rd, POLLOUT);
	EXPECT_EQ(poll(3, 0), 1);
	EXPECT(!polled[0].revents && !polled[2].revents);
	EXPECT_EQ(polled[1].revents, POLLOUT | POLLWRNORM);
	while (call(sys_write, wr, DATA, PAGE_SIZE) == PAGE_SIZE)
		;
	EXPECT_EQ(poll(3, 0), 1);
	EXPECT_EQ(polled[0].revents, POLLIN | POLLRDNORM);
	EXPECT(!polled[1].revents && !polled[2].revents);
	EXPECT_EQ(call(sys_close, wr), 0);
	EXPECT_EQ(poll(3, 0), 3);
	EXPECT_EQ(polled[0].revents, POLLIN | POLLRDNORM | POLLHUP);
	EXPECT_EQ(polled[1].revents, POLLNVAL);
	EXPECT_EQ(polled[2].revents, POLLHUP);
	EXPECT_EQ(make(0), 0);
	EXPECT_EQ(call(sys_close, rd), 0);
	poll_fd(0, wr, 0);
	poll_fd(1, -1, 0xffff);
	EXPECT_EQ(poll(2, -1), 1);
	EXPECT_EQ(polled[0].revents, POLLERR);
	EXPECT_EQ(polled[1].revents, 0);
	process_end();
}

TEST(pipe, poll_refuses_what_it_cannot_read_or_hold)
{
	begin(0);
	EXPECT_EQ(call(sys_poll, POLLFDS, FILES_MAX + 1, 0), -EINVAL);
	EXPECT_EQ(call(sys_poll, END - 8, 2, 0), -EFAULT);
	EXPECT_EQ(call(sys_poll, PAGE_OFFSET, 1, 0), -EFAULT);
	EXPECT_EQ(call(sys_poll, END, 0, 0), 0);
	put(END - 8, &(struct pollfd){ rd, POLLIN, 0 }, 8);
	EXPECT_EQ(call(sys_poll, END - 8, 1, 0), 0);
	alloc_fail_after(0);
	EXPECT_EQ(call(sys_poll, END - 8, 1, 0), -ENOMEM);
	alloc_fail_off();
	process_end();
}

TEST(pipe, poll_sleeps_until_a_file_or_the_clock_says_so)
{
	uint64_t start;

	begin(0);
	poll_fd(0, rd, POLLIN);
	poll_fd(1, rd, POLLIN);
	poll_fd(2, 0, POLLIN);			/* the console */
	start = timer_now();
	EXPECT_EQ(poll(3, 30), 0);
	EXPECT(timer_now() - start >= 30000000);
	second_start(write_three);
	EXPECT_EQ(poll(3, -1), 2);
	EXPECT(polled[0].revents == POLLIN && polled[1].revents == POLLIN &&
	       !polled[2].revents);
	second_end();
	EXPECT_EQ(call(sys_read, rd, DATA, 10), 3);
	second_start(close_writer);
	EXPECT_EQ(poll(3, 20000), 2);
	EXPECT_EQ(polled[0].revents, POLLHUP);
	second_end();
	process_end();
}

static long found_by_helper;

static void poll_reader(void)
{
	const struct pollfd one = { rd, POLLIN, 0 };

	put(SETS, &one, sizeof(one));
	found_by_helper = call(sys_poll, SETS, 1, -1);
}

TEST(pipe, a_sleeping_poll_does_not_eat_the_wake_of_a_sleeping_reader)
{
	begin(0);
	helper_start(&second, 0, poll_reader);
	helper_start(&third, 3 * SOON, write_three);
	thread_sleep(SOON);
	EXPECT_EQ(call(sys_read, rd, DATA, 10), 3);
	/* Whether the poll saw it before it was read, or not, it goes on. */
	EXPECT_EQ(call(sys_write, wr, DATA, 1), 1);
	thread_join(second.thread);
	thread_join(third.thread);
	EXPECT_EQ(found_by_helper, 1);
	process_end();
}

static void type(void)
{
	tty_receive('x');
	tty_receive('\r');
}

TEST(pipe, poll_hears_of_what_is_typed)
{
	struct termios termios, silent;

	begin(0);
	tty_get_termios(&termios);
	silent = termios;
	silent.lflag &= ~ECHO;
	tty_set_termios(&silent);
	poll_fd(0, 0, POLLIN | POLLOUT);
	EXPECT_EQ(poll(1, -1), 1);
	EXPECT_EQ(polled[0].revents, POLLOUT);
	EXPECT_EQ(call(sys_fcntl, 0, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(call(sys_read, 0, DATA, 10), -EAGAIN);
	poll_fd(0, 0, POLLIN);
	second_start(type);
	EXPECT_EQ(poll(1, -1), 1);
	EXPECT_EQ(polled[0].revents, POLLIN);
	second_end();
	EXPECT_EQ(call(sys_read, 0, DATA, 10), 2);
	EXPECT_EQ(poll(1, 0), 0);
	tty_set_termios(&termios);
	process_end();
}

TEST(pipe, a_signal_ends_a_poll_which_can_go_on_to_the_same_end)
{
	uint64_t start;

	begin(0);
	poll_fd(0, rd, POLLIN);
	start = timer_now();
	second_start(send_signal);
	EXPECT_EQ(poll(1, 50), -ERESTART_RESTARTBLOCK);
	second_end();
	EXPECT_EQ(polled[0].revents, 0);
	EXPECT_EQ(poll(1, 0), -ERESTART_RESTARTBLOCK);
	EXPECT_EQ(poll(1, 50), -ERESTART_RESTARTBLOCK);
	forget_signals();
	EXPECT_EQ(call(sys_restart_syscall, 0), 0);
	EXPECT(timer_now() - start >= 50000000);
	EXPECT_EQ(call(sys_restart_syscall, 0), -EINTR);
	process_end();
}

/* ----------------------------------------------------------------- select */

/* select() of one descriptor in each of three sets, -1: not in any. */
static long select(int nr, int in, int out, int except, vaddr_t tv)
{
	const int fds[3] = { in, out, except };
	uint32_t set[3][8] = { 0 };

	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			set[i][fds[i] / 32] = 1u << fds[i] % 32;
	put(SETS, set, sizeof(set));
	return call(sys__newselect, nr, SETS, SETS + 32, SETS + 64, tv);
}

static bool is_selected(int set, int fd)
{
	uint32_t word;

	user_read(&word, SETS + 32 * set + fd / 32 * 4, 4);
	return word == 1u << fd % 32;
}

static void set_time(int32_t sec, int32_t usec)
{
	put(TV, (int32_t[]){ sec, usec }, 8);
}

static uint32_t usec_left(void)
{
	uint32_t tv[2];

	user_read(tv, TV, sizeof(tv));
	return tv[0] * 1000000 + tv[1];
}

TEST(pipe, select_leaves_the_bits_of_what_is_there)
{
	begin(0);
	set_time(0, 0);
	EXPECT_EQ(select(wr + 1, rd, wr, wr, TV), 1);
	EXPECT(!is_selected(0, rd) && is_selected(1, wr) &&
	       !is_selected(2, wr));
	EXPECT_EQ(call(sys_write, wr, DATA, 1), 1);
	EXPECT_EQ(select(wr + 1, rd, wr, rd, 0), 2);
	EXPECT(is_selected(0, rd) && is_selected(1, wr));
	EXPECT_EQ(select(rd, rd, wr, -1, TV), 0);	/* below rd: none */
	EXPECT(!is_selected(0, rd) && !is_selected(1, wr));
	EXPECT_EQ(call(sys_dup2, rd, 200), 200);
	EXPECT_EQ(select(1000, 200, -1, -1, 0), 1);
	EXPECT(is_selected(0, 200));
	EXPECT_EQ(call(sys_close, wr), 0);
	EXPECT_EQ(call(sys_read, rd, DATA, 10), 1);
	EXPECT_EQ(select(10, rd, rd, rd, TV), 1);	/* its end */
	EXPECT(is_selected(0, rd));
	process_end();
}

TEST(pipe, select_says_what_is_wrong_in_the_order_of_Linux)
{
	begin(0);
	set_time(0, 0);
	EXPECT_EQ(select(32, 31, -1, -1, END), -EFAULT);
	EXPECT_EQ(select(-1, 31, -1, -1, TV), -EINVAL);
	EXPECT_EQ(call(sys__newselect, 32, END, 0, 0, TV), -EFAULT);
	EXPECT_EQ(select(32, 31, -1, -1, TV), -EBADF);
	EXPECT_EQ(select(32, rd, wr, 31, TV), -EBADF);
	set_time(-1, 0);
	EXPECT_EQ(select(32, 31, -1, -1, TV), -EINVAL);
	set_time(0, -1);
	EXPECT_EQ(select(-1, 31, -1, -1, TV), -EINVAL);
	set_time(0, 0);
	alloc_fail_after(0);
	EXPECT_EQ(select(32, rd, -1, -1, TV), -ENOMEM);
	alloc_fail_off();
	EXPECT_EQ(call(sys__newselect, 0, 0, 0, 0, TV), 0);
	process_end();
}

TEST(pipe, select_sleeps_and_tells_how_much_time_was_left)
{
	uint64_t start;

	begin(0);
	set_time(0, 30000);
	start = timer_now();
	EXPECT_EQ(select(wr + 1, rd, -1, -1, TV), 0);
	EXPECT(timer_now() - start >= 30000000 && usec_left() == 0);
	set_time(0, 20000000);
	second_start(write_three);
	EXPECT_EQ(select(wr + 1, rd, -1, rd, TV), 1);
	EXPECT(is_selected(0, rd));
	EXPECT(usec_left() > 10000000 && usec_left() < 20000000);
	second_end();
	EXPECT_EQ(call(sys_read, rd, DATA, 10), 3);
	set_time(20, 0);
	second_start(send_signal);
	EXPECT_EQ(select(wr + 1, rd, -1, -1, TV), -ERESTARTNOHAND);
	EXPECT(usec_left() > 10000000 && usec_left() < 20000000);
	second_end();
	forget_signals();
	process_end();
}
