/*
 * Seki: records from a cloud service into a closed network and back.
 *
 * The library as the tools see it.  The contract of a call stands here, above
 * its prototype.  Unless a call says otherwise:
 *
 * - text is UTF-8; sizes are bytes; instants are seconds since 1970, UTC;
 * - int calls return 0, or -1 with err set; pointer calls NULL with err set;
 * - what x_open or x_new returns is the caller's, who ends it with x_free
 *   (x_free(NULL) is fine); "borrowed" names how long a pointer lives;
 *   "taken" means the callee ends it, on failure too;
 * - every call may fail with SEKI_NOMEM.
 */
#ifndef SEKI_H
#define SEKI_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "limits.h"

#define SEKI_SHA256 32 /* bytes of a SHA-256 digest */
#define SEKI_HEX 65    /* its hexadecimal text, with the final NUL */

/*
 * Errors: name, reason word, exit status, sentence (threats C12, DESIGN 9).
 * Words and statuses are stable; this list also makes the table in seki(7).
 */
#define SEKI_REASONS(X) \
	X(OK, "ok", 0, N_("done")) \
	X(ALREADY, "already", 0, N_("taken before; nothing was done")) \
	X(SIGNATURE, "signature", 1, N_("a signature does not hold")) \
	X(THRESHOLD, "threshold", 1, N_("too few persons or roles signed")) \
	X(REVOKED, "revoked", 1, N_("the signer's key was revoked")) \
	X(TRUST, "trust", 1, N_("the trust file does not hold")) \
	X(AUDIENCE, "audience", 1, N_("the bundle is for another host")) \
	X(RECIPIENT, "recipient", 1, N_("encrypted for somebody else")) \
	X(POLICY, "policy", 1, N_("the stream's policy forbids this")) \
	X(SOURCE, "source", 1, N_("the records come from another source")) \
	X(DIGEST, "digest", 1, N_("a file is not the signed one")) \
	X(CONTENT, "content", 1, N_("the records are not the signed ones")) \
	X(VIEW, "view", 1, N_("the workbook shows other records")) \
	X(LEDGER, "ledger", 1, N_("the ledger's chain is broken")) \
	X(ANCHOR, "anchor", 1, N_("the database is older than its anchor")) \
	X(EXPIRED, "expired", 1, N_("out of date")) \
	X(STALE, "stale", 1, N_("nothing new was taken")) \
	X(REPLAY, "replay", 1, N_("an older bundle")) \
	X(FORK, "fork", 1, N_("two bundles claim the same place")) \
	X(ORDER, "order", 1, N_("not later than the bundle before it")) \
	X(JUMP, "jump", 1, N_("too many bundles are skipped")) \
	X(EPOCH, "epoch", 1, N_("another epoch of the stream")) \
	X(HELD, "held", 1, N_("some records need attention")) \
	X(DIFFERS, "differs", 1, N_("counts or totals do not agree")) \
	X(FORBIDDEN, "forbidden", 1, N_("something that must not cross")) \
	X(OVERDUE, "overdue", 1, N_("a bundle is overdue")) \
	X(USAGE, "usage", 64, N_("called the wrong way")) \
	X(ZIP, "zip", 65, N_("not a ZIP of the allowed form")) \
	X(CMS, "cms", 65, N_("not a CMS message of the allowed form")) \
	X(MANIFEST, "manifest", 65, N_("not a manifest of the allowed form")) \
	X(RECORD, "record", 65, N_("a record breaks its form")) \
	X(XLSX, "xlsx", 65, N_("not a workbook of the allowed form")) \
	X(TEXT, "text", 65, N_("a character cannot be represented")) \
	X(LIMIT, "limit", 65, N_("larger than the limit")) \
	X(CUT, "cut", 65, N_("the stream ends without its proof")) \
	X(RULES, "rules", 78, N_("the rules table breaks its form")) \
	X(CSV, "csv", 65, N_("not a CSV of the allowed form")) \
	X(TLS, "tls", 69, N_("the secure connection failed")) \
	X(REDIRECT, "redirect", 69, N_("the service redirects elsewhere")) \
	X(PROTOCOL, "protocol", 69, N_("the service answers oddly")) \
	X(FLOOD, "limit", 69, N_("the answer is larger than the limit")) \
	X(REMOTE, "refused", 69, N_("the service refused")) \
	X(WORKER, "worker", 70, N_("the parser fell over")) \
	X(BUG, "bug", 70, N_("an internal error")) \
	X(NOMEM, "memory", 71, N_("out of memory")) \
	X(IO, "io", 74, N_("reading or writing failed")) \
	X(FULL, "full", 74, N_("no space left")) \
	X(FILE, "file", 74, N_("not a file that can be used")) \
	X(GAP, "gap", 75, N_("an earlier bundle is missing")) \
	X(EARLY, "early", 75, N_("not valid yet")) \
	X(TRUST_OLD, "trust-old", 75, N_("a newer trust file is needed")) \
	X(LOCKED, "locked", 75, N_("in use by another run")) \
	X(NETWORK, "network", 75, N_("the connection failed")) \
	X(BUSY, "busy", 75, N_("the service is busy")) \
	X(MOVED, "moved", 75, N_("records changed while they were read")) \
	X(CREDENTIALS, "credentials", 77, N_("no valid credentials")) \
	X(PERMISSION, "permission", 77, N_("no permission")) \
	X(SCHEMA, "schema", 78, N_("the form differs from the stored one")) \
	X(CLOCK, "clock", 78, N_("this host's clock is wrong")) \
	X(CONFIG, "config", 78, N_("the configuration is wrong")) \
	X(UNSAFE, "unsafe", 78, N_("others can read or change a private file"))

enum seki_reason {
#define X(name, word, status, sentence) SEKI_##name,
	SEKI_REASONS(X)
#undef X
};

/*
 * The first failure recorded is kept, so no layer hides the cause.  Layers
 * above add where it happened: the outermost object (a file, an address), the
 * line, the record's key, the field's code.  text and hint are for people, translated.
 * No value of a field may stand in any of them.
 */
struct seki_err {
	enum seki_reason reason;
	char object[512];
	unsigned long long line; /* of a stream or table, from 1; 0: none */
	char record[160];
	char field[200];
	char text[1024];
	char hint[2048]; /* a whole command may stand in it */
};
#define SEKI_ERR_INIT { .reason = SEKI_OK }

