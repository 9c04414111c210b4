/* fcgi/worker.h -- `headrace worker`: answers FastCGI requests, one at a time. */
#ifndef FCGI_WORKER_H
#define FCGI_WORKER_H

/*
 * argv[0] is "worker".  Listens on the socket that HEADRACE_LISTEN_FD names, or
 * on standard input if a web server started it.  Returns the exit status.
 */
int worker_main(int argc, char **argv);

#endif
