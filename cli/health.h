/* cli/health.h -- what `headrace health` looks at on this machine; `headrace doctor` does, too. */
#ifndef CLI_HEALTH_H
#define CLI_HEALTH_H

#include "cli/cmd.h"

enum health_check {
	HEALTH_DATA_FOLDER, HEALTH_NOISE_KEY, HEALTH_DATABASE, HEALTH_POLICY, HEALTH_WEB,
	HEALTH_CONTROL, HEALTH_NOTIFIER, HEALTH_WAKE, HEALTH_COUNT
};

struct health_result {
	const char *name;
	const char *about;	/* what was looked at */
	const char *why;	/* what is wrong, NULL if nothing is */
};

/* Needs the configuration (cli_config()). */
struct health_result health_look(struct cli *c, enum health_check what);

#endif
