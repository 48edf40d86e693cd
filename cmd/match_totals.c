#include <string.h>

#include "cmd.h"
#include "match_totals.h"
#include "totals.h"

/* Figures that are named one by one; the report has all. */
#define NAMED 20

struct said {
	const struct match_totals *o;
	uint64_t n;
};

static void
note(void *ctx, const char *text)
{
	struct said *s = ctx;

	if (s->n++ < NAMED)
		s->o->note(NULL, text);
}

static void
say(const struct seki_totaled *t)
{
	const uint64_t v[] = { t->records, t->excluded, t->held, t->groups,
		t->same, t->differ, t->unasked, t->nothing };
	static const char *const name[] = { "#records", "#excluded", "#held",
		"#groups", "#same", "#differ", "#empty", "#no_value" };
	char n[24], root[SEKI_HEX];
	size_t i;

	if (t->differ > NAMED)
		cmd_note(_("… and %llu figures more"),
		    (unsigned long long)(t->differ - NAMED));
	cmd_note(_("%llu records in %llu groups: %llu figures agree, %llu "
		   "differ, %llu are empty in the table and were not compared"),
	    (unsigned long long)t->records, (unsigned long long)t->groups,
	    (unsigned long long)t->same, (unsigned long long)t->differ,
	    (unsigned long long)t->unasked);
	if (t->excluded > 0)
		cmd_note(_("%llu records were left out by the table"),
		    (unsigned long long)t->excluded);
	if (t->held > 0)
		cmd_note(_("%llu held records have no values and count "
			   "nowhere"),
		    (unsigned long long)t->held);
	if (t->nothing > 0)
		cmd_note(_("%llu values that are summed are empty"),
		    (unsigned long long)t->nothing);
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		(void)snprintf(n, sizeof(n), "%llu", (unsigned long long)v[i]);
		cmd_json_with(name[i], n);
	}
	seki_text_hex(t->proof.root, SEKI_SHA256, root);
	cmd_json_with("root", root);
	cmd_json_with("#differences", t->list.p);
}

static int
judged(const struct match_totals *o, const struct seki_totaled *t,
    struct seki_err *err)
{
	const char *how = o->fail_on == NULL ? "ng" : o->fail_on;

	if (strcmp(how, "never") == 0)
		return 0;
	if (t->differ > 0) {
		if (o->report == NULL)
			seki_err_hint(err, "%s",
			    _("--report FILE.xlsx shows both figures side by "
			      "side"));
		else
			seki_err_hint(err, _("open %s"), o->report);
		return seki_fail(err, SEKI_DIFFERS,
		    _("%llu figures do not agree; the first: %s"),
		    (unsigned long long)t->differ, t->first);
	}
	if (strcmp(how, "warn") != 0 || t->unasked + t->held + t->nothing == 0)
		return 0;
	return seki_fail(err, SEKI_HELD,
	    _("all figures agree, but %llu were not compared, %llu held "
	      "records count nowhere and %llu values are empty"),
	    (unsigned long long)t->unasked, (unsigned long long)t->held,
	    (unsigned long long)t->nothing);
}

static int
check(const struct match_totals *o, struct seki_totals *table,
    struct seki_in *in, struct seki_totaled *res, struct seki_err *err)
{
	struct said said = { .o = o };
	struct seki_totals_how how = {
		.note = note, .progress = o->progress, .ctx = &said
	};
	int r;

	if (o->report != NULL && (how.report = seki_out_file(o->report, 0600,
				      SEKI_OUT_NEW, err)) == NULL) {
		seki_in_free(in);
		return -1;
	}
	r = seki_totals_check(table, in, &how, res, err);
	cmd_progress_end();
	if (r == 0 && how.report != NULL)
		return seki_out_commit(how.report, err);
	seki_out_abort(how.report);
	return r;
}

int
match_totals(
    const struct match_totals *o, struct seki_in *in, struct seki_err *err)
{
	struct seki_totals *table = seki_totals_open(o->rules, err);
	struct seki_totaled res = { .records = 0 };
	int r = -1;

	if (table == NULL)
		seki_in_free(in);
	else if ((r = check(o, table, in, &res, err)) == 0) {
		say(&res);
		if ((r = judged(o, &res, err)) == 0)
			cmd_json(SEKI_OK, o->rules, "", NULL);
	}
	seki_totaled_release(&res);
	seki_totals_free(table);
	return r;
}

int
match_totals_init(
    const struct match_totals *o, struct seki_in *in, struct seki_err *err)
{
	const char *const *by = NULL, *const *sum = NULL;
	struct seki_out *out = NULL;

	if (cmd_words(o->by, &by, err) == 0 &&
	    cmd_words(o->sum, &sum, err) == 0)
		out = cmd_output(o->output, err);
	if (out == NULL) {
		seki_in_free(in);
		return -1;
	}
	if (seki_totals_init(
		in, by, sum, strcmp(cmd.lang, "en") == 0, out, err) == 0) {
		if (seki_out_commit(out, err) == -1)
			return -1;
		cmd_json(SEKI_OK, o->output, "", NULL);
		return 0;
	}
	seki_out_abort(out);
	return -1;
}
