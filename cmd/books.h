/* The files for people beside a normalised stream: held records, characters. */
#ifndef BOOKS_H
#define BOOKS_H

#include "char_files.h"
#include "characters.h"
#include "held_book.h"

struct books {
	const char *held_path, *characters_path; /* or NULL */
	struct seki_out *held_out, *characters_out;
	struct seki_held_book *held;
	struct seki_characters *characters;
};
/* Open what has a path, private and new, and tell the plan.  USAGE for a name
 * that ends otherwise than .xlsx (--characters: or .csv).  After 0 or -1
 * books_close. */
int books_open(
    struct books *, struct seki_plan *, struct seki_char_files *, struct seki_err *);
/* Write both; they appear. */
int books_save(
    struct books *, const struct seki_held_run *, struct seki_err *);
void books_close(struct books *);

#endif
