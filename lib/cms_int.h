/* What cms.c, cms_der.c and cms_algor.c share. */
#ifndef SEKI_CMS_INT_H
#define SEKI_CMS_INT_H

#include "seki_int.h"

/*
 * The outline of a CMS message: NULL, or what breaks it (N_()).  rule is 0 when
 * it is no DER SignedData at all (SEKI_CMS), 1 when it is one that breaks a
 * rule of ours (SEKI_SIGNATURE).
 */
struct seki_cms_outline {
	int rule;
	const unsigned char *cert; /* the certificates inside, or NULL */
	size_t ncert;
};
const char *seki_cms_der(const void *, size_t, struct seki_cms_outline *);

struct X509_algor_st;
/* The word for an allowed signature algorithm made with this certificate and
 * digest; else NULL and *why. */
const char *seki_cms_algor(const struct X509_algor_st *sig,
    const struct X509_algor_st *digest, struct x509_st *cert, const char **why);

#endif
