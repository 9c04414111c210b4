package lab

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tailscale.com/client/local"
	"tailscale.com/ipn"
	"tailscale.com/ipn/ipnstate"
)

// Releases of the real client, folders below INTEROP_CLIENTS.
const (
	Current = "current"
	Oldest  = "oldest"
)

// engine is what a Daemon and a Tsnet have in common: a LocalAPI to ask.
type engine struct {
	t     *testing.T
	Name  string
	Local *local.Client
}

// Daemon is a real tailscaled with userspace networking, which needs no root.
type Daemon struct {
	engine
	Proc *Proc

	s   *Server
	dir string // state and socket
	bin string
}

// NewDaemon starts a tailscaled of the current release.
func (s *Server) NewDaemon(name string) *Daemon { return s.daemon(Current, name) }

// NewOldestDaemon starts a tailscaled of the oldest release that is served.
func (s *Server) NewOldestDaemon(name string) *Daemon { return s.daemon(Oldest, name) }

func (s *Server) daemon(release, name string) *Daemon {
	s.T.Helper()
	d := &Daemon{s: s, dir: s.path(name), bin: filepath.Join(os.Getenv(envClients), release)}
	need(s.T, envClients, filepath.Join(d.bin, "tailscaled"))
	if err := os.Mkdir(d.dir, 0o700); err != nil {
		s.T.Fatal(err)
	}
	d.engine = engine{s.T, name, &local.Client{Socket: d.socket(), UseSocketOnly: true}}
	d.Start()
	return d
}

func (d *Daemon) socket() string { return filepath.Join(d.dir, "sock") }

// Start starts tailscaled with the state that it left behind.
func (d *Daemon) Start() {
	d.t.Helper()
	env := []string{
		"TS_NO_LOGS_NO_SUPPORT=1",
		"TS_PANIC_IF_HIT_MAIN_CONTROL=1",
		"TS_DISABLE_PORTMAPPER=1",
	}
	d.Proc = startProc(d.t, d.s.Dir, "tailscaled-"+d.Name, append(env, d.s.clientEnv...), filepath.Join(d.bin, "tailscaled"),
		"--tun=userspace-networking", "--statedir="+d.dir, "--socket="+d.socket(), "--port=0", "--no-logs-no-support")
	Eventually(d.t, d.Name+" answers", func() error {
		if !d.Proc.Running() {
			d.t.Fatalf("%s ended at once", d.Proc.name)
		}
		_, err := d.Local.StatusWithoutPeers(context.Background())
		return err
	})
}

// Restart ends tailscaled in good order and starts it again.
func (d *Daemon) Restart() {
	d.t.Helper()
	d.Proc.Stop(30 * time.Second)
	d.Start()
}

// TryCLI runs the tailscale command; the error holds what it printed.
func (d *Daemon) TryCLI(args ...string) (string, error) {
	argv := append([]string{filepath.Join(d.bin, "tailscale"), "--socket=" + d.socket()}, args...)
	return run(d.dir, nil, 2*Patience, argv...)
}

// CLI runs the tailscale command and requires success.
func (d *Daemon) CLI(args ...string) string {
	d.t.Helper()
	out, err := d.TryCLI(args...)
	if err != nil {
		d.t.Fatalf("%s: %v", d.Name, err)
	}
	return out
}

// UpArgs is the command that headrace prints for a person, and the name.
func (d *Daemon) UpArgs(extra ...string) []string {
	return append([]string{"up", "--login-server", d.s.URL, "--hostname", d.Name, "--timeout", "60s"}, extra...)
}

// Join brings the daemon up with an auth key and waits for it to run.
func (d *Daemon) Join(authKey string, extra ...string) *Daemon {
	d.t.Helper()
	d.CLI(d.UpArgs(append(extra, "--authkey", authKey)...)...)
	d.WaitState(ipn.Running)
	return d
}

// Login is "tailscale up" without a key, which waits for a person.
type Login struct {
	*Proc
	d *Daemon
}

// Login starts "tailscale up" without a key.
func (d *Daemon) Login(extra ...string) *Login {
	d.t.Helper()
	argv := append([]string{filepath.Join(d.bin, "tailscale"), "--socket=" + d.socket()}, d.UpArgs(extra...)...)
	return &Login{startProc(d.t, d.s.Dir, fmt.Sprintf("up-%s-%d", d.Name, time.Now().UnixNano()), nil, argv...), d}
}

