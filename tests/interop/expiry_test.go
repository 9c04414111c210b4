package interop

import (
	"fmt"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// "headrace nodes expire" reaches the node and its peers at once; taking it
// back brings the node up again without a login.
func TestExpireAndUnexpire(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	d := s.NewDaemon("laptop").Join(key)
	other := s.NewTsnet("other", key)
	other.Sees("laptop")
	lab.Prompt(t, 5*time.Second, "telling the client", func(turn int) time.Duration {
		if turn > 0 {
			s.Nodes("expire", "laptop", "--disable")
			d.WaitState(ipn.Running)
		}
		s.Nodes("expire", "laptop")
		return d.WaitState(ipn.NeedsLogin)
	})
	other.WaitPeer("laptop", "expired", func(p *ipnstate.PeerStatus) error {
		if !p.Expired {
			return fmt.Errorf("expired %v, key expiry %v", p.Expired, p.KeyExpiry)
		}
		return nil
	})
	s.Nodes("expire", "laptop", "--disable")
	d.WaitState(ipn.Running)
	other.WaitPeer("laptop", "no longer expired", func(p *ipnstate.PeerStatus) error {
		if p.Expired || p.KeyExpiry != nil {
			return fmt.Errorf("expired %v, key expiry %v", p.Expired, p.KeyExpiry)
		}
		return nil
	})
	d.Sees("other")
	d.PingsDirectly("other")
}

// An expired node hears only of itself until it may talk again.
func TestExpiredNodeSeesNobody(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	s.NewDevice("peer").Join(key)
	d := s.NewDevice("laptop").Join(key)
	st := d.Follow()
	st.Wait("its peer", present("peer"))
	s.Nodes("expire", "laptop")
	st.Wait("its own expiry", self(expired))
	st.Cancel()
	again := d.Follow()
	again.Wait("its own expiry", self(expired))
	again.View(func(v *lab.View) error {
		if len(v.Peers) != 0 {
			t.Errorf("an expired node is shown %v", v.Names())
		}
		return nil
	})
	s.Nodes("rename", "peer", "renamed")
	s.NewDevice("third").Join(key)
	lab.Holds(t, time.Second, "it still sees nobody", func() error {
		return again.View(func(v *lab.View) error {
			if len(v.Peers) != 0 {
				return fmt.Errorf("it sees %v", v.Names())
			}
			return nil
		})
	})
	s.Nodes("expire", "laptop", "--expiry", time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	again.Wait("its peers again", func(v *lab.View) error {
		if v.Self == nil || v.Peer("renamed") == nil || v.Peer("third") == nil || expired(v.Self) == nil {
			return fmt.Errorf("peers %v", v.Names())
		}
		return nil
	})
	rr := d.Register(d.RegisterRequest(""))
	if rr.NodeKeyExpired || rr.Error != "" {
		t.Errorf("then a restart is answered %+v", rr)
	}
}

// A key runs out by itself, and everybody hears of it without asking.
func TestKeyRunsOut(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	d := s.NewDevice("laptop").Join(k)
	st := d.Follow()
	watch.Wait("laptop", present("laptop"))
	end := time.Now().Add(4 * time.Second)
	s.SQL("UPDATE nodes SET expiry_ms = %d WHERE name = 'laptop'", end.UnixMilli())
	for _, stream := range []*lab.Stream{watch, st} {
		stream.Wait("when the key will run out", func(v *lab.View) error {
			n := v.Self
			if stream == watch {
				n = v.Peer("laptop")
			}
			if n == nil {
				return fmt.Errorf("no map")
			}
			if n.KeyExpiry.Sub(end).Abs() > time.Second {
				return fmt.Errorf("key expiry %v", n.KeyExpiry)
			}
			return nil
		})
	}
	lab.Eventually(t, "the row says so", func() error {
		if s.Column("expired", "laptop") != "1" {
			return fmt.Errorf("expired = 0")
		}
		return nil
	})
	if early := time.Until(end); early > 100*time.Millisecond {
		t.Errorf("the key ran out %v early", early)
	}
	st.Wait("that its key has run out", self(func(n *tailcfg.Node) error {
		if n.MachineAuthorized && !n.Expired {
			return fmt.Errorf("%+v", n)
		}
		return nil
	}))
	// A restart says so too, and the way back in is a key or a login.
	if rr := d.Register(d.RegisterRequest("")); !rr.NodeKeyExpired && rr.AuthURL == "" {
		t.Errorf("an expired node's restart is answered %+v", rr)
	}
	id := d.ID()
	d.Node = key.NewNode()
	d.Join(k)
	if d.ID() != id {
		t.Errorf("node %d came back as %d", id, d.ID())
	}
	d.Online()
	watch.Wait("laptop back", peer("laptop", func(n *tailcfg.Node) error {
		if expired(n) == nil || n.Key != d.Node.Public() {
			return fmt.Errorf("expiry %v", n.KeyExpiry)
		}
		return nil
	}))
}

// node.expiry applies to users' nodes, never to tagged ones; a client may ask
// for less.
func TestConfiguredExpiry(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t, lab.Ini{"node.expiry": "30d"})
	in := func(name string) time.Duration {
		var ms int64
		fmt.Sscan(s.Column("coalesce(expiry_ms, 0)", name), &ms)
		if ms == 0 {
			return 0
		}
		return time.Until(time.UnixMilli(ms)).Round(time.Hour)
	}
	s.NewDevice("user").Join(s.Key())
	s.NewDevice("tagged").Join(s.TagKey("tag:x"))
	shy := s.NewDevice("shy")
	req := shy.RegisterRequest(s.Key())
	req.Expiry = time.Now().Add(5 * time.Hour)
	shy.Register(req)
	if in("user") != 30*24*time.Hour || in("tagged") != 0 || in("shy") != 5*time.Hour {
		t.Errorf("user %v, tagged %v, shy %v", in("user"), in("tagged"), in("shy"))
	}
	for _, name := range []string{"user", "shy"} {
		if got := s.Count("nodes WHERE expiry_ms < 0 OR expired"); got != 0 {
			t.Errorf("%s is expired", name)
		}
	}
}
