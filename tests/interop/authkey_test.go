package interop

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
	"tailscale.com/tailcfg"
	"tailscale.com/tsnet"
	"tailscale.com/types/key"
)

func TestOneOffKey(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	once := s.Key()
	s.NewDaemon("first").Join(once)
	out, err := s.NewDaemon("second").TryCLI("up", "--login-server", s.URL, "--authkey", once, "--timeout", "60s")
	if err == nil || !strings.Contains(out+err.Error(), "authkey already used") {
		t.Errorf("the second use of a one-off key: %v %s", err, out)
	}
	if n := s.Count("nodes"); n != 1 {
		t.Errorf("there are %d nodes", n)
	}
}

// Of many that come at once with a one-off key exactly one may win.
func TestOneOffKeyRace(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	once := s.Key()
	var wg sync.WaitGroup
	answers := make([]tailcfg.RegisterResponse, 16)
	for i := range answers {
		d := s.NewDevice(fmt.Sprintf("racer%d", i))
		wg.Go(func() {
			var err error
			if answers[i], err = d.TryRegister(d.RegisterRequest(once)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	winners := 0
	for _, a := range answers {
		if a.Error == "" && a.MachineAuthorized {
			winners++
		} else if a.Error != "authkey already used" {
			t.Errorf("a loser is told %+v", a)
		}
	}
	if n := s.Count("nodes"); winners != 1 || n != 1 {
		t.Errorf("%d devices won, there are %d nodes", winners, n)
	}
	if got := s.SQL("SELECT ipv4 FROM nodes"); got != "100.64.0.1" {
		t.Errorf("the winner has %s: the losers used addresses up", got)
	}
}

// A client whose answer got lost tries again with a new node key; its one-off
// key is not wasted, and there are not two of it.
func TestOneOffKeyLostAnswer(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	once := s.Key()
	d := s.NewDevice("unlucky").Join(once)
	d.Node = key.NewNode()
	d.Join(once)
	d.Join(once)
	if n := s.Count("nodes"); n != 1 {
		t.Errorf("there are %d nodes", n)
	}
	d.Online()
	other := s.NewDevice("other")
	other.Refused(other.RegisterRequest(once), "authkey already used")
}

func TestReusableKey(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	for i := range 3 {
		s.NewDevice(fmt.Sprintf("n%d", i)).Join(key)
	}
	if n := s.Count("nodes"); n != 3 {
		t.Errorf("there are %d nodes", n)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	good := s.ReusableKey()
	d := s.NewDevice("hopeful")
	refused := func(key, want string) {
		t.Helper()
		d.Refused(d.RegisterRequest(key), want)
	}
	short := s.Key("--reusable", "--expiration", "1s")
	gone := s.ReusableKey()
	s.SQL("DELETE FROM authkeys WHERE prefix = substr('%s', 12, 12)", gone)
	now := s.ReusableKey()
	s.Run("preauthkeys", "expire", "--id", s.SQL("SELECT max(id) FROM authkeys"))

	refused(now, "authkey expired")
	refused(gone, "invalid pre auth key")
	refused("no key at all", "invalid pre auth key")
	refused("hskey-auth-", "invalid pre auth key")
	refused(strings.Repeat("A", 100_000), "invalid pre auth key")
	flip := func(at int) string {
		b := []byte(good)
		b[at] ^= 1
		return string(b)
	}
	refused(flip(len(good)-1), "invalid pre auth key")
	refused(flip(len("hskey-auth-")), "invalid pre auth key")
	time.Sleep(1100 * time.Millisecond)
	refused(short, "authkey expired")

	d.Host.RequestTags = []string{"tag:server"}
	refused(good, "requested tags [tag:server] are invalid or not permitted")
	refused(s.TagKey("tag:other"), "requested tags [tag:server] are invalid or not permitted")
	if n := s.Count("nodes"); n != 0 {
		t.Errorf("%d nodes came in all the same", n)
	}
	d.Join(s.TagKey("tag:server")) // what the key gives anyway may be asked for
}

func TestTaggedKey(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	server := s.NewDevice("server").Join(s.TagKey("tag:web", "tag:a", "tag:web"))
	laptop := s.NewDevice("laptop").Join(s.Key()).Online()
	laptop.Wait("a tagged peer", peer("server", func(p *tailcfg.Node) error {
		if p.User != lab.TaggedDevices || fmt.Sprint(p.Tags) != "[tag:a tag:web]" {
			return fmt.Errorf("user %d, tags %v", p.User, p.Tags)
		}
		return nil
	}))
	laptop.View(func(v *lab.View) error {
		if got := v.Profiles[lab.TaggedDevices]; got.LoginName != "tagged-devices" || got.DisplayName != "Tagged Devices" {
			t.Errorf("its profile is %+v", got)
		}
		return nil
	})
	server.Online().Wait("its own tags", self(func(n *tailcfg.Node) error {
		if len(n.Tags) != 2 || !n.KeyExpiry.IsZero() {
			return fmt.Errorf("tags %v, expiry %v", n.Tags, n.KeyExpiry)
		}
		return nil
	}))
	rr := server.Register(server.RegisterRequest(""))
	if rr.Login.LoginName != "tagged-devices" || int64(rr.User.ID) != int64(lab.TaggedDevices) {
		t.Errorf("a restart is answered with %+v", rr)
	}
}

// An ephemeral node goes when it logs out, which tsnet does when it ends.
func TestEphemeralLogout(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	watch := s.NewDevice("watch").Join(s.Key()).Online()
	n := s.NewTsnet("brief", s.Key("--ephemeral"), func(n *tsnet.Server) { n.Ephemeral = true })
	watch.Wait("brief online", online("brief", true))
	n.Close()
	watch.Wait("brief gone", absent("brief"))
	if c := s.Count("nodes WHERE name = 'brief'"); c != 0 {
		t.Errorf("brief is still in the database")
	}
}

// An ephemeral node that was idle for the timeout goes, a busy one stays, one
// that comes back in time stays, and one that nobody saw since a restart goes;
// wherever on Earth the server stands.
func TestEphemeralIdle(t *testing.T) {
	t.Parallel()
	s := lab.NewServerIn(t, "Pacific/Kiritimati")
	key := s.Key("--ephemeral", "--reusable")
	watch := s.NewDevice("watch").Join(s.Key())
	busy := s.NewDevice("busy").Join(key)
	idle := s.NewDevice("idle").Join(key)
	back := s.NewDevice("back").Join(key)
	st := watch.Online()
	for _, d := range []*lab.Device{busy, idle, back} {
		defer d.Close()
		d.Online()
	}
	st.Wait("idle online", online("idle", true))
	idle.Close()
	back.Close()
	left := time.Now()
	st.Wait("idle offline", online("idle", false))
	s.Stop() // the timeout goes on, or begins anew, over a restart
	s.Start()
	st = watch.Online()
	busyStream := busy.Online()
	time.Sleep(time.Until(left.Add(40 * time.Second)))
	backStream := back.Online()
	lab.Within(t, 2*time.Minute, "idle is gone", func() error {
		if s.Count("nodes WHERE name = 'idle'") != 0 {
			return fmt.Errorf("it is there")
		}
		return nil
	})
	if took := time.Since(left); took < 60*time.Second {
		t.Errorf("idle went after %v, too early", took)
	}
	st.Wait("idle gone", absent("idle"))
	if err := st.View(func(v *lab.View) error { return firstError(online("busy", true)(v), online("back", true)(v)) }); err != nil {
		t.Error(err)
	}
	for _, end := range []error{busyStream.Err(), backStream.Err()} {
		if end != nil {
			t.Errorf("the stream of a busy node ended: %v", end)
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A client that restarts with its used, expired or deleted key keeps working,
// and neither its expiry nor anything else of it changes.
func TestRestartWithUsedKey(t *testing.T) {
	t.Parallel()
	for _, expiry := range []string{"0", "90d"} {
		t.Run("expiry "+expiry, func(t *testing.T) {
			t.Parallel()
			s := lab.NewServer(t, lab.Ini{"node.expiry": expiry})
			once := s.Key()
			d := s.NewDaemon("box").Join(once)
			row := func() string {
				return s.SQL("SELECT id, node_key, machine_key, name, ipv4, ipv6, coalesce(expiry_ms, 'never'), expired, user_id FROM nodes")
			}
			before := row()
			if never := strings.Contains(before, "never"); never != (expiry == "0") {
				t.Fatalf("with node.expiry %s the row is %s", expiry, before)
			}
			d.Restart()
			d.WaitState(ipn.Running)
			d.CLI(d.UpArgs("--authkey", once)...)
			s.SQL("UPDATE authkeys SET expiry_ms = 1")
			d.Restart()
			d.WaitState(ipn.Running)
			s.SQL("DELETE FROM authkeys")
			d.Restart()
			d.WaitState(ipn.Running)
			if after := row(); after != before {
				t.Errorf("restarts changed the node\nfrom %s\nto   %s", before, after)
			}
		})
	}
}

// As a container does that has its key in the environment: every start sends it.
func TestRegisterAgainWithUsedKey(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	once := s.Key()
	d := s.NewDevice("container").Join(once)
	before := s.SQL("SELECT * FROM nodes")
	d.Join(once)
	s.SQL("UPDATE authkeys SET expiry_ms = 1")
	d.Join(once)
	if after := s.SQL("SELECT * FROM nodes"); stripSeen(after) != stripSeen(before) {
		t.Errorf("the node changed\nfrom %s\nto   %s", before, after)
	}
	s.SQL("DELETE FROM authkeys")
	d.Refused(d.RegisterRequest(once), "invalid pre auth key")
	d.Join("") // a plain restart works all the same
}

// stripSeen cuts the columns after register_method: they hold times.
func stripSeen(row string) string {
	head, _, _ := strings.Cut(row, "|authkey|")
	return head
}

// Keys of the same user: the device is updated.  Of another user: a second node.
func TestSameDeviceOtherKeys(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDevice("box").Join(s.KeyOf("alice"))
	id, ip := d.ID(), s.Column("ipv4", "box")
	d.Node = key.NewNode()
	d.Join(s.KeyOf("alice"))
	if d.ID() != id || s.Column("ipv4", "box") != ip {
		t.Errorf("a new key of the same user made node %d of %d", d.ID(), id)
	}
	twin := d.Twin("box")
	twin.Join(s.KeyOf("bob"))
	if n := s.Count("nodes"); n != 2 || twin.ID() == id {
		t.Errorf("another user's key: %d nodes, id %d", n, twin.ID())
	}
	// A tagged key takes the user's node over: same node, tags instead of a user.
	solo := s.NewDevice("solo").Join(s.KeyOf("alice"))
	soloID := solo.ID()
	solo.Node = key.NewNode()
	solo.Join(s.TagKey("tag:x"))
	if got := s.SQL("SELECT id, user_id IS NULL, tags, expiry_ms IS NULL FROM nodes WHERE name = 'solo'"); got != fmt.Sprintf(`%d|1|["tag:x"]|1`, soloID) {
		t.Errorf("a tagged key on a user's node gives %s", got)
	}
}

// A node key that one device holds cannot be had by another.
func TestNodeKeyOfAnother(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	victim := s.NewDevice("victim").Join(key)
	st := victim.Online()
	thief := victim.Impostor()
	thief.Refused(thief.RegisterRequest(""), "node exists with a different machine key")
	if rr := thief.Register(thief.RegisterRequest(key)); rr.Error == "" || rr.MachineAuthorized {
		t.Errorf("with an auth key the thief gets %+v", rr)
	}
	logout := thief.RegisterRequest("")
	logout.Expiry = time.Unix(123, 0)
	thief.Refused(logout, "node exists with a different machine key")
	for _, stream := range []bool{true, false} {
		req := thief.MapRequest()
		req.Stream = stream
		status, body, err := thief.Do("POST", "/machine/map", req)
		if err != nil || status != 404 || strings.Contains(string(body), "victim") {
			t.Errorf("a thief's map request (stream %v): HTTP %d %q, %v", stream, status, body, err)
		}
	}
	req := thief.MapRequest()
	req.OmitPeers = true
	req.Hostinfo.Hostname = "stolen"
	if status, _, err := thief.Do("POST", "/machine/map", req); err != nil || status != 404 {
		t.Errorf("a thief's update: HTTP %d, %v", status, err)
	}
	if got := s.SQL("SELECT name, hostname, expired FROM nodes"); got != "victim|victim|0" {
		t.Errorf("the victim is now %s", got)
	}
	if st.Err() != nil {
		t.Errorf("the victim's stream ended: %v", st.Err())
	}
}
