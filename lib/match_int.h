/*
 * What the files of seki-match share with each other: the rules table, the
 * masters, one record's findings, and where they are kept until the report.
 */
#ifndef MATCH_INT_H
#define MATCH_INT_H

#include <sqlite3.h>

#include "grid.h"
#include "match.h"

/* How two texts are compared, and what of them makes a key. */
enum seki_how {
	SEKI_HOW_EXACT,
	SEKI_HOW_TEXT,
	SEKI_HOW_NAME,
	SEKI_HOW_CORP,
	SEKI_HOW_KANA,
	SEKI_HOW_TEL,
	SEKI_HOW_POSTAL,
	SEKI_HOW_NUMBER,
	SEKI_HOW_DATE,
	SEKI_HOW_ADDRESS,
	/* Of a check only. */
	SEKI_HOW_MOST,	 /* not above the other number */
	SEKI_HOW_LEAST,	 /* not below it */
	SEKI_HOW_THERE,	 /* it is in the table: nothing else is compared */
	SEKI_HOW_ABSENT, /* it is not in the table */
	SEKI_HOW_COUNT
};
/* By either name, or -1. */
int seki_how_find(const char *word);
const char *seki_how_near(const char *word);
/* What of a text counts, appended: nothing, when there is nothing left.  Valid
 * UTF-8.  fold: characters taken for another one, or NULL. */
int seki_match_fold(enum seki_how, const struct seki_fold *fold, const char *,
    size_t, struct seki_buf *, struct seki_err *);

enum seki_severity { SEKI_SEV_OK, SEKI_SEV_INFO, SEKI_SEV_WARN, SEKI_SEV_NG };

/* One part of a key: a field, how it is folded, the master's column. */
struct seki_match_part {
	char *field, *column;
	enum seki_how how;
	size_t at, col; /* bound: of the record, of the master */
};
/* Parts joined; alternatives in order. */
struct seki_match_alt {
	struct seki_match_part *part;
	size_t n;
};
/* A factor of what a field is compared with. */
struct seki_match_factor {
	char *name; /* a column, or a field where there is no master */
	struct seki_dec *number;
	size_t at, sub; /* sub: inside a table, or SIZE_MAX */
};
struct seki_match_check {
	uint64_t row;
	char *name, *master, *field, *message, *when, *is;
	struct seki_match_alt *alt;
	size_t nalt;
	struct seki_match_factor *factor;
	size_t nfactor;
	enum seki_how how;
	char *tolerance; /* canonical decimal, or NULL */
	int percent;
	enum seki_severity severity, missing, ambiguous;
	/* Bound. */
	size_t from;		 /* index of the master, or SIZE_MAX */
	size_t lookup;		 /* of its lookup among all */
	size_t at, sub, when_at; /* of the record; SIZE_MAX: none */
};
struct seki_match_rules {
	char *name;
	struct seki_match_check *check;
	size_t n;
	unsigned char digest[SEKI_SHA256];
	char *folder; /* of the table's file, with its slash, or "" */
};
struct seki_match_rules *seki_match_rules_read(
    struct seki_grid *, struct seki_err *);
void seki_match_rules_free(struct seki_match_rules *);
#define SEKI_BATCH_WORD "同一"
#define SEKI_LAST_WORD "前回"

/* A master table, in the temporary database. */
struct seki_master {
	char *name;
	char **column; /* those that a check names */
	size_t n;
	uint64_t rows;
	char hex[SEKI_HEX]; /* of its file, or its root */
	sqlite3_stmt *insert;
};
/* One way into a master: a key's alternatives. */
struct seki_match_lookup {
	size_t master; /* SIZE_MAX: among the records themselves */
	const struct seki_match_check *check;
	sqlite3_stmt **find; /* for each alternative */
	/* Of the record at hand. */
	int done;
	size_t hits;
	char **value; /* of the first hit, by the master's columns */
	char *place[SEKI_MATCH_HITS];
};

struct seki_match {
	const struct seki_match_how *how;
	const struct seki_match_rules *rules;
	const struct seki_schema *in;
	struct seki_schema *out;
	size_t verdict, reasons, findings; /* fields of out */
	struct seki_fold *fold;
	sqlite3 *db;
	struct seki_master *master;
	size_t nmaster;
	struct seki_match_lookup *lookup;
	size_t nlookup;
	/* A finding, a key of the batch, a field for the report are written;
	 * others with a key, a decision are found. */
	sqlite3_stmt *note, *key, *show, *same, *decided;
	struct seki_arena arena;
	struct seki_buf a, b, text; /* of one comparison, one record */
	struct seki_matched *res;
	uint64_t rank; /* of the record at hand */
	int alike;     /* it is in a group of the batch */
	char decisions[SEKI_HEX];
};

int seki_match_sql(struct seki_match *, const char *sql, struct seki_err *);
int seki_match_prepare(
    struct seki_match *, const char *sql, sqlite3_stmt **, struct seki_err *);
int seki_match_failed(struct seki_match *, struct seki_err *);

/* Masters named by the rules, read; lookups made.  match_master.c */
int seki_master_load(struct seki_match *, struct seki_err *);
/* The field code of a form that is nearest to a word, or NULL. */
const char *seki_match_near(const struct seki_schema *, const char *);
int seki_lookup_index(struct seki_match *, size_t lookup, struct seki_err *);
void seki_master_release(struct seki_match *);
/* Rules bound to the form: match_bind.c */
int seki_match_bind(struct seki_match *, struct seki_err *);
/* A value's text as people see it in tables; of a list its canonical text. */
int seki_match_text(const struct seki_schema *, const struct seki_record *,
    size_t at, size_t sub, struct seki_buf *, struct seki_err *);
/* A key of the record by an alternative: 0; 1 when a part is empty; -1. */
int seki_match_key(struct seki_match *, const struct seki_match_alt *,
    const struct seki_record *, struct seki_buf *, struct seki_err *);

/* One record judged: match_judge.c.  Values of verdict, reasons and findings
 * are in v. */
int seki_match_judge(struct seki_match *, const struct seki_record *,
    struct seki_value *v, struct seki_err *);
/* Its keys noted, for those of the batch: first pass. */
int seki_match_note(
    struct seki_match *, const struct seki_record *, struct seki_err *);

/* What a person may decide; the first one approves.  NULL-ended. */
extern const char *const seki_match_answers[];
/* Decisions of a filled-in report: match_decide.c */
int seki_match_decisions(struct seki_match *, struct seki_err *);
/* 1 and who and why, in the arena, when this finding was approved. */
int seki_match_decided(struct seki_match *, const char *finger,
    const char **who, const char **why, struct seki_err *);
int seki_match_stale(struct seki_match *, struct seki_err *);

/* The workbook while it is written: match_report.c */
struct seki_workbook;
struct seki_match_book {
	struct seki_match *m;
	struct seki_workbook *w;
	const char *const *show;
	size_t nshow;
	struct seki_buf b;
	sqlite3_stmt *shown;
};
int seki_match_report(struct seki_match *, struct seki_err *);
/* The cell of a record's key, with a link where it is in the cloud; the cells
 * of the fields that are shown beside it. */
int seki_match_link(struct seki_match_book *, const char *key,
    struct seki_err *);
int seki_match_shown(
    struct seki_match_book *, sqlite3_int64 rank, struct seki_err *);
/* The sheet of groups that are one by a check of the batch, and how many there
 * are: match_alike.c */
int seki_match_alike(struct seki_match_book *, struct seki_err *);
int seki_match_alike_count(
    struct seki_match *, uint64_t *n, struct seki_err *);

#endif
