package lab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Front is a web server with its ready file below conf/.  Of each block of the
// file that offers several ways, Ways names the one that is taken.
type Front struct {
	Name, File string
	Ways       []string
	Opens      bool // the web server's own processes open the database
	Keeps      bool // somebody keeps headrace's sockets open while it is away, as systemd does

	frame func(s *Server) string   // its main configuration, which takes the file in
	argv  func(s *Server) []string // starts it in the foreground
	end   syscall.Signal           // what Debian ends it with; 0: SIGTERM

	reload func(s *Server) // makes it read its configuration again
	Drops  bool            // that ends connections
}

// shortWait is what the frames have, in seconds, where web servers have a
// minute or more by default.  The ready files have to say otherwise for /ts2021.
// It is more than a machine stands still that has much else to do: all other
// requests have to live with it.
const shortWait = 8

// LongWait is a time between signs of life that is longer than that.
const LongWait = (shortWait + 3) * time.Second

var (
	Lighttpd = Front{Name: "lighttpd", File: "conf/lighttpd/headrace.conf", frame: lighttpdFrame, argv: lighttpdArgv, reload: lighttpdReload, Drops: true}
	Apache   = Front{Name: "apache2", File: "conf/apache/headrace.conf", frame: apacheFrame, argv: apacheArgv, end: syscall.SIGWINCH, reload: bySignal(syscall.SIGUSR1)}
	Caddy    = Front{Name: "caddy", File: "conf/caddy/Caddyfile", frame: caddyFrame, argv: caddyArgv, reload: caddyReload, Drops: true}
	Nginx    = Front{Name: "nginx", File: "conf/nginx/headrace.conf", frame: nginxFrame, argv: nginxArgv, reload: bySignal(syscall.SIGHUP)}
)

// In is the same with these ways taken.
func (f Front) In(ways ...string) Front {
	f.Ways = ways
	for _, w := range ways {
		f.Opens = f.Opens || w == "workers" || w == "cgi"
	}
	return f
}

func bySignal(sig syscall.Signal) func(*Server) {
	return func(s *Server) { s.Web.Signal(sig) }
}

// Kept is the same with sockets that are kept.
func (f Front) Kept() Front {
	f.Keeps = true
	return f
}

// Where tests run as root, web servers run as on Debian, and headrace as somebody
// else, unless the web server's processes open its database.
const (
	webUser    = "www-data"
	serverUser = "daemon" // any that is not the web server's
)

func asRoot() bool { return os.Getuid() == 0 }

// NewServerBehind starts a headrace behind a web server that has the ready file,
// with TLS, under the name localhost.
func NewServerBehind(t *testing.T, f Front, extra ...Ini) *Server {
	t.Helper()
	s := &Server{T: t, Dir: tempDir(t)}
	s.port = freePort(t)
	public := freePort(t)
	s.URL = fmt.Sprintf("https://localhost:%d", public)
	s.trust()
	s.prepare(extra...)
	s.makeReadable(f)
	s.WriteFile("ready.conf", f.ready(s, public))
	s.WriteFile("frame.conf", f.frame(s))
	s.web, s.endWeb, s.reloadWeb = f.argv(s), f.end, f.reload
	s.own(f)
	if f.Keeps {
		s.keeper = []string{"python3", filepath.Join(Root(t), "tests/proc/given.py"),
			s.path("run/web.sock"), s.path("run/notifier.sock"), "--"}
	}
	s.Start()
	return s
}

// Plain is the same server for those who come without TLS.
func (s *Server) Plain() *Server {
	plain := *s
	plain.tls = nil
	plain.URL = fmt.Sprintf("http://localhost:%d", s.port)
	return &plain
}

// Via is the same server for those who come by that loopback address.
func (s *Server) Via(ip string) *Server {
	s.T.Helper()
	port := s.URL[strings.LastIndex(s.URL, ":")+1:]
	via := *s
	via.ip = ip
	tr := s.HTTP.Transport.(*http.Transport).Clone()
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(ip, port))
	}
	via.HTTP = &http.Client{Transport: tr}
	s.T.Cleanup(via.HTTP.CloseIdleConnections)
	return &via
}

// trust makes a certificate that all clients here accept.
func (s *Server) trust() {
	s.T.Helper()
	_, cert, key := selfSigned(s.T)
	s.WriteFile("fullchain.pem", cert)
	s.WriteFile("privkey.pem", key)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	s.tls = &tls.Config{RootCAs: roots}
	s.HTTP = &http.Client{Transport: &http.Transport{TLSClientConfig: s.tls.Clone(), ForceAttemptHTTP2: true}}
	s.T.Cleanup(s.HTTP.CloseIdleConnections)
	s.clientEnv = []string{"SSL_CERT_FILE=" + s.path("fullchain.pem")}
}

