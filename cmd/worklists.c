#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "normalize.h"

/* DIR/NAME.xlsx of NAME.csv; nobody's work is written over. */
static int
one(const struct seki_rules *rules, size_t i, const char *name, const char *dir,
    struct seki_err *err)
{
	const char *slash = strrchr(name, '/'), *dot;
	char path[4096];
	struct seki_out *out;

	name = slash == NULL ? name : slash + 1;
	dot = strrchr(name, '.');
	if (snprintf(path, sizeof(path), "%s/%.*s.xlsx", dir,
		dot == NULL ? (int)strlen(name) : (int)(dot - name),
		name) >= (int)sizeof(path))
		return seki_fail(
		    err, SEKI_LIMIT, "%s", _("a name is too long"));
	if (access(path, F_OK) == 0) {
		cmd_note(_("%s is there already and stays as it is: fill it in "
			   "and put it in the place of the lookup table, or "
			   "move it away"),
		    path);
		return 0;
	}
	if ((out = cmd_output(path, err)) == NULL)
		return -1;
	if (seki_rules_worklist(
		rules, i, strcmp(cmd.lang, "en") == 0, NULL, out, err) == -1) {
		seki_out_abort(out);
		return -1;
	}
	if (seki_out_commit(out, err) == -1)
		return -1;
	cmd_note(_("worklist: %s: fill in 変換後 (to), then put it in the "
		   "place of %s; if its name is another one, write that under "
		   "変換表 (lookup) in the rules table"),
	    path, name);
	return 0;
}

/* Also of a run that held too much: then it is needed most. */
int
normalize_worklists(
    const struct seki_rules *rules, const char *dir, struct seki_err *err)
{
	uint64_t values, more;
	const char *name;
	size_t i;

	for (i = 0;
	     (name = seki_rules_waiting(rules, i, &values, &more)) != NULL;
	     i++) {
		cmd_note(_("%s: %llu values have no row yet"), name,
		    (unsigned long long)values);
		if (dir == NULL)
			cmd_note(_("--worklist DIR writes them into a workbook "
				   "to be filled in"));
		if (more > 0)
			cmd_note(_("%s: besides, %llu times a value that the "
				   "worklist has no room for"),
			    name, (unsigned long long)more);
		if (dir != NULL && one(rules, i, name, dir, err) == -1)
			return -1;
	}
	return 0;
}
