package interop

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// What the first message says of the node, its peers and the tailnet.
func TestFirstMessage(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	d := s.NewDevice("here").Join(k)
	far := s.NewDevice("far").Join(k)
	far.Lite("192.0.2.1:1000", "[2001:db8::1]:1000")
	st := d.Online()
	first := st.Messages()[0]
	if first.Map.KeepAlive {
		t.Fatal("the first message is a keep-alive")
	}
	m := first.Map
	if m.Node.Key != d.Node.Public() || m.Node.Machine != d.Machine.Public() || !m.Node.MachineAuthorized ||
		m.Node.Name != "here."+lab.BaseDomain+"." || len(m.Node.Addresses) != 2 || m.Node.ID != d.ID() {
		t.Errorf("Node is %+v", m.Node)
	}
	for _, c := range []tailcfg.NodeCapability{tailcfg.CapabilitySSH, tailcfg.CapabilityFileSharing} {
		if _, ok := m.Node.CapMap[c]; !ok {
			t.Errorf("the node lacks %s", c)
		}
	}
	if m.Domain != "127.0.0.1" && m.Domain != lab.BaseDomain {
		t.Errorf("Domain is %q", m.Domain)
	}
	if r := m.DERPMap.Regions[lab.RelayRegion]; r == nil || !r.Nodes[0].InsecureForTests {
		t.Errorf("DERPMap is %+v", m.DERPMap)
	}
	if m.Debug == nil || !m.Debug.DisableLogTail {
		t.Error("clients are not kept from uploading logs")
	}
	if v, set := m.CollectServices.Get(); v || !set {
		t.Error("CollectServices is not off")
	}
	p := m.Peers[0]
	if len(m.Peers) != 1 || p.Key != far.Node.Public() || p.HomeDERP != lab.RelayRegion || len(p.Endpoints) != 2 ||
		*p.Online || p.DiscoKey != far.Disco || p.Cap != tailcfg.CurrentCapabilityVersion {
		t.Errorf("Peers are %s", first.JSON)
	}
	if hi := p.Hostinfo; hi.Hostname() != "far" || hi.OS() != "linux" || hi.Services().Len() == 0 || hi.NetInfo().Valid() {
		t.Errorf("the peer's Hostinfo is %+v", hi)
	}
	if strings.Contains(string(first.JSON), `"Node":{"Addresses":null`) {
		t.Error("null Addresses")
	}
}

// The first message without compression says the same.
func TestPlainStream(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	d := s.NewDevice("plain").Join(k)
	d.Plain = true
	other := s.NewDevice("other").Join(k)
	st := d.Online()
	st.Wait("its peer", present("other"))
	other.Online()
	st.Wait("its peer online", online("other", true))
	st.WaitWithin(3*lab.KeepAlive, "a keep-alive", func(*lab.View) error { return nil })
}

// A request without a stream gets one whole map and the end.
func TestOneShotMap(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	d := s.NewDevice("once").Join(k)
	s.NewDevice("other").Join(k)
	msgs := d.OneShot()
	if len(msgs) != 1 || msgs[0].Map.Node == nil || len(msgs[0].Map.Peers) != 1 {
		t.Errorf("a one-shot request gets %d messages", len(msgs))
	}
	if got := s.Column("online", "once"); got != "0" {
		t.Error("a one-shot request counts as a stream")
	}
	// Read only: nothing that it says is stored.
	msgs = d.OneShot(func(r *tailcfg.MapRequest) {
		r.ReadOnly = true
		hi := *r.Hostinfo
		hi.Hostname = "changed"
		r.Hostinfo = &hi
	})
	if len(msgs) != 1 || msgs[0].Map.Node == nil {
		t.Errorf("a read-only request gets %d messages", len(msgs))
	}
	if got := s.SQL("SELECT count(*) FROM nodes WHERE hostname = 'changed'"); got != "0" {
		t.Error("a read-only request changed the hostname")
	}
}

