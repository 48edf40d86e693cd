#include <stdlib.h>

#include <jansson.h>

#include "characters.h"
#include "crew.h"
#include "held_book.h"

/* What one thread has: a piece of the stream comes in, and goes out. */
struct run {
	const struct seki_plan *plan;
	struct seki_stream_in *in;
	struct seki_stream_part *part;
	struct seki_normal *res, own; /* counts, so far of this piece */
	uint64_t max;
	struct seki_arena arena;
	struct seki_buf work, join; /* of one value */
	struct seki_buf reasons;    /* of one record */
	struct seki_buf retry;	    /* held keys, each with a NUL */
	struct seki_buf named;	    /* likewise: the first, for people */
	struct seki_buf waits;	    /* struct wait, value, key, by turns */
	struct seki_record rec;	    /* what goes out */
	int failed;
	struct seki_err err;
};

/* A value that a lookup table has not: said to the table in the order of the
 * records, and by one thread. */
struct wait {
	struct seki_lookup *lookup;
	size_t nvalue, nkey;
};

/* The stream as a whole. */
struct all {
	const struct seki_plan *plan;
	struct seki_stream_in *in;
	struct seki_stream_out *out;
	struct seki_normal *res;
	uint64_t max, read;
	struct seki_buf retry;
	struct run run[SEKI_CREW_BOXES];
	size_t n;
	struct seki_crew *crew;
	void (*progress)(uint64_t);
};

/* Where a value stands, for reasons: a table's row counts from 1. */
struct place {
	size_t table, row; /* of the stream's form; row 0: in no table */
	const struct seki_record *from;
	const struct seki_value *v; /* what the rule was applied to, or NULL */
};

static int
hold(struct run *r, const struct seki_plan_col *col, const char *rule,
    enum seki_broken code, const struct place *at, struct seki_err *err)
{
	struct seki_buf *b = &r->reasons;

	if (seki_buf_str(b, b->n == 0 ? "[" : ",", err) == -1 ||
	    seki_buf_str(b, "{\"field\":", err) == -1 ||
	    seki_json_quote(
		b, col->rule->output, strlen(col->rule->output), err) == -1 ||
	    seki_buf_fmt(b, err, ",\"code\":\"%s\",\"rule\":\"%s\"",
		seki_broken_word(code), rule) == -1 ||
	    (at->row > 0 &&
		seki_buf_fmt(b, err, ",\"row\":%zu", at->row) == -1) ||
	    (code == SEKI_B_CHARSET && seki_norm_lost(col->rule->kind, at->v->p,
					   at->v->n, b, err) == -1))
		return -1;
	if (b->n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("one record breaks the rules too often to say how"));
	return seki_buf_byte(b, '}', err);
}

/* Counted, and told to the workbook for people. */
static int
noted(struct run *r, const struct seki_plan_col *col, const char *rule,
    enum seki_broken code, const struct place *at, struct seki_err *err)
{
	const struct seki_held_what what = { col, at->table, at->row, rule,
		code, at->v };

	/* By whichever thread has the record. */
	(void)__atomic_fetch_add(&col->count[code], 1, __ATOMIC_RELAXED);
	return r->plan->more.held == NULL
		   ? 0
		   : seki_held_book_broken(r->plan->more.held, &what, err);
}

static int
broken(struct run *r, const struct seki_plan_col *col, const char *rule,
    int code, struct seki_value *out, const struct place *at,
    struct seki_err *err)
{
	const char *word = seki_broken_word((enum seki_broken)code);

	if (noted(r, col, rule, (enum seki_broken)code, at, err) == -1)
		return -1;
	switch (col->rule->then) {
	case SEKI_THEN_KEEP:
		out[col->flag].p = word;
		out[col->flag].n = strlen(word);
		out[col->flag].set = 1;
		r->res->flagged++;
		return 0;
	case SEKI_THEN_STOP:
		seki_err_record(err, at->from->key.p, at->from->key.n);
		seki_err_field(err, col->rule->output);
		seki_err_hint(err, "%s",
		    _("correct the record, or change what its row of the "
		      "rules table does on a broken rule"));
		return seki_fail(err, SEKI_HELD,
		    _("rule %s, %s: %s; the rules table says to stop"), rule,
		    word, seki_broken_sentence((enum seki_broken)code));
	case SEKI_THEN_HOLD:
	default:
		return hold(r, col, rule, (enum seki_broken)code, at, err);
	}
}

