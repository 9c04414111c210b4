package interop

import (
	"fmt"
	"strings"
	"testing"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn/ipnstate"
)

// grants is a policy of lines "SRC DST IP", and what goes before them.
func grants(more string, lines ...string) string {
	var out strings.Builder
	for _, l := range lines {
		f := strings.Fields(l)
		fmt.Fprintf(&out, "\t{ \"src\": [%q], \"dst\": [%q], \"ip\": [%q] }, // %s\n", f[0], f[1], f[2], l)
	}
	return "{\n" + more + "\n\"grants\": [\n" + out.String() + "],\n}\n"
}

// Packets between real clients pass, or do not, as the policy in force says; a
// change counts at once, on the streams that are there.
func TestPolicyFiltersPackets(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	a := s.NewDaemon("a").Join(s.KeyOf("alice"))
	b := s.NewDaemon("b").Join(s.KeyOf("bob"))
	one, two := lab.Echo(t), lab.Echo(t)
	a.Sees("b")
	ipA, ipB := a.IPv4().String(), b.IPv4().String()
	a.Reaches(ipB, one) // without a policy everything passes
	b.Reaches(ipA, two)
	same := lab.SamePolls(t, a, b)

	s.SetPolicy(grants("", fmt.Sprintf("alice@ bob@ %d", one)))
	a.ReachesNot(ipB, two)
	a.Reaches(ipB, one)
	b.ReachesNot(ipA, one)
	b.Sees("a") // one way is enough to be seen

	s.SetPolicy(grants("", fmt.Sprintf("alice@ bob@ tcp:%d", two), fmt.Sprintf("bob@ alice@ %d-%d", one, one)))
	a.ReachesNot(ipB, one)
	a.Reaches(ipB, two)
	b.Reaches(ipA, one)
	b.ReachesNot(ipA, two)

	s.SetPolicy(grants("", fmt.Sprintf("alice@ bob@ udp:%d", two)))
	a.ReachesNot(ipB, two)

	s.Run("policy", "rollback", "1")
	a.Reaches(ipB, one)
	a.ReachesNot(ipB, two)
	if out, err := s.TryRun("policy", "set", "-f", write(s, `{"grants": [{"src": ["group:none"], "dst": ["*"], "ip": ["*"]}]}`)); err == nil {
		t.Errorf("a policy with a group that is not there is taken: %s", out)
	}
	a.Reaches(ipB, one)
	a.ReachesNot(ipB, two)
	same()
}

// write puts a policy into a file and returns its path.
func write(s *lab.Server, text string) (path string) {
	s.T.Helper()
	s.WriteFile("other.hujson", text)
	return s.Dir + "/other.hujson"
}

// Who may not reach each other either way does not see each other, and a policy
// change shows and hides peers without a new stream.
func TestPolicyHidesPeers(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	a := s.NewDaemon("a").Join(s.KeyOf("alice"))
	b := s.NewDaemon("b").Join(s.KeyOf("bob"))
	c := s.NewDaemon("c").Join(s.KeyOf("carol"))
	for _, name := range []string{"b", "c"} {
		a.Sees(name)
	}
	same := lab.SamePolls(t, a, b, c)
	shows := func(d *lab.Daemon, name string, want bool) {
		t.Helper()
		lab.Eventually(t, fmt.Sprintf("tailscale status of %s shows %s: %v", d.Name, name, want), func() error {
			out := d.CLI("status")
			if strings.Contains(out, " "+name+" ") != want {
				return fmt.Errorf("it says\n%s", out)
			}
			return nil
		})
	}
	s.SetPolicy(grants("", "alice@ bob@ 22"))
	shows(a, "b", true)
	shows(b, "a", true)
	for _, pair := range [][2]any{{a, "c"}, {b, "c"}, {c, "a"}, {c, "b"}} {
		shows(pair[0].(*lab.Daemon), pair[1].(string), false)
	}
	if out, err := c.TryCLI("ping", "--c", "1", "--timeout", "2s", a.IPv4().String()); err == nil {
		t.Errorf("c pings a: %s", out)
	}
	s.SetPolicy(grants("", "alice@ bob@ 22", "carol@ alice@ 22"))
	shows(a, "c", true)
	shows(c, "a", true)
	shows(b, "c", false)
	s.SetPolicy(grants(""))
	for _, d := range []*lab.Daemon{a, b, c} {
		lab.Eventually(t, d.Name+" sees nobody", func() error {
			if n := len(d.Status().Peer); n != 0 {
				return fmt.Errorf("it sees %d", n)
			}
			return nil
		})
	}
	s.SetPolicy(grants("", "* * *"))
	shows(b, "c", true)
	shows(a, "b", true)
	c.PingsDirectly("a")
	same()
}

