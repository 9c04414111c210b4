package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"tailscale.com/control/ts2021"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// Device is a scripted client: it says what a test wants said and shows the
// answers as they come over the wire.
type Device struct {
	t       *testing.T
	s       *Server
	Machine key.MachinePrivate
	Node    key.NodePrivate
	Disco   key.DiscoPublic
	Host    *tailcfg.Hostinfo
	Version tailcfg.CapabilityVersion
	Plain   bool // no compression of map messages
	// Router says that the device announces routes.  Which of several routers
	// serves one is decided by each worker for itself, and one that has just
	// heard of an old decision tells it once more.
	Router bool

	dial  dialer
	http  *http.Client
	gate  sync.RWMutex // see Pause
	mu    sync.Mutex
	live  map[*ts2021.Conn]bool
	dials int
}

// NewDevice makes a device with fresh keys.
func (s *Server) NewDevice(hostname string) *Device {
	return s.deviceOver(dialUpgrade, hostname)
}

// NewBrowserDevice makes a device that connects as a client in a browser does.
func (s *Server) NewBrowserDevice(hostname string) *Device {
	return s.deviceOver(dialWebSocket, hostname)
}

// NewSCGIDevice makes a device that connects through a web server that speaks SCGI.
func (s *Server) NewSCGIDevice(hostname string) *Device {
	return s.deviceOver(dialSCGI, hostname)
}

func (s *Server) deviceOver(dial dialer, hostname string) *Device {
	d := &Device{
		t: s.T, s: s, dial: dial,
		Machine: key.NewMachine(), Node: key.NewNode(), Disco: key.NewDisco().Public(),
		Version: tailcfg.CurrentCapabilityVersion,
		Host: &tailcfg.Hostinfo{
			OS: "linux", OSVersion: "6.1", IPNVersion: "1.102.5-lab", GoArch: "amd64",
			Hostname: hostname,
			NetInfo:  &tailcfg.NetInfo{PreferredDERP: RelayRegion, WorkingUDP: "true"},
			Services: []tailcfg.Service{{Proto: tailcfg.PeerAPI4, Port: 4242}},
		},
		live: map[*ts2021.Conn]bool{},
	}
	tr := &http.Transport{Protocols: new(http.Protocols), MaxConnsPerHost: 1}
	tr.Protocols.SetUnencryptedHTTP2(true) // inside Noise, as the client has it
	tr.DialTLSContext = func(context.Context, string, string) (net.Conn, error) { return d.connect() }
	d.http = &http.Client{Transport: tr}
	s.T.Cleanup(d.Close)
	return d
}

// Twin is another login on the same machine: same machine key, its own node key.
func (d *Device) Twin(hostname string) *Device {
	twin := d.s.NewDevice(hostname)
	twin.Machine = d.Machine
	return twin
}

// Impostor has the device's node key and a machine key of its own.
func (d *Device) Impostor() *Device {
	other := d.s.NewDevice(d.Host.Hostname)
	other.Node = d.Node
	return other
}

func (d *Device) connect() (net.Conn, error) {
	session, err := d.dial(d.s, d.Machine, uint16(d.Version))
	if err != nil {
		return nil, err
	}
	var c *ts2021.Conn
	c = ts2021.NewConn(session, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.live, c)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live[c] = true
	d.dials++
	return &gatedConn{c, &d.gate}, nil
}

// Dials is how many connections the device has opened.
func (d *Device) Dials() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dials
}

// Pause makes the device read nothing more, as on a network that has stalled,
// until Resume.
func (d *Device) Pause()  { d.gate.Lock() }
func (d *Device) Resume() { d.gate.Unlock() }

type gatedConn struct {
	net.Conn
	gate *sync.RWMutex
}

func (c *gatedConn) Read(p []byte) (int, error) {
	c.gate.RLock()
	c.gate.RUnlock()
	return c.Conn.Read(p)
}

// Close cuts the device's connections as a lost network does; the next request
// opens a new one.
func (d *Device) Close() {
	d.mu.Lock()
	conns := make([]*ts2021.Conn, 0, len(d.live))
	for c := range d.live {
		conns = append(conns, c)
	}
	d.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
	d.http.CloseIdleConnections()
}

