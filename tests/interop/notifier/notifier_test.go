package notifier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/fcgi"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"headrace/tests/interop/lab"
)

// ---- streams and deltas ----

func TestDeltas(t *testing.T) {
	r := newRig(t)
	a, b := r.client().stream(1), r.client().stream(2)
	a.want(`{"Node":1}`)
	b.want(`{"Node":2}`)
	r.change(value("DNSConfig", "{}"), fragment{op: opPatch, seenBy: seenByAll, subject: 900, bytes: `{"p":1}`},
		fragment{op: opPatch, seenBy: seenByAll, subject: 7, bytes: `{"unknown":1}`})
	for _, s := range []*stream{a, b} {
		s.want(`{"PeersChangedPatch":[{"p":1}],"DNSConfig":{}}`)
	}
	r.change(fragment{op: opUpsert, seenBy: seenByAll, subject: 1, bytes: `{"n":1}`},
		fragment{op: opValue, seenBy: seenBySubject, subject: 1, name: "Node", bytes: `{"self":1}`})
	a.want(`{"Node":{"self":1}}`)
	b.want(`{"PeersChanged":[{"n":1}]}`)
	r.change(fragment{op: opPatch, seenBy: seenByAll, subject: 1, bytes: `{"p":1}`})
	b.want(`{"PeersChangedPatch":[{"p":1}]}`)
	r.change(fragment{op: opRemove, seenBy: seenByAll, subject: 1}, fragment{op: opClose, seenBy: seenBySubject, subject: 1})
	b.want(`{"PeersRemoved":[1]}`)
	a.wantEnd()
	r.change(fragment{op: opPatch, seenBy: seenByAll, subject: 1, bytes: `{"p":2}`}, value("X", "1"))
	b.want(`{"X":1}`)
}

// A map that was made before changes that have been handed out since.
func TestReplay(t *testing.T) {
	r := newRig(t)
	old := r.at()
	watch := r.client().stream(1)
	watch.want(`{"Node":1}`)
	for i := range 3 {
		r.change(value("X", fmt.Sprint(i)))
		watch.want(fmt.Sprintf(`{"X":%d}`, i))
	}
	r.set(func() {
		r.open = func(int64) *open { return &open{seq: old + 1, peers: []int64{1}, first: `{"Node":2}`} }
	})
	r.client().stream(2).want(`{"Node":2}`, `{"X":1}`, `{"X":2}`)
	// Older than all that is remembered: a newer map is sent in its stead.
	n := 0
	r.set(func() {
		r.open = func(int64) *open {
			n++
			if n == 1 {
				return &open{seq: 1, peers: []int64{1}, first: `{"old":3}`}
			}
			return &open{seq: old + 2, peers: []int64{1}, first: `{"new":3}`}
		}
	})
	r.client().stream(3).want(`{"new":3}`, `{"X":2}`)
}

func TestNewerStreamReplacesOlder(t *testing.T) {
	r := newRig(t)
	c := r.client()
	older := c.stream(1)
	older.want(`{"Node":1}`)
	other := c.stream(2)
	newer := r.client().stream(1)
	older.wantEnd()
	newer.want(`{"Node":1}`)
	r.change(value("X", "1"))
	newer.want(`{"X":1}`)
	other.want(`{"Node":2}`, `{"X":1}`)
}

func TestRefresh(t *testing.T) {
	r := newRig(t)
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	r.change(fragment{op: opRefresh, seenBy: seenBySubject, subject: 1}, value("X", "1"))
	s.want(`{"Node":1}`)
	r.change(value("X", "2"))
	s.want(`{"X":2}`)
	// A map without peers leaves the old ones on show: they are removed first.
	r.set(func() { r.open = func(int64) *open { return &open{seq: r.at(), alone: true, first: `{"end":1}`} } })
	r.change(fragment{op: opRefresh, seenBy: seenBySubject, subject: 1})
	s.want(`{"PeersRemoved":[900,901]}`, `{"end":1}`)
	r.change(fragment{op: opUpsert, seenBy: seenByAll, subject: 5, bytes: "{}"})
	r.change(value("X", "3"))
	s.want(`{"X":3}`)
	// No map at all: the client has to ask itself.
	r.set(func() { r.open = func(int64) *open { return nil } })
	r.change(fragment{op: opRefresh, seenBy: seenByAnybody})
	s.wantEnd()
}

