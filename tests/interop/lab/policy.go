package lab

import (
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// SetPolicy puts a policy in force, as an administrator does.
func (s *Server) SetPolicy(text string) {
	s.T.Helper()
	s.WriteFile("policy.hujson", text)
	s.Run("policy", "set", "-f", s.path("policy.hujson"))
}

// Echo serves a port of this machine: what comes in goes back.  A daemon with
// userspace networking passes on to it what comes in over the tailnet.
func Echo(t *testing.T) (port int) { return EchoAt(t, "127.0.0.1:0") }

// EchoAt is Echo at an address of the machine, or of its network namespace.
func EchoAt(t *testing.T, address string) (port int) {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

// TryTCP opens a connection over the tailnet and requires an echo.
func (e *engine) TryTCP(host string, port int, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	c, err := e.Local.DialTCP(ctx, host, uint16(port))
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(within))
	if _, err := c.Write([]byte("hello\n")); err != nil {
		return err
	}
	var back [6]byte
	if _, err := io.ReadFull(c, back[:]); err != nil || string(back[:]) != "hello\n" {
		return fmt.Errorf("%q came back: %v", back, err)
	}
	return nil
}

// tcpLimit is enough for a connection on an idle machine; what is filtered out
// is known by its silence for so long.
const tcpLimit = 3 * time.Second

// Reaches waits until a connection to the host's port passes.
func (e *engine) Reaches(host string, port int) {
	e.t.Helper()
	Eventually(e.t, fmt.Sprintf("%s reaches %s:%d", e.Name, host, port), func() error {
		return e.TryTCP(host, port, tcpLimit)
	})
}

// ReachesNot waits until no connection to the host's port passes.
func (e *engine) ReachesNot(host string, port int) {
	e.t.Helper()
	Eventually(e.t, fmt.Sprintf("%s does not reach %s:%d", e.Name, host, port), func() error {
		if e.TryTCP(host, port, tcpLimit) == nil {
			return fmt.Errorf("it does")
		}
		return nil
	})
}

var polls = regexp.MustCompile(`(?m)^controlclient_map_requests_poll (\d+)$`)

// Polls is how many map streams the engine has opened since it started.
func (e *engine) Polls() int {
	e.t.Helper()
	text, err := e.Local.DaemonMetrics(context.Background())
	m := polls.FindSubmatch(Must(e.t, text, err))
	if m == nil {
		e.t.Fatalf("%s does not count its map requests", e.Name)
	}
	n, err := strconv.Atoi(string(m[1]))
	return Must(e.t, n, err)
}

// SamePolls fails the test unless each engine still has the stream that it had
// when this was called, at the time when the function that it returns is called.
func SamePolls(t *testing.T, ds ...*Daemon) (check func()) {
	t.Helper()
	was := make([]int, len(ds))
	for i, d := range ds {
		was[i] = d.Polls()
	}
	return func() {
		t.Helper()
		for i, d := range ds {
			if n := d.Polls(); n != was[i] {
				t.Errorf("%s has connected again: %d streams, before %d", d.Name, n, was[i])
			}
		}
	}
}
