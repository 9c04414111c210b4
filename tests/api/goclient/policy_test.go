package goclient

import (
	"strings"
	"sync"
	"testing"

	"tailscale.com/client/tailscale/v2"
)

func setPolicy(t *testing.T, c *tailscale.Client, text string) {
	t.Helper()
	must(t, c.PolicyFile().Set(ctx(t), text, ""))
}

const commented = `// Whatever stands here stays as it is.
{
	"groups": {"group:eng": ["me@"]},
	"acls": [{"action": "accept", "src": ["group:eng"], "dst": ["*:*"]}], // with a comma too much,
}
`

func TestPolicyRaw(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, commented)
	raw, err := c.PolicyFile().Raw(ctx(t))
	must(t, err)
	want(t, "text", raw.HuJSON, commented)
	if raw.ETag == "" {
		t.Error("no ETag")
	}
}

func TestPolicyGet(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, commented)
	acl, err := c.PolicyFile().Get(ctx(t))
	must(t, err)
	want(t, "rules", len(acl.ACLs), 1)
	want(t, "group", acl.Groups["group:eng"][0], "me@")
	if acl.ETag == "" {
		t.Error("no ETag")
	}
}

func TestPolicyETag(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"acls": []}`)
	raw, err := c.PolicyFile().Raw(ctx(t))
	must(t, err)
	must(t, c.PolicyFile().Set(ctx(t), `{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:22"]}]}`, raw.ETag))
	err = c.PolicyFile().Set(ctx(t), `{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:80"]}]}`, raw.ETag)
	wantStatus(t, err, 412)
	now, err := c.PolicyFile().Raw(ctx(t))
	must(t, err)
	if !strings.Contains(now.HuJSON, "*:22") {
		t.Errorf("the refused policy was set: %s", now.HuJSON)
	}
}

// Of many who start from one version, one wins, and everybody else is told.
func TestPolicyAtOnce(t *testing.T) {
	c := newClient(t)
	setPolicy(t, c, `{"acls": []}`)
	raw, err := c.PolicyFile().Raw(ctx(t))
	must(t, err)
	const admins = 8
	errs := make([]error, admins)
	var all sync.WaitGroup
	for i := range admins {
		all.Go(func() {
			text := `{"acls": [{"action": "accept", "src": ["*"], "dst": ["*:` + string(rune('1'+i)) + `"]}]}`
			errs[i] = c.PolicyFile().Set(ctx(t), text, raw.ETag)
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if status(err) != 412 {
			t.Errorf("a loser was told %v", err)
		}
	}
	want(t, "winners", won, 1)
}

func TestPolicySetAndGet(t *testing.T) {
	c := newClient(t)
	acl, err := c.PolicyFile().SetAndGet(ctx(t), tailscale.ACL{
		ACLs: []tailscale.ACLEntry{{Action: "accept", Source: []string{"*"}, Destination: []string{"*:443"}}},
	}, "")
	must(t, err)
	want(t, "rules", len(acl.ACLs), 1)
	again, err := c.PolicyFile().SetAndGet(ctx(t), *acl, acl.ETag)
	must(t, err)
	want(t, "rules of the same again", len(again.ACLs), 1)
}

func TestPolicyValidate(t *testing.T) {
	c := newClient(t)
	must(t, c.PolicyFile().Validate(ctx(t), commented))
	if err := c.PolicyFile().Validate(ctx(t), `{"acls": [{"action": "maybe"}]}`); err == nil {
		t.Error("a wrong policy is valid")
	}
	must(t, c.PolicyFile().Validate(ctx(t), tailscale.ACL{}))
}

func TestPolicyRefused(t *testing.T) {
	c := newClient(t)
	err := c.PolicyFile().Set(ctx(t), `{"acls": [`, "")
	wantStatus(t, err, 400)
	wantStatus(t, newClient(t, "policy_file:read").PolicyFile().Set(ctx(t), `{}`, ""), 403)
}
