package interop

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"headrace/tests/interop/lab"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// siege is a server under attack with a good client on it, which must not
// notice anything.
type siege struct {
	*lab.Server
	key      string
	stream   *lab.Stream
	notifier int
	count    int
}

func newSiege(t *testing.T) *siege {
	w := &siege{Server: lab.NewServer(t)}
	w.key = w.ReusableKey()
	w.stream = w.NewDevice("good").Join(w.key).Online()
	w.notifier = w.Notifier()
	return w
}

// unharmed requires that the server works as before: same notifier, same
// stream, a new device can join and the good client hears of it.
func (w *siege) unharmed(after string) {
	w.T.Helper()
	if now := w.Notifier(); now != w.notifier {
		w.T.Fatalf("%s: the notifier was %d and is %d", after, w.notifier, now)
	}
	w.count++
	name := fmt.Sprintf("visitor-%d", w.count)
	d := w.NewDevice(name).Join(w.key)
	w.stream.WaitWithin(lab.Promptness, after+", "+name, present(name))
	w.SQL("DELETE FROM nodes WHERE id = %d", d.ID())
	d.Close()
	if kib := lab.Memory(w.notifier); kib > 200<<10 {
		w.T.Errorf("%s: the notifier has %d KiB", after, kib)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Bytes of all kinds straight into the notifier's socket.
func TestGarbageIntoSocket(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	long := strings.Repeat("a", 1<<20)
	for _, c := range []struct{ name, bytes string }{
		{"nothing", ""},
		{"random bytes", string(random(4096))},
		{"a long line", long},
		{"a long path", "GET /" + long + " HTTP/1.1\r\n\r\n"},
		{"a long header", "POST /ts2021 HTTP/1.1\r\nX: " + long + "\r\n\r\n"},
		{"many headers", "POST /ts2021 HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", 100_000) + "\r\n"},
		{"HTTP/2 at once", http2.ClientPreface + long},
		{"NULs", strings.Repeat("\x00", 1<<16)},
		{"no version", "POST /ts2021\r\n\r\n"},
		{"a bad length", "POST /ts2021 HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
		{"a huge length", "POST /ts2021 HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"},
		{"chunks", "POST /ts2021 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + long},
		{"pipelining", strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 10_000)},
		{"SCGI without end", "999999999999:CONTENT_LENGTH\x00"},
		{"SCGI with lies", "24:CONTENT_LENGTH\x0027\x00SCGI\x001\x00,"},
		{"SCGI empty", "0:,"},
		{"SCGI cut", "70:CONTENT_LENGTH\x000\x00SCGI\x001\x00REQUEST_ME"},
		{"SCGI long", "70000:" + strings.Repeat("A\x00B\x00", 20_000) + ","},
	} {
		conn := w.DialNotifier()
		conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
		conn.Write([]byte(c.bytes)) // the other end may close at any point
		if c.bytes == "" {
			conn.Close()
		} else {
			conn.(*net.UnixConn).CloseWrite()
			w.Ends(conn, c.name, 20*time.Second)
		}
		w.unharmed(c.name)
	}
}

// Requests for /ts2021 with handshakes that are none.
func TestBadHandshakes(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	hello, header := w.Hello(uint16(tailcfg.CurrentCapabilityVersion))
	mangled := func(edit func([]byte)) string {
		b := bytes.Clone(hello)
		edit(b)
		return base64.StdEncoding.EncodeToString(b)
	}
	cases := map[string]string{
		"none":              "",
		"no base64":         "!!!!",
		"cut base64":        header[:len(header)-3],
		"too short":         base64.StdEncoding.EncodeToString(hello[:100]),
		"too long":          base64.StdEncoding.EncodeToString(append(bytes.Clone(hello), 0)),
		"much too long":     base64.StdEncoding.EncodeToString(random(4000)),
		"random":            base64.StdEncoding.EncodeToString(random(101)),
		"another type":      mangled(func(b []byte) { b[2] = 9 }),
		"another length":    mangled(func(b []byte) { b[4]++ }),
		"another version":   mangled(func(b []byte) { b[1]++ }),
		"a zero point":      mangled(func(b []byte) { clear(b[5:37]) }),
		"a garbled key":     mangled(func(b []byte) { b[40] ^= 1 }),
		"a garbled tag":     mangled(func(b []byte) { b[100] ^= 0x80 }),
		"version 0":         mangled(func(b []byte) { b[0], b[1] = 0, 0 }),
		"a low-order point": mangled(func(b []byte) { copy(b[5:37], lowOrder) }),
	}
	for name, text := range cases {
		conn, err := w.Upgrade(text)
		if err == nil { // refused after the switch, then, by an error frame and the end
			w.Ends(conn, name, 20*time.Second)
			conn.Close()
		}
	}
	w.unharmed("bad handshakes")
	// A handshake that is replayed is answered but good for nothing.
	for range 3 {
		conn, err := w.Upgrade(header)
		if err != nil {
			t.Fatalf("replay: %v", err)
		}
		conn.Write(append([]byte{4, 0, 64}, random(64)...))
		w.Ends(conn, "a replayed handshake", 20*time.Second)
	}
	w.unharmed("a replayed handshake")
	// So is one that hangs up at each point.
	for n := range len(hello) / 10 {
		conn := w.DialNotifier()
		req := "POST /ts2021 HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: tailscale-control-protocol\r\nX-Tailscale-Handshake: " + header + "\r\n\r\n"
		conn.Write([]byte(req[:n*len(req)/10]))
		conn.Close()
	}
	w.unharmed("hang-ups")
}

// One of the points whose product with every key is zero.
var lowOrder = []byte{
	0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
	0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
}

// After a good handshake, records that are none.
func TestBadRecords(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	for name, record := range map[string][]byte{
		"a bad tag":          append([]byte{4, 0, 32}, random(32)...),
		"another type":       append([]byte{1, 0, 96}, random(96)...),
		"an error frame":     {3, 0, 2, 'h', 'i'},
		"too short":          {4, 0, 3, 1, 2, 3},
		"too long":           append([]byte{4, 0xff, 0xff}, random(0xffff)...),
		"one over the limit": append([]byte{4, 0x0f, 0xfe}, random(0x0ffe)...),
		"a cut one":          {4, 0, 99, 1},
	} {
		_, header := w.Hello(uint16(tailcfg.CurrentCapabilityVersion))
		conn, err := w.Upgrade(header)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(record)
		if name == "a cut one" {
			conn.Close()
		} else {
			w.Ends(conn, name, 20*time.Second)
		}
	}
	w.unharmed("bad records")
}

// After good records, HTTP/2 that is none.
func TestBadHTTP2(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	headers := func(fields ...string) []byte {
		var b bytes.Buffer
		enc := hpack.NewEncoder(&b)
		for i := 0; i < len(fields); i += 2 {
			enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
		}
		return b.Bytes()
	}
	post := headers(":method", "POST", ":scheme", "https", ":authority", "x", ":path", "/machine/map")
	ends := map[string]func(*http2.Framer, net.Conn){
		"random bytes": func(_ *http2.Framer, c net.Conn) { c.Write(random(100_000)) },
		"a huge frame": func(_ *http2.Framer, c net.Conn) {
			c.Write(append([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1}, random(1<<20)...))
		},
		"bad compression": func(f *http2.Framer, c net.Conn) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: bytes.Repeat([]byte{0xff}, 64), EndHeaders: true})
		},
		"data on stream 0": func(f *http2.Framer, c net.Conn) { f.AllowIllegalWrites = true; f.WriteData(0, false, random(10)) },
		"an even stream": func(f *http2.Framer, c net.Conn) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: 2, BlockFragment: post, EndHeaders: true})
		},
		"headers without end": func(f *http2.Framer, c net.Conn) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: post})
			for range 10_000 {
				if f.WriteContinuation(1, false, headers("x", strings.Repeat("y", 4000))) != nil {
					return
				}
			}
		},
	}
	for name, attack := range ends {
		c := w.Session()
		f := lab.Preface(c)
		attack(f, c)
		w.Ends(c, name, 30*time.Second)
		c.Close()
		w.unharmed(name)
	}
	survives := map[string]func(*http2.Framer, net.Conn){
		"many settings": func(f *http2.Framer, c net.Conn) {
			for range 20_000 {
				if f.WriteSettings() != nil {
					return
				}
			}
		},
		"many pings": func(f *http2.Framer, c net.Conn) {
			for range 20_000 {
				if f.WritePing(false, [8]byte{}) != nil {
					return
				}
			}
		},
		"rapid resets": func(f *http2.Framer, c net.Conn) {
			for id := uint32(1); id < 20_000; id += 2 {
				f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: post, EndHeaders: true})
				if f.WriteRSTStream(id, http2.ErrCodeCancel) != nil {
					return
				}
			}
		},
		"too many requests": func(f *http2.Framer, c net.Conn) {
			for id := uint32(1); id < 4000; id += 2 {
				if f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: post, EndHeaders: true}) != nil {
					return
				}
			}
		},
		"hanging up": func(f *http2.Framer, c net.Conn) {
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: post, EndHeaders: true})
		},
		"no preface at all": func(f *http2.Framer, c net.Conn) {},
	}
	for name, attack := range survives {
		c := w.Session()
		c.SetWriteDeadline(time.Now().Add(20 * time.Second))
		go func() { // take what comes, so that both ends can go on
			var buf [4096]byte
			for {
				if _, err := c.Read(buf[:]); err != nil {
					return
				}
			}
		}()
		attack(lab.Preface(c), c)
		w.unharmed(name)
		c.Close()
		w.unharmed(name + ", then the end")
	}
}

