package interop

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
)

// together is a server that is a node of its own tailnet, a laptop elsewhere in
// the Internet, and a printer in a network behind the server, which knows
// nothing of Tailscale.
type together struct {
	t                       *testing.T
	page                    *lab.Page
	net                     *lab.Internet
	server, laptop, printer *lab.Machine
}

const (
	askPublic  = "curl -sS -m 5 https://" + lab.PublicName + "/health"
	askPrinter = "curl -sS -m 5 http://192.168.77.50/"
	askInside  = "curl -sS -m 3 --resolve " + lab.PublicName + ":443:%s https://" + lab.PublicName + "/health"
)

// newTogether is such a world whose server has its public address itself.
func newTogether(t *testing.T, release string) *together {
	t.Helper()
	w := newWorld(t, release)
	w.server = w.net.Machine("server", "203.0.113.10/24")
	w.start()
	return w
}

// newWorld has everything but the server.
func newWorld(t *testing.T, release string) *together {
	t.Helper()
	lab.NeedKernel(t)
	n := lab.NewInternet(t, release, map[string]netip.Addr{
		lab.PublicName:    netip.MustParseAddr("203.0.113.10"),
		"www.example.org": netip.MustParseAddr("192.0.2.53"),
	})
	n.Router().ServePage(":80", "the Internet")
	return &together{t: t, page: lab.ReadPage(t, "docs/one-machine.md"), net: n,
		laptop: n.Machine("laptop", "198.51.100.20/24")}
}

// start starts headrace; tailscaled runs on server and laptop, and is not logged in.
func (w *together) start() {
	w.t.Helper()
	w.printer = w.net.Inner("printer", "192.168.77.50/24", w.server, "192.168.77.1/24")
	w.printer.ServePage(":80", "a printer")
	w.net.HeadraceOn(w.server)
	w.server.Run("headrace users create me")
	w.server.Tailscaled()
	w.laptop.Tailscaled()
}

// join brings the server in by the page's commands, and then the laptop.
func (w *together) join() {
	w.t.Helper()
	w.page.Run(w.server, "Join")
	w.laptop.Run("tailscale up --timeout 60s --login-server https://" + lab.PublicName +
		" --authkey " + w.server.Run("headrace preauthkeys create --user me"))
	w.connected()
}

// works waits until commands succeed, and what they print holds a text.
func (w *together) works(m *lab.Machine, script, want string) {
	w.t.Helper()
	lab.Eventually(w.t, m.Name+": "+script, func() error {
		out, err := m.Try(script)
		if err == nil && !strings.Contains(out, want) {
			err = fmt.Errorf("got %q, wanted %q", out, want)
		}
		return err
	})
}

// fails waits until commands do not succeed, so that the page's cure cures something.
func (w *together) fails(m *lab.Machine, script string) {
	w.t.Helper()
	lab.Eventually(w.t, m.Name+": "+script+" fails", func() error {
		if out, err := m.Try(script); err == nil {
			return fmt.Errorf("it works: %s", out)
		}
		return nil
	})
}

// connected waits until both nodes are online and reach each other by name over
// the tailnet, as kernels and programs see it.
func (w *together) connected() {
	w.t.Helper()
	w.works(w.server, "headrace nodes list -o json | jq -r '[.[] | select(.online).givenName] | sort | join(\" \")'", "laptop server")
	w.works(w.server, "getent ahostsv4 laptop."+lab.BaseDomain, "100.64.0.2")
	w.works(w.server, "ping -4 -c 1 -W 2 laptop", "1 received")
	w.works(w.laptop, "ping -4 -c 1 -W 2 server", "1 received")
	w.works(w.laptop, fmt.Sprintf(askInside, "100.64.0.1"), "pass")
}

// doctor makes sure that headrace doctor finds just that about server and tailnet.
func (w *together) doctor(want string) {
	w.t.Helper()
	w.works(w.server, "found=$(headrace doctor https://"+lab.PublicName+" -o json || true); echo \"$found\" |"+
		" jq -r '\"[\" + ([.findings[].id | select(startswith(\"tailnet-\"))] | join(\" \")) + \"]\"'", "["+want+"]")
}

// stream is the laptop's connection to headrace, by its ports; others that it
// needs for a moment are waited for.
func (w *together) stream() (ports string) {
	w.t.Helper()
	lab.Eventually(w.t, "the laptop has one connection to headrace", func() error {
		ports = w.laptop.Run("ss -tnH state established dst 203.0.113.10 | awk '{print $3, $4}'")
		if ports == "" || strings.Contains(ports, "\n") {
			return fmt.Errorf("it has %q", ports)
		}
		return nil
	})
	return ports
}

