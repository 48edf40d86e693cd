#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay.h"
#include "sender_job.h"
#include "sigtext.h"

static int
no_link(const char *why, const char *hint, struct seki_err *err)
{
	seki_err_hint(err, "%s", hint);
	return seki_fail(err, SEKI_ORDER, "%s", why);
}

/* Both states are those of the same stream. */
static int
linked(const struct seki_state *own, const struct seki_state *before, int again,
    struct seki_err *err)
{
	const char *hint = _("pull again from the bookmarks of the last bundle "
			     "packed, which seki-pack --bookmarks stores, or "
			     "once in full, without --delta");

	if (own->after[0] == '\0')
		return no_link(
		    _("the delta does not say which bundle's records it "
		      "changes"),
		    hint, err);
	if (strcmp(own->after, before->own) == 0 ||
	    (again && strcmp(own->after, before->after) == 0))
		return 0;
	return no_link(
	    _("the delta was pulled from other bookmarks than those of the "
	      "last bundle packed: changes could be missing"),
	    hint, err);
}

static int
carries(const struct seki_state *s)
{
	return strcmp(s->attachments, "all") == 0;
}

/* What did not change is not in a delta: it stays as the rules and the form of
 * the bundle before made it. */
static int
alike(const struct seki_job *j, const struct seki_sent *last,
    const struct seki_state *own, const struct seki_state *before,
    struct seki_err *err)
{
	const char *hint = _("pull once in full, without --delta");

	if (strcmp(last->audience, j->b->audience) != 0)
		return no_link(
		    _("the bundle before went to another audience, which alone "
		      "has the records that the delta changes"),
		    _("check the spelling of --audience first; if another one "
		      "is meant, pull once in full, without --delta"),
		    err);
	if (own->rules[0] == '\0' && before->rules[0] != '\0')
		return no_link(
		    _("the delta went through no rules table, the bundle "
		      "before through one: records that did not change would "
		      "stay as it made them"),
		    _("pull once in full, without --delta, and pack that with "
		      "--raw"),
		    err);
	if (strcmp(own->rules, before->rules) != 0)
		return no_link(
		    _("the delta went through another rules table than the "
		      "bundle before: records that did not change would stay "
		      "as the old one made them"),
		    hint, err);
	if (carries(before) && !carries(own))
		return no_link(
		    _("the bundle before carried attachments, the delta brings "
		      "none"),
		    _("pull again with --attachments DIR, and pack with it"),
		    err);
	if (carries(own) && !carries(before))
		return no_link(
		    _("the delta brings attachments, the bundle before carried "
		      "none"),
		    _("pull once in full, with --attachments DIR and without "
		      "--delta"),
		    err);
	if (strcmp(last->schema, j->b->schema) != 0 &&
	    strcmp(own->form, before->form) != 0)
		return no_link(
		    _("the form changed since the bundle before: records that "
		      "did not change are needed in it, too"),
		    hint, err);
	return 0;
}

/*
 * A delta is made of the records as the last bundle left them: else changes
 * that lie between would be in none.  again: it may also be that bundle once
 * more, from the bookmarks before it.  When it is not linked, *state is that
 * of the last bundle.
 */
static int
continues(const struct seki_job *j, const struct seki_sent *last, int again,
    char **state, struct seki_err *err)
{
	struct seki_state own, before;

	if (strcmp(j->b->kind, "delta") != 0)
		return 0;
	if (last == NULL || j->m->prev[0] == '\0')
		return no_link(
		    _("a delta, but there is no bundle of the stream before "
		      "it whose records it could change"),
		    _("pull in full, without --delta, and pack that first"),
		    err);
	if (seki_outbox_state(j->s, last, state, err) == -1 ||
	    seki_state_read(*state, &before, err) == -1 ||
	    seki_state_read(seki_pack_state(j->pack), &own, err) == -1 ||
	    linked(&own, &before, again, err) == -1)
		return -1;
	free(*state);
	*state = NULL;
	return alike(j, last, &own, &before, err);
}

/* An option left out is soon done: attachments are noted, seki-normalize is
 * refused, as the importer would. */
