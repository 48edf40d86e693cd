#include <string.h>

#include <jansson.h>

#include "norm_int.h"
#include "steps.h"

/*
 * What comes out has a form of its own, and its own chain of accepted changes:
 * a field of the cloud may go on under another code while the rules make the
 * same of it, and a changed table changes what comes out while the cloud is as
 * it was.  Who reads the stream knows only this form.  So what the last run
 * made comes back with the next pull ("normal" of its SCHEMA), and a person's
 * acceptance with it.
 */
#define WHAT "SCHEMA: normal"

static const char *
text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* {OUTPUT: SOURCE}, as the table has them; of several rows of one output all,
 * as alternatives. */
static json_t *
made_from(const struct seki_plan *p)
{
	json_t *o = json_object(), *text;
	const struct seki_rule *rule;
	const char *old;
	size_t i;
	int r = o == NULL ? -1 : 0;

	for (i = 0; r == 0 && i < p->rules->n; i++) {
		rule = &p->rules->rule[i];
		old = text_at(o, rule->output);
		text = old == NULL ? json_string(rule->source)
				   : json_sprintf("%s|%s", old, rule->source);
		r = json_object_set_new(o, rule->output, text);
	}
	if (r == 0)
		return o;
	json_decref(o);
	return NULL;
}

/* A source of the last run, under the code it has now. */
static int
now_called(const json_t *goes, const char *s, size_t n, struct seki_buf *b,
    struct seki_err *err)
{
	const char *to;
	size_t gone = seki_steps_go(goes, s, n, &to);

	seki_buf_reset(b);
	return seki_buf_str(b, to, err) == -1 ||
		       seki_buf_add(b, s + gone, n - gone, err) == -1
		   ? -1
		   : 0;
}

/* Do both have a source in common, by today's codes? */
static int
kin(const json_t *goes, const char *old, const char *new, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	const char *list, *s, *t;
	size_t n, m;
	int r = 0;

	while (r == 0 && seki_rules_next(&old, &s, &n)) {
		if (seki_rules_quoted(s) == n)
			continue; /* many outputs may hold one text */
		if ((r = now_called(goes, s, n, &b, err)) == -1)
			break;
		for (list = new; r == 0 && seki_rules_next(&list, &t, &m);)
			r = b.n == m && memcmp(b.p, t, m) == 0;
	}
	seki_buf_free(&b);
	return r;
}

struct past {
	json_t *was, *is, *made, *before, *raw;
	json_t *goes; /* what is found */
	json_t *taken;
};

/* Not on the other side, or as another type. */
static int
moved(const json_t *here, const json_t *there, const char *path)
{
	return !json_equal(
	    json_object_get(here, path), json_object_get(there, path));
}

/* Both in no table, or their tables go on as one. */
static int
tables_meet(struct past *p, const char *old, const char *new)
{
	size_t n = seki_steps_table(old), m = seki_steps_table(new);
	const char *to;
	json_t *table;
	int r;

	if (n == 0 || m == 0)
		return n == m;
	if (n == m && memcmp(old, new, n) == 0)
		return 1;
	if ((to = json_string_value(json_object_getn(p->goes, old, n))) != NULL)
		return strlen(to) == m && memcmp(to, new, m) == 0;
	if (json_object_getn(p->is, old, n) != NULL ||
	    json_object_getn(p->was, new, m) != NULL ||
	    json_object_getn(p->taken, new, m) != NULL ||
	    (table = json_stringn(new, m)) == NULL)
		return 0;
	r = json_object_setn(p->goes, old, n, table) == 0 &&
	    json_object_set_new(
		p->taken, json_string_value(table), json_true()) == 0;
	json_decref(table);
	return r;
}

/* The output that goes on from an old one, or NULL. */
static const char *
heir(struct past *p, const char *old, struct seki_err *err)
{
	const char *path, *from, *type = text_at(p->was, old);
	json_t *v;
	int r;

	json_object_foreach(p->is, path, v)
	{
		from = text_at(p->made, path);
		if (from == NULL || !moved(p->is, p->was, path) ||
		    json_object_get(p->taken, path) != NULL ||
		    !seki_steps_fit(type, json_string_value(v)))
			continue;
		r = kin(p->raw, text_at(p->before, old), from, err);
		if (r == -1)
			return NULL;
		if (r == 1 && tables_meet(p, old, path))
			return path;
	}
	return NULL;
}

static int
heirs(struct past *p, struct seki_err *err)
{
	const char *old, *new;
	json_t *v;

	json_object_foreach(p->was, old, v)
	{
		if (text_at(p->before, old) == NULL ||
		    !moved(p->was, p->is, old))
			continue;
		new = heir(p, old, err);
		if (err->reason != SEKI_OK)
			return -1;
		if (new != NULL &&
		    (json_object_set_new(p->goes, old, json_string(new)) ==
			    -1 ||
			json_object_set_new(p->taken, new, json_true()) == -1))
			return seki_err_nomem(err);
	}
	return 0;
}

static int
unasked(const json_t *step, struct seki_err *err)
{
	json_t *list = json_object_get(step, "ended");
	const char *path = json_string_value(json_array_get(list, 0));

	if (path == NULL)
		path = json_object_iter_key(
		    json_object_iter(json_object_get(step, "continues")));
	seki_err_field(err, path);
	seki_err_hint(err, "%s",
	    _("Undo the change of the rules table. Or, if it is meant: pull "
	      "once more, in full, with the same bookmarks and --accept-form "
	      "'NAME' by who accepts it, then normalise as before."));
	return seki_fail(err, SEKI_SCHEMA, "%s",
	    _("the last bundle had this field, and by the rules table it "
	      "ends or goes on under another code, which nobody accepted"));
}