const char *seki_err_word(enum seki_reason);
int seki_err_status(enum seki_reason);
const char *seki_err_sentence(enum seki_reason);
/* The worse of two exit statuses, in the order of DESIGN 9. */
int seki_err_worse(int, int);
/* Always returns -1, so that "return seki_fail(...)" reads well. */
int seki_fail(struct seki_err *, enum seki_reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int seki_err_nomem(struct seki_err *);
/* What to do next: an exact command or the person to call.  First one stays. */
/* The next step for the reason, when none is known that fits better. */
void seki_err_next(struct seki_err *);
/* The same, for reasons whose next step is one for every tool. */
void seki_err_always(struct seki_err *);
void seki_err_hint(struct seki_err *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Where; a place that was named already stays. */
void seki_err_object(struct seki_err *, const char *object);
void seki_err_record(struct seki_err *, const char *key, size_t n);
void seki_err_field(struct seki_err *, const char *code);
void seki_err_line(struct seki_err *, unsigned long long line);
void seki_err_clear(struct seki_err *);

/* A growing piece of memory.  p is NULL or NUL-terminated at p[n]. */
struct seki_buf {
	char *p;
	size_t n, size;
};
#define SEKI_BUF_INIT { .p = NULL }

int seki_buf_add(struct seki_buf *, const void *, size_t, struct seki_err *);
int seki_buf_byte(struct seki_buf *, int, struct seki_err *);
int seki_buf_str(struct seki_buf *, const char *, struct seki_err *);
int seki_buf_fmt(struct seki_buf *, struct seki_err *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Room for n more bytes at p + n, beside the NUL; n itself stays. */
int seki_buf_room(struct seki_buf *, size_t, struct seki_err *);
void seki_buf_reset(struct seki_buf *);
void seki_buf_free(struct seki_buf *);
/* For secrets: cleansed before it is released. */
void seki_buf_wipe(struct seki_buf *);

/*
 * Byte streams in.  They stack: each filter takes the one below it.  An error
 * is sticky: every later read gives it again.
 */
struct seki_in;

/* A regular file, not through a link (SEKI_FILE), no larger than max bytes
 * (SEKI_LIMIT; 0: any size). */
struct seki_in *seki_in_file(const char *path, uint64_t max, struct seki_err *);
/* A descriptor, taken; name is for messages. */
struct seki_in *seki_in_fd(int fd, const char *name, struct seki_err *);
/* n bytes at p, borrowed for the life of the stream. */
struct seki_in *seki_in_mem(const void *p, size_t n, const char *name,
    struct seki_err *);
/* Counts and digests what passes; both borrowed until seki_in_free, and final
 * once seki_in_read has returned 0. */
struct seki_in *seki_in_sha256(struct seki_in *taken, unsigned char *digest,
    uint64_t *count, struct seki_err *);
/* 0 at the end, else the number of bytes read (may be short), or -1. */
ssize_t seki_in_read(struct seki_in *, void *, size_t, struct seki_err *);
/*
 * One line without its LF: 1, or 0 at the end, or -1: SEKI_LIMIT when longer
 * than max, SEKI_CUT when the input ends without a LF.  *line is borrowed
 * until the next call; it is NUL-terminated at [*n] and may be written to.
 */
int seki_in_line(struct seki_in *, char **line, size_t *n, size_t max,
    struct seki_err *);
const char *seki_in_name(const struct seki_in *);
void seki_in_free(struct seki_in *);

/*
 * Byte streams out.  A file appears under its name only by seki_out_commit:
 * temporary name in the same folder, fsync, rename, fsync of the folder.
 */
struct seki_out;

enum seki_out_how {
	SEKI_OUT_NEW,    /* an existing name is refused (SEKI_FILE) */
	SEKI_OUT_REPLACE /* an existing regular file is replaced */
};
/* mode: 0600 for whatever holds records or keys. */
struct seki_out *seki_out_file(const char *path, mode_t mode,
    enum seki_out_how, struct seki_err *);
/* For programs: SIGTERM, SIGHUP and SIGINT, where they are not ignored, remove
 * the temporary files that are being written, then end the program. */
void seki_tmp_signals(void);
/* A descriptor, borrowed; commit flushes and, for regular files, fsyncs. */
struct seki_out *seki_out_fd(int fd, const char *name, struct seki_err *);
int seki_out_write(struct seki_out *, const void *, size_t, struct seki_err *);
int seki_out_str(struct seki_out *, const char *, struct seki_err *);
/* The temporary file's name, for libraries that write by name: call
 * seki_out_flush before they do, nothing else before commit.  Borrowed. */
const char *seki_out_path(const struct seki_out *);
int seki_out_flush(struct seki_out *, struct seki_err *);
/* Both end the stream; out may be NULL for abort. */
int seki_out_commit(struct seki_out *, struct seki_err *);
void seki_out_abort(struct seki_out *);

/* A whole small file (manifest, trust, rules): bytes appended to buf. */
int seki_in_slurp(const char *path, size_t max, struct seki_buf *,
    struct seki_err *);
/* The same of a file of ours, 0600 or stricter (SEKI_UNSAFE). */
int seki_in_private(const char *path, size_t max, struct seki_buf *,
    struct seki_err *);
/* The same for a file that is believed: ours or root's, and nobody else may
 * write to it (SEKI_UNSAFE). */
int seki_in_believed(const char *path, size_t max, struct seki_buf *,
    struct seki_err *);
/* A secret: regular file of ours, 0600 or stricter (SEKI_UNSAFE), without its
 * final line end.  The caller ends buf with seki_buf_wipe. */
int seki_in_secret(const char *path, struct seki_buf *, struct seki_err *);

/* Text. */
/* 1 when all of it is valid UTF-8 (RFC 3629: no overlong form, no surrogate,
 * nothing past U+10FFFF) without U+0000; else 0 and *bad is the offset. */
int seki_text_utf8(const char *, size_t, size_t *bad);
/* How many of at most max bytes may be shown without cutting a character: a
 * precision for printf. */
int seki_text_cut(const char *, size_t max);
/* Appended with C0, C1, DEL, bidi controls and invalid bytes written as
 * \u{HEX}: safe on a terminal. */
int seki_text_show(struct seki_buf *, const char *, size_t, struct seki_err *);
/* The nearest of a NULL-ended list to word, or NULL when none is near. */
const char *seki_text_nearest(const char *word, const char *const *list);
/* A word as a shell takes it, appended. */
int seki_shell_word(struct seki_buf *, const char *, struct seki_err *);
/* Hexadecimal, lower case; hex has room for 2 n + 1. */
void seki_text_hex(const void *, size_t n, char *hex);
/* The other way; exactly 2 n lower-case digits, else -1 (err untouched). */
int seki_text_unhex(const char *hex, void *, size_t n);
/* Decode one code point of valid UTF-8 at s, *i advanced; encode one at dst
 * (room for 4), the length returned. */
uint32_t seki_text_get(const char *s, size_t n, size_t *i);
size_t seki_text_put(char *dst, uint32_t);
/* A control, or what does not show, ends a line or turns the reading order: in
 * a name it would show another text than there is. */
int seki_text_hidden(uint32_t);

/*
 * The canonical decimal (DESIGN 3): no exponent, no sign but -, no leading or
 * trailing zeros, no -0.  In: RFC 8259 numbers, also with a leading + or dot
 * or leading zeros.  Appended to buf.  0; or 1 when it is no number or would
 * need more than SEKI_DIGITS_MAX digits (err untouched); -1 no memory.
 */
int seki_num_canon(const char *, size_t, struct seki_buf *, struct seki_err *);
/* 1 when the text already is canonical. */
int seki_num_ok(const char *, size_t);
/* Significant digits of a canonical decimal: zeros at either end are none. */
size_t seki_num_digits(const char *, size_t);

/* Time.  Texts of an instant: "2026-04-01T00:15:00Z"; of Japan time:
 * "2026-04-01 09:15". */
#define SEKI_TIME 24
typedef int64_t seki_time;
seki_time seki_time_now(void);
void seki_time_format(seki_time, char out[SEKI_TIME]);
void seki_time_jst(seki_time, char out[SEKI_TIME]);   /* to the minute */
void seki_time_jst_s(seki_time, char out[SEKI_TIME]); /* to the second */
/* Exactly YYYY-MM-DDThh:mm:ssZ, a real day: 0, else -1 (no err). */
int seki_time_parse(const char *, size_t, seki_time *);
/* RFC 3339 as the service may write it: fraction dropped, Z or an offset. */
int seki_time_parse_any(const char *, size_t, seki_time *);
/* 1 for a real proleptic Gregorian day, year 1..9999. */
int seki_time_day_ok(int year, int month, int day);
/* Days since 1970-01-01. */
int64_t seki_time_days(int year, int month, int day);

/*
 * The form: field types are the service's own words (record API 4).
 */
#define SEKI_TYPES(X) \
	X(ID, "__ID__") X(REVISION, "__REVISION__") \
	X(RECORD_NUMBER, "RECORD_NUMBER") X(CREATOR, "CREATOR") \
	X(CREATED_TIME, "CREATED_TIME") X(MODIFIER, "MODIFIER") \
	X(UPDATED_TIME, "UPDATED_TIME") X(SINGLE_LINE_TEXT, "SINGLE_LINE_TEXT") \
	X(MULTI_LINE_TEXT, "MULTI_LINE_TEXT") X(RICH_TEXT, "RICH_TEXT") \
	X(NUMBER, "NUMBER") X(CALC, "CALC") X(CHECK_BOX, "CHECK_BOX") \
	X(RADIO_BUTTON, "RADIO_BUTTON") X(MULTI_SELECT, "MULTI_SELECT") \
	X(DROP_DOWN, "DROP_DOWN") X(DATE, "DATE") X(TIME, "TIME") \
	X(DATETIME, "DATETIME") X(LINK, "LINK") X(FILE, "FILE") \
	X(USER_SELECT, "USER_SELECT") \
	X(ORGANIZATION_SELECT, "ORGANIZATION_SELECT") \
	X(GROUP_SELECT, "GROUP_SELECT") X(STATUS, "STATUS") \
	X(STATUS_ASSIGNEE, "STATUS_ASSIGNEE") X(CATEGORY, "CATEGORY") \
	X(SUBTABLE, "SUBTABLE")

enum seki_type {
#define X(name, word) SEKI_T_##name,
	SEKI_TYPES(X)
#undef X
	SEKI_T_NONE
};

/* CALC by its format setting; NUMBER for every other type. */
enum seki_calc {
	SEKI_C_NUMBER,
	SEKI_C_NUMBER_DIGIT,
	SEKI_C_DATETIME,
	SEKI_C_DATE,
	SEKI_C_TIME,
	SEKI_C_HOUR_MINUTE,
	SEKI_C_DAY_HOUR_MINUTE
};

/* What a type's value looks like, whatever its name. */
enum seki_shape {
	SEKI_S_TEXT,     /* any text */
	SEKI_S_NUMBER,   /* canonical decimal */
	SEKI_S_DATE,     /* YYYY-MM-DD */
	SEKI_S_TIME,     /* hh:mm or hh:mm:ss */
	SEKI_S_DATETIME, /* YYYY-MM-DDThh:mm:ssZ */
	SEKI_S_DURATION, /* 49:30, -1:05 */
	SEKI_S_CHOICES,  /* list of strings */
	SEKI_S_USERS,    /* list of code and name */
	SEKI_S_FILES,    /* list of name, size, digest, type */
	SEKI_S_TABLE
};

struct seki_field {
	char *code;
	char *label;
	enum seki_type type;
	enum seki_calc calc;
	/* SUBTABLE only: its fields, and which table of the schema it is. */
	struct seki_field *sub;
	size_t nsub;
	size_t table;
	char *json; /* owned: "code": as a record's line has it */
	size_t njson;
};

/* Where the records come from (DESIGN 3): a copied app is another source. */
struct seki_source {
	char *system; /* "kintone" */
	char *domain; /* host name */
	char *app;    /* app id */
	/* Owned, or NULL: an array of {name, sha256, …}, the files they were
	 * read from (seki-stream(5)). */
	struct json_t *files;
};

struct seki_schema {
	char *stream;
	char *key; /* the key property's code: "$id" unless a rule says so */
	struct seki_source source;
	struct seki_field *field; /* in column order */
	size_t n;
	size_t tables; /* how many fields are SUBTABLE */
	int deletes;   /* delta: records may carry _sdc_deleted_at */
	unsigned char digest[SEKI_SHA256];
	/* Owned, or NULL; the digest does not cover them (lib/steps.h): the
	 * accepted changes that led here; what seki-normalize made of the
	 * form before, for it alone. */
	struct json_t *steps, *normal;
};

const char *seki_type_word(enum seki_type);
enum seki_type seki_type_find(const char *word, size_t); /* SEKI_T_NONE */
const char *seki_calc_word(enum seki_calc);
int seki_calc_find(const char *word, size_t); /* -1 when unknown */
enum seki_shape seki_field_shape(const struct seki_field *);

struct seki_schema *seki_schema_new(const char *stream, const char *key,
    struct seki_err *);
int seki_schema_source(struct seki_schema *, const char *system,
    const char *domain, const char *app, struct seki_err *);
/* Append a field; parent is NULL or a SUBTABLE field of this schema.  The
 * pointer is borrowed until the next add to the same list.  A code twice is
 * SEKI_RECORD. */
struct seki_field *seki_schema_add(struct seki_schema *,
    struct seki_field *parent, const char *code, const char *label,
    enum seki_type, enum seki_calc, struct seki_err *);
/* After the last add: counts the tables and works out the digest
 * (seki-stream(5), SCHEMA DIGEST). */
int seki_schema_finish(struct seki_schema *, struct seki_err *);
/* The index of a field by its code, or -1. */
int seki_schema_find(const struct seki_schema *, const char *, size_t);
/* All of it but normal. */
struct seki_schema *seki_schema_copy(const struct seki_schema *,
    struct seki_err *);
/* The label as people's tables show it: doubles get （2）.  parent may be
 * NULL.  Appended to buf. */
int seki_schema_label(const struct seki_schema *,
    const struct seki_field *parent, size_t index, struct seki_buf *,
    struct seki_err *);
/* Same key, codes and types, whatever their order: 0; else 1 and what of the
 * first is gone, what of the second is new and what has another type, by codes,
 * in err->text, reason SCHEMA. */
int seki_schema_differs(const struct seki_schema *, const struct seki_schema *,
    struct seki_err *);
void seki_schema_free(struct seki_schema *);

/*
 * A value is its text, by the field's shape; "set" tells the empty string's
 * kind of nothing from a value (every kind of empty is one).  Lists: items
 * joined by LF; inside an item LF, CR and U+241B are written ␛{A} ␛{D}
 * ␛{241B}, an empty item is ␛{}; a user is "name <code>" (< in the code:
 * ␛{3C}); a file "name <size sha256 type>", - for an unknown sha256, < and
 * blank in the type escaped, no type when there is none.  A table's value are
 * its rows.
 */
struct seki_value {
	const char *p;
	size_t n;
	int set;
	size_t nrow;
	struct seki_row *row;
};
struct seki_row {
	struct seki_value id; /* the service's row id, "$id" */
	struct seki_value *v; /* by the table's fields */
};
enum seki_kind {
	SEKI_RECORD_ROW,
	SEKI_RECORD_HELD,   /* only key and reasons */
	SEKI_RECORD_DELETED /* only key and deleted_at */
};
struct seki_record {
	enum seki_kind kind;
	struct seki_value key;
	struct seki_value *v;       /* by the schema's fields; the key's too */
	struct seki_value reasons;  /* HELD: a JSON array of objects, as it was */
	struct seki_value deleted;  /* DELETED: the instant */
};

/* Order of keys (DESIGN 3): shorter first, then by bytes.  <0, 0, >0. */
int seki_key_cmp(const char *, size_t, const char *, size_t);

/* Reading and building list texts, so that nobody parses them twice. */
struct seki_item {
	const char *p; /* name or choice, unescaped; borrowed from the buf */
	size_t n;
	const char *code, *size, *sha256, *type; /* or NULL */
	size_t ncode, nsize, nsha256, ntype;
};
/* Take the item at *at (0 first) of a list text; 1, 0 after the last, -1 with
 * SEKI_RECORD when it is no such list.  buf holds the item until next call. */
int seki_item_next(enum seki_shape, const struct seki_value *, size_t *at,
    struct seki_buf *, struct seki_item *, struct seki_err *);
/* Append an item to a list text under construction (first: buf->n == 0). */
int seki_item_add(enum seki_shape, struct seki_buf *,
    const struct seki_item *, struct seki_err *);

/* Is the text of this shape?  NULL, or what is wrong in a few words. */
const char *seki_value_check(enum seki_shape, const char *, size_t);

/*
 * The content root "seki-root-1" (DESIGN 5, seki-stream(5)).
 */
struct seki_proof {
	char kind[8]; /* "full" or "delta"; "part" inside a part of a bundle */
	uint64_t records, held, deleted;
	uint64_t rows[SEKI_FIELDS_MAX]; /* per table */
	unsigned char root[SEKI_SHA256];
};
struct seki_canon;
struct seki_canon *seki_canon_new(const struct seki_schema *borrowed,
    struct seki_err *);
/* Records must come in key order (SEKI_RECORD).  leaf may be NULL; it is the
 * record's own leaf. */
int seki_canon_add(struct seki_canon *, const struct seki_record *,
    unsigned char *leaf, struct seki_err *);
/* Same, when lists come one by one (workbook sheets, database tables): a
 * record without its tables' rows, a row of table t, whose ordinal is counted
 * from 1 within equal parents. */
int seki_canon_record(struct seki_canon *, const struct seki_record *,
    unsigned char *leaf, struct seki_err *);
int seki_canon_row(struct seki_canon *, size_t t, const char *parent, size_t n,
    const struct seki_row *, struct seki_err *);
/* The leaf worked out last; borrowed until the next one. */
const unsigned char *seki_canon_leaf(const struct seki_canon *);
/* Fills counts and root; kind is the caller's. */
int seki_canon_end(struct seki_canon *, struct seki_proof *, struct seki_err *);
void seki_canon_free(struct seki_canon *);
/* The canonical text of a value, appended: what a leaf holds and a cell
 * shows.  Differs from the value's text by line ends (CRLF, CR become LF) and
 * by a file's type, which is left out. */
int seki_canon_text(enum seki_shape, const struct seki_value *,
    struct seki_buf *, struct seki_err *);

/*
 * The record stream (DESIGN 3, seki-stream(5)).  Reading checks every line
 * and, at the end, the proof: a stream without it is SEKI_CUT, one whose
 * records are others is SEKI_CONTENT.
 */
struct seki_stream_in;
/* in is taken.  Reads SCHEMA. */
struct seki_stream_in *seki_stream_open(struct seki_in *, struct seki_err *);
const struct seki_schema *seki_stream_schema(const struct seki_stream_in *);
/* 1 and a record borrowed until the next call; 0 after a good proof; -1. */
int seki_stream_next(struct seki_stream_in *, struct seki_record **,
    struct seki_err *);
/* The line of that record without LF, as it came; borrowed likewise. */
const char *seki_stream_line(const struct seki_stream_in *, size_t *n);
/* The record's leaf; borrowed likewise. */
const unsigned char *seki_stream_leaf(const struct seki_stream_in *);
/* After 0: the proof, the rest of its STATE, and the STATE's whole value as
 * JSON; borrowed until seki_stream_free. */
const struct seki_proof *seki_stream_proof(const struct seki_stream_in *);
const struct seki_ending *seki_stream_ending(const struct seki_stream_in *);
const char *seki_stream_state(const struct seki_stream_in *);
void seki_stream_free(struct seki_stream_in *);

struct seki_stream_out;
/* out and schema are borrowed.  Writes SCHEMA. */
struct seki_stream_out *seki_stream_create(struct seki_out *,
    const struct seki_schema *, struct seki_err *);
int seki_stream_put(struct seki_stream_out *, const struct seki_record *,
    struct seki_err *);
/*
 * The end of a stream, as its STATE says it.  All borrowed.
 * kind: "full" or "delta".  bookmarks: a JSON object, what the next pull needs,
 * or NULL for {}.  source: a JSON object about the fetch or NULL for {}; the
 * keys are those of the manifest's source (seki-stream(5)) and "attachments".
 * rules: hexadecimal digest of the rules table applied, or NULL.
 */
struct seki_ending {
	const char *kind;
	const char *bookmarks;
	const char *source;
	const char *rules;
};
/*
 * Write the proof.  from is NULL or the proof of the stream this one was made
 * from; dropped the records left out on purpose: from = records + held +
 * dropped (and deleted = deleted), else SEKI_BUG.  proof may be NULL.  Nothing
 * is committed: the caller commits out.
 */
int seki_stream_end(struct seki_stream_out *, const struct seki_ending *,
    const struct seki_proof *from, uint64_t dropped, struct seki_proof *proof,
    struct seki_err *);
void seki_stream_abort(struct seki_stream_out *); /* frees, after end too */

/* Folders that are ours alone (threats C11). */
/* Must be a folder of ours that nobody else may write to (SEKI_UNSAFE);
 * created 0700 when absent and create is set. */
int seki_dir_private(const char *path, int create, struct seki_err *);
/* A new file without a name, in dir or, with NULL, in /var/tmp; it is gone
 * with the process, whatever ends it. */
int seki_dir_spool(const char *dir, struct seki_err *);
/* Open the spool file again with a position of its own, read only. */
int seki_dir_reopen(int fd, struct seki_err *);
/* Lock path (created 0600): the descriptor to close; SEKI_LOCKED when another
 * run holds it.  A dead process holds none. */
int seki_dir_lock(const char *path, struct seki_err *);

/*
 * Configuration: a strict INI (DESIGN 8, seki.conf(5)).
 */
struct seki_conf;
/* known: NULL-ended list of "section.key" (or "key" before any section).
 * SEKI_CONFIG names line and nearest known key. */
struct seki_conf *seki_conf_open(const char *path, const char *const *known,
    struct seki_err *);
/* Borrowed until seki_conf_free; NULL when not set. */
const char *seki_conf_get(const struct seki_conf *, const char *key);
/* The line where it was set, or 0. */
unsigned seki_conf_line(const struct seki_conf *, const char *key);
void seki_conf_free(struct seki_conf *);

/*
 * CSV (RFC 4180), reading and writing.
 *
 * Reading: UTF-8 with or without a BOM, rows ended by CRLF or LF (the last
 * one's may be missing), a quote only around a whole cell; anything else is
 * SEKI_CSV with the row's number.  Rows count from 1 as a spreadsheet counts
 * them; wholly empty lines are passed over but counted.
 */
struct seki_csv_in;
struct seki_csv_cell {
	const char *p; /* valid UTF-8 without U+0000, and a NUL behind it */
	size_t n;
};
/* in is taken. */
struct seki_csv_in *seki_csv_open(struct seki_in *, struct seki_err *);
/* The same with another separator than the comma. */
struct seki_csv_in *seki_csv_open_by(struct seki_in *, char separator,
    struct seki_err *);
/* The next row: 1, 0 after the last, or -1: SEKI_CSV, SEKI_LIMIT (a cell past
 * SEKI_VALUE_MAX, a row past SEKI_RECORD_MAX or SEKI_CSV_COLS cells).  Cells
 * are borrowed until the next call.  How many a row has is for the caller to
 * judge. */
int seki_csv_next(struct seki_csv_in *, const struct seki_csv_cell **cell,
    size_t *n, struct seki_err *);
/* Number of the row just read. */
uint64_t seki_csv_row(const struct seki_csv_in *);
void seki_csv_free(struct seki_csv_in *);

enum seki_csv_for {
	/* UTF-8, LF, quotes only where RFC 4180 needs them. */
	SEKI_CSV_MACHINE,
	/* For spreadsheets: BOM, CRLF, and a cell that one would take for a
	 * formula (it begins with = + - @ TAB CR LF or their full-width forms)
	 * or that begins with ' gets a ' in front, so that taking one leading
	 * ' away gives the value back.  Plain decimals stay as they are. */
	SEKI_CSV_PEOPLE
};
struct seki_csv_out;
/* out is borrowed; the caller commits it. */
struct seki_csv_out *seki_csv_create(struct seki_out *, enum seki_csv_for,
    struct seki_err *);
/* The next cell of the row; then the row's end. */
int seki_csv_put(struct seki_csv_out *, const char *, size_t,
    struct seki_err *);
int seki_csv_end(struct seki_csv_out *, struct seki_err *);
void seki_csv_close(struct seki_csv_out *); /* frees; NULL is fine */

/*
 * Rules tables and normalising (DESIGN 4, seki-rules(5)).
 *
 * How a value can break a rule: name, word, sentence.  The words stand in HELD
 * messages and are stable.
 */
#define SEKI_BROKEN(X) \
	X(EMPTY, "empty", N_("empty, but required")) \
	X(UNPARSED, "unparsed", N_("cannot be read as this kind")) \
	X(CHARSET, "charset", N_("a character that this kind does not have")) \
	X(LENGTH, "length", N_("not of the right length")) \
	X(TOO_LONG, "too-long", N_("too long")) \
	X(RANGE, "range", N_("outside the range")) \
	X(CALENDAR, "calendar", N_("no such day")) \
	X(NO_DAY, "no-day", N_("a month without its day")) \
	X(ERA_RANGE, "era-range", N_("the day is not in this era")) \
	X(ERA_MISMATCH, "era-mismatch", N_("the two years differ")) \
	X(PRE_GREGORIAN, "pre-gregorian", N_("before 1873-01-01")) \
	X(WEEKDAY, "weekday", N_("the day of the week is another")) \
	X(AMBIGUOUS, "ambiguous", N_("can be read in two ways")) \
	X(GROUPING, "grouping", N_("thousands are not grouped by three")) \
	X(ZERO_LOST, "leading-zero-lost", N_("the leading zero is lost")) \
	X(CHECK_DIGIT, "check-digit", N_("the check digit is wrong")) \
	X(NO_CANDIDATE, "no-candidate", N_("the lookup table does not have it")) \
	X(FORBIDDEN, "forbidden", N_("not empty, and must not cross"))

enum seki_broken {
	SEKI_B_OK,
#define X(name, word, sentence) SEKI_B_##name,
	SEKI_BROKEN(X)
#undef X
	SEKI_B_COUNT
};
const char *seki_broken_word(enum seki_broken);
const char *seki_broken_sentence(enum seki_broken);

/* A rules table.  SEKI_RULES names row, column and the nearest valid word. */
struct seki_rules;
/* in is taken. */
struct seki_rules *seki_rules_read(struct seki_in *, struct seki_err *);
struct seki_rules *seki_rules_open(const char *path, struct seki_err *);
/* SHA-256 of the file's bytes, hexadecimal; with lookup tables or tables about
 * characters, of a list of files (seki-rules(5), LOOKUP TABLES).  Borrowed. */
const char *seki_rules_digest(const struct seki_rules *);
const char *seki_rules_name(const struct seki_rules *); /* of its file */
/* Is the field, CODE or TABLE.CODE, a source, or a table with one?  The first
 * row that says so, or 0. */
unsigned long long seki_rules_uses(const struct seki_rules *, const char *path);
/*
 * The lookup tables of which a run found values that they do not know, 0 to
 * n - 1; how many values wait, and how many more could not be collected.  NULL
 * past the last.  The name is borrowed.
 */
const char *seki_rules_waiting(const struct seki_rules *, size_t i,
    uint64_t *values, uint64_t *more);
/* The worklist of the i-th of them: a workbook to out, which is the caller's to
 * commit; headers English or Japanese. */
int seki_rules_worklist(const struct seki_rules *, size_t i, int english,
    const char *spool, struct seki_out *out, struct seki_err *);
void seki_rules_free(struct seki_rules *);

/*
 * What differs between two tables, told one after another: rows that came or
 * changed in the order of the new one, then those that went.  Neither the
 * files' forms nor their notes count.
 */
struct seki_rules_change {
	const char *what;	/* "added", "removed", "changed", "moved" */
	const char *output;
	unsigned long long row; /* in the new table; 0: removed */
	/* Of "changed": the column, and what it said and says, in English and
	 * as the rules mean it; "": nothing.  Else all "". */
	const char *column, *was, *now;
	const char *words; /* all of it for people, one safe line */
};
typedef int seki_rules_told(
    void *ctx, const struct seki_rules_change *, struct seki_err *);
/* How many, or -1; english: the table's words in words.  told may be NULL. */
int seki_rules_diff(const struct seki_rules *was, const struct seki_rules *is,
    int english, seki_rules_told *, void *ctx, struct seki_err *);

/*
 * Who accepted a table for use without a person: TABLE.ok beside it
 * (seki-rules(5)).  Accepted is a digest, that of the bytes that were read.
 */
/* 0, or SEKI_CONFIG when nobody accepted it, naming what changed; also for a
 * TABLE.ok that breaks its form or is another table's. */
int seki_rules_accepted(
    const struct seki_rules *, int english, struct seki_err *);
struct seki_rules_ok {
	int changes;	      /* since the one accepted last */
	int known;	      /* it is the one accepted last */
	char by[257];	      /* who accepted last: SEKI_PERSON_MAX; "": none */
	char at[SEKI_TIME];   /* when */
};
/* Tell what changed since the last accepted one; then, unless by is NULL,
 * write down that this person accepts it.  SEKI_USAGE for what is no name,
 * SEKI_CONFIG for a broken TABLE.ok, SEKI_LIMIT. */
int seki_rules_accept(const struct seki_rules *, const char *by, int english,
    seki_rules_told *, void *ctx, struct seki_rules_ok *, struct seki_err *);

/* A rules table bound to the form of a stream: every source found, every type
 * accepted, or SEKI_RULES.  Both are borrowed for its life. */
struct seki_plan;
struct seki_plan *seki_plan_new(const struct seki_rules *,
    const struct seki_schema *, struct seki_err *);
/* The form of what comes out; borrowed. */
const struct seki_schema *seki_plan_schema(const struct seki_plan *);
/* Codes of the fields that no rule carries on, joined by ", ", appended; how
 * many, or -1. */
int seki_plan_left(const struct seki_plan *, struct seki_buf *,
    struct seki_err *);
void seki_plan_free(struct seki_plan *);

/* What normalising found. */
/* How many held keys a message names. */
#define SEKI_HELD_NAMED 10
struct seki_normal {
	uint64_t records; /* came in, as records */
	uint64_t held;	  /* broke a rule here */
	uint64_t flagged; /* values kept with a flag */
	uint64_t unknown; /* values kept that a lookup table does not know */
	struct seki_buf keys;	/* the first held keys: "12, 15" */
	struct seki_buf broken; /* "FIELD RULE CODE COUNT" lines */
	struct seki_buf said;	/* the same lines in words */
	struct seki_proof proof;
};
/*
 * Stream to stream.  Records that break a rule are held in their place; past
 * max_held nothing more is written, all is read to the end, and it fails with
 * SEKI_HELD.  What was written then has no proof.  progress may be NULL.  The
 * result is filled in on failure, too, as far as it goes; released by
 * seki_normal_release.
 */
int seki_normalize(const struct seki_plan *, struct seki_stream_in *,
    struct seki_out *, uint64_t max_held, void (*progress)(uint64_t records),
    struct seki_normal *, struct seki_err *);
void seki_normal_release(struct seki_normal *);
/* How each output of the record with this key comes about, in words, appended:
 * 1; 0 when the stream, read to its end, has no such record; -1. */
int seki_normalize_explain(struct seki_plan *, struct seki_stream_in *,
    const char *key, struct seki_buf *text, struct seki_err *);

/* A first rules table from a whole stream, for people (SEKI_CSV_PEOPLE);
 * headers in Japanese or, with english set, in English. */
int seki_rules_init(struct seki_stream_in *, struct seki_out *, int english,
    struct seki_err *);
/* The same as a workbook, with what staff need to go on. */
int seki_rules_book(struct seki_stream_in *, struct seki_out *, int english,
    struct seki_err *);

/*
 * Tables and forms that portals and people give, as a record stream
 * (seki-read(1), seki-layout(5)).
 */
struct seki_intake_how {
	const char *stream;
	/* Headers or field codes, NULL-ended; NULL: the layout's, or without
	 * one the row's number. */
	const char *const *key;
	const char *sheet, *range, *encoding; /* words, or NULL */
	char separator;			      /* 0: decided */
	uint64_t header_row;		      /* 0: the first with a cell */
	const char *layouts; /* a folder, or NULL */
	const char *form;    /* a table of cells, or NULL */
	int overlap;	     /* files may have records in common */
	size_t files;	     /* how many will be added */
	uint64_t max_errors; /* problems that are reported before it ends */
	const char *spool;   /* or NULL */
	/* Any of them may be NULL.  What is said is translated. */
	void (*say)(const char *);
	void (*problem)(const struct seki_err *);
	void (*progress)(uint64_t rows);
};
struct seki_intake_file {
	char *name; /* without its folders */
	char digest[SEKI_HEX];
	char *layout, *sheet; /* "" for none; of a form, the sheets' number */
	char layout_digest[SEKI_HEX];
	const char *encoding;
	/* rows = records + above + empty + outside: each row that has a cell */
	uint64_t rows, records, above, empty, outside;
	uint64_t overlap; /* of the records: another file has them, too */
	uint64_t hidden, ragged;
};
struct seki_intake;
/* how is borrowed for its life.  SEKI_RULES, SEKI_CONFIG. */
struct seki_intake *seki_intake_new(const struct seki_intake_how *,
    struct seki_err *);
/*
 * Read one file to its end: its records wait in the spool.  SEKI_SCHEMA when
 * no layout has its headers, SEKI_CONFIG when two do, or a digest was here
 * before; SEKI_CSV, SEKI_XLSX, SEKI_LIMIT.  Rows that cannot be taken are
 * problems: all of them are reported, and then nothing is written.
 */
int seki_intake_add(struct seki_intake *, const char *path, struct seki_err *);
/* Of the files added, in their order; NULL past the last. */
const struct seki_intake_file *seki_intake_file(const struct seki_intake *,
    size_t i);
/* The whole stream.  Fails with the first problem's reason when there were
 * some.  Nothing is committed. */
int seki_intake_write(struct seki_intake *, struct seki_out *,
    struct seki_proof *, struct seki_err *);
void seki_intake_free(struct seki_intake *);

/*
 * The manifest (threats C2, DESIGN 6, seki-bundle(5)): canonical or refused.
 */
struct seki_entry {
	char *name;
	char *role; /* "records", "view", "attachment" */
	uint64_t size;
	unsigned char sha256[SEKI_SHA256];
};
struct seki_manifest {
	char *org, *stream, *audience, *kind, *carrier, *prepared_by;
	char *title, *purpose, *class, *period; /* may be "" */
	uint64_t epoch, seq, trust;
	char prev[SEKI_HEX]; /* of the previous manifest's bytes; "" for seq 1 */
	seki_time created, not_before, expires;
	seki_time next_by; /* 0: no next one is due */
	struct seki_source source;
	char *query_sha256, *fetched_from, *fetched_to, *id_min, *id_max;
	uint64_t total; /* the service's own count */
	char *attachments; /* "none" or "all" */
	char *schema_id;
	unsigned char schema[SEKI_SHA256];
	unsigned char root[SEKI_SHA256];
	uint64_t records, deletes, held;
	char *rules; /* hexadecimal or "" */
	char *scan;  /* "clear", "suspect", "found"; "": not scanned */
	char *scan_by, *scan_reason; /* who let it pass, why; or both "" */
	char *approval_kind, *approval_number, *approval_code; /* or "" */
	uint64_t part, parts;
	char *set;
	int test;
	struct seki_entry *file; /* sorted by name */
	size_t nfile;
	char **recipient;
	size_t nrecipient;
	char **note; /* pairs: note[2 i] is the name, note[2 i + 1] the text */
	size_t nnote; /* pairs */
};
/* Bytes appended in canonical form. */
int seki_manifest_format(const struct seki_manifest *, struct seki_buf *,
    struct seki_err *);
/* SEKI_MANIFEST: not canonical, unknown key, wrong value; names it. */
struct seki_manifest *seki_manifest_parse(const char *, size_t,
    struct seki_err *);
/* All texts "", part 1 of 1; the rest 0. */
struct seki_manifest *seki_manifest_new(struct seki_err *);
void seki_manifest_free(struct seki_manifest *);
/* Replace a string member; s may be NULL for "". */
int seki_manifest_set(char **member, const char *s, struct seki_err *);
/* Kept sorted by name; a name twice is SEKI_MANIFEST. */
int seki_manifest_file(struct seki_manifest *, const char *name,
    const char *role, uint64_t size, const unsigned char *sha256,
    struct seki_err *);
int seki_manifest_note(struct seki_manifest *, const char *name,
    const char *text, struct seki_err *);
/* The text of a note, the manifest's; "" when there is none of that name. */
const char *seki_manifest_noted(const struct seki_manifest *, const char *name);

/*
 * Keys and signatures (threats C4): one detached CMS SignedData a person and
 * role.
 */
enum seki_purpose {
	SEKI_P_PREPARE,
	SEKI_P_APPROVE,
	SEKI_P_RELEASE,
	SEKI_P_TRUST,
	SEKI_P_RECEIPT,
	SEKI_P_CHECKPOINT
};
struct seki_key;
/* Its owner's id, as the certificate names it; borrowed. */
const char *seki_key_owner(const struct seki_key *);
/* A 0600 file with private key and certificate in PEM (SEKI_UNSAFE,
 * SEKI_CREDENTIALS). */
struct seki_key *seki_key_open(const char *path, struct seki_err *);
/* New P-256 key with a self-signed certificate for id; written 0600, never
 * over a file. */
struct seki_key *seki_key_make(const char *path, const char *id,
    seki_time not_before, seki_time not_after, struct seki_err *);
/* A key that decrypts, likewise, and its certificate as PEM beside it: path
 * with .pem for its .key, or after it, goes into pem. */
struct seki_key *seki_key_recipient(const char *path, const char *id,
    seki_time not_before, seki_time not_after, char *pem, size_t size,
    struct seki_err *);
/* SHA-256 of the certificate's DER, hexadecimal; borrowed. */
const char *seki_key_id(const struct seki_key *);
int seki_key_cert(const struct seki_key *, struct seki_buf *der,
    struct seki_err *);
void seki_key_free(struct seki_key *);
int seki_cms_sign(const struct seki_key *, enum seki_purpose, const void *,
    size_t, seki_time, struct seki_buf *der, struct seki_err *);
/* Verify strictly over the given bytes with the one given certificate (DER).
 * SEKI_CMS, SEKI_SIGNATURE.  *purpose and *when are what was signed. */
int seki_cms_verify(const void *der, size_t, const void *data, size_t,
    const void *cert, size_t, enum seki_purpose *purpose, seki_time *when,
    struct seki_err *);
const char *seki_purpose_word(enum seki_purpose);

/*
 * Trust (threats C5): a folder with N.json, its signatures N.KEYID16.p7s, and
 * deny, which only this host's administrator extends.
 */
struct seki_trust;
struct seki_policy {
	unsigned prepare, approve, release; /* persons (or hosts) needed */
	uint64_t epoch, start, max_jump;
	int64_t max_age; /* seconds, 0: no ceiling */
	int clear;       /* a bundle in the clear is allowed */
	int media, relay; /* carriers allowed */
	char audience[128]; /* "" or "*": any */
	uint64_t max_records, max_bytes; /* of one bundle, 0: no ceiling */
	int view; /* a bundle of carrier media must hold the workbook */
	/* Key ids a bundle of carrier media is encrypted to; 0: in the clear. */
	char recipient[SEKI_RECIPIENTS_MAX][SEKI_HEX];
	size_t nrecipient;
};
struct seki_signer {
	char id[64];   /* person or host */
	char key[SEKI_HEX];
	enum seki_purpose purpose;
	seki_time when;
};
/* A signature as it stood in the bundle. */
struct seki_sig {
	const char *name; /* sig/prepare.KEYID16.p7s */
	const void *der;
	size_t n;
};
/* The folder and what is read in it must be ours or root's and closed to
 * others (SEKI_UNSAFE).  Every version in it must follow from the one before
 * (SEKI_TRUST).  now 0: an expired trust file is taken too, for showing it. */
struct seki_trust *seki_trust_open(const char *dir, seki_time now,
    struct seki_err *);
uint64_t seki_trust_version(const struct seki_trust *);
const char *seki_trust_org(const struct seki_trust *);
seki_time seki_trust_expires(const struct seki_trust *);
/* Persons who can approve: 1 means 一人運用（承認なし）. */
size_t seki_trust_persons(const struct seki_trust *);
int seki_trust_policy(const struct seki_trust *, const char *stream,
    struct seki_policy *, struct seki_err *);
/* Who a key belongs to: host or person id, borrowed; NULL when unknown. */
const char *seki_trust_owner(const struct seki_trust *, const char *key_id);
/* Every signature over the manifest's bytes, then the stream's roles and
 * counts, then what its policy says about the manifest: SEKI_SIGNATURE, REVOKED,
 * THRESHOLD, TRUST_OLD, CMS, TRUST (another organisation), POLICY.  signer has
 * room for nsig. */
int seki_trust_check(const struct seki_trust *, const struct seki_manifest *,
    const void *bytes, size_t n, const struct seki_sig *sig, size_t nsig,
    struct seki_signer *signer, struct seki_err *);
void seki_trust_free(struct seki_trust *);
/* Who and what a trust file names: borrowed, NULL past the last one. */
struct seki_trust_member {
	char id[SEKI_ID_MAX + 1];
	char *name; /* for people; may be "" */
	int host;   /* else a person */
	int safe;   /* a person's place that is the sealed key's */
	int root;   /* may sign trust files */
};
/* Roles are bits 1 << index in the list seki_trust_role gives. */
enum {
	SEKI_R_PREPARE = 1 << SEKI_P_PREPARE,
	SEKI_R_APPROVE = 1 << SEKI_P_APPROVE,
	SEKI_R_RELEASE = 1 << SEKI_P_RELEASE,
	SEKI_R_ROOT = 1 << SEKI_P_TRUST,
	SEKI_R_RECEIPT = 1 << SEKI_P_RECEIPT,
	SEKI_R_CHECKPOINT = 1 << SEKI_P_CHECKPOINT,
	SEKI_R_DECRYPT = 1 << (SEKI_P_CHECKPOINT + 1)
};
struct seki_trust_key {
	char id[SEKI_HEX];
	char owner[SEKI_ID_MAX + 1];
	unsigned roles;
	unsigned algorithms; /* bits 1 << index of the words of seki-bundle(5) */
	char **stream; /* names; "*" for all */
	size_t nstream;
	seki_time not_before, not_after;
	struct seki_buf cert; /* DER */
	unsigned char spki[SEKI_SHA256]; /* of its public key */
};
const struct seki_trust_member *seki_trust_member(const struct seki_trust *,
    size_t);
const struct seki_trust_key *seki_trust_key(const struct seki_trust *, size_t);
const char *seki_trust_stream(const struct seki_trust *, size_t);
const char *seki_trust_role(size_t); /* "prepare"; NULL past the last */
/* Revoked in the trust file or denied on this host: 1 and *when (0: denied). */
int seki_trust_revoked(const struct seki_trust *, const char *key_id,
    seki_time *when);
size_t seki_trust_threshold(const struct seki_trust *); /* of root persons */
seki_time seki_trust_created(const struct seki_trust *);
/* The canonical bytes of the newest version; borrowed. */
const char *seki_trust_bytes(const struct seki_trust *, size_t *n);
/* The i-th warning about what ends within 30 days (threats C11), translated,
 * into text: 1; 0 when there is no i-th. */
int seki_trust_warn(const struct seki_trust *, seki_time now, size_t i,
    char *text, size_t size);

/*
 * First contact (seki-key(1)).
 */
#define SEKI_DIGITS 36 /* "12345 67890 ..." with its NUL */
/* The thirty digits two people compare. */
int seki_enrol_digits(const struct seki_trust *, char out[SEKI_DIGITS],
    struct seki_err *);
/* Those of other bytes: a certificate's DER. */
int seki_enrol_digits_of(const void *, size_t, char out[SEKI_DIGITS],
    struct seki_err *);
/* 1 when people's spelling of digits (spaces, hyphens, full width) is that. */
int seki_enrol_same(const char *digits, const char *theirs);
struct seki_enrol {
	const char *trust; /* folder to make */
	const char *keys;  /* folder for the key files */
	const char *org, *host, *person, *safe; /* ids */
	int relay; /* the carrier relay is allowed, too */
	seki_time now;
	char file[3][512]; /* made: host, person, safe key */
	seki_time expires; /* of the trust file */
};
/* Make three keys and version 1.  SEKI_FILE when anything exists already, and
 * then nothing was made. */
int seki_enrol_init(struct seki_enrol *, struct seki_err *);
/* The end of 31 May after the next April, Japan time. */
seki_time seki_enrol_end(seki_time now);
/* When a key that is made now ends: two years later. */
seki_time seki_enrol_key_end(seki_time now);
/* Verify the folder somebody brought, whoever owns it. */
struct seki_trust *seki_enrol_open(const char *source, seki_time now,
    struct seki_err *);
/* Install what seki_enrol_open verified, without reading the source again: 0; 1
 * when dir holds just this already.  What dir holds must be a part of it, byte
 * for byte (SEKI_TRUST). */
int seki_enrol_accept(const struct seki_trust *, const char *dir,
    struct seki_err *);

/*
 * The next version of the trust file: a key that decrypts is named, and bundles
 * of a stream go to it from then on.
 */
struct seki_next {
	const char *dir; /* the trust folder */
	/* PEM, or what seki_key_recipient made of it; NULL: carriers are changed
	 * to those below, and seki_next_open is not called. */
	const char *certificate;
	int media, relay;
	const char *owner;	 /* a host; new ones are added */
	const char *stream;	 /* a name, or "*" */
	const char *const *root; /* key files that sign; NULL ends them */
	seki_time now;
	/* Read by seki_next_open. */
	struct seki_buf der;
	char id[SEKI_HEX], digits[SEKI_DIGITS];
	seki_time not_after;
	/* Made by seki_next_make. */
	uint64_t version;
};
/* Read and judge the certificate (SEKI_TRUST). */
int seki_next_open(struct seki_next *, struct seki_err *);
/* Sign and install it: 0; 1 when the newest version says all this already.
 * SEKI_THRESHOLD when the keys are those of too few root persons. */
int seki_next_make(struct seki_next *, struct seki_err *);
void seki_next_free(struct seki_next *);

/*
 * Read a workbook back: work out the proof of what its cells say, whoever
 * wrote it last.  fd is borrowed and its position stays; the workbook lies at
 * offset, length bytes long.  SEKI_ZIP, SEKI_XLSX (a formula, merged cells, a
 * DOCTYPE, active content), SEKI_LIMIT; SEKI_VIEW, with sheet, cell, record
 * and field, when the cells cannot be the form's records: a value of another
 * type, a column or sheet missing, something hidden, rows not in key order.
 * Whether they are the right ones the caller sees by the root.  m may be NULL;
 * else the cover's cells must say what the manifest says (SEKI_VIEW), and
 * proof->kind is the manifest's.
 */
int seki_sheet_read(int fd, uint64_t offset, uint64_t length,
    const struct seki_schema *, const struct seki_manifest *m,
    struct seki_proof *, struct seki_err *);

/*
 * Bundles (threats C1, C8; DESIGN 6).
 */
/* The structure check, before any library opens the file: own is the narrow
 * profile, else the one for workbooks that others wrote. */
int seki_zip_check(int fd, uint64_t offset, uint64_t length, int own,
    struct seki_err *);
struct seki_bundle;
/* Steps 1 and 2 of C8: opens without following links, copies to the spool
 * while hashing, checks the structure, reads manifest and signatures. */
struct seki_bundle *seki_bundle_open(const char *path, const char *spool,
    struct seki_err *);
const struct seki_manifest *seki_bundle_manifest(const struct seki_bundle *);
/* SHA-256 of manifest.json. */
const unsigned char *seki_bundle_digest(const struct seki_bundle *);
/* SHA-256 and size of the file itself, as it was copied. */
const unsigned char *seki_bundle_sha256(const struct seki_bundle *);
uint64_t seki_bundle_size(const struct seki_bundle *);
/* The signatures as they stand in it; borrowed. */
const struct seki_sig *seki_bundle_sigs(const struct seki_bundle *, size_t *n);
/* An entry's bytes, inflated; own descriptor position, so several may be read
 * at once. */
struct seki_in *seki_bundle_entry(const struct seki_bundle *, const char *name,
    struct seki_err *);
void seki_bundle_free(struct seki_bundle *);

/*
 * What a file says of itself, nothing of it verified (seki-show(1)).
 */
struct seki_show {
	void *ctx;
	/*
	 * One statement.  key is for machines: "name" a text, "#name" a
	 * number or true or false, "name[]" one more of a list.  label is for
	 * people and translated; text is what the file says, not made safe for
	 * a terminal; exact is the same for machines.
	 */
	int (*say)(void *ctx, const char *key, const char *label,
	    const char *text, const char *exact, struct seki_err *);
	/* One of the first records; line is its message as it stands. */
	int (*record)(void *ctx, const struct seki_schema *,
	    const struct seki_record *, const char *line, size_t n,
	    struct seki_err *);
	uint64_t records; /* how many of them at most */
	const struct seki_trust *trust; /* whose keys are named, or NULL */
};
/* path: a stream ("-": standard input), bundle, manifest, trust file or trust
 * folder.  What could be read before a failure has been said. */
int seki_show_path(const char *path, const struct seki_show *,
    struct seki_err *);

/*
 * What a relay did to a workbook (seki-verify(1)): which rows and cells are not
 * the signed ones.
 */
enum seki_damage_kind {
	SEKI_DAMAGE_CHANGED,
	SEKI_DAMAGE_MISSING,
	SEKI_DAMAGE_ADDED, /* never signed */
	SEKI_DAMAGE_DOUBLED
};
struct seki_damage_item {
	enum seki_damage_kind kind;
	/* Several rows and several columns of a block are wrong: the cell is
	 * one of those where they cross. */
	int suspect;
	const char *list; /* the sheet's name, without its number */
	const char *key;  /* of the record; "" when the row has none */
	uint32_t ordinal; /* of a table's row, or 0 */
	/* CHANGED: the field; both NULL when it cannot be told. */
	const char *label, *code;
	const char *sheet, *cell; /* "B7"; "" for MISSING */
	const char *found; /* what stands there, cut to some 200 bytes, or NULL */
};
struct seki_damage;
struct seki_damage *seki_damage_new(struct seki_err *);
/* A copy; past SEKI_DAMAGE_ITEMS it is only counted. */
int seki_damage_add(struct seki_damage *, const struct seki_damage_item *,
    struct seki_err *);
/* How many of a kind: rows, not cells. */
uint64_t seki_damage_count(const struct seki_damage *, enum seki_damage_kind);
/* The i-th, or NULL; and how many were only counted. */
const struct seki_damage_item *seki_damage_item(
    const struct seki_damage *, size_t i);
uint64_t seki_damage_rest(const struct seki_damage *);
/* In words, without a value: "record 7, field 電話 (tel): sheet レコード, cell
 * C8 was changed".  Appended. */
int seki_damage_say(const struct seki_damage_item *, struct seki_buf *,
    struct seki_err *);
/* "3 records changed, 1 missing", appended; nothing when nothing is. */
int seki_damage_sum(
    const struct seki_damage *, struct seki_buf *, struct seki_err *);
/* The list for seki-pack --repair (seki-workbook(5), DAMAGE LIST). */
int seki_damage_list(const struct seki_damage *, const char *stream,
    uint64_t seq, struct seki_out *, struct seki_err *);
/* A workbook for who must decide, with the values found. */
int seki_damage_report(const struct seki_damage *,
    const struct seki_manifest *, const char *file, struct seki_out *,
    struct seki_err *);
void seki_damage_free(struct seki_damage *);

struct seki_store;
/* What a check found, for messages, --json and the ledger. */
struct seki_verdict {
	struct seki_signer signer[16];
	size_t nsigner;
	struct seki_proof proof;
	int alone;     /* 一人運用: one person in the trust file */
	int unordered; /* no store was given: order was not looked at */
	int already;   /* imported before: when */
	int twin;      /* already, but sealed anew since: not seen here before */
	int first;     /* nothing of the stream was stored; gap came before */
	seki_time taken;
	uint64_t gap;  /* bundles that were skipped */
	int no_view;   /* no workbook in the bundle */
	int recorded;  /* 記録承認: its code is that of the content */
	/* Of a workbook that came through a relay. */
	int relay;
	uint64_t hidden;   /* rows, columns, sheets: harmless */
	uint64_t repaired; /* values given back by 補修 */
	uint64_t extra;	   /* files beside those that were sent */
	uint64_t remade;   /* attachments that came back changed */
	char names[512];   /* the first of them */
};
struct seki_check {
	const struct seki_trust *trust;
	const char *audience;
	const char *stream; /* expected, or NULL */
	struct seki_store *store; /* or NULL */
	/* The key that decrypts, or NULL, and why there is none, or NULL: said
	 * only when a bundle needs it. */
	const struct seki_key *key;
	const struct seki_err *no_key;
	seki_time now;
	int allow_empty;
	/* A relay's attachments that came back changed are taken. */
	int accept;
	struct seki_damage *damage; /* what a relay did; or NULL */
	/*
	 * Called once the records are proven to be the signed ones (after step
	 * 8), while the workbook is still read: an import writes its rows here
	 * and commits when the verification is done.  Its failure is reported
	 * after that of the workbook.  Or NULL.
	 */
	int (*meanwhile)(void *ctx, struct seki_err *);
	void *ctx;
};
/* Steps 3 to 9 of C8 in that order; the first failure is the one reported.
 * Changes nothing.  already (reason SEKI_OK) ends the work after step 7 when the
 * manifest is the one stored, else after step 9. */
int seki_bundle_verify(struct seki_bundle *, const struct seki_check *,
    struct seki_verdict *, struct seki_err *);
/*
 * The sender (DESIGN 3, 6; seki-pack(1)): a private folder that holds the
 * place of each stream, every bundle handed out, and the chained ledger.  One
 * process at a time (SEKI_LOCKED).
 */
struct seki_sender;
/* Created when absent; what an interrupted run left is finished or discarded.
 * host: the name in the ledger's first entry. */
struct seki_sender *seki_sender_open(const char *dir, const char *host,
    struct seki_err *);
void seki_sender_free(struct seki_sender *);

/* A bundle in the outbox. */
struct seki_sent {
	char stream[SEKI_STREAM_MAX + 1];
	/* ready: handed out; unsure: a run was interrupted while it handed it
	 * out; withdrawn: its number was given back. */
	char status[16];
	uint64_t epoch, seq;
	char manifest[SEKI_HEX], prev[SEKI_HEX], root[SEKI_HEX];
	char schema[SEKI_HEX], sha256[SEKI_HEX];
	char kind[8], carrier[8], audience[128];
	seki_time created, expires;
	uint64_t records, held, deletes, size, test;
	uint64_t parts; /* it was handed out as; 1: as it is */
	char name[4096]; /* where it was handed out; parts beside it */
	char system[64], domain[256], app[128];
	char title[513], purpose[513], class[513], period[513];
	char signer[64], key[SEKI_HEX];
	/* "recorded" with who approved, or all "". */
	char approval[16], approval_number[513], approval_code[32];
	char approver[513];
};

/* How to pack; all borrowed, texts may be NULL. */
struct seki_scan_how;
struct seki_repair;
struct seki_approval;
struct seki_packing {
	const struct seki_trust *trust;
	const struct seki_key *key;
	const char *audience, *carrier;
	const char *stream; /* of seki_sender_reissue */
	const char *title, *purpose, *class, *period;
	const char *contact; /* whom to ask: the note contact */
	unsigned expires; /* days from Monday to Friday */
	seki_time created; /* 0: now */
	seki_time now;
	uint64_t max_held;
	int test;
	int raw; /* without rules, though the bundle before had some */
	/* Folder with the attachments that the stream names, or NULL. */
	const char *attachments;
	/* Key ids, or their first 16 digits, to encrypt to beside those of the
	 * trust file; NULL ends them.  Or NULL. */
	const char *const *recipients;
	/* What must not cross (lib/scan.h): more rules, whom to tell; spool and
	 * attachments are set here. */
	const struct seki_scan_how *scan;
	/* Who lets it pass all the same, a person of the trust file, and why;
	 * both or neither. */
	const char *by, *override;
	/* A page was approved (lib/approval.h), or NULL. */
	const struct seki_approval *approval;
	/* Everything is looked at, and the page to approve goes here instead
	 * of a bundle: no number is used.  Or NULL. */
	struct seki_out *page;
	const char *path; /* the bundle; must not exist */
	/* Bytes that no file may exceed: a larger bundle is handed out in parts
	 * (seki-bundle(5), PARTS), NAME-1of3.zip ...; 0: whatever it takes. */
	uint64_t max_size;
	/* Of carrier relay: what a relay damaged before (lib/repair.h). */
	const struct seki_repair *repair;
	/* Of carrier relay: the signature as a text, too: signature.txt in
	 * NAME.zip, NAME.txt beside NAME.xlsx, which must not exist either. */
	int text;
	/*
	 * Called with each finished file, while it has another name than as,
	 * under which it goes: -1 and nothing is handed out.  Or NULL.
	 */
	int (*finished)(
	    const char *path, const char *as, void *ctx, struct seki_err *);
	void *ctx;
	void (*progress)(uint64_t done);
};
struct seki_packed {
	struct seki_sent sent;
	/* The same records were handed out under this name before, or lay in
	 * the outbox since an interrupted run: no new number was used. */
	int already;
	/* The STATE's value as JSON; the caller frees it.  After SEKI_ORDER
	 * because a delta does not continue the last bundle: that bundle's, or
	 * NULL. */
	char *state;
	uint64_t fewer; /* records than in the full bundle just before */
	uint64_t same;	/* the bundle just before with the same records, or 0 */
	/* The bundle just before when it carried attachments and this one does
	 * not, or 0. */
	uint64_t bare;
	int first; /* nothing of the stream was ever packed in this folder */
	/* The bundle just before when it went to another audience, or 0. */
	uint64_t other;
	char audience[128]; /* that of other */
	/* What the scan answered, also after SEKI_FORBIDDEN; whether only the
	 * override let it pass; what was met, in words. */
	char scan[8];
	int overridden;
	char met[2048];
	char code[32]; /* of the page, for who approved; or "" */
	size_t recipients; /* that it is encrypted to */
	int clear; /* through a relay, what is encrypted on media */
	char text[4096]; /* the file beside the workbook, or "" */
};
/*
 * Read a record stream (taken) and hand out one signed bundle.  Everything is
 * durable when this returns 0; after a failure nothing stands under path and
 * the stream's place is as it was.  SEKI_CUT, CONTENT, SOURCE, HELD, FORBIDDEN,
 * POLICY, AUDIENCE, EPOCH, FILE ...
 */
int seki_sender_pack(struct seki_sender *, struct seki_in *,
    const struct seki_packing *, struct seki_packed *, struct seki_err *);
/*
 * Bundle seq of o->stream once more, made anew for o->carrier: place in the
 * stream, created and content stay; the manifest's note SEKI_NOTE_REISSUE names
 * the digest of the first one's manifest.  From o are taken trust, key, carrier,
 * stream, expires, now, repair, path, max_size, progress, scan.
 */
#define SEKI_NOTE_REISSUE "reissue"
int seki_sender_reissue(struct seki_sender *, uint64_t seq,
    const struct seki_packing *, struct seki_packed *, struct seki_err *);
/* The same bytes of bundle seq again, of the newest epoch that has it. */
int seki_sender_resend(struct seki_sender *, const char *stream, uint64_t seq,
    const char *path, struct seki_sent *, struct seki_err *);
/* Give the number back: only for the last bundle of its stream.  *state is the
 * STATE's value of the bundle before it, "{}" without one; freed by the
 * caller. */
int seki_sender_withdraw(struct seki_sender *, const char *stream,
    uint64_t seq, struct seki_sent *, char **state, struct seki_err *);
/* fn for every bundle in the order they were made; stream may be NULL. */
int seki_sender_list(struct seki_sender *, const char *stream,
    void (*fn)(const struct seki_sent *, void *), void *ctx,
    struct seki_err *);
/* The end of the n-th day from Monday to Friday after t's, in Japan time. */
seki_time seki_sender_weekdays(seki_time t, unsigned n);

/*
 * The store and the order of bundles (DESIGN 7, threats C6, C9; seki-store(5)).
 */
struct seki_position {
	int known;
	uint64_t epoch, seq;
	unsigned char digest[SEKI_SHA256]; /* of the manifest */
	unsigned char root[SEKI_SHA256];
	seki_time created, taken;	    /* when it was made, imported */
	char domain[256], app[64];	    /* the source it is bound to */
};
/*
 * path: an SQLite file of ours, 0600, in a folder of ours (SEKI_UNSAFE,
 * SEKI_FILE); another program's or another version's is SEKI_SCHEMA.  With
 * create an absent file is no failure: it is made by the first import, so that
 * a refused one leaves nothing.  wait: seconds for another program's lock,
 * then SEKI_LOCKED; SEKI_LOCK_WAIT is a good number.
 */
struct seki_store *seki_store_open(const char *path, int create,
    unsigned wait, struct seki_err *);
int seki_store_position(struct seki_store *, const char *stream,
    struct seki_position *, struct seki_err *);
/* SEKI_TRUST_OLD when bundles were taken with a later trust file than this
 * version; 0 for a store that is not there yet. */
int seki_store_trust_seen(
    struct seki_store *, uint64_t version, struct seki_err *);
/* Would an import take the form of the bundle's records, which are verified?
 * SEKI_SCHEMA in the import's own words; also 0 while the stream is not there. */
int seki_store_fits(
    struct seki_store *, struct seki_bundle *, struct seki_err *);
/* 1 when a bundle with this manifest digest was imported (*when), 2 when it is
 * remembered as the twin of one, be it by a note alone, 0, -1. */
int seki_store_taken(struct seki_store *, const unsigned char *digest,
    seki_time *when, struct seki_err *);
/* 1 when a bundle of the stream with the same epoch, seq, prev, source and root
 * was imported: the same one, sealed again for another carrier (DESIGN 6). */
int seki_store_again(struct seki_store *, const struct seki_manifest *,
    seki_time *when, struct seki_err *);
/* Such a twin is verified: its digest will do as the next bundle's prev.  Inside
 * a transaction of the store. */
int seki_store_remember(struct seki_store *, const struct seki_manifest *,
    const unsigned char *digest, seki_time now, struct seki_err *);
/* 1 when m's prev is a remembered twin of the bundle the stream stands at. */
int seki_store_follows(
    struct seki_store *, const struct seki_manifest *, struct seki_err *);
/* The newest created of all bundles accepted, 0 for none: the clock's floor. */
int seki_store_floor(struct seki_store *, seki_time *, struct seki_err *);
/* The ledger's chain holds, and each bundle has its entry: SEKI_LEDGER. */
int seki_store_ledger(struct seki_store *, struct seki_err *);
void seki_store_free(struct seki_store *);
/* The ledger, table C6, source binding, dates and clock: 0 take it (gap may be set), or
 * already is set; else -1. */
int seki_order_check(struct seki_store *, const struct seki_policy *,
    const struct seki_manifest *, const unsigned char *digest, seki_time now,
    struct seki_verdict *, struct seki_err *);
struct seki_import {
	const char *operator; /* who runs it, for the ledger; may be "" */
	/* With check->accept: who takes attachments that came back changed, and
	 * why; else NULL. */
	const char *accept_by, *accept_why;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};
/* What an import did to the records of the stream. */
struct seki_imported {
	uint64_t records, held, rows; /* in the bundle; rows: of tables */
	uint64_t added, changed, removed, same;
	/* Versions that a change of the form put into the history, and how
	 * many of them the counts above have, too. */
	uint64_t kept, doubled;
	char accepted[2048]; /* what of the form, and by whom; or "" */
	char keys[800];	     /* of the first held ones: "12, 15" */
	char beside[512]; /* of a new stream: those that the store had, or "" */
	uint64_t deleted, absent; /* in the bundle; of these not there */
	/* What the tables hold afterwards: a full bundle's own counts and root,
	 * after a delta those of the whole. */
	uint64_t stored_records, stored_held;
	unsigned char stored_root[SEKI_SHA256];
	uint64_t attachments; /* stored now; others were there */
};
/*
 * The whole of C8: seki_bundle_verify, then step 10 in one transaction.  check
 * has a store, opened with create.  When the verdict says already, nothing was
 * done.  On failure the store is as it was: SEKI_LOCKED, SEKI_SCHEMA,
 * SEKI_RECORD (a constraint; names the record), SEKI_CONTENT (what was read
 * back is not what was signed), SEKI_LEDGER, SEKI_GAP (a delta that does not
 * follow what the store holds).
 */
int seki_import_bundle(struct seki_bundle *, const struct seki_check *,
    const struct seki_import *, struct seki_verdict *, struct seki_imported *,
    struct seki_err *);

/*
 * Local streams: records that were made on this side, from those that came, by
 * export and normalise (DESIGN 2).  No signature vouches for them: the ledger
 * says who made them from what.
 */
/* Where a stream was exported from, as it says itself; stream "": it says
 * nothing.  epoch 0: from a local stream, and seq is its run. */
struct seki_local_trace {
	char stream[SEKI_STREAM_MAX + 1];
	uint64_t epoch, seq;
	char root[SEKI_HEX];	 /* of what the tables held */
	char manifest[SEKI_HEX]; /* of the bundle they held it by, or "" */
};
struct seki_local {
	const char *stream;   /* the local stream's name */
	const char *host;     /* begins the ledger of a new store */
	const char *operator; /* who runs it; may be "" */
	const char *by;	      /* for whom, or NULL */
	/* Who accepts that the rules now make another form, or NULL. */
	const char *accept_form;
	unsigned max_drop; /* percent of records that may be gone */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};
struct seki_localized {
	int already;	 /* nothing was done: run stands since taken */
	uint64_t run;
	seki_time taken;
	char origin[SEKI_STREAM_MAX + 1]; /* the stream's name in its SCHEMA */
	char rules[SEKI_HEX];		  /* of the rules table, or "" */
	struct seki_local_trace from;
	struct seki_imported n;
};
/*
 * Read a whole record stream (taken) to its proof, then make the store's local
 * stream equal to it in one transaction.  SEKI_CUT, CONTENT, RECORD as any
 * reader; SEKI_CONFIG: the name is a carried stream's; SEKI_SOURCE: the local
 * stream was made from another one; SEKI_ORDER: from an older export; SEKI_POLICY: a
 * delta; SEKI_HELD: more records are gone than max_drop; SEKI_SCHEMA: another
 * form; SEKI_FILE: an attachment is not beside the store; those of
 * seki_import_bundle for the database.  On failure the store is as it was.
 */
int seki_local_run(struct seki_store *, const struct seki_local *,
    struct seki_in *, struct seki_localized *, struct seki_err *);
/* A local stream's first run: 1, 0 when the stream is none, -1. */
struct seki_local_since {
	char operator[256], by[SEKI_PERSON_MAX + 1];
	seki_time when;
};
int seki_store_local(struct seki_store *, const char *stream,
    struct seki_local_since *, struct seki_err *);
/* May a bundle take the name?  SEKI_CONFIG when a local stream has it. */
int seki_store_carried(
    struct seki_store *, const char *stream, struct seki_err *);

enum seki_export_format {
	SEKI_EXPORT_STREAM,
	SEKI_EXPORT_CSV,
	SEKI_EXPORT_PEOPLE /* CSV for spreadsheets: labels, Japan time */
};
struct seki_export {
	const char *stream;
	enum seki_export_format format;
	const char *table;	   /* CSV: of a table, or NULL: the records */
	const char *const *fields; /* codes, or NULL for all */
	size_t nfield;
	/* Folder for the attachments: of a stream by their digests, else by
	 * names; or NULL. */
	const char *attachments;
	/* Names by this template and 目録.xlsx, all of it or nothing
	 * (lib/name.h), or NULL; the files' mode, 0: 0600. */
	const char *name;
	mode_t mode;
	int unchecked; /* rows are not compared with what was imported */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void (*note)(void *ctx, const char *text); /* what is not in the CSV */
	void *ctx;
};
struct seki_exported {
	uint64_t records; /* good ones */
	uint64_t held;	  /* stream: as HELD; CSV: by their last good version */
	uint64_t absent;  /* CSV: held ones that never were good: left out */
	uint64_t lines;	  /* CSV: without the header */
	uint64_t attachments; /* files */
	uint64_t epoch, seq; /* of the bundle the rows are from */
	int local; /* none: seq is a local stream's run */
	unsigned char root[SEKI_SHA256]; /* of the output: a stream's own */
};
/*
 * What the store holds of a stream, in key order, to out, which the caller
 * commits.  SEKI_CONTENT names a row that is not as it was imported,
 * SEKI_CONFIG an unknown stream, table or field.
 */
int seki_export_run(struct seki_store *, const struct seki_export *,
    struct seki_out *, struct seki_exported *, struct seki_err *);

/*
 * The cloud service over HTTP (record API, threats C11).
 */
/* One service, one connection kept open.  Used by one thread at a time, but
 * for seki_http_stop. */
struct seki_http;
struct seki_http_opt {
	/* https://HOST[:PORT]; plain http only to localhost, 127.0.0.0/8, ::1;
	 * anything else is SEKI_CONFIG. */
	const char *base;
	/* All secrets are copied, and wiped at the end. */
	const char *token; /* API tokens joined by commas */
	const char *login; /* NULL, or a user and the password, instead */
	const char *password;
	const char *basic_user; /* NULL, or for Basic authentication before */
	const char *basic_password;
	const char *pfx; /* NULL, or a PKCS #12 file for TLS */
	const char *pfx_password;
	const char *guest; /* NULL, or the guest space's number */
	const char *ca;	   /* PEM file of authorities, NULL: the system's */
	const char *proxy; /* http://HOST:PORT, NULL: none, whatever the
			    * environment says */
	const char *proxy_user; /* NULL, or to sign in to the proxy */
	const char *proxy_password;
	/* Seconds; 0: SEKI_HTTP_... of limits.h. */
	long connect, stall, page, run;
	unsigned tries; /* 0: SEKI_HTTP_TRIES */
	unsigned wait;	/* milliseconds before the second try; 0: 1000 */
	int gzip;	/* ask for it even on this host */
	uint64_t calls; /* requests in all, tries counted; 0: any number */
	/* NULL, or called with one line for each request: no header, no body,
	 * no query stands in it.  From any thread, one at a time. */
	void (*trace)(void *ctx, const char *line);
	/* NULL, or told in words of each wait before another try; likewise. */
	void (*note)(void *ctx, const char *line);
	void *ctx; /* of both */
};
struct seki_reply {
	long status;
	int json; /* the type is application/json */
	int html; /* text/html */
	struct seki_buf body;
	char warning[256]; /* X-Cybozu-Warning, or "" */
	seki_time date;	   /* the server's clock, or 0 */
};
#define SEKI_REPLY_INIT { .status = 0 }

/* A proxy's address, [SCHEME://][USER[:PASSWORD]@]HOST[:PORT], in its parts,
 * %XX undone; SEKI_CONFIG.  What is released is wiped. */
struct seki_proxy {
	char *url; /* without user and password */
	char *user, *password; /* or NULL */
};
int seki_proxy_parse(const char *, struct seki_proxy *, struct seki_err *);
void seki_proxy_release(struct seki_proxy *);

struct seki_http *seki_http_open(const struct seki_http_opt *,
    struct seki_err *);
/* HOST or HOST:PORT; borrowed. */
const char *seki_http_domain(const struct seki_http *);
/*
 * Ask without changing anything there: query is a JSON object, sent as POST
 * with X-HTTP-Method-Override, or NULL for a plain GET.  Repeated by the rules
 * of threats C11.  0: a whole answer, of any status but 3xx, in reply, whose
 * memory is used again by the next ask; -1: SEKI_NETWORK, TLS, REDIRECT,
 * PROTOCOL, FLOOD.
 */
int seki_http_ask(struct seki_http *, const char *path, const char *query,
    struct seki_reply *, struct seki_err *);
/*
 * Change something there: method is "POST" or "PUT", body a JSON object.  A
 * PUT is repeated like an ask, so it must be harmless when it arrives twice; a
 * POST only after 429.  As seki_http_ask; after SEKI_NETWORK nobody knows
 * whether it was done.
 */
int seki_http_send(struct seki_http *, const char *method, const char *path,
    const char *body, struct seki_reply *, struct seki_err *);
void seki_reply_free(struct seki_reply *);
/* From any thread: the running ask and all later ones fail at once. */
void seki_http_stop(struct seki_http *);
/* Requests sent so far, on all connections to it, tries counted. */
uint64_t seki_http_calls(const struct seki_http *);
/* How many more may be sent. */
uint64_t seki_http_left(const struct seki_http *);
/* The service's clock as the last answer told it, or 0. */
seki_time seki_http_date(const struct seki_http *);
/* Black out the secrets wherever they stand in the text. */
void seki_http_redact(const struct seki_http *, char *, size_t);
void seki_http_free(struct seki_http *);

/*
 * Requests of an app and day, kept in a file of mode 0600 (created when
 * absent) that is replaced at once: add calls, *total is the day's sum.  The
 * service's day begins at 09:00 Japan time.
 */
int seki_budget_add(const char *path, const char *domain, const char *app,
    seki_time now, uint64_t calls, uint64_t *total, struct seki_err *);

/* What became of attachments. */
struct seki_files {
	uint64_t named;	  /* in the records */
	uint64_t fetched; /* bytes: of these */
	uint64_t kept;	  /* in the folder already */
	uint64_t odd;	  /* not what their name or type says */
	uint64_t bytes;
};

/* An app's records as a record stream, all borrowed. */
struct seki_pull {
	const char *app;    /* its number */
	const char *stream; /* [a-z0-9.-]{1,64} */
	const char *query;  /* a condition, or NULL for every record */
	/* What the last run left, which need not exist; NULL: none. */
	const char *bookmarks;
	int delta;	   /* only what changed since, when there are */
	int deletes;	   /* keep ids beside the bookmarks; tell deletions */
	unsigned max_drop; /* percent of records that may be gone */
	/* Who accepts that fields went away or are of another type, or NULL;
	 * and OLD=NEW, by code, NULL-ended, or NULL. */
	const char *accept_form;
	const char *const *continues;
	/* The tables that say which fields matter, NULL-ended; NULL: all do. */
	struct seki_rules *const *rules;
	/* As it was called, for the next step of a message; NULL: its name. */
	const char *command;
	unsigned connections; /* at most; 0: SEKI_HTTP_CONNECTIONS */
	/* Codes, NULL-ended; NULL: every field. */
	const char *const *fields;
	/* Folder that attachments are fetched into; NULL: names and sizes
	 * only. */
	const char *attachments;
	uint64_t max_file; /* bytes; 0: SEKI_FILE_MAX */
	struct seki_files *files; /* NULL, or gets the counts */
	/* Codes the service may leave out of a record, NULL-ended, or NULL. */
	const char *const *hidden;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void (*note)(void *ctx, const char *text);
	void *ctx;
};
/*
 * Form first, then records by $id, then the service's own count and the form
 * again (DESIGN 3, threats C11).  Ends with the proof, or writes none.  Commits
 * nothing.  SEKI_MOVED when form or records changed meanwhile;
 * SEKI_PERMISSION for a field left out; SEKI_CONFIG for a wrong app, stream,
 * query or field, or bookmarks of another one; SEKI_SCHEMA for a form that
 * changed since the last run; SEKI_HELD when more are gone than may be; SEKI_RECORD for a value that breaks its type; those of
 * seki_http_ask and seki_stream_put.  Attachments: SEKI_FLOOD for one larger
 * than max_file, SEKI_PROTOCOL for one of another length than its record says,
 * SEKI_FULL, SEKI_LOCKED.
 */
int seki_pull_run(struct seki_http *, const struct seki_pull *,
    struct seki_out *, struct seki_proof *, struct seki_err *);
/*
 * Where a pull would fail: from the name of the service up to its records,
 * each layer said once, by a word that is stable; finding->reason is SEKI_OK
 * or what is wrong, with the cause and the fix.  -1 only when nothing could be
 * looked at.
 */
typedef void seki_doctor_say(
    void *ctx, const char *layer, const struct seki_err *finding);
int seki_doctor_run(struct seki_http *, const char *app, seki_doctor_say *,
    void *ctx, struct seki_err *);

/* A record stream into an app, all borrowed. */
enum seki_push_mode {
	SEKI_PUSH_MODE_ADD,
	SEKI_PUSH_MODE_UPDATE,
	SEKI_PUSH_MODE_UPSERT
};
struct seki_push {
	const char *app; /* its number */
	enum seki_push_mode mode;
	/* A unique field of type SINGLE_LINE_TEXT or NUMBER.  NULL: UPDATE goes
	 * by $id, which needs a stream of this very app; ADD looks for nothing
	 * and needs a state. */
	const char *key;
	const char *const *fields; /* codes, NULL-ended; NULL: every field */
	/* Fields inside tables, NULL-ended or NULL: rows with the same value
	 * are the same row. */
	const char *const *row_keys;
	const char *state;	   /* folder of an ADD without key, or NULL */
	const char *spool; /* folder for temporary files, NULL: /var/tmp */
	/* Folder that holds the attachments; NULL: they are left alone. */
	const char *attachments;
	int whole;	   /* everything in one transaction, or nothing */
	int dry;	   /* compare only */
	/* A stream of this very app: also what was changed there after it was
	 * pulled. */
	int overwrite;
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void (*note)(void *ctx, const char *text);
	/* A record that cannot be written; holds no value of it. */
	void (*trouble)(void *ctx, const struct seki_err *);
	/* A record that is to be written; differs: codes of its fields, joined
	 * by commas, "" for a new one; gone: for people, the rows that go, or
	 * "".  Or NULL. */
	void (*plan)(void *ctx, const char *key, const char *differs,
	    const char *gone);
	/* Both values of a conflict, for debugging only.  Or NULL. */
	void (*values)(void *ctx, const char *key, const char *field,
	    const char *here, const char *there);
	void *ctx;
};
struct seki_pushed {
	uint64_t added, updated, same; /* dry: would be */
	uint64_t conflict; /* changed there since; ADD: there, and other */
	uint64_t missing;  /* UPDATE: not there */
	uint64_t refused;  /* by the service, or not fit for it */
	uint64_t held, deleted; /* of the stream: left alone */
	uint64_t standard; /* empty radio buttons, which cannot be empty there */
	uint64_t uploaded, uploaded_bytes; /* attachments; dry: would be */
	int already; /* ADD without key: the same stream was added before */
};
/*
 * Read the stream (taken) to its proof, then the form, then for each 100
 * records what the app has of them; write what differs (seki-push(1)).  The
 * counts are true on failure too.  SEKI_CUT, CONTENT; SEKI_SCHEMA for fields
 * the app has not; SEKI_SOURCE; SEKI_RECORD for a key that stands twice;
 * SEKI_HELD when an earlier run was interrupted or too many records are
 * refused; those of seki_pull_run.
 */
int seki_push_run(struct seki_http *, const struct seki_push *,
    struct seki_in *, struct seki_pushed *, struct seki_err *);

/*
 * The local record server (record API; seki-cloud(1)): for tests, trials and
 * benches.  Nothing but seki-cloud links it.
 */
struct seki_cloud;
/* data: an SQLite file, created 0600 when absent; NULL: a temporary one in
 * tmpdir (NULL: /var/tmp), which seki_cloud_free removes. */
struct seki_cloud *seki_cloud_open(const char *data, const char *tmpdir,
    struct seki_err *);
/* Generated apps are numbered 1, 2, ... in the order of the calls.  spec is
 * KIND:RECORDS, "soudan:2000" or "kifu:100000" (SEKI_USAGE).  The same spec,
 * seed and flaws give the same bytes.  An app that the data file already holds
 * is kept if it was made by the same call, else SEKI_CONFIG. */
int seki_cloud_generate(struct seki_cloud *, const char *spec, uint64_t seed,
    int flaws, struct seki_err *);
/* A folder of bodies as the service answers them: app.json, form-fields.json,
 * form-layout.json, records.json; app-settings.json, app-status.json and
 * app-views.json when there.  app: the id it gets, 0: the one of app.json. */
int seki_cloud_load(struct seki_cloud *, const char *dir, uint64_t app,
    struct seki_err *);
/* "APP:FIELD": records are answered without that field. */
int seki_cloud_hide(struct seki_cloud *, const char *spec, struct seki_err *);
/* One token a line, as "[APP:]TOKEN[ PERMISSION,...]"; a file with a random
 * token is created 0600 when there is none.  SEKI_UNSAFE, SEKI_CONFIG. */
int seki_cloud_tokens(struct seki_cloud *, const char *path,
    struct seki_err *);
/* Users who may sign in with a password, one a line,
 * "LOGIN:PASSWORD[:NAME[:ORGANIZATION]]";
 * the pair that Basic authentication asks for, in the same form.  SEKI_UNSAFE,
 * SEKI_CONFIG. */
int seki_cloud_users(struct seki_cloud *, const char *path, struct seki_err *);
int seki_cloud_basic(struct seki_cloud *, const char *path, struct seki_err *);
/* "APP:SPACE": the app is in that guest space. */
int seki_cloud_guest(struct seki_cloud *, const char *spec, struct seki_err *);
/* "API:NUMBER:FAULT": what goes wrong with which answer. */
int seki_cloud_spoil(struct seki_cloud *, const char *spec, struct seki_err *);
/* Requests answered at a time; seconds a cursor lives unused. */
void seki_cloud_limits(struct seki_cloud *, unsigned concurrent,
    unsigned cursor_life);
/* Each answer waits that long first. */
void seki_cloud_delay(struct seki_cloud *, unsigned milliseconds);
/* "localhost:8080" is 127.0.0.1 and, if there is IPv6, ::1; else
 * "ADDRESS:PORT", "[ADDRESS]:PORT"; port 0: a free one.  Answers from now on,
 * in threads of its own.  url: "http://localhost:8080". */
#define SEKI_CLOUD_URL 128
int seki_cloud_listen(struct seki_cloud *, const char *address,
    char url[SEKI_CLOUD_URL], struct seki_err *);
uint64_t seki_cloud_apps(const struct seki_cloud *);
void seki_cloud_free(struct seki_cloud *);

#endif