// Request sends a request inside Noise.
func (d *Device) Request(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	_, host, _ := strings.Cut(d.s.URL, "://")
	req, err := http.NewRequestWithContext(ctx, method, "https://"+host+path, body)
	if err != nil {
		return nil, err
	}
	ts2021.AddLBHeader(req, d.Node.Public())
	return d.http.Do(req)
}

// Do sends a body as JSON and returns the whole answer.
func (d *Device) Do(method, path string, body any) (status int, answer []byte, err error) {
	text, ok := body.([]byte)
	if !ok {
		if text, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	res, err := d.Request(ctx, method, path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// RegisterRequest is what the device says about itself when it logs in.
func (d *Device) RegisterRequest(authKey string) *tailcfg.RegisterRequest {
	req := &tailcfg.RegisterRequest{
		Version: d.Version, NodeKey: d.Node.Public(), Hostinfo: d.Host,
	}
	if authKey != "" {
		req.Auth = &tailcfg.RegisterResponseAuth{AuthKey: authKey}
	}
	return req
}

// TryRegister sends a request and fails only if no RegisterResponse comes back.
func (d *Device) TryRegister(req *tailcfg.RegisterRequest) (rr tailcfg.RegisterResponse, err error) {
	status, body, err := d.Do("POST", "/machine/register", req)
	if err != nil {
		return rr, err
	}
	if status != 200 {
		return rr, fmt.Errorf("register: HTTP %d: %s", status, body)
	}
	return rr, json.Unmarshal(body, &rr)
}

// Register is TryRegister for when an answer must come.
func (d *Device) Register(req *tailcfg.RegisterRequest) tailcfg.RegisterResponse {
	d.t.Helper()
	rr, err := d.TryRegister(req)
	if err != nil {
		d.t.Fatalf("%s: %v", d.Host.Hostname, err)
	}
	return rr
}

// Join registers with an auth key and requires success.
func (d *Device) Join(authKey string) *Device {
	d.t.Helper()
	rr := d.Register(d.RegisterRequest(authKey))
	if rr.Error != "" || !rr.MachineAuthorized || rr.AuthURL != "" || rr.NodeKeyExpired {
		d.t.Fatalf("%s cannot join: %+v", d.Host.Hostname, rr)
	}
	return d
}

// Refused registers and requires an error text that contains 'want'.
func (d *Device) Refused(req *tailcfg.RegisterRequest, want string) {
	d.t.Helper()
	rr := d.Register(req)
	if !strings.Contains(rr.Error, want) {
		d.t.Fatalf("%s: answer %+v, want error %q", d.Host.Hostname, rr, want)
	}
}

// MapRequest is what the device says when it polls.
func (d *Device) MapRequest() *tailcfg.MapRequest {
	req := &tailcfg.MapRequest{
		Version: d.Version, NodeKey: d.Node.Public(), DiscoKey: d.Disco, Hostinfo: d.Host,
		Compress: "zstd", KeepAlive: true,
	}
	if d.Plain {
		req.Compress = ""
	}
	return req
}

// Lite stores the device's hostinfo and these endpoints: a request for no map.
func (d *Device) Lite(endpoints ...string) {
	d.t.Helper()
	req := d.MapRequest()
	req.OmitPeers = true
	for _, ep := range endpoints {
		req.Endpoints = append(req.Endpoints, netip.MustParseAddrPort(ep))
		req.EndpointTypes = append(req.EndpointTypes, tailcfg.EndpointLocal)
	}
	status, body, err := d.Do("POST", "/machine/map", req)
	if err != nil || status != 200 || len(body) != 0 {
		d.t.Fatalf("%s: update: HTTP %d, %d bytes, %v; want 200 and none", d.Host.Hostname, status, len(body), err)
	}
}

// ID is the device's node id, 0 if the server knows none.
func (d *Device) ID() (id tailcfg.NodeID) {
	d.t.Helper()
	out := d.s.SQL("SELECT id FROM nodes WHERE node_key = '%s'", d.Node.Public())
	fmt.Sscan(out, &id)
	return id
}

// Online opens a stream and waits until the device is up.
func (d *Device) Online() *Stream {
	d.t.Helper()
	return d.Stream().up()
}
