package goclient

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tailscale.com/client/tailscale/v2"
)

func authKeyRequest(tags ...string) tailscale.CreateKeyRequest {
	var r tailscale.CreateKeyRequest
	r.Capabilities.Devices.Create.Reusable = true
	r.Capabilities.Devices.Create.Preauthorized = true
	r.Capabilities.Devices.Create.Tags = tags
	r.ExpirySeconds = 3600
	r.Description = "from a test"
	return r
}

func TestAuthKey(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"tagOwners": {"tag:api": ["me@"]}, "acls": []}`)
	made, err := c.Keys().CreateAuthKey(ctx(t), authKeyRequest("tag:api"))
	must(t, err)
	if !strings.HasPrefix(made.Key, "hskey-auth-") {
		t.Fatalf("key: %q", made.Key)
	}
	got, err := c.Keys().Get(ctx(t), made.ID)
	must(t, err)
	want(t, "the key in an answer to Get", got.Key, "")
	want(t, "type", got.KeyType, "auth")
	want(t, "description", got.Description, "from a test")
	want(t, "reusable", got.Capabilities.Devices.Create.Reusable, true)
	want(t, "preauthorized", got.Capabilities.Devices.Create.Preauthorized, true)
	want(t, "invalid", got.Invalid, false)
	if d := time.Until(got.Expires); d < 50*time.Minute || d > 70*time.Minute {
		t.Errorf("expires in %v", d)
	}
	list, err := c.Keys().List(ctx(t), true)
	must(t, err)
	if !slices.ContainsFunc(list, func(k tailscale.Key) bool { return k.ID == made.ID }) {
		t.Errorf("key %s is not in the list", made.ID)
	}
	must(t, c.Keys().Delete(ctx(t), made.ID))
	gone, err := c.Keys().Get(ctx(t), made.ID)
	if err == nil && !gone.Invalid {
		t.Error("a deleted key is valid")
	}
}

func TestAuthKeyRefused(t *testing.T) {
	c := newClient(t)
	_, err := c.Keys().CreateAuthKey(ctx(t), authKeyRequest("no-tag"))
	if s := status(err); s != 400 && s != 422 {
		t.Errorf("a tag without tag: is answered with %v", err)
	}
	_, err = c.Keys().Get(ctx(t), "nonsense")
	wantStatus(t, err, 404)
	_, err = newClient(t, "auth_keys:read").Keys().CreateAuthKey(ctx(t), authKeyRequest())
	wantStatus(t, err, 403)
}

func TestOAuthClient(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"tagOwners": {"tag:api": ["me@"]}, "acls": []}`)
	made, err := c.Keys().CreateOAuthClient(ctx(t), tailscale.CreateOAuthClientRequest{
		Scopes: []string{"auth_keys", "devices:core:read"}, Tags: []string{"tag:api"}, Description: "ci"})
	must(t, err)
	if made.ID == "" || made.Key == "" {
		t.Fatalf("no id or secret: %+v", made)
	}

	with := &tailscale.Client{BaseURL: c.BaseURL, Auth: &tailscale.OAuth{
		ClientID: made.ID, ClientSecret: made.Key}}
	_, err = with.Devices().List(ctx(t))
	must(t, err)
	_, err = with.Keys().CreateAuthKey(ctx(t), authKeyRequest("tag:api"))
	must(t, err)
	_, err = with.Users().List(ctx(t), nil, nil)
	wantStatus(t, err, 403)

	changed, err := c.Keys().SetOAuthClient(ctx(t), made.ID, tailscale.SetOAuthClientRequest{
		Scopes: []string{"users:read"}, Description: "changed"})
	must(t, err)
	want(t, "description", changed.Description, "changed")
	fewer := &tailscale.Client{BaseURL: c.BaseURL, Auth: &tailscale.OAuth{
		ClientID: made.ID, ClientSecret: made.Key}}
	_, err = fewer.Users().List(ctx(t), nil, nil)
	must(t, err)

	must(t, c.Keys().Delete(ctx(t), made.ID))
	after := &tailscale.Client{BaseURL: c.BaseURL, Auth: &tailscale.OAuth{
		ClientID: made.ID, ClientSecret: made.Key}}
	if _, err = after.Users().List(ctx(t), nil, nil); err == nil {
		t.Error("a deleted client still gets tokens")
	}
}

func TestOAuthScopes(t *testing.T) {
	c := newClient(t)
	made, err := c.Keys().CreateOAuthClient(ctx(t), tailscale.CreateOAuthClientRequest{
		Scopes: []string{"all:read"}})
	must(t, err)
	narrow := &tailscale.Client{BaseURL: c.BaseURL, Auth: &tailscale.OAuth{
		ClientID: made.ID, ClientSecret: made.Key, Scopes: []string{"users:read"}}}
	_, err = narrow.Users().List(ctx(t), nil, nil)
	must(t, err)
	_, err = narrow.Devices().List(ctx(t))
	wantStatus(t, err, 403)
	wider := &tailscale.Client{BaseURL: c.BaseURL, Auth: &tailscale.OAuth{
		ClientID: made.ID, ClientSecret: made.Key, Scopes: []string{"users"}}}
	if _, err = wider.Users().List(ctx(t), nil, nil); err == nil {
		t.Error("a client got more than it has")
	}
}

func TestWrongKey(t *testing.T) {
	c := newClient(t)
	c.APIKey = c.APIKey[:len(c.APIKey)-4] + "0000"
	_, err := c.Users().List(ctx(t), nil, nil)
	wantStatus(t, err, 401)
}
