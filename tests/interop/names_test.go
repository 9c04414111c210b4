package interop

import (
	"fmt"
	"strings"
	"testing"

	"headrace/tests/interop/lab"
	"tailscale.com/tailcfg"
)

// A rename, by command or in the sqlite3 shell, reaches the node and its peers.
func TestRename(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	d := s.NewDevice("first").Join(k)
	st, watch := d.Online(), s.NewDevice("watch").Join(k).Online()
	real := s.NewTsnet("real", k)
	real.Sees("first")
	s.Nodes("rename", "first", "second")
	watch.Wait("second", present("second"))
	st.Wait("its own name", selfName("second"))
	real.Sees("second")
	s.SQL("UPDATE nodes SET name = 'third' WHERE name = 'second'")
	watch.WaitWithin(lab.Promptness, "third", present("third"))
	st.Wait("its own name", selfName("third"))
	real.Sees("third")
	real.WaitNoPeer("second")
	// What the client calls itself no longer counts, not even at a restart.
	d.Host.Hostname = "fourth"
	d.Lite()
	d.Join("")
	lab.Eventually(t, "the hostname is stored", func() error {
		if got := s.Column("hostname", "third"); got != "fourth" {
			return fmt.Errorf("hostname is %q", got)
		}
		return nil
	})
	for _, bad := range []string{"Foo_Bar", "", "a.b", "-a", "a-", strings.Repeat("x", 64), "watch", "ü"} {
		if out, err := s.TryRun("nodes", "rename", "--identifier", s.NodeID("third"), "--", bad); err == nil {
			t.Errorf("a node can be called %q: %s", bad, out)
		}
	}
}

// A client's own change of name is followed as long as nobody else named it.
func TestHostnameChange(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	d := s.NewDaemon("before").Join(k)
	watch.Wait("before", present("before"))
	d.CLI("set", "--hostname", "after")
	watch.Wait("after", present("after"))
	watch.Wait("before gone", absent("before"))
	d.CLI("set", "--hostname", "watch") // taken
	watch.Wait("watch-1", present("watch-1"))
}

// Whatever a client calls itself becomes a DNS label.
func TestHostnames(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	for _, c := range [][2]string{
		{"Joe's Mac mini", "joes-mac-mini"}, {"Test@Host", "test-host"}, {"mail.server", "mail-server"},
		{"My-PC!", "my-pc"}, {"我的电脑", "node"}, {"我的电脑", "node-1"}, {"nas.local", "nas"}, {"nas.lan", "nas-1"},
		{"", "node-2"}, {strings.Repeat("x", 200), strings.Repeat("x", 63)}, {"\x1b[31mred", "31mred"},
		{strings.Repeat("x", 300), strings.Repeat("x", 61) + "-1"}, {"localhost", "localhost"}, {"\xff\xfebad", "bad"},
	} {
		d := s.NewDevice(c[0]).Join(k)
		if got := s.SQL("SELECT name FROM nodes WHERE id = %d", d.ID()); got != c[1] {
			t.Errorf("%q is called %q, want %q", c[0], got, c[1])
		}
		watch.Wait(c[1], present(c[1]))
	}
}

// A name that is no name, put into the database by hand, costs nobody the map.
func TestBadNameInDatabase(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k)
	st := watch.Online()
	real := s.NewTsnet("real", k)
	s.NewDevice("good").Join(k)
	for i, bad := range []string{"Not A Name", " ", "ü", strings.Repeat("y", 300), "a.b", `quo"te\\`, "line\nfeed"} {
		d := s.NewDevice(fmt.Sprintf("bad%d", i)).Join(k)
		st.Wait("it", present(fmt.Sprintf("bad%d", i)))
		s.SQL("UPDATE nodes SET name = '%s' WHERE id = %d", bad, d.ID())
		mark := fmt.Sprintf("still-here-%d", i)
		s.SQL("UPDATE nodes SET name = '%s' WHERE name GLOB 'good' OR name GLOB 'still-here-*'", mark)
		st.Wait(mark, present(mark))
		real.WaitPeer(mark, "there", nothing)
		fresh := watch.Stream() // a first map too
		fresh.Wait(mark, present(mark))
		st.Ended()
		st = fresh
		// The node with the bad name gets its map as well.
		d.Online().Wait("its peers", present(mark))
		d.Close()
		s.SQL("DELETE FROM nodes WHERE id = %d", d.ID())
	}
	if st.Err() != nil {
		t.Errorf("the stream ended: %v", st.Err())
	}
}