// Bodies that are too large, too deep or not what they should be.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	d := w.NewDevice("odd").Join(w.key)
	nodeKey := d.Node.Public().String()
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	for name, body := range map[string]string{
		"nothing":       "",
		"random bytes":  string(random(1000)),
		"null":          "null",
		"a list":        "[]",
		"a number":      "1",
		"deep":          deep,
		"deep lists":    strings.Repeat("[", 500_000),
		"deep hostinfo": `{"Version":142,"NodeKey":"` + nodeKey + `","Hostinfo":` + deep + `}`,
		"cut":           `{"Version":142,"NodeKey":"nodekey:`,
		"twice":         `{"Version":142,"Version":143,"NodeKey":"` + nodeKey + `","NodeKey":"x"}`,
		"a wrong key":   `{"Version":142,"NodeKey":"nodekey:zz"}`,
		"a number key":  `{"Version":142,"NodeKey":12}`,
		"a text number": `{"Version":"142","NodeKey":"` + nodeKey + `"}`,
		"a big number":  `{"Version":1e400,"NodeKey":"` + nodeKey + `"}`,
		"a bad time":    `{"Version":142,"NodeKey":"` + nodeKey + `","Expiry":"yesterday"}`,
		"no UTF-8":      "{\"Version\":142,\"NodeKey\":\"" + nodeKey + "\",\"Hostinfo\":{\"Hostname\":\"\xff\xfe\"}}",
		"a NUL":         `{"Version":142,"NodeKey":"` + nodeKey + `","Hostinfo":{"Hostname":"a\u0000b"}}`,
		"wrong members": `{"Version":142,"NodeKey":"` + nodeKey + `","Hostinfo":{"Hostname":1,"RoutableIPs":"x","Services":7,"NetInfo":[]}}`,
		"bad endpoints": `{"Version":142,"NodeKey":"` + nodeKey + `","OmitPeers":true,"Endpoints":["x","1.2.3.4","::1"],"EndpointTypes":["a"]}`,
		"bad routes":    `{"Version":142,"NodeKey":"` + nodeKey + `","OmitPeers":true,"Hostinfo":{"RoutableIPs":["10.0.0.1/8","nonsense",null,"::/0/0"]}}`,
		"a huge name":   `{"Version":142,"NodeKey":"` + nodeKey + `","OmitPeers":true,"Hostinfo":{"Hostname":"` + strings.Repeat("h", 900_000) + `"}}`,
	} {
		for _, path := range []string{"/machine/register", "/machine/map"} {
			status, answer, err := d.Do("POST", path, []byte(body))
			if err != nil || status >= 500 {
				t.Errorf("%s with %s: HTTP %d %q %v", path, name, status, clip(answer), err)
			}
		}
		w.unharmed(name)
	}
	// The limit is 1 MiB: at it a body is read, above it refused.
	at := `{"Version":142,"NodeKey":"` + nodeKey + `","OmitPeers":true}`
	at += strings.Repeat(" ", 1<<20-len(at))
	if status, answer, err := d.Do("POST", "/machine/map", []byte(at)); err != nil || status != 200 {
		t.Errorf("1 MiB: HTTP %d %q %v", status, clip(answer), err)
	}
	if status, answer, err := d.Do("POST", "/machine/map", []byte(at+" ")); err == nil && status != 413 {
		t.Errorf("1 MiB and 1: HTTP %d %q", status, clip(answer))
	}
	reg := strings.Replace(at, `"OmitPeers":true`, `"Followup":""   `, 1)
	if status, answer, err := d.Do("POST", "/machine/register", []byte(reg+" ")); err == nil && status == 200 && !strings.Contains(string(answer), `"Error":"`) {
		t.Errorf("registering with 1 MiB and 1: HTTP %d %q", status, clip(answer))
	}
	huge := bytes.Repeat([]byte(" "), 64<<20)
	d.Do("POST", "/machine/map", huge)
	w.unharmed("64 MiB")
	if d.Close(); d.Join("").ID() == 0 {
		t.Error("the odd node is lost")
	}
}

