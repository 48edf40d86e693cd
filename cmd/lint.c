#include <string.h>

#include "lint.h"

static void
tell(void *ctx, const char *name, const char *what)
{
	const char *object = ctx;

	if (cmd.json)
		cmd_json(SEKI_POLICY, object, what, "entry", name, NULL);
	else if (name[0] == '\0')
		cmd_note("%s: %s", object, what);
	else
		cmd_note("%s: %s: %s", object, name, what);
}

int
cmd_lint(const char *path, const char *as, void *ctx, struct seki_err *err)
{
	int n =
	    seki_profile_check(ctx, path, as, tell, (void *)(uintptr_t)as, err);

	if (n <= 0)
		return n;
	seki_err_object(err, as);
	seki_err_hint(err, "%s",
	    _("send it in parts (seki-pack --max-size SIZE), less at once, or "
	      "by another carrier; when the relay lets it pass, mend the "
	      "profile"));
	return seki_fail(err, SEKI_POLICY,
	    _("the relay would stop it, for %d reasons"), n);
}
