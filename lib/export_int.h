/* Attachments of an export under wanted names, and the list of them. */
#ifndef SEKI_EXPORT_INT_H
#define SEKI_EXPORT_INT_H

#include "name.h"

#define SEKI_EXPORT_LIST "目録.xlsx"

/* 目録.xlsx in the making; the same export gives the same bytes. */
struct seki_export_list;
struct seki_export_list_row {
	const struct seki_name_file *file;
	const struct seki_item *item;
	const char *label; /* of the field, as people's tables show it */
	const char *path;  /* NULL: it did not come along */
	unsigned flags;
	int held; /* of the last good version of a held record */
};
struct seki_export_list *seki_export_list_new(
    const struct seki_schema *borrowed, struct seki_err *);
int seki_export_list_put(struct seki_export_list *,
    const struct seki_export_list_row *, struct seki_err *);
/* Of what the list is: the counts, and where the records are from. */
struct seki_export_list_of {
	const char *template, *from, *root;
	uint64_t records, files, left;
};
int seki_export_list_save(struct seki_export_list *,
    const struct seki_export_list_of *, struct seki_out *, struct seki_err *);
/* After it: says in err whose file has that path. */
void seki_export_list_place(
    struct seki_export_list *, const char *path, struct seki_err *);
void seki_export_list_free(struct seki_export_list *);

/* The files themselves, in a folder that appears whole. */
struct seki_export_named;
struct seki_export_named *seki_export_named_open(const struct seki_export *,
    const struct seki_schema *borrowed, struct seki_err *);
/* in: the file, whose digest is hex, or NULL, NULL: it did not come along. */
int seki_export_named_put(struct seki_export_named *,
    const struct seki_name_file *, const struct seki_item *, int held,
    struct seki_in *in, const char *hex, struct seki_err *);
int seki_export_named_end(struct seki_export_named *,
    const struct seki_exported *, struct seki_err *);
void seki_export_named_free(struct seki_export_named *);

/* All of in into out, unless that is NULL: SEKI_DIGEST when it is another
 * file's than want. */
int seki_export_named_copy(
    struct seki_in *, struct seki_out *, const char *want, struct seki_err *);

#endif
