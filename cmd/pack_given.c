#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "found.h"
#include "pack.h"

/* Below this not even a part without records fits. */
#define LEAST 32768

static int
instant(
    const struct pack_options *o, struct seki_packing *p, struct seki_err *err)
{
	if (o->created == NULL ||
	    seki_time_parse(o->created, strlen(o->created), &p->created) == 0)
		return 0;
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--created is not an instant like 2026-04-01T00:15:00Z"));
}

static int
approval(
    const struct pack_options *o, struct pack_given *g, struct seki_err *err)
{
	if (o->approved == NULL)
		return 0;
	if (seki_approval_parse(o->approved, &g->approval, err) == -1)
		return -1;
	g->p.approval = &g->approval;
	return 0;
}

/* A number of bytes, or of K, M, G: 1024, 1024^2, 1024^3 of them. */
int
pack_max_size(
    const struct pack_options *o, uint64_t *bytes, struct seki_err *err)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	uint64_t n;

	*bytes = 0;
	if (o->max_size == NULL)
		return 0;
	errno = 0;
	n = strtoull(o->max_size, &end, 10);
	unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit != NULL && n <= SEKI_BUNDLE_MAX) {
		n <<= 10 * (unit - units + 1);
		end++;
	}
	if (errno == 0 && o->max_size[0] >= '0' && o->max_size[0] <= '9' &&
	    *end == '\0' && n >= LEAST) {
		*bytes = n;
		return 0;
	}
	seki_err_hint(err, "--max-size 20M");
	return seki_fail(err, SEKI_USAGE,
	    _("--max-size %.32s: write a number with K, M or G behind it, as "
	      "20M or 700K, of at least %dK"),
	    o->max_size, LEAST / 1024);
}

int
pack_given(const struct pack_options *o, const char *path, struct pack_given *g,
    struct seki_err *err)
{
	g->scan = (struct seki_scan_how){ .finding = cmd_found,
		.unknown = cmd_found_unknown,
		.ctx = (void *)(uintptr_t)path };
	g->p = (struct seki_packing){ .audience = o->audience,
		.carrier = o->carrier,
		.title = o->title,
		.purpose = o->purpose,
		.class = o->class,
		.period = o->period,
		.contact = o->contact,
		.expires = (unsigned)o->expires,
		.now = seki_time_now(),
		.max_held = o->max_held,
		.test = o->test,
		.raw = o->raw,
		.attachments = o->attachments,
		.scan = &g->scan,
		.by = o->by,
		.override = o->override,
		.path = path,
		.text = o->text,
		.progress = pack_progress };
	if (cmd_words(o->forbid, &g->scan.forbid, err) == -1 ||
	    cmd_list(&o->recipients, &g->p.recipients, err) == -1 ||
	    instant(o, &g->p, err) == -1 ||
	    pack_max_size(o, &g->p.max_size, err) == -1 ||
	    approval(o, g, err) == -1 ||
	    (g->trust = seki_trust_open(o->trust, g->p.now, err)) == NULL ||
	    (g->key = seki_key_open(o->key, err)) == NULL)
		return -1;
	cmd_warn_trust(g->trust);
	g->p.trust = g->trust;
	g->p.key = g->key;
	return 0;
}

void
pack_given_free(struct pack_given *g)
{
	seki_key_free(g->key);
	seki_trust_free(g->trust);
}

void
pack_scanned(const struct seki_packed *p, struct seki_err *err)
{
	cmd_found_rest();
	cmd_json_with("scan", p->scan);
	cmd_json_with("scan_met", p->met);
	cmd_json_with("#scan_overridden", p->overridden ? "true" : "false");
	if (err->reason == SEKI_FORBIDDEN)
		seki_err_hint(err, "%s",
		    _("put right what is named in the app and pull again "
		      "(seki-scan --report FILE.xlsx lists it), or let a "
		      "person decide: --scan-override REASON --by ID"));
}

void
pack_progress(uint64_t done)
{
	cmd_progress(N_("records"), done, 0);
}
