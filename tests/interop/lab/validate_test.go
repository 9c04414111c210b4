package lab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"tailscale.com/types/key"
)

// The checks are worth something only if each finds what it is for: messages
// with one mistake each, after a first one without any.

func fakeNode(id int, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"ID":%d,"StableID":"%d","Name":"n%d.x.","User":1,"Key":%q,"Machine":%q,"DiscoKey":%q,`+
		`"Addresses":["100.64.0.%d/32"],"HomeDERP":1,"Endpoints":["192.0.2.1:1"],"Hostinfo":{"OS":"linux"},"MachineAuthorized":true%s}`,
		id, id, id, fakeKeys[id].Public(), fakeMachines[id].Public(), fakeDiscos[id].Public(), id, more)
}

var (
	fakeKeys     [5]key.NodePrivate
	fakeMachines [5]key.MachinePrivate
	fakeDiscos   [5]key.DiscoPrivate
)

func init() {
	for i := range fakeKeys {
		fakeKeys[i], fakeMachines[i], fakeDiscos[i] = key.NewNode(), key.NewMachine(), key.NewDisco()
	}
}

const (
	alive    = `"Online":true`
	profiles = `"UserProfiles":[{"ID":1,"LoginName":"a"}]`
)

func fakeFirst() string {
	return fmt.Sprintf(`{"Node":%s,"Peers":[%s,%s],%s,"DERPMap":{"Regions":{"1":{"RegionID":1}}},"DNSConfig":{"Proxied":true},`+
		`"Domain":"x","PacketFilters":{"base":[]},"ControlTime":%q}`, fakeNode(1, ""), fakeNode(2, alive), fakeNode(3, alive),
		profiles, time.Now().UTC().Format(time.RFC3339))
}

// judge passes messages to a fresh validator and answers what it says of the last.
func judge(t *testing.T, msgs ...string) string {
	t.Helper()
	var v validator
	var view View
	var bad complaints
	for i, text := range msgs {
		m := &rawMessage{&Message{JSON: []byte(text), OnWire: len(text)}, []byte(text)}
		if bad = v.message(&view, m); len(bad) > 0 && i < len(msgs)-1 {
			t.Fatalf("message %d: %v\n%s", i+1, bad, text)
		}
		if m.Map != nil {
			view.apply(m.Map)
		}
	}
	return strings.Join(bad, "; ")
}

func TestValidatorAcceptsGoodStream(t *testing.T) {
	if bad := judge(t, fakeFirst(), `{"KeepAlive":true}`,
		`{"PeersChangedPatch":[{"NodeID":2,"Online":false,"LastSeen":"2026-01-01T00:00:00Z"}]}`,
		`{"PeersChanged":[`+fakeNode(4, alive)+`],`+profiles+`}`, `{"PeersRemoved":[4]}`); bad != "" {
		t.Error(bad)
	}
}

func TestValidatorFindsMistakes(t *testing.T) {
	for want, msg := range map[string]string{
		"does not decode":             `{"PeersChanged":{}}`,
		"unknown field":               `{"PeerChanged":[]}`,
		"twice":                       `{"Domain":"a","Domain":"b"}`,
		"holds null":                  `{"PeersRemoved":[null]}`,
		"length of a keep-alive":      `{"Domain":"1234"} `, // as long as {"KeepAlive":true}
		"Node is sent again":          `{"Node":` + fakeNode(1, "") + `}`,
		"Peers after the first":       `{"Peers":[]}`,
		"names 9, which":              `{"PeersChangedPatch":[{"NodeID":9,"Online":true}]}`,
		"OnlineChange names 9":        `{"OnlineChange":{"9":true}}`,
		"PeersRemoved names 9":        `{"PeersRemoved":[9]}`,
		"in PeersRemoved and in":      `{"PeersRemoved":[2],"PeersChangedPatch":[{"NodeID":2,"Online":true}]}`,
		"in PeersChanged and in":      `{"OnlineChange":{"2":true},"PeersChanged":[` + fakeNode(2, alive) + `],` + profiles + `}`,
		"itself is in":                `{"Node":` + fakeNode(1, alive) + `,"PeersChanged":[` + fakeNode(1, alive) + `],` + profiles + `}`,
		"without the profile":         `{"PeersChanged":[` + fakeNode(4, alive) + `]}`,
		"has no Online":               `{"PeersChanged":[` + fakeNode(4, "") + `],` + profiles + `}`,
		"has no LastSeen":             `{"PeersChanged":[` + fakeNode(4, `"Online":false`) + `],` + profiles + `}`,
		"without Endpoints":           `{"PeersChanged":[` + strings.Replace(fakeNode(2, alive), `"Endpoints":["192.0.2.1:1"],`, "", 1) + `],` + profiles + `}`,
		"without HomeDERP":            `{"PeersChanged":[` + strings.Replace(fakeNode(2, alive), `"HomeDERP":1,`, "", 1) + `],` + profiles + `}`,
		"changes its StableID":        `{"PeersChanged":[` + strings.Replace(fakeNode(2, alive), `"StableID":"2"`, `"StableID":"22"`, 1) + `],` + profiles + `}`,
		"both have 100.64.0.2":        `{"PeersChanged":[` + strings.Replace(fakeNode(4, alive), "100.64.0.4", "100.64.0.2", 1) + `],` + profiles + `}`,
		"both have nodekey":           `{"PeersChanged":[` + strings.Replace(fakeNode(4, alive), fakeKeys[4].Public().String(), fakeKeys[2].Public().String(), 1) + `],` + profiles + `}`,
		"is not in the domain":        `{"PeersChanged":[` + strings.Replace(fakeNode(4, alive), "n4.x.", "n4.y.", 1) + `],` + profiles + `}`,
		"is called":                   `{"PeersChanged":[` + strings.Replace(fakeNode(4, alive), "n4.x.", "n4", 1) + `],` + profiles + `}`,
		"is not authorized":           `{"PeersChanged":[` + strings.Replace(fakeNode(4, alive), `"MachineAuthorized":true`, `"MachineAuthorized":false`, 1) + `],` + profiles + `}`,
		"no newer LastSeen":           `{"PeersChangedPatch":[{"NodeID":2,"Online":false,"DiscoKey":"` + fakeDiscos[4].Public().String() + `"}]}`,
		"has SrcBits":                 `{"PacketFilters":{"base":[{"SrcIPs":["*"],"SrcBits":[1]}]}}`,
		"has tags [tag:x] and user 1": `{"PeersChanged":[` + fakeNode(4, alive+`,"Tags":["tag:x"]`) + `],` + profiles + `}`,
		"ControlTime is off":          `{"ControlTime":"2001-01-01T00:00:00Z"}`,
		"tells the client to exit":    `{"Debug":{"Exit":1}}`,
		"holds a NUL":                 `{"Domain":"\u0000"}`,
	} {
		if bad := judge(t, fakeFirst(), `{"KeepAlive":true}`, msg); !strings.Contains(bad, want) {
			t.Errorf("%s\nfinds %q, want %q", msg, bad, want)
		}
	}
	for want, cutOut := range map[string]string{
		"has no DERP region":   `"1":{"RegionID":1}`,
		"has no packet filter": `"PacketFilters":{"base":[]},`,
		"has no DNSConfig":     `"DNSConfig":{"Proxied":true},`,
	} {
		if bad := judge(t, strings.Replace(fakeFirst(), cutOut, "", 1)); !strings.Contains(bad, want) {
			t.Errorf("without %s: %q, want %q", cutOut, bad, want)
		}
	}
	if bad := judge(t, `{"Peers":[]}`); !strings.Contains(bad, "has no Node") {
		t.Errorf("a first message without Node: %q", bad)
	}
}

func TestValidatorFindsSizedFrames(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	sized := enc.EncodeAll(bytes.Repeat([]byte("hello "), 100), nil)
	if !bytes.Contains(sized[:4], []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		t.Fatal("no frame")
	}
	var one, two complaints
	checkFrames(&one, sized)
	checkFrames(&two, append(bytes.Clone(sized), sized...))
	if len(one) != 0 || len(two) != 1 {
		t.Errorf("one frame: %v; two: %v", one, two)
	}
}
