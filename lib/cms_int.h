/* What cms.c, cms_der.c and cms_algor.c share. */
#ifndef SEKI_CMS_INT_H
#define SEKI_CMS_INT_H

#include "seki_int.h"

/*
 * The outline of a CMS message: NULL, or what breaks it (untranslated).  *rule
 * is 0 when it is no DER SignedData at all (SEKI_CMS), 1 when it is one that
 * breaks a rule of ours (SEKI_SIGNATURE).
 */
const char *seki_cms_der(const void *, size_t, int *rule);

struct X509_algor_st;
/* The word for an allowed signature algorithm made with this certificate and
 * digest; else NULL and *why. */
const char *seki_cms_algor(const struct X509_algor_st *sig,
    const struct X509_algor_st *digest, struct x509_st *cert, const char **why);

#endif
