/* What Excel leaves behind where a code or a number stood. */
#ifndef SEKI_SPOILT_H
#define SEKI_SPOILT_H

#include <stddef.h>

/*
 * Only spellings that Excel itself writes, and only when they are all of the
 * cell.  How sure a spelling tells depends on the column: ANY are those that
 * nobody types, DAY those that a remark may well hold.
 */
enum seki_spoilt {
	SEKI_SPOILT_NOT,
	SEKI_SPOILT_EXPONENT, /* 1.23E+11 */
	SEKI_SPOILT_ERROR,    /* #N/A #REF! … */
	SEKI_SPOILT_NARROW,   /* ######## */
	SEKI_SPOILT_DAY,      /* 5月3日 3-May May-03 5/3 2026/5/3 */
	SEKI_SPOILT_DIGITS,   /* a number cell of more than 15 digits */
	SEKI_SPOILT_ZERO,     /* shorter than a code is: 0 in front is gone */
	SEKI_SPOILT_NUMBER,   /* a code that became a number */
	SEKI_SPOILT_DATE,     /* a date cell where none belongs */
	SEKI_SPOILT_BOOL,     /* TRUE, FALSE */
	SEKI_SPOILT_FORMULA   /* without its result */
};
/* Of a text.  days: such count, too. */
enum seki_spoilt seki_spoilt_text(const char *, size_t, int days);
/* In a few words, translated; and what a person does now. */
const char *seki_spoilt_sentence(enum seki_spoilt);
const char *seki_spoilt_remedy(enum seki_spoilt);

#endif
