package lab

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MakeRun is a tailnet from "make run", as the README says it.
type MakeRun struct {
	*Server // for clients; its Head is make itself
	Key     string
	data    string
}

// NewMakeRun prepares a folder and a port.
func NewMakeRun(t *testing.T) *MakeRun {
	t.Helper()
	s := &Server{T: t, Dir: tempDir(t), HTTP: http.DefaultClient}
	s.port = freePort(t)
	m := &MakeRun{Server: s, data: s.path("run-data")}
	s.URL = fmt.Sprintf("http://127.0.0.1:%d", s.port)
	s.env = []string{"HEADRACE_CONFIG=" + filepath.Join(m.data, "headrace.ini")}
	s.WriteDERPMap(relay().derpMap())
	return m
}

// Start runs "make run" and waits for join.env.  The DERP map is the lab's, by
// the environment: tests must not depend on the Internet.
func (m *MakeRun) Start() {
	m.T.Helper()
	env := []string{"HEADRACE_DERP_URLS=", "HEADRACE_DERP_PATHS=" + m.path("derp.json"), "MAKEFLAGS=", "MAKELEVEL="}
	m.Head = startProc(m.T, m.Dir, "make-run", env, "make", "-C", Root(m.T), "run",
		fmt.Sprintf("PORT=%d", m.port), "DATA="+m.data)
	join := filepath.Join(m.data, "join.env")
	Within(m.T, 10*time.Minute, "make run is ready", func() error {
		if !m.Head.Running() {
			m.T.Fatalf("make run ended: %s", m.Head.Log())
		}
		_, err := os.Stat(join)
		return err
	})
	vars := readEnv(m.T, join)
	if vars["HEADRACE_URL"] != m.URL || !strings.HasPrefix(vars["HEADRACE_AUTHKEY"], "hskey-auth-") {
		m.T.Fatalf("join.env says %v", vars)
	}
	m.Key = vars["HEADRACE_AUTHKEY"]
}

// Interrupt presses Ctrl-C, which reaches the whole process group, and waits
// for the end of everything.
func (m *MakeRun) Interrupt() {
	m.T.Helper()
	syscall.Kill(-m.Head.Pid(), syscall.SIGINT)
	select {
	case <-m.Head.Done():
	case <-time.After(Patience):
		m.T.Fatal("make run does not end at Ctrl-C")
	}
}

// Data is a path in the folder DATA.
func (m *MakeRun) Data(name string) string { return filepath.Join(m.data, name) }

func readEnv(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	vars := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		vars[name] = value
	}
	return vars
}
