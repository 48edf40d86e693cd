/* Forms that changed, and who accepted it (seki-stream(5), ACCEPTED FORMS):
 * what pull, normalize and import share.  A form is {PATH: TYPE}, PATH being
 * CODE or TABLE.CODE, TYPE the service's word, CALC:FORMAT for calculations. */
#ifndef SEKI_STEPS_H
#define SEKI_STEPS_H

#include <jansson.h>

#include "seki_int.h"

/* New reference; SEKI_RECORD when two fields have one path. */
json_t *seki_steps_form(const struct seki_schema *, struct seki_err *);
/* The digest that a step's "from" holds: neither order nor labels count. */
int seki_steps_digest(const json_t *form, char hex[SEKI_HEX], struct seki_err *);
/* Paths of an object in the order of their bytes, borrowed from it; the list
 * is the caller's. */
const char **seki_steps_paths(const json_t *, size_t *n, struct seki_err *);
/* Where the table's part of a path ends, 0: a field of the record itself. */
size_t seki_steps_table(const char *path);
/* Is the path of n bytes in a checked list of paths? */
int seki_steps_among(const json_t *list, const char *path, size_t n);
/* Does the checked step end the path, or the table it stands in? */
int seki_steps_end(const json_t *step, const char *path);
/* Where a path of n bytes goes by {OLD: NEW}: *to (borrowed), and behind it
 * what follows the path's first bytes, as many as returned: all of it, the name
 * of its table, or none when it stays. */
size_t seki_steps_go(
    const json_t *goes, const char *path, size_t n, const char **to);
/* The field of a path, or NULL; *parent its table or NULL. */
const struct seki_field *seki_steps_find(const struct seki_schema *,
    const char *path, const struct seki_field **parent);
/* May a field of the first type go on as one of the second? */
int seki_steps_fit(const char *was, const char *is);

/* What a path, a person's name may be: NULL, or what is wrong. */
const char *seki_steps_path_why(const char *);
const char *seki_steps_person_why(const char *);
/* The same of an option, which a person may have pasted with YOUR NAME in it:
 * 0, or fails with reason. */
int seki_steps_person(const char *option, const char *by, enum seki_reason,
    struct seki_err *);
/* The chain as a stream brings it: SEKI_RECORD for anything a writer would not
 * write. */
int seki_steps_check(const json_t *steps, struct seki_err *);

/*
 * From one form to another by the steps of a chain, beginning with the last
 * one that starts there: {PATH: PATH BEFORE} for every field that goes on, new
 * reference.  *first, unless NULL, is that step's index.  NULL and SEKI_SCHEMA
 * when no step starts there, or what they say does not lead exactly there, or
 * ends a field without a person's name; the field is named.
 */
json_t *seki_steps_follow(const json_t *steps, const json_t *from,
    const json_t *to, size_t *first, struct seki_err *);
/* The step from one form to the other, where continues is {OLD: NEW}; by may
 * be "" when nobody was asked.  A new reference, or NULL. */
json_t *seki_steps_make(const json_t *from, const json_t *to,
    const json_t *continues, const char *by, const char *at,
    const char *revision, struct seki_err *);
/* Append it, which is taken; the oldest go past SEKI_STEPS_MAX. */
int seki_steps_add(json_t *steps, json_t *step, struct seki_err *);
/* "PERSON, WHEN: OLD=NEW -PATH, PATH +PATH", in Japan time, appended. */
int seki_steps_say(const json_t *step, struct seki_buf *, struct seki_err *);
/* Does it end or continue a field?  Then a person must have said so. */
int seki_steps_grave(const json_t *step);

#endif
