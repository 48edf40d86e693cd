/* A page being read: page.c walks it, cell.c takes single values. */
#ifndef SEKI_PAGE_INT_H
#define SEKI_PAGE_INT_H

#include "pull_int.h"

struct column;
struct columns {
	struct column *c;
	size_t n;
	int *order; /* which column the nth key of the last object was */
	size_t norder;
	uint64_t turn;
};
struct column {
	const struct seki_field *f;
	size_t ncode;
	const char *word; /* the type's */
	size_t nword;
	enum seki_shape shape;
	int leave;	    /* may be left out */
	uint64_t left;	    /* how often it was */
	uint64_t seen;	    /* in which turn it last was there */
	struct columns sub; /* SUBTABLE */
};

enum page_state { PAGE_TOP, PAGE_MEMBERS, PAGE_RECORDS, PAGE_DONE };

struct seki_page {
	const struct seki_app *app;
	const struct seki_pull *pull;
	struct columns top;
	int id, revision;
	struct seki_json j;
	struct seki_arena arena;
	struct seki_buf list; /* a list text under construction */
	struct seki_record rec;
	uint64_t number, nth; /* of the page, of the record in it */
	enum page_state state;
	unsigned records; /* lists of records seen */
	uint64_t total;	  /* what the service counts, if it is counted */
	int counted;
	const char *record; /* where the record under way begins */
	seki_page_file *file; /* or NULL */
	void *file_ctx;
};

/* {"type":T,"value":V} into v. */
int seki_page_cell(struct seki_page *, struct column *, struct seki_value *v,
    struct seki_err *);
int seki_page_fields(struct seki_page *, struct columns *, struct seki_value *,
    struct seki_err *);
/* Fail with the place: page, record, field. */
int seki_page_odd(struct seki_page *, enum seki_reason, const struct column *,
    const char *why, struct seki_err *);
int seki_page_bad(struct seki_page *, struct seki_err *);
/* After the key "$id" was read: its value; the cell is not read to its end. */
int seki_page_id(struct seki_json *, char *out, size_t);

#endif
