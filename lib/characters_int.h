/* Between the files of the report on characters. */
#ifndef SEKI_CHARACTERS_INT_H
#define SEKI_CHARACTERS_INT_H

#include "characters.h"
#include "rowfile.h"

/* One character at one gate. */
struct seki_char {
	const struct seki_norm_kind *gate;
	char *s;
	size_t n;
	struct seki_charset_found why;
	uint64_t count, given;
	uint64_t value, record; /* the last ones it was in */
	const char *field[SEKI_CHARACTERS_NAMED];
	size_t nfield;
	int more;	       /* fields than these */
	uint64_t records;      /* it was in */
	struct seki_buf named; /* the first ones: "12, 15" */
};
/* Cells of a place. */
enum {
	SEKI_PLACE_KEY,
	SEKI_PLACE_URL,
	SEKI_PLACE_FIELD,
	SEKI_PLACE_ROW,
	SEKI_PLACE_CHAR,
	SEKI_PLACE_CLASS,
	SEKI_PLACE_GATE
};
struct seki_characters {
	const struct seki_schema *in;
	const struct seki_charset_tables *tables;
	const struct seki_standins *standins;
	const char *spool;
	struct seki_char **list; /* by gate and text */
	size_t n, size;
	uint64_t over; /* characters that were only counted */
	struct seki_rowfile *places;
	uint64_t value, record; /* numbers of the ones at hand */
	struct seki_buf key, url, text;
};

/* The cells of one row of the table, in the order of seki_fallback_ja: each is
 * handed to put. */
int seki_characters_row(struct seki_characters *, const struct seki_char *,
    int (*put)(void *, enum seki_fallback_col, const char *, size_t,
	struct seki_err *),
    void *ctx, struct seki_err *);

#endif
