package goclient

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"tailscale.com/client/tailscale/v2"
)

// v1 asks REST v1 and returns the member of the answer, which must be 200.
func v1(t *testing.T, key, path string, body any, member string) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	req, err := http.NewRequest("POST", baseURL+path, bytes.NewReader(text))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	must(t, err)
	if resp.StatusCode != 200 {
		t.Fatalf("POST %s: %d %s", path, resp.StatusCode, answer)
	}
	var all map[string]map[string]any
	must(t, json.Unmarshal(answer, &all))
	return all[member]
}

// newDevice registers a device of the user "me" that has never connected.
func newDevice(t *testing.T, c *tailscale.Client, name string) string {
	t.Helper()
	raw := make([]byte, 12)
	rand.Read(raw)
	id := "hskey-authreq-" + hex.EncodeToString(raw)
	v1(t, c.APIKey, "/api/v1/debug/node", map[string]any{"user": "me", "key": id, "name": name,
		"routes": []string{"10.7.0.0/24"}}, "node")
	node := v1(t, c.APIKey, "/api/v1/auth/register", map[string]any{"user": "me", "authId": id}, "node")
	return node["id"].(string)
}

func TestDevicesList(t *testing.T) {
	c := newClient(t)
	id := newDevice(t, c, "listed")
	brief, err := c.Devices().List(ctx(t))
	must(t, err)
	all, err := c.Devices().ListWithAllFields(ctx(t))
	must(t, err)
	find := func(list []tailscale.Device) tailscale.Device {
		i := slices.IndexFunc(list, func(d tailscale.Device) bool { return d.ID == id })
		if i < 0 {
			t.Fatalf("device %s is not in the list of %d", id, len(list))
		}
		return list[i]
	}
	d := find(brief)
	want(t, "hostname", d.Hostname, "listed")
	want(t, "user", d.User, "me")
	want(t, "authorized", d.Authorized, true)
	want(t, "routes in a brief list", len(d.AdvertisedRoutes), 0)
	want(t, "connected", d.ConnectedToControl, false)
	if d.LastSeen == nil {
		t.Error("a device that is not connected has no lastSeen")
	}
	if len(d.Addresses) == 0 || !netip.MustParseAddr(d.Addresses[0]).IsValid() {
		t.Errorf("addresses: %v", d.Addresses)
	}
	want(t, "routes in a whole list", len(find(all).AdvertisedRoutes), 1)
}

func TestDevicesFilter(t *testing.T) {
	c := newClient(t)
	newDevice(t, c, "filter-a")
	newDevice(t, c, "filter-b")
	list, err := c.Devices().List(ctx(t), tailscale.WithFilter("hostname", []string{"filter-b"}))
	must(t, err)
	if len(list) != 1 || list[0].Hostname != "filter-b" {
		t.Errorf("hostname=filter-b gives %v", list)
	}
}

func TestDeviceChanges(t *testing.T) {
	c := newClient(t)
	id := newDevice(t, c, "changing")
	devices := c.Devices()

	must(t, devices.SetName(ctx(t), id, "renamed"))
	must(t, devices.SetSubnetRoutes(ctx(t), id, []string{"10.7.0.0/24"}))
	must(t, devices.SetIPv4Address(ctx(t), id, "100.64.77.7"))
	must(t, devices.SetKey(ctx(t), id, tailscale.DeviceKey{KeyExpiryDisabled: true}))
	d, err := devices.GetWithAllFields(ctx(t), id)
	must(t, err)
	want(t, "address", d.Addresses[0], "100.64.77.7")
	want(t, "expiry disabled", d.KeyExpiryDisabled, true)
	if d.Name != "renamed" && d.Name[:8] != "renamed." {
		t.Errorf("name: %s", d.Name)
	}
	routes, err := devices.SubnetRoutes(ctx(t), id)
	must(t, err)
	want(t, "enabled routes", len(routes.Enabled), 1)
	want(t, "advertised routes", len(routes.Advertised), 1)
}

func TestDeviceAuthorized(t *testing.T) {
	c := newClient(t)
	must(t, c.TailnetSettings().Update(ctx(t), tailscale.UpdateTailnetSettingsRequest{
		DevicesApprovalOn: ptr(true)}))
	t.Cleanup(func() {
		must(t, c.TailnetSettings().Update(ctx(t), tailscale.UpdateTailnetSettingsRequest{
			DevicesApprovalOn: ptr(false)}))
	})
	id := newDevice(t, c, "waiting")
	must(t, c.Devices().SetAuthorized(ctx(t), id, true))
	d, err := c.Devices().Get(ctx(t), id)
	must(t, err)
	want(t, "authorized", d.Authorized, true)
}

func TestDeviceTags(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"tagOwners": {"tag:api": ["me@"]}, "acls": []}`)
	id := newDevice(t, c, "tagged")
	must(t, c.Devices().SetTags(ctx(t), id, []string{"tag:api"}))
	d, err := c.Devices().Get(ctx(t), id)
	must(t, err)
	want(t, "tags", len(d.Tags), 1)
	want(t, "owner", d.User, "tagged-devices")
	wantStatus(t, c.Devices().SetTags(ctx(t), id, []string{"tag:unknown"}), 400)
}

func TestDevicePostureAttributes(t *testing.T) {
	c := newClient(t)
	id := newDevice(t, c, "attributed")
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	must(t, c.Devices().SetPostureAttribute(ctx(t), id, "custom:team", tailscale.DevicePostureAttributeRequest{
		Value: "red", Expiry: tailscale.Time{Time: until}}))
	must(t, c.Devices().SetPostureAttribute(ctx(t), id, "custom:level", tailscale.DevicePostureAttributeRequest{
		Value: 7}))
	got, err := c.Devices().GetPostureAttributes(ctx(t), id)
	must(t, err)
	want[any](t, "custom:team", got.Attributes["custom:team"], "red")
	want[any](t, "custom:level", got.Attributes["custom:level"], 7.0)
	want(t, "expiry", got.Expiries["custom:team"].Unix(), until.Unix())
	must(t, c.Devices().DeletePostureAttribute(ctx(t), id, "custom:team"))
	got, err = c.Devices().GetPostureAttributes(ctx(t), id)
	must(t, err)
	if _, there := got.Attributes["custom:team"]; there {
		t.Error("a deleted attribute is still there")
	}
}

func TestDeviceDelete(t *testing.T) {
	c := newClient(t)
	id := newDevice(t, c, "deleted")
	must(t, c.Devices().Delete(ctx(t), id))
	_, err := c.Devices().Get(ctx(t), id)
	if !tailscale.IsNotFound(err) {
		t.Errorf("a deleted device: %v", err)
	}
	wantStatus(t, c.Devices().Delete(ctx(t), id), 404)
	wantStatus(t, c.Devices().SetName(ctx(t), id, "x"), 404)
}