/* The lookup table has nothing: its row says hold, or the value waits there. */
static int
missed(struct run *r, const struct seki_plan_col *col, int code,
    struct seki_value *out, const struct place *at, struct seki_err *err)
{
	if (col->rule->then == SEKI_THEN_STOP)
		return broken(r, col, "lookup", code, out, at, err);
	if (noted(r, col, "lookup", (enum seki_broken)code, at, err) == -1)
		return -1;
	return hold(r, col, "lookup", (enum seki_broken)code, at, err);
}

/* Nothing but what every kind removes: such a value must not keep the next
 * alternative out.  keep, which removes nothing, takes it as it is. */
static int
empty_by_rule(struct run *r, const struct seki_norm_kind *kind,
    const struct seki_value *v)
{
	struct seki_err ignored = SEKI_ERR_INIT;

	seki_buf_reset(&r->work);
	return seki_norm_apply(kind, v->p, v->n, &r->work, &ignored) ==
	       SEKI_B_EMPTY;
}

/* Most values are seen at their first letter: the other way costs more. */
static int
blank(
    struct run *r, const struct seki_plan_col *col, const struct seki_value *v)
{
	const struct seki_norm_kind *kind = col->rule->kind;

	if (kind->fn == NULL || col->nref < 2 ||
	    ((unsigned char)v->p[0] > 0x20 && (unsigned char)v->p[0] < 0x7F))
		return 0;
	return empty_by_rule(r, kind, v);
}

/* Does the field of a reference say something? */
static int
says(struct run *r, const struct seki_plan_col *col,
    const struct seki_plan_ref *ref, const struct seki_value *in)
{
	return ref->text == NULL && in[ref->field].set &&
	       !blank(r, col, &in[ref->field]);
}

/* What of the references from..to says something, in one text; only between two
 * fields stands what the kind puts there. */
static int
join(struct run *r, const struct seki_plan_col *col, size_t from, size_t to,
    const struct seki_value *in, struct seki_value *joined,
    struct seki_err *err)
{
	const struct seki_plan_ref *ref, *last = NULL;
	int code = 0;

