package interop

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"headrace/tests/interop/lab"
)

// The ready files below conf/, each in each of its ways, before the web server
// that Debian has.  What docs/servers.md promises of them is what is tried here.
func TestWebServers(t *testing.T) {
	t.Parallel()
	for _, f := range []lab.Front{
		lab.Lighttpd.In("serve"), lab.Lighttpd.In("serve").Kept(), lab.Lighttpd.In("workers"), lab.Lighttpd.In("cgi"),
		lab.Apache.In("serve"), lab.Apache.In("serve").Kept(), lab.Apache.In("workers"), lab.Apache.In("cgi"),
		lab.Caddy.In("own-certificate"), lab.Caddy.In("own-certificate").Kept(),
		lab.Nginx.In("proxy"), lab.Nginx.In("proxy").Kept(), lab.Nginx.In("scgi"),
	} {
		name := f.Name + "-" + f.Ways[0]
		if f.Keeps {
			name += "-kept"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := lab.NewServerBehind(t, f, lab.Ini{"notifier.keepalive": lab.LongWait.String(), "worker.web": "1"})
			tryWebServer(t, s, f)
		})
	}
}

func tryWebServer(t *testing.T, s *lab.Server, f lab.Front) {
	key := s.ReusableKey()
	d := s.NewDaemon("anna").Join(key)
	browser := s.NewBrowserDevice("browser").Join(key)
	stream := browser.Online()
	d.Sees("browser")
	passesRequests(t, s)
	passesAddresses(t, s)
	passesMuch(t, s)
	knowsPort80(t, s)

	staysOpen(t, s, stream)
	s.Nodes("rename", "browser", "renamed")
	d.Sees("renamed")
	s.Nodes("rename", "anna", "berta")
	stream.Wait("the new name", present("berta"))

	before := ended(s)
	s.ReloadWeb()
	if n := ended(s) - before; n != 0 && !f.Drops {
		t.Errorf("a reload ends %d connections", n)
	}
	s.Nodes("rename", "renamed", "reloaded")
	d.WaitPeer("reloaded", "there", nothing)
	s.StopWeb()
	s.Start()
	s.Nodes("rename", "reloaded", "again")
	d.WaitPeer("again", "there", nothing)

	if f.Keeps {
		asksMeanwhile(t, s)
	} else {
		s.StopHead()
		asksInVain(t, s)
		s.Start()
	}
	s.Nodes("rename", "again", "thrice")
	d.WaitPeer("thrice", "there", nothing)
}

// asksMeanwhile starts headrace anew while its sockets are kept: whoever asks then
// waits, and notices nothing else.
func asksMeanwhile(t *testing.T, s *lab.Server) {
	t.Helper()
	starts := func() int { return strings.Count(s.Head.Log(), " serves ") }
	before := starts()
	s.Head.Signal(syscall.SIGHUP)
	begun := time.Now()
	long := func() time.Duration { // until it has started, which takes a second, and then some
		if starts() == before {
			return lab.Patience
		}
		return 3 * time.Second
	}
	for ; time.Since(begun) < long(); time.Sleep(20 * time.Millisecond) {
		if status, _, text := request(t, s, "GET", "/health", ""); status != 200 {
			t.Errorf("while headrace restarts: HTTP %d, %q", status, clip([]byte(text)))
		}
		_, hello := s.Hello(142)
		conn, err := s.Upgrade(hello)
		if err != nil {
			t.Errorf("while headrace restarts: %v", err)
			continue
		}
		conn.Close()
	}
	if starts() != before+1 {
		t.Errorf("headrace started %d times, not once", starts()-before)
	}
}

// asksInVain lets the web server find out that headrace is away, which it must
// not remember when headrace is back.
func asksInVain(t *testing.T, s *lab.Server) {
	t.Helper()
	res, err := s.HTTP.Get(s.URL + "/version")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	conn, err := s.Upgrade("AAAA")
	if err == nil {
		conn.Close()
		t.Error("an upgrade without a notifier")
	}
}

// passesRequests looks at what a web server may change of a request.
func passesRequests(t *testing.T, s *lab.Server) {
	t.Helper()
	apiKey := strings.TrimSpace(s.Run("apikeys", "create"))
	for _, c := range []struct {
		method, path, body string
		header             string // its name and value
		status             int
		contains           string
	}{
		{"GET", "/key?v=142", "", "", 200, "mkey:"},
		{"GET", "/apple/linux", "", "", 400, "platform must be"},
		{"GET", "/api/v1/user", "", "Authorization: Bearer " + apiKey, 200, "alice"},
		{"GET", "/api/v1/user", "", "", 401, ""},
		{"POST", "/verify", "nonsense", "", 400, "invalid JSON"},
		{"POST", "/verify", strings.Repeat(" ", 5000), "", 413, ""},
		{"PUT", "/api/v1/policy", strings.Repeat(" ", 2<<20), "Authorization: Bearer " + apiKey, 400, ""},
		{"GET", "/a%2Fb/../%20?x=%2F&y", "", "", 400, "escaped slash"},
		{"GET", "/ts2021", "", "", 426, "this address is for Tailscale clients"},
	} {
		status, proto, body := request(t, s, c.method, c.path, c.body, c.header)
		if status != c.status || !strings.Contains(body, c.contains) {
			t.Errorf("%s %s: HTTP %d, %q", c.method, c.path, status, clip([]byte(body)))
		}
		if proto != "HTTP/2.0" {
			t.Errorf("%s %s: %s", c.method, c.path, proto)
		}
	}
}

