/* What rules, kinds and normalising share with each other. */
#ifndef NORM_INT_H
#define NORM_INT_H

#include "charset.h"
#include "grid.h"
#include "lookup.h"

/*
 * A kind is a pure function over valid UTF-8 without U+0000: what it makes of
 * the text is appended to out.  0; a seki_broken above 0, out as it was; or -1
 * with err set.  What it makes it makes again of its own result.
 */
typedef int seki_norm_fn(
    const char *, size_t, struct seki_buf *out, struct seki_err *);
seki_norm_fn seki_norm_text, seki_norm_name_kanji, seki_norm_name_kana,
    seki_norm_kana_zengin, seki_norm_zengin_corp, seki_norm_yucho,
    seki_norm_address, seki_norm_email, seki_norm_number, seki_norm_date,
    seki_norm_date_lenient, seki_norm_date_serial, seki_norm_fiscal_year,
    seki_norm_fy_of_date, seki_norm_time, seki_norm_time_ext,
    seki_norm_datetime, seki_norm_datetime_jst, seki_norm_tel, seki_norm_postal,
    seki_norm_yesno, seki_norm_sex, seki_norm_pref, seki_norm_lgcode,
    seki_norm_houjin, seki_norm_forbidden, seki_norm_cp932,
    seki_norm_cp932_fold, seki_norm_jisx0208, seki_norm_jisx0213;
/* Functions that are no kinds: nothing that these numbers name may cross by a
 * rule, the formula of the second is not certain, and a digit or a compatible
 * form alone is no field. */
seki_norm_fn seki_norm_mynumber, seki_norm_juminhyo, seki_norm_mynumber_cd,
    seki_norm_houjin_cd, seki_norm_nfkc;
/* The check digit behind n digits, of a My Number (11) or a resident record code
 * (10). */
char seki_norm_mod11(const char *, size_t n);

/* One row of the table of kinds (norm.c).  A new kind is a row there and a
 * function. */
struct seki_norm_kind {
	const char *name, *ja;
	seki_norm_fn *fn;   /* NULL: the value stays as it is */
	unsigned from;	    /* source shapes it reads: 1 << enum seki_shape */
	enum seki_type to;  /* NONE: the source's own when that is a text */
	const char *joiner; /* between joined sources; NULL: none is joined */
	unsigned how;	    /* bits below */
};
enum {
	/* It lets through what is wrong in the strict sense: the original must
	 * stand beside what it makes. */
	SEKI_KIND_LENIENT = 1,
	/* What it makes is of another sort, which it does not read again. */
	SEKI_KIND_ONCE = 2,
	/* What breaks it is single characters, which a reason names. */
	SEKI_KIND_GATE = 4
};
extern const struct seki_norm_kind seki_norm_kinds[]; /* ended by name NULL */
const struct seki_norm_kind *seki_norm_find(const char *word);
/* Equal but for the case of ASCII letters, in any locale. */
int seki_norm_same(const char *, const char *);
/* The nearest valid word, or NULL. */
const char *seki_norm_nearest(const char *word);

/* Text cleaning (municipal rules 6.2, 6.4). */
enum {
	SEKI_CLEAN_WS1 = 1,    /* every run of space becomes one U+0020 */
	SEKI_CLEAN_ASCII = 2,  /* full-width ASCII to half-width, not U+FF5E */
	SEKI_CLEAN_RADICAL = 4 /* Kangxi and CJK radicals to their kanji */
};
int seki_norm_clean(
    const char *, size_t, int how, struct seki_buf *out, struct seki_err *);
int seki_norm_space(uint32_t);	/* the set SP */
int seki_norm_drop(uint32_t);	/* the set DROP */
int seki_norm_hyphen(uint32_t); /* the set HY */
/* The full-width form of half-width kana, U+FF61..U+FF9D. */
uint32_t seki_norm_kana(uint32_t);
/* Kana with U+3099 or U+309A, or 0. */
uint32_t seki_norm_compose(uint32_t kana, uint32_t mark);
uint32_t seki_norm_radical(uint32_t); /* or itself */
/* The kana that a bank writes for a small or historic one; others, voiced ones
 * too, stay. */
uint32_t seki_norm_large(uint32_t katakana);

/* A short text as code points, for parsers: DROP taken out, every kind of
 * space U+0020, none at the ends. */
#define SEKI_POINTS 1024
struct seki_points {
	uint32_t c[SEKI_POINTS];
	size_t n;
};
/* The build clears what is on the stack: 4 KiB a value, of which a few dozen
 * bytes are written and none is read before that. */
