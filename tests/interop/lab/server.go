// Package lab builds small tailnets on loopback: a headrace behind a stock web
// server, and clients of every kind to join it.
//
// There are three kinds of client.  A Daemon is a real tailscaled with the
// real command line; a Tsnet is the same engine inside the test process; a
// Device speaks the protocol by script, sees each message as it comes and
// checks each against what a client forgives (validate.go).
package lab

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tailscale.com/tailcfg"
)

// BaseDomain is the MagicDNS suffix of every tailnet here.
const BaseDomain = "tail.example"

// Patience is how long a test waits for what must happen.  It is long because
// machines that run tests are busy; what must be quick is measured by itself.
const Patience = 45 * time.Second

// Promptness is how long what must be quick may take: far less than what waits
// for the next poll or for a connection to be given up, and more than a machine
// stands still that has much else to do.
const Promptness = 20 * time.Second

// OfflineGrace is how long a node that lost its stream still counts as online.
const OfflineGrace = 2 * time.Second

// KeepAlive is the time between keep-alives of an idle stream.
const KeepAlive = 3 * time.Second

// Ini is a configuration: "section.key" and its value.
type Ini map[string]string

// Server is one headrace with its web server, in a folder of its own.
type Server struct {
	T    *testing.T
	Dir  string // holds everything, logs too
	URL  string
	Head *Proc // headrace serve
	Web  *Proc // the web server: lighttpd, or another (webserver.go)
	HTTP *http.Client

	port   int
	tls    *tls.Config    // of clients; nil where the web server speaks plain HTTP
	ip     string         // of the web server, "" for that of its name
	keeper []string       // what keeps headrace's sockets and starts headrace serve
	as     []string       // what starts headrace serve as another user
	web    []string       // the command that starts the web server
	endWeb syscall.Signal // what Debian ends the web server with; 0: SIGTERM

	reloadWeb func(*Server)
	ini       Ini
	env       []string // for the command line tool

	clientEnv []string // for daemons
}

// NewServer starts a headrace whose configuration is the lab's with 'extra' on top.
func NewServer(t *testing.T, extra ...Ini) *Server {
	t.Helper()
	return NewServerIn(t, "UTC", extra...)
}

// NewServerIn is NewServer in another time zone.
func NewServerIn(t *testing.T, zone string, extra ...Ini) *Server {
	t.Helper()
	s := &Server{T: t, Dir: tempDir(t), HTTP: http.DefaultClient}
	s.port = freePort(t)
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", s.port)
	s.prepare(extra...)
	s.env = append(s.env, "TZ="+zone)
	s.writeLighttpd()
	s.Start()
	return s
}

// prepare writes all that headrace needs.
func (s *Server) prepare(extra ...Ini) {
	s.T.Helper()
	for _, d := range []string{"data", "data/web", "run"} {
		if err := os.Mkdir(filepath.Join(s.Dir, d), 0o700); err != nil {
			s.T.Fatal(err)
		}
	}
	s.WriteDERPMap(relay().derpMap())
	s.ini = s.defaults()
	for _, e := range extra {
		for k, v := range e {
			s.ini[k] = strings.ReplaceAll(v, "DIR", s.Dir)
		}
	}
	s.WriteIni()
	s.env = []string{"HEADRACE_CONFIG=" + s.path("headrace.ini")}
}

func (s *Server) defaults() Ini {
	return Ini{
		"server.url":             s.URL,
		"server.data":            s.path("data"),
		"server.run":             s.path("run"),
		"notifier.keepalive":     KeepAlive.String(),
		"notifier.offline_grace": OfflineGrace.String(),
		"dns.base_domain":        BaseDomain,
		"derp.urls":              "",
		"derp.paths":             s.path("derp.json"),
		"derp.update_frequency":  "10s",
		"node.ephemeral_timeout": "66s",
		"log.level":              "debug",
	}
}

// Set changes the configuration file; a running server takes it at Reload or Start.
func (s *Server) Set(key, value string) {
	s.T.Helper()
	s.ini[key] = value
	s.WriteIni()
}

// WriteIni writes headrace.ini anew.
func (s *Server) WriteIni() {
	s.T.Helper()
	sections := map[string]string{}
	for k, v := range s.ini {
		section, key, _ := strings.Cut(k, ".")
		sections[section] += key + " = " + v + "\n"
	}
	var text strings.Builder
	for name, lines := range sections {
		fmt.Fprintf(&text, "[%s]\n%s\n", name, lines)
	}
	s.WriteFile("headrace.ini", text.String())
}

// WriteDERPMap replaces the DERP map file in one step.
func (s *Server) WriteDERPMap(m *tailcfg.DERPMap) {
	s.T.Helper()
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		s.T.Fatal(err)
	}
	s.WriteFile("derp.json", string(text))
}

// WriteFile replaces a file of the server's folder in one step.
func (s *Server) WriteFile(name, text string) {
	s.T.Helper()
	tmp := s.path(name + ".new")
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		s.T.Fatal(err)
	}
	if err := os.Rename(tmp, s.path(name)); err != nil {
		s.T.Fatal(err)
	}
}

// Start starts headrace and the web server, whichever does not run, and waits
// until the whole answers.
func (s *Server) Start() {
	s.T.Helper()
	if s.Head == nil || !s.Head.Running() {
		argv := append(slices.Concat(s.keeper, s.as), Headrace(s.T), "serve", "-c", s.path("headrace.ini"))
		s.Head = startProc(s.T, s.Dir, "headrace", s.env, argv...)
	}
	s.StartWeb()
	s.WaitHealthy()
}

