/* The tables about characters that one run of seki-normalize is given. */
#ifndef SEKI_CHAR_FILES_H
#define SEKI_CHAR_FILES_H

#include "fallback.h"

struct seki_char_files {
	struct seki_fold *fold;
	struct seki_gaiji *gaiji;
	struct seki_charset_tables tables;
	struct seki_standins standins;
};
/*
 * Read what has a path, and bind its digest to the rules: @fold, @gaiji,
 * @fallbacks.  Errors name the file.  After 0 or -1 seki_char_files_close.
 */
int seki_char_files_open(struct seki_char_files *, struct seki_rules *,
    const char *fold, const char *gaiji, const char *fallbacks,
    struct seki_err *);
void seki_char_files_close(struct seki_char_files *);

#endif
