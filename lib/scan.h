/*
 * What must not cross: numbers of persons in texts, fields that a rule forbids,
 * active content and false names of attachments (municipal rules 3).  Nothing
 * here gives back any part of a value.
 */
#ifndef SEKI_SCAN_H
#define SEKI_SCAN_H

#include "seki_int.h"

/* FOUND and SUSPECT stop; LOW and NOTE are for a person to look at. */
#define SEKI_SCAN_LEVELS(X) \
	X(NOTE, "note", N_("for information")) \
	X(LOW, "low", N_("to be looked at")) \
	X(SUSPECT, "suspect", N_("suspected")) \
	X(FOUND, "found", N_("found"))
enum seki_scan_level {
	SEKI_SCAN_NONE,
#define X(name, word, sentence) SEKI_SCAN_##name,
	SEKI_SCAN_LEVELS(X)
#undef X
	SEKI_SCAN_LEVEL_COUNT
};

/* What was met: name, word, sentence.  The words stand in signed notes and in
 * --json and are stable. */
#define SEKI_SCAN_WHATS(X) \
	X(MYNUMBER, "mynumber", N_("a My Number")) \
	X(JUMINHYO, "juminhyo", N_("a resident record code")) \
	X(CARD, "card", N_("the number of a payment card")) \
	X(NENKIN, "nenkin", N_("a basic pension number")) \
	X(ZAIRYU, "zairyu", N_("the number of a residence card")) \
	X(FIELD, "field", N_("a value in a forbidden field")) \
	X(FORMULA, "formula", N_("a text that a spreadsheet takes for a formula")) \
	X(NAME, "name", N_("a name with characters that do not show")) \
	X(TYPE, "type", N_("a file that is not what its name or type says")) \
	X(PROGRAM, "program", N_("a program or script")) \
	X(MACRO, "macro", N_("macros")) \
	X(OBJECT, "object", N_("an embedded object (OLE, ActiveX)")) \
	X(LINK, "link", N_("a link that is followed when the file is opened")) \
	X(DDE, "dde", N_("a command to another program (DDE)")) \
	X(JAVASCRIPT, "javascript", N_("JavaScript in a PDF")) \
	X(LAUNCH, "launch", N_("a PDF that starts a program")) \
	X(EMBEDDED, "embedded", N_("a file inside a PDF or a mail")) \
	X(ACTION, "action", N_("a PDF that does something when it is opened")) \
	X(FORM, "form", N_("a PDF form of the kind XFA, or rich media")) \
	X(SCRIPT, "script", N_("a script in a web page or picture")) \
	X(ENCRYPTED, "encrypted", N_("encrypted: it could not be looked into")) \
	X(ARCHIVE, "archive", N_("an archive that could not be looked into")) \
	X(ODD, "odd", N_("damaged, or two files in one: it could not be looked into")) \
	X(LIMIT, "limit", N_("too large or too deep to be looked into"))
enum seki_scan_what {
#define X(name, word, sentence) SEKI_SCAN_##name,
	SEKI_SCAN_WHATS(X)
#undef X
	SEKI_SCAN_WHAT_COUNT
};
const char *seki_scan_level_word(enum seki_scan_level);
const char *seki_scan_level_sentence(enum seki_scan_level);
const char *seki_scan_what_word(enum seki_scan_what);
const char *seki_scan_what_sentence(enum seki_scan_what);

/* Why a number is one: bits. */
enum {
	SEKI_WHY_LABEL = 1,	/* a word that names it stands before it */
	SEKI_WHY_FIELD = 2,	/* the field's name does */
	SEKI_WHY_CHECK = 4,	/* the check digit is right */
	SEKI_WHY_BAD_CHECK = 8, /* or wrong */
	SEKI_WHY_GROUPS = 16,	/* written in groups */
	SEKI_WHY_LENGTH = 32,	/* has not the length that it should have */
	SEKI_WHY_COUNT = 6
};
/* "label,check-digit", appended; for people, in words. */
int seki_scan_why_words(unsigned, struct seki_buf *, struct seki_err *);
int seki_scan_why_text(unsigned, struct seki_buf *, struct seki_err *);

/*
 * One text.  Of what a number could be the label nearest before it decides,
 * within 30 characters; a field's name counts as one that stands there.
 */
struct seki_scan_hit {
	enum seki_scan_level level;
	enum seki_scan_what what;
	unsigned why;
	size_t at, n; /* where, bytes */
};
/* Memory that is used again and again; SEKI_BUF_INIT, seki_buf_free. */
struct seki_scan_text {
	struct seki_buf points;
	void (*hit)(void *ctx, const struct seki_scan_hit *);
	void *ctx;
};
/* What the name of a field says, for every text in it: bits for
 * seki_scan_text. */
int seki_scan_label(struct seki_scan_text *, const char *name, unsigned *bits,
    struct seki_err *);
/* Calls hit for each number of the text, in order; s is valid UTF-8. */
int seki_scan_text(struct seki_scan_text *, const char *, size_t,
    unsigned bits, struct seki_err *);
/* The same of a canonical decimal, which has lost its leading zeros. */
int seki_scan_number(struct seki_scan_text *, const char *, size_t,
    unsigned bits, struct seki_err *);
/* What a person says on an option, for manifest or ledger: SEKI_USAGE, naming
 * the option what, when the line has a number that is found or suspect.  NULL,
 * and what is no line (SEKI_F_LINE), is for others to judge. */