// StartWeb starts the web server alone.
func (s *Server) StartWeb() {
	s.T.Helper()
	if s.Web == nil || !s.Web.Running() {
		s.Web = startProc(s.T, s.Dir, filepath.Base(s.web[0]), nil, s.web...)
	}
}

// Stop ends both in good order.
func (s *Server) Stop() {
	s.T.Helper()
	s.StopHead()
	s.StopWeb()
}

// StopHead ends headrace alone.
func (s *Server) StopHead() {
	s.T.Helper()
	s.Head.Stop(30 * time.Second)
}

// StopWeb ends the web server alone.
func (s *Server) StopWeb() {
	s.T.Helper()
	if s.endWeb == 0 {
		s.endWeb = syscall.SIGTERM
	}
	s.Web.end(s.endWeb, 30*time.Second) // what its exit status says differs
}

// ReloadWeb makes the web server read its configuration again, as it does after
// its certificate was renewed.
func (s *Server) ReloadWeb() {
	s.T.Helper()
	s.reloadWeb(s)
	time.Sleep(time.Second)
	s.WaitHealthy()
}

// Reload makes the running server read its configuration again.
func (s *Server) Reload() {
	s.T.Helper()
	s.Head.Signal(syscall.SIGHUP)
}

// WaitHealthy waits until the server answers through the web server, workers
// and notifier both.
func (s *Server) WaitHealthy() {
	s.T.Helper()
	Eventually(s.T, "the server is up", func() error {
		for _, p := range []*Proc{s.Head, s.Web} {
			if !p.Running() {
				s.T.Fatalf("%s ended while it started", p.name)
			}
		}
		res, err := s.HTTP.Get(s.URL + "/health")
		if err != nil {
			return err
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			return fmt.Errorf("/health: %s", res.Status)
		}
		c, err := dialUpgrade(s, throwaway, uint16(tailcfg.CurrentCapabilityVersion))
		if err != nil {
			return err
		}
		return c.Close()
	})
}

// Workers lists the process ids of the workers.
func (s *Server) Workers() []int { return s.Head.childrenLike("headrace", "worker") }

// Notifier is the process id of the notifier, 0 if there is none at the moment.
func (s *Server) Notifier() int {
	if pids := s.Head.childrenLike("headrace-notifier"); len(pids) > 0 {
		return pids[0]
	}
	return 0
}

// Run runs the headrace command line; a failure fails the test.
func (s *Server) Run(args ...string) string {
	s.T.Helper()
	out, err := s.TryRun(args...)
	if err != nil {
		s.T.Fatal(err)
	}
	return out
}

// TryRun runs the headrace command line; the error holds what it printed.
func (s *Server) TryRun(args ...string) (string, error) {
	return run(s.Dir, s.env, Patience, append([]string{headraceBin}, args...)...)
}

// JSON runs the command line with -o json and decodes the answer.
func (s *Server) JSON(into any, args ...string) {
	s.T.Helper()
	out := s.Run(append(args, "-o", "json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		s.T.Fatalf("headrace %v: %v in %q", args, err, out)
	}
}

// SQL does what a person does in the sqlite3 shell and returns its output.
func (s *Server) SQL(format string, args ...any) string {
	s.T.Helper()
	out, err := run(s.Dir, nil, Patience, "sqlite3", "-cmd", ".timeout 10000",
		s.path("data/headrace.db"), "PRAGMA foreign_keys = ON; "+fmt.Sprintf(format, args...))
	if err != nil {
		s.T.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// path is the place of a file in the server's folder.
func (s *Server) path(name string) string { return filepath.Join(s.Dir, name) }

// writeLighttpd fills in the web server's configuration that "make run" uses.
func (s *Server) writeLighttpd() {
	s.T.Helper()
	template, err := os.ReadFile(filepath.Join(Root(s.T), "conf/lighttpd-run.conf"))
	if err != nil {
		s.T.Fatal(err)
	}
	words := strings.NewReplacer("@HOST@", "127.0.0.1", "@PORT@", fmt.Sprint(s.port),
		"@DATA@", s.path("data"), "@RUN@", s.path("run"), "@FDS@", "1024", "@CONNECTIONS@", "512")
	s.WriteFile("lighttpd.conf", words.Replace(string(template)))
	s.web = []string{program(s.T, "lighttpd"), "-D", "-f", s.path("lighttpd.conf")}
}

var nextPort atomic.Int32 // a different one for each question

// claims is an address that nothing here serves: who listens there has the port,
// at other addresses too, as far as tests of other processes are concerned.
const claims = "127.0.0.77"

// FreePort finds a port that nobody uses at that address now, and no other test
// is given before this one is over.  It is below those that the kernel gives to
// whoever connects.
func FreePort(t *testing.T, host string) int {
	t.Helper()
	const low, n = 20000, 12000
	nextPort.CompareAndSwap(0, int32(1+rand.N(n)))
	for range n {
		port := low + int(nextPort.Add(1))%n
		claim, err := net.Listen("tcp", fmt.Sprintf("%s:%d", claims, port))
		if err != nil {
			continue
		}
		if ln, err := net.Listen("tcp", net.JoinHostPort(host, fmt.Sprint(port))); err == nil {
			ln.Close()
			t.Cleanup(func() { claim.Close() })
			return port
		}
		claim.Close()
	}
	t.Fatal("no port is free")
	return 0
}

func freePort(t *testing.T) int {
	t.Helper()
	return FreePort(t, "127.0.0.1")
}
