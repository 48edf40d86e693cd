#include <string.h>

#include "cmd.h"
#include "import.h"

static void
form_notes(const struct seki_imported *n)
{
	char text[sizeof(n->accepted)], *line, *next = text;

	memcpy(text, n->accepted, sizeof(text));
	while ((line = strsep(&next, "\n")) != NULL)
		if (line[0] != '\0')
			cmd_note(_("another form, accepted by %s"), line);
	if (n->kept > 0)
		cmd_note(_("%llu records had values in fields that are no "
			   "more; their versions went to the history"),
		    (unsigned long long)n->kept);
}

static void
notes(const char *name, const struct seki_localized *d)
{
	const struct seki_imported *n = &d->n;

	if (n->beside[0] != '\0')
		cmd_note(_("local stream %s is new in this store; it has: %s"),
		    name, n->beside);
	if (d->from.stream[0] == '\0')
		cmd_note("%s",
		    _("the stream does not say that it was exported from a "
		      "store: the ledger has its name and source only"));
	if (n->held > 0)
		cmd_note(_("%llu records are held: their last good version "
			   "stays, marked: record %s%s"),
		    (unsigned long long)n->held, n->keys,
		    n->held > SEKI_HELD_NAMED ? ", …" : "");
	form_notes(n);
}

/* The line for people. */
static void
say(const char *name, const struct seki_localized *d, const char *root)
{
	const struct seki_imported *n = &d->n;
	char when[SEKI_TIME];

	seki_time_jst(d->taken, when);
	if (d->already)
		cmd_say(_("already: local stream %s is so since run %llu of "
			  "%s (Japan time); nothing was written, root %s"),
		    name, (unsigned long long)d->run, when, root);
	else
		cmd_say(_("ok: local stream %s, run %llu, %llu records, %llu "
			  "held (%llu new, %llu changed, %llu removed, %llu as "
			  "before), root %s"),
		    name, (unsigned long long)d->run,
		    (unsigned long long)n->records, (unsigned long long)n->held,
		    (unsigned long long)n->added,
		    (unsigned long long)n->changed,
		    (unsigned long long)n->removed, (unsigned long long)n->same,
		    root);
}

enum { RUN, RECORDS, HELD, ADDED, CHANGED, REMOVED, SAME, EPOCH, SEQ, NCOUNT };

static void
from(const struct seki_local_trace *f, char t[NCOUNT][24])
{
	if (f->stream[0] == '\0')
		return;
	cmd_json_with("from_stream", f->stream);
	if (f->epoch > 0)
		cmd_json_with("#from_epoch", t[EPOCH]);
	cmd_json_with(f->epoch > 0 ? "#from_seq" : "#from_run", t[SEQ]);
	cmd_json_with("from_root", f->root);
}

static void
report(const char *name, const struct seki_localized *d, const char *store)
{
	enum seki_reason reason = d->already ? SEKI_ALREADY : SEKI_OK;
	const struct seki_imported *n = &d->n;
	const uint64_t c[NCOUNT] = { d->run, n->records, n->held, n->added,
		n->changed, n->removed, n->same, d->from.epoch, d->from.seq };
	char t[NCOUNT][24], root[SEKI_HEX], when[SEKI_TIME];
	size_t i;

	seki_text_hex(n->stored_root, SEKI_SHA256, root);
	for (i = 0; i < NCOUNT; i++)
		(void)snprintf(
		    t[i], sizeof(t[i]), "%llu", (unsigned long long)c[i]);
	say(name, d, root);
	seki_time_format(d->taken, when);
	from(&d->from, t);
	if (n->keys[0] != '\0')
		cmd_json_with("keys", n->keys);
	if (n->beside[0] != '\0')
		cmd_json_with("new_beside", n->beside);
	cmd_json(reason, name, seki_err_sentence(reason), "stream", name,
	    "#local", "true", "#run", t[RUN], "origin", d->origin, "#records",
	    t[RECORDS], "#held", t[HELD], "#added", t[ADDED], "#changed",
	    t[CHANGED], "#removed", t[REMOVED], "#same", t[SAME],
	    "form_accepted", n->accepted, "rules", d->rules, "root", root,
	    "store", store, "taken", when, NULL);
}

static int
stale(const struct seki_localized *d, struct seki_err *err)
{
	char when[SEKI_TIME];

	seki_time_jst(d->taken, when);
	seki_err_hint(err, "%s",
	    _("look whether a bundle came: the carried stream is what it was"));
	return seki_fail(err, SEKI_STALE,
	    _("the local stream is so since %s (Japan time); nothing new came"),
	    when);
}

void
import_local(struct seki_store *store, const struct seki_local *opt,
    struct seki_in *in, const char *path, int fresh)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_localized d;

	if (seki_local_run(store, opt, in, &d, &err) == -1 ||
	    (d.already && fresh && stale(&d, &err) == -1)) {
		seki_err_next(&err);
		(void)cmd_fail(NULL, &err);
		return;
	}
	cmd_progress_end();
	if (!d.already)
		notes(opt->stream, &d);
	report(opt->stream, &d, path);
}