static int
step_ok(const struct seki_plan *p, const json_t *step, struct seki_err *err)
{
	const char *by = text_at(step, "by");

	if (seki_steps_grave(step) && by[0] == '\0')
		return unasked(step, err);
	if (!p->in->deletes)
		return 0;
	seki_err_hint(err, "%s",
	    _("Pull once in full: the same command without --delta."));
	return seki_fail(err, SEKI_SCHEMA, "%s",
	    _("the rules table makes another form than the last bundle had, "
	      "and these are only the changed records"));
}

/* When, by the pull that asked, or the last one that had to. */
static void
when(const struct seki_plan *p, char at[SEKI_TIME])
{
	const json_t *last =
	    json_array_get(p->in->steps, json_array_size(p->in->steps) - 1);
	const char *said = text_at(p->in->normal, "at");

	if (said == NULL)
		said = text_at(last, "at");
	if (said != NULL && strlen(said) < SEKI_TIME)
		memcpy(at, said, strlen(said) + 1);
	else
		seki_time_format(seki_time_now(), at);
}

static int
one_more(
    struct seki_plan *p, struct past *t, json_t *steps, struct seki_err *err)
{
	const char *by = text_at(p->in->normal, "by");
	const char *revision = text_at(p->in->normal, "revision");
	char at[SEKI_TIME];
	json_t *step;

	when(p, at);
	if (heirs(t, err) == -1 ||
	    (step = seki_steps_make(t->was, t->is, t->goes,
		 by == NULL ? "" : by, at, revision == NULL ? "" : revision,
		 err)) == NULL)
		return -1;
	if (step_ok(p, step, err) == -1) {
		json_decref(step);
		return -1;
	}
	return seki_steps_add(steps, step, err) == -1
		   ? -1
		   : seki_steps_check(steps, err);
}

static int
texts(const json_t *o, struct seki_err *err)
{
	json_t *object = (json_t *)(uintptr_t)o, *v;
	const char *key;

	json_object_foreach(object, key, v)
	{
		if (!json_is_string(v) || seki_steps_path_why(key) != NULL)
			return seki_fail(err, SEKI_RECORD, WHAT ": %s",
			    _("not a form as this program writes it"));
	}
	return 0;
}

/* What came back of the last run, checked: it came from a file. */
static int
recall(const struct seki_plan *p, struct past *t, json_t **steps,
    struct seki_err *err)
{
	const json_t *m = p->in->normal;
	json_t *chain = json_object_get(m, "accepted");

	t->was = seki_doc_object(m, "form", SEKI_RECORD, WHAT, err);
	t->before = t->was == NULL
			? NULL
			: seki_doc_object(m, "made", SEKI_RECORD, WHAT, err);
	if (t->before == NULL || texts(t->was, err) == -1 ||
	    texts(t->before, err) == -1 ||
	    (chain != NULL && seki_steps_check(chain, err) == -1))
		return -1;
	t->raw = json_object_get(m, "continues");
	if (t->raw != NULL && texts(t->raw, err) == -1)
		return -1;
	*steps = chain == NULL ? json_array() : json_deep_copy(chain);
	t->goes = json_object();
	t->taken = json_object();
	return *steps == NULL || t->goes == NULL || t->taken == NULL
		   ? seki_err_nomem(err)
		   : 0;
}

/* What comes out may be normalised once more, by a table that has a memory of
 * its own; what was accepted holds for that, too. */
static int
pass_on(struct seki_plan *p, const struct past *t, struct seki_err *err)
{
	static const char *const said[] = { "by", "at", "revision" };
	json_t *next = json_object_get(p->in->normal, "next"), *v;
	size_t i;

	if (!json_is_object(next))
		return 0;
	if ((next = p->out->normal = json_copy(next)) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if ((v = json_object_get(p->in->normal, said[i])) != NULL &&
		    json_object_set(next, said[i], v) == -1)
			return seki_err_nomem(err);
	return json_object_set(next, "continues", t->goes) == -1
		   ? seki_err_nomem(err)
		   : 0;
}

int
seki_plan_past(struct seki_plan *p, struct seki_err *err)
{
	struct past t = { .is = seki_steps_form(p->out, err) };
	json_t *steps = NULL;
	int r = t.is == NULL ? -1 : 0;

	if (r == 0 && (t.made = made_from(p)) == NULL)
		r = seki_err_nomem(err);
	if (r == 0 && p->in->normal != NULL &&
	    (r = recall(p, &t, &steps, err)) == 0 && !json_equal(t.was, t.is))
		r = one_more(p, &t, steps, err);
	if (r == 0)
		r = pass_on(p, &t, err);
	if (r == 0 && json_array_size(steps) > 0)
		p->out->steps = json_incref(steps);
	if (r == 0 && (p->memory = json_pack(
			   "{s:O, s:O}", "form", t.is, "made", t.made)) == NULL)
		r = seki_err_nomem(err);
	if (r == 0 && p->out->steps != NULL &&
	    json_object_set(p->memory, "accepted", steps) == -1)
		r = seki_err_nomem(err);
	json_decref(t.is);
	json_decref(t.made);
	json_decref(t.goes);
	json_decref(t.taken);
	json_decref(steps);
	return r;
}
