#include <string.h>
#include <unistd.h>

#include "apart_relay.h"
#include "relay.h"

static int
keep(void *damage, const struct seki_damage_item *item, struct seki_err *err)
{
	return seki_damage_add(damage, item, err);
}

int
seki_relay_root(struct seki_bundle *b, unsigned char *root, struct seki_err *err)
{
	struct seki_relay_made made;

	if (seki_relay_make(b, -1, NULL, NULL, &made, err) == -1)
		return -1;
	memcpy(root, made.root, SEKI_SHA256);
	return 0;
}

/* "the sheets are not what was signed: 3 changed, 1 missing" */
static void
counted(const struct seki_damage *d, struct seki_err *err)
{
	struct seki_err own = SEKI_ERR_INIT;
	struct seki_buf b = SEKI_BUF_INIT;

	if (err->reason == SEKI_CONTENT && d != NULL &&
	    seki_damage_item(d, 0) != NULL &&
	    seki_damage_sum(d, &b, &own) == 0) {
		seki_err_clear(err);
		(void)seki_fail(err, SEKI_CONTENT,
		    _("the sheets are not what was signed: %s; nothing was "
		      "taken"),
		    b.p);
	}
	seki_buf_free(&b);
}

int
seki_relay_build(
    struct seki_bundle *b, struct seki_damage *damage, struct seki_err *err)
{
	struct seki_relay_made made;
	int fd = seki_dir_spool(b->spool, err), n;
	seki_damage_fn *fn = damage == NULL ? NULL : keep;

	if (fd == -1)
		return -1;
	n = b->direct ? seki_relay_make(b, fd, fn, damage, &made, err)
		      : seki_apart_make(b, fd, fn, damage, &made, err);
	b->relay->hidden = made.hidden;
	b->relay->repaired = made.repaired;
	b->relay->broken = made.broken;
	if (n == -1) {
		counted(damage, err);
		(void)close(fd);
		return -1;
	}
	b->relay->stream = fd;
	b->relay->made = (struct seki_place){ .packed = made.written,
		.size = made.written,
		.crc = made.crc };
	return 0;
}