// The database is older than what was handed out (a restored copy).
func TestDatabaseWentBack(t *testing.T) {
	r := newRig(t)
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	r.set(func() { r.seq = 5; r.changes = nil })
	r.write("headrace.db-wal", "a commit")
	s.want(`{"Node":1}`)
	r.change(value("X", "1"))
	s.want(`{"X":1}`)
}

func TestSlowReader(t *testing.T) {
	r := newRig(t)
	slow, quick := r.client().stream(1), r.client().stream(2)
	slow.want(`{"Node":1}`)
	quick.want(`{"Node":2}`)
	big := `"` + strings.Repeat("x", 200_000) + `"`
	const n = 60 // twelve megabytes: more than window, sockets and queue
	for range n {
		r.change(value("X", big))
		quick.want(`{"X":` + big + `}`)
	}
	seen := 0
	for {
		m, err := slow.next()
		if err != nil {
			t.Fatalf("after %d messages: %v", seen, err)
		}
		if m == `{"Node":1}` {
			break
		}
		if m != `{"X":`+big+`}` {
			t.Fatalf("a broken message of %d bytes: %.100s", len(m), m)
		}
		seen++
	}
	if seen >= n {
		t.Errorf("all %d messages were queued", n)
	}
	r.change(value("X", "1"))
	slow.want(`{"X":1}`)
}

func TestKeepAlive(t *testing.T) {
	r := newRig(t, "keepalive = 2s")
	start := time.Now() // before the first message, so that it is never later than that
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	s.want("{\"KeepAlive\":true}\n", "{\"KeepAlive\":true}\n")
	if took := time.Since(start); took < 3*time.Second || took > lab.Promptness {
		t.Errorf("two keep-alives took %v", took)
	}
}

// ---- how changes are noticed ----

func TestWALIsWatched(t *testing.T) {
	r := newRig(t)
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	for i := range 3 {
		r.commit(value("X", fmt.Sprint(i)))
		r.write("headrace.db-wal", "a commit")
		s.want(fmt.Sprintf(`{"X":%d}`, i))
		os.Remove(filepath.Join(r.dir, "headrace.db-wal"))
	}
}

// Many commits are handed out in few steps, in order, and none twice.
func TestChangesBatch(t *testing.T) {
	r := newRig(t)
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	r.set(func() { r.asked = 0 })
	const n = 2000
	start := time.Now()
	go func() {
		for i := range n {
			r.change(fragment{op: opItem, seenBy: seenByAnybody, name: "X", bytes: fmt.Sprint(i)})
		}
	}()
	got := ""
	for strings.Count(got, ",") < n {
		m, err := s.next()
		if err != nil {
			t.Fatal(err)
		}
		got += strings.TrimSuffix(strings.TrimPrefix(m, `{"X":[`), "]}") + ","
	}
	want := ""
	for i := range n {
		want += fmt.Sprintf("%d,", i)
	}
	if got != want {
		t.Errorf("got %.200s", got)
	}
	// Where the commits take long, there are as many as the pause between two allows.
	most := max(n/2, int(time.Since(start)/(3*time.Millisecond)))
	r.set(func() {
		if r.asked > most {
			t.Errorf("%d questions for %d commits", r.asked, n)
		}
	})
}

// ---- requests ----

