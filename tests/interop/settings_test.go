package interop

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
)

// v2 asks REST v2 of the tailnet, through the web server.
func v2(t *testing.T, s *lab.Server, key, method, path, body string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+"/api/v2/tailnet/-/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(key, "")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode != 200 {
		t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
}

// What is set by the API is with clients at once, and goes before the configuration.
func TestDNSBySettings(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t, lab.Ini{"dns.nameservers": "192.0.2.53", "dns.override_local_dns": "true"})
	k := s.ReusableKey()
	key := strings.TrimSpace(s.Run("apikeys", "create"))
	st := s.NewDevice("scripted").Join(k).Online()
	real := s.NewDaemon("real").Join(k, "--accept-dns=true")
	resolvers := func(want ...string) look {
		return func(v *lab.View) error {
			if got := addrs(v.DNS.Resolvers); !slices.Equal(got, want) {
				return fmt.Errorf("Resolvers are %v", got)
			}
			return nil
		}
	}
	shows := func(want string, shown bool) {
		t.Helper()
		lab.Eventually(t, fmt.Sprintf("tailscale dns status shows %s: %v", want, shown), func() error {
			if out := real.CLI("dns", "status", "--all"); strings.Contains(out, want) != shown {
				return fmt.Errorf("%s", out)
			}
			return nil
		})
	}
	st.Wait("the configuration's", resolvers("192.0.2.53"))
	var server string
	lab.Prompt(t, 2*time.Second, "telling the client", func(turn int) time.Duration {
		server = fmt.Sprintf("192.0.2.%d", 99-turn)
		begun := time.Now()
		v2(t, s, key, "POST", "dns/nameservers", `{"dns":["`+server+`"]}`)
		st.Wait("those that were set", resolvers(server))
		return time.Since(begun)
	})
	v2(t, s, key, "PATCH", "dns/split-dns", `{"corp.example":["192.0.2.54"]}`)
	shows("192.0.2.54", true)
	shows(server, true)
	v2(t, s, key, "PATCH", "dns/split-dns", `{"corp.example":null}`)
	shows("192.0.2.54", false)
	v2(t, s, key, "POST", "dns/preferences", `{"magicDNS":false}`)
	st.Wait("MagicDNS off", func(v *lab.View) error {
		if v.DNS.Proxied {
			return fmt.Errorf("Proxied")
		}
		return nil
	})
	s.Run("settings", "reset", "nameservers")
	st.Wait("the configuration's again", resolvers("192.0.2.53"))
}

// Automatic updates and how long a new key lives.
func TestSettingsOfDevices(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	key := strings.TrimSpace(s.Run("apikeys", "create"))
	st := s.NewDevice("scripted").Join(k).Online()
	updates := func(want string) look {
		return func(v *lab.View) error {
			got := fmt.Sprint(v.Self.CapMap["default-auto-update"])
			if got != "["+want+"]" {
				return fmt.Errorf("default-auto-update is %s", got)
			}
			return nil
		}
	}
	st.Wait("no automatic updates", updates("false"))
	v2(t, s, key, "PATCH", "settings", `{"devicesAutoUpdatesOn":true,"devicesKeyDurationDays":5}`)
	st.Wait("automatic updates", updates("true"))
	later := s.NewDevice("later").Join(k).Online()
	later.Wait("a key of five days", func(v *lab.View) error {
		if left := time.Until(v.Self.KeyExpiry); left < 119*time.Hour || left > 121*time.Hour {
			return fmt.Errorf("it runs out in %v", left)
		}
		return nil
	})
}
