#include "cmd.h"

/* A key that is not there is a failure only of what needs it: one seki.conf(5)
 * serves hosts and users that have it and those that do not. */
struct seki_key *
cmd_decrypt(const char *path, struct seki_check *check)
{
	static struct seki_err why = SEKI_ERR_INIT;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_key *key = path == NULL ? NULL : seki_key_open(path, &err);

	check->key = key;
	check->no_key = NULL;
	if (path == NULL || key != NULL)
		return key;
	seki_err_object(&why, path);
	seki_err_hint(&why, "%s",
	    err.hint[0] != '\0'
		? err.hint
		: _("--key FILE: the key that seki-key recipient made on this "
		    "host"));
	(void)seki_fail(&why,
	    err.reason == SEKI_UNSAFE || err.reason == SEKI_NOMEM
		? err.reason
		: SEKI_CREDENTIALS,
	    _("the bundle is encrypted, and its key cannot be used: %s"),
	    err.text);
	check->no_key = &why;
	return NULL;
}
