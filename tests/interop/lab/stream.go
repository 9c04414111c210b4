package lab

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"tailscale.com/tailcfg"
)

// messageMax is the longest message that a stream takes, on the wire.
const messageMax = 64 << 20

// Message is one message of a stream.
type Message struct {
	At     time.Time
	OnWire int    // bytes, without the length in front
	JSON   []byte // decompressed
	Map    *tailcfg.MapResponse
}

// Stream is a streaming map request of a Device.
type Stream struct {
	t      *testing.T
	name   string
	dev    *Device
	cancel context.CancelFunc
	follow bool // ask again when the server ends the stream
	check  validator

	mu   sync.Mutex
	view View
	msgs []Message
	err  error // why it ended, nil while it runs
	done chan struct{}
}

// Stream opens a streaming map request.  What arrives is checked all the time;
// a message that a client would stumble over fails the test.
func (d *Device) Stream(edit ...func(*tailcfg.MapRequest)) *Stream {
	d.t.Helper()
	return d.stream(false, edit...)
}

// Follow is a stream that asks again when the server ends it, as the real
// client does: that is how a server makes it start afresh.
func (d *Device) Follow() *Stream {
	d.t.Helper()
	return d.stream(true).up()
}

func (d *Device) stream(follow bool, edit ...func(*tailcfg.MapRequest)) *Stream {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	st := &Stream{t: d.t, name: d.Host.Hostname, dev: d, cancel: cancel, follow: follow, done: make(chan struct{})}
	st.check.router = d.Router
	res, err := d.openMap(ctx, edit...)
	if err != nil {
		cancel()
		d.t.Fatalf("%s: stream: %v", st.name, err)
	}
	go st.read(ctx, res.Body)
	d.t.Cleanup(func() {
		st.Cancel()
		st.dump()
	})
	return st
}

// dump prints the last messages if the test has failed.
func (st *Stream) dump() {
	if !st.t.Failed() {
		return
	}
	const most = 6
	for i, m := range st.msgs {
		if i >= len(st.msgs)-most {
			st.t.Logf("---- %s, message %d of %d at %s: %s", st.name, i+1, len(st.msgs), m.At.Format("15:04:05.000"), clip(m.JSON))
		}
	}
	st.t.Logf("---- %s ended: %v", st.name, st.err)
}

func (d *Device) openMap(ctx context.Context, edit ...func(*tailcfg.MapRequest)) (*http.Response, error) {
	req := d.MapRequest()
	req.Stream = true
	for _, e := range edit {
		e(req)
	}
	body, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	res, err := d.Request(ctx, "POST", "/machine/map", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != 200 {
		defer res.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return nil, fmt.Errorf("HTTP %d: %s", res.StatusCode, text)
	}
	return res, nil
}

// TryStream reports the error of a stream that the server may refuse.
func (d *Device) TryStream() error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	res, err := d.openMap(ctx)
	if err == nil {
		res.Body.Close()
	}
	return err
}

// OneShot asks for one whole map without a stream and returns the messages
// that came before the end of the answer.
func (d *Device) OneShot(edit ...func(*tailcfg.MapRequest)) []Message {
	d.t.Helper()
	edit = append([]func(*tailcfg.MapRequest){func(r *tailcfg.MapRequest) { r.Stream = false }}, edit...)
	st := d.Stream(edit...)
	select {
	case <-st.done:
	case <-time.After(Patience):
		d.t.Fatalf("%s: the answer to a one-shot request does not end", st.name)
	}
	if st.err != io.EOF {
		d.t.Fatalf("%s: one-shot: %v", st.name, st.err)
	}
	return st.msgs
}

func (st *Stream) read(ctx context.Context, body io.ReadCloser) {
	defer close(st.done)
	for {
		err := st.readAnswer(body)
		body.Close()
		if st.follow && err == io.EOF {
			var res *http.Response
			if res, err = st.dev.openMap(ctx); err == nil {
				body = res.Body
				st.mu.Lock()
				st.view, st.check = View{}, validator{router: st.dev.Router}
				st.mu.Unlock()
				continue
			}
		}
		st.mu.Lock()
		st.err = err
		st.mu.Unlock()
		return
	}
}

