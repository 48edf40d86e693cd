/* One packing while it goes on: shared by sender_pack.c and what it is made of.
 */
#ifndef SEKI_SENDER_JOB_H
#define SEKI_SENDER_JOB_H

#include <limits.h>

#include "sender_int.h"
#include "sigfile.h"

struct seki_job {
	struct seki_sender *s;
	const struct seki_packing *o;
	struct seki_pack *pack;
	struct seki_manifest *m;
	struct seki_sent *b; /* what it becomes */
	struct seki_stand at;
	int known; /* something of this stream was packed before */
	int first; /* and never was, withdrawn ones neither */
	int clear; /* what is encrypted on media */
	struct seki_recipients to;
	char path[PATH_MAX];
	struct seki_sigfile text;
};

/* What the manifest says before a record is read, as far as the trust file and
 * the stream's place allow it (sender_begin.c). */
int seki_job_begin(struct seki_job *, struct seki_err *);
/* May they follow the bundle last, or NULL, at all?  What a bundle of them would
 * be refused for. */
int seki_job_follows(const struct seki_job *, const struct seki_sent *last,
    struct seki_packed *, struct seki_err *);
/*
 * Where the records stand to those of the bundle before (sender_link.c).  The
 * same ones again under the same name, or never surely handed out: a run that
 * was ended and is repeated must not use a second number.  1 when that was all,
 * 0 to go on, -1.
 */
int seki_job_repeated(
    struct seki_job *, struct seki_packed *, struct seki_err *);

#endif
