// SPDX-License-Identifier: GPL-2.0
/*
@HEAD@
 */

/*
 * In a kernel this is a KUnit suite against the seven modalloc_*() functions below; a kernel that has an allocator which
 * is driven by such a table defines them (this file does so weakly, and then the suite is skipped). Outside of a kernel
 * it is a program (cc FILE && ./a.out) in which the executable allocator's answers to the same calls are played back;
 * its status is 1 if an expectation fails.
 */

#ifdef __KERNEL__
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdio.h>
typedef unsigned long long u64;
#endif

enum modalloc_section {
@SECTIONS@
};

enum { MAY_READ = 1, MAY_WRITE = 2, MAY_EXECUTE = 4 };

/* What an allocation's pages allow: all of them, any of them, and whether any may be written and executed. */
struct modalloc_rights {
	unsigned int all;
	unsigned int any;
	bool write_execute;
};

/* An allocation, the last byte included; lo is 0 where there was no place for it. */
struct modalloc_place {
	u64 lo;
	u64 last;
};

/* The interface under test. */
struct modalloc_place modalloc_alloc(enum modalloc_section section, u64 size);
bool modalloc_fill(struct modalloc_place place); /* false: the write faults */
void modalloc_seal(struct modalloc_place place);
bool modalloc_free(struct modalloc_place place); /* false: invalidating it faults */
struct modalloc_rights modalloc_rights(struct modalloc_place place);
void modalloc_others_take(u64 first, u64 last); /* somebody else takes these addresses from the arbiter */
void modalloc_others_return(u64 first, u64 last); /* and gives them back */

#ifdef __KERNEL__

int modalloc_under_test(void); /* 0 where the others are defined */

int __weak modalloc_under_test(void)
{
	return -EOPNOTSUPP;
}

struct modalloc_place __weak modalloc_alloc(enum modalloc_section section, u64 size)
{
	return (struct modalloc_place){ 0 };
}

bool __weak modalloc_fill(struct modalloc_place place)
{
	return false;
}

void __weak modalloc_seal(struct modalloc_place place)
{
}

bool __weak modalloc_free(struct modalloc_place place)
{
	return false;
}

struct modalloc_rights __weak modalloc_rights(struct modalloc_place place)
{
	return (struct modalloc_rights){ 0 };
}

void __weak modalloc_others_take(u64 first, u64 last)
{
}

void __weak modalloc_others_return(u64 first, u64 last)
{
}

static int modalloc_suite_init(struct kunit *test)
{
	if (modalloc_under_test())
		kunit_skip(test, "this kernel has no allocator driven by a table");
	return 0;
}

#else /* a program of its own */

struct kunit {
	int failures;
};

static int modalloc_expect(struct kunit *test, bool holds, const char *what, int line)
{
	if (!holds) {
		printf("    # %s: EXPECTATION FAILED at line %d\n    #     %s\n", "@NAME@", line, what);
		test->failures++;
	}
	return holds;
}

#define KUNIT_EXPECT_TRUE(test, condition) modalloc_expect(test, condition, #condition, __LINE__)
#define KUNIT_EXPECT_FALSE(test, condition) modalloc_expect(test, !(condition), "not " #condition, __LINE__)
#define KUNIT_ASSERT_TRUE(test, condition) do { if (!KUNIT_EXPECT_TRUE(test, condition)) return; } while (0)

/* What the executable allocator answered, call by call. */
struct modalloc_answer {
	struct modalloc_place place;
	bool done;
	struct modalloc_rights rights;
};

static const struct modalloc_answer modalloc_answers[] = {
@ANSWERS@
};

static unsigned int modalloc_asked;

static struct modalloc_answer modalloc_answer(void)
{
	if (modalloc_asked < sizeof(modalloc_answers) / sizeof(modalloc_answers[0]))
		return modalloc_answers[modalloc_asked++];
	return (struct modalloc_answer){ { 0, 0 }, false, { 0, 0, false } };
}

struct modalloc_place modalloc_alloc(enum modalloc_section section, u64 size)
{
	(void)section, (void)size;
	return modalloc_answer().place;
}

bool modalloc_fill(struct modalloc_place place)
{
	(void)place;
	return modalloc_answer().done;
}

void modalloc_seal(struct modalloc_place place)
{
	(void)place;
	modalloc_answer();
}

bool modalloc_free(struct modalloc_place place)
{
	(void)place;
	return modalloc_answer().done;
}

struct modalloc_rights modalloc_rights(struct modalloc_place place)
{
	(void)place;
	return modalloc_answer().rights;
}

void modalloc_others_take(u64 first, u64 last)
{
	(void)first, (void)last;
}

void modalloc_others_return(u64 first, u64 last)
{
	(void)first, (void)last;
}

#endif

static inline bool modalloc_overlap(struct modalloc_place a, struct modalloc_place b)
{
	return a.lo <= b.last && b.lo <= a.last;
}

static inline bool modalloc_inside(struct modalloc_place a, u64 first, u64 last)
{
	return first <= a.lo && a.last <= last;
}

/* Displacements are numbers of @BITS@ bits, two's complement. */
static inline bool modalloc_reaches(u64 place, u64 target, u64 lowest, u64 width)
{
	return ((target - place - lowest) & @MASK@) <= width;
}

static void @NAME@(struct kunit *test)
{
@BODY@
}

#ifdef __KERNEL__

static struct kunit_case modalloc_cases[] = {
	KUNIT_CASE(@NAME@),
	{}
};

static struct kunit_suite modalloc_suite = {
	.name = "modalloc-@RULE@",
	.init = modalloc_suite_init,
	.test_cases = modalloc_cases,
};
kunit_test_suite(modalloc_suite);

MODULE_DESCRIPTION("A run in which a table of module memory violates @RULE@");
MODULE_LICENSE("GPL");

#else

int main(void)
{
	struct kunit test = { 0 };

	printf("KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: modalloc-@RULE@\n    1..1\n");
	@NAME@(&test);
	printf("    %s 1 %s\n%s 1 modalloc-@RULE@\n", test.failures ? "not ok" : "ok", "@NAME@", test.failures ? "not ok" : "ok");
	return test.failures ? 1 : 0;
}

#endif
