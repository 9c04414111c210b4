#!/bin/sh
HEADRACE_CONFIG=/etc/headrace/headrace.ini exec /usr/bin/headrace
