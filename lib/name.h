/*
 * Names that people want for files: name.c fills a template with what a record
 * says, name_safe.c makes of that a name which Windows takes, name_twin.c sees
 * to it that no two are the same for Windows or macOS.
 */
#ifndef SEKI_NAME_H
#define SEKI_NAME_H

#include "seki_int.h"

/* What became of a text on its way to a name. */
enum {
	SEKI_NAME_REPLACED = 1, /* characters, or white space at an end */
	SEKI_NAME_CUT = 2,
	SEKI_NAME_TWIN = 4,    /* numbered */
	SEKI_NAME_RESERVED = 8 /* a word or ending that Windows acts upon */
};
/* Stands for what says nothing, so that no two separators meet. */
#define SEKI_NAME_EMPTY "（空）"

/*
 * A template: text, and {WORD} or {LABEL} or {CODE} in it; {{ and }} are { and
 * }.  One / puts files into folders.  SEKI_USAGE says what is wrong and where.
 */
struct seki_name;
struct seki_name *seki_name_new(const char *template, struct seki_err *);
/* The fields that it names, by their labels as people's tables show them, then
 * by their codes: SEKI_USAGE with the nearest word.  schema is borrowed. */
int seki_name_bind(
    struct seki_name *, const struct seki_schema *, struct seki_err *);
void seki_name_free(struct seki_name *);

/* The file that a name is for. */
struct seki_name_file {
	const struct seki_record *rec;
	/* The file field; the table it is in, the row there, or NULL, 0. */
	const struct seki_field *field, *table;
	const struct seki_row *row;
	size_t nrow;	  /* from 1 */
	uint64_t nth;	  /* within field and record, from 1 */
	const char *name; /* as it came */
	size_t nname;
};
/* A template filled: each text clean, but names are not safe yet. */
struct seki_name_filled {
	struct seki_buf folder, file;
	struct seki_buf from; /* what the folder was made of: its identity */
	int folders;	      /* are there any? */
	unsigned flags;
	struct seki_buf value, text; /* of the one at hand */
};
/* label: the field's, as people's tables show it. */
int seki_name_fill(const struct seki_name *, const struct seki_name_file *,
    const char *label, struct seki_name_filled *, struct seki_err *);
void seki_name_filled_free(struct seki_name_filled *);

/* Appended: what Windows does not take in a name and controls by their
 * full-width forms and pictures, without what turns the reading order or does
 * not show, and without white space at its ends. */
int seki_name_clean(struct seki_buf *, const char *, size_t, unsigned *flags,
    struct seki_err *);
/* Where the ending begins, with its dot: a few letters or digits; n: none. */
size_t seki_name_ending(const char *, size_t n);
/*
 * A clean text as a name, appended: no reserved word, no dot or white space at
 * an end, at most SEKI_NAME_BYTES and units UTF-16 units long; what is cut goes
 * before its ending and is marked.  number above 1 stands before the ending.
 */
int seki_name_safe(struct seki_buf *, const struct seki_buf *clean,
    uint32_t number, size_t units, unsigned *flags, struct seki_err *);
size_t seki_name_units(const char *, size_t);

/*
 * Names given so far, compared as systems do that see no difference between
 * letters' cases, nor between ways to write one character.
 */
struct seki_twins;
struct seki_twins *seki_twins_new(struct seki_err *);
/* Nothing else may be called so. */
int seki_twins_reserve(
    struct seki_twins *, const char *name, struct seki_err *);
/* A name for the file, appended to path, its folder and a / before it. */
int seki_twins_give(struct seki_twins *, struct seki_name_filled *,
    struct seki_buf *path, struct seki_err *);
void seki_twins_free(struct seki_twins *);

#endif