static int
left_out(const struct seki_job *j, const struct seki_sent *last,
    struct seki_packed *done, struct seki_err *err)
{
	struct seki_state own, before;
	char *state = NULL;
	int r = -1;

	if (last == NULL)
		return 0;
	if (seki_outbox_state(j->s, last, &state, err) == 0 &&
	    seki_state_read(state, &before, err) == 0)
		r = seki_state_read(seki_pack_state(j->pack), &own, err);
	free(state);
	if (r == 0 && strcmp(j->b->kind, "full") == 0 && carries(&before) &&
	    !carries(&own))
		done->bare = last->seq;
	if (r == -1 || j->o->raw || j->m->prev[0] == '\0' ||
	    own.rules[0] != '\0' || before.rules[0] == '\0')
		return r;
	seki_err_hint(err, "%s",
	    strcmp(j->b->kind, "full") == 0
		? _("Send the stream through seki-normalize --rules TABLE. "
		    "When it shall go without from now on, pack once with "
		    "--raw.")
		: _("Send the stream through seki-normalize --rules TABLE. "
		    "When it shall go without from now on, pull once in full, "
		    "without --delta, and pack that with --raw."));
	return seki_fail(err, SEKI_CONFIG,
	    _("bundle %llu went through a rules table, this stream did not"),
	    (unsigned long long)last->seq);
}

int
seki_job_follows(const struct seki_job *j, const struct seki_sent *last,
    struct seki_packed *done, struct seki_err *err)
{
	return left_out(j, last, done, err) == -1 ||
		       continues(j, last, 0, &done->state, err) == -1
		   ? -1
		   : 0;
}

/* The kept bytes go by another way, or are another kind of file. */
static int
another(const struct seki_packing *o, const struct seki_sent *last)
{
	struct seki_packing kept = *o;

	kept.path = last->name;
	return strcmp(last->carrier, o->carrier) != 0 ||
	       (seki_sender_relay(o) &&
		   seki_sender_book(&kept) != seki_sender_book(o));
}

static void
other_way(const struct seki_job *j, const struct seki_sent *last,
    struct seki_err *err)
{
	const unsigned long long seq = last->seq;

	if (j->to.n > 0)
		seki_err_hint(err,
		    _("withdraw it and pack again: seki-pack --stream %s "
		      "--withdraw %llu"),
		    last->stream, seq);
	else if (j->o->max_size > 0)
		seki_err_hint(err,
		    "seki-pack --stream %s --reissue %llu --carrier %s "
		    "--max-size %llu",
		    last->stream, seq, j->o->carrier,
		    (unsigned long long)j->o->max_size);
	else
		seki_err_hint(err,
		    "seki-pack --stream %s --reissue %llu --carrier %s",
		    last->stream, seq, j->o->carrier);
}

/* The kept bytes are what the options ask for: that way, not larger, and
 * nothing in them that a relay would stop. */
static int
asked_for(const struct seki_job *j, const struct seki_sent *last,
    struct seki_err *err)
{
	const unsigned long long seq = last->seq;
	uint64_t largest;

	if (another(j->o, last)) {
		other_way(j, last, err);
		return seki_fail(err, SEKI_USAGE,
		    _("bundle %llu holds the same records and was packed for "
		      "the carrier %s, as %s"),
		    seq, last->carrier, last->name);
	}
	if (seki_outbox_shown(j->s, last, j->o, &largest, err) == -1)
		return -1;
	if (j->o->max_size == 0 || largest <= j->o->max_size)
		return 0;
	other_way(j, last, err);
	return seki_fail(err, SEKI_USAGE,
	    _("bundle %llu holds the same records and was packed larger: a "
	      "file of it has %llu bytes"),
	    seq, (unsigned long long)largest);
}

/* The kept bytes have it, where it goes into the bundle. */
static int
has_text(const struct seki_job *j, const struct seki_bundle *kept)
{
	size_t i;

	if (kept->relay == NULL || seki_sender_book(j->o))
		return kept->relay != NULL;
	for (i = 0; i < kept->relay->nfile; i++)
		if (strcmp(kept->relay->file[i].name, SEKI_SIGTEXT_FILE) == 0)
			return 1;
	return 0;
}

