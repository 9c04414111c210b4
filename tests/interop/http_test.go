package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"headrace/tests/interop/lab"
)

// The routes that the world sees, through the web server.
func TestPublicRoutes(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	var keys map[string]string
	for _, c := range []struct {
		method, path, body string
		status             int
		ctype, contains    string
	}{
		{"GET", "/health", "", 200, "application/health+json; charset=utf-8", `"pass"`},
		{"GET", "/version", "", 200, "application/json", `"version"`},
		{"GET", "/robots.txt", "", 200, "text/plain", "Disallow: /"},
		{"GET", "/", "", 200, "text/html", "<html"},
		{"GET", "/key?v=142", "", 200, "application/json", "publicKey"},
		{"GET", "/key", "", 400, "", "capability version must be set"},
		{"GET", "/key?v=x", "", 400, "", "invalid capability version"},
		{"GET", "/key?v=38", "", 200, "", ""},
		{"GET", "/apple", "", 200, "text/html", s.URL},
		{"GET", "/windows", "", 200, "text/html", s.URL},
		{"GET", "/apple/ios", "", 200, "application/x-apple-aspen-config", s.URL},
		{"GET", "/apple/macos-standalone", "", 200, "application/x-apple-aspen-config", "macsys"},
		{"GET", "/apple/linux", "", 400, "", "platform must be ios, macos-app-store or macos-standalone"},
		{"GET", "/nonsense", "", 404, "", "404 page not found"},
		{"POST", "/health", "", 405, "", ""},
		{"POST", "/verify", `{"NodePublic":"nodekey:` + strings.Repeat("0", 63) + `1"}`, 200, "application/json", `"Allow":false`},
		{"POST", "/verify", `nonsense`, 400, "", "invalid JSON"},
		{"POST", "/verify", strings.Repeat(" ", 5000), 413, "", ""},
		{"GET", "/ts2021", "", 0, "", ""},
		{"POST", "/ts2021", "", 0, "", ""},
	} {
		req, err := http.NewRequest(c.method, s.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if c.status == 0 && res.StatusCode < 400 || c.status != 0 && res.StatusCode != c.status ||
			!strings.Contains(string(body), c.contains) || !strings.HasPrefix(res.Header.Get("Content-Type"), c.ctype) {
			t.Errorf("%s %s: HTTP %d, %s: %q", c.method, c.path, res.StatusCode, res.Header.Get("Content-Type"), clip(body))
		}
		if c.path != "/ts2021" && (res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s %s lacks the security headers: %v", c.method, c.path, res.Header)
		}
		if c.path == "/key?v=142" {
			json.Unmarshal(body, &keys)
		}
	}
	if !strings.HasPrefix(keys["publicKey"], "mkey:") || keys["legacyPublicKey"] != "mkey:"+strings.Repeat("0", 64) {
		t.Errorf("/key says %v", keys)
	}
	// A relay asks whether it may serve a node.
	d := s.NewDevice("known").Join(s.Key())
	res, err := http.Post(s.URL+"/verify", "application/json",
		strings.NewReader(fmt.Sprintf(`{"NodePublic":%q,"Source":"127.0.0.1"}`, d.Node.Public())))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); strings.TrimSpace(string(body)) != `{"Allow":true}` {
		t.Errorf("/verify says %s of a known node", body)
	}
}

// The keys that a server has are kept: clients trust no other.
func TestServerKeyStays(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	before, err := s.ServerKey()
	lab.Must(t, before, err)
	s.Stop()
	s.Start()
	after, err := s.ServerKey()
	if lab.Must(t, after, err) != before {
		t.Error("the server's key changed at a restart")
	}
}

// Tables that are not ours stay as they are, and disturb nothing.
func TestForeignTables(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	s.SQL("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER); INSERT INTO _litestream_seq VALUES (1, 7)")
	s.Stop()
	s.Start()
	if got := s.SQL("SELECT seq FROM _litestream_seq"); got != "7" {
		t.Errorf("the foreign table holds %q", got)
	}
	s.NewDevice("box").Join(s.Key()).Online()
	if views := s.SQL("SELECT name, state, user FROM show_nodes"); views != "box|online|alice" {
		t.Errorf("show_nodes shows %s", views)
	}
}

// Secrets never reach a log.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	d := s.NewDevice("box").Join(k)
	d.Online()
	bad := s.NewDevice("bad")
	bad.Refused(bad.RegisterRequest(k[:len(k)-1]+"0"), "")
	log := s.Head.Log() + s.Web.Log()
	secret := k[strings.LastIndexByte(k, '-')+1:]
	if strings.Contains(log, secret[:40]) {
		t.Error("an auth key is in the log")
	}
	for _, full := range []string{d.Node.Public().String(), d.Machine.Public().String()} {
		if strings.Contains(log, full) {
			t.Errorf("%s is in the log in full", full[:12])
		}
	}
}
