package lab

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http2"
	"tailscale.com/control/controlbase"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// What hostile clients need: connections below the level of requests.

// DialNotifier connects to the notifier's socket, past the web server.
func (s *Server) DialNotifier() net.Conn {
	s.T.Helper()
	conn, err := net.DialTimeout("unix", s.path("run/notifier.sock"), dialTimeout)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { conn.Close() })
	return conn
}

// Hello is a valid first Noise message, raw and as a header has it.
func (s *Server) Hello(version uint16) (raw []byte, header string) {
	s.T.Helper()
	control, err := s.ServerKey()
	if err != nil {
		s.T.Fatal(err)
	}
	raw, _, err = controlbase.ClientDeferred(key.NewMachine(), control, version)
	return Must(s.T, raw, err), base64.StdEncoding.EncodeToString(raw)
}

// Session opens a Noise session that has nobody's machine key, for a test to
// write what it likes.
func (s *Server) Session() *controlbase.Conn {
	s.T.Helper()
	c, err := dialUpgrade(s, key.NewMachine(), uint16(tailcfg.CurrentCapabilityVersion))
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { c.Close() })
	return c
}

// Ends waits until the other end closes a connection, and says how long that
// took; what it sends until then is read and thrown away.
func (s *Server) Ends(conn net.Conn, what string, within time.Duration) time.Duration {
	s.T.Helper()
	start := time.Now()
	conn.SetReadDeadline(start.Add(within))
	var buf [4096]byte
	for {
		if _, err := conn.Read(buf[:]); err == nil {
			continue
		} else if nerr, ok := err.(net.Error); ok && nerr.Timeout() {
			s.T.Errorf("%s: the connection is still open after %v", what, within)
		}
		return time.Since(start)
	}
}

// Preface starts HTTP/2 on a session as a client does.
func Preface(c *controlbase.Conn) *http2.Framer {
	c.Write([]byte(http2.ClientPreface))
	f := http2.NewFramer(c, c)
	f.WriteSettings()
	return f
}

// Memory is the resident size of a process in KiB, 0 if it is gone.
func Memory(pid int) (kib int) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			fmt.Sscan(rest, &kib)
		}
	}
	return kib
}

// Context is one that ends with Patience.
func Context() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), Patience)
}
