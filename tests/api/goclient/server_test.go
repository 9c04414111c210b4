// Package goclient drives headrace's REST v2 with the clients that people use on
// Tailscale's own API: the Go client, gitops-pusher and get-authkey.
package goclient

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tailscale.com/client/tailscale/v2"
)

// The server of all tests here, started once.
var (
	root    = os.Getenv("API_ROOT") // of the checkout
	bin     = os.Getenv("BIN")      // with headrace and headrace-notifier
	baseURL string
	ini     string
	tools   string // with gitops-pusher and get-authkey
)

func TestMain(m *testing.M) {
	if root == "" || bin == "" {
		fmt.Fprintln(os.Stderr, "run it as: make api T=go")
		os.Exit(2)
	}
	os.Exit(withServer(m))
}

func withServer(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hrapi-go-")
	check(err)
	defer os.RemoveAll(dir)
	stop := startServer(dir)
	defer stop()
	tools = filepath.Join(dir, "tools")
	check(os.Mkdir(tools, 0o700))
	build := exec.Command(os.Getenv("GO"), "build", "-o", tools+"/",
		"tailscale.com/cmd/gitops-pusher", "tailscale.com/cmd/get-authkey")
	if out, err := build.CombinedOutput(); err != nil {
		check(fmt.Errorf("%w: %s", err, out))
	}
	return m.Run()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startServer runs conf/run.sh, which is make run without building.
func startServer(dir string) (stop func()) {
	data := filepath.Join(dir, "data")
	port := freePort()
	baseURL = fmt.Sprintf("http://127.0.0.1:%d", port)
	ini = filepath.Join(data, "headrace.ini")
	log, err := os.Create(filepath.Join(dir, "log"))
	check(err)
	cmd := exec.Command("sh", "conf/run.sh")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), fmt.Sprintf("PORT=%d", port), "DATA="+data, "HEADRACE_DERP_URLS=")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	check(cmd.Start())
	for range 1200 {
		if _, err := os.Stat(filepath.Join(data, "join.env")); err == nil {
			return func() {
				syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // one that runs in the background ignores SIGINT
				cmd.Wait()
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	check(fmt.Errorf("headrace does not start: %s", text))
	return nil
}

// freePort is one that nobody uses, below those that the kernel gives to whoever
// connects meanwhile.
func freePort() int {
	for {
		port := 20000 + rand.N(12000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
}

// headrace runs a command that must succeed and returns its output.
func headrace(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "headrace"), args...)
	cmd.Env = append(os.Environ(), "HEADRACE_CONFIG="+ini)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("headrace %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// newClient has a new API key with these scopes; none: everything.
func newClient(t *testing.T, scopes ...string) *tailscale.Client {
	t.Helper()
	args := []string{"apikeys", "create"}
	if len(scopes) > 0 {
		args = append(args, "--scope", strings.Join(scopes, ","))
	}
	u, err := url.Parse(baseURL)
	must(t, err)
	return &tailscale.Client{BaseURL: u, APIKey: headrace(t, args...)}
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(cancel)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// status is that of an API error; 0 if err is none.
func status(err error) int {
	if e, ok := err.(tailscale.APIError); ok {
		return e.Status
	}
	return 0
}

func wantStatus(t *testing.T, err error, want int) {
	t.Helper()
	if status(err) != want {
		t.Fatalf("wanted status %d, got %v", want, err)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: wanted %v, got %v", what, want, got)
	}
}

func ptr[T any](v T) *T { return &v }
