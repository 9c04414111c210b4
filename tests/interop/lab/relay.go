package lab

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stun"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
	"tailscale.com/types/logger"
)

// RelayRegion is the number of the only DERP region.
const RelayRegion = 900

// derpRelay is a DERP and STUN server of this process.  A client without a
// relay never gets past "Starting", so that there must be one although all
// traffic here goes directly.  One serves all tests: it has no state that
// could connect them.
type derpRelay struct {
	derp *derpserver.Server
	http *httptest.Server
	stun net.PacketConn
	ip   string
}

var theRelay struct {
	sync.Mutex
	*derpRelay
}

func relay() *derpRelay {
	theRelay.Lock()
	defer theRelay.Unlock()
	if theRelay.derpRelay == nil {
		theRelay.derpRelay = newRelay("127.0.0.1")
	}
	return theRelay.derpRelay
}

func closeRelay() {
	theRelay.Lock()
	defer theRelay.Unlock()
	if r := theRelay.derpRelay; r != nil {
		r.close()
	}
}

func (r *derpRelay) close() {
	r.http.CloseClientConnections()
	r.http.Close()
	r.derp.Close()
	r.stun.Close()
}

// newRelay listens on an address of the machine on which it is called.
func newRelay(ip string) *derpRelay {
	r := &derpRelay{derp: derpserver.New(key.NewNode(), logger.Discard), ip: ip}
	r.http = httptest.NewUnstartedServer(derpserver.Handler(r.derp))
	r.http.Config.ErrorLog = logger.StdLogger(logger.Discard)
	r.http.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	r.http.Listener.Close()
	ln, err := net.Listen("tcp4", ip+":0")
	if err != nil {
		panic(err)
	}
	r.http.Listener = ln
	r.http.StartTLS()
	pc, err := net.ListenPacket("udp4", ip+":0")
	if err != nil {
		panic(err)
	}
	r.stun = pc
	go r.serveSTUN()
	return r
}

// serveSTUN answers binding requests until the socket is closed.
func (r *derpRelay) serveSTUN() {
	var buf [1 << 10]byte
	for {
		n, addr, err := r.stun.ReadFrom(buf[:])
		if err != nil {
			return
		}
		if tx, err := stun.ParseBindingRequest(buf[:n]); err == nil {
			r.stun.WriteTo(stun.Response(tx, addr.(*net.UDPAddr).AddrPort()), addr)
		}
	}
}

func (r *derpRelay) derpMap() *tailcfg.DERPMap {
	return &tailcfg.DERPMap{Regions: map[int]*tailcfg.DERPRegion{RelayRegion: {
		RegionID: RelayRegion, RegionCode: "lab", RegionName: "Lab",
		Nodes: []*tailcfg.DERPNode{{
			Name: "900a", RegionID: RelayRegion, HostName: r.ip,
			IPv4: r.ip, IPv6: "none", STUNTestIP: r.ip,
			DERPPort:         r.http.Listener.Addr().(*net.TCPAddr).Port,
			STUNPort:         r.stun.LocalAddr().(*net.UDPAddr).Port,
			InsecureForTests: true,
		}},
	}}}
}

// DERPMap is the map that every server here starts with.
func DERPMap() *tailcfg.DERPMap { return relay().derpMap() }
