package interop

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
)

// What the README promises of "make run": a tailnet from one command, and the
// same tailnet the next time.
func TestMakeRun(t *testing.T) {
	t.Parallel()
	m := lab.NewMakeRun(t)
	m.Start()
	line := fmt.Sprintf("tailscale up --login-server %s --authkey %s", m.URL, m.Key)
	lab.Eventually(t, "make run prints "+line, func() error { // after it has written join.env
		if !strings.Contains(m.Head.Log(), line) {
			return fmt.Errorf("it prints\n%s", m.Head.Log())
		}
		return nil
	})
	args := strings.Fields(line)[1:]
	a, b := m.NewDaemon("anna"), m.NewDaemon("berta")
	for _, d := range []*lab.Daemon{a, b} {
		d.CLI(append(args, "--hostname", d.Name, "--timeout", "60s")...)
		d.WaitState(ipn.Running)
	}
	domain := lab.Domain(a)
	a.SeesIn(domain, "berta")
	b.SeesIn(domain, "anna")
	a.PingsDirectly(b.IPv4().String())
	b.PingsDirectly("anna")
	if out := m.Run("nodes", "list"); !strings.Contains(out, "anna") || !strings.Contains(out, "berta") {
		t.Errorf("headrace nodes list:\n%s", out)
	}
	key, ip := m.Key, a.IPv4()

	m.Interrupt()
	if _, err := os.Stat(m.Data("join.env")); err == nil {
		t.Error("join.env outlives make run")
	}
	lab.Eventually(t, "the port is free", func() error {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(m.URL, "http://"), time.Second)
		if err == nil {
			conn.Close()
			return fmt.Errorf("something still listens")
		}
		return nil
	})

	m.Start()
	if m.Key != key {
		t.Errorf("the second run has another key")
	}
	c := m.NewDaemon("carla")
	c.CLI(append(args, "--hostname", "carla", "--timeout", "60s")...)
	for _, d := range []*lab.Daemon{a, b} {
		d.SeesIn(domain, "carla")
	}
	c.SeesIn(domain, "anna")
	c.PingsDirectly("anna")
	if a.IPv4() != ip {
		t.Errorf("anna had %v and has %v", ip, a.IPv4())
	}
	m.Interrupt()
}