func TestRequests(t *testing.T) {
	r := newRig(t)
	r.set(func() {
		r.handle = func(rw http.ResponseWriter, req *http.Request) {
			env := fcgi.ProcessEnv(req)
			body, _ := io.ReadAll(req.Body)
			rw.Header().Set("X-Test", "yes")
			rw.Header().Set("Headrace-Secret", "no")
			rw.WriteHeader(207)
			fmt.Fprintf(rw, "%s %s %d %.6s %s", req.Method, req.URL, len(body), env["HEADRACE_MACHINE_KEY"], req.RemoteAddr)
		}
	})
	c := r.client()
	host := r.addr[:strings.LastIndex(r.addr, ":")]
	for _, x := range []struct{ method, path, body, want string }{
		{"POST", "/machine/register", "{}", "POST /machine/register 2 mkey:"},
		{"GET", "/machine/tka/init?x=%20y", "{}", "GET /machine/tka/init?x=%20y 2 mkey:"},
		{"PATCH", "/machine/set-device-attr", "", "PATCH /machine/set-device-attr 0 mkey:"},
		{"POST", "/machine/x", strings.Repeat("x", 1<<20), "POST /machine/x 1048576 mkey:"},
	} {
		status, got, err := c.ask(x.method, x.path, x.body)
		if err != nil || status != 207 || !strings.HasPrefix(got, x.want) || !strings.Contains(got, host) {
			t.Errorf("%s %s: %d %q %v", x.method, x.path, status, got, err)
		}
	}
	res, err := c.do(context.Background(), "HEAD", "/machine/ping", "")
	if err != nil || res.StatusCode != 207 || res.Header.Get("X-Test") != "yes" || res.Header.Get("Headrace-Secret") != "" {
		t.Errorf("HEAD: %v %v", res, err)
	}
	for _, x := range []struct {
		path, body string
		status     int
	}{
		{"/internal/tick", "", 404},
		{"/machine/x", strings.Repeat("x", 1<<20+1), 413},
		{"/machine/x", strings.Repeat("x", 8<<20), 413},
		{"/machine/" + strings.Repeat("x", 3000), "", 414},
	} {
		if status, got, err := c.ask("POST", x.path, x.body); status != x.status {
			t.Errorf("%.30s with %d bytes: %d %q %v", x.path, len(x.body), status, got, err)
		}
	}
	if status, _, err := c.ask("POST", "/machine/register", "{}"); status != 207 {
		t.Errorf("afterwards: %d %v", status, err)
	}
}

func TestManyAtATime(t *testing.T) {
	r := newRig(t)
	var running, most int
	r.set(func() {
		r.handle = func(rw http.ResponseWriter, _ *http.Request) {
			r.set(func() { running++; most = max(most, running) })
			time.Sleep(5 * time.Millisecond)
			r.set(func() { running-- })
			io.WriteString(rw, "done")
		}
	})
	c := r.client()
	var wg sync.WaitGroup
	for range 300 {
		wg.Go(func() {
			if status, got, err := c.ask("POST", "/machine/x", "{}"); err != nil || status != 200 || got != "done" {
				t.Errorf("%d %q %v", status, got, err)
			}
		})
	}
	wg.Wait()
	if most > 64 {
		t.Errorf("%d calls at a time", most)
	}
}

// Bodies are bounded in sum; those over the bound are refused, the rest served.
func TestManyBodies(t *testing.T) {
	r := newRig(t)
	r.set(func() { r.handle = func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "done") } })
	c := r.client()
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			status, got, err := c.ask("POST", "/machine/x", strings.Repeat("x", 1<<20))
			if err != nil || (status != 200 && status != 503) {
				t.Errorf("%d %q %v", status, got, err)
			}
		})
	}
	wg.Wait()
	if status, _, err := c.ask("POST", "/machine/x", strings.Repeat("x", 1<<20)); status != 200 {
		t.Errorf("afterwards: %d %v", status, err)
	}
}

func TestIPv6(t *testing.T) {
	r := newRigAt(t, "::1", grace)
	r.client().stream(1).want(`{"Node":1}`)
}

// ---- workers that fail ----

