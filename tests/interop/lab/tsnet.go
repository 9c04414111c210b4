package lab

import (
	"os"

	"tailscale.com/ipn"
	"tailscale.com/tsnet"
)

// Tsnet is the client's engine inside this process: real, but cheaper than a
// process of its own.
type Tsnet struct {
	engine
	*tsnet.Server
}

// NewTsnet starts an engine that joins with an auth key, and waits for it to run.
func (s *Server) NewTsnet(name, authKey string, edit ...func(*tsnet.Server)) *Tsnet {
	s.T.Helper()
	log := newQuietLog(s.T, name)
	n := &Tsnet{Server: &tsnet.Server{
		Dir: s.path(name), Hostname: name, AuthKey: authKey, ControlURL: s.URL,
		Logf: log.Logf, UserLogf: log.Logf,
	}}
	if err := os.MkdirAll(n.Dir, 0o700); err != nil {
		s.T.Fatal(err)
	}
	for _, e := range edit {
		e(n.Server)
	}
	if err := n.Start(); err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() { n.Close() })
	lc, err := n.LocalClient()
	n.engine = engine{s.T, name, Must(s.T, lc, err)}
	n.WaitState(ipn.Running)
	return n
}