func (w *together) sameStream(before string) {
	w.t.Helper()
	if after := w.stream(); after != before {
		w.t.Fatalf("the laptop's connection broke: it was %s, now it is %s", before, after)
	}
}

// What stops and starts on the server's machine, and what that leaves working.
func TestTogetherRestarts(t *testing.T) {
	for _, release := range []string{lab.Current, lab.Oldest} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			newTogether(t, release).restarts()
		})
	}
}

func (w *together) restarts() {
	resolver := w.server.Run("cat /etc/resolv.conf")
	w.join()
	stream := w.stream()
	w.works(w.server, "cat /etc/resolv.conf", "100.100.100.100")
	w.works(w.server, "getent ahostsv4 www.example.org", "192.0.2.53")
	w.doctor("")

	w.server.Service("tailscaled").KillAlone()
	w.fails(w.server, "timeout 3 getent ahostsv4 www.example.org")
	w.works(w.server, askPublic, "pass")
	w.works(w.laptop, askPublic, "pass")
	w.page.Run(w.server, "When tailscaled is gone and the resolver with it")
	w.works(w.server, "cat /etc/resolv.conf", resolver)
	w.sameStream(stream)
	w.server.Tailscaled()
	w.connected()
	w.sameStream(stream)

	w.server.Service("tailscaled").Stop(30 * time.Second)
	w.works(w.server, "cat /etc/resolv.conf", resolver)
	w.server.Tailscaled()
	w.connected()
	w.sameStream(stream)

	w.server.Service("headrace").Stop(30 * time.Second)
	w.works(w.laptop, "ping -4 -c 1 -W 2 server", "1 received")
	w.works(w.server, "getent ahostsv4 laptop."+lab.BaseDomain, "100.64.0.2")
	w.server.Write("/etc/headrace/headrace.ini", w.server.Run("cat /etc/headrace/headrace.ini")+"\n"+
		w.page.Block("What headrace refuses", "ini"))
	w.server.Headrace()
	w.connected()

	// Both at once, and nobody has put the resolver back.
	w.server.Service("tailscaled").KillAlone()
	w.server.Service("headrace").Kill()
	w.works(w.server, "cat /etc/resolv.conf", "100.100.100.100")
	w.server.Tailscaled()
	w.works(w.server, "tailscale status || true", "logged out")
	w.server.Headrace()
	w.connected()
	w.works(w.laptop, "curl -sS -m 3 http://100.64.0.1:9090/metrics", "headrace_")

	w.page.Run(w.server, "The resolver left alone")
	w.works(w.server, "cat /etc/resolv.conf", resolver)
	w.server.Service("tailscaled").KillAlone()
	w.works(w.server, "getent ahostsv4 www.example.org", "192.0.2.53")
}

// Without the page's line in /etc/hosts the server's name goes with tailscaled;
// a tailscaled that starts puts the resolver back before it asks.
func TestTogetherWithoutHosts(t *testing.T) {
	t.Parallel()
	w := newTogether(t, lab.Current)
	w.join()
	w.server.Run("sed -i /headrace/d /etc/hosts")
	w.doctor("tailnet-resolver")
	w.server.Service("tailscaled").KillAlone()
	w.fails(w.server, "timeout 3 "+askPublic)
	w.server.Tailscaled()
	w.connected()
}

// Behind a router that translates addresses, the server's public name leads its
// own machine nowhere; the line with its inner address does.
func TestTogetherBehindNAT(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Current)
	gateway := w.net.Machine("gateway", "203.0.113.10/24")
	w.server = w.net.Inner("server", "192.168.1.10/24", gateway, "192.168.1.1/24")
	gateway.Run(`sysctl -qw net.ipv4.ip_forward=1
iptables -t nat -A PREROUTING -d 203.0.113.10 -p tcp -m multiport --dports 80,443 -j DNAT --to 192.168.1.10
iptables -t nat -A POSTROUTING -s 192.168.1.0/24 ! -d 192.168.1.0/24 -j MASQUERADE`)
	w.start()
	w.works(w.laptop, askPublic, "pass")
	w.fails(w.server, "timeout 3 "+askPublic)
	w.server.Run("echo 192.168.1.10 " + lab.PublicName + " >>/etc/hosts")
	w.join() // its line is there already
	w.server.Service("tailscaled").KillAlone()
	w.works(w.server, askPublic, "pass")
	w.server.Tailscaled()
	w.connected()
}

