package interop

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
)

// Announced routes count for nothing until somebody approves them, by command
// or in the sqlite3 shell; then every peer gets them.
func TestSubnetRoutes(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	router := s.NewDaemon("router").Join(k)
	watch := s.NewDevice("watch").Join(k).Online()
	real := s.NewTsnet("real", k)
	router.CLI("set", "--advertise-routes=10.1.0.0/24,10.2.0.0/24,fd00:1::/64")
	lab.Eventually(t, "the announcement", func() error {
		if got := s.Column("routes", "router"); !strings.Contains(got, "10.2.0.0/24") {
			return fmt.Errorf("routes are %s", got)
		}
		return nil
	})
	watch.Wait("router", allowed("router", "10.1.0.0/24", false))
	s.Nodes("approve-routes", "router", "--routes", "10.1.0.0/24,192.168.9.0/24")
	watch.Wait("an approved route", allowed("router", "10.1.0.0/24", true))
	watch.Wait("no other", allowed("router", "10.2.0.0/24", false))
	watch.Wait("none that nobody announced", allowed("router", "192.168.9.0/24", false))
	watch.Wait("who is primary", peer("router", func(p *tailcfg.Node) error {
		if len(p.PrimaryRoutes) != 1 || p.PrimaryRoutes[0].String() != "10.1.0.0/24" {
			return fmt.Errorf("PrimaryRoutes are %v", p.PrimaryRoutes)
		}
		return nil
	}))
	real.WaitPeer("router", "its route", hasRoute("10.1.0.0/24", true))
	lab.Eventually(t, "the router's own AllowedIPs", func() error {
		st := router.Status().Self
		return hasRoute("10.1.0.0/24", true)(st)
	})

	s.SQL(`UPDATE nodes SET approved = '["10.2.0.0/24","fd00:1::/64"]' WHERE name = 'router'`)
	watch.Wait("the route of the shell", allowed("router", "fd00:1::/64", true))
	watch.Wait("and not the old one", allowed("router", "10.1.0.0/24", false))
	real.WaitPeer("router", "the new route", hasRoute("10.2.0.0/24", true))
	real.WaitPeer("router", "not the old one", hasRoute("10.1.0.0/24", false))

	router.CLI("set", "--advertise-routes=10.2.0.0/24")
	watch.Wait("a route is no longer announced", allowed("router", "fd00:1::/64", false))
	s.Nodes("approve-routes", "router", "--routes", "")
	watch.Wait("nothing is approved", allowed("router", "10.2.0.0/24", false))
	real.WaitPeer("router", "no route", hasRoute("10.2.0.0/24", false))
}

func hasRoute(route string, want bool) func(*ipnstate.PeerStatus) error {
	return func(p *ipnstate.PeerStatus) error {
		has := false
		if p.AllowedIPs != nil {
			for _, r := range p.AllowedIPs.All() {
				has = has || r == netip.MustParsePrefix(route)
			}
		}
		if has != want {
			return fmt.Errorf("AllowedIPs are %v", p.AllowedIPs)
		}
		return nil
	}
}

// Of two routers for one network one serves; if it goes, the other takes over.
// No peer ever holds the route twice.
func TestTwoRouters(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	var routers [2]*lab.Device
	for i := range routers {
		d := s.NewDevice(fmt.Sprintf("r%d", i)).Join(k)
		d.Router = true
		d.Host.RoutableIPs = []netip.Prefix{netip.MustParsePrefix("10.5.0.0/16")}
		d.Online()
		routers[i] = d
		s.Nodes("approve-routes", fmt.Sprintf("r%d", i), "--routes", "10.5.0.0/16")
	}
	one := func(holder string) look {
		return func(v *lab.View) error {
			other := map[string]string{"r0": "r1", "r1": "r0"}[holder]
			return firstError(allowed(holder, "10.5.0.0/16", true)(v), allowed(other, "10.5.0.0/16", false)(v))
		}
	}
	watch.Wait("r0 serves", one("r0"))
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for both := allowed("r0", "10.5.0.0/16", true); ; time.Sleep(time.Millisecond) {
			select {
			case <-stop:
				return
			default:
			}
			if watch.View(func(v *lab.View) error { return firstError(both(v), allowed("r1", "10.5.0.0/16", true)(v)) }) == nil {
				t.Error("both routers hold the route")
				return
			}
		}
	}()
	routers[0].Close()
	watch.Wait("r1 takes over", one("r1"))
	routers[0].Online()
	watch.Wait("r0 is back", online("r0", true))
	watch.Wait("one of them serves", func(v *lab.View) error {
		if one("r0")(v) != nil && one("r1")(v) != nil {
			return fmt.Errorf("none or both do")
		}
		return nil
	})
}

// An approved exit node is offered to everybody, and can be chosen.
func TestExitNode(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	exit := s.NewDaemon("exit").Join(k)
	user := s.NewDaemon("user").Join(k)
	watch := s.NewDevice("watch").Join(k).Online()
	exit.CLI("set", "--advertise-exit-node")
	lab.Eventually(t, "the announcement", func() error {
		if got := s.Column("routes", "exit"); !strings.Contains(got, "0.0.0.0/0") {
			return fmt.Errorf("routes are %s", got)
		}
		return nil
	})
	if out, _ := user.TryCLI("exit-node", "list"); strings.Contains(out, "exit.") {
		t.Errorf("an exit node that nobody approved is shown:\n%s", out)
	}
	s.Nodes("approve-routes", "exit", "--routes", "0.0.0.0/0") // one means both
	watch.Wait("both default routes", allowed("exit", "::/0", true))
	watch.Wait("both default routes", allowed("exit", "0.0.0.0/0", true))
	user.WaitPeer("exit", "an exit node", func(p *ipnstate.PeerStatus) error {
		if !p.ExitNodeOption {
			return fmt.Errorf("it is none")
		}
		return nil
	})
	if out := user.CLI("exit-node", "list"); !strings.Contains(out, "exit."+lab.BaseDomain) {
		t.Errorf("tailscale exit-node list does not show it:\n%s", out)
	}
	user.CLI("set", "--exit-node=exit")
	user.WaitPeer("exit", "in use", func(p *ipnstate.PeerStatus) error {
		if !p.ExitNode {
			return fmt.Errorf("it is not in use")
		}
		return nil
	})
	user.CLI("set", "--exit-node=")
	// A node that is deleted learns it at once and leaves its peers.
	s.Nodes("delete", "exit", "--force")
	exit.WaitState(ipn.NeedsLogin)
	user.WaitNoPeer("exit")
	watch.Wait("exit gone", absent("exit"))
}