// readAnswer takes in the messages of one answer and says why it ended.
func (st *Stream) readAnswer(body io.Reader) error {
	for {
		m, err := readMessage(body, st.dev.Plain)
		if err != nil {
			return err
		}
		st.mu.Lock()
		for _, complaint := range st.check.message(&st.view, m) {
			st.t.Errorf("%s, message %d: %s\n%s", st.name, len(st.msgs)+1, complaint, clip(m.JSON))
		}
		st.msgs = append(st.msgs, *m.Message)
		st.view.apply(m.Map)
		st.mu.Unlock()
	}
}

// rawMessage is the frame as it was on the wire, kept for the validator.
type rawMessage struct {
	*Message
	wire []byte
}

func readMessage(r io.Reader, plain bool) (*rawMessage, error) {
	var size uint32
	if err := binary.Read(r, binary.LittleEndian, &size); err != nil {
		return nil, err
	}
	if size == 0 || size > messageMax {
		return nil, fmt.Errorf("message of %d bytes", size)
	}
	wire := make([]byte, size)
	if _, err := io.ReadFull(r, wire); err != nil {
		return nil, fmt.Errorf("message cut short: %w", err)
	}
	m := &rawMessage{&Message{At: time.Now(), OnWire: len(wire), JSON: wire}, wire}
	if !plain {
		var err error
		if m.JSON, err = unzstd(wire); err != nil {
			return nil, err
		}
	}
	return m, nil
}

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	return d
})

func unzstd(b []byte) ([]byte, error) { return decoder().DecodeAll(b, nil) }

// Cancel ends the stream as a client does that has no more use for it.
func (st *Stream) Cancel() {
	st.cancel()
	<-st.done
}

// Done is closed when the stream has ended.
func (st *Stream) Done() <-chan struct{} { return st.done }

// Err is why the stream ended; nil while it runs.
func (st *Stream) Err() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.err
}

// up waits for the first map.
func (st *Stream) up() *Stream {
	st.t.Helper()
	st.Wait("the first map", func(v *View) error {
		if v.Self == nil {
			return fmt.Errorf("no Node yet")
		}
		return nil
	})
	return st
}

// Ended waits for the server to end the stream in good order.
func (st *Stream) Ended() {
	st.t.Helper()
	select {
	case <-st.done:
	case <-time.After(Patience):
		st.t.Fatalf("%s: the server does not end the stream", st.name)
	}
	if st.err != io.EOF {
		st.t.Fatalf("%s: the stream ended with %v, want END_STREAM", st.name, st.err)
	}
}

// Messages is what has come so far.
func (st *Stream) Messages() []Message {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.msgs)
}

// Mark is a place in the stream, for Since.
func (st *Stream) Mark() int { return len(st.Messages()) }

// Since is what has come after a mark, keep-alives left out.
func (st *Stream) Since(mark int) (out []Message) {
	for _, m := range st.Messages()[mark:] {
		if !m.Map.KeepAlive {
			out = append(out, m)
		}
	}
	return out
}

// View runs a look at what the client knows now.
func (st *Stream) View(look func(*View) error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return look(&st.view)
}

// Wait waits until the client's view is as wanted.
func (st *Stream) Wait(what string, look func(*View) error) {
	st.t.Helper()
	st.WaitWithin(Patience, what, look)
}

// WaitWithin is Wait with a limit of its own.
func (st *Stream) WaitWithin(limit time.Duration, what string, look func(*View) error) {
	st.t.Helper()
	Within(st.t, limit, st.name+" knows: "+what, func() error {
		if err := st.View(look); err != nil {
			if end := st.Err(); end != nil {
				st.t.Fatalf("%s: the stream ended (%v) before it knew: %s: %v", st.name, end, what, err)
			}
			return err
		}
		return nil
	})
}