#if defined(__has_attribute)
#if __has_attribute(uninitialized)
#define SEKI_UNSET __attribute__((uninitialized))
#endif
#endif
#ifndef SEKI_UNSET
#define SEKI_UNSET
#endif
/* 0, SEKI_B_EMPTY, SEKI_B_TOO_LONG or -1.  nfkc: NFKC, else only the ASCII
 * step. */
int seki_norm_points(
    const char *, size_t, int nfkc, struct seki_points *, struct seki_err *);
/* Cleaned, as above, as points; what scratch has behind its text is lost.  0, a
 * seki_broken or -1. */
int seki_norm_cleaned(const char *, size_t, int how, struct seki_points *,
    struct seki_buf *scratch, struct seki_err *);
/* The same as a reading: katakana, long marks in their places. */
int seki_norm_reading(const char *, size_t, struct seki_points *,
    struct seki_buf *scratch, struct seki_err *);
/* A reading in the characters of bank transfers, appended: 0, CHARSET,
 * TOO_LONG or -1. */
int seki_norm_bank(
    const uint32_t *, size_t, struct seki_buf *out, struct seki_err *);
int seki_norm_put(
    struct seki_buf *out, const uint32_t *, size_t, struct seki_err *);
/* Does it begin (end) with the word?  ASCII letters in any case. */
int seki_norm_begins(const uint32_t *, size_t n, const char *word, size_t *len);
int seki_norm_ends(const uint32_t *, size_t n, const char *word, size_t *len);

/* Kanji numerals: value of a digit or -1; 10, 100, 1000 or 0; 10^4, 10^8,
 * 10^12 or 0. */
int seki_norm_digit(uint32_t);
uint64_t seki_norm_small(uint32_t);
uint64_t seki_norm_big(uint32_t);
/* All of it one number below 10000, ASCII digits, positional kanji or kanji
 * with places; -1 when it is not. */
int seki_norm_count(const uint32_t *, size_t n);

/* Points without spaces, hyphens as -, capitals: what dates and times are
 * parsed from. */
void seki_norm_tight(struct seki_points *);
/* A date; d is 0 when it is a month. */
struct seki_day {
	int y, m, d;
};
/* 0 or a seki_broken.  lenient: an era goes on behind its last day, and before
 * its first one. */
int seki_norm_day(const uint32_t *, size_t, struct seki_day *);
int seki_norm_day_lenient(const uint32_t *, size_t, struct seki_day *);
/* A year of accounts, without the word behind it: 0 or a seki_broken. */
int seki_norm_year(const uint32_t *, size_t, int *y);

/* Rules tables. */
enum seki_then { SEKI_THEN_HOLD, SEKI_THEN_KEEP, SEKI_THEN_STOP };
/* What becomes of a value that the lookup table does not know. */
enum seki_miss { SEKI_MISS_HOLD, SEKI_MISS_KEEP, SEKI_MISS_WORKLIST };
struct seki_rule {
	uint64_t row;  /* in the file */
	char *output;  /* CODE or TABLE.CODE */
	char *source;  /* A+B|C */
	char *label;   /* or NULL: the source's */
	char *instead; /* default, already of the kind; or NULL */
	const struct seki_norm_kind *kind;
	size_t least, most; /* characters; 0, SIZE_MAX */
	int required, original;
	enum seki_then then;
	struct seki_lookup *lookup; /* one of the table's, or NULL */
	enum seki_miss miss;
	/* The row counts where the field has one of the values; NULL: where no
	 * other row of the same output does. */
	char *when;
	char **is; /* NULL-ended */
	char **cell; /* of seki_rules_cells */
};
struct seki_rules {
	char *name, *sheet; /* sheet: "" for a text */
	int english[13]; /* how the headers are written: SEKI_COL_COUNT */
	struct seki_lookup **lookup; /* each file once */
	size_t nlookup;
	/* What the digest is of, besides the table: "HEX  NAME", by name. */
	char **bound;
	size_t nbound;
	char file[SEKI_HEX]; /* the table's own digest */
	struct seki_rule *rule;
	size_t n;
	char digest[SEKI_HEX];
};
/* The columns, in the order of --init; NULL-ended. */
enum seki_rules_col {
	SEKI_COL_OUTPUT,
	SEKI_COL_LABEL,
	SEKI_COL_SOURCE,
	SEKI_COL_KIND,
	SEKI_COL_REQUIRED,
	SEKI_COL_LENGTH,
	SEKI_COL_DEFAULT,
	SEKI_COL_LOOKUP,
	SEKI_COL_ON_MISS,
	SEKI_COL_ON_BROKEN,
	SEKI_COL_ORIGINAL,
	SEKI_COL_WHEN,
	SEKI_COL_NOTE,
	SEKI_COL_COUNT
};
extern const char *const seki_rules_ja[];
extern const char *const seki_rules_en[];
/* A column's name as the table writes it. */
const char *seki_rules_head(const struct seki_rules *, enum seki_rules_col);
/* A table while it is read. */
struct seki_rules_table {
	struct seki_grid *grid;
	int col[SEKI_COL_COUNT]; /* where it stands, -1: nowhere */
	size_t ncol;
	const struct seki_grid_cell *cell;
	size_t n; /* of the row at hand */
	struct seki_rules *rules;
};
/* Fail with SEKI_RULES: "row N, column C: why". */
int seki_rules_bad(const struct seki_rules_table *, enum seki_rules_col,
    struct seki_err *, const char *why);