	seki_buf_reset(&r->join);
	for (; code == 0 && from < to; from++) {
		ref = &col->ref[from];
		if (ref->text != NULL)
			code = seki_buf_add(&r->join, ref->text, ref->n, err);
		else if (!says(r, col, ref, in))
			continue;
		else {
			if (last != NULL && last->text == NULL)
				code = seki_buf_str(
				    &r->join, col->rule->kind->joiner, err);
			if (code == 0)
				code = seki_buf_add(&r->join, in[ref->field].p,
				    in[ref->field].n, err);
		}
		last = ref;
	}
	if (code == 0 && r->join.n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	memset(joined, 0, sizeof(*joined));
	if (code == 0)
		joined->p =
		    seki_arena_copy(&r->arena, r->join.p, r->join.n, err);
	joined->n = r->join.n;
	joined->set = 1;
	return joined->p == NULL ? -1 : 0;
}

/* The first alternative of which something is set: one value as it is, or
 * several joined.  Texts in quotes say something only by themselves, not beside
 * fields that are empty.  Nothing set: NULL. */
static int
pick(struct run *r, const struct seki_plan_col *col,
    const struct seki_value *in, struct seki_value *joined,
    const struct seki_value **v, struct seki_err *err)
{
	const struct seki_plan_ref *ref = col->ref;
	size_t i, from, fields, said, only = 0;

	*v = NULL;
	for (from = 0; from < col->nref; from = i) {
		fields = said = 0;
		for (i = from; i < col->nref && ref[i].alt == ref[from].alt;
		     i++) {
			if (ref[i].text != NULL)
				continue;
			fields++;
			if (says(r, col, &ref[i], in)) {
				said++;
				only = i;
			}
		}
		if (said == 0 && fields > 0)
			continue;
		if (said == 1 && fields == i - from) {
			*v = &in[ref[only].field];
			return 0;
		}
		*v = joined;
		return join(r, col, from, i, in, joined, err);
	}
	return 0;
}

/* What the kind makes of v: a value, nothing (set 0), or a code above 0, which
 * leaves v itself. */
static int
convert(struct run *r, const struct seki_norm_kind *kind,
    const struct seki_value *v, struct seki_value *to, struct seki_err *err)
{
	int code;

	*to = *v;
	if (kind->fn == NULL)
		return 0;
	seki_buf_reset(&r->work);
	code = seki_norm_apply(kind, v->p, v->n, &r->work, err);
	if (code == SEKI_B_EMPTY) {
		memset(to, 0, sizeof(*to));
		return 0;
	}
	if (code != 0 ||
	    (r->work.n == v->n && memcmp(r->work.p, v->p, v->n) == 0))
		return code;
	to->p = seki_arena_copy(&r->arena, r->work.p, r->work.n, err);
	to->n = r->work.n;
	return to->p == NULL ? -1 : 0;
}

/* A gate that is shut opens for what people chose to stand for the characters,
 * where the original stays beside it.  As convert. */
static int
stand_in(struct run *r, const struct seki_rule *rule,
    const struct seki_value *v, struct seki_value *to, struct seki_err *err)
{
	struct seki_standins *s = r->plan->more.standins;
	struct seki_value other = *v;
	int n, code = SEKI_B_CHARSET;

	seki_buf_reset(&r->work);
	if ((n = seki_standins_apply(
		 s, rule->kind, v->p, v->n, &r->work, err)) == -1)
		return -1;
	if (n == 0)
		return code;
	if (!rule->original) {
		if (s->unkept++ == 0)
			s->unkept_output = rule->output;
		return code;
	}
	if (r->work.n > SEKI_VALUE_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("a value is longer than %zu bytes"), SEKI_VALUE_MAX);
	other.p = seki_arena_copy(&r->arena, r->work.p, r->work.n, err);
	other.n = r->work.n;
	if (other.p == NULL ||
	    (code = convert(r, rule->kind, &other, to, err)) == -1)
		return -1;
	if (code != 0) {
		*to = *v;
		return code;
	}
	s->given++;
	if (r->plan->more.characters != NULL)
		seki_characters_given(r->plan->more.characters, rule, v);
	return 0;
}

/* The value made, by way of its gate if the kind is one.  As convert. */
static int
make(struct run *r, const struct seki_rule *rule, const struct seki_value *v,
    struct seki_value *to, const struct place *at, struct seki_err *err)
{
	const struct seki_plan_more *more = &r->plan->more;
	int code;

