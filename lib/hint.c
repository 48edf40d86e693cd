#include "seki_int.h"

/*
 * What to do about a refusal when the place that refused knew nothing better:
 * one next step for a whole reason.
 */

#define AGAIN                                                                  \
	N_("do not use this file; copy it from the medium again, and if the "  \
	   "answer stays ask the sender for it: seki-pack --resend")
#define SENDER                                                                 \
	N_("call the sending side and read them this message; it needs a new " \
	   "bundle")
#define TRUST                                                                  \
	N_("call the persons who hold the root keys; their newest trust file " \
	   "comes in with: seki-key accept")

static const struct {
	enum seki_reason reason;
	const char *hint;
} next[] = {
	{ SEKI_ZIP, AGAIN },
	{ SEKI_MANIFEST, AGAIN },
	{ SEKI_CMS, AGAIN },
	{ SEKI_SIGNATURE, AGAIN },
	{ SEKI_DIGEST, AGAIN },
	{ SEKI_CONTENT, AGAIN },
	{ SEKI_VIEW, AGAIN },
	{ SEKI_CUT, AGAIN },
	{ SEKI_RECORD, SENDER },
	{ SEKI_XLSX, SENDER },
	{ SEKI_LIMIT, SENDER },
	{ SEKI_POLICY, SENDER },
	{ SEKI_RECIPIENT, SENDER },
	{ SEKI_SOURCE, SENDER },
	{ SEKI_ORDER, SENDER },
	{ SEKI_THRESHOLD, SENDER },
	{ SEKI_REPLAY,
	    N_("put the file away; what is stored is newer, and nothing needs "
	       "to be done") },
	{ SEKI_REVOKED,
	    N_("import nothing from that key; call the sending side, which "
	       "packs anew with another one") },
	{ SEKI_TRUST, TRUST },
	{ SEKI_TRUST_OLD, TRUST },
	{ SEKI_CONFIG, N_("put that right, then run the same command again") },
	{ SEKI_WORKER,
	    N_("keep the file, do not open it with any other program, and "
	       "call who looks after this host") },
	{ SEKI_FILE,
	    N_("give a path that is there and of the right kind, for an "
	       "output one in a folder that is there: ls -l shows what is") },
	{ SEKI_PERMISSION,
	    N_("run as the user whom the files belong to: ls -l shows whom") },
	{ SEKI_FULL,
	    N_("make room (df -h) or raise the limit on the size of files "
	       "(ulimit -f, LimitFSIZE=), then run the same command again") },
	{ SEKI_UNSAFE,
	    N_("take the rights from others: chmod go-w, and chown if the "
	       "owner is another") },
};

/* These mean the same wherever they come from. */
void
seki_err_always(struct seki_err *err)
{
	if (err->reason == SEKI_FILE || err->reason == SEKI_PERMISSION ||
	    err->reason == SEKI_FULL || err->reason == SEKI_UNSAFE)
		seki_err_next(err);
}

void
seki_err_next(struct seki_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(next) / sizeof(next[0]); i++)
		if (err->reason == next[i].reason)
			seki_err_hint(err, "%s", _(next[i].hint));
}
