package interop

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
)

const (
	notHere = "tailnet policy does not permit you to SSH to this node"
	notAs   = "tailnet policy does not permit you to SSH as user"
	// nobody is a login that every system has; its shell says no by itself.
	nobody = "nobody"
)

// sshPolicy lets everything pass, and SSH as these rules say.
func sshPolicy(rules ...string) string {
	return `{
		// the rest of the tailnet is open
		"tagOwners": { "tag:server": ["alice@"] },
		"grants":    [{ "src": ["*"], "dst": ["*"], "ip": ["*"] }],
		"ssh": [` + strings.Join(rules, ",\n") + `],
	}`
}

func acceptRule(src, users string) string {
	return fmt.Sprintf(`{ "action": "accept", "src": [%q], "dst": ["tag:server"], "users": [%q] }`, src, users)
}

func checkRule(src, users, period string) string {
	return fmt.Sprintf(`{ "action": "check", "src": [%q], "dst": ["tag:server"], "users": [%q], "checkPeriod": %q }`,
		src, users, period)
}

// sshNet is a tailnet whose server takes SSH sessions.
type sshNet struct {
	*lab.Server
	t              *testing.T
	me             string
	server, laptop *lab.Daemon // the laptop is alice's
}

func newSSHNet(t *testing.T, rules ...string) *sshNet {
	t.Helper()
	s := lab.NewServer(t)
	n := &sshNet{Server: s, t: t, me: lab.Me(t)}
	s.User("alice")
	s.User("bob")
	s.SetPolicy(sshPolicy(rules...))
	n.server = s.NewDaemon("server").Join(s.TagKey("tag:server"), "--ssh")
	n.laptop = n.join("laptop", "alice")
	return n
}

// join adds a device that reaches the server and knows its host keys.
func (n *sshNet) join(name, user string) *lab.Daemon {
	n.t.Helper()
	d := n.NewDaemon(name).Join(n.KeyOf(user))
	lab.Eventually(n.t, name+" knows the server's host keys", func() error {
		p := d.Peer("server")
		if p == nil || len(p.SSH_HostKeys) == 0 {
			return fmt.Errorf("it knows %+v", p)
		}
		return nil
	})
	d.PingsDirectly("server")
	return d
}

// greet opens a session that would say "in as LOGIN".
func (n *sshNet) greet(d *lab.Daemon, login string) *lab.SSH {
	n.t.Helper()
	return d.SSH(login, "server", "echo in as $(id -un)")
}

func (n *sshNet) welcome() string { return "in as " + n.me + "\n" }

// approve does what the page at the address of a check says.
func (n *sshNet) approve(url string) {
	n.t.Helper()
	n.Run("auth", "approve", "--auth-id", path.Base(url))
}

// Sessions are let in and turned away as the rules say, and a change of the
// rules counts at once, for sessions that are open too.
func TestSSH(t *testing.T) {
	t.Parallel()
	me := lab.Me(t)
	n := newSSHNet(t, acceptRule("alice@", me))
	other := n.join("other", "bob")
	same := lab.SamePolls(t, n.server, n.laptop, other)
	n.greet(n.laptop, me).Succeeds(n.welcome())
	n.greet(n.laptop, nobody).Refused(notAs)
	n.greet(other, me).Refused(notHere)

	open := n.laptop.SSH(me, "server", "echo open; sleep 600")
	open.Shows("open")
	n.SetPolicy(sshPolicy(acceptRule("bob@", me)))
	open.Shows("Access revoked.")
	open.Ends()
	n.greet(n.laptop, me).Refused(notHere)
	n.greet(other, me).Succeeds(n.welcome())

	n.SetPolicy(sshPolicy())
	lab.Eventually(t, "nobody is let in", func() error {
		if code, text := n.greet(other, me).Ends(); code != 255 {
			return fmt.Errorf("it ended with %d: %s", code, text)
		}
		return nil
	})
	n.SetPolicy(sshPolicy(acceptRule("alice@", me), acceptRule("alice@", "autogroup:nonroot")))
	lab.Eventually(t, "alice is let in again", func() error {
		if code, text := n.greet(n.laptop, me).Ends(); code != 0 {
			return fmt.Errorf("it ended with %d: %s", code, text)
		}
		return nil
	})
	if code, text := n.greet(n.laptop, nobody).Ends(); strings.Contains(text, "tailnet policy") {
		t.Errorf("as %s the session ends with %d: %s", nobody, code, text)
	}
	same()
}

