package goclient

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tailscale.com/client/tailscale/v2"
)

// tlsProxy stands before the server, because gitops-pusher speaks https alone; cert is what to trust.
func tlsProxy(t *testing.T) (host, cert string) {
	t.Helper()
	to, err := url.Parse(baseURL)
	must(t, err)
	s := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(to))
	t.Cleanup(s.Close)
	cert = filepath.Join(t.TempDir(), "cert.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		t.Fatal("no certificate")
	}
	must(t, os.WriteFile(cert, text, 0o600))
	return strings.TrimPrefix(s.URL, "https://"), cert
}

// pusher runs gitops-pusher in a folder with this policy.
func pusher(t *testing.T, policy, key string, args ...string) (string, error) {
	t.Helper()
	host, cert := tlsProxy(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "policy.hujson"), []byte(policy), 0o600))
	cmd := exec.Command(filepath.Join(tools, "gitops-pusher"), append([]string{"-api-server", host}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TS_TAILNET=-", "TS_API_KEY="+key, "SSL_CERT_FILE="+cert)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestGitopsPusher(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"acls": []}`)
	const policy = `{
	// kept in git
	"acls": [{"action": "accept", "src": ["*"], "dst": ["*:8443"]}],
}
`
	out, err := pusher(t, policy, c.APIKey, "test")
	if err != nil {
		t.Fatalf("test: %v: %s", err, out)
	}
	out, err = pusher(t, policy, c.APIKey, "apply")
	if err != nil {
		t.Fatalf("apply: %v: %s", err, out)
	}
	raw, err := c.PolicyFile().Raw(ctx(t))
	must(t, err)
	want(t, "the policy that was pushed", raw.HuJSON, policy)
	out, err = pusher(t, policy, c.APIKey, "apply")
	if err != nil {
		t.Fatalf("apply of the same: %v: %s", err, out)
	}
	out, err = pusher(t, policy, c.APIKey, "checksum")
	if err != nil {
		t.Fatalf("checksum: %v: %s", err, out)
	}
}

func TestGitopsPusherRefused(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"acls": []}`)
	const wrong = `{"acls": [{"action": "maybe", "src": ["*"], "dst": ["*:1"]}]}`
	for _, command := range []string{"test", "apply"} {
		out, err := pusher(t, wrong, c.APIKey, command)
		if err == nil || !strings.Contains(out, "maybe") {
			t.Errorf("%s of a wrong policy: %v: %s", command, err, out)
		}
	}
	raw, err := c.PolicyFile().Raw(ctx(t))
	must(t, err)
	want(t, "the policy", raw.HuJSON, `{"acls": []}`)
	if out, err := pusher(t, `{}`, "hskey-api-wrong", "apply"); err == nil {
		t.Errorf("a wrong key: %s", out)
	}
}

func TestGetAuthkey(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"tagOwners": {"tag:ci": ["me@"]}, "acls": []}`)
	made, err := c.Keys().CreateOAuthClient(ctx(t), tailscale.CreateOAuthClientRequest{
		Scopes: []string{"auth_keys"}, Tags: []string{"tag:ci"}})
	must(t, err)
	run := func(tags string) (string, error) {
		cmd := exec.Command(filepath.Join(tools, "get-authkey"), "-ephemeral", "-tags", tags)
		cmd.Env = append(os.Environ(), "TS_API_CLIENT_ID="+made.ID, "TS_API_CLIENT_SECRET="+made.Key,
			"TS_BASE_URL="+baseURL)
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	key, err := run("tag:ci")
	if err != nil || !strings.HasPrefix(key, "hskey-auth-") {
		t.Fatalf("get-authkey: %v: %s", err, key)
	}
	if out, err := run("tag:other"); err == nil {
		t.Errorf("a tag of somebody else: %s", out)
	}
}