/* The signature's text of a bundle that is handed out again: its own one. */
static int
text_again(
    struct seki_job *j, const struct seki_sent *last, struct seki_err *err)
{
	struct seki_buf path = SEKI_BUF_INIT;
	struct seki_bundle *kept = NULL;
	int r = -1;

	if (!j->o->text)
		return 0;
	if (seki_outbox_path(j->s, last, &path, err) == 0 &&
	    (kept = seki_bundle_open(path.p, j->s->dir, err)) != NULL) {
		if (has_text(j, kept))
			r = seki_sender_text(
			    j->o, kept->fd, kept->nseal, &j->text, err);
		else {
			seki_err_hint(err,
			    "seki-pack --stream %s --reissue %llu --carrier "
			    "relay --signature-text",
			    last->stream, (unsigned long long)last->seq);
			(void)seki_fail(err, SEKI_USAGE,
			    _("bundle %llu holds the same records and was "
			      "packed without --signature-text"),
			    (unsigned long long)last->seq);
		}
	}
	seki_bundle_free(kept);
	seki_buf_free(&path);
	return r;
}

/* Whatever of it is not there yet: a run was ended between, or the text is
 * wanted only now. */
static int
hand_again(struct seki_job *j, const struct seki_sent *last, int there,
    struct seki_err *err)
{
	return there == 1
		   ? seki_sigfile_place(&j->text, err)
		   : seki_outbox_publish(j->s, last, j->o->path, &j->text, err);
}

int
seki_job_repeated(
    struct seki_job *j, struct seki_packed *done, struct seki_err *err)
{
	struct seki_sent *last = &done->sent;
	int r = seki_outbox_find(j->s, j->b->stream, NULL, 0, last, err);
	int there, equal, again;

	if (r == -1)
		return -1;
	equal = r == 1 && last->epoch == j->b->epoch &&
		strcmp(last->root, j->b->root) == 0 &&
		strcmp(last->schema, j->b->schema) == 0 &&
		strcmp(last->kind, j->b->kind) == 0 &&
		strcmp(last->audience, j->b->audience) == 0 &&
		last->test == j->b->test && last->expires > j->o->now &&
		seki_outbox_sealed(j->s, last, &j->to);
	/* Another approval makes another bundle of the same records. */
	again = equal && strcmp(last->approval, j->b->approval) == 0 &&
		strcmp(last->approval_number, j->b->approval_number) == 0 &&
		strcmp(last->approval_code, j->b->approval_code) == 0 &&
		strcmp(last->approver, j->b->approver) == 0;
	there = again ? seki_outbox_there(j->s, last, j->path) : 0;
	if (r == 1 && strcmp(last->kind, "full") == 0 &&
	    strcmp(j->b->kind, "full") == 0 &&
	    last->records + last->held > j->b->records + j->b->held)
		done->fewer =
		    last->records + last->held - j->b->records - j->b->held;
	done->first = j->first;
	if (r == 1 && strcmp(last->audience, j->b->audience) != 0) {
		done->other = last->seq;
		memcpy(done->audience, last->audience, sizeof(done->audience));
	}
	if (there != 1 && access(j->path, F_OK) == 0) {
		seki_err_object(err, j->o->path);
		seki_err_hint(err, "%s",
		    _("Choose another name or move the old file away."));
		return seki_fail(err, SEKI_FILE, "%s",
		    _("exists already; it was not overwritten"));
	}
	if (left_out(j, r == 1 ? last : NULL, done, err) == -1)
		return -1;
	if (equal)
		done->same = last->seq;
	if (!again || (there != 1 && strcmp(last->status, "unsure") != 0))
		return continues(j, r == 1 ? last : NULL, 0, &done->state, err);
	if (continues(j, last, 1, &done->state, err) == -1 ||
	    asked_for(j, last, err) == -1 || text_again(j, last, err) == -1 ||
	    seki_outbox_restate(j->s, last, seki_pack_state(j->pack), err) ==
		-1 ||
	    hand_again(j, last, there, err) == -1)
		return -1;
	if (seki_outbox_status(j->s, last, "ready", err) == -1)
		return -1;
	(void)snprintf(last->status, sizeof(last->status), "ready");
	done->already = 1;
	return 1;
}
