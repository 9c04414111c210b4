package interop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
)

// newApprovalServer is a server on which new devices wait.
func newApprovalServer(t *testing.T) *lab.Server {
	s := lab.NewServer(t)
	s.Run("settings", "set", "devicesApprovalOn", "true")
	return s
}

// comes starts "tailscale up" of a device that will have to wait, and waits until it does.
func comes(s *lab.Server, d *lab.Daemon, key string) *lab.Login {
	up := d.Login("--authkey", key)
	d.WaitState(ipn.NeedsMachineAuth)
	return up
}

// waiting is the names that "nodes list --waiting" shows.
func waiting(s *lab.Server) string {
	var nodes []lab.Node
	s.JSON(&nodes, "nodes", "list", "--waiting")
	names := []string{}
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return strings.Join(names, " ")
}

// A device waits, is seen by nobody, and comes in when it is approved, with the stream that it has.
func TestDeviceApproval(t *testing.T) {
	t.Parallel()
	s := newApprovalServer(t)
	in := s.NewDaemon("in").Join(s.Key("--preauthorized"))
	watch := s.NewDevice("watch").Join(s.Key("--preauthorized")).Online()
	late := s.NewDaemon("late")
	up := comes(s, late, s.Key())

	// What the client shows leads somewhere.
	where := s.URL + "/admin"
	lab.Eventually(t, "tailscale up says that it waits", func() error {
		if !strings.Contains(up.Log(), where) {
			return fmt.Errorf("it says %s", up.Log())
		}
		return nil
	})
	if answer, err := http.Get(where); err != nil || answer.StatusCode != 200 {
		t.Errorf("%s: %v %v", where, answer, err)
	}
	if _, err := late.TryCLI("status"); err == nil || !strings.Contains(err.Error(), "not yet approved") {
		t.Errorf("tailscale status: %v", err)
	}
	if st := late.Status(); len(st.Peer) > 0 {
		t.Errorf("it sees %v", st.Peer)
	}
	if in.Peer("late") != nil {
		t.Error("it is seen")
	}
	if got := waiting(s); got != "late" {
		t.Errorf("waiting is %q", got)
	}
	var list []struct{ Kind, Name, User, NodeID string }
	s.JSON(&list, "auth", "list")
	if got := fmt.Sprint(list); got != "[{device late alice "+s.NodeID("late")+"}]" {
		t.Errorf("auth list shows %s", got)
	}

	check := lab.SamePolls(t, in, late)
	s.Nodes("approve", "late")
	up.Success()
	in.Sees("late")
	late.Sees("in")
	late.PingsDirectly("in")
	in.PingsDirectly("late")
	watch.Wait("late", func(v *lab.View) error {
		if v.Peer("late") == nil {
			return fmt.Errorf("not there: %v", v.Names())
		}
		return nil
	})
	// And it goes again.
	s.Nodes("approve", "late", "--revoke")
	late.WaitState(ipn.NeedsMachineAuth)
	in.WaitNoPeer("late")
	if st := late.Status(); len(st.Peer) > 0 {
		t.Errorf("it sees %v", st.Peer)
	}
	s.Nodes("approve", "late")
	late.WaitState(ipn.Running)
	late.PingsDirectly("in")
	check()
}

// Nothing that is started anew forgets who waits.
func TestDeviceApprovalAfterRestarts(t *testing.T) {
	t.Parallel()
	s := newApprovalServer(t)
	in := s.NewDaemon("in").Join(s.Key("--preauthorized"))
	late := s.NewDaemon("late")
	up := comes(s, late, s.Key())

	s.Stop()
	s.Start()
	s.WaitHealthy()
	kill(s.Notifier())
	s.WaitHealthy()
	late.WaitState(ipn.NeedsMachineAuth)
	late.Restart()
	late.WaitState(ipn.NeedsMachineAuth)
	<-up.Done()
	lab.Holds(t, 2*time.Second, "nobody sees it", func() error {
		if in.Peer("late") != nil {
			return fmt.Errorf("it is seen")
		}
		return nil
	})
	// Approved while it is away.
	late.Proc.Stop(30 * time.Second)
	s.Nodes("approve", "late")
	late.Start()
	late.WaitState(ipn.Running)
	late.PingsDirectly("in")
}

// A suspended user's devices stay where they are, alone, and come back with the user.
func TestSuspendedUser(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	alice := s.NewDaemon("alices").Join(s.Key())
	bobs := s.KeyOf("bob", "--reusable")
	bob := s.NewOldestDaemon("bobs").Join(bobs)
	alice.Sees("bobs")
	bob.Sees("alices")
	check := lab.SamePolls(t, alice, bob)

	s.Run("users", "suspend", "bob")
	bob.WaitState(ipn.NeedsMachineAuth)
	alice.WaitNoPeer("bobs")
	if st := bob.Status(); len(st.Peer) > 0 {
		t.Errorf("bob's device sees %v", st.Peer)
	}
	d := s.NewDevice("another")
	d.Refused(d.RegisterRequest(bobs), "user bob is suspended; ask an administrator")

	s.Run("users", "restore", "bob")
	bob.WaitState(ipn.Running)
	alice.Sees("bobs")
	bob.PingsDirectly("alices")
	check()
}

// Whoever completes a login approves the device.
func TestLoginApproves(t *testing.T) {
	t.Parallel()
	s := newApprovalServer(t)
	s.User("alice")
	up := s.NewDaemon("laptop").Login()
	where := up.URL("")
	var list []map[string]json.RawMessage
	s.JSON(&list, "auth", "list")
	if len(list) != 1 || string(list[0]["kind"]) != `"register"` {
		t.Errorf("auth list shows %s", list)
	}
	accept(t, s, where, "alice")
	up.Success()
}

// A router that loses its approval hands its subnet on.
func TestRouterLosesApproval(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	watch := s.NewDevice("watch").Join(key).Online()
	for _, name := range []string{"one", "two"} {
		s.NewDaemon(name).Join(key, "--advertise-routes=10.1.0.0/24")
		s.Nodes("approve-routes", name, "--routes", "10.1.0.0/24")
	}
	watch.Wait("the first router", allowed("one", "10.1.0.0/24", true))
	s.Nodes("approve", "one", "--revoke")
	watch.Wait("the second router", allowed("two", "10.1.0.0/24", true))
	s.Nodes("approve", "one")
	watch.Wait("the first again, without its route", allowed("one", "10.1.0.0/24", false))
}
