/*
 * cli/doctor_tailnet.c -- the server's machine as a device of its own tailnet.
 *
 * The Tailscale client changes the resolver, the routes and the firewall of the machine
 * that it runs on, and each of them can cut the server off.  docs/one-machine.md has what
 * helps.  Nothing is sent: routes are asked for with sockets that only connect.
 */
#include "cli/doctor.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/file.h"

#define MAGIC_RESOLVER "100.100.100.100"
#define CLIENTS_RANGE "100.64.0.0/10"	/* what the client's firewall takes for the tailnet's */
#define FAR_AWAY "192.0.2.1"		/* for documents; routed like the rest of the Internet */
#define SYSTEM_FILE_MAX (1024 * 1024)
#define PORT_DISCARD 9

/* ---- the resolver ---- */

static struct str
next_word(struct str *line)
{
	struct str word;
	size_t n = 0;

	*line = str_trim(*line);
	while (n < line->n && strchr(" \t#", line->p[n]) == NULL)
		n++;
	word = (struct str){ line->p, n };
	*line = (struct str){ line->p + n, line->n - n };
	return word;
}

static bool
same_name(struct str a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

/* Does a line of the file begin with 'first' (NULL: anything) and name 'word' after it? */
static bool
file_names(struct doctor *d, const char *path, const char *first, const char *word)
{
	struct str text, line, begin, w;

	if (file_read(d->arena, path, SYSTEM_FILE_MAX, &text) != NULL)
		return false;
	while (str_cut(&text, '\n', &line)) {
		begin = next_word(&line);
		if (begin.n == 0 || (first != NULL && !str_is(begin, first)))
			continue;
		while ((w = next_word(&line)).n > 0)
			if (same_name(w, word))
				return true;
	}
	return false;
}

static void
check_resolver(struct doctor *d)
{
	if (ip_of(d->url.host).family == 0 &&
	    file_names(d, "/etc/resolv.conf", "nameserver", MAGIC_RESOLVER) &&
	    !file_names(d, "/etc/hosts", NULL, d->url.host))
		doctor_found(d, FOUND_TAILNET_RESOLVER, NULL, "/etc/resolv.conf has " MAGIC_RESOLVER
		    ", and /etc/hosts has no %s.", d->url.host);
}

static void
check_name(struct doctor *d)
{
	for (size_t i = 0; i < d->n_addresses; i++) {
		struct ip ip = ip_of(d->addresses[i]);

		if (config_is_device(d->c->cfg, &ip))
			doctor_found(d, FOUND_TAILNET_NAME, d->addresses[i], "%s is %s.", d->url.host, d->addresses[i]);
	}
}

/* ---- networks and routes ---- */

static struct ip
ip4_of(const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct ip ip = { .family = 4 };

	memcpy(&in, sa, sizeof(in));
	memcpy(ip.b, &in.sin_addr, 4);
	return ip;
}

/* The address that packets to 'to' would leave with; family 0 if there is no route. */
static struct ip
source_towards(const struct ip *to)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(PORT_DISCARD) };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ip from = { 0 };

	if (fd < 0)
		return from;
	memcpy(&sa.sin_addr, to->b, 4);
	if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&sa, &n) == 0)
		from = ip4_of((const struct sockaddr *)&sa);
	(void)close(fd);
	return from;
}

/* Do packets to 'to' go into the tailnet? */
static bool
goes_astray(struct doctor *d, const struct ip *to)
{
	struct ip from = source_towards(to);

	return from.family != 0 && config_is_device(d->c->cfg, &from);
}

static bool
overlaps(const struct prefix *net, const struct prefix *other)
{
	return other->ip.family == 4 &&
	    (prefix_contains(net, &other->ip) || prefix_contains(other, &net->ip));
}

/* A network that this machine has a card in.  With an exit node all of them are astray. */
static void
check_network(struct doctor *d, const char *card, const struct ip *own, const struct prefix *net,
    bool exit_node)
{
	struct ip neighbour = net->ip;
	char text[PREFIX_TEXT_SIZE];
	struct prefix clients;

	(void)prefix_write(net, text);
	ip_next(&neighbour);
	if (ip_eq(&neighbour, own))
		ip_next(&neighbour);
	if (d->c->cfg->have_v4 && overlaps(net, &d->c->cfg->v4))
		doctor_found(d, FOUND_TAILNET_OVERLAP, NULL, "%s has %s.", card, text);
	else if (!exit_node && goes_astray(d, &neighbour))
		doctor_found(d, FOUND_TAILNET_ROUTE, NULL, "%s has %s, but packets there go into the tailnet.",
		    card, text);
	if (prefix_read(STR(CLIENTS_RANGE), &clients) && overlaps(net, &clients))
		doctor_found(d, FOUND_TAILNET_FIREWALL, NULL, "%s has %s.", card, text);
}

/* The client's own card has a single address, and so no network. */
static void
check_card(struct doctor *d, const struct ifaddrs *i, bool exit_node)
{
	struct ip own, mask;
	struct prefix net = { 0 };

	if (i->ifa_addr == NULL || i->ifa_netmask == NULL || i->ifa_addr->sa_family != AF_INET ||
	    (i->ifa_flags & IFF_LOOPBACK) != 0 || (i->ifa_flags & IFF_UP) == 0)
		return;
	own = ip4_of(i->ifa_addr);
	mask = ip4_of(i->ifa_netmask);
	for (size_t bit = 0; bit < 32; bit++)
		net.bits += (mask.b[bit / 8] >> (7 - bit % 8)) & 1;
	net.ip = own;
	net = prefix_masked(net);
	if (net.bits > 0 && net.bits < 31)
		check_network(d, i->ifa_name, &own, &net, exit_node);
}

void
doctor_tailnet(struct doctor *d)
{
	struct ifaddrs *all = NULL;
	struct ip far = ip_of(FAR_AWAY);
	bool exit_node = goes_astray(d, &far);

	check_name(d);
	check_resolver(d);
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		check_card(d, i, exit_node);
	freeifaddrs(all);
	if (exit_node)
		doctor_found(d, FOUND_TAILNET_EXIT, NULL, "Packets to %s go into the tailnet.", FAR_AWAY);
	doctor_saw(d, "what a Tailscale client on this machine would change");
}