	if ((rule->kind->how & SEKI_KIND_GATE) != 0 &&
	    more->characters != NULL &&
	    seki_characters_look(
		more->characters, rule, at->from, at->row, v, err) == -1)
		return -1;
	code = convert(r, rule->kind, v, to, err);
	if (code == SEKI_B_CHARSET && more->standins != NULL &&
	    (rule->kind->how & SEKI_KIND_GATE) != 0)
		code = stand_in(r, rule, v, to, err);
	return code;
}

static int
typed(const struct seki_plan_col *col)
{
	return col->rule->kind->to != SEKI_T_NONE &&
	       col->rule->kind->to != SEKI_T_SINGLE_LINE_TEXT;
}

static int
wait_for(struct run *r, struct seki_lookup *lookup, const struct seki_value *v,
    const struct seki_value *key, struct seki_err *err)
{
	struct wait w = { lookup, v->n, key->n };

	return seki_buf_add(&r->waits, &w, sizeof(w), err) == -1 ||
		       seki_buf_add(&r->waits, v->p, v->n, err) == -1 ||
		       seki_buf_add(&r->waits, key->p, key->n, err) == -1
		   ? -1
		   : 0;
}

/* What the lookup table has for v, which then goes through the kind.  A code
 * above 0: it has nothing, and that is no way on. */
static int
look_up(struct run *r, const struct seki_rule *rule,
    const struct seki_value **v, struct seki_value *found,
    const struct place *at, struct seki_err *err)
{
	const struct seki_lookup_row *row;
	int hit = seki_lookup_find(
	    rule->lookup, (*v)->p, (*v)->n, &row, &r->work, err);

	if (hit == -1)
		return -1;
	if (row != NULL) {
		memset(found, 0, sizeof(*found));
		found->p = row->to;
		found->n = strlen(row->to);
		found->set = 1;
		*v = found->n == 0 ? NULL : found;
		return 0;
	}
	if (rule->miss == SEKI_MISS_KEEP) {
		r->res->unknown++;
		return 0;
	}
	if (rule->miss == SEKI_MISS_WORKLIST &&
	    wait_for(r, rule->lookup, *v, &at->from->key, err) == -1)
		return -1;
	return hit == SEKI_LOOKUP_MANY ? SEKI_B_AMBIGUOUS : SEKI_B_NO_CANDIDATE;
}

/* Some value that stands there already has to be of the right length. */
static int
measured(struct run *r, const struct seki_plan_col *col, struct seki_value *out,
    const struct place *at, struct seki_err *err)
{
	const struct seki_rule *rule = col->rule;
	struct seki_value *to = &out[col->out];
	int code;

	if (!to->set && rule->instead != NULL) {
		to->p = rule->instead;
		to->n = strlen(rule->instead);
		to->set = 1;
	}
	if (!to->set)
		return rule->required ? broken(r, col, "required", SEKI_B_EMPTY,
					    out, at, err)
				      : 0;
	if ((rule->least > 0 || rule->most < SIZE_MAX) &&
	    (code = seki_rules_length(rule, to->p, to->n)) != 0)
		return broken(r, col, "length", code, out, at, err);
	return 0;
}

static int
column(struct run *r, const struct seki_plan_col *col,
    const struct seki_value *in, struct seki_value *out, const struct place *at,
    struct seki_err *err)
{
	const struct seki_rule *rule = col->rule;
	struct seki_value *to = &out[col->out], joined, found;
	const struct seki_value *v;
	struct place here = *at;
	int code = 0;

	if (pick(r, col, in, &joined, &v, err) == -1)
		return -1;
	here.v = v;
	if (v != NULL && col->original != SEKI_NOWHERE && rule->original)
		out[col->original] = *v;
	if (v != NULL && rule->lookup != NULL &&
	    (code = look_up(r, rule, &v, &found, &here, err)) != 0)
		return code == -1 ? -1 : missed(r, col, code, out, &here, err);
	if (v != NULL && (code = make(r, rule, v, to, &here, err)) == -1)
		return -1;
	if (code > 0) {
		/* A number that is none cannot stand in a NUMBER. */
		if (typed(col))
			memset(to, 0, sizeof(*to));
		return broken(r, col, rule->kind->name, code, out, &here, err);
	}
	return measured(r, col, out, at, err);
}

/* Does the row count for this record, or this row of a table? */
static int
applies(const struct seki_plan_col *col, const struct seki_value *in,
    const struct place *at)
{
	const struct seki_value *v;
	const char *const *is = (const char *const *)col->rule->is;

	if (col->rule->when == NULL)
		return 1;
	v = col->outside ? &at->from->v[col->when] : &in[col->when];
	for (; *is != NULL; is++)
		if (v->set ? v->n == strlen(*is) && memcmp(v->p, *is, v->n) == 0
			   : **is == '\0')
			return 1;
	return 0;
}

/* All rows of the table that make one output: the one whose condition holds, or
 * the one without a condition. */
static int
columns(struct run *r, const struct seki_plan_col *col, size_t n,
    const struct seki_value *in, struct seki_value *out, const struct place *at,
    struct seki_err *err)
{
	const struct seki_plan_col *which;
	size_t i, k;
	int required;