// A session that is to be checked waits for an approval, and the next one does
// not, as long as the rule says.
func TestSSHCheck(t *testing.T) {
	t.Parallel()
	me := lab.Me(t)
	n := newSSHNet(t, checkRule("alice@", me, "1h"))
	first := n.greet(n.laptop, me)
	url := first.CheckURL()
	id := path.Base(url)
	if url != n.URL+"/auth/"+id || len(id) != 38 {
		t.Fatalf("it is to be approved at %q", url)
	}
	status, body := page(t, url)
	if command := "auth approve --auth-id " + id; status != 200 || !strings.Contains(body, command) {
		t.Errorf("the page (HTTP %d) does not show %q:\n%s", status, command, body)
	}
	var waiting []map[string]any
	n.JSON(&waiting, "auth", "list")
	if len(waiting) != 1 || waiting[0]["authId"] != id || waiting[0]["kind"] != "ssh" ||
		waiting[0]["source"] != "laptop" || waiting[0]["destination"] != "server" || waiting[0]["localUser"] != me {
		t.Errorf("what waits: %v", waiting)
	}
	first.Waits(2 * time.Second)
	start := time.Now()
	n.approve(url)
	first.Succeeds(n.welcome())
	if took := time.Since(start); took > lab.Promptness {
		t.Errorf("it begins %v after the approval", took)
	}
	quiet := n.greet(n.laptop, me)
	quiet.Succeeds(n.welcome())
	if _, text := quiet.Ends(); strings.Contains(text, "#") {
		t.Errorf("the second session shows %q", text)
	}
	if out, err := n.TryRun("auth", "approve", "--auth-id", id); err == nil {
		t.Errorf("a check can be approved twice: %s", out)
	}

	n.SQL("UPDATE ssh_checks SET decided_ms = decided_ms - 3600000")
	late := n.greet(n.laptop, me)
	n.Run("auth", "reject", "--auth-id", path.Base(late.CheckURL()))
	late.Refused("was not approved")
	again := n.greet(n.laptop, me)
	n.approve(again.CheckURL())
	again.Succeeds(n.welcome())

	// The period of the rule that is in force counts.
	n.SetPolicy(sshPolicy(checkRule("alice@", me, "always")))
	n.SQL("UPDATE ssh_checks SET decided_ms = decided_ms + 1000") // a policy that is set forgets no approval
	for range 2 {
		each := n.greet(n.laptop, me)
		n.approve(each.CheckURL())
		each.Succeeds(n.welcome())
	}
	n.SetPolicy(sshPolicy(checkRule("alice@", me, "1h")))
	lab.Eventually(t, "approvals count again", func() error {
		if c := n.greet(n.laptop, me); c.Asks() {
			return fmt.Errorf("a session is to be approved")
		}
		return nil
	})
}

// A check that waits outlives every process of the server, and is forgotten by
// neither side.
func TestSSHCheckSurvivesRestart(t *testing.T) {
	t.Parallel()
	me := lab.Me(t)
	n := newSSHNet(t, checkRule("alice@", me, "1h"))
	c := n.greet(n.laptop, me)
	url := c.CheckURL()
	time.Sleep(500 * time.Millisecond)
	n.Stop()
	n.Start()
	if status, _ := page(t, url); status != 200 {
		t.Errorf("after the restart the page answers %d", status)
	}
	c.Waits(time.Second)
	for _, pid := range n.Workers() {
		kill(pid)
	}
	n.approve(url)
	c.Succeeds(n.welcome())
	n.Stop()
	n.Start()
	n.greet(n.laptop, me).Succeeds(n.welcome())
}

// A check that nobody decides ends by itself, and so does one whose rule goes
// or whose device changes hands.
func TestSSHCheckEnds(t *testing.T) {
	t.Parallel()
	me := lab.Me(t)
	n := newSSHNet(t, checkRule("alice@", me, "1h"))
	c := n.greet(n.laptop, me)
	c.CheckURL()
	n.SQL("UPDATE ssh_checks SET expiry_ms = created_ms")
	c.Refused("was not approved")

	c = n.greet(n.laptop, me)
	n.approve(c.CheckURL())
	c.Succeeds(n.welcome())
	n.SQL("UPDATE nodes SET user_id = %s WHERE name = 'laptop'", n.User("bob"))
	n.SQL("UPDATE nodes SET user_id = %s WHERE name = 'laptop'", n.User("alice"))
	lab.Eventually(t, "the server has heard of it", func() error {
		c = n.greet(n.laptop, me)
		if c.Asks() {
			return nil
		}
		_, text := c.Ends()
		return fmt.Errorf("a session shows %q", text)
	})
	url := c.CheckURL()
	n.SetPolicy(sshPolicy(acceptRule("bob@", me)))
	n.approve(url)
	c.Refused("does not let this SSH session in")
}

