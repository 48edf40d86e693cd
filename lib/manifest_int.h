/* The manifest's members as a table: read, written and checked from it. */
#ifndef SEKI_MANIFEST_INT_H
#define SEKI_MANIFEST_INT_H

#include "seki_int.h"

#define SEKI_M_FORMAT "seki-bundle/1"
#define SEKI_M_ALG "seki-root-1"
/* Integers past 2^53-1 do not survive other people's JSON readers. */
#define SEKI_M_UINT_MAX (((uint64_t)1 << 53) - 1)

enum seki_manifest_where {
	SEKI_M_ROOT,
	SEKI_M_APPROVAL,
	SEKI_M_CONTENT,
	SEKI_M_PART,
	SEKI_M_SCAN,
	SEKI_M_OVERRIDE,
	SEKI_M_SCHEMA,
	SEKI_M_SOURCE,
	SEKI_M_OBJECTS
};
struct seki_manifest_object {
	const char *key;
	enum seki_manifest_where parent; /* stands earlier in the list */
	const char *what;		 /* for messages */
};
extern const struct seki_manifest_object seki_manifest_objects[SEKI_M_OBJECTS];

enum seki_manifest_kind {
	SEKI_M_TEXT,	     /* char * */
	SEKI_M_UINT,	     /* uint64_t */
	SEKI_M_BOOL,	     /* int */
	SEKI_M_TIME,	     /* seki_time */
	SEKI_M_TIME_OR_NONE, /* seki_time; 0 is "" */
	SEKI_M_DIGEST,	     /* unsigned char [SEKI_SHA256] */
	SEKI_M_PREV	     /* char [SEKI_HEX] */
};
struct seki_manifest_member {
	enum seki_manifest_where object;
	const char *key; /* NULL ends the table */
	enum seki_manifest_kind kind;
	size_t at; /* in struct seki_manifest */
	enum seki_form form;
	uint64_t min;
};
extern const struct seki_manifest_member seki_manifest_members[];

#define SEKI_M_AT(m, f, type) ((type *)(void *)((char *)(m) + (f)->at))
#define SEKI_M_READ(m, f, type)                                                \
	((type const *)(const void *)((const char *)(m) + (f)->at))

/* Every rule of seki-bundle(5) that needs no other file. */
int seki_manifest_check(const struct seki_manifest *, struct seki_err *);

#endif