	for (i = 0; i < n; i++) {
		if (col[i].group != i)
			continue;
		if (col[i].last && col[i].rule->when == NULL) {
			if (column(r, &col[i], in, out, at, err) == -1)
				return -1;
			continue;
		}
		which = NULL;
		required = 0;
		for (k = i; k < n; k++) {
			if (col[k].group != i)
				continue;
			required = required || col[k].rule->required;
			if (col[k].rule->when == NULL
				? which == NULL
				: applies(&col[k], in, at))
				which = &col[k];
			if (col[k].last)
				break;
		}
		if (which != NULL
			? column(r, which, in, out, at, err) == -1
			: required && broken(r, &col[i], "when", SEKI_B_EMPTY,
					  out, at, err) == -1)
			return -1;
	}
	return 0;
}

static struct seki_value *
values(struct run *r, size_t n, struct seki_err *err)
{
	struct seki_value *v =
	    seki_arena_get(&r->arena, (n + 1) * sizeof(*v), err);

	if (v != NULL)
		memset(v, 0, (n + 1) * sizeof(*v));
	return v;
}

static int
table(struct run *r, const struct seki_plan_table *t,
    const struct seki_record *from, struct seki_err *err)
{
	const struct seki_value *in = &from->v[t->from];
	struct seki_value *out = &r->rec.v[t->to];
	const struct seki_field *f = &r->plan->out->field[t->to];
	struct place at = { .table = t->from, .from = from };

	*out = *in;
	if (in->nrow == 0)
		return 0;
	out->row = seki_arena_get(&r->arena, in->nrow * sizeof(*out->row), err);
	if (out->row == NULL)
		return -1;
	for (at.row = 1; at.row <= in->nrow; at.row++) {
		struct seki_row *row = &out->row[at.row - 1];

		row->id = in->row[at.row - 1].id;
		if ((row->v = values(r, f->nsub, err)) == NULL)
			return -1;
		if (columns(r, t->col, t->ncol, in->row[at.row - 1].v, row->v,
			&at, err) == -1)
			return -1;
	}
	return 0;
}

static int
record(struct run *r, const struct seki_record *from, struct seki_err *err)
{
	const struct seki_plan *p = r->plan;
	struct place at = { .from = from };
	size_t i;

