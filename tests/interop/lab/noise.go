package lab

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"
	"tailscale.com/control/controlbase"
	"tailscale.com/net/wsconn"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// throwaway is the machine key of connections that are about nothing but themselves.
var throwaway = key.NewMachine()

const (
	protocolName    = "tailscale-control-protocol"
	handshakeHeader = "X-Tailscale-Handshake"
)

// dialTimeout bounds one connection attempt.
const dialTimeout = 30 * time.Second

// ServerKey asks the server for its public key.
func (s *Server) ServerKey() (k key.MachinePublic, err error) {
	res, err := s.HTTP.Get(fmt.Sprintf("%s/key?v=%d", s.URL, tailcfg.CurrentCapabilityVersion))
	if err != nil {
		return k, err
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		return k, fmt.Errorf("/key: %s", res.Status)
	}
	var keys tailcfg.OverTLSPublicKeyResponse
	if err := json.NewDecoder(res.Body).Decode(&keys); err != nil {
		return k, err
	}
	if keys.PublicKey.IsZero() {
		return k, errors.New("/key: no publicKey")
	}
	return keys.PublicKey, nil
}

// dialer opens a Noise session with the server.
type dialer func(s *Server, machine key.MachinePrivate, version uint16) (*controlbase.Conn, error)

// over makes a dialer of a way to carry the first Noise message, as base64.
func over(carry func(s *Server, hello string) (net.Conn, error)) dialer {
	return func(s *Server, machine key.MachinePrivate, version uint16) (*controlbase.Conn, error) {
		control, err := s.ServerKey()
		if err != nil {
			return nil, err
		}
		hello, finish, err := controlbase.ClientDeferred(machine, control, version)
		if err != nil {
			return nil, err
		}
		conn, err := carry(s, base64.StdEncoding.EncodeToString(hello))
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
		defer cancel()
		session, err := finish(ctx, conn)
		if err != nil {
			conn.Close()
			return nil, err
		}
		return session, nil
	}
}

var (
	dialUpgrade   = over((*Server).Upgrade)   // native clients
	dialWebSocket = over((*Server).webSocket) // clients in a browser
	dialSCGI      = over((*Server).scgi)      // any client, through nginx's scgi_pass
)

// dialWeb connects to the web server and says by which name it is known.
func (s *Server) dialWeb() (conn net.Conn, host string, err error) {
	if s.tls == nil {
		conn, err = net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.port), dialTimeout)
		return conn, fmt.Sprintf("localhost:%d", s.port), err
	}
	host = strings.TrimPrefix(s.URL, "https://")
	name, port, _ := strings.Cut(host, ":")
	config := s.tls.Clone()
	config.ServerName = name
	where := net.JoinHostPort(cmp.Or(s.ip, name), port)
	conn, err = tls.DialWithDialer(&net.Dialer{Timeout: dialTimeout}, "tcp", where, config)
	return conn, host, err
}

// Upgrade posts to /ts2021 with that handshake and returns the connection
// once the server has switched protocols.
func (s *Server) Upgrade(handshake string) (net.Conn, error) {
	conn, host, err := s.dialWeb()
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(dialTimeout))
	fmt.Fprintf(conn, "POST /ts2021 HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n"+
		"Connection: upgrade\r\nUpgrade: %s\r\n%s: %s\r\n\r\n", host, protocolName, handshakeHeader, handshake)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err == nil && (res.StatusCode != 101 || res.Header.Get("Upgrade") != protocolName) {
		err = fmt.Errorf("POST /ts2021: %s, Upgrade: %q", res.Status, res.Header.Get("Upgrade"))
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return &bufferedConn{conn, r}, nil
}

// webSocket switches to WebSocket, which a client in a browser has to.
func (s *Server) webSocket(handshake string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	query := url.Values{handshakeHeader: {handshake}}
	where := fmt.Sprintf("ws://127.0.0.1:%d/ts2021?%s", s.port, query.Encode())
	if s.tls != nil {
		where = "wss" + strings.TrimPrefix(s.URL, "https") + "/ts2021?" + query.Encode()
	}
	ws, _, err := websocket.Dial(ctx, where, &websocket.DialOptions{
		HTTPClient: s.HTTP, Subprotocols: []string{protocolName}})
	if err != nil {
		return nil, err
	}
	if ws.Subprotocol() != protocolName {
		ws.CloseNow()
		return nil, fmt.Errorf("subprotocol %q", ws.Subprotocol())
	}
	return wsconn.NetConn(context.Background(), ws, websocket.MessageBinary, where), nil
}

// scgi does what a web server does that passes /ts2021 on by SCGI.
func (s *Server) scgi(handshake string) (net.Conn, error) {
	conn, err := net.DialTimeout("unix", s.path("run/notifier.sock"), dialTimeout)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(dialTimeout))
	head := strings.Join([]string{
		"CONTENT_LENGTH", "0", "SCGI", "1", "REQUEST_METHOD", "POST", "REQUEST_URI", "/ts2021",
		"SERVER_PROTOCOL", "HTTP/1.1", "REMOTE_ADDR", "192.0.2.1", "HTTP_HOST", "x", "HTTP_CONNECTION", "upgrade",
		"HTTP_UPGRADE", protocolName, "HTTP_X_TAILSCALE_HANDSHAKE", handshake, "",
	}, "\x00")
	fmt.Fprintf(conn, "%d:%s,", len(head), head)
	r := bufio.NewReader(conn)
	fields, err := textproto.NewReader(r).ReadMIMEHeader()
	if err == nil && (!strings.HasPrefix(fields.Get("Status"), "101") || fields.Get("Upgrade") != protocolName) {
		err = fmt.Errorf("SCGI answer %v", fields)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return &bufferedConn{conn, r}, nil
}

// bufferedConn is a connection whose first bytes were read ahead.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
