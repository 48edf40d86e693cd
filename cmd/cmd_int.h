/* What cmd.c and opt.c share. */
#ifndef CMD_INT_H
#define CMD_INT_H

extern const char *cmd_name; /* the tool's name */
/* NULL: as the environment says. */
void cmd_language(const char *lang);
void cmd_no_core(void);
/* The three standard ones exist. */
void cmd_descriptors(void);
/* What a signal does to a tool. */
void cmd_signals(void);

#endif
