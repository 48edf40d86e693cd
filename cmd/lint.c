#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* As --max-size takes it. */
static const char *
rounded(uint64_t n, char size[32])
{
	static const char unit[] = "\0KMG";
	size_t i = 0;

	while (i < 3 && n > 0 && n % 1024 == 0) {
		n /= 1024;
		i++;
	}
	(void)snprintf(size, 32, "%llu%.1s", (unsigned long long)n, unit + i);
	return size;
}

int
cmd_lint(const char *path, const char *as, void *ctx, struct seki_err *err)
{
	struct stat st;
	char size[32];
	uint64_t most;
	int larger;
	int n =
	    seki_profile_check(ctx, path, as, tell, (void *)(uintptr_t)as, err);

	if (n <= 0)
		return n;
	seki_err_object(err, as);
	most = seki_profile_size(ctx);
	larger = stat(path, &st) == 0 && (uint64_t)st.st_size > most;
	if (larger && n == 1)
		seki_err_hint(err,
		    _("send it in parts: seki-pack --max-size %s (of what is "
		      "packed already: with --reissue NUMBER), or less at "
		      "once; when the relay lets it pass, mend the profile"),
		    rounded(most, size));
	else if (larger)
		seki_err_hint(err, "%s",
		    _("send it by another carrier, or mend each of these; "
		      "parts (--max-size) only help with its size; when the "
		      "relay lets it pass, mend the profile"));
	else
		seki_err_hint(err, "%s",
		    _("send it by another carrier, or mend what is said "
		      "above; when the relay lets it pass, mend the profile"));
	return seki_fail(
	    err, SEKI_POLICY, _("the relay would stop it, for %d reasons"), n);
}
