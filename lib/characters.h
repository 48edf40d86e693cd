/*
 * The report on characters that gates find lacking (文字落ちゼロ): which, where,
 * how often, and what could stand for them.  People fill in the column 代替
 * and give the table back as --fallbacks.  A report never changes data.
 */
#ifndef SEKI_CHARACTERS_H
#define SEKI_CHARACTERS_H

#include "fallback.h"

/* Candidates for a character that is lost at a gate, joined by |, appended:
 * the city's own word, the table's, the same character under another code
 * point, in NFC, without its marks, its cousin in CP932.  Only what passes the
 * gate.  How many, or -1. */
int seki_candidates(const struct seki_charset_tables *,
    const struct seki_norm_kind *gate, const char *, size_t,
    const struct seki_charset_found *, struct seki_buf *, struct seki_err *);

/* Characters that are told apart; others are only counted, which the report
 * says. */
#define SEKI_CHARACTERS_MAX ((size_t)20000)
/* Records and fields that one row names. */
#define SEKI_CHARACTERS_NAMED 5

struct seki_characters;
/* What it is given is borrowed; spool as seki_dir_spool.  places: each place is
 * remembered, for a workbook. */
struct seki_characters *seki_characters_new(const struct seki_schema *in,
    const struct seki_charset_tables *, const struct seki_standins *,
    int places, const char *spool, struct seki_err *);
/* A value stands at the gate of this rule; row: inside a table, from 1. */
int seki_characters_look(struct seki_characters *, const struct seki_rule *,
    const struct seki_record *, size_t row, const struct seki_value *,
    struct seki_err *);
/* And passed it: what is lost of it was replaced. */
void seki_characters_given(struct seki_characters *, const struct seki_rule *,
    const struct seki_value *);
/* How many were told apart. */
size_t seki_characters_count(const struct seki_characters *);
/* A workbook, or CSV for people of the table alone; out is not committed. */
int seki_characters_book(struct seki_characters *, struct seki_out *,
    int english, struct seki_err *);
int seki_characters_csv(struct seki_characters *, struct seki_out *,
    int english, struct seki_err *);
void seki_characters_free(struct seki_characters *);

#endif
