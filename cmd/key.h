/* What seki-key says. */
#ifndef KEY_H
#define KEY_H

#include "seki.h"

void key_made(const struct seki_enrol *);
void key_show(const struct seki_trust *, const char *dir);
void key_digits(const struct seki_trust *, const char *dir);
/* Show the digits on the terminal and ask; 1 for yes. */
int key_ask(const char *digits, const char *question);
void key_accepted(const struct seki_trust *, const char *dir,
    const char *digits, int already);

void key_recipient(const struct seki_key *, const char *path, const char *pem);
void key_added(const struct seki_next *, int already);
void key_carriers(const struct seki_next *, int already);

#endif