// makeReadable puts the program and the script where the web server's user
// finds them, as in a system where all is installed.
func (s *Server) makeReadable(f Front) {
	s.T.Helper()
	program, err := os.ReadFile(Headrace(s.T))
	script := Must(s.T, program, err)
	s.WriteFile("headrace", string(program))
	script, err = os.ReadFile(filepath.Join(Root(s.T), "conf/cgi/headrace.cgi"))
	s.WriteFile("headrace.cgi", s.place(string(Must(s.T, script, err))))
	if err := os.Mkdir(s.path("web"), 0o700); err != nil { // what the web server writes
		s.T.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"headrace": 0o755, "headrace.cgi": 0o755, "run": 0o755, "": 0o755, "web": 0o777} {
		if err := os.Chmod(s.path(name), mode); err != nil {
			s.T.Fatal(err)
		}
	}
}

// WriteWeb puts a file where the web server has those of its own.
func (s *Server) WriteWeb(path, text string) {
	s.T.Helper()
	file := s.path("web" + path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.T.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		s.T.Fatal(err)
	}
}

// WebName is the web server's program.
func (s *Server) WebName() string { return filepath.Base(s.web[0]) }

// own gives everything to who runs headrace.
func (s *Server) own(f Front) {
	s.T.Helper()
	if !asRoot() {
		return
	}
	user := serverUser
	if f.Opens {
		user = webUser
	}
	if _, err := run(s.Dir, nil, Patience, "chown", "-R", user+":", s.Dir); err != nil {
		s.T.Fatal(err)
	}
	s.as = []string{"setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups"}
	s.env = append(s.env, "HOME="+s.Dir)
}

// place puts the server's own folder where a file names those of a system.
func (s *Server) place(text string) string {
	return strings.NewReplacer(
		"/etc/letsencrypt/live/headrace.example.com/", s.Dir+"/",
		"/etc/headrace/", s.Dir+"/",
		"/run/headrace/", s.path("run")+"/",
		"/run/lighttpd/", s.path("web")+"/",
		"/var/www/html", s.path("web"),
		"/usr/bin/headrace", s.path("headrace"),
		"/usr/lib/cgi-bin/", s.Dir+"/",
		"include fastcgi_params", "include /etc/nginx/fastcgi_params",
		"include scgi_params", "include /etc/nginx/scgi_params",
		"headrace.example.com", "localhost",
	).Replace(text)
}

// ready is the ready file, with our folder and ports in it, and else as it is.
func (f Front) ready(s *Server, public int) string {
	s.T.Helper()
	text, err := os.ReadFile(filepath.Join(Root(s.T), f.File))
	https, http := fmt.Sprint(public), fmt.Sprint(s.port)
	return strings.NewReplacer(
		"listen 443 ", "listen 127.0.0.1:"+https+" ",
		"listen 80;", "listen 127.0.0.1:"+http+";",
		"0.0.0.0:443", "127.0.0.1:"+https,
		"[::]:443", "[::1]:"+https,
		"[::]:80", "[::1]:"+http,
		"*:443", "*:"+https,
		"*:80", "*:"+http,
	).Replace(s.place(choose(string(Must(s.T, text, err)), f.Ways)))
}

var wayMark = regexp.MustCompile(`^\s*# \[([a-z-]+)\]`)

// choose does what the ready files ask of a person: a block between "# [way]"
// and the next such line is taken by removing the # before each of its lines,
// and not taken by setting one.  A file whose ways are not named stays as it is.
func choose(text string, ways []string) string {
	if len(ways) == 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	way := "end"
	for i, line := range lines {
		bare := strings.TrimLeft(line, "\t")
		if m := wayMark.FindStringSubmatch(line); m != nil {
			way = m[1]
			continue
		}
		if way == "end" || bare == "" || strings.HasPrefix(bare, "# ") {
			continue
		}
		indent := line[:len(line)-len(bare)]
		bare = strings.TrimPrefix(bare, "#")
		if !slices.Contains(ways, way) {
			bare = "#" + bare
		}
		lines[i] = indent + bare
	}
	return strings.Join(lines, "\n")
}

// ifRoot is a directive that a web server takes only when root starts it.
func ifRoot(text string) string {
	if asRoot() {
		return text
	}
	return ""
}