/* A cell without the spaces around it and without the ' that keeps a
 * spreadsheet from taking it for a formula; the caller frees it. */
char *seki_rules_trim(const struct seki_grid_cell *, struct seki_err *);
int seki_rules_row(
    const struct seki_rules_table *, struct seki_rule *, struct seki_err *);
/* "WHY: WORD", and the nearest valid word behind it, which may be NULL. */
int seki_rules_bad_word(const struct seki_rules_table *, enum seki_rules_col,
    const char *word, const char *near, const char *why, struct seki_err *);
/* The cell's text, trimmed; the caller frees it. */
char *seki_rules_cell(const struct seki_rules_table *, enum seki_rules_col,
    struct seki_err *);
/* One of the words, as many of which as width mean the same: which meaning,
 * the first for an empty cell; or -1. */
int seki_rules_choice(const struct seki_rules_table *, enum seki_rules_col,
    const char *const *words, int width, int *to, struct seki_err *);
/* The columns lookup and on-miss: the file is read, and each of its results
 * must fit kind and length of the row. */
int seki_rules_lookup(
    const struct seki_rules_table *, struct seki_rule *, struct seki_err *);
/* The column when, FIELD=VALUE|VALUE; may this row have the output of that
 * one?  NULL, or why not. */
int seki_rules_when(
    const struct seki_rules_table *, struct seki_rule *, struct seki_err *);
const char *seki_rules_apart(
    const struct seki_rule *, const struct seki_rule *);
/* The digest covers another file, too: hex is its SHA-256, "-" when there is
 * none; a name once. */
int seki_rules_bind(struct seki_rules *, const char *name, const char *hex,
    struct seki_err *);
/* The length of a text in quotes at s ("…", 「…」), or 0. */
size_t seki_rules_quoted(const char *s);
/* The cells of a row of it that are told from each other as they are written,
 * without the spaces around them: SEKI_COL_COUNT, the others NULL, all the
 * caller's; NULL. */
char **seki_rules_cells(const struct seki_rules_table *, struct seki_err *);
/* Is the column one of those? */
int seki_rules_raw(enum seki_rules_col);
/*
 * What the rows say, in one spelling whatever the file's form and language: an
 * array of objects, English column to text; neither a cell that says nothing
 * (or what it says when it is empty) nor the note.  New reference.
 */
struct json_t *seki_rules_rows(const struct seki_rules *, struct seki_err *);
/* Such a text as people read it, quoted, appended. */
int seki_rules_say(enum seki_rules_col, const char *text, int english,
    struct seki_buf *, struct seki_err *);
/* The words of a column that has its own, NULL-ended, or NULL. */
#define SEKI_RULES_WORDS 8
const char *const *seki_rules_words(
    enum seki_rules_col, int english, const char *list[SEKI_RULES_WORDS]);
/* What differs in the new one from rows as above; as seki_rules_diff. */
int seki_rules_compare(const struct json_t *was, const struct seki_rules *is,
    int english, seki_rules_told *, void *ctx, struct seki_err *);
/* A first table of a whole stream: the headers, then row by row
 * SEKI_COL_COUNT cells, kinds by their English names. */
typedef int seki_rules_put(void *, const char *const *cell, struct seki_err *);
int seki_rules_first(struct seki_stream_in *, int english, seki_rules_put *,
    void *ctx, struct seki_err *);
/* A line for people about a column, a kind; NULL: none.  Translated. */
const char *seki_rules_help(enum seki_rules_col);
const char *seki_norm_help(const struct seki_norm_kind *);
/* A kind, or what else a rule is (required …), as people who read the messages
 * write it in a rules table. */
