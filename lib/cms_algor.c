#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "cms_int.h"

/* 256 or 384 for the two digests, parameters absent or NULL (RFC 5754 2). */
static int
digest_bits(const X509_ALGOR *a)
{
	const ASN1_OBJECT *oid;
	int type;

	if (a == NULL)
		return 0;
	X509_ALGOR_get0(&oid, &type, NULL, a);
	if (type != V_ASN1_UNDEF && type != V_ASN1_NULL)
		return 0;
	switch (OBJ_obj2nid(oid)) {
	case NID_sha256:
		return 256;
	case NID_sha384:
		return 384;
	default:
		return 0;
	}
}

static const char *
ecdsa(int nid, int bits, EVP_PKEY *pkey, const char **why)
{
	char group[32] = "";
	size_t n;

	if (nid !=
	    (bits == 256 ? NID_ecdsa_with_SHA256 : NID_ecdsa_with_SHA384)) {
		*why = N_("digest and signature algorithm do not agree");
		return NULL;
	}
	if (EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) == 1) {
		if (strcmp(group, "prime256v1") == 0)
			return "ecdsa-p256";
		if (strcmp(group, "secp384r1") == 0)
			return "ecdsa-p384";
	}
	*why = N_("the certificate's key is neither P-256 nor P-384");
	return NULL;
}

/* RFC 4055 3.1: the digest, MGF1 with the same, a salt as long as the digest
 * or longer. */
static const char *
pss(const X509_ALGOR *sig, int bits, EVP_PKEY *pkey, const char **why)
{
	const ASN1_STRING *s;
	const void *value;
	const unsigned char *p;
	RSA_PSS_PARAMS *param = NULL;
	X509_ALGOR *mgf = NULL;
	const ASN1_OBJECT *oid;
	int type, good = 0;

	X509_ALGOR_get0(NULL, &type, &value, sig);
	if (type == V_ASN1_SEQUENCE) {
		s = value;
		p = ASN1_STRING_get0_data(s);
		param = d2i_RSA_PSS_PARAMS(NULL, &p, ASN1_STRING_length(s));
	}
	if (param != NULL && param->maskGenAlgorithm != NULL) {
		X509_ALGOR_get0(&oid, &type, &value, param->maskGenAlgorithm);
		if (OBJ_obj2nid(oid) == NID_mgf1 && type == V_ASN1_SEQUENCE) {
			s = value;
			p = ASN1_STRING_get0_data(s);
			mgf = d2i_X509_ALGOR(NULL, &p, ASN1_STRING_length(s));
		}
		good = digest_bits(param->hashAlgorithm) == bits &&
		       digest_bits(mgf) == bits && param->saltLength != NULL &&
		       ASN1_INTEGER_get(param->saltLength) >= bits / 8;
	}
	X509_ALGOR_free(mgf);
	RSA_PSS_PARAMS_free(param);
	if (!good) {
		*why = N_("RSA-PSS parameters are not allowed");
		return NULL;
	}
	if ((!EVP_PKEY_is_a(pkey, "RSA") && !EVP_PKEY_is_a(pkey, "RSA-PSS")) ||
	    EVP_PKEY_get_bits(pkey) < 3072) {
		*why = N_("the certificate's key is no RSA key of 3072 bits");
		return NULL;
	}
	return "rsa-pss";
}

const char *
seki_cms_algor(const X509_ALGOR *sig, const X509_ALGOR *digest, X509 *cert,
    const char **why)
{
	EVP_PKEY *pkey = X509_get0_pubkey(cert);
	const ASN1_OBJECT *oid;
	int bits = digest_bits(digest), nid, type;

	*why = N_("the signature algorithm is not allowed");
	if (bits == 0) {
		*why = N_("the digest algorithm is not allowed");
		return NULL;
	}
	if (pkey == NULL) {
		*why = N_("the certificate's key cannot be used");
		return NULL;
	}
	X509_ALGOR_get0(&oid, &type, NULL, sig);
	nid = OBJ_obj2nid(oid);
	if (nid == NID_ecdsa_with_SHA256 || nid == NID_ecdsa_with_SHA384) {
		if (type != V_ASN1_UNDEF)
			return NULL;
		return ecdsa(nid, bits, pkey, why);
	}
	if (nid == NID_rsassaPss)
		return pss(sig, bits, pkey, why);
	return NULL;
}
