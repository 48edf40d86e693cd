/* What the files of the workbook reader share with each other. */
#ifndef SEKI_XLSX_INT_H
#define SEKI_XLSX_INT_H

#include <expat.h>

#include "xlsx.h"

/* Namespaces; each has a transitional and a strict spelling. */
enum seki_ns { SEKI_NS_OTHER, SEKI_NS_MAIN, SEKI_NS_RELS };

/*
 * One XML part on its way through expat.  Handlers may set err (through
 * xml->err) and call seki_xml_stop; they may pause once with seki_xml_pause.
 */
struct seki_xml;
struct seki_xml_ops {
	void (*start)(struct seki_xml *, enum seki_ns, const char *local,
	    const char **atts);
	void (*end)(struct seki_xml *);
	void (*text)(struct seki_xml *, const char *, size_t);
};
struct seki_xml {
	void *ctx;
	struct seki_err *err; /* of the call in progress */
	XML_Parser parser;
	struct seki_in *in;
	const char *name; /* borrowed from the archive */
	const struct seki_xml_ops *ops;
	unsigned depth; /* of the element in start and end; the root's is 1 */
	uint64_t fed;
	char *chunk;
	size_t carry; /* bytes of a cut character at the front of chunk */
	int utf16, paused, last;
	uint64_t *broken;
};

struct seki_strings {
	struct seki_buf text;
	uint32_t *end; /* where string i ends in text */
	size_t n, size;
};

struct seki_xlsx_sheet {
	char *name, *rel, *part;
	int hidden;
};
struct seki_xlsx {
	int fd;
	uint64_t offset, length;
	struct seki_zip zip;
	struct seki_xlsx *of; /* a twin: what is not its own belongs to this */
	struct seki_xlsx_sheet *sheet;
	size_t n;
	int d1904, ahead;
	uint64_t broken;
	struct seki_strings strings;
	char *style_part;
	unsigned char *as; /* by style */
	size_t nas;
};

/* The archive, after the structure check and the sums of DESIGN 12. */
int seki_xlsx_zip(struct seki_xlsx *, struct seki_err *);
/* An entry's name, whatever the case of its letters, or NULL. */
const struct seki_zip_entry *seki_xlsx_part(
    const struct seki_xlsx *, const char *name);
/* Read an entry that nobody parses: what it yields is what was stated. */
int seki_xlsx_sound(
    const struct seki_xlsx *, const struct seki_zip_entry *, struct seki_err *);

struct seki_xml *seki_xml_open(struct seki_xlsx *, const char *part,
    const struct seki_xml_ops *, void *ctx, struct seki_err *);
/* Goes on until the part ends (0), a handler paused (1), or -1. */
int seki_xml_run(struct seki_xml *, struct seki_err *);
void seki_xml_free(struct seki_xml *);
/* For handlers.  stop: err is set already. */
void seki_xml_stop(struct seki_xml *);
void seki_xml_pause(struct seki_xml *);
int seki_xml_fail(struct seki_xml *, enum seki_reason, const char *what);
/* The value of an attribute without a prefix, or of NS, or NULL. */
const char *seki_xml_att(const char **atts, const char *name);
const char *seki_xml_att_rel(const char **atts, const char *name);
/* An XML Schema boolean; absent is 0. */
int seki_xml_bool(const char *);
/* Open, run to the end, free. */
int seki_xml_whole(struct seki_xlsx *, const char *part,
    const struct seki_xml_ops *, void *ctx, struct seki_err *);

/* Text of a t element: _xHHHH_ decoded, CRLF and CR to LF, in place from
 * byte from on. */
void seki_xlsx_text(struct seki_buf *, size_t from);
int seki_xlsx_strings(struct seki_xlsx *, const char *part, struct seki_err *);

#endif
