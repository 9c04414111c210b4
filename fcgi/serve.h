/* fcgi/serve.h -- `headrace serve`: runs workers and notifier. */
#ifndef FCGI_SERVE_H
#define FCGI_SERVE_H

/* argv[0] is "serve".  Returns the exit status after everything has ended. */
int serve_main(int argc, char **argv);

#endif
