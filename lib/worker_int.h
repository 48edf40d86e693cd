/* What starts a worker and what hears it share. */
#ifndef SEKI_WORKER_INT_H
#define SEKI_WORKER_INT_H

#include "worker.h"

struct seki_worker {
	const struct seki_worker_job *job;
	struct seki_sandbox box;
	const struct seki_sandbox_filter *filter;
	struct seki_sandbox_filter own; /* of a job that writes files */
	pid_t pid;
	int fd;
	size_t part;
	unsigned char *buf;
	size_t n;    /* bytes of the part in buf */
	char letter; /* the part in buf: A, E, N; 0: it is not the last */
	int lost;    /* no part, but the end: only the end can say why */
	int ro[SEKI_WORKER_FDS]; /* in[] for the child, or -1 */
	int keep[3 * SEKI_WORKER_FDS];
};

#endif
