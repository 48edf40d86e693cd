#include "norm_run.h"

/* One value: from its sources, through lookup table and kind, into its field.
 */

static int
hold(struct seki_run *r, const struct seki_plan_col *col, const char *rule,
    enum seki_broken code, const struct seki_run_at *at, struct seki_err *err)
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
noted(struct seki_run *r, const struct seki_plan_col *col, const char *rule,
    enum seki_broken code, const struct seki_run_at *at, struct seki_err *err)
{
	const struct seki_held_what what = { col, at->table, at->row, rule,
		code, at->v };

	seki_explain_broken(r->plan->more.explain, col->rule, rule, code);
	/* By whichever thread has the record. */
	(void)__atomic_fetch_add(&col->count[code], 1, __ATOMIC_RELAXED);
	return r->plan->more.held == NULL
		   ? 0
		   : seki_held_book_broken(r->plan->more.held, &what, err);
}

int
seki_run_broken(struct seki_run *r, const struct seki_plan_col *col,
    const char *rule, int code, struct seki_value *out,
    const struct seki_run_at *at, struct seki_err *err)
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
		    _("rule %s, %s: %s; the rules table says to stop"),
		    seki_norm_shown(rule), word,
		    seki_broken_sentence((enum seki_broken)code));
	case SEKI_THEN_HOLD:
	default:
		return hold(r, col, rule, (enum seki_broken)code, at, err);
	}
}

/* The lookup table has nothing: its row says hold, or the value waits there. */
static int
missed(struct seki_run *r, const struct seki_plan_col *col, int code,
    struct seki_value *out, const struct seki_run_at *at, struct seki_err *err)
{
	if (col->rule->then == SEKI_THEN_STOP)
		return seki_run_broken(r, col, "lookup", code, out, at, err);
	if (noted(r, col, "lookup", (enum seki_broken)code, at, err) == -1)
		return -1;
	return hold(r, col, "lookup", (enum seki_broken)code, at, err);
}

/* Nothing but what every kind removes: such a value must not keep the next
 * alternative out.  keep, which removes nothing, takes it as it is. */
static int
empty_by_rule(struct seki_run *r, const struct seki_norm_kind *kind,
    const struct seki_value *v)
{
	struct seki_err ignored = SEKI_ERR_INIT;

	seki_buf_reset(&r->work);
	return seki_norm_apply(kind, v->p, v->n, &r->work, &ignored) ==
	       SEKI_B_EMPTY;
}

/* Most values are seen at their first letter: the other way costs more. */
static int
blank(struct seki_run *r, const struct seki_plan_col *col,
    const struct seki_value *v)
{
	const struct seki_norm_kind *kind = col->rule->kind;

	if (kind->fn == NULL || col->nref < 2 ||
	    ((unsigned char)v->p[0] > 0x20 && (unsigned char)v->p[0] < 0x7F))
		return 0;
	return empty_by_rule(r, kind, v);
}

/* Does the field of a reference say something? */
static int
says(struct seki_run *r, const struct seki_plan_col *col,
    const struct seki_plan_ref *ref, const struct seki_value *in)
{
	return ref->text == NULL && in[ref->field].set &&
	       !blank(r, col, &in[ref->field]);
}

/* What of the references from..to says something, in one text; only between two
 * fields stands what the kind puts there. */
static int
join(struct seki_run *r, const struct seki_plan_col *col, size_t from,
    size_t to, const struct seki_value *in, struct seki_value *joined,
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
pick(struct seki_run *r, const struct seki_plan_col *col,
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
convert(struct seki_run *r, const struct seki_norm_kind *kind,
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
stand_in(struct seki_run *r, const struct seki_rule *rule,
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
make(struct seki_run *r, const struct seki_rule *rule,
    const struct seki_value *v, struct seki_value *to,
    const struct seki_run_at *at, struct seki_err *err)
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
wait_for(struct seki_run *r, struct seki_lookup *lookup,
    const struct seki_value *v, const struct seki_value *key,
    struct seki_err *err)
{
	struct seki_run_wait w = { lookup, v->n, key->n };

	return seki_buf_add(&r->waits, &w, sizeof(w), err) == -1 ||
		       seki_buf_add(&r->waits, v->p, v->n, err) == -1 ||
		       seki_buf_add(&r->waits, key->p, key->n, err) == -1
		   ? -1
		   : 0;
}

/* What the lookup table has for v, which then goes through the kind.  A code
 * above 0: it has nothing, and that is no way on. */
static int
look_up(struct seki_run *r, const struct seki_rule *rule,
    const struct seki_value **v, struct seki_value *found,
    const struct seki_run_at *at, struct seki_err *err)
{
	const struct seki_lookup_row *row;
	int hit = seki_lookup_find(
	    rule->lookup, (*v)->p, (*v)->n, &row, &r->work, err);

	if (hit == -1)
		return -1;
	seki_explain_lookup(r->plan->more.explain, rule, hit, row);
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
measured(struct seki_run *r, const struct seki_plan_col *col,
    struct seki_value *out, const struct seki_run_at *at, struct seki_err *err)
{
	const struct seki_rule *rule = col->rule;
	struct seki_value *to = &out[col->out];
	int code;

	if (!to->set && rule->instead != NULL) {
		seki_explain_default(r->plan->more.explain);
		to->p = rule->instead;
		to->n = strlen(rule->instead);
		to->set = 1;
	}
	if (!to->set)
		return rule->required ? seki_run_broken(r, col, "required",
					    SEKI_B_EMPTY, out, at, err)
				      : 0;
	if ((rule->least > 0 || rule->most < SIZE_MAX) &&
	    (code = seki_rules_length(rule, to->p, to->n)) != 0)
		return seki_run_broken(r, col, "length", code, out, at, err);
	return 0;
}

int
seki_run_column(struct seki_run *r, const struct seki_plan_col *col,
    const struct seki_value *in, struct seki_value *out,
    const struct seki_run_at *at, struct seki_err *err)
{
	const struct seki_rule *rule = col->rule;
	struct seki_value *to = &out[col->out], joined, found;
	const struct seki_value *v;
	struct seki_run_at here = *at;
	int code = 0;

	if (pick(r, col, in, &joined, &v, err) == -1)
		return -1;
	here.v = v;
	seki_explain_sources(
	    r->plan->more.explain, col, at->table, at->row, in, v);
	if (v != NULL && col->original != SEKI_NOWHERE && rule->original)
		out[col->original] = *v;
	if (v != NULL && rule->lookup != NULL &&
	    (code = look_up(r, rule, &v, &found, &here, err)) != 0)
		return code == -1 ? -1 : missed(r, col, code, out, &here, err);
	/* What a gate does not let through is the result's. */
	here.v = v == NULL ? here.v : v;
	if (v != NULL && (code = make(r, rule, v, to, &here, err)) == -1)
		return -1;
	if (code > 0) {
		/* A number that is none cannot stand in a NUMBER. */
		if (typed(col))
			memset(to, 0, sizeof(*to));
		return seki_run_broken(
		    r, col, rule->kind->name, code, out, &here, err);
	}
	if (v != NULL)
		seki_explain_kind(r->plan->more.explain, rule, v, to);
	code = measured(r, col, out, at, err);
	seki_explain_result(r->plan->more.explain, to);
	return code;
}
