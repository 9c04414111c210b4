/*
 * fcgi/main.c -- one program: CGI script, worker, supervisor, command line.
 *
 * A CGI request is known by its environment alone: web servers turn a query
 * without '=' into arguments (RFC 3875, 4.4), and "?serve" from anywhere must
 * not become a command.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "fcgi/cgi.h"
#include "fcgi/serve.h"
#include "fcgi/worker.h"
#include "lib/crypto/key.h"

/* "headrace -c FILE serve" is the same as "headrace serve -c FILE". */
static void
take_config_flag(int *argc, char ***argv)
{
	char **v = *argv;

	if (*argc < 4 || (strcmp(v[1], "-c") != 0 && strcmp(v[1], "--config") != 0) ||
	    (strcmp(v[3], "serve") != 0 && strcmp(v[3], "worker") != 0))
		return;
	(void)setenv("HEADRACE_CONFIG", v[2], 1);
	v[2] = v[0];
	*argv += 2;
	*argc -= 2;
}

int
main(int argc, char **argv)
{
	(void)signal(SIGXFSZ, SIG_IGN);	/* a file size limit is an error like a full disk */
	crypto_init();
	if (getenv("GATEWAY_INTERFACE") != NULL)
		return cgi_main();
	take_config_flag(&argc, &argv);
	if (argc > 1 && strcmp(argv[1], "worker") == 0)
		return worker_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return serve_main(argc - 1, argv + 1);
	return cli_main(argc, argv);
}