// The server as subnet router and exit node: who uses it reaches what is behind
// it, and headrace besides.
func TestTogetherRouter(t *testing.T) {
	t.Parallel()
	w := newTogether(t, lab.Current)
	w.join()
	stream := w.stream()
	w.page.Run(w.server, "Subnet router")
	w.page.Run(w.laptop, "On the devices")
	w.works(w.laptop, askPrinter, "a printer")
	w.works(w.printer, fmt.Sprintf(askInside, "192.168.77.1"), "pass")

	w.page.Run(w.server, "Exit node")
	w.works(w.laptop, "tailscale status", "offers exit node")
	w.page.Run(w.laptop, "On a device that uses it")
	w.works(w.laptop, "ip route show table 52", "default dev tailscale0")
	w.works(w.laptop, "curl -sS -m 5 http://www.example.org/", "the Internet")
	w.works(w.laptop, askPublic, "pass")
	w.sameStream(stream)

	w.server.Service("tailscaled").KillAlone()
	w.fails(w.laptop, "curl -sS -m 2 http://192.0.2.53/")
	w.sameStream(stream)
	w.server.Tailscaled()
	w.connected()
}

// Another device takes routes of the server's: each of the page's cures is
// needed, and cures.
func TestTogetherCutOff(t *testing.T) {
	t.Parallel()
	w := newTogether(t, lab.Current)
	w.join()
	w.laptop.Run("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
	w.server.Run("headrace nodes approve-routes laptop --routes 192.168.77.0/24,0.0.0.0/0,::/0")
	w.laptop.Run("tailscale set --advertise-routes=192.168.77.0/24 --advertise-exit-node")
	w.works(w.server, "tailscale status", "offers exit node")

	w.server.Run("tailscale set --accept-routes")
	w.works(w.server, "ip route show table 52", "192.168.77.0/24")
	w.fails(w.printer, fmt.Sprintf(askInside, "192.168.77.1"))
	w.doctor("tailnet-route")
	w.page.Run(w.server, "Another device announces a network of the server's")
	w.works(w.printer, fmt.Sprintf(askInside, "192.168.77.1"), "pass")
	w.works(w.server, askPrinter, "a printer")
	w.doctor("")

	w.server.Run("tailscale set --accept-routes=false --exit-node=laptop")
	w.works(w.server, "ip route show table 52", "default dev tailscale0")
	w.works(w.server, "curl -sS -m 5 http://www.example.org/", "the Internet")
	w.fails(w.net.Router(), fmt.Sprintf(askInside, "203.0.113.10"))
	w.doctor("tailnet-exit")
	w.server.Run("tailscale set --exit-node-allow-lan-access")
	w.works(w.net.Router(), fmt.Sprintf(askInside, "203.0.113.10"), "pass")
	w.server.Run("tailscale set --exit-node-allow-lan-access=false")
	w.fails(w.net.Router(), fmt.Sprintf(askInside, "203.0.113.10"))
	w.page.Run(w.server, "The server uses an exit node")
	w.works(w.net.Router(), fmt.Sprintf(askInside, "203.0.113.10"), "pass")
	w.connected()
}

// A neighbour whose address is in the range of the tailnet.
func TestTogetherProvider(t *testing.T) {
	t.Parallel()
	w := newTogether(t, lab.Current)
	neighbour := w.net.Inner("neighbour", "100.70.0.2/24", w.server, "100.70.0.1/24")
	ask := fmt.Sprintf(askInside, "100.70.0.1")
	w.works(neighbour, ask, "pass")
	w.join()
	w.fails(neighbour, ask)
	w.doctor("tailnet-overlap tailnet-firewall")
	w.server.Write("/etc/headrace/policy.json", w.page.Block("The provider's network is in 100.64.0.0/10", "json"))
	w.server.Run("headrace policy set /etc/headrace/policy.json")
	w.works(neighbour, ask, "pass")
	w.connected()

	w.server.Run("sed -i 's/^.*headrace.example.com$/100.64.0.1 headrace.example.com/' /etc/hosts")
	w.doctor("tailnet-name tailnet-overlap tailnet-firewall")
}

// No command of the page is left out by the tests above.
func TestTogetherPage(t *testing.T) {
	t.Parallel()
	want := []string{
		"Another device announces a network of the server's", "Exit node", "Join", "On a device that uses it", "On the devices",
		"Subnet router", "The resolver left alone", "The server uses an exit node", "When tailscaled is gone and the resolver with it",
	}
	if got := lab.ReadPage(t, "docs/one-machine.md").Headings(); !slices.Equal(got, want) {
		t.Errorf("there are commands below %q; those below %q are run", got, want)
	}
}
