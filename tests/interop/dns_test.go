package interop

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/tailcfg"
	"tailscale.com/types/dnstype"
)

// What the configuration says of DNS is what clients get.
func TestDNSConfig(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t, lab.Ini{
		"dns.nameservers":        "192.0.2.53, https://dns.nextdns.io/abc",
		"dns.split.corp.example": "192.0.2.54",
		"dns.search_domains":     "corp.example, more.example",
		"dns.override_local_dns": "false",
		"dns.extra_record":       "fixed.tail.example A 100.64.0.99",
	})
	k := s.ReusableKey()
	st := s.NewDevice("scripted").Join(k).Online()
	real := s.NewDaemon("real").Join(k, "--accept-dns=true")
	st.View(func(v *lab.View) error {
		d := v.DNS
		if !d.Proxied || fmt.Sprint(d.Domains) != "["+lab.BaseDomain+" corp.example more.example]" {
			t.Errorf("Proxied %v, Domains %v", d.Proxied, d.Domains)
		}
		if len(d.FallbackResolvers) != 2 || len(d.Resolvers) != 0 || d.FallbackResolvers[0].Addr != "192.0.2.53" {
			t.Errorf("without override: Resolvers %v, FallbackResolvers %v", addrs(d.Resolvers), addrs(d.FallbackResolvers))
		}
		if got := addrs(d.Routes["corp.example"]); !slices.Equal(got, []string{"192.0.2.54"}) {
			t.Errorf("split DNS of corp.example is %v", got)
		}
		return nil
	})
	st.Wait("the fixed record", extra("fixed.tail.example", "100.64.0.99"))
	lab.Eventually(t, "tailscale dns status shows it all", func() error {
		out := real.CLI("dns", "status", "--all")
		for _, want := range []string{"corp.example", "more.example", "192.0.2.54", lab.BaseDomain} {
			if !strings.Contains(out, want) {
				return fmt.Errorf("%s is not in it:\n%s", want, out)
			}
		}
		return nil
	})
	queries(t, real, "fixed.tail.example.", "100.64.0.99")
	s.Set("dns.override_local_dns", "true")
	s.Set("dns.search_domains", "")
	s.Reload()
	st.Wait("the configuration read again", func(v *lab.View) error {
		if len(v.DNS.Resolvers) != 2 || len(v.DNS.Domains) != 1 {
			return fmt.Errorf("Resolvers %v, Domains %v", addrs(v.DNS.Resolvers), v.DNS.Domains)
		}
		return nil
	})
}

func addrs(rs []*dnstype.Resolver) (out []string) {
	for _, r := range rs {
		out = append(out, r.Addr)
	}
	return out
}

func extra(name, value string) look {
	return func(v *lab.View) error {
		for _, r := range v.DNS.ExtraRecords {
			if strings.TrimSuffix(r.Name, ".") == name && r.Value == value {
				return nil
			}
		}
		return fmt.Errorf("ExtraRecords are %v", v.DNS.ExtraRecords)
	}
}

// queries waits until MagicDNS of a real client answers with that address.
func queries(t *testing.T, d *lab.Daemon, name, want string) {
	t.Helper()
	lab.Eventually(t, "dns query "+name, func() error {
		out, err := d.TryCLI("dns", "query", name)
		if err != nil || !strings.Contains(out, want) {
			return fmt.Errorf("%v: %s", err, out)
		}
		return nil
	})
}

// The file of extra records is watched, however it is written, and a bad or
// absent one takes nothing away.
func TestExtraRecordsFile(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t, lab.Ini{"dns.extra_records_path": "DIR/records.json"})
	k := s.ReusableKey()
	st := s.NewDevice("scripted").Join(k).Online()
	real := s.NewDaemon("real").Join(k)
	path := filepath.Join(s.Dir, "records.json")
	records := func(value string) string {
		text, _ := json.Marshal([]map[string]string{
			{"name": "inside." + lab.BaseDomain, "type": "A", "value": value},
			{"name": "outside.example.net", "type": "A", "value": value},
			{"name": "outside.example.net", "type": "AAAA", "value": "fd7a:115c:a1e0::99"},
		})
		return string(text)
	}
	both := func(value string) {
		t.Helper()
		st.Wait(value, extra("inside."+lab.BaseDomain, value))
		st.Wait(value, extra("outside.example.net", value))
		queries(t, real, "inside."+lab.BaseDomain+".", value)
		queries(t, real, "outside.example.net.", value)
	}
	write := func(text string) { // in place, as a shell's > does
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.WriteFile("records.json", records("100.64.0.101")) // the first time, by rename
	both("100.64.0.101")
	write(records("100.64.0.102"))
	both("100.64.0.102")
	s.WriteFile("records.json", records("100.64.0.103"))
	both("100.64.0.103")
	kept := func(what string) {
		t.Helper()
		lab.Holds(t, 2500*time.Millisecond, "records stay although "+what, func() error {
			return st.View(extra("outside.example.net", "100.64.0.103"))
		})
	}
	write("[{]")
	kept("the file is nonsense")
	write("")
	kept("the file is empty")
	os.Remove(path)
	kept("the file is gone")
	mark := st.Mark()
	write(records("100.64.0.103"))
	time.Sleep(2500 * time.Millisecond)
	for _, m := range st.Since(mark) {
		if m.Map.DNSConfig != nil {
			t.Errorf("a file that says the same is told by %s", m.JSON)
		}
	}
	write(records("100.64.0.104"))
	both("100.64.0.104")
	s.Stop()
	s.Start()
	again := s.NewDevice("again").Join(k).Online()
	again.Wait("the records after a restart", extra("inside."+lab.BaseDomain, "100.64.0.104"))
}

// A changed DERP map file reaches clients; a broken one takes nothing away.
func TestDERPMapFile(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	st := s.NewDevice("scripted").Join(k).Online()
	real := s.NewTsnet("real", k)
	m := lab.DERPMap()
	m.Regions[901] = &tailcfg.DERPRegion{
		RegionID: 901, RegionCode: "two", RegionName: "Second",
		Nodes: []*tailcfg.DERPNode{{Name: "901a", RegionID: 901, HostName: "127.0.0.2", DERPPort: 1, STUNPort: -1, InsecureForTests: true}},
	}
	s.WriteDERPMap(m)
	st.Wait("a second region", region(901, true))
	lab.Eventually(t, "a real client knows the second region", func() error {
		dm, err := real.Local.CurrentDERPMap(t.Context())
		if err != nil {
			return err
		}
		if dm.Regions[901] == nil {
			return fmt.Errorf("it has %v", dm.RegionIDs())
		}
		return nil
	})
	s.WriteFile("derp.json", `{"Regions":{"901":"nonsense"}}`)
	lab.Holds(t, 2500*time.Millisecond, "the old map stays", func() error { return st.View(region(901, true)) })
	s.WriteDERPMap(lab.DERPMap())
	st.Wait("one region again", region(901, false))
}

func region(id int, want bool) look {
	return func(v *lab.View) error {
		if (v.DERP.Regions[id] != nil) != want {
			return fmt.Errorf("regions are %v", v.DERP.RegionIDs())
		}
		return nil
	}
}
