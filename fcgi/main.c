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

int
main(int argc, char **argv)
{
	(void)signal(SIGXFSZ, SIG_IGN);	/* a file size limit is an error like a full disk */
	crypto_init();
	if (getenv("GATEWAY_INTERFACE") != NULL)
		return cgi_main();
	if (argc > 1 && strcmp(argv[1], "worker") == 0)
		return worker_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return serve_main(argc - 1, argv + 1);
	return cli_main(argc, argv);
}