	memset(&r->rec, 0, sizeof(r->rec));
	seki_arena_reset(&r->arena);
	seki_buf_reset(&r->reasons);
	r->rec.key = from->key;
	if ((r->rec.v = values(r, p->out->n, err)) == NULL)
		return -1;
	for (i = 0; i < p->ncarry; i++)
		r->rec.v[p->carry[i].alt] = from->v[p->carry[i].field];
	if (columns(r, p->col, p->ncol, from->v, r->rec.v, &at, err) == -1)
		return -1;
	for (i = 0; i < p->ntable; i++)
		if (table(r, &p->table[i], from, err) == -1)
			return -1;
	return 0;
}

/* The record as a HELD message, remembered for the next pull. */
static int
held(struct run *r, struct seki_err *err)
{
	struct seki_normal *res = r->res;
	const struct seki_value *key = &r->rec.key;

	if (res->held++ < SEKI_HELD_NAMED &&
	    (seki_buf_add(&r->named, key->p, key->n, err) == -1 ||
		seki_buf_byte(&r->named, '\0', err) == -1))
		return -1;
	if (res->held > r->max)
		return 0;
	if (seki_buf_byte(&r->reasons, ']', err) == -1 ||
	    seki_buf_add(&r->retry, key->p, key->n, err) == -1 ||
	    seki_buf_byte(&r->retry, '\0', err) == -1)
		return -1;
	r->rec.kind = SEKI_RECORD_HELD;
	r->rec.v = NULL;
	r->rec.reasons.p = r->reasons.p;
	r->rec.reasons.n = r->reasons.n;
	r->rec.reasons.set = 1;
	return 0;
}

/* To the workbook for people: the record, if a rule was broken. */
static int
tell(const struct run *r, const struct seki_record *from, int is_held,
    struct seki_err *err)
{
	return r->plan->more.held == NULL
		   ? 0
		   : seki_held_book_record(
			 r->plan->more.held, from, is_held, err);
}

/* The record that stops the run is in the workbook, too. */
static int
stopped(const struct run *r, const struct seki_record *from,
    const struct seki_err *err)
{
	struct seki_err other = SEKI_ERR_INIT;

	if (err->reason == SEKI_HELD)
		(void)tell(r, from, 1, &other);
	return -1;
}

static int
one(struct run *r, const struct seki_record *from, struct seki_err *err)
{
	const struct seki_record *to = from;

	if (from->kind == SEKI_RECORD_ROW) {
		r->res->records++;
		if (record(r, from, err) == -1) {
			seki_err_record(err, from->key.p, from->key.n);
			return stopped(r, from, err);
		}
		if ((r->reasons.n > 0 && held(r, err) == -1) ||
		    tell(r, from, r->reasons.n > 0, err) == -1) {
			seki_err_record(err, from->key.p, from->key.n);
			return -1;
		}
		to = &r->rec;
	}
	/* Past the ceiling nothing is written: it will have no proof. */
	return r->res->held > r->max ? 0
				     : seki_stream_part_put(r->part, to, err);
}

/* What the form is now that the rules made, for the next run; only where the
 * next pull will read it.  Behind another one's, in a stream that was
 * normalised before. */
static int
remember(const struct all *r, json_t *o, struct seki_err *err)
{
	json_t *at = json_object_get(o, "normal");
	const char *key = "normal";

	if (!json_is_object(json_object_get(o, "form")))
		return 0;
	if (seki_stream_ending(r->in)->rules != NULL && json_is_object(at)) {
		key = "next";
		while (json_is_object(json_object_get(at, key)))
			at = json_object_get(at, key);
	} else
		at = o;
	return json_object_set(at, key, r->plan->memory) == -1
		   ? seki_err_nomem(err)
		   : 0;
}

/* The keys held here join bookmarks.retry, each once. */
static char *
bookmarks(const struct all *r, const char *text, struct seki_err *err)
{
	json_t *o = seki_doc_parse(text == NULL ? "{}" : text,
	    text == NULL ? 2 : strlen(text), SEKI_RECORD, "bookmarks", err);
	json_t *retry, *seen = json_object(), *item;
	const char *key = r->retry.p;
	char *made = NULL;
	size_t i;

	if (o == NULL || remember(r, o, err) == -1)
		goto out;
	if (r->retry.n == 0) {
		made = json_dumps(o, JSON_COMPACT);
		goto out;
	}
	retry = json_object_get(o, "retry");
	if (!json_is_array(retry)) {
		retry = json_array();
		(void)json_object_set_new(o, "retry", retry);
	}
	json_array_foreach(retry, i, item)
	{
		if (json_is_string(item))
			(void)json_object_set_new_nocheck(
			    seen, json_string_value(item), json_true());
	}
	for (; key < r->retry.p + r->retry.n; key += strlen(key) + 1)
		if (json_object_get(seen, key) == NULL)
			(void)json_array_append_new(retry, json_string(key));
	made = json_dumps(o, JSON_COMPACT);
out:
	if (made == NULL)
		(void)seki_err_nomem(err);
	json_decref(o);
	json_decref(seen);
	return made;
}

static int
finish(struct all *r, struct seki_err *err)
{
	struct seki_ending end = *seki_stream_ending(r->in);
	char *marks = NULL;
	int code;

	if ((r->retry.n > 0 || end.bookmarks != NULL) &&
	    (marks = bookmarks(r, end.bookmarks, err)) == NULL)
		return -1;
	if (marks != NULL)
		end.bookmarks = marks;
	end.rules = seki_rules_digest(r->plan->rules);
	code = seki_stream_end(
	    r->out, &end, seki_stream_proof(r->in), 0, &r->res->proof, err);
	free(marks);
	return code;
}

static int
summary_of(const struct seki_plan_col *col, size_t n, struct seki_buf *b,
    struct seki_err *err)
{
	size_t i;
	int k;

