package lab

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
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
const dialTimeout = 10 * time.Second

// ServerKey asks the server for its public key.
func (s *Server) ServerKey() (k key.MachinePublic, err error) {
	res, err := http.Get(fmt.Sprintf("%s/key?v=%d", s.URL, tailcfg.CurrentCapabilityVersion))
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

// dialUpgrade goes the way of native clients: POST with an Upgrade header.
func dialUpgrade(s *Server, machine key.MachinePrivate, version uint16) (*controlbase.Conn, error) {
	control, err := s.ServerKey()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	hello, finish, err := controlbase.ClientDeferred(machine, control, version)
	if err != nil {
		return nil, err
	}
	conn, err := s.Upgrade(base64.StdEncoding.EncodeToString(hello))
	if err != nil {
		return nil, err
	}
	session, err := finish(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return session, nil
}

// Upgrade posts to /ts2021 with that handshake and returns the connection
// once the server has switched protocols.
func (s *Server) Upgrade(handshake string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.port), dialTimeout)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(dialTimeout))
	fmt.Fprintf(conn, "POST /ts2021 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 0\r\n"+
		"Connection: upgrade\r\nUpgrade: %s\r\n%s: %s\r\n\r\n", s.port, protocolName, handshakeHeader, handshake)
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

// dialWebSocket goes the way of clients in a browser.
func dialWebSocket(s *Server, machine key.MachinePrivate, version uint16) (*controlbase.Conn, error) {
	control, err := s.ServerKey()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	hello, finish, err := controlbase.ClientDeferred(machine, control, version)
	if err != nil {
		return nil, err
	}
	query := url.Values{handshakeHeader: {base64.StdEncoding.EncodeToString(hello)}}
	where := fmt.Sprintf("ws://127.0.0.1:%d/ts2021?%s", s.port, query.Encode())
	ws, _, err := websocket.Dial(ctx, where, &websocket.DialOptions{Subprotocols: []string{protocolName}})
	if err != nil {
		return nil, err
	}
	if ws.Subprotocol() != protocolName {
		ws.CloseNow()
		return nil, fmt.Errorf("subprotocol %q", ws.Subprotocol())
	}
	conn := wsconn.NetConn(context.Background(), ws, websocket.MessageBinary, where)
	session, err := finish(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return session, nil
}

// bufferedConn is a connection whose first bytes were read ahead.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }
