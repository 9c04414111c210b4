/* fcgi/cgi.h -- plain CGI: one request from the environment and standard input. */
#ifndef FCGI_CGI_H
#define FCGI_CGI_H

/*
 * Answers the request and returns the exit status.  The configuration is the
 * one that HEADRACE_CONFIG names, else the default one.
 */
int cgi_main(void);

#endif
