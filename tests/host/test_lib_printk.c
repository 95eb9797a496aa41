// SPDX-License-Identifier: MIT
#include "host.h"
#include "lib/fmt.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"

/* A console that keeps what it is shown.  Consoles stay for good. */
struct recorder {
	struct console console;
	char *text;
	size_t size, room;
};

static void record(struct console *console, const char *text, size_t size)
{
	struct recorder *rec = container_of(console, struct recorder, console);

	if (rec->size + size > rec->room) {
		rec->room = 2 * (rec->size + size);
		rec->text = realloc(rec->text, rec->room);
	}
	memcpy(rec->text + rec->size, text, size);
	rec->size += size;
}

static void recorder_forget(struct recorder *rec)
{
	list_remove(&rec->console.link);
	free(rec->text);
	rec->text = NULL;
	rec->size = 0;
	rec->room = 0;
}

static void recorder_add(struct recorder *rec, int level)
{
	rec->console.write = record;
	rec->console.level = level;
	printk_add_console(&rec->console);
}

static bool shows(const struct recorder *rec, const char *expected)
{
	return rec->size == strlen(expected) &&
	       (!rec->size || memcmp(rec->text, expected, rec->size) == 0);
}

/* Read the whole log away, so that what follows starts a fresh part. */
static uint32_t log_end(void)
{
	uint32_t position = 0;
	char buf[512];

	while (printk_read(&position, buf, sizeof(buf)))
		;
	return position;
}

static void say_something_long(int nr)
{
	for (int i = 0; i < nr; i++)
		kprint("%050d\n", i);
}

TEST(printk, a_message_becomes_one_whole_line)
{
	static struct recorder rec;

	recorder_add(&rec, LOG_DEBUG);
	printk_set_level(LOG_DEBUG);
	rec.size = 0;
	pr_info("zone: %d", 1);
	pr_info("zone: %d\n", 2);
	pr_warn("low");
	pr_err("bad");
	pr_debug("d");
	printk(LOG_EMERG, "gone\n");
	printk(LOG_INFO, "%s", "");
	kprint("ok %d - ", 7);
	kprint("x\n");
	EXPECT(shows(&rec, "zone: 1\nzone: 2\nwarning: low\nerror: bad\nd\n"
		     "critical: gone\n\nok 7 - x\n"));
	recorder_forget(&rec);
}

TEST(printk, levels_choose_what_a_console_shows)
{
	static struct recorder all, urgent;

	recorder_add(&all, LOG_DEBUG);
	recorder_add(&urgent, LOG_WARN);
	all.size = 0;
	urgent.size = 0;
	printk_set_level(LOG_INFO);
	pr_debug("1");
	pr_info("2");
	pr_warn("3");
	kprint("4\n");
	printk_set_level(LOG_ERR);
	pr_warn("5");
	pr_err("6");
	kprint("7\n");
	printk_set_level(LOG_INFO);
	EXPECT(shows(&all, "2\nwarning: 3\n4\nerror: 6\n7\n"));
	EXPECT(shows(&urgent, "warning: 3\n4\nerror: 6\n7\n"));
	recorder_forget(&all);
	recorder_forget(&urgent);
}

/* The log is in its large ring from the first call on. */
static void grow(void)
{
	static bool is_done;

	if (!is_done)
		printk_grow(malloc(PRINTK_RING_SIZE));
	is_done = true;
}

TEST(printk, a_ring_that_grows_keeps_the_log)
{
	uint32_t position;
	char buf[64] = "";

	pr_info("said before");
	position = log_end() - strlen("said before\n");
	grow();
	EXPECT_EQ(printk_read(&position, buf, sizeof(buf)), 12);
	EXPECT(!memcmp(buf, "said before\n", 12));
}

TEST(printk, a_late_console_gets_the_log_replayed)
{
	static struct recorder early, late;

	grow();
	recorder_add(&early, LOG_DEBUG);
	say_something_long(400);		/* fill and turn the ring */
	pr_info("before");
	pr_debug("not shown");
	recorder_add(&late, LOG_DEBUG);
	EXPECT(late.size > PRINTK_RING_SIZE * 8 / 10 &&
	       late.size <= PRINTK_RING_SIZE);
	EXPECT(memcmp(late.text, early.text + early.size - late.size,
		      late.size) == 0);
	pr_info("after");
	EXPECT(memcmp(late.text + late.size - 13, "before\nafter\n", 13) == 0);
	recorder_forget(&early);
	recorder_forget(&late);
}