int seki_scan_line(const char *what, const char *line, struct seki_err *);
/* A spreadsheet would take the text for a formula. */
int seki_scan_formula(const char *, size_t);

/*
 * One file: what is in it, as bits 1 << enum seki_scan_what, by how bad it is.
 */
struct seki_scan_inside {
	uint32_t bits[SEKI_SCAN_LEVEL_COUNT];
	char type[64]; /* libmagic's words for it, or "" */
};
struct seki_scan_file;
/* spool is where parts wait that have to be looked into again, or NULL.  One
 * thread. */
struct seki_scan_file *seki_scan_file_new(
    const char *spool, struct seki_err *);
/* fd is borrowed, read with pread.  What cannot be read as what it is, is a
 * finding, not an error: -1 only for the host's own troubles. */
int seki_scan_file(struct seki_scan_file *, int fd, uint64_t size,
    struct seki_scan_inside *, struct seki_err *);
/* What the name and the type said add to that. */
void seki_scan_file_name(const struct seki_scan_inside *, const char *name,
    const char *type, struct seki_scan_inside *more);
void seki_scan_file_free(struct seki_scan_file *);

/*
 * The records of a stream, one by one.
 */
struct seki_scan_finding {
	enum seki_scan_level level;
	enum seki_scan_what what;
	unsigned why;
	uint64_t nth;	 /* record of the stream, from 1; 0: the form itself, or
			  * without a field what stands beside the records */
	const char *key; /* of the record; NULL when it is itself a finding */
	size_t nkey;
	const struct seki_field *table, *field; /* table, field: or NULL */
	size_t row;	 /* in the table, from 1; or 0 */
	size_t file;	 /* attachment of the field, from 1; or 0 */
	const char *found; /* of TYPE, PROGRAM: what the file is; or "" */
};
struct seki_scan_how {
	const char *const *forbid; /* codes, labels, TABLE.CODE; or NULL */
	const char *attachments;   /* the folder they are in; NULL: names only */
	const char *spool;	   /* for temporary files, or NULL */
	/* May be NULL.  Everything is borrowed until it returns. */
	void (*finding)(void *ctx, const struct seki_scan_finding *);
	/* A name of forbid that the form does not have. */
	void (*unknown)(void *ctx, const char *name);
	void *ctx;
};
struct seki_scan;
/* Both are borrowed.  The form itself is looked at here. */
struct seki_scan *seki_scan_new(const struct seki_schema *,
    const struct seki_scan_how *, struct seki_err *);
/* SEKI_FILE, SEKI_DIGEST when an attachment is not in the folder as named. */
int seki_scan_record(
    struct seki_scan *, const struct seki_record *, struct seki_err *);
/* What the stream carries beside its records: the SCHEMA line, the value of
 * STATE; a JSON text that was read well. */
int seki_scan_around(
    struct seki_scan *, const char *json, size_t, struct seki_err *);
/* How often what was met at that level. */
uint64_t seki_scan_count(
    const struct seki_scan *, enum seki_scan_level, enum seki_scan_what);
uint64_t seki_scan_total(const struct seki_scan *, enum seki_scan_level);
/* "clear", "suspect", "found": of all that was looked at. */
const char *seki_scan_result(const struct seki_scan *);
/* "mynumber: found 1, low 3; macro: found 1": of this level and worse, or "",
 * appended. */
int seki_scan_summary(const struct seki_scan *, enum seki_scan_level least,
    struct seki_buf *, struct seki_err *);
/* Attachments of which only the name was looked at. */
uint64_t seki_scan_unseen(const struct seki_scan *);
/* Fails with SEKI_FORBIDDEN unless the result is clear. */
int seki_scan_verdict(const struct seki_scan *, struct seki_err *);
/* Where a finding is, for people: "record 7: field 備考, row 2". */
int seki_scan_place(
    const struct seki_scan_finding *, struct seki_buf *, struct seki_err *);
void seki_scan_free(struct seki_scan *);

/*
 * Findings for a section: the worst first, without values.
 */
struct seki_scan_report;
struct seki_scan_report *seki_scan_report_new(
    const char *spool, struct seki_err *);
int seki_scan_report_add(struct seki_scan_report *,
    const struct seki_scan_finding *, struct seki_err *);
/* A workbook, or with csv a CSV for people; the caller commits out. */
int seki_scan_report_save(struct seki_scan_report *, int csv,
    const struct seki_schema *, struct seki_out *, struct seki_err *);
void seki_scan_report_free(struct seki_scan_report *);

/*
 * A whole stream: what comes in goes out byte for byte, but its last line, the
 * proof, only when nothing was met that must not cross (SEKI_FORBIDDEN).
 */
struct seki_scanned {
	uint64_t records; /* held ones and deletions, too */
	uint64_t level[SEKI_SCAN_LEVEL_COUNT];
	uint64_t unseen;
	const char *result;
	char summary[2048];
	struct seki_proof proof;
};
/* in is taken; out and report (or NULL) are the caller's to commit. */
struct seki_scan_run {
	struct seki_scan_how how;
	struct seki_out *report;
	int csv;
	void (*progress)(uint64_t records);
};
int seki_scan_stream(const struct seki_scan_run *, struct seki_in *,
    struct seki_out *, struct seki_scanned *, struct seki_err *);

#endif
