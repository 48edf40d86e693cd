#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "pack.h"

void
pack_encrypted(const struct pack_options *o, const struct seki_packed *p)
{
	if (p->recipients > 0)
		cmd_note(
		    _("%s: encrypted to %zu keys"), o->output, p->recipients);
	if (p->clear)
		cmd_note(_("%s: anybody can read it: bundles of stream %s are "
			   "encrypted on media only, not through a relay"),
		    o->output, p->sent.stream);
}

/* What a person should know beside the result. */
static void
remarks(const struct pack_options *o, const struct seki_packed *p)
{
	const struct seki_sent *b = &p->sent;
	char when[SEKI_TIME];

	if (b->held > 0)
		cmd_note(_("%s: %llu records are held: their last good version"
			   " stays on the other side"),
		    o->output, (unsigned long long)b->held);
	/* As much as seki-pull lets pass by itself. */
	if (p->fewer * 10 > p->fewer + b->records + b->held)
		cmd_note(_("%s: %llu of the %llu records of the bundle before "
			   "are not in it, and the other side will remove them:"
			   " was the condition changed?"),
		    o->output, (unsigned long long)p->fewer,
		    (unsigned long long)(p->fewer + b->records + b->held));
	if (p->bare > 0 && !p->already)
		cmd_note(_("%s: bundle %llu carried attachments, this one has "
			   "none, and the other side will have none for these "
			   "records: pull again with --attachments DIR, and "
			   "pack with it"),
		    o->output, (unsigned long long)p->bare);
	/* As after a slip in --state or in the name of the stream. */
	if (p->first)
		cmd_note(_("%s: the first bundle of stream %s in this folder "
			   "(--state)"),
		    o->output, b->stream);
	if (p->other > 0)
		cmd_note(_("%s: bundle %llu went to %s, this one goes to %s"),
		    o->output, (unsigned long long)p->other, p->audience,
		    b->audience);
	if (p->same > 0 && !p->already)
		cmd_note(_("%s: the same records as in bundle %llu: nothing "
			   "has changed since"),
		    o->output, (unsigned long long)p->same);
	if (p->same > 0 && !p->already && o->max_size != NULL)
		cmd_note(_("%s: for other sizes alone, the bundle need not be "
			   "packed again: seki-pack --stream %s --reissue %llu "
			   "--carrier %s --max-size %s"),
		    o->output, b->stream, (unsigned long long)p->same,
		    o->carrier, o->max_size);
	if (p->met[0] != '\0')
		cmd_found_met(o->output, p->met);
	if (p->overridden)
		cmd_note(_("%s: let pass by %s, which the bundle says"),
		    o->output, o->by);
	pack_encrypted(o, p);
	if (b->records == 0 && strcmp(b->kind, "full") == 0)
		cmd_note(_("%s: a full bundle without records: the importer"
			   " takes it only with --allow-empty"),
		    o->output);
	seki_time_jst(p->already ? b->created : b->expires, when);
	if (p->already)
		cmd_note(_("%s: bundle %llu of stream %s, packed on %s, holds"
			   " the same records; no new one was made"),
		    o->output, (unsigned long long)b->seq, b->stream, when);
	else if (strcmp(b->kind, "delta") == 0)
		cmd_note(_("%s: bundle %llu of stream %s for %s, delta of %llu "
			   "records and %llu deletions, good until %s"),
		    o->output, (unsigned long long)b->seq, b->stream,
		    b->audience, (unsigned long long)b->records,
		    (unsigned long long)b->deletes, when);
	else
		cmd_note(_("%s: bundle %llu of stream %s for %s, %llu records,"
			   " good until %s"),
		    o->output, (unsigned long long)b->seq, b->stream,
		    b->audience, (unsigned long long)b->records, when);
	if (p->already)
		pack_as_then(o, b);
	else if (o->max_size != NULL)
		pack_parts(o, b);
}

static void
tell(const struct pack_options *o, const struct seki_packed *p)
{
	char n[24];

	(void)snprintf(n, sizeof(n), "%zu", p->recipients);
	if (p->recipients > 0)
		cmd_json_with("#recipients", n);
	if (!cmd.json)
		remarks(o, p);
	pack_beside(p);
	pack_result(&p->sent, o->output,
	    seki_err_sentence(p->already ? SEKI_ALREADY : SEKI_OK));
}

/* Everything that can be wrong is found before stdin is read. */
int
pack_stream(const struct pack_options *o, struct seki_sender *sender,
    struct seki_in *in, struct seki_err *err)
{
	struct seki_packed *done = calloc(1, sizeof(*done));
	struct seki_profile *profile = NULL;
	struct pack_given g = { .trust = NULL };
	struct seki_out *marks = NULL;
	int r = -1;

	if (done == NULL) {
		seki_in_free(in);
		return seki_err_nomem(err);
	}
	if (pack_reserve(o, &marks, err) == -1 ||
	    pack_given(o, o->output, &g, err) == -1 ||
	    pack_let_through(o, &g.p, &profile, err) == -1)
		goto out;
	r = seki_sender_pack(sender, in, &g.p, done, err);
	in = NULL;
	cmd_progress_end();
	pack_scanned(done, err);
	if (r == -1) {
		pack_set_right(o, &marks, done->state);
		goto out;
	}
	tell(o, done);
	r = pack_hand_on(o, marks, done->state, err);
	marks = NULL;
out:
	seki_in_free(in);
	seki_out_abort(marks);
	free(done->state);
	free(done);
	seki_profile_free(profile);
	pack_given_free(&g);
	return r;
}