TEST(printk, a_long_message_is_cut_and_still_ends_its_line)
{
	static struct recorder rec;

	recorder_add(&rec, LOG_DEBUG);
	for (int size = PRINTK_MESSAGE_MAX - 4; size < PRINTK_MESSAGE_MAX + 4;
	     size++) {
		rec.size = 0;
		pr_info("%*d", size, 1);
		EXPECT_EQ(rec.size, min(size + 1, PRINTK_MESSAGE_MAX - 1));
		EXPECT(rec.text[rec.size - 1] == '\n');
	}
	recorder_forget(&rec);
}

/* 100 000 messages and reads; a reader in time misses not a byte. */
TEST(printk, reading_back_gives_what_was_said)
{
	static struct recorder rec;
	uint32_t position;
	char buf[300];
	size_t read = 0;

	recorder_add(&rec, LOG_DEBUG);
	position = log_end();
	rec.size = 0;
	for (int op = 0; op < 100000; op++) {
		size_t room = 1 + host_random_below(sizeof(buf));
		size_t nr;

		if (host_random_one_in(2))
			pr_info("%*d", (int)host_random_below(200), op);
		else
			kprint("%*d", 1 + (int)host_random_below(200), op);
		while (rec.size - read > 8000 || host_random_one_in(2)) {
			nr = printk_read(&position, buf, room);
			EXPECT_EQ(nr, min(room, rec.size - read));
			REQUIRE(read + nr <= rec.size);
			REQUIRE(!nr ||
				memcmp(buf, rec.text + read, nr) == 0);
			read += nr;
		}
	}
	recorder_forget(&rec);
}

TEST(printk, a_reader_overtaken_goes_on_at_a_message_start)
{
	uint32_t position = log_end();
	char buf[51];
	size_t total = 0, nr;

	grow();
	say_something_long(1000);
	while ((nr = printk_read(&position, buf, sizeof(buf)))) {
		EXPECT_EQ(nr, 51);
		EXPECT(buf[0] == '0' && buf[50] == '\n');
		total += nr;
	}
	EXPECT_EQ(total, PRINTK_RING_SIZE / 60 * 51);	/* and a head each */
	EXPECT(memcmp(buf + 44, "000999\n", 7) == 0);
}

static uint64_t a_moment(void)
{
	return 123456789012345000ull;
}

TEST(printk, a_reader_of_messages_learns_who_and_when)
{
	struct printk_cursor cursor = printk_last();
	struct printk_record record;
	char text[PRINTK_MESSAGE_MAX];
	uint32_t number;

	EXPECT_EQ(printk_next(&cursor, &record, text), 0);
	printk_set_clock(a_moment);
	pr_warn("low");
	printk_user(3, LOG_NOTICE, "a daemon's\n");
	printk_set_clock(NULL);
	kprint("raw");
	EXPECT_EQ(printk_next(&cursor, &record, text), 1);
	EXPECT(record.facility == 0 && record.level == LOG_WARN);
	EXPECT_EQ(record.size, strlen("warning: low"));
	EXPECT(!memcmp(text, "warning: low", record.size));
	EXPECT_EQ(record.time_us, 123456789012345ull & ((1ull << 42) - 1));
	number = record.number;
	EXPECT_EQ(printk_next(&cursor, &record, text), 1);
	EXPECT(record.facility == 3 && record.level == LOG_NOTICE);
	EXPECT(!memcmp(text, "a daemon's", record.size));
	EXPECT_EQ(printk_next(&cursor, &record, text), 1);
	EXPECT(record.level == LOG_INFO && record.number == number + 2);
	EXPECT(record.size == 3 && record.time_us == 0);
	EXPECT_EQ(printk_next(&cursor, &record, text), 0);
}

TEST(printk, a_reader_of_messages_is_told_what_it_missed)
{
	struct printk_cursor cursor = printk_last(), first;
	struct printk_record record;
	char text[PRINTK_MESSAGE_MAX];
	uint32_t number = cursor.number, nr = 0;

	grow();
	say_something_long(1000);
	first = printk_first();
	EXPECT_EQ(printk_next(&cursor, &record, text), -EPIPE);
	EXPECT(cursor.place == first.place && cursor.number == first.number);
	while (printk_next(&cursor, &record, text) == 1)
		nr++;
	EXPECT_EQ(record.number, number + 999);
	EXPECT_EQ(nr, PRINTK_RING_SIZE / 60);
}

TEST(printk, control_characters_cannot_pass_for_marks)
{
	char buf[8];
	uint32_t position = log_end();

	kprint("\x10\x18\x0f\x1b[0m");
	EXPECT_EQ(printk_read(&position, buf, sizeof(buf)), 7);
	EXPECT(memcmp(buf, "??\x0f\x1b[0m", 7) == 0);
}
