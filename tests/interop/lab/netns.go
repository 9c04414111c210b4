package lab

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is a computer as far as a network and its configuration go: a network
// namespace, so that the kernel routes and filters as on a machine of its own,
// and a mount namespace, because a tailscaled with a real TUN device rewrites
// /etc/resolv.conf.  /etc is a copy; /run, /var/lib and /var/log are empty.
type Machine struct {
	t      *testing.T
	Name   string
	dir    string // what it writes beside its own folders
	holder *Proc  // holds the namespaces open
	procs  map[string]*Proc
}

// What a machine starts with.  The programs under test are in /usr/local/bin.
const machineSetup = `set -e
cp -a /etc "$DIR/etc"
mount --bind "$DIR/etc" /etc
for d in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$d"; done
mount --bind "$DIR/bin" /usr/local/bin
mkdir -p /run/tailscale /run/headrace /var/lib/tailscale /var/lib/headrace
mount -t sysfs sysfs /sys
ip link set lo up
rm -f /etc/resolv.conf
hostname "$NAME"
cat "$DIR/../ca.pem" >>/etc/ssl/certs/ca-certificates.crt
touch "$DIR/ready"
exec sleep 1000000`

var machineEnv = []string{
	"PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin",
	"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
	"TS_NO_LOGS_NO_SUPPORT=1",
	"TS_PANIC_IF_HIT_MAIN_CONTROL=1",
	"TS_DISABLE_PORTMAPPER=1",
}

// leaveOut skips a test that this machine cannot run.  Where CI says that it is
// CI, that is a failure.
func leaveOut(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// NeedKernel skips a test where the kernel lets us make no machines, for want of
// rights or of a TUN device.
func NeedKernel(t *testing.T) {
	t.Helper()
	if !asRoot() {
		leaveOut(t, "machines of their own need root")
	}
	if out, err := exec.Command("unshare", "-n", "-m", "sh", "-c", machineTry).CombinedOutput(); err != nil {
		leaveOut(t, "no machine with a TUN device can be made: %v: %s", err, out)
	}
}

const machineTry = `set -e
PATH=$PATH:/usr/sbin:/sbin
[ -e /dev/net/tun ] || { mkdir -p /dev/net; mknod /dev/net/tun c 10 200; }
ip tuntap add dev try0 mode tun
ip link add try1 type veth peer name try2
iptables -A INPUT -m mark --mark 1 -j ACCEPT
mount -t tmpfs tmpfs /run`

// newMachine makes a machine without a network.
func (n *Internet) newMachine(name string) *Machine {
	n.t.Helper()
	m := &Machine{t: n.t, Name: name, dir: filepath.Join(n.dir, name), procs: map[string]*Proc{}}
	for _, d := range []string{"", "bin"} {
		if err := os.Mkdir(filepath.Join(m.dir, d), 0o755); err != nil {
			n.t.Fatal(err)
		}
	}
	m.install(Headrace(n.t), filepath.Join(os.Getenv(envClients), n.clients, "tailscale"),
		filepath.Join(os.Getenv(envClients), n.clients, "tailscaled"))
	m.holder = startProc(n.t, n.dir, "machine-"+name, append(machineEnv, "DIR="+m.dir, "NAME="+name),
		"unshare", "-n", "-m", "-u", "--propagation", "private", "sh", "-c", machineSetup)
	Eventually(n.t, name+" is there", func() error {
		if !m.holder.Running() {
			n.t.Fatalf("%s: %s", name, m.holder.Log())
		}
		_, err := os.Stat(filepath.Join(m.dir, "ready"))
		return err
	})
	return m
}

// install puts programs into the machine's path.
func (m *Machine) install(programs ...string) {
	m.t.Helper()
	for _, p := range programs {
		need(m.t, envClients, p)
		if err := os.Symlink(p, filepath.Join(m.dir, "bin", filepath.Base(p))); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *Machine) inside(argv ...string) []string {
	return append([]string{"nsenter", "-t", fmt.Sprint(m.holder.Pid()), "-n", "-m", "-u", "--"}, argv...)
}

// Try runs a shell's commands on the machine; the error holds what they printed.
func (m *Machine) Try(script string) (string, error) {
	out, err := run(m.dir, machineEnv, 2*Patience, m.inside("sh", "-ec", script)...)
	return strings.TrimSpace(out), err
}

// Run is Try that has to work.
func (m *Machine) Run(script string) string {
	m.t.Helper()
	out, err := m.Try(script)
	if err != nil {
		m.t.Fatalf("%s: %v", m.Name, err)
	}
	return out
}

// Write makes a file of the machine's own.
func (m *Machine) Write(path, text string) {
	m.t.Helper()
	path = filepath.Join("/proc", fmt.Sprint(m.holder.Pid()), "root", path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

// Serve starts a service, which stays until it is killed.
func (m *Machine) Serve(name string, argv ...string) *Proc {
	m.t.Helper()
	m.procs[name] = startProc(m.t, filepath.Dir(m.dir), m.Name+"-"+name, machineEnv, m.inside(argv...)...)
	return m.procs[name]
}

// Service is the service of that name, as it was started last.
func (m *Machine) Service(name string) *Proc { return m.procs[name] }

// Tailscaled starts tailscaled as Debian's unit does.
func (m *Machine) Tailscaled() {
	m.t.Helper()
	p := m.Serve("tailscaled", "tailscaled", "--state=/var/lib/tailscale/tailscaled.state",
		"--socket=/run/tailscale/tailscaled.sock", "--port=41641", "--no-logs-no-support")
	Eventually(m.t, m.Name+"'s tailscaled answers", func() error {
		if !p.Running() {
			m.t.Fatalf("%s's tailscaled ended at once: %s", m.Name, p.Log())
		}
		_, err := m.Try("tailscale debug prefs")
		return err
	})
}

// Listener makes sockets in the machine's network, for servers of this process.
type Listener struct{ m *Machine }

// Listener is what net.Listen would be on the machine.
func (m *Machine) Listener() Listener { return Listener{m} }

// TCP listens on an address of the machine.
func (l Listener) TCP(address string) net.Listener {
	l.m.t.Helper()
	var ln net.Listener
	err := l.m.enter(func() (err error) { ln, err = net.Listen("tcp", address); return })
	if err != nil {
		l.m.t.Fatal(err)
	}
	return ln
}

// UDP listens on an address of the machine.
func (l Listener) UDP(address string) net.PacketConn {
	l.m.t.Helper()
	var pc net.PacketConn
	err := l.m.enter(func() (err error) { pc, err = net.ListenPacket("udp", address); return })
	if err != nil {
		l.m.t.Fatal(err)
	}
	return pc
}

// enter calls f on a thread that is in the machine's network, and ends with it.
func (m *Machine) enter(f func() error) (err error) {
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", m.holder.Pid()))
	if err != nil {
		return err
	}
	defer ns.Close()
	var done sync.WaitGroup
	done.Go(func() {
		runtime.LockOSThread() // never unlocked: nobody else may get this thread
		if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err == nil {
			err = f()
		}
	})
	done.Wait()
	return err
}

// ServePage answers each request with a word, until the test is over.
func (m *Machine) ServePage(address, word string) {
	m.t.Helper()
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, word)
	})}
	go srv.Serve(m.Listener().TCP(address))
	m.t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), time.Second)
		defer stop()
		srv.Shutdown(ctx)
	})
}