// Who connects and then says nothing, or stops in the middle, is dropped.
func TestStalledConnections(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	const limit = 75 * time.Second
	_, header := w.Hello(uint16(tailcfg.CurrentCapabilityVersion))
	var conns []net.Conn
	names := []string{"silence", "half a request", "a handshake alone", "a session without HTTP/2", "a session without a request", "a request without a body"}
	silent := w.DialNotifier()
	half := w.DialNotifier()
	fmt.Fprint(half, "POST /ts2021 HTTP/1.1\r\nHost: x\r\n")
	up, err := w.Upgrade(header)
	if err != nil {
		t.Fatal(err)
	}
	mute, idle, slow := w.Session(), w.Session(), w.Session()
	lab.Preface(idle)
	f := lab.Preface(slow)
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for _, kv := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/machine/map"}, {"content-length", "1000"}} {
		enc.WriteField(hpack.HeaderField{Name: kv[0], Value: kv[1]})
	}
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b.Bytes(), EndHeaders: true})
	conns = append(conns, silent, half, up, mute, idle, slow)
	start := time.Now()
	for i, c := range conns {
		w.Ends(c, names[i], max(time.Until(start.Add(limit)), time.Second))
	}
	w.unharmed("stalled connections")
	if w.stream.Err() != nil {
		t.Errorf("a good stream was dropped too: %v", w.stream.Err())
	}
}