// URL waits for the address that the person is to visit.  'not' is one that
// has been there before.
func (l *Login) URL(not string) (url string) {
	l.t.Helper()
	Eventually(l.t, "tailscale up shows a new login URL", func() error {
		st, err := l.d.Local.StatusWithoutPeers(context.Background())
		if err != nil {
			return err
		}
		if url = st.AuthURL; url == "" || url == not {
			return fmt.Errorf("AuthURL is %q", url)
		}
		if !strings.Contains(l.Log(), url) {
			return fmt.Errorf("%s is not printed", url)
		}
		return nil
	})
	return url
}

// Success waits for "tailscale up" to end well.
func (l *Login) Success() {
	l.t.Helper()
	select {
	case <-l.Done():
	case <-time.After(Patience):
		l.t.Fatal("tailscale up does not end")
	}
	if code := l.cmd.ProcessState.ExitCode(); code != 0 {
		l.t.Fatalf("tailscale up ended with %d: %s", code, l.Log())
	}
	l.d.WaitState(ipn.Running)
}

// Status asks the engine how it is.
func (e *engine) Status() *ipnstate.Status {
	e.t.Helper()
	st, err := e.Local.Status(context.Background())
	if err != nil {
		e.t.Fatalf("%s: status: %v", e.Name, err)
	}
	return st
}

// WaitState waits until the engine is in a state, and says how long it took.
func (e *engine) WaitState(want ipn.State) time.Duration {
	e.t.Helper()
	return Within(e.t, Patience, fmt.Sprintf("%s is %v", e.Name, want), func() error {
		if st := e.Status(); st.BackendState != want.String() {
			return fmt.Errorf("it is %s, health %q", st.BackendState, st.Health)
		}
		return nil
	})
}

// IPv4 is the engine's own address.
func (e *engine) IPv4() netip.Addr {
	e.t.Helper()
	for _, ip := range e.Status().TailscaleIPs {
		if ip.Is4() {
			return ip
		}
	}
	e.t.Fatalf("%s has no IPv4 address", e.Name)
	panic("unreachable")
}

// Peer is how the engine sees the node with that name, nil if it does not.
func (e *engine) Peer(name string) *ipnstate.PeerStatus {
	e.t.Helper()
	for _, p := range e.Status().Peer {
		if p.DNSName == name+"."+BaseDomain+"." {
			return p
		}
	}
	return nil
}

// WaitPeer waits until the engine sees a peer as wanted.
func (e *engine) WaitPeer(name, what string, look func(*ipnstate.PeerStatus) error) {
	e.t.Helper()
	Eventually(e.t, fmt.Sprintf("%s sees %s: %s", e.Name, name, what), func() error {
		p := e.Peer(name)
		if p == nil {
			return fmt.Errorf("it sees no %s", name)
		}
		return look(p)
	})
}

// WaitNoPeer waits until the engine sees no node with that name.
func (e *engine) WaitNoPeer(name string) {
	e.t.Helper()
	Eventually(e.t, fmt.Sprintf("%s sees no %s", e.Name, name), func() error {
		if e.Peer(name) != nil {
			return fmt.Errorf("it is there")
		}
		return nil
	})
}

// Sees waits until the engine sees a peer that is online.
func (e *engine) Sees(name string) {
	e.t.Helper()
	e.WaitPeer(name, "online", func(p *ipnstate.PeerStatus) error {
		if !p.Online {
			return fmt.Errorf("it is offline")
		}
		return nil
	})
}

// PingsDirectly requires that "tailscale ping" gets an answer that did not
// come through a relay.
func (d *Daemon) PingsDirectly(target string) {
	d.t.Helper()
	out := d.CLI("ping", "--until-direct", "--c", "30", "--timeout", "2s", target)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "pong from ") || strings.Contains(last, "DERP") {
		d.t.Fatalf("%s: ping %s: %s", d.Name, target, out)
	}
}

// Domain is the MagicDNS suffix that the daemon lives in.
func Domain(d *Daemon) string {
	d.t.Helper()
	st := d.Status()
	if st.CurrentTailnet == nil || st.CurrentTailnet.MagicDNSSuffix == "" {
		d.t.Fatalf("%s has no MagicDNS suffix", d.Name)
	}
	return st.CurrentTailnet.MagicDNSSuffix
}

// SeesIn is Sees for a tailnet with another domain than the lab's.
func (e *engine) SeesIn(domain, name string) {
	e.t.Helper()
	Eventually(e.t, fmt.Sprintf("%s sees %s online", e.Name, name), func() error {
		for _, p := range e.Status().Peer {
			if p.DNSName == name+"."+domain+"." && p.Online {
				return nil
			}
		}
		return fmt.Errorf("it does not")
	})
}
