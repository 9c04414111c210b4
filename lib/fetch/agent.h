/* lib/fetch/agent.h -- what headrace calls itself to other servers. */
#ifndef LIB_FETCH_AGENT_H
#define LIB_FETCH_AGENT_H

#ifndef HEADRACE_VERSION
#define HEADRACE_VERSION "dev"
#endif

#define FETCH_AGENT "headrace/" HEADRACE_VERSION

#endif
