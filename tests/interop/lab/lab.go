package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tailscale.com/envknob"
)

// Where "make interop" says that things are.
const (
	envHeadrace = "INTEROP_HEADRACE" // folder of headrace and headrace-notifier
	envClients  = "INTEROP_CLIENTS"  // folder of current/ and oldest/, each with tailscale and tailscaled
	envRoot     = "INTEROP_ROOT"     // the checkout
)

var headraceBin = filepath.Join(os.Getenv(envHeadrace), "headrace")

// Headrace is the path of the program; a test without one cannot start.
func Headrace(t *testing.T) string {
	t.Helper()
	need(t, envHeadrace, headraceBin)
	return headraceBin
}

// Root is the folder of the checkout.
func Root(t *testing.T) string {
	t.Helper()
	need(t, envRoot, filepath.Join(os.Getenv(envRoot), "Makefile"))
	return os.Getenv(envRoot)
}

func need(t *testing.T, variable, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s=%q: %v (run \"make interop\")", variable, os.Getenv(variable), err)
	}
}

// program finds a web server, which is in a folder of root's on Debian.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not installed: run make packages", name)
	return ""
}

// Main runs the tests of a package in the surroundings that they need.
func Main(m *testing.M) int {
	envknob.SetNoLogsNoSupport() // clients in this process keep their logs to themselves
	code := m.Run()
	closeRelay()
	return code
}

// tempDir makes a folder with a short name (socket paths have 108 bytes at
// most).  A test that fails keeps it and prints the end of each log in it.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hr-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			os.RemoveAll(dir)
			return
		}
		logs, _ := filepath.Glob(filepath.Join(dir, "*.log"))
		for _, log := range logs {
			t.Logf("---- the end of %s\n%s", log, tail(log, logTail))
		}
	})
	return dir
}

// Eventually calls check until it answers nil, and fails the test if that
// takes longer than Patience.
func Eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	Within(t, Patience, what, check)
}

// Within is Eventually with a limit of its own; it answers how long it took.
func Within(t *testing.T, limit time.Duration, what string, check func() error) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		err := check()
		took := time.Since(start)
		if err == nil {
			return took
		}
		if took > limit {
			t.Fatalf("not in %v: %s: %v", limit, what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Prompt requires of something that it takes less than the limit, of three times
// at least once: a machine that stands still for a moment makes one time long,
// and what waits for a clock is as slow each time.
func Prompt(t *testing.T, limit time.Duration, what string, try func(turn int) time.Duration) {
	t.Helper()
	var took []time.Duration
	for turn := range 3 {
		took = append(took, try(turn))
		if took[turn] < limit {
			return
		}
	}
	t.Errorf("%s took %v, each time more than %v", what, took, limit)
}

// Holds calls check for a while and fails the test at the first error.
func Holds(t *testing.T, long time.Duration, what string, check func() error) {
	t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err := check(); err != nil {
			t.Fatalf("it does not hold that %s: %v", what, err)
		}
	}
}

// Must fails the test on an error and else passes the value on.
func Must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// quietLog collects the log of a client in this process, to be printed if
// the test fails.
type quietLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func newQuietLog(t *testing.T, name string) *quietLog {
	l := &quietLog{}
	t.Cleanup(func() {
		if t.Failed() {
			l.mu.Lock()
			defer l.mu.Unlock()
			b := l.buf.Bytes()
			t.Logf("---- the end of %s's log\n%s", name, b[max(0, len(b)-logTail):])
		}
	})
	return l
}

func (l *quietLog) Logf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(&l.buf, "%s ", time.Now().Format("15:04:05.000"))
	fmt.Fprintf(&l.buf, format, args...)
	l.buf.WriteByte('\n')
}
