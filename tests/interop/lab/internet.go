package lab

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// PublicName is the name of the server of a lab with an Internet, the one that
// stands in the documents and in the ready files.
const PublicName = "headrace.example.com"

// Addresses of the Internet; all of them are for documents only (RFC 5737).
const (
	resolverIP = "192.0.2.53"
	relayIP    = "192.0.2.80"
)

// Internet is a router with a resolver and a DERP relay, and machines around it.
type Internet struct {
	t       *testing.T
	dir     string
	clients string // the release of all clients
	router  *Machine
	names   map[string]netip.Addr
	cert    string
	key     string
	derp    string // the DERP map as JSON
	wires   int
}

// NewInternet makes a router, a resolver that knows these names, and a relay.
// The machines around it will have clients of one release, like Current.
// The test must have asked NeedKernel() before.
func NewInternet(t *testing.T, release string, names map[string]netip.Addr) *Internet {
	t.Helper()
	n := &Internet{t: t, dir: tempDir(t), clients: release, names: names}
	_, n.cert, n.key = selfSigned(t, PublicName)
	if err := os.WriteFile(filepath.Join(n.dir, "ca.pem"), []byte(n.cert), 0o644); err != nil {
		t.Fatal(err)
	}
	n.router = n.newMachine("internet")
	n.router.Run("sysctl -qw net.ipv4.ip_forward=1; ip addr add " + resolverIP + "/32 dev lo; ip addr add " + relayIP + "/32 dev lo")
	pc := n.router.Listener().UDP(resolverIP + ":53")
	t.Cleanup(func() { pc.Close() })
	go n.resolve(pc)
	var r *derpRelay
	if err := n.router.enter(func() error { r = newRelay(relayIP); return nil }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	derp, err := json.Marshal(r.derpMap())
	n.derp = string(Must(t, derp, err))
	return n
}

// Router is the machine in the middle.
func (n *Internet) Router() *Machine { return n.router }

// Machine makes a machine with an uplink: its address is in a network whose
// first address is the Internet's router.
func (n *Internet) Machine(name, address string) *Machine {
	n.t.Helper()
	m := n.newMachine(name)
	p := netip.MustParsePrefix(address)
	gateway := p.Masked().Addr().Next()
	n.Wire(n.router, fmt.Sprintf("%s/%d", gateway, p.Bits()), m, address)
	m.Run(fmt.Sprintf("ip route add default via %s; echo nameserver %s >/etc/resolv.conf", gateway, resolverIP))
	return m
}

// Inner is a machine without an uplink: it has one card, in the network of another.
func (n *Internet) Inner(name, address string, behind *Machine, gateway string) *Machine {
	n.t.Helper()
	m := n.newMachine(name)
	n.Wire(behind, gateway, m, address)
	gw, _, _ := strings.Cut(gateway, "/")
	m.Run(fmt.Sprintf("ip route add default via %s; echo nameserver %s >/etc/resolv.conf", gw, resolverIP))
	return m
}

// Wire connects two machines by a card in each, with these addresses.
func (n *Internet) Wire(a *Machine, addrA string, b *Machine, addrB string) {
	n.t.Helper()
	n.wires++
	nameA, nameB := fmt.Sprintf("eth%da", n.wires), fmt.Sprintf("eth%db", n.wires)
	a.Run(fmt.Sprintf("ip link add %s type veth peer name %s netns %d; ip addr add %s dev %[1]s; ip link set %[1]s up",
		nameA, nameB, b.holder.Pid(), addrA))
	b.Run(fmt.Sprintf("ip addr add %s dev %s; ip link set %[2]s up", addrB, nameB))
}

// resolve answers for the names that there are; there are no others.
func (n *Internet) resolve(pc net.PacketConn) {
	var buf [1 << 10]byte
	for {
		size, from, err := pc.ReadFrom(buf[:])
		if err != nil {
			return
		}
		if answer := n.answer(buf[:size]); answer != nil {
			pc.WriteTo(answer, from)
		}
	}
}

func (n *Internet) answer(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	ip, known := n.names[strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))]
	m.Response, m.RecursionAvailable = true, true
	m.Additionals = nil
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	} else if q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: ip.As4()},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

// A public server as its operator has it: configuration in /etc, lighttpd with
// the ready file.  %s is what a test adds.
const (
	publicIni = `[server]
url = https://` + PublicName + `
[notifier]
keepalive = 3s
offline_grace = 2s
[dns]
base_domain = ` + BaseDomain + `
[derp]
urls =
paths = /etc/headrace/derp.json
`
	publicWeb = `server.port = 80
server.document-root = "/var/lib/headrace"
server.modules = ( "mod_access", "mod_alias", "mod_redirect" )
server.feature-flags += ( "server.graceful-shutdown-timeout" => 1 )
include "/etc/lighttpd/conf-enabled/headrace.conf"
`
)

// HeadraceOn sets a machine up as the server, and starts it.
func (n *Internet) HeadraceOn(m *Machine) {
	n.t.Helper()
	ready, err := os.ReadFile(filepath.Join(Root(n.t), "conf/lighttpd/headrace.conf"))
	m.Write("/etc/lighttpd/conf-enabled/headrace.conf", string(Must(n.t, ready, err)))
	m.Write("/etc/lighttpd/lighttpd.conf", publicWeb)
	m.Write("/etc/letsencrypt/live/"+PublicName+"/fullchain.pem", n.cert)
	m.Write("/etc/letsencrypt/live/"+PublicName+"/privkey.pem", n.key)
	m.Write("/etc/headrace/headrace.ini", publicIni)
	m.Write("/etc/headrace/derp.json", n.derp)
	m.Serve("lighttpd", program(n.t, "lighttpd"), "-D", "-f", "/etc/lighttpd/lighttpd.conf")
	m.Headrace()
}

// Headrace starts headrace on a machine that is set up, and waits until the whole answers.
func (m *Machine) Headrace() {
	m.t.Helper()
	p := m.Serve("headrace", "headrace", "serve")
	Eventually(m.t, "headrace answers", func() error {
		if !p.Running() {
			m.t.Fatalf("headrace ended while it started: %s", p.Log())
		}
		_, err := m.Try("curl -sSf -m 5 --resolve " + PublicName + ":443:127.0.0.1 https://" + PublicName + "/health")
		return err
	})
}
