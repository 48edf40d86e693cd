#include <stdlib.h>

#include "found.h"
#include "pack.h"
#include "repair.h"

/* The list is about one bundle; the records of another need no repair. */
static int
repairs(const struct pack_options *o, const char *stream, uint64_t seq,
    struct seki_repair **r, struct seki_err *err)
{
	uint64_t about;

	if (o->repair == NULL)
		return 0;
	if ((*r = seki_repair_open(o->repair, stream, &about, err)) == NULL)
		return -1;
	if (about == seq)
		return 0;
	seki_err_object(err, o->repair);
	seki_err_hint(
	    err, "seki-pack --reissue %llu", (unsigned long long)about);
	return seki_fail(err, SEKI_CONFIG,
	    _("the damage list is about bundle %llu, not %llu"),
	    (unsigned long long)about, (unsigned long long)seq);
}

int
pack_reissue(const struct pack_options *o, struct seki_sender *sender,
    struct seki_err *err)
{
	struct seki_scan_how scan = { .finding = cmd_found,
		.unknown = cmd_found_unknown,
		.ctx = (void *)(uintptr_t)o->output };
	struct seki_packing p = { .stream = o->stream,
		.carrier = o->carrier,
		.expires = (unsigned)o->expires,
		.now = seki_time_now(),
		.scan = &scan,
		.path = o->output,
		.text = o->text,
		.progress = pack_progress };
	struct seki_packed *done = calloc(1, sizeof(*done));
	struct seki_profile *profile = NULL;
	struct seki_repair *list = NULL;
	struct seki_trust *trust = NULL;
	struct seki_key *key = NULL;
	int r = -1;

	if (done == NULL)
		return seki_err_nomem(err);
	if (pack_max_size(o, &p.max_size, err) == 0 &&
	    cmd_list(&o->recipients, &p.recipients, err) == 0 &&
	    repairs(o, o->stream, o->reissue, &list, err) == 0 &&
	    (trust = seki_trust_open(o->trust, p.now, err)) != NULL &&
	    (key = seki_key_open(o->key, err)) != NULL &&
	    pack_let_through(o, &p, &profile, err) == 0) {
		p.repair = list;
		p.trust = trust;
		p.key = key;
		r = seki_sender_reissue(sender, o->reissue, &p, done, err);
	}
	cmd_progress_end();
	if (r == 0 && !cmd.json)
		pack_encrypted(o, done);
	if (r == 0 && !cmd.json)
		cmd_note(_("%s: bundle %llu of stream %s once more, for the "
			   "carrier %s"),
		    o->output, (unsigned long long)done->sent.seq,
		    done->sent.stream, o->carrier);
	if (r == 0 && !cmd.json && o->max_size != NULL)
		pack_parts(o, &done->sent);
	if (r == 0)
		pack_beside(done);
	if (r == 0)
		pack_result(&done->sent, o->output, seki_err_sentence(SEKI_OK));
	free(done);
	seki_profile_free(profile);
	seki_repair_free(list);
	seki_key_free(key);
	seki_trust_free(trust);
	return r;
}

int
pack_resend(const struct pack_options *o, struct seki_sender *sender,
    struct seki_err *err)
{
	struct seki_sent *b = calloc(1, sizeof(*b));
	int r;

	if (b == NULL)
		return seki_err_nomem(err);
	r = seki_sender_resend(sender, o->stream, o->resend, o->output, b, err);
	if (r == 0 && !cmd.json)
		cmd_note(_("%s: bundle %llu of stream %s again, the same"
			   " bytes"),
		    o->output, (unsigned long long)b->seq, b->stream);
	if (r == 0 && !cmd.json)
		pack_as_then(o, b);
	if (r == 0)
		pack_result(b, o->output, seki_err_sentence(SEKI_OK));
	free(b);
	return r;
}

int
pack_withdraw(const struct pack_options *o, struct seki_sender *sender,
    struct seki_err *err)
{
	struct seki_sent *b = calloc(1, sizeof(*b));
	struct seki_out *marks = NULL;
	char *state = NULL;
	int r;

	if (b == NULL)
		return seki_err_nomem(err);
	r = pack_reserve(o, &marks, err);
	if (r == 0)
		r = seki_sender_withdraw(
		    sender, o->stream, o->withdraw, b, &state, err);
	if (r == 0 && !cmd.json)
		cmd_note(_("bundle %llu of stream %s is withdrawn: destroy"
			   " every copy, %s too"),
		    (unsigned long long)b->seq, b->stream, b->name);
	if (r == 0) {
		pack_result(b, b->name, seki_err_sentence(SEKI_OK));
		r = pack_hand_on(o, marks, state, err);
	} else
		seki_out_abort(marks);
	free(state);
	free(b);
	return r;
}

void
pack_show(const struct seki_sent *b, void *ctx)
{
	char when[SEKI_TIME], parts[32] = "";

	(void)ctx;
	if (b->parts > 1)
		(void)snprintf(parts, sizeof(parts), _(" (%llu parts)"),
		    (unsigned long long)b->parts);
	seki_time_jst(b->created, when);
	if (cmd.json)
		pack_result(b, b->name, seki_err_sentence(SEKI_OK));
	else
		cmd_say("%s\t%llu\t%llu\t%s\t%s\t%llu\t%s\t%s%s", b->stream,
		    (unsigned long long)b->epoch, (unsigned long long)b->seq,
		    b->status, when, (unsigned long long)b->records, b->root,
		    b->name, parts);
}
