package interop

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn/ipnstate"
)

// The main job: two stock clients join with the printed line and reach each other.
func TestTwoDaemonsJoin(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	a := s.NewDaemon("anna").Join(s.Key())
	b := s.NewDaemon("berta").Join(s.Key())
	a.Sees("berta")
	b.Sees("anna")
	a.PingsDirectly(b.IPv4().String())
	b.PingsDirectly("anna")
	a.PingsDirectly("berta." + lab.BaseDomain + ".")
	resolves(t, a, "berta", b)
	resolves(t, b, "anna", a)
	if out := a.CLI("status"); !strings.Contains(out, "berta") || !strings.Contains(out, "alice") {
		t.Errorf("tailscale status does not show berta of alice:\n%s", out)
	}
	if out := a.CLI("whois", b.IPv4().String()); !strings.Contains(out, "alice") {
		t.Errorf("tailscale whois does not know alice:\n%s", out)
	}
}

// resolves requires that MagicDNS on d knows target by its name.
func resolves(t *testing.T, d *lab.Daemon, name string, target *lab.Daemon) {
	t.Helper()
	want := target.IPv4().String()
	if got := strings.TrimSpace(d.CLI("ip", "-4", name)); got != want {
		t.Errorf("tailscale ip %s is %q on %s, want %s", name, got, d.Name, want)
	}
	queries(t, d, name+"."+lab.BaseDomain+".", want)
}

func TestOldestClientJoins(t *testing.T) {
	t.Parallel()
	// Without a resolver this release answers no name in userspace mode.
	s := lab.NewServer(t, lab.Ini{"dns.nameservers": "192.0.2.53"})
	key := s.ReusableKey()
	old := s.NewOldestDaemon("old").Join(key)
	cur := s.NewDaemon("new").Join(key)
	if v := old.Status().Version; !strings.HasPrefix(v, "1.80.3") {
		t.Fatalf("the oldest client is %s", v)
	}
	old.Sees("new")
	cur.Sees("old")
	old.PingsDirectly("new")
	cur.PingsDirectly("old")
	resolves(t, old, "new", cur)
	resolves(t, cur, "old", old)
	s.Nodes("rename", "new", "newer")
	old.Sees("newer")
	s.Nodes("delete", "newer", "--force")
	old.WaitNoPeer("newer")
	if got := s.Column("client_address", "old"); got != "127.0.0.1" {
		t.Errorf("the old node is said to be at %q", got)
	}
	if got := s.Column("client_version", "old"); !strings.HasPrefix(got, "1.80.3") {
		t.Errorf("client version of the old node is %q", got)
	}
}

// Real packets between two engines: HTTP by MagicDNS name, by both families.
func TestTrafficByName(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	web := s.NewTsnet("web", key)
	user := s.NewTsnet("user", key)
	ln, err := web.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := web.Local.WhoIs(r.Context(), r.RemoteAddr)
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprintf(w, "hello %s of %s", who.Node.ComputedName, who.UserProfile.LoginName)
	}))
	user.Sees("web")
	ip4, ip6 := web.TailscaleIPs()
	for _, host := range []string{"web", "web." + lab.BaseDomain, ip4.String(), "[" + ip6.String() + "]"} {
		lab.Eventually(t, "http://"+host, func() error {
			res, err := user.HTTPClient().Get("http://" + host + "/")
			if err != nil {
				return err
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			if string(body) != "hello user of alice" {
				return fmt.Errorf("answer %q", body)
			}
			return nil
		})
	}
}

// Clients that come by WebSocket, from a browser, or through a web server that
// speaks SCGI are nodes like any other.
func TestOtherWaysIn(t *testing.T) {
	t.Parallel()
	for way, newDevice := range map[string]func(*lab.Server, string) *lab.Device{
		"websocket": (*lab.Server).NewBrowserDevice,
		"scgi":      (*lab.Server).NewSCGIDevice,
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			s := lab.NewServer(t)
			key := s.ReusableKey()
			native := s.NewDevice("native").Join(key).Online()
			d := newDevice(s, "guest").Join(key)
			st := d.Online()
			st.Wait("native", present("native"))
			native.Wait("guest online", online("guest", true))
			d.Lite("192.0.2.7:4567")
			native.Wait("its endpoint", endpoint("guest", "192.0.2.7:4567"))
			s.Nodes("rename", "native", "renamed")
			st.Wait("the new name", present("renamed"))
			d.Close()
			native.Wait("guest offline", online("guest", false))
		})
	}
}

// Behind TLS, as the Internet sees it: joining, logging in, coming back.
func TestBehindTLS(t *testing.T) {
	t.Parallel()
	s := lab.NewTLSServer(t)
	a := s.NewDaemon("anna").Join(s.Key())
	b := s.NewDaemon("berta")
	up := b.Login()
	where := up.URL("")
	if !strings.HasPrefix(where, "https://localhost:") {
		t.Errorf("the login URL is %s", where)
	}
	accept(t, s, where, "bob")
	up.Success()
	a.Sees("berta")
	a.PingsDirectly("berta")
	kill(s.Notifier())
	s.Nodes("rename", "anna", "renamed")
	b.Sees("renamed")
	a.Restart()
	b.Sees("renamed")
}

// Both ends say what they are; nothing of one user is another's.
func TestPeersOfTwoUsers(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	a := s.NewTsnet("of-alice", s.KeyOf("alice"))
	b := s.NewTsnet("of-bob", s.KeyOf("bob"))
	for _, c := range []struct {
		n           *lab.Tsnet
		peer, login string
	}{{a, "of-bob", "bob"}, {b, "of-alice", "alice"}} {
		c.n.WaitPeer(c.peer, "owned by "+c.login, func(p *ipnstate.PeerStatus) error {
			if got := c.n.Status().User[p.UserID].LoginName; got != c.login {
				return fmt.Errorf("owner is %q", got)
			}
			return nil
		})
	}
}

// Addresses come from both prefixes, and a hole is used again.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"sequential", "random"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := lab.NewServer(t, lab.Ini{"prefixes.allocation": how, "prefixes.v4": "100.64.7.0/29"})
			key := s.ReusableKey()
			seen := map[string]string{}
			for i := range 6 { // a /29 has eight addresses, two of them for nobody
				name := fmt.Sprintf("n%d", i)
				s.NewDevice(name).Join(key)
				four, six := s.Column("ipv4", name), s.Column("ipv6", name)
				if !netip.MustParsePrefix("100.64.7.0/29").Contains(netip.MustParseAddr(four)) ||
					!netip.MustParsePrefix("fd7a:115c:a1e0::/48").Contains(netip.MustParseAddr(six)) {
					t.Errorf("%s has %s and %s", name, four, six)
				}
				if other := seen[four] + seen[six]; other != "" {
					t.Errorf("%s and %s share an address", name, other)
				}
				seen[four], seen[six] = name, name
			}
			late := s.NewDevice("late")
			late.Refused(late.RegisterRequest(key), "failed to allocate IP")
			hole := s.Column("ipv4", "n2")
			s.Nodes("delete", "n2", "--force")
			late.Join(key)
			if got := s.Column("ipv4", "late"); got != hole {
				t.Errorf("late has %s, the hole is %s", got, hole)
			}
		})
	}
}