	for (i = 0; i < n; i++)
		for (k = 1; k < SEKI_B_COUNT; k++)
			if (col[i].count[k] > 0 &&
			    seki_buf_fmt(b, err, "%s %s %s %llu\n",
				col[i].rule->output, col[i].rule->kind->name,
				seki_broken_word((enum seki_broken)k),
				(unsigned long long)col[i].count[k]) == -1)
				return -1;
	return 0;
}

static int
too_many(const struct all *r, struct seki_err *err)
{
	const struct seki_normal *res = r->res;

	seki_err_hint(err,
	    _("correct these records and pull again, or let them wait with "
	      "--max-held %llu"),
	    (unsigned long long)res->held);
	return seki_fail(err, SEKI_HELD,
	    _("%llu of %llu records break a rule, more than --max-held %llu; "
	      "the first: record %s%s"),
	    (unsigned long long)res->held, (unsigned long long)res->records,
	    (unsigned long long)r->max, res->keys.p,
	    res->held > SEKI_HELD_NAMED ? ", …" : "");
}

/* A piece, record by record, in any thread. */
static void
piece(void *box)
{
	struct run *r = box;
	struct seki_record *from;
	int code;

	while ((code = seki_stream_next(r->in, &from, &r->err)) == 1)
		if ((code = one(r, from, &r->err)) == -1)
			break;
	r->failed = code == -1;
}

/* The first held keys of the stream, out of those of a piece. */
static int
name(struct all *a, const struct run *r, struct seki_err *err)
{
	const char *key = r->named.p;
	uint64_t n = a->res->held;

	for (; key < r->named.p + r->named.n && n < SEKI_HELD_NAMED; n++) {
		if ((n > 0 && seki_buf_str(&a->res->keys, ", ", err) == -1) ||
		    seki_buf_str(&a->res->keys, key, err) == -1)
			return -1;
		key += strlen(key) + 1;
	}
	return 0;
}

/* Past the ceiling no end will name them. */
static int
retry(struct all *a, const struct run *r, struct seki_err *err)
{
	const char *key = r->retry.p;
	size_t n;

	if (a->res->held > a->max)
		return 0;
	for (; key < r->retry.p + r->retry.n; key += n) {
		n = strlen(key) + 1;
		if (seki_buf_add(&a->retry, key, n, err) == -1)
			return -1;
		if (a->retry.n <= SEKI_SCHEMA_MAX)
			continue;
		seki_err_record(err, key, n - 1);
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("more records are held than the stream's end can "
		      "name"));
	}
	return 0;
}

static int
waits(const struct run *r, struct seki_err *err)
{
	const char *p = r->waits.p, *end = p + r->waits.n;
	struct seki_value key = { .set = 1 };
	struct wait w;

	for (; p < end; p += w.nvalue + w.nkey) {
		memcpy(&w, p, sizeof(w));
		p += sizeof(w);
		key.p = p + w.nvalue;
		key.n = w.nkey;
		if (seki_lookup_wait(w.lookup, p, w.nvalue, &key, err) == -1)
			return -1;
	}
	return 0;
}

/* Its counts and keys become the stream's; it is ready for the next. */
static int
count(struct all *a, struct run *r, struct seki_err *err)
{
	int code = name(a, r, err);

	a->res->held += r->own.held;
	a->res->records += r->own.records;
	a->res->flagged += r->own.flagged;
	a->res->unknown += r->own.unknown;
	if (code == 0)
		code = retry(a, r, err);
	if (code == 0)
		code = waits(r, err);
	seki_buf_reset(&r->waits);
	memset(&r->own, 0, sizeof(r->own));
	seki_buf_reset(&r->retry);
	seki_buf_reset(&r->named);
	return code;
}

static void
progress(struct all *a, uint64_t read)
{
	if (a->progress != NULL && (a->read + read) / 1024 > a->read / 1024)
		a->progress(a->read + read);
	a->read += read;
}

/* What a thread has made joins the stream, in its order. */
static int
take(struct all *a, struct run *r, struct seki_err *err)
{
	uint64_t read = r->own.records;

	if (seki_stream_back(a->in, r->in, err) == -1 || count(a, r, err) == -1)
		return -1;
	if (r->failed) {
		*err = r->err;
		return -1;
	}
	progress(a, read);
	if (a->res->held > a->max)
		return 0;
	return seki_stream_join(a->out, r->part, err);
}

/* All that is on its way. */
static int
drain(struct all *a, struct seki_err *err)
{
	struct run *r;
	size_t i;

	for (i = 0; i < a->n; i++) {
		r = seki_crew_get(a->crew);
		if (take(a, r, err) == -1)
			return -1;
		seki_crew_back(a->crew, r);
	}
	return 0;
}