// Only the destination is told what becomes of a session, and only of its own.
func TestSSHCheckIsForTheDestination(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	s.User("alice")
	s.SetPolicy(sshPolicy(checkRule("alice@", "root", "always")))
	src, dst := s.NewDevice("src").Join(s.KeyOf("alice")), s.NewDevice("dst").Join(s.TagKey("tag:server"))
	other := s.NewDevice("other").Join(s.TagKey("tag:server"))
	ask := func(d *lab.Device, want int, format string, args ...any) (action map[string]any) {
		t.Helper()
		status, body, err := d.Do("GET", "/machine/ssh/action/"+fmt.Sprintf(format, args...), []byte{})
		if err != nil || status != want {
			t.Fatalf("%s: HTTP %d, %s, %v; want %d", fmt.Sprintf(format, args...), status, body, err, want)
		}
		if status == 200 {
			if err := json.Unmarshal(body, &action); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
		}
		return action
	}
	ask(dst, 400, "x/to/%d?local_user=root", dst.ID())
	ask(dst, 400, "%d/to/x?local_user=root", src.ID())
	ask(dst, 404, "%d/to/999?local_user=root", src.ID())
	ask(dst, 404, "999/to/%d?local_user=root", dst.ID())
	ask(dst, 404, "from/%d/to/%d?local_user=root", src.ID(), dst.ID())
	ask(src, 401, "%d/to/%d?local_user=root", src.ID(), dst.ID())
	ask(other, 401, "%d/to/%d?local_user=root", src.ID(), dst.ID())
	ask(dst, 400, "%d/to/%d?local_user=root&auth_id=x", src.ID(), dst.ID())
	ask(dst, 400, "%d/to/%d?local_user=%s", src.ID(), dst.ID(), strings.Repeat("x", 300))
	if a := ask(dst, 200, "%d/to/%d?local_user=eve", src.ID(), dst.ID()); a["reject"] != true {
		t.Errorf("a login that no rule names: %v", a)
	}
	hold := func(d *lab.Device) (query string) {
		t.Helper()
		a := ask(d, 200, "%d/to/%d?local_user=root", src.ID(), d.ID())
		where, _ := a["holdAndDelegate"].(string)
		prefix := fmt.Sprintf("https%s/machine/ssh/action/%d/to/%d?", strings.TrimPrefix(s.URL, "http"), src.ID(), d.ID())
		query, ok := strings.CutPrefix(where, prefix)
		if _, plain := a["accept"]; !ok || plain || a["message"] == nil {
			t.Fatalf("the answer is %v", a)
		}
		return query
	}
	one, two := hold(dst), hold(dst)
	if one == two {
		t.Error("two sessions that are to be asked for each time share a check")
	}
	ask(other, 401, "%d/to/%d?%s", src.ID(), dst.ID(), one)
	ask(other, 401, "%d/to/%d?%s", src.ID(), other.ID(), one)
	ask(dst, 401, "%d/to/%d?%s", src.ID(), dst.ID(), strings.Replace(one, "root", "eve", 1))
	_, id, _ := strings.Cut(one, "auth_id=")
	s.Run("auth", "approve", id)
	for range 2 { // the answer may have been lost
		if a := ask(dst, 200, "%d/to/%d?%s", src.ID(), dst.ID(), one); a["accept"] != true || a["allowAgentForwarding"] != true {
			t.Errorf("approved: %v", a)
		}
	}
	_, id, _ = strings.Cut(two, "auth_id=")
	s.Run("auth", "reject", id)
	if a := ask(dst, 200, "%d/to/%d?%s", src.ID(), dst.ID(), two); a["reject"] != true || a["accept"] == true {
		t.Errorf("rejected: %v", a)
	}
	login := s.NewDevice("new")
	register := path.Base(login.Register(login.RegisterRequest("")).AuthURL)
	ask(dst, 400, "%d/to/%d?local_user=root&auth_id=%s", src.ID(), dst.ID(), register)
	unknown := "hskey-authreq-" + strings.Repeat("a", 24)
	if a := ask(dst, 200, "%d/to/%d?local_user=root&auth_id=%s", src.ID(), dst.ID(), unknown); a["holdAndDelegate"] == nil {
		t.Errorf("an id that is not known: %v", a)
	}
	ask(dst, 400, "%d/to/%d?local_user=eve&auth_id=%s", src.ID(), dst.ID(), unknown)
}
