#include "pack.h"

int
pack_let_through(const struct pack_options *o, struct seki_packing *p,
    struct seki_profile **profile, struct seki_err *err)
{
	if (o->profile == NULL)
		return 0;
	if ((*profile = seki_profile_open(o->profile, err)) == NULL)
		return -1;
	p->finished = cmd_lint;
	p->ctx = *profile;
	return 0;
}

/* Finished bundles, each by itself. */
static int
lint_one(const char *path, void *ctx)
{
	struct seki_err err = SEKI_ERR_INIT;

	if (cmd_lint(path, path, ctx, &err) == -1)
		return cmd_fail(path, &err);
	cmd_say(_("%s: ok: nothing in it would be stopped"), path);
	cmd_json(SEKI_OK, path, seki_err_sentence(SEKI_OK), NULL);
	return 0;
}

int
pack_lint(
    const struct pack_options *o, int n, char **operand, struct seki_err *err)
{
	struct seki_profile *p;

	if (n == 0)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--lint needs the bundles to look at"));
	if ((p = seki_profile_open(o->profile, err)) == NULL)
		return -1;
	cmd_each(n, operand, lint_one, p);
	seki_profile_free(p);
	return 0;
}
