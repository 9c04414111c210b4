package interop

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// page fetches a page as a browser does.
func page(t *testing.T, url string) (status int, body string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(lab.Must(t, b, err))
}

// authID is the last part of a login URL.
func authID(t *testing.T, s *lab.Server, loginURL string) string {
	t.Helper()
	u, err := url.Parse(loginURL)
	if err != nil || !strings.HasPrefix(loginURL, s.URL+"/register/") {
		t.Fatalf("the login URL is %q, %v", loginURL, err)
	}
	id := path.Base(u.Path)
	if !strings.HasPrefix(id, "hskey-authreq-") || len(id) != 38 {
		t.Fatalf("the auth id is %q", id)
	}
	return id
}

// accept does what the page at a login URL says.
func accept(t *testing.T, s *lab.Server, loginURL, user string) {
	t.Helper()
	id := authID(t, s, loginURL)
	s.User(user)
	s.Run("auth", "register", "--auth-id", id, "--user", user)
}

func TestInteractiveLogin(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDaemon("laptop")
	up := d.Login()
	where := up.URL("")
	id := authID(t, s, where)
	status, body := page(t, where)
	if command := "auth register --auth-id " + id + " --user"; status != 200 || !strings.Contains(body, command) {
		t.Errorf("the page (HTTP %d) does not show %q:\n%s", status, command, body)
	}
	if s.Count("nodes") != 0 {
		t.Error("the node is there before anybody allowed it")
	}
	accept(t, s, where, "alice")
	up.Success()
	if got := s.SQL("SELECT u.name, n.register_method FROM nodes n JOIN users u ON u.id = n.user_id"); got != "alice|cli" {
		t.Errorf("the node belongs to %s", got)
	}
	if out, err := s.TryRun("auth", "register", "--auth-id", id, "--user", "alice"); err == nil {
		t.Errorf("a login can be accepted twice: %s", out)
	}
}

// A login that waits outlives every process of the server.
func TestLoginSurvivesRestart(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	up := s.NewDaemon("laptop").Login()
	where := up.URL("")
	s.Stop()
	s.Start()
	if status, _ := page(t, where); status != 200 {
		t.Errorf("after the restart the page answers %d", status)
	}
	accept(t, s, where, "alice")
	up.Success()
}

// The same, when the client's request is held at the moment of the kill.
func TestFollowUpIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDevice("laptop")
	where := d.Register(d.RegisterRequest("")).AuthURL
	answer := followUp(d, where)
	time.Sleep(500 * time.Millisecond)
	for _, pid := range s.Workers() {
		kill(pid)
	}
	accept(t, s, where, "alice")
	done(t, answer)
	d.Online()
}

type followed struct {
	tailcfg.RegisterResponse
	err error
}

// followUp sends the request with which a client waits for a login.
func followUp(d *lab.Device, where string) <-chan followed {
	answer := make(chan followed, 1)
	req := d.RegisterRequest("")
	req.Followup = where
	go func() {
		rr, err := d.TryRegister(req)
		answer <- followed{rr, err}
	}()
	return answer
}

func await(t *testing.T, answer <-chan followed) tailcfg.RegisterResponse {
	t.Helper()
	select {
	case a := <-answer:
		return lab.Must(t, a.RegisterResponse, a.err)
	case <-time.After(lab.Patience):
		t.Fatal("the follow-up is not answered")
		panic("unreachable")
	}
}

func done(t *testing.T, answer <-chan followed) {
	t.Helper()
	if rr := await(t, answer); rr.AuthURL != "" || rr.Error != "" || !rr.MachineAuthorized {
		t.Fatalf("the follow-up is answered with %+v", rr)
	}
}

// The answer to a held follow-up comes at once, not at the next poll.
func TestFollowUpIsPrompt(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	s.User("alice")
	var d *lab.Device
	lab.Prompt(t, 3*time.Second, "telling the client", func(turn int) time.Duration {
		d = s.NewDevice(fmt.Sprintf("laptop-%d", turn))
		where := d.Register(d.RegisterRequest("")).AuthURL
		answer := followUp(d, where)
		time.Sleep(time.Second)
		accept(t, s, where, "alice")
		start := time.Now()
		done(t, answer)
		return time.Since(start)
	})
	if rr := d.Register(d.RegisterRequest("")); rr.Login.LoginName != "alice" {
		t.Errorf("then its login is %+v", rr.Login)
	}
}

func TestRejectGivesNewURL(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	up := s.NewDaemon("laptop").Login()
	first := up.URL("")
	s.Run("auth", "reject", "--auth-id", authID(t, s, first))
	second := up.URL(first)
	if _, err := s.TryRun("auth", "register", "--auth-id", authID(t, s, first), "--user", "alice"); err == nil {
		t.Error("a rejected login can be accepted")
	}
	accept(t, s, second, "alice")
	up.Success()
}

