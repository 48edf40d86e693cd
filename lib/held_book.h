/*
 * The workbook of the records that a run of seki-normalize holds, and of those
 * of which it kept a value with a flag: for the people who correct them.  It
 * holds personal data.
 */
#ifndef SEKI_HELD_BOOK_H
#define SEKI_HELD_BOOK_H

#include "norm_int.h"

/* Broken rules of one record that are told one by one; more are counted. */
#define SEKI_HELD_FINDINGS ((size_t)100)
/* Characters that one line names. */
#define SEKI_HELD_CHARS 8

/* A value that broke a rule. */
struct seki_held_what {
	const struct seki_plan_col *col;
	size_t table, row; /* of the stream's form; row 0: in no table */
	const char *rule;  /* the kind, "required" or "length"; static */
	enum seki_broken code;
	const struct seki_value *v; /* or NULL; not kept */
};
/* What the cover says beside counts of rules. */
struct seki_held_run {
	const struct seki_normal *res;
	uint64_t max_held;
	int stopped; /* by a row that says so */
};

struct seki_held_book;
/* plan is borrowed; spool as seki_dir_spool. */
struct seki_held_book *seki_held_book_new(
    const struct seki_plan *, const char *spool, struct seki_err *);
int seki_held_book_broken(struct seki_held_book *,
    const struct seki_held_what *, struct seki_err *);
/* The record is through; nothing is written of one that broke no rule. */
int seki_held_book_record(struct seki_held_book *, const struct seki_record *,
    int held, struct seki_err *);
/* Cover and sheets to out, which is not committed; once. */
int seki_held_book_save(struct seki_held_book *, const struct seki_held_run *,
    struct seki_out *, struct seki_err *);
void seki_held_book_free(struct seki_held_book *);

#endif