// Whoever asks for logins without end gets no more than their share of room.
func TestManyPendingLogins(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	d := w.NewDevice("flood")
	for range 1100 {
		d.Node = key.NewNode()
		if rr := d.Register(d.RegisterRequest("")); rr.AuthURL == "" {
			t.Fatalf("it is told %+v", rr)
		}
	}
	if n := w.Count("logins"); n > 1024 {
		t.Errorf("%d logins wait", n)
	}
	w.unharmed("a flood of logins")
	late := w.NewDevice("late")
	where := late.Register(late.RegisterRequest("")).AuthURL
	accept(t, w.Server, where, "alice")
	done(t, followUp(late, where))
}

// Many connections that only take up room do not shut others out.
func TestManyIdleConnections(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	for range 300 {
		w.DialNotifier()
	}
	w.unharmed("300 connections")
}

// WebSocket with the wrong things in it.
func TestBadWebSockets(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	_, header := w.Hello(uint16(tailcfg.CurrentCapabilityVersion))
	where := func(handshake string) string {
		return "ws" + strings.TrimPrefix(w.URL, "http") + "/ts2021?" + url.Values{"X-Tailscale-Handshake": {handshake}}.Encode()
	}
	const proto = "tailscale-control-protocol"
	dial := func(handshake string, protocols ...string) *websocket.Conn {
		ctx, cancel := lab.Context()
		defer cancel()
		ws, _, err := websocket.Dial(ctx, where(handshake), &websocket.DialOptions{Subprotocols: protocols})
		if err != nil {
			return nil // refused before the switch: as good
		}
		t.Cleanup(func() { ws.CloseNow() })
		return ws
	}
	ends := func(name string, ws *websocket.Conn) {
		t.Helper()
		if ws == nil {
			return
		}
		ctx, cancel := lab.Context()
		defer cancel()
		for {
			if _, _, err := ws.Read(ctx); err != nil {
				if ctx.Err() != nil {
					t.Errorf("%s: still open after %v", name, lab.Patience)
				}
				return
			}
		}
	}
	ends("no handshake", dial("", proto))
	ends("a bad handshake", dial(base64.StdEncoding.EncodeToString(random(101)), proto))
	ends("no subprotocol", dial(header))
	ends("another subprotocol", dial(header, "chat"))
	w.unharmed("bad WebSocket handshakes")

	ctx, cancel := lab.Context()
	defer cancel()
	if ws := dial(header, proto); ws != nil {
		ws.Write(ctx, websocket.MessageText, []byte("hello"))
		ends("text", ws)
	}
	if ws := dial(header, proto); ws != nil {
		ws.Write(ctx, websocket.MessageBinary, random(1<<20))
		ends("garbage", ws)
	}
	w.unharmed("bad WebSocket messages")
	for name, frame := range map[string][]byte{
		"an unmasked frame":   {0x82, 3, 1, 2, 3},
		"a huge frame":        append(binary.BigEndian.AppendUint64([]byte{0x82, 0xff}, 1<<62), random(1000)...),
		"a reserved opcode":   {0x8f, 0x80, 0, 0, 0, 0},
		"a long ping":         append([]byte{0x89, 0xfe, 0x02, 0x00, 0, 0, 0, 0}, random(512)...),
		"a lone continuation": {0x80, 0x80, 0, 0, 0, 0},
		"an empty close":      {0x88, 0x80, 0, 0, 0, 0},
	} {
		conn := w.rawWebSocket(where(header))
		conn.Write(frame)
		w.Ends(conn, name, 20*time.Second)
	}
	w.unharmed("bad WebSocket frames")
}