// What becomes of follow-ups that make no sense, and of pages for them.
func TestFollowUpsOutOfOrder(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDevice("laptop")
	unknown := s.URL + "/register/hskey-authreq-" + strings.Repeat("a", 24)
	rr := await(t, followUp(d, unknown))
	if rr.AuthURL == "" || rr.AuthURL == unknown {
		t.Errorf("the follow-up of an unknown login: %+v, want a new URL", rr)
	}
	for _, bad := range []string{s.URL + "/register/x", s.URL + "/register/", "::", "http://[::1", s.URL + "/register/hskey-authreq-" + strings.Repeat("é", 12)} {
		if rr := await(t, followUp(d, bad)); rr.Error == "" && (rr.AuthURL == "" || rr.AuthURL == bad) {
			t.Errorf("the follow-up %q: %+v", bad, rr)
		}
	}
	// Another device cannot ride on a login.
	where := d.Register(d.RegisterRequest("")).AuthURL
	other := s.NewDevice("other")
	stolen := followUp(other, where)
	time.Sleep(300 * time.Millisecond)
	accept(t, s, where, "alice")
	if rr := await(t, stolen); rr.AuthURL == "" && rr.Error == "" {
		t.Errorf("another device's follow-up: %+v", rr)
	}
	done(t, followUp(d, where))

	if status, _ := page(t, s.URL+"/register/nonsense"); status != 400 {
		t.Errorf("the page of a malformed id answers %d", status)
	}
	if status, body := page(t, unknown); status != 200 || !strings.Contains(body, "<html") {
		t.Errorf("the page of an unknown id answers %d", status)
	}
	third := s.NewDevice("third")
	waiting := authID(t, s, third.Register(third.RegisterRequest("")).AuthURL)
	for _, c := range [][]string{
		{"auth", "register", "--auth-id", "hskey-authreq-" + strings.Repeat("b", 24), "--user", "alice"},
		{"auth", "register", "--auth-id", "nonsense", "--user", "alice"},
		{"auth", "register", "--auth-id", waiting, "--user", "nobody"},
		{"auth", "reject", "--auth-id", "nonsense"},
	} {
		if out, err := s.TryRun(c...); err == nil {
			t.Errorf("headrace %v: %s", c, out)
		}
	}
}

// A person may open the link twice, and a client may ask twice.
func TestTwoLoginsOfOneDevice(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDevice("laptop")
	first := d.Register(d.RegisterRequest("")).AuthURL
	d.Node = key.NewNode()
	second := d.Register(d.RegisterRequest("")).AuthURL
	for range 2 {
		for _, where := range []string{first, second} {
			if status, _ := page(t, where); status != 200 {
				t.Errorf("the page answers %d", status)
			}
		}
	}
	accept(t, s, second, "alice")
	done(t, followUp(d, second))
	if n := s.Count("nodes"); n != 1 {
		t.Errorf("there are %d nodes", n)
	}
	d.Online()
}

// Logging out and in again as the same user keeps id, address and name.
func TestLogoutAndLoginAgain(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	watch := s.NewDevice("watch").Join(s.Key()).Online()
	d := s.NewDaemon("laptop").Join(s.Key())
	s.Nodes("rename", "laptop", "special")
	watch.Wait("special online", online("special", true))
	before := s.SQL("SELECT id, ipv4, ipv6, name FROM nodes WHERE name = 'special'")
	oldKey := s.Column("node_key", "special")
	d.CLI("logout")
	d.WaitState(ipn.NeedsLogin)
	watch.Wait("special expired", peer("special", expired))
	watch.View(peer("special", func(p *tailcfg.Node) error {
		if time.Since(p.KeyExpiry).Abs() > time.Minute {
			t.Errorf("logging out expired the key at %v", p.KeyExpiry)
		}
		return nil
	}))
	up := d.Login()
	accept(t, s, up.URL(""), "alice")
	up.Success()
	watch.Wait("special back", peer("special", func(p *tailcfg.Node) error {
		if expired(p) == nil || p.Online == nil || !*p.Online || p.Key.String() == oldKey {
			return fmt.Errorf("expiry %v, online %v, key %v", p.KeyExpiry, p.Online, p.Key)
		}
		return nil
	}))
	if after := s.SQL("SELECT id, ipv4, ipv6, name FROM nodes WHERE id = %s", strings.Split(before, "|")[0]); after != before {
		t.Errorf("the node was %s and is %s", before, after)
	}
}

func expired(n *tailcfg.Node) error {
	if n.Expired || (!n.KeyExpiry.IsZero() && n.KeyExpiry.Before(time.Now())) {
		return nil
	}
	return fmt.Errorf("expired %v, key expiry %v", n.Expired, n.KeyExpiry)
}