// View is what a client makes of the messages of one stream.
type View struct {
	Self     *tailcfg.Node
	Peers    map[tailcfg.NodeID]*tailcfg.Node
	Profiles map[tailcfg.UserID]tailcfg.UserProfile
	DNS      *tailcfg.DNSConfig
	DERP     *tailcfg.DERPMap
	Domain   string
	Filters  map[string][]tailcfg.FilterRule
	Debug    *tailcfg.Debug
}

// Peer finds a peer by its name without suffix.
func (v *View) Peer(name string) *tailcfg.Node {
	for _, p := range v.Peers {
		if p.Name == name+"."+BaseDomain+"." {
			return p
		}
	}
	return nil
}

// PeerBy finds the peer that a device is, whatever it is called.
func (v *View) PeerBy(d *Device) *tailcfg.Node {
	for _, p := range v.Peers {
		if p.Machine == d.Machine.Public() && p.Key == d.Node.Public() {
			return p
		}
	}
	return nil
}

// Names lists the first labels of all peers, sorted.
func (v *View) Names() (out []string) {
	for _, p := range v.Peers {
		label, _, _ := bytes.Cut([]byte(p.Name), []byte("."))
		out = append(out, string(label))
	}
	slices.Sort(out)
	return out
}

// apply does to the view what the client does, in the client's order.
func (v *View) apply(m *tailcfg.MapResponse) {
	if m.KeepAlive {
		return
	}
	if v.Peers == nil {
		v.Peers = map[tailcfg.NodeID]*tailcfg.Node{}
		v.Profiles = map[tailcfg.UserID]tailcfg.UserProfile{}
		v.Filters = map[string][]tailcfg.FilterRule{}
	}
	for _, u := range m.UserProfiles {
		v.Profiles[u.ID] = u
	}
	if m.Node != nil {
		v.Self = m.Node
	}
	if m.DNSConfig != nil {
		v.DNS = m.DNSConfig
	}
	if m.DERPMap != nil {
		v.DERP = m.DERPMap
	}
	if m.Domain != "" {
		v.Domain = m.Domain
	}
	if m.Debug != nil {
		v.Debug = m.Debug
	}
	if m.PacketFilter != nil {
		v.Filters["base"] = m.PacketFilter
	}
	maps.Copy(v.Filters, m.PacketFilters)
	v.applyPeers(m)
}

func (v *View) applyPeers(m *tailcfg.MapResponse) {
	if len(m.Peers) > 0 {
		clear(v.Peers)
		for _, p := range m.Peers {
			v.Peers[p.ID] = p
		}
		return
	}
	for _, id := range m.PeersRemoved {
		delete(v.Peers, id)
	}
	for _, p := range m.PeersChanged {
		v.Peers[p.ID] = p
	}
	for id, seen := range m.PeerSeenChange {
		if p := v.Peers[id]; p != nil && seen {
			now := time.Now()
			p.LastSeen = &now
		}
	}
	for id, online := range m.OnlineChange {
		if p := v.Peers[id]; p != nil {
			p.Online = &online
		}
	}
	for _, c := range m.PeersChangedPatch {
		if p := v.Peers[c.NodeID]; p != nil {
			patch(p, c)
		}
	}
}

func patch(p *tailcfg.Node, c *tailcfg.PeerChange) {
	if c.DERPRegion != 0 {
		p.HomeDERP = c.DERPRegion
	}
	if c.Cap != 0 {
		p.Cap = c.Cap
	}
	if c.CapMap != nil {
		p.CapMap = c.CapMap
	}
	if c.Endpoints != nil {
		p.Endpoints = c.Endpoints
	}
	if c.Key != nil {
		p.Key = *c.Key
	}
	if c.KeySignature != nil {
		p.KeySignature = c.KeySignature
	}
	if c.DiscoKey != nil {
		p.DiscoKey = *c.DiscoKey
	}
	if c.Online != nil {
		p.Online = c.Online
	}
	if c.LastSeen != nil {
		p.LastSeen = c.LastSeen
	}
	if c.KeyExpiry != nil {
		p.KeyExpiry = *c.KeyExpiry
	}
}

func clip(b []byte) []byte {
	const most = 1000
	if len(b) > most {
		return append(slices.Clone(b[:most]), "…"...)
	}
	return b
}
