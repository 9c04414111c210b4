package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// Node is a node as "headrace nodes list -o json" shows it.
type Node struct {
	ID     string   `json:"id"`
	Name   string   `json:"givenName"`
	Online bool     `json:"online"`
	IPs    []string `json:"ipAddresses"`
}

// User makes a user if there is none of that name and returns its id.
func (s *Server) User(name string) string {
	s.T.Helper()
	id := func() string { return s.SQL("SELECT id FROM users WHERE name = '%s'", name) }
	if id() == "" {
		s.Run("users", "create", name)
	}
	return id()
}

// Key makes an auth key of user "alice" with those flags more.
func (s *Server) Key(flags ...string) string {
	s.T.Helper()
	return s.KeyOf("alice", flags...)
}

// KeyOf makes an auth key of a user, who is made if need be.
func (s *Server) KeyOf(user string, flags ...string) string {
	s.T.Helper()
	args := append([]string{"preauthkeys", "create", "--user", s.User(user)}, flags...)
	return strings.TrimSpace(s.Run(args...))
}

// TagKey makes a reusable auth key for tagged nodes.
func (s *Server) TagKey(tags ...string) string {
	s.T.Helper()
	return strings.TrimSpace(s.Run("preauthkeys", "create", "--reusable", "--tags", strings.Join(tags, ",")))
}

// ReusableKey makes a key that any number of devices may use.
func (s *Server) ReusableKey() string {
	s.T.Helper()
	return s.Key("--reusable")
}

// NodeID is the id of the node with that name, "" if there is none.
func (s *Server) NodeID(name string) string {
	s.T.Helper()
	return s.SQL("SELECT id FROM nodes WHERE name = '%s'", name)
}

// Nodes runs "headrace nodes VERB --identifier ID ARGS…" for the node of that name.
func (s *Server) Nodes(verb, name string, args ...string) string {
	s.T.Helper()
	id := s.NodeID(name)
	if id == "" {
		s.T.Fatalf("there is no node %q", name)
	}
	return s.Run(append([]string{"nodes", verb, "--identifier", id}, args...)...)
}

// Column reads one value of one node from the database.
func (s *Server) Column(column, name string) string {
	s.T.Helper()
	return s.SQL("SELECT %s FROM nodes WHERE name = '%s'", column, name)
}

// Count counts rows: Count("nodes WHERE online = 1").
func (s *Server) Count(from string, args ...any) int {
	s.T.Helper()
	n, err := strconv.Atoi(s.SQL("SELECT count(*) FROM "+from, args...))
	if err != nil {
		s.T.Fatal(err)
	}
	return n
}

// WaitOnline waits until the database says whether a node is online.
func (s *Server) WaitOnline(name string, online bool) {
	s.T.Helper()
	want := "0"
	if online {
		want = "1"
	}
	Eventually(s.T, fmt.Sprintf("%s has online = %s", name, want), func() error {
		if got := s.Column("online", name); got != want {
			return fmt.Errorf("online = %q", got)
		}
		return nil
	})
}