// A small update is answered with nothing, leaves the stream alone and reaches
// the peers as the cheapest form.
func TestEndpointUpdates(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	d := s.NewDevice("mover").Join(k)
	watch := s.NewDevice("watch").Join(k).Online()
	st := d.Online()
	watch.Wait("mover online", online("mover", true))
	mark, own := watch.Mark(), st.Mark()
	d.Lite("192.0.2.1:1111")
	watch.Wait("endpoint", endpoint("mover", "192.0.2.1:1111"))
	d.Lite("192.0.2.1:2222", "[2001:db8::2]:2222")
	watch.Wait("endpoints", endpoint("mover", "[2001:db8::2]:2222"))
	d.Host.NetInfo.PreferredDERP = 901
	d.Lite("192.0.2.1:2222", "[2001:db8::2]:2222")
	watch.Wait("home region", peer("mover", func(p *tailcfg.Node) error {
		if p.HomeDERP != 901 {
			return fmt.Errorf("HomeDERP is %d", p.HomeDERP)
		}
		return nil
	}))
	for _, m := range watch.Since(mark) {
		if len(m.Map.PeersChanged) > 0 || m.Map.Node != nil || len(m.Map.PeersChangedPatch) == 0 {
			t.Errorf("a move is told by %s", m.JSON)
		}
	}
	mark = watch.Mark()
	d.Lite("192.0.2.1:2222", "[2001:db8::2]:2222") // nothing new
	time.Sleep(500 * time.Millisecond)
	if got := watch.Since(mark); len(got) != 0 {
		t.Errorf("an update without news is told by %s", got[0].JSON)
	}
	for _, m := range st.Since(own) {
		if m.Map.Node != nil || len(m.Map.PeersChangedPatch)+len(m.Map.PeersChanged) > 0 {
			t.Errorf("the mover itself is sent %s", m.JSON)
		}
	}
	if st.Err() != nil {
		t.Errorf("an update ended the stream: %v", st.Err())
	}
	// NetInfo that is left out stays as it was; a new disco key is told.
	d.Host.NetInfo, d.Disco = nil, key.NewDisco().Public()
	d.Lite("192.0.2.1:2222", "[2001:db8::2]:2222")
	watch.Wait("the new disco key", peer("mover", func(p *tailcfg.Node) error {
		if p.DiscoKey != d.Disco || p.HomeDERP != 901 {
			return fmt.Errorf("disco %v, home %d", p.DiscoKey, p.HomeDERP)
		}
		return nil
	}))
}

// The newer of two streams of a node replaces the older; nobody sees it offline.
func TestNewerStreamReplacesOlder(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	d := s.NewDevice("twice").Join(k)
	first := d.Online()
	watch.Wait("twice online", online("twice", true))
	mark := watch.Mark()
	second := d.Online()
	first.Ended()
	// A third comes over a connection of its own, as after a lost network.
	elsewhere := d.Twin("twice")
	elsewhere.Node, elsewhere.Disco = d.Node, d.Disco
	third := elsewhere.Online()
	second.Ended()
	s.NewDevice("news").Join(k)
	third.Wait("news", present("news"))
	lab.Holds(t, lab.OfflineGrace+time.Second, "twice stays online", func() error {
		return watch.View(online("twice", true))
	})
	for _, m := range watch.Since(mark) {
		if strings.Contains(string(m.JSON), `"Online":false`) && !strings.Contains(string(m.JSON), "news") {
			t.Errorf("in between the watcher is told %s", m.JSON)
		}
	}
	d.Close() // the connection of the older streams: none of the newest's business
	lab.Holds(t, lab.OfflineGrace+time.Second, "twice stays online", func() error {
		return watch.View(online("twice", true))
	})
	if third.Err() != nil {
		t.Errorf("the newest stream ended: %v", third.Err())
	}
}