func TestWorkersDie(t *testing.T) {
	r := newRigAt(t, "127.0.0.1", never) // no report may take a death away
	r.set(func() { r.handle = func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "done") } })
	c := r.client()
	c.ask("POST", "/machine/x", "{}")
	r.set(func() { r.die = 2 })
	if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 200 || got != "done" {
		t.Errorf("two workers died: %d %q %v", status, got, err)
	}
	r.set(func() { r.die = 3 })
	if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 502 {
		t.Errorf("three workers died: %d %q %v", status, got, err)
	}
	r.set(func() { r.die = 0 })
	if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 200 {
		t.Errorf("afterwards: %d %q %v", status, got, err)
	}
}

func TestNoWorkerForAWhile(t *testing.T) {
	r := newRig(t)
	r.set(func() { r.handle = func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "done") } })
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	r.hangUp()
	c := r.client()
	go func() { time.Sleep(2 * time.Second); r.listen() }()
	if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 200 {
		t.Errorf("workers came back: %d %q %v", status, got, err)
	}
	r.change(value("X", "1"))
	s.want(`{"X":1}`)
	r.hangUp()
	start := time.Now()
	if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 503 || time.Since(start) > 10*time.Second+lab.Promptness {
		t.Errorf("workers did not come back: %d %q %v after %v", status, got, err, time.Since(start))
	}
	r.commit(value("X", "2"))
	r.listen()
	r.wake()
	s.want(`{"X":2}`)
}

func TestBadAnswers(t *testing.T) {
	r := newRig(t)
	c := r.client()
	answer := func(ctype, body string) {
		r.set(func() {
			r.handle = func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", ctype)
				io.WriteString(rw, body)
			}
		})
	}
	for _, body := range []string{"", "x", string((&open{peers: []int64{3, 2}, first: "x"}).encode(1)), string((&open{}).encode(0))} {
		answer("application/x-headrace-open", body)
		if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 502 {
			t.Errorf("%q: %d %q %v", body, status, got, err)
		}
	}
	answer("text/plain", "good")
	if status, got, err := c.ask("POST", "/machine/x", "{}"); status != 200 || got != "good" {
		t.Errorf("afterwards: %d %q %v", status, got, err)
	}
}

// ---- held requests ----

// holding answers "hold" until 'ready' says what the answer is.
func (r *rig) holding(seq func() int64, ready func() string) (asked func() int) {
	n := 0
	r.set(func() {
		r.handle = func(rw http.ResponseWriter, req *http.Request) {
			var answer string
			r.set(func() { n++; answer = ready() })
			if held := fcgi.ProcessEnv(req)["HEADRACE_HELD"]; (held == "1") != (n > 1) {
				r.t.Errorf("question %d with HEADRACE_HELD=%q", n, held)
			}
			if answer == "" {
				rw.Header().Set("Headrace-Hold", fmt.Sprintf("login/x %d", seq()))
				return
			}
			io.WriteString(rw, answer)
		}
	})
	return func() (k int) { r.set(func() { k = n }); return }
}

func wakes(topic string) fragment {
	return fragment{op: opWake, seenBy: seenByAnybody, name: topic}
}

