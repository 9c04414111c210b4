package interop

import (
	"fmt"
	"strings"
	"testing"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn/ipnstate"
)

const tagPolicy = `{
	"tagOwners": {"tag:web": ["alice@"], "tag:db": ["tag:web"], "tag:ci": ["bob@"]},
	"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}],
}`

func hasTags(want string) func(*ipnstate.PeerStatus) error {
	return func(p *ipnstate.PeerStatus) error {
		got := ""
		if p.Tags != nil {
			got = strings.Join(p.Tags.AsSlice(), " ")
		}
		if got != want {
			return fmt.Errorf("its tags are %q", got)
		}
		return nil
	}
}

// A device may ask for the tags that its user owns, and for no others.
func TestAdvertiseTags(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	alice := s.ReusableKey()
	s.User("bob")
	s.SetPolicy(tagPolicy)
	watch := s.NewTsnet("watch", alice)

	// A daemon of its own: one that was refused goes on trying, and a later
	// `tailscale up` may be told what an earlier attempt was.
	d := s.NewDaemon("refused")
	out, err := d.TryCLI(d.UpArgs("--authkey", alice, "--advertise-tags=tag:web,tag:ci")...)
	if err == nil || !strings.Contains(err.Error(), "requested tags [tag:ci] are invalid or not permitted") {
		t.Errorf("asking for bob's tag: %s, %v", out, err)
	}
	if n := s.Count("nodes WHERE name = 'refused'"); n != 0 {
		t.Error("it came in all the same")
	}

	d = s.NewDaemon("web")
	d.Join(alice, "--advertise-tags=tag:web")
	if err := hasTags("tag:web")(d.Status().Self); err != nil {
		t.Error(err)
	}
	if at := d.Status().Self.KeyExpiry; at != nil {
		t.Errorf("its key expires: %v", at)
	}
	watch.WaitPeer("web", "its tag", hasTags("tag:web"))

	// Other tags with a new login only: its tag owns tag:db.
	d.Join(alice, "--reset", "--force-reauth", "--advertise-tags=tag:db")
	watch.WaitPeer("web", "its new tag", hasTags("tag:db"))
	if n := s.Count("nodes WHERE hostname = 'web'"); n != 1 {
		t.Errorf("there are %d of it", n)
	}
}

// The same for a login that a person completes.
func TestLoginWithTags(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	s.User("alice")
	s.User("bob")
	s.SetPolicy(tagPolicy)
	d := s.NewDaemon("web")
	up := d.Login("--advertise-tags=tag:web")
	where := up.URL("")
	out, err := s.TryRun("auth", "register", "--auth-id", authID(t, s, where), "--user", "bob")
	if err == nil || !strings.Contains(err.Error()+out, "requested tags [tag:web] are invalid or not permitted") {
		t.Errorf("bob gave alice's tag: %s, %v", out, err)
	}
	accept(t, s, where, "alice")
	up.Success()
	if err := hasTags("tag:web")(d.Status().Self); err != nil {
		t.Error(err)
	}
	if got := s.Column("user_id IS NULL", "web"); got != "1" {
		t.Errorf("the node belongs to %s", s.Column("user_id", "web"))
	}
}

// autoApprovers at each of the three moments: when a device joins, when it
// announces, and when the policy comes.
func TestAutoApprovers(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	alice := s.ReusableKey()
	router := s.NewDaemon("router").Join(alice, "--advertise-routes=10.1.0.0/24,192.168.7.0/24")
	watch := s.NewDevice("watch").Join(alice).Online()
	real := s.NewTsnet("real", alice)
	watch.Wait("a router whose routes wait", allowed("router", "10.1.0.0/24", false))
	s.SetPolicy(`{
		"tagOwners": {"tag:exit": ["alice@"]},
		"acls": [{"action": "accept", "src": ["*"], "dst": ["*:*", "autogroup:internet:*"]}],
		"autoApprovers": {"routes": {"10.0.0.0/8": ["alice@"]}, "exitNode": ["tag:exit"]},
	}`)
	watch.Wait("the policy's route", allowed("router", "10.1.0.0/24", true))
	watch.Wait("and no other", allowed("router", "192.168.7.0/24", false))
	real.WaitPeer("router", "the policy's route", hasRoute("10.1.0.0/24", true))
	router.CLI("set", "--advertise-routes=10.1.0.0/24,10.2.0.0/24")
	real.WaitPeer("router", "a route that it announces later", hasRoute("10.2.0.0/24", true))

	s.NewDaemon("exit").Join(alice, "--advertise-exit-node", "--advertise-tags=tag:exit")
	real.WaitPeer("exit", "an exit node that nobody approved by hand", func(p *ipnstate.PeerStatus) error {
		if !p.ExitNodeOption {
			return fmt.Errorf("it is none")
		}
		return nil
	})
	s.NewDaemon("other").Join(s.KeyOf("bob"), "--advertise-exit-node", "--advertise-routes=10.3.0.0/24")
	if got := s.Column("approved", "other"); got != "[]" {
		t.Errorf("bob's routes are approved: %s", got)
	}
}

// An address from the pool that the policy has for its user.
func TestAddressPool(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	alice := s.ReusableKey()
	old := s.NewDevice("old").Join(alice).Online()
	s.SetPolicy(`{"nodeAttrs": [{"target": ["alice@"], "ipPool": ["100.81.16.0/31"]}]}`)
	first := s.NewTsnet("first", alice)
	s.NewDevice("second").Join(alice)
	if got := first.IPv4().String(); got != "100.81.16.0" {
		t.Errorf("the first has %s", got)
	}
	old.Wait("it", allowed("first", "100.81.16.0/32", true))
	if got := s.Column("ipv4", "old"); got != "100.64.0.1" {
		t.Errorf("the one before has %s", got)
	}
	d := s.NewDevice("third")
	if rr := d.Register(d.RegisterRequest(alice)); !strings.Contains(rr.Error, "ipPool for this device is used up") {
		t.Errorf("the pool is used up, and it got %+v", rr)
	}
	s.NewDevice("bobs").Join(s.KeyOf("bob"))
	if got := s.Column("ipv4", "bobs"); got != "100.64.0.2" {
		t.Errorf("another user's has %s", got)
	}
}
