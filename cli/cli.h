/* cli/cli.h -- the command line: everything but `serve` and `worker`. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/*
 * Runs one command and answers the exit status: 0, or what cli/main.c's table
 * says for the error.
 */
int cli_main(int argc, char **argv);

#endif
