package goclient

import (
	"slices"
	"testing"

	"tailscale.com/client/tailscale/v2"
)

func TestSettings(t *testing.T) {
	c := newClient(t)
	before, err := c.TailnetSettings().Get(ctx(t))
	must(t, err)
	want(t, "approval of devices at first", before.DevicesApprovalOn, false)
	must(t, c.TailnetSettings().Update(ctx(t), tailscale.UpdateTailnetSettingsRequest{
		DevicesApprovalOn: ptr(true), DevicesKeyDurationDays: ptr(42)}))
	after, err := c.TailnetSettings().Get(ctx(t))
	must(t, err)
	want(t, "approval of devices", after.DevicesApprovalOn, true)
	want(t, "key duration", after.DevicesKeyDurationDays, 42)
	want(t, "what was not named", after.UsersApprovalOn, before.UsersApprovalOn)
	must(t, c.TailnetSettings().Update(ctx(t), tailscale.UpdateTailnetSettingsRequest{
		DevicesApprovalOn: ptr(false), DevicesKeyDurationDays: ptr(before.DevicesKeyDurationDays)}))
	err = c.TailnetSettings().Update(ctx(t), tailscale.UpdateTailnetSettingsRequest{
		DevicesKeyDurationDays: ptr(-1)})
	if s := status(err); s != 400 && s != 422 {
		t.Errorf("a duration of -1 days: %v", err)
	}
}

func TestDNSNameserversAndSearchPaths(t *testing.T) {
	c := newClient(t)
	must(t, c.DNS().SetNameservers(ctx(t), []string{"9.9.9.9", "2620:fe::fe"}))
	servers, err := c.DNS().Nameservers(ctx(t))
	must(t, err)
	if !slices.Equal(servers, []string{"9.9.9.9", "2620:fe::fe"}) {
		t.Errorf("nameservers: %v", servers)
	}
	must(t, c.DNS().SetSearchPaths(ctx(t), []string{"corp.example"}))
	paths, err := c.DNS().SearchPaths(ctx(t))
	must(t, err)
	if !slices.Equal(paths, []string{"corp.example"}) {
		t.Errorf("search paths: %v", paths)
	}
	err = c.DNS().SetNameservers(ctx(t), []string{"not an address"})
	if s := status(err); s != 400 && s != 422 {
		t.Errorf("a nameserver that is none: %v", err)
	}
	must(t, c.DNS().SetNameservers(ctx(t), []string{}))
	must(t, c.DNS().SetSearchPaths(ctx(t), []string{}))
}

func TestDNSSplit(t *testing.T) {
	c := newClient(t)
	must(t, c.DNS().SetSplitDNS(ctx(t), tailscale.SplitDNSRequest{"a.example": {"10.0.0.1"}}))
	got, err := c.DNS().UpdateSplitDNS(ctx(t), tailscale.SplitDNSRequest{"b.example": {"10.0.0.2"}})
	must(t, err)
	want(t, "domains after an update", len(got), 2)
	got, err = c.DNS().UpdateSplitDNS(ctx(t), tailscale.SplitDNSRequest{"a.example": nil})
	must(t, err)
	want(t, "domains after null", len(got), 1)
	got, err = c.DNS().SplitDNS(ctx(t))
	must(t, err)
	want(t, "server", got["b.example"][0], "10.0.0.2")
	must(t, c.DNS().SetSplitDNS(ctx(t), tailscale.SplitDNSRequest{}))
}

func TestDNSPreferences(t *testing.T) {
	c := newClient(t)
	before, err := c.DNS().Preferences(ctx(t))
	must(t, err)
	must(t, c.DNS().SetPreferences(ctx(t), tailscale.DNSPreferences{MagicDNS: !before.MagicDNS}))
	after, err := c.DNS().Preferences(ctx(t))
	must(t, err)
	want(t, "MagicDNS", after.MagicDNS, !before.MagicDNS)
	must(t, c.DNS().SetPreferences(ctx(t), *before))
}

func TestDNSConfiguration(t *testing.T) {
	c := newClient(t)
	err := c.DNS().SetConfiguration(ctx(t), tailscale.DNSConfiguration{
		Nameservers: []tailscale.DNSConfigurationResolver{{Address: "9.9.9.9"}},
		SplitDNS:    map[string][]tailscale.DNSConfigurationResolver{"c.example": {{Address: "10.0.0.3"}}},
		SearchPaths: []string{"c.example"},
		Preferences: tailscale.DNSConfigurationPreferences{MagicDNS: true, OverrideLocalDNS: true},
	})
	must(t, err)
	got, err := c.DNS().Configuration(ctx(t))
	must(t, err)
	want(t, "nameserver", got.Nameservers[0].Address, "9.9.9.9")
	want(t, "split", got.SplitDNS["c.example"][0].Address, "10.0.0.3")
	want(t, "search path", got.SearchPaths[0], "c.example")
	want(t, "override", got.Preferences.OverrideLocalDNS, true)
	must(t, c.DNS().SetConfiguration(ctx(t), tailscale.DNSConfiguration{
		Preferences: tailscale.DNSConfigurationPreferences{MagicDNS: true}}))
}

func TestContacts(t *testing.T) {
	c := newClient(t)
	must(t, c.Contacts().Update(ctx(t), tailscale.ContactSecurity, tailscale.UpdateContactRequest{
		Email: ptr("security@example.com")}))
	got, err := c.Contacts().Get(ctx(t))
	must(t, err)
	want(t, "security", got.Security.Email, "security@example.com")
	wantStatus(t, c.Contacts().Update(ctx(t), "nobody", tailscale.UpdateContactRequest{
		Email: ptr("x@example.com")}), 404)
}

func TestUsers(t *testing.T) {
	c := newClient(t)
	headrace(t, "users", "create", "gopher", "--display-name", "A Gopher", "--email", "gopher@example.com")
	list, err := c.Users().List(ctx(t), nil, nil)
	must(t, err)
	i := slices.IndexFunc(list, func(u tailscale.User) bool { return u.DisplayName == "A Gopher" })
	if i < 0 {
		t.Fatalf("the new user is not in %v", list)
	}
	got, err := c.Users().Get(ctx(t), list[i].ID)
	must(t, err)
	want(t, "role", got.Role, tailscale.UserRoleMember)
	want(t, "status", got.Status, tailscale.UserStatusActive)
	want(t, "type", got.Type, tailscale.UserTypeMember)
	admins, err := c.Users().List(ctx(t), nil, ptr(tailscale.UserRoleAuditor))
	must(t, err)
	want(t, "auditors", len(admins), 0)
	_, err = c.Users().Get(ctx(t), "4711")
	wantStatus(t, err, 404)
}