// rawWebSocket switches to WebSocket by hand, so that any bytes can follow.
func (w *siege) rawWebSocket(where string) net.Conn {
	w.T.Helper()
	conn := w.DialNotifier()
	u, err := url.Parse(where)
	if err != nil {
		w.T.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n"+
		"Sec-WebSocket-Protocol: tailscale-control-protocol\r\n\r\n", u.RequestURI())
	return conn
}

// The web side is as open to the world as the notifier's.
func TestGarbageToWebWorkers(t *testing.T) {
	t.Parallel()
	w := newSiege(t)
	for _, path := range []string{
		"/" + strings.Repeat("a", 7000), "/%00", "/%ff%fe", "/..%2f..%2fetc/passwd", "/register/%2e%2e/x", "//", "/?" + strings.Repeat("x", 7000),
		"/register/hskey-authreq-<script>alert(1)</script>", "/apple/%0d%0aSet-Cookie:x", "/key?v=99999999999999999999999", "/key?v=-1", "/key?v=142&v=1",
	} {
		res, err := http.Get(w.URL + path)
		if err != nil {
			t.Errorf("%.50s: %v", path, err)
			continue
		}
		res.Body.Close()
		if res.StatusCode >= 500 || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%.50s: HTTP %d, %v", path, res.StatusCode, res.Header)
		}
	}
	w.unharmed("odd paths")
	for _, body := range []string{strings.Repeat("[", 4000), "null", "{}", `{"NodePublic":5}`, `{"NodePublic":"nodekey:xx"}`, string(random(4000))} {
		res, err := http.Post(w.URL+"/verify", "application/json", strings.NewReader(body))
		if err != nil {
			t.Errorf("/verify: %v", err)
			continue
		}
		res.Body.Close()
		if res.StatusCode >= 500 {
			t.Errorf("/verify with %.20q: HTTP %d", body, res.StatusCode)
		}
	}
	w.unharmed("odd bodies")
}
