#include <sys/stat.h>

#include "pack.h"
#include "part.h"

/* What people are told of files that a bundle was cut into. */

static int
names(const struct pack_options *o, const struct seki_sent *b,
    struct seki_buf *first, struct seki_buf *last)
{
	struct seki_err ignored = SEKI_ERR_INIT;

	return b->parts > 1 &&
	       seki_part_name(o->output, 1, b->parts, first, &ignored) == 0 &&
	       seki_part_name(o->output, b->parts, b->parts, last, &ignored) ==
		   0;
}

void
pack_parts(const struct pack_options *o, const struct seki_sent *b)
{
	struct seki_buf first = SEKI_BUF_INIT, last = SEKI_BUF_INIT;

	if (names(o, b, &first, &last))
		cmd_note(_("%s: larger than %s: handed out in %llu parts, %s "
			   "to %s, which are carried and imported together"),
		    o->output, o->max_size, (unsigned long long)b->parts,
		    first.p, last.p);
	seki_buf_free(&first);
	seki_buf_free(&last);
}

/* --max-size makes no other files of what was handed out. */
static int
too_large(const struct pack_options *o, const struct seki_sent *b,
    struct seki_err *err)
{
	struct seki_buf name = SEKI_BUF_INIT;
	uint64_t most, i;
	struct stat st;
	int r = pack_max_size(o, &most, err), larger = 0;

	for (i = 1; r == 0 && most > 0 && !larger &&
		    i <= (b->parts > 1 ? b->parts : 1);
	     i++) {
		seki_buf_reset(&name);
		r = b->parts > 1
			? seki_part_name(o->output, i, b->parts, &name, err)
			: seki_buf_fmt(&name, err, "%s", o->output);
		larger = r == 0 && stat(name.p, &st) == 0 &&
			 (uint64_t)st.st_size > most;
	}
	if (larger)
		cmd_note(_("%s: larger than %s: the files of a bundle stay as "
			   "they were packed; smaller ones are made by "
			   "--reissue %llu --carrier media|relay --max-size "
			   "%s"),
		    name.p, o->max_size, (unsigned long long)b->seq,
		    o->max_size);
	seki_buf_free(&name);
	return r;
}

void
pack_as_then(const struct pack_options *o, const struct seki_sent *b)
{
	struct seki_buf first = SEKI_BUF_INIT, last = SEKI_BUF_INIT;
	struct seki_err ignored = SEKI_ERR_INIT;

	if (names(o, b, &first, &last))
		cmd_note(_("%s: in %llu parts, as then: %s to %s; only those "
			   "that are missing need to be carried again"),
		    o->output, (unsigned long long)b->parts, first.p, last.p);
	seki_buf_free(&first);
	seki_buf_free(&last);
	(void)too_large(o, b, &ignored);
}