// A subnet route and an exit node are for those whom the policy lets use them.
func TestPolicyGivesRoutes(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	router := s.NewDaemon("router").Join(s.TagKey("tag:router"))
	a := s.NewDaemon("a").Join(s.KeyOf("alice"))
	b := s.NewDaemon("b").Join(s.KeyOf("bob"))
	router.CLI("set", "--advertise-routes=10.9.0.0/24", "--advertise-exit-node")
	lab.Eventually(t, "the announcement", func() error {
		if got := s.Column("routes", "router"); !strings.Contains(got, "10.9.0.0/24") || !strings.Contains(got, "::/0") {
			return fmt.Errorf("routes are %s", got)
		}
		return nil
	})
	s.Nodes("approve-routes", "router", "--routes", "10.9.0.0/24,0.0.0.0/0")
	a.WaitPeer("router", "the route", hasRoute("10.9.0.0/24", true))
	b.WaitPeer("router", "the exit node", exitNode(true))
	same := lab.SamePolls(t, router, a, b)

	owners := `"tagOwners": { "tag:router": [] },`
	s.SetPolicy(grants(owners, "* tag:router 53", "alice@ 10.9.0.0/24 443", "bob@ autogroup:internet *"))
	b.WaitPeer("router", "no route", hasRoute("10.9.0.0/24", false))
	b.WaitPeer("router", "the exit node", exitNode(true))
	a.WaitPeer("router", "no exit node", exitNode(false))
	a.WaitPeer("router", "the route", hasRoute("10.9.0.0/24", true))
	if out, _ := a.TryCLI("exit-node", "list"); strings.Contains(out, "router.") {
		t.Errorf("an exit node that alice may not use is shown to her:\n%s", out)
	}
	b.CLI("set", "--exit-node=router")
	b.WaitPeer("router", "in use", func(p *ipnstate.PeerStatus) error {
		if !p.ExitNode {
			return fmt.Errorf("it is not in use")
		}
		return nil
	})
	b.CLI("set", "--exit-node=")

	s.SetPolicy(grants(owners, "* tag:router 53", "alice@ autogroup:internet *", "bob@ 10.9.0.7 443"))
	a.WaitPeer("router", "no route", hasRoute("10.9.0.0/24", false))
	a.WaitPeer("router", "the exit node", exitNode(true))
	b.WaitPeer("router", "no exit node", exitNode(false))
	b.WaitPeer("router", "the route, of which bob may use a part", hasRoute("10.9.0.0/24", true))
	same()
}

// Packets to a subnet pass its router for those whom the policy lets, to the
// part that it says, and for nobody else.
func TestPolicyFiltersSubnets(t *testing.T) {
	t.Parallel()
	if !lab.InNetwork(t, "10.9.0.1/32", "10.9.0.2/32") {
		return
	}
	s := lab.NewServer(t)
	router := s.NewDaemon("router").Join(s.TagKey("tag:router"))
	a := s.NewDaemon("a").Join(s.KeyOf("alice"), "--accept-routes")
	b := s.NewDaemon("b").Join(s.KeyOf("bob"), "--accept-routes")
	port := lab.EchoAt(t, "10.9.0.1:0")
	lab.EchoAt(t, fmt.Sprintf("10.9.0.2:%d", port))
	router.CLI("set", "--advertise-routes=10.9.0.0/24")
	lab.Eventually(t, "the announcement", func() error {
		if got := s.Column("routes", "router"); !strings.Contains(got, "10.9.0.0/24") {
			return fmt.Errorf("routes are %s", got)
		}
		return nil
	})
	s.Nodes("approve-routes", "router", "--routes", "10.9.0.0/24")
	a.Reaches("10.9.0.1", port)
	b.Reaches("10.9.0.2", port)
	same := lab.SamePolls(t, router, a, b)
	policy := func(lines ...string) {
		t.Helper()
		s.SetPolicy(grants(`"tagOwners": { "tag:router": [] },`, append(lines, "* tag:router 53")...))
	}
	policy(fmt.Sprintf("alice@ 10.9.0.1 %d", port), "bob@ 10.9.0.2 1")
	b.ReachesNot("10.9.0.2", port)
	a.Reaches("10.9.0.1", port)
	a.ReachesNot("10.9.0.2", port)
	b.ReachesNot("10.9.0.1", port)
	policy(fmt.Sprintf("bob@ 10.9.0.0/24 %d", port), "alice@ 10.9.0.0/24 1")
	a.ReachesNot("10.9.0.1", port)
	b.Reaches("10.9.0.1", port)
	b.Reaches("10.9.0.2", port)
	same()
}

func exitNode(want bool) func(*ipnstate.PeerStatus) error {
	return func(p *ipnstate.PeerStatus) error {
		if p.ExitNodeOption != want {
			return fmt.Errorf("ExitNodeOption is %v", p.ExitNodeOption)
		}
		return nil
	}
}

// A node that gets another tag, or a user, is reached and seen by whom the
// policy says, at once; so is one whose user gets another group.
func TestPolicyFollowsTags(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	a := s.NewDaemon("a").Join(s.KeyOf("alice"))
	b := s.NewDaemon("b").Join(s.KeyOf("bob"))
	c := s.NewDaemon("c").Join(s.TagKey("tag:web"))
	port := lab.Echo(t)
	ip := c.IPv4().String()
	policy := func(group string) string {
		return grants(fmt.Sprintf(`"groups": { "group:dev": [%q] }, "tagOwners": { "tag:web": [], "tag:db": [] },`, group),
			fmt.Sprintf("group:dev tag:web %d", port), fmt.Sprintf("bob@ tag:db %d", port))
	}
	same := lab.SamePolls(t, a, b, c)
	s.SetPolicy(policy("alice@"))
	a.Reaches(ip, port)
	b.WaitNoPeer("c")
	s.Nodes("tag", "c", "--tags", "tag:db")
	b.Reaches(ip, port)
	a.WaitNoPeer("c")
	a.ReachesNot(ip, port)
	s.Nodes("tag", "c", "--tags", "tag:db,tag:web")
	a.Reaches(ip, port)
	b.Reaches(ip, port)
	s.SetPolicy(policy("bob@"))
	a.WaitNoPeer("c")
	a.ReachesNot(ip, port)
	b.Reaches(ip, port)
	same()
}