// --force-reauth gives the same node a new key, which its peers learn.
func TestForceReauth(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	watch := s.NewDevice("watch").Join(s.Key()).Online()
	d := s.NewDaemon("laptop").Join(s.Key())
	watch.Wait("laptop online", online("laptop", true))
	before, oldKey := s.SQL("SELECT id, ipv4, name FROM nodes WHERE name = 'laptop'"), s.Column("node_key", "laptop")
	up := d.Login("--force-reauth")
	accept(t, s, up.URL(""), "alice")
	up.Success()
	newKey := s.Column("node_key", "laptop")
	if after := s.SQL("SELECT id, ipv4, name FROM nodes WHERE name = 'laptop'"); after != before || newKey == oldKey {
		t.Errorf("the node was %s with %s and is %s with %s", before, oldKey, after, newKey)
	}
	watch.Wait("the new key", peer("laptop", func(p *tailcfg.Node) error {
		if p.Key.String() != newKey {
			return fmt.Errorf("the key is %v", p.Key)
		}
		return nil
	}))
	if n := s.Count("nodes"); n != 2 {
		t.Errorf("there are %d nodes", n)
	}
}

// Another user on the same device: a second node, and the first stays as it is.
func TestOtherUserOnSameDevice(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDaemon("shared").Join(s.KeyOf("alice"))
	before := s.SQL("SELECT * FROM nodes WHERE user_id = %s", s.User("alice"))
	s.User("bob")
	up := d.Login("--force-reauth")
	accept(t, s, up.URL(""), "bob")
	up.Success()
	if n := s.Count("nodes"); n != 2 {
		t.Fatalf("there are %d nodes", n)
	}
	keys := s.SQL("SELECT count(DISTINCT machine_key), count(DISTINCT node_key), count(DISTINCT name), count(DISTINCT ipv4) FROM nodes")
	if keys != "1|2|2|2" {
		t.Errorf("distinct machine keys, node keys, names, addresses: %s", keys)
	}
	after := s.SQL("SELECT * FROM nodes WHERE user_id = %s", s.User("alice"))
	if cut(after, 6) != cut(before, 6) {
		t.Errorf("alice's node was %s and is %s", before, after)
	}
}

// cut keeps the first columns of a row.
func cut(row string, n int) string {
	return strings.Join(strings.Split(row, "|")[:n], "|")
}

// Scripted, the table of what a completed login does.
func TestLoginOutcomes(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	login := func(d *lab.Device, user string) {
		t.Helper()
		old := d.Node.Public()
		d.Node = key.NewNode()
		req := d.RegisterRequest("")
		req.OldNodeKey = old
		where := d.Register(req).AuthURL
		if where == "" {
			t.Fatal("a new node key gets in without a login")
		}
		accept(t, s, where, user)
		done(t, followUp(d, where))
	}
	// The same user: the same node.
	d := s.NewDevice("one").Join(s.KeyOf("alice"))
	id := d.ID()
	login(d, "alice")
	if d.ID() != id {
		t.Errorf("same user: node %d is now %d", id, d.ID())
	}
	// A tagged node is taken over by the user who logs in.
	d = s.NewDevice("two").Join(s.TagKey("tag:x"))
	id = d.ID()
	login(d, "bob")
	if got := s.SQL("SELECT tags, user_id FROM nodes WHERE id = %d", id); d.ID() != id || got != "[]|"+s.User("bob") {
		t.Errorf("tagged: node %d is now %d with %s", id, d.ID(), got)
	}
	// Another user: another node, and each login stays with its own.
	d = s.NewDevice("three").Join(s.KeyOf("alice"))
	id = d.ID()
	login(d, "bob")
	second := d.ID()
	login(d, "alice")
	if d.ID() != id || second == id {
		t.Errorf("other user: node %d, then %d, then %d", id, second, d.ID())
	}
}

// What a client may and may not do to its own expiry.
func TestClientChangesExpiry(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t, lab.Ini{"node.expiry": "30d"})
	d := s.NewDevice("box").Join(s.Key())
	stored := func() string { return s.Column("coalesce(expiry_ms, 'never')", "box") }
	was := stored()
	req := d.RegisterRequest("")
	req.Expiry = time.Now().Add(100 * 24 * time.Hour)
	d.Register(req)
	if stored() != was {
		t.Errorf("a client put its expiry off from %s to %s", was, stored())
	}
	req.Expiry = time.Unix(123, 0)
	rr := d.Register(req)
	var at int64
	fmt.Sscan(stored(), &at)
	if !rr.NodeKeyExpired || time.Since(time.UnixMilli(at)).Abs() > time.Minute {
		t.Errorf("logging out: answer %+v, expiry %s", rr, stored())
	}
	for range 2 { // a second logout changes nothing more
		if rr := d.Register(req); !rr.NodeKeyExpired {
			t.Errorf("logging out again: %+v", rr)
		}
	}
}