// Keep-alives come in time, and cannot be taken for anything else.
func TestKeepAlives(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	st := s.NewDevice("idle").Join(s.Key()).Online()
	var alive []lab.Message
	lab.Eventually(t, "three keep-alives", func() error {
		alive = slices.DeleteFunc(st.Messages(), func(m lab.Message) bool { return !m.Map.KeepAlive })
		if len(alive) < 3 {
			return fmt.Errorf("there are %d", len(alive))
		}
		return nil
	})
	for _, m := range alive {
		if s := strings.TrimSpace(string(m.JSON)); s != `{"KeepAlive":true}` {
			t.Errorf("a keep-alive is %s", s)
		}
	}
	// A busy machine may be late with each, but not with all by the same time.
	one, two := alive[1].At.Sub(alive[0].At), alive[2].At.Sub(alive[1].At)
	if min(one, two) > lab.KeepAlive+2*time.Second || max(one, two) > lab.KeepAlive+lab.Promptness {
		t.Errorf("keep-alives are %v and %v apart, not %v", one, two, lab.KeepAlive)
	}
}

// A node that is not there, or not any more.
func TestMapOfUnknownNode(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	stranger := s.NewDevice("stranger")
	status, body, err := stranger.Do("POST", "/machine/map", stranger.MapRequest())
	if err != nil || status != 404 || strings.TrimSpace(string(body)) != "node not found" {
		t.Errorf("a stranger's map request: HTTP %d %q %v", status, body, err)
	}
	// A deleted node is told so by the only thing its client understands.
	d := s.NewDevice("deleted").Join(k)
	st := d.Follow()
	s.Nodes("delete", "deleted", "--force")
	st.Wait("its end", self(expired))
	again := d.Stream()
	again.Wait("its end", self(expired))
	again.View(func(v *lab.View) error {
		if len(v.Peers) != 0 || v.Self.Key != d.Node.Public() {
			t.Errorf("a deleted node is shown %v", v.Names())
		}
		return nil
	})
	d.Node = key.NewNode()
	d.Join(k).Online()
}

// Deleting a node while it is online takes it from all others at once.
func TestDeleteOnlineNode(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	for _, how := range []string{"command", "shell"} {
		d := s.NewDevice(how).Join(k)
		st := d.Follow()
		watch.Wait("it", online(how, true))
		mark := watch.Mark()
		if how == "command" {
			s.Nodes("delete", how, "--force")
		} else {
			s.SQL("DELETE FROM nodes WHERE name = 'shell'")
		}
		st.WaitWithin(lab.Promptness, "its end", self(expired))
		watch.WaitWithin(lab.Promptness, "it gone", absent(how))
		removed := 0
		for _, m := range watch.Since(mark) {
			removed += len(m.Map.PeersRemoved)
		}
		if removed != 1 {
			t.Errorf("%d removals", removed)
		}
		d.Close()
		time.Sleep(lab.OfflineGrace + time.Second)
	}
	if n := s.Count("nodes"); n != 1 {
		t.Errorf("%d nodes are left", n)
	}
}

// The last peer that goes is a removal, not an empty list.
func TestLastPeerGoes(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	a := s.NewTsnet("alone", k)
	s.NewDevice("leaves").Join(k)
	a.WaitPeer("leaves", "there", nothing)
	s.Nodes("delete", "leaves", "--force")
	a.WaitNoPeer("leaves")
}

// Clients too old to be served are told which version they are.
func TestTooOldClient(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDevice("ancient")
	req := d.RegisterRequest(s.Key())
	req.Version = 112
	status, body, err := d.Do("POST", "/machine/register", req)
	told := string(body)
	if err != nil || !strings.Contains(told, "unsupported client version") || !strings.Contains(told, "112") {
		t.Errorf("registering: HTTP %d %q %v", status, told, err)
	}
	mreq := d.MapRequest()
	mreq.Version = 112
	if status, body, err := d.Do("POST", "/machine/map", mreq); err != nil || status != 400 || !strings.Contains(string(body), "112") {
		t.Errorf("asking for a map: HTTP %d %q %v", status, body, err)
	}
	d.Close()
	d.Version = 112 // now in the handshake too: refused there, or with the text above
	if status, body, err := d.Do("POST", "/machine/register", req); err == nil && !strings.Contains(string(body), "unsupported client version") {
		t.Errorf("a whole session: HTTP %d %q", status, body)
	}
	future := s.NewDevice("future")
	future.Version = 999
	future.Join(s.Key()).Online()
	if n := s.Count("nodes"); n != 1 {
		t.Errorf("there are %d nodes", n)
	}
}

