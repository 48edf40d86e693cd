#include <string.h>

#include <jansson.h>

#include "norm_int.h"
#include "steps.h"

/*
 * Rows of the table whose source is no more in the form because a person said
 * so: it ended, or goes on under another code.  All of them are named at once,
 * with what each row needs; who is told of one after another thinks that the
 * table is at fault.
 */
struct fate {
	const json_t *step; /* that ended or last moved it; NULL: none */
	int ended;
	char path[SEKI_PATH_MAX + 1]; /* as it is called now */
};

static const char *
text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

/* One step on: does it name the field, or the table it stands in? */
static int
move(const json_t *step, struct fate *f)
{
	char old[SEKI_PATH_MAX + 1];
	const char *to;
	size_t gone;

	if (seki_steps_end(step, f->path))
		f->ended = 1;
	else {
		gone = seki_steps_go(json_object_get(step, "continues"),
		    f->path, strlen(f->path), &to);
		if (gone == 0)
			return 0;
		memcpy(old, f->path, sizeof(old));
		(void)snprintf(
		    f->path, sizeof(f->path), "%s%s", to, old + gone);
	}
	f->step = step;
	return 1;
}

/* From the last step that names it on; an older one may be of an older field
 * with the code. */
static int
find(const struct seki_schema *in, const char *s, size_t n, struct fate *f)
{
	const struct seki_field *parent;
	size_t i, steps = json_array_size(in->steps);
	char path[SEKI_PATH_MAX + 1];

	memset(f, 0, sizeof(*f));
	if (n == 0 || n >= sizeof(path))
		return 0;
	(void)snprintf(path, sizeof(path), "%.*s", (int)n, s);
	if (seki_steps_find(in, path, &parent) != NULL)
		return 0;
	memcpy(f->path, path, sizeof(path));
	for (i = steps; i > 0 && !move(json_array_get(in->steps, i - 1), f);)
		i--;
	while (i > 0 && i < steps && !f->ended)
		(void)move(json_array_get(in->steps, i++), f);
	return f->step != NULL &&
	       (f->ended || seki_steps_find(in, f->path, &parent) != NULL);
}

/* "row 5: FIELD ended (accepted by P on D)", and what row 5 needs. */
static int
say(const struct seki_rule *rule, const char *s, size_t n, const struct fate *f,
    struct seki_buf *what, struct seki_buf *todo, struct seki_err *err)
{
	const char *by = text_at(f->step, "by"), *at = text_at(f->step, "at");
	int alone = strlen(rule->source) == n && s != rule->when, len = (int)n;
	unsigned long long row = rule->row;
	char when[SEKI_TIME] = "";
	seki_time t;
	int r;

	if (seki_time_parse(at, strlen(at), &t) == 0)
		seki_time_jst(t, when);
	if ((what->n > 0 && (seki_buf_str(what, "; ", err) == -1 ||
				seki_buf_str(todo, "; ", err) == -1)))
		return -1;
	r = f->ended ? seki_buf_fmt(what, err,
			   _("row %llu: field %.*s ended (accepted by %s on "
			     "%s)"),
			   row, len, s, by, when)
		     : seki_buf_fmt(what, err,
			   _("row %llu: field %.*s goes on as %s (accepted by "
			     "%s on %s)"),
			   row, len, s, f->path, by, when);
	if (r == -1)
		return -1;
	if (!f->ended)
		return seki_buf_fmt(todo, err,
		    _("row %llu: write %s instead of %.*s"), row, f->path, len,
		    s);
	return alone ? seki_buf_fmt(todo, err, _("remove row %llu"), row)
		     : seki_buf_fmt(todo, err, _("row %llu: take %.*s out"),
			   row, len, s);
}

int
seki_plan_fates(const struct seki_rules *rules, const struct seki_schema *in,
    struct seki_err *err)
{
	struct seki_buf what = SEKI_BUF_INIT, todo = SEKI_BUF_INIT;
	const char *list, *s;
	struct fate f;
	size_t i, n;
	int r = 0;

	for (i = 0; r == 0 && i < rules->n; i++) {
		for (list = rules->rule[i].source;
		     r == 0 && seki_rules_next(&list, &s, &n);)
			if (find(in, s, n, &f))
				r = say(&rules->rule[i], s, n, &f, &what, &todo,
				    err);
		if (r == 0 && (s = rules->rule[i].when) != NULL &&
		    find(in, s, strlen(s), &f))
			r = say(&rules->rule[i], s, strlen(s), &f, &what, &todo,
			    err);
	}
	if (r == 0 && what.n > 0) {
		seki_err_object(err, rules->name);
		seki_err_hint(err,
		    _("in the rules table: %s; then the same command again"),
		    todo.p);
		r = seki_fail(err, SEKI_RULES, "%s", what.p);
	}
	seki_buf_free(&what);
	seki_buf_free(&todo);
	return r;
}
