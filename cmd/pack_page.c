#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "pack.h"

static void
tell(const struct pack_options *o, const struct seki_packed *p)
{
	const struct seki_sent *b = &p->sent;
	char records[24], held[24], deletes[24];

	if (p->met[0] != '\0' && !cmd.json)
		cmd_found_met(o->page, p->met);
	if (!cmd.json)
		cmd_note(_("%s: to be approved: stream %s for %s, %llu "
			   "records, check code %s; no bundle was made"),
		    o->page, b->stream, b->audience,
		    (unsigned long long)b->records, p->code);
	(void)snprintf(
	    records, sizeof(records), "%llu", (unsigned long long)b->records);
	(void)snprintf(held, sizeof(held), "%llu", (unsigned long long)b->held);
	(void)snprintf(
	    deletes, sizeof(deletes), "%llu", (unsigned long long)b->deletes);
	cmd_json(SEKI_OK, o->page, seki_err_sentence(SEKI_OK), "stream",
	    b->stream, "kind", b->kind, "#records", records, "#held", held,
	    "#deletes", deletes, "root", b->root, "audience", b->audience,
	    "approval_code", p->code, NULL);
}

int
pack_page(const struct pack_options *o, struct seki_sender *sender,
    struct seki_in *in, struct seki_err *err)
{
	struct seki_packed *done = calloc(1, sizeof(*done));
	struct pack_given g = { .trust = NULL };
	struct seki_out *out = NULL;
	int r = -1;

	if (done == NULL)
		(void)seki_err_nomem(err);
	else if ((out = seki_out_file(o->page, 0600, SEKI_OUT_NEW, err)) !=
		     NULL &&
		 pack_given(o, o->page, &g, err) == 0) {
		g.p.page = out;
		r = seki_sender_pack(sender, in, &g.p, done, err);
		in = NULL;
		cmd_progress_end();
		pack_scanned(done, err);
	}
	seki_in_free(in);
	if (r == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	if (r == 0)
		tell(o, done);
	if (done != NULL)
		free(done->state);
	free(done);
	pack_given_free(&g);
	return r;
}