const char *seki_norm_shown(const char *rule);
/* Is the value as long as its rule wants it?  0 or a seki_broken. */
int seki_rules_length(const struct seki_rule *, const char *, size_t);
/* Is it a code that may be an output?  NULL, or what is wrong. */
const char *seki_rules_code(const char *, size_t);
/* The same of CODE or TABLE.CODE. */
const char *seki_rules_output(const char *);
/* Apply a kind and bring its result to the canonical text of its type: 0, a
 * seki_broken or -1. */
int seki_norm_apply(const struct seki_norm_kind *, const char *, size_t,
    struct seki_buf *out, struct seki_err *);
/* The set that a gate (SEKI_KIND_GATE) asks about. */
enum seki_charset seki_norm_set(const struct seki_norm_kind *);
/* ,"characters":["NG:U+20BB7 NAME"…] appended: the first ones, each once, that
 * keep a value from passing a gate.  Nothing for another kind. */
int seki_norm_lost(const struct seki_norm_kind *, const char *, size_t,
    struct seki_buf *, struct seki_err *);
/* Characters of a text; variation selectors are none. */
size_t seki_norm_chars(const char *, size_t);

/* A column of what comes out, and what it is made from. */
struct seki_plan_ref {
	size_t field; /* of the stream, or of its table; SIZE_MAX: a text */
	unsigned alt; /* which alternative it belongs to */
	const char *text; /* in quotes: it stands there as it is */
	size_t n;
};
struct seki_plan_col {
	const struct seki_rule *rule;
	struct seki_plan_ref *ref;
	size_t nref;
	size_t out, original, flag; /* indexes; SIZE_MAX: none */
	uint64_t *count;	    /* by seki_broken */
	size_t group; /* the first column with this output, perhaps itself */
	int last;     /* of several */
	size_t when;  /* field of the condition; SIZE_MAX: none */
	int outside;  /* which is of the record, though this is of a table */
};
struct seki_plan_table {
	size_t from, to; /* indexes of the table fields */
	struct seki_plan_col *col;
	size_t ncol;
};
/* What else a run does with a plan: all borrowed, and may be NULL. */
struct seki_plan_more {
	struct seki_held_book *held;	    /* told what is held and why */
	struct seki_characters *characters; /* told what stands at a gate */
	struct seki_standins *standins;	    /* replaces what a gate lacks */
	struct seki_explain *explain;	    /* told how values come about */
};
struct seki_plan {
	const struct seki_rules *rules;
	const struct seki_schema *in;
	struct seki_schema *out;
	struct seki_plan_ref carry[3]; /* field: of in, alt: of out */
	size_t ncarry;
	struct seki_plan_col *col;
	size_t ncol;
	struct seki_plan_table *table;
	size_t ntable;
	struct json_t *memory; /* for the next run */
	struct seki_plan_more more;
};
void seki_plan_with(struct seki_plan *, const struct seki_plan_more *);

/* The rule that is being bound, and the list of fields its sources are looked
 * up in. */
struct seki_bind {
	struct seki_plan *plan;
	const struct seki_rule *rule;
	const struct seki_field *list; /* of the stream or of one table */
	size_t nlist;
	char table[520]; /* TABLE of TABLE.CODE, or "" */
};
#define SEKI_NOWHERE SIZE_MAX
size_t seki_plan_find(
    const struct seki_field *, size_t n, const char *code, size_t len);
/* Fail with SEKI_RULES: "row N, column C: WHY: WORD; did you mean NEAR?"; word
 * and near may be NULL. */
int seki_plan_bad(const struct seki_bind *, enum seki_rules_col,
    struct seki_err *, const char *why, const char *word, const char *near);
/* Parse the rule's A+B|C; fills col->ref, list and table. */
int seki_plan_refs(
    struct seki_bind *, struct seki_plan_col *, struct seki_err *);
/* One value, no list or table. */
int seki_plan_scalar(const struct seki_field *);
/* Bind the rule's condition, once its sources are. */
int seki_plan_when(
    struct seki_bind *, struct seki_plan_col *, struct seki_err *);
/* The length of a separator at s: + or |, of either width; *plus which. */
size_t seki_plan_separator(const char *s, int *plus);
/* The next of A+B|C, without the spaces around it: 1, or 0 after the last.
 * *at is the text first. */
int seki_rules_next(const char **at, const char **from, size_t *n);
/* SEKI_RULES naming all rows whose source ended or goes on as another, by the
 * chain of accepted forms. */
int seki_plan_fates(
    const struct seki_rules *, const struct seki_schema *, struct seki_err *);
/* The chain of accepted forms of what comes out, and what the next run must
 * know of it.  SEKI_SCHEMA when a field ends that nobody said may end. */
int seki_plan_past(struct seki_plan *, struct seki_err *);

#endif
