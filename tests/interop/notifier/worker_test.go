package notifier

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/fcgi"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// worker answers on control.sock as the program does, with whatever a test
// wants answered.  Messages are plain JSON, so that a test can read them.
type worker struct {
	t    *testing.T
	path string // control.sock

	mu       sync.Mutex
	listener net.Listener
	die      int  // connections that are closed without an answer
	deaf     bool // takes no presence reports
	seq      int64
	changes  []fragment
	reports  []string // bodies of presence reports; "sync" in front of a full one
	ticks    int
	asked    int                    // delta requests
	maps     int                    // map requests that have come
	handle   http.HandlerFunc       // what the rest of the paths get
	open     func(node int64) *open // answers to map requests and refreshes
	slow     chan struct{}          // map requests wait for it, if there is one
}

// fragment is one of lib/wire/delta.h.
type fragment struct {
	seq         int64
	op, seenBy  byte
	subject     int64
	name, bytes string
}

const (
	opValue, opItem, opUpsert, opPatch      = 1, 2, 3, 4
	opRemove, opRefresh, opClose, opWake    = 5, 6, 7, 8
	seenByAll, seenBySubject, seenByAnybody = 1, 2, 4
)

// open is the answer to a streaming map request.
type open struct {
	seq   int64
	alone bool
	peers []int64
	first string // JSON
}

func frame(json string) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(json))), json...)
}

func (o *open) encode(node int64) []byte {
	be := binary.BigEndian
	b := be.AppendUint32(nil, 0x68724f31)
	b = be.AppendUint64(b, uint64(node))
	b = be.AppendUint64(b, uint64(o.seq))
	flags := byte(0)
	if o.alone {
		flags |= 2
	}
	b = append(b, flags)
	b = be.AppendUint32(b, uint32(len(o.peers)))
	for _, p := range o.peers {
		b = be.AppendUint64(b, uint64(p))
	}
	return append(b, frame(o.first)...)
}

func encodeDelta(from, to int64, fs []fragment) []byte {
	be := binary.BigEndian
	b := be.AppendUint32(nil, 0x68724431)
	b = be.AppendUint64(b, uint64(from))
	b = be.AppendUint64(b, uint64(to))
	b = be.AppendUint32(b, uint32(len(fs)))
	for _, f := range fs {
		b = append(b, f.op, f.seenBy)
		b = be.AppendUint64(b, uint64(f.subject))
		b = be.AppendUint32(b, 0)
		b = append(append(b, byte(len(f.name))), f.name...)
		b = append(be.AppendUint32(b, uint32(len(f.bytes))), f.bytes...)
		b = be.AppendUint32(b, 0)
	}
	return b
}

// ---- serving ----

func newWorker(t *testing.T, path string) *worker {
	w := &worker{t: t, path: path, seq: 100}
	w.open = func(node int64) *open {
		return &open{seq: w.at(), peers: []int64{900, 901}, first: fmt.Sprintf(`{"Node":%d}`, node)}
	}
	w.listen()
	t.Cleanup(w.hangUp)
	return w
}

func (w *worker) listen() {
	l, err := net.Listen("unix", w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.listener = l
	w.mu.Unlock()
	go fcgi.Serve(dying{l, w}, http.HandlerFunc(w.serve))
}

// hangUp makes control.sock refuse connections.
func (w *worker) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.listener.Close()
}

// dying closes as many connections as the worker wants to die of.
type dying struct {
	net.Listener
	w *worker
}

func (d dying) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		d.w.mu.Lock()
		die := d.w.die > 0
		if die {
			d.w.die--
		}
		d.w.mu.Unlock()
		if !die {
			return c, nil
		}
		time.Sleep(20 * time.Millisecond) // the request is being written
		c.Close()
	}
}

func (w *worker) serve(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch r.URL.Path {
	case "/internal/delta":
		w.delta(rw, r)
	case "/internal/presence":
		if !w.presence(string(body), r.URL.Query().Get("sync") == "1") {
			http.Error(rw, "not now", 503)
		}
	case "/internal/tick":
		w.mu.Lock()
		w.ticks++
		w.mu.Unlock()
		io.WriteString(rw, "60000\n")
	case "/internal/refresh":
		node, _ := strconv.ParseInt(r.URL.Query().Get("node"), 10, 64)
		w.answerOpen(rw, node)
	case "/machine/map":
		w.stream(rw, body)
	default:
		w.mu.Lock()
		h := w.handle
		w.mu.Unlock()
		if h == nil {
			http.NotFound(rw, r)
			return
		}
		h(rw, r)
	}
}

func (w *worker) stream(rw http.ResponseWriter, body []byte) {
	var req struct{ Node int64 }
	if json.Unmarshal(body, &req) != nil {
		http.Error(rw, "bad JSON", 400)
		return
	}
	w.mu.Lock()
	w.maps++
	slow := w.slow
	w.mu.Unlock()
	if slow != nil {
		<-slow
	}
	w.answerOpen(rw, req.Node)
}

func (w *worker) answerOpen(rw http.ResponseWriter, node int64) {
	w.mu.Lock()
	open := w.open
	w.mu.Unlock()
	o := open(node)
	if o == nil {
		http.Error(rw, "no such node", 404)
		return
	}
	rw.Header().Set("Content-Type", "application/x-headrace-open")
	rw.Write(o.encode(node))
}

func (w *worker) delta(rw http.ResponseWriter, r *http.Request) {
	since, _ := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	var fs []fragment
	for _, f := range w.changes {
		if since >= 0 && f.seq > since {
			fs = append(fs, f)
		}
	}
	rw.Header().Set("Content-Type", "application/x-headrace-delta")
	if since < 0 {
		since = w.seq
	}
	rw.Write(encodeDelta(min(since, w.seq), w.seq, fs))
}

func (w *worker) presence(body string, sync bool) (taken bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deaf {
		return false
	}
	if sync {
		body = "sync\n" + body
	}
	w.reports = append(w.reports, body)
	return true
}

// ---- for tests ----

func (w *worker) at() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seq
}

// commit appends changes, all as one transaction, without telling anybody.
func (w *worker) commit(fs ...fragment) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range fs {
		w.seq++
		f.seq = w.seq
		w.changes = append(w.changes, f)
	}
}

// wake sends the datagram.
func (w *worker) wake() {
	c, err := net.Dial("unixgram", strings.Replace(w.path, "control.sock", "wake.sock", 1))
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	c.Write(binary.BigEndian.AppendUint64(nil, uint64(w.at())))
}

func (w *worker) change(fs ...fragment) {
	w.commit(fs...)
	w.wake()
}

func (w *worker) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

func (w *worker) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.reports...)
}

func value(name, bytes string) fragment {
	return fragment{op: opValue, seenBy: seenByAnybody, name: name, bytes: bytes}
}