/* A line that is not for a thread, such as the last one: 1, 0, -1. */
static int
apart(struct all *a, struct seki_err *err)
{
	struct run *r = &a->run[0];
	struct seki_record *from;
	int code;

	if (drain(a, err) == -1)
		return -1;
	if ((code = seki_stream_next(a->in, &from, err)) != 1)
		return code;
	if (one(r, from, err) == -1 || count(a, r, err) == -1)
		return -1;
	progress(a, 1);
	if (a->res->held > a->max)
		return 1;
	return seki_stream_join(a->out, r->part, err) == -1 ? -1 : 1;
}

static int
work(struct all *a, struct seki_err *err)
{
	struct run *r;
	int code = 1;

	while (code == 1) {
		r = seki_crew_get(a->crew);
		if (take(a, r, err) == -1 ||
		    (code = seki_stream_lend(a->in, r->in, err)) == -1)
			return -1;
		if (code == 1) {
			seki_crew_send(a->crew, r);
			continue;
		}
		seki_crew_back(a->crew, r);
		code = apart(a, err);
	}
	if (code == -1)
		return -1;
	return a->res->held > a->max ? too_many(a, err) : finish(a, err);
}

/* What people are told of records is told in their order: by one piece after
 * the other. */
static size_t
pieces(const struct seki_plan_more *more)
{
	const struct seki_standins *s = more->standins;

	return more->held != NULL || more->characters != NULL ||
		       (s != NULL && (s->fallback != NULL || s->gaiji != NULL))
		   ? 1
		   : seki_crew_boxes();
}

static int
begin(struct all *a, struct seki_out *out, struct seki_err *err)
{
	size_t want = pieces(&a->plan->more);
	struct run *r;

	if ((a->out = seki_stream_create(out, a->plan->out, err)) == NULL ||
	    (a->crew = seki_crew_new(piece, err)) == NULL)
		return -1;
	for (; a->n < want; seki_crew_back(a->crew, r)) {
		r = &a->run[a->n++];
		r->plan = a->plan;
		r->res = &r->own;
		r->max = a->max;
		if ((r->in = seki_stream_twin(a->in, err)) == NULL ||
		    (r->part = seki_stream_part_new(a->plan->out, err)) == NULL)
			return -1;
	}
	return 0;
}

static void
end(struct all *a)
{
	struct run *r;

	seki_crew_free(a->crew);
	for (r = a->run; r < a->run + a->n; r++) {
		seki_stream_free(r->in);
		seki_stream_part_free(r->part);
		seki_arena_free(&r->arena);
		seki_buf_free(&r->work);
		seki_buf_free(&r->join);
		seki_buf_free(&r->reasons);
		seki_buf_free(&r->retry);
		seki_buf_free(&r->named);
		seki_buf_free(&r->waits);
	}
	seki_stream_abort(a->out);
	seki_buf_free(&a->retry);
}

int
seki_normalize(const struct seki_plan *plan, struct seki_stream_in *in,
    struct seki_out *out, uint64_t max_held, void (*progress_fn)(uint64_t),
    struct seki_normal *res, struct seki_err *err)
{
	struct all *a = calloc(1, sizeof(*a));
	struct seki_err other = SEKI_ERR_INIT;
	size_t i;
	int code = -1;

	memset(res, 0, sizeof(*res));
	if (a == NULL)
		return seki_err_nomem(err);
	a->plan = plan;
	a->in = in;
	a->res = res;
	a->max = max_held;
	a->progress = progress_fn;
	if (begin(a, out, err) == 0)
		code = work(a, err);
	end(a);
	free(a);
	(void)summary_of(plan->col, plan->ncol, &res->broken, &other);
	for (i = 0; i < plan->ntable; i++)
		(void)summary_of(plan->table[i].col, plan->table[i].ncol,
		    &res->broken, &other);
	return code;
}

void
seki_normal_release(struct seki_normal *res)
{
	seki_buf_free(&res->keys);
	seki_buf_free(&res->broken);
}