func lighttpdFrame(s *Server) string {
	return fmt.Sprintf(`server.bind = "127.0.0.1"
server.port = %[1]d
%[4]s
server.document-root = "%[2]s/web"
server.upload-dirs = ( "%[2]s/web" )
server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect" )
server.feature-flags += ( "server.graceful-shutdown-timeout" => 1 )
# as Debian has it
server.http-parseopts = (
	"header-strict" => "enable", "host-strict" => "enable", "host-normalize" => "enable",
	"url-normalize-unreserved" => "enable", "url-normalize-required" => "enable",
	"url-ctrls-reject" => "enable", "url-path-2f-decode" => "enable", "url-path-dotseg-remove" => "enable" )
server.max-read-idle = %[3]d
server.max-write-idle = %[3]d
include "ready.conf"
`, s.port, s.Dir, shortWait, ifRoot(`server.username = "`+webUser+"\"\nserver.groupname = \""+webUser+`"`))
}

func lighttpdArgv(s *Server) []string {
	return []string{program(s.T, "lighttpd"), "-D", "-f", s.path("frame.conf")}
}

// lighttpdReload starts it anew: what listens to SIGUSR1 is no longer root, and may
// not read the key.
func lighttpdReload(s *Server) {
	s.T.Helper()
	s.StopWeb()
	s.StartWeb()
}

// apacheModules are what Debian enables by itself and what docs/servers.md has
// a2enmod enable.
var apacheModules = []string{"mpm_event", "authz_core", "alias", "env", "mime", "reqtimeout", "setenvif", "deflate", "filter",
	"socache_shmcb", "ssl", "http2", "proxy", "proxy_http", "proxy_fcgi", "fcgid", "cgid"}

func apacheFrame(s *Server) string {
	var load strings.Builder
	for _, m := range apacheModules {
		fmt.Fprintf(&load, "LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n", m, m)
	}
	_, public, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	return fmt.Sprintf(`ServerRoot "%[1]s"
DefaultRuntimeDir "%[1]s/web"
PidFile "%[1]s/apache.pid"
ErrorLog "|/bin/cat"
ServerName localhost
Listen 127.0.0.1:%[2]d
Listen 127.0.0.1:%[3]s
Listen [::1]:%[3]s
%[4]s
%[5]s
ScriptSock "%[1]s/web/cgid.sock"
TypesConfig /etc/mime.types
FcgidIPCDir "%[1]s/web/fcgid"
FcgidProcessTableFile "%[1]s/web/fcgid.shm"
Timeout %[6]d
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
<Directory />
	AllowOverride None
	Require all denied
</Directory>
<Directory "%[1]s/web">
	Require all granted
</Directory>
Include "%[1]s/ready.conf"
`, s.Dir, s.port, public, load.String(), ifRoot("User "+webUser+"\nGroup "+webUser), shortWait)
}

func apacheArgv(s *Server) []string {
	return []string{program(s.T, "apache2"), "-DFOREGROUND", "-f", s.path("frame.conf")}
}

func caddyFrame(s *Server) string {
	_, public, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	return fmt.Sprintf(`{
	admin unix/%[3]s/web/admin.sock
	default_bind 127.0.0.1 [::1]
	http_port %[1]d
	https_port %[2]s
	storage file_system %[3]s/web
	servers {
		timeouts {
			read_body %[4]ds
			read_header %[4]ds
			write %[4]ds
			idle %[4]ds
		}
	}
}
import ready.conf
`, s.port, public, s.Dir, shortWait)
}

func caddyArgv(s *Server) []string {
	return []string{program(s.T, "caddy"), "run", "--adapter", "caddyfile", "--config", s.path("frame.conf")}
}

func caddyReload(s *Server) {
	s.T.Helper()
	argv := []string{program(s.T, "caddy"), "reload", "--force", "--adapter", "caddyfile", "--config", s.path("frame.conf"),
		"--address", "unix/" + s.path("web/admin.sock")}
	if out, err := run(s.Dir, nil, Patience, argv...); err != nil {
		s.T.Fatal(err, out)
	}
}

func nginxFrame(s *Server) string {
	return fmt.Sprintf(`daemon off;
pid %[1]s/nginx.pid;
error_log stderr;
%[2]s
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/web/body;
	proxy_temp_path %[1]s/web/proxy;
	fastcgi_temp_path %[1]s/web/fastcgi;
	uwsgi_temp_path %[1]s/web/uwsgi;
	scgi_temp_path %[1]s/web/scgi;
	proxy_read_timeout %[3]ds;
	proxy_send_timeout %[3]ds;
	scgi_read_timeout %[3]ds;
	scgi_send_timeout %[3]ds;
	client_body_timeout %[3]ds;
	send_timeout %[3]ds;
	keepalive_timeout %[3]ds;
	include ready.conf;
}
`, s.Dir, ifRoot("user "+webUser+";"), shortWait)
}

func nginxArgv(s *Server) []string {
	return []string{program(s.T, "nginx"), "-c", s.path("frame.conf")}
}