// passesAddresses looks at where clients are believed to be: those that speak
// for themselves, and those that say something else.
func passesAddresses(t *testing.T, s *lab.Server) {
	t.Helper()
	apiKey := strings.TrimSpace(s.Run("apikeys", "create"))
	for i, ip := range []string{"127.0.0.1", "::1"} {
		via := s.Via(ip)
		status, answer, err := via.NewDevice("asks").Do("GET", "/machine/whoami", []byte{})
		if err != nil || status != 200 || !strings.HasSuffix(string(answer), " from "+ip+"\n") {
			t.Errorf("/machine/whoami by %s: %d, %q, %v", ip, status, answer, err)
		}
		for _, forged := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded"} {
			line := "GET /ts2021 from " + ip
			before := strings.Count(s.Head.Log(), line)
			request(t, via, "GET", "/ts2021", "", forged+": 198.51.100.7")
			lab.Eventually(t, line, func() error {
				if strings.Count(s.Head.Log(), line) != before+1 {
					return fmt.Errorf("it is not in the log, with %s", forged)
				}
				return nil
			})
		}
		user := fmt.Sprintf("user%d", i)
		status, _, _ = request(t, via, "POST", "/api/v1/user", `{"name":"`+user+`"}`,
			"Authorization: Bearer "+apiKey, "X-Forwarded-For: 198.51.100.7")
		if at := s.SQL("SELECT address FROM audit_log ORDER BY id DESC LIMIT 1"); status != 200 || at != ip {
			t.Errorf("a user was made (HTTP %d) from %q, not from %q", status, at, ip)
		}
	}
}

// passesMuch sends more on one connection than the largest request may have.
func passesMuch(t *testing.T, s *lab.Server) {
	t.Helper()
	d := s.NewDevice("talks")
	before := ended(s)
	body := []byte(`{"x":"` + strings.Repeat("x", 900<<10) + `"}`)
	for i := range 10 {
		if _, _, err := d.Do("POST", "/machine/update-health", body); err != nil {
			t.Fatalf("after %d of 10 large requests: %v", i, err)
		}
	}
	if n := d.Dials(); n != 1 {
		t.Errorf("10 large requests took %d connections", n)
	}
	d.Close() // and it is not counted among those that end later
	lab.Eventually(t, "the connection has ended", func() error {
		if ended(s) == before {
			return fmt.Errorf("it has not")
		}
		return nil
	})
}

// knowsPort80 looks at the other port: clients try it first, people by mistake.
func knowsPort80(t *testing.T, s *lab.Server) {
	t.Helper()
	client := *s.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Get(s.Plain().URL + "/key?v=142")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if to := res.Header.Get("Location"); res.StatusCode != 301 || to != "https://localhost/key?v=142" {
		t.Errorf("http://…/key: HTTP %d, Location %q", res.StatusCode, to)
	}
	_, hello := s.Hello(142)
	conn, err := s.Plain().Upgrade(hello)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	renewsCertificate(t, s, client)
}

// renewsCertificate does what an authority does for certbot --webroot.  Caddy has
// no such files: it answers by itself.
func renewsCertificate(t *testing.T, s *lab.Server, client http.Client) {
	t.Helper()
	const path, proof = "/.well-known/acme-challenge/token", "token.thumbprint"
	if s.WebName() == "caddy" {
		return
	}
	s.WriteWeb(path, proof)
	res, err := client.Get(s.Plain().URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 200 || string(body) != proof {
		t.Errorf("http://…%s: HTTP %d, %q", path, res.StatusCode, clip(body))
	}
}

func request(t *testing.T, s *lab.Server, method, path, body string, headers ...string) (status int, proto, text string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		if name, value, ok := strings.Cut(h, ": "); ok {
			req.Header.Set(name, value)
		}
	}
	res, err := s.HTTP.Do(req)
	if err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return 0, "", ""
	}
	defer res.Body.Close()
	got, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Proto, string(got)
}

// ended is how many connections that worked have ended.
func ended(s *lab.Server) int { return strings.Count(s.Head.Log(), "ends in phase 'live'") }

// staysOpen is idle for longer than the web server's defaults allow, and than
// the server's signs of life are apart.
func staysOpen(t *testing.T, s *lab.Server, stream *lab.Stream) {
	t.Helper()
	before := ended(s)
	heard := len(stream.Messages())
	lab.Eventually(t, "a keep-alive comes through", func() error {
		if stream.Err() == nil && len(stream.Messages()) == heard {
			return fmt.Errorf("none has come")
		}
		return nil
	})
	if n := ended(s) - before; n != 0 || stream.Err() != nil {
		t.Errorf("connections ended while nothing happened: %d, %v", n, stream.Err())
	}
}
