// Package notifier tests headrace-notifier alone: real Noise and HTTP/2 on one
// side, a scripted worker on the other, so that what hardly ever happens can be
// made to happen.
package notifier

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"headrace/tests/interop/lab"

	"tailscale.com/control/ts2021"
	"tailscale.com/net/tsdial"
	"tailscale.com/types/key"
)

const (
	grace = 2 * time.Second
	never = 10 * time.Minute // a grace with which the notifier reports nothing by itself, as long as it may be
)

// rig is a notifier with a worker behind it.
type rig struct {
	*worker
	t    *testing.T
	dir  string
	addr string
	key  key.MachinePrivate
	cmd  *exec.Cmd
	done chan struct{}
}

func newRig(t *testing.T, extra ...string) *rig {
	t.Helper()
	return newRigAt(t, "127.0.0.1", grace, extra...)
}

// newRigAt starts a notifier that listens on an address of 'host'.
func newRigAt(t *testing.T, host string, grace time.Duration, extra ...string) *rig {
	t.Helper()
	t.Parallel()
	dir, err := os.MkdirTemp("", "hrn-")
	if err != nil {
		t.Fatal(err)
	}
	addr := net.JoinHostPort(host, fmt.Sprint(lab.FreePort(t, host)))
	r := &rig{t: t, dir: dir, addr: addr, key: key.NewMachine()}
	t.Cleanup(r.cleanup)
	text, _ := r.key.MarshalText()
	r.write("noise.key", string(text)+"\n")
	r.write("headrace.ini", fmt.Sprintf("[server]\nurl = http://%s\ndata = %s\nrun = %s\n[log]\nlevel = debug\n"+
		"[notifier]\nlisten = %s\noffline_grace = %ds\n%s\n", r.addr, dir, dir, r.addr, int(grace.Seconds()), strings.Join(extra, "\n")))
	r.worker = newWorker(t, filepath.Join(dir, "control.sock"))
	r.start()
	return r
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) command() *exec.Cmd {
	program := filepath.Join(filepath.Dir(lab.Headrace(r.t)), "headrace-notifier")
	return exec.Command(program, "-c", filepath.Join(r.dir, "headrace.ini"))
}

func (r *rig) start() {
	r.t.Helper()
	log, err := os.OpenFile(filepath.Join(r.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	defer log.Close()
	r.cmd = r.command()
	r.cmd.Stderr = log
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	done := make(chan struct{})
	r.done = done
	go func() { r.cmd.Wait(); close(done) }()
	lab.Eventually(r.t, "the notifier listens", func() error {
		c, err := net.Dial("tcp", r.addr)
		if err == nil {
			c.Close()
		}
		return err
	})
}

func (r *rig) log() string {
	b, _ := os.ReadFile(filepath.Join(r.dir, "log"))
	return string(b)
}

// stop ends the notifier as its supervisor does.
func (r *rig) stop() {
	r.t.Helper()
	r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.done:
		if code := r.cmd.ProcessState.ExitCode(); code != 0 {
			r.t.Errorf("the notifier ended with %d", code)
		}
	case <-time.After(lab.Patience):
		r.t.Errorf("the notifier does not end")
		r.cmd.Process.Kill()
	}
}

func (r *rig) cleanup() {
	if r.cmd != nil && r.cmd.Process != nil {
		select {
		case <-r.done:
		default:
			r.stop()
		}
	}
	if log := r.log(); r.t.Failed() || strings.Contains(log, "Sanitizer") {
		r.t.Errorf("---- log\n%s", log[max(0, len(log)-6000):])
	}
	os.RemoveAll(r.dir)
}

// ---- clients ----

type client struct {
	*ts2021.Client
	r *rig
}

func (r *rig) client() *client {
	r.t.Helper()
	c, err := ts2021.NewClient(ts2021.ClientOpts{
		ServerURL: "http://" + r.addr, PrivKey: key.NewMachine(), ServerPubKey: r.key.Public(),
		Dialer: tsdial.NewFromFuncForDebug(func(string, ...any) {}, (&net.Dialer{}).DialContext),
		Logf:   func(string, ...any) {},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return &client{c, r}
}

func (c *client) do(ctx context.Context, method, path, body string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "https://"+c.r.addr+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	return c.Do(req)
}

// ask makes a request and reads its whole answer.
func (c *client) ask(method, path, body string) (int, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lab.Patience)
	defer cancel()
	res, err := c.do(ctx, method, path, body)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(b)), err
}

// stream is a map stream as the client sees it.
type stream struct {
	r      *rig
	cancel func()
	body   io.ReadCloser
}

func (c *client) stream(node int64) *stream {
	c.r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.r.t.Cleanup(cancel)
	res, err := c.do(ctx, "POST", "/machine/map", fmt.Sprintf(`{"Node":%d,"Stream":true}`, node))
	if err != nil {
		c.r.t.Fatal(err)
	}
	if res.StatusCode != 200 {
		c.r.t.Fatalf("the map request is answered with %s", res.Status)
	}
	return &stream{c.r, cancel, res.Body}
}

// next is the next message; the error is io.EOF at a clean end.
func (s *stream) next() (string, error) {
	var head [4]byte
	timer := time.AfterFunc(lab.Patience, func() { s.body.Close() })
	defer timer.Stop()
	if _, err := io.ReadFull(s.body, head[:]); err != nil {
		return "", err
	}
	b := make([]byte, binary.LittleEndian.Uint32(head[:]))
	if _, err := io.ReadFull(s.body, b); err != nil {
		return "", fmt.Errorf("in a message of %d bytes: %w", len(b), err)
	}
	return string(b), nil
}

// want reads messages that must be these.
func (s *stream) want(msgs ...string) {
	s.r.t.Helper()
	for _, m := range msgs {
		got, err := s.next()
		if err != nil {
			s.r.t.Fatalf("wanted %s, got %v", m, err)
		}
		if got != m {
			s.r.t.Fatalf("wanted %s, got %.300s", m, got)
		}
	}
}

func (s *stream) wantEnd() {
	s.r.t.Helper()
	if got, err := s.next(); err != io.EOF {
		s.r.t.Fatalf("wanted the end of the stream, got %.300s %v", got, err)
	}
}