func TestHeldUntilWoken(t *testing.T) {
	r := newRig(t)
	answer := ""
	asked := r.holding(r.at, func() string { return answer })
	result := make(chan string)
	go func() {
		_, got, err := r.client().ask("POST", "/machine/register", "{}")
		result <- fmt.Sprint(got, err)
	}()
	lab.Eventually(t, "it is asked", func() error {
		if asked() == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	r.change(wakes("login/y"))
	time.Sleep(500 * time.Millisecond)
	if n := asked(); n != 1 {
		t.Errorf("another topic woke it: asked %d times", n)
	}
	r.set(func() { answer = "welcome" })
	r.change(wakes("login/x"))
	if got := <-result; got != "welcome<nil>" {
		t.Errorf("got %s", got)
	}
}

// The wake comes while the answer "hold" is on its way.
func TestHoldThatMissedItsWake(t *testing.T) {
	r := newRig(t)
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	old := r.at()
	r.change(wakes("login/x"), value("X", "1"))
	s.want(`{"X":1}`)
	n := 0
	r.holding(func() int64 { return old }, func() string {
		if n++; n > 1 {
			return "welcome"
		}
		return ""
	})
	start := time.Now()
	if _, got, err := r.client().ask("POST", "/machine/register", "{}"); got != "welcome" || time.Since(start) > lab.Promptness {
		t.Errorf("got %q %v after %v", got, err, time.Since(start))
	}
}

func TestHeldClientGoes(t *testing.T) {
	r := newRig(t)
	asked := r.holding(r.at, func() string { return "" })
	c := r.client()
	c.gives(t, "/machine/register", "{}", func() bool { return asked() > 0 })
	time.Sleep(200 * time.Millisecond)
	c.ask("POST", "/internal/tick", "") // is refused, after what the client has sent before
	r.change(wakes("login/x"))
	time.Sleep(300 * time.Millisecond)
	if n := asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// gives makes a request and gives it up once the worker has it.
func (c *client) gives(t *testing.T, path, body string, has func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answered := make(chan error, 1)
	go func() {
		_, err := c.do(ctx, "POST", path, body)
		answered <- err
	}()
	lab.Eventually(t, "the worker is asked", func() error {
		if !has() {
			return errors.New("not yet")
		}
		return nil
	})
	time.Sleep(200 * time.Millisecond) // and has answered, if it does
	cancel()
	if err := <-answered; err == nil {
		t.Error("there was an answer")
	}
}

// ---- presence ----

// lines are those of all reports but the full one.
func (r *rig) lines() (ls []string) {
	for _, s := range r.said() {
		if !strings.HasPrefix(s, "sync") {
			ls = append(ls, strings.Split(strings.TrimSpace(s), "\n")...)
		}
	}
	return
}

func TestPresence(t *testing.T) {
	const grace = 6 * time.Second // of which a machine that stands still does not take the half
	r := newRigAt(t, "127.0.0.1", grace)
	r.set(func() { r.deaf = true })
	c := r.client()
	one, two := c.stream(1), c.stream(2)
	one.want(`{"Node":1}`)
	two.want(`{"Node":2}`)
	r.set(func() { r.deaf = false }) // the full report is about both
	lab.Eventually(t, "the full report", func() error {
		if got := r.said(); len(got) != 1 || (got[0] != "sync\n+1\n+2\n" && got[0] != "sync\n+2\n+1\n") {
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
	left := time.Now()
	one.cancel()
	two.cancel()
	time.Sleep(grace / 2)
	again := r.client().stream(2)
	again.want(`{"Node":2}`)
	away := time.Since(left)
	lab.Eventually(t, "the report", func() error {
		if len(r.lines()) == 0 {
			return errors.New("none")
		}
		return nil
	})
	reported := time.Now()
	if took := reported.Sub(left); took < grace {
		t.Errorf("reported after %v", took)
	}
	time.Sleep(time.Second)
	var node, ms int64
	got := r.lines()
	if away >= grace { // because the machine stood still: then it is told of, rightly
		got = slices.DeleteFunc(got, func(l string) bool { return strings.HasPrefix(l[1:], "2") })
	}
	if len(got) == 0 {
		t.Fatal("who left is not reported")
	}
	if n, _ := fmt.Sscanf(got[0], "-%d %d", &node, &ms); len(got) != 1 || n != 2 || node != 1 {
		t.Errorf("reported %q", got)
	}
	if end := time.UnixMilli(ms); left.Sub(end) > time.Second || reported.Sub(end) < grace/2 {
		t.Errorf("it left at %v, which is reported at %v as %v", left, reported, end)
	}
}

// The client goes while the worker makes its map: the request has set the node
// online, so its absence is reported.
func TestPresenceOfOneThatNeverCame(t *testing.T) {
	r := newRig(t)
	slow := make(chan struct{})
	r.set(func() { r.slow = slow })
	r.client().gives(t, "/machine/map", `{"Node":7,"Stream":true}`, func() (has bool) {
		r.set(func() { has = r.maps > 0 })
		return has
	})
	time.Sleep(200 * time.Millisecond)
	close(slow)
	lab.Eventually(t, "the report", func() error {
		if got := r.lines(); len(got) != 1 || !strings.HasPrefix(got[0], "-7 ") {
			return fmt.Errorf("got %q", got)
		}
		return nil
	})
}

func TestStoppingReportsNothing(t *testing.T) {
	r := newRig(t)
	s := r.client().stream(1)
	s.want(`{"Node":1}`)
	held := r.holding(r.at, func() string { return "" })
	result := make(chan int)
	go func() {
		status, _, _ := r.client().ask("POST", "/machine/register", "{}")
		result <- status
	}()
	lab.Eventually(t, "a request is held", func() error {
		if held() == 0 {
			return errors.New("not yet")
		}
		return nil
	})
	time.Sleep(200 * time.Millisecond)
	start := time.Now()
	r.stop()
	if took := time.Since(start); took > lab.Promptness {
		t.Errorf("stopping took %v", took)
	}
	s.wantEnd()
	if status := <-result; status != 503 {
		t.Errorf("the held request is answered with %d", status)
	}
	if got := r.lines(); len(got) != 0 {
		t.Errorf("reported %q", got)
	}
	r.start()
	r.client().stream(1).want(`{"Node":1}`)
}

// The end comes in time even if workers are busy and requests wait for them.
func TestStoppingWaitsForNobody(t *testing.T) {
	r := newRig(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	r.set(func() {
		r.slow = never
		r.handle = func(http.ResponseWriter, *http.Request) { <-never }
	})
	c := r.client()
	for i := range 40 {
		go c.ask("POST", "/machine/x", "{}")
		go c.do(context.Background(), "POST", "/machine/map", fmt.Sprintf(`{"Node":%d,"Stream":true}`, i+1))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	c.do(ctx, "POST", "/machine/map", `{"Node":99,"Stream":true}`)
	start := time.Now()
	r.stop()
	if took := time.Since(start); took > lab.Promptness {
		t.Errorf("stopping took %v", took)
	}
}

// ---- limits ----

// First maps that nobody reads do not pile up: more are asked for only as they
// are sent, and small requests do not wait for them.
func TestFirstMapsAreAdmitted(t *testing.T) {
	r := newRig(t)
	first := `"` + strings.Repeat("x", 16<<20) + `"`
	r.set(func() {
		r.open = func(int64) *open { return &open{seq: 100, first: first} }
		r.handle = func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "done") }
	})
	const n = 20
	var streams []chan *stream
	for i := range n {
		ch := make(chan *stream, 1)
		streams = append(streams, ch)
		c := r.client()
		go func() { ch <- c.stream(int64(i + 1)) }()
	}
	time.Sleep(3 * time.Second)
	r.set(func() {
		if r.maps > 12 {
			t.Errorf("%d of %d maps were asked for while none was read", r.maps, n)
		}
	})
	start := time.Now()
	if status, _, err := r.client().ask("POST", "/machine/x", "{}"); status != 200 || time.Since(start) > lab.Promptness {
		t.Errorf("a small request: %d %v after %v", status, err, time.Since(start))
	}
	var wg sync.WaitGroup
	for _, ch := range streams {
		wg.Go(func() {
			s := <-ch
			if m, err := s.next(); m != first {
				t.Errorf("%d bytes, %v", len(m), err)
			}
		})
	}
	wg.Wait()
}

func TestTooManyConnections(t *testing.T) {
	r := newRig(t, "connections_max = 16")
	for i := range 16 {
		s := r.client().stream(int64(i + 1))
		s.want(fmt.Sprintf(`{"Node":%d}`, i+1))
	}
	res, err := http.Get("http://" + r.addr + "/ts2021")
	if err != nil || res.StatusCode != 503 {
		t.Errorf("one more: %v %v", res, err)
	}
}

func TestSecondNotifierIsRefused(t *testing.T) {
	r := newRig(t)
	out, err := r.command().CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another notifier runs") {
		t.Errorf("%v: %s", err, out)
	}
	r.client().stream(1).want(`{"Node":1}`)
}