// Users are renamed, and every client that shows them hears of it.
func TestRenameUser(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(s.KeyOf("bob")).Online()
	real := s.NewTsnet("real", s.KeyOf("bob"))
	s.NewDevice("of-alice").Join(k)
	real.WaitPeer("of-alice", "there", nothing)
	for _, name := range []string{"carol", "dora"} {
		if name == "carol" {
			s.Run("users", "rename", "alice", name)
		} else {
			s.SQL("UPDATE users SET name = '%s' WHERE name = 'carol'", name)
		}
		watch.Wait("the user's name", peer("of-alice", func(p *tailcfg.Node) error { return nil }))
		watch.Wait("the user's name", func(v *lab.View) error {
			if got := v.Profiles[v.Peer("of-alice").User].LoginName; got != name {
				return fmt.Errorf("it is %q", got)
			}
			return nil
		})
		lab.Eventually(t, "a real client shows the name", func() error {
			st := real.Status()
			if got := st.User[real.Peer("of-alice").UserID].LoginName; got != name {
				return fmt.Errorf("it is %q", got)
			}
			return nil
		})
	}
	if users := s.Run("users", "list"); !strings.Contains(users, "dora") || strings.Contains(users, "alice") {
		t.Errorf("users list:\n%s", users)
	}
}

// Deleting a user takes that user's keys and no others; one with nodes stays.
func TestDeleteUser(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	aliceKey, bobKey := s.KeyOf("alice", "--reusable"), s.KeyOf("bob", "--reusable")
	tagKey := s.TagKey("tag:x")
	s.NewDevice("a").Join(aliceKey)
	if out, err := s.TryRun("users", "destroy", "alice", "--force"); err == nil || !strings.Contains(err.Error(), "node") {
		t.Errorf("a user with nodes is deleted: %s %v", out, err)
	}
	s.Nodes("delete", "a", "--force")
	s.Run("users", "destroy", "alice", "--force")
	d := s.NewDevice("b")
	d.Refused(d.RegisterRequest(aliceKey), "invalid pre auth key")
	d.Join(bobKey)
	s.NewDevice("t").Join(tagKey)
	if _, err := s.TryRun("users", "destroy", "nobody", "--force"); err == nil || strings.Contains(err.Error(), "multiple") {
		t.Errorf("deleting nobody says %v", err)
	}
}

// Moving, tagging and readdressing a node reach its peers and itself.
func TestNodeEdits(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	d := s.NewDevice("box").Join(k)
	st := d.Online()
	watch.Wait("box", present("box"))
	s.User("bob")
	s.Nodes("move", "box", "--user", "bob")
	login := func(want string) look {
		return func(v *lab.View) error {
			n := v.Peer("box")
			if n == nil {
				n = v.Self
			}
			if got := v.Profiles[n.User].LoginName; got != want {
				return fmt.Errorf("owner is %q", got)
			}
			return nil
		}
	}
	watch.Wait("bob's box", login("bob"))
	st.Wait("bob's box", login("bob"))
	s.Nodes("tag", "box", "--tags", "tag:a,tag:b")
	watch.Wait("a tagged box", login("tagged-devices"))
	st.Wait("a tagged box", login("tagged-devices"))
	s.Nodes("set-ip", "box", "100.64.9.9")
	hasIP := func(n *tailcfg.Node) error {
		if n.Addresses[0].String() != "100.64.9.9/32" {
			return fmt.Errorf("addresses are %v", n.Addresses)
		}
		return nil
	}
	watch.Wait("its new address", peer("box", hasIP))
	st.Wait("its new address", self(hasIP))
	if out := s.Run("nodes", "list"); !strings.Contains(out, "box") || !strings.Contains(out, "1.102.5") || !strings.Contains(out, "100.64.9.9") {
		t.Errorf("nodes list does not show name, version and address:\n%s", out)
	}
}
