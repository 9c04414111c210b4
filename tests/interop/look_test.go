package interop

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
)

// Looks at a client's view, for Stream.Wait.  Each says what it sees instead.

type look = func(*lab.View) error

func peer(name string, check func(*tailcfg.Node) error) look {
	return func(v *lab.View) error {
		p := v.Peer(name)
		if p == nil {
			return fmt.Errorf("there is no %s among %v", name, v.Names())
		}
		return check(p)
	}
}

func present(name string) look {
	return peer(name, func(*tailcfg.Node) error { return nil })
}

func absent(name string) look {
	return func(v *lab.View) error {
		if v.Peer(name) != nil {
			return fmt.Errorf("%s is there", name)
		}
		return nil
	}
}

func online(name string, want bool) look {
	return peer(name, func(p *tailcfg.Node) error {
		if p.Online == nil || *p.Online != want {
			return fmt.Errorf("online is %v", p.Online != nil && *p.Online)
		}
		return nil
	})
}

func endpoint(name, want string) look {
	return peer(name, func(p *tailcfg.Node) error {
		if !slices.Contains(p.Endpoints, netip.MustParseAddrPort(want)) {
			return fmt.Errorf("endpoints are %v", p.Endpoints)
		}
		return nil
	})
}

func allowed(name, route string, want bool) look {
	return peer(name, func(p *tailcfg.Node) error {
		if slices.Contains(p.AllowedIPs, netip.MustParsePrefix(route)) != want {
			return fmt.Errorf("AllowedIPs are %v", p.AllowedIPs)
		}
		return nil
	})
}

func self(check func(*tailcfg.Node) error) look {
	return func(v *lab.View) error {
		if v.Self == nil {
			return fmt.Errorf("it has no map yet")
		}
		return check(v.Self)
	}
}

func selfName(want string) look {
	return self(func(n *tailcfg.Node) error {
		if n.Name != want+"."+lab.BaseDomain+"." {
			return fmt.Errorf("it is %s", n.Name)
		}
		return nil
	})
}

// nothing is asked of a peer but to be there.
func nothing(*ipnstate.PeerStatus) error { return nil }

func sortedJSON(list []string) string {
	list = slices.Sorted(slices.Values(list))
	text, _ := json.Marshal(list)
	return string(text)
}