// What is not served inside Noise says so, in words, and harms nothing.
func TestOtherInnerPaths(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	d := s.NewDevice("curious").Join(s.Key())
	st := d.Online()
	for _, c := range []struct{ method, path string }{
		{"GET", "/machine/whoami"}, {"POST", "/machine/set-dns"}, {"PATCH", "/machine/set-device-attr"},
		{"POST", "/machine/audit-log"}, {"POST", "/machine/id-token"}, {"POST", "/machine/feature/query"},
		{"POST", "/machine/update-health"}, {"GET", "/machine/tka/init/begin"}, {"GET", "/machine/nonsense"},
		{"POST", "/machine/webclient/wait"}, {"GET", "/internal/delta?since=0"}, {"POST", "/internal/tick"},
		{"GET", "/api/v1/node"}, {"DELETE", "/machine/map"}, {"GET", "/machine/register"},
	} {
		status, body, err := d.Do(c.method, c.path, map[string]any{"NodeKey": d.Node.Public()})
		if err != nil || status < 400 || status >= 600 || len(body) > 4096 {
			if !strings.HasPrefix(c.path, "/machine/whoami") && !strings.HasPrefix(c.path, "/machine/update-health") {
				t.Errorf("%s %s: HTTP %d %q %v", c.method, c.path, status, clip(body), err)
			}
		}
	}
	// Nor may the world reach what is inside.
	for _, path := range []string{"/machine/map", "/machine/register", "/internal/tick", "/internal/delta", "/api/v1/node"} {
		if status, _ := page(t, s.URL+path); status < 400 {
			t.Errorf("%s from outside answers %d", path, status)
		}
	}
	if st.Err() != nil {
		t.Errorf("the stream ended: %v", st.Err())
	}
}

func clip(b []byte) []byte { return b[:min(len(b), 200)] }

// Everybody converges when many come and go at once; the checks of each
// message do the rest.
func TestManyComeAndGo(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	const n = 40
	var streams []*lab.Stream
	for i := range n {
		d := s.NewDevice(fmt.Sprintf("n%02d", i)).Join(k)
		streams = append(streams, d.Online())
		d.Lite(fmt.Sprintf("192.0.2.%d:1", i+1))
	}
	for i := range n / 2 {
		switch i % 4 {
		case 0:
			s.Nodes("rename", fmt.Sprintf("n%02d", i), fmt.Sprintf("r%02d", i))
		case 1:
			s.Nodes("delete", fmt.Sprintf("n%02d", i), "--force")
		case 2:
			streams[i].Cancel()
		}
	}
	want, _ := json.Marshal(strings.Split(s.SQL("SELECT name FROM nodes ORDER BY name"), "\n"))
	for i := n / 2; i < n; i++ {
		streams[i].Wait("all names", func(v *lab.View) error {
			names := append(v.Names(), strings.TrimSuffix(v.Self.Name, "."+lab.BaseDomain+"."))
			if got := sortedJSON(names); got != string(want) {
				return fmt.Errorf("it sees %s, want %s", got, want)
			}
			rows := strings.Split(s.SQL("SELECT id, online FROM nodes"), "\n")
			for id, p := range v.Peers {
				row := fmt.Sprintf("%d|0", id)
				if *p.Online == slices.Contains(rows, row) {
					return fmt.Errorf("%s has online %v", p.Name, *p.Online)
				}
			}
			return nil
		})
	}
}
