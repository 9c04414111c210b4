/* notifier/gauges.h -- what the notifier holds now, for the metrics. */
#ifndef NOTIFIER_GAUGES_H
#define NOTIFIER_GAUGES_H

struct notifier;

void gauges_set(const struct notifier *n);

#endif
