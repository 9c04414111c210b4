package goclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tailscale.com/client/tailscale/v2"
)

// delivery is what a webhook's receiver gets.
type delivery struct {
	signature string
	body      []byte
}

func receiver(t *testing.T) (*httptest.Server, chan delivery) {
	got := make(chan delivery, 16)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- delivery{r.Header.Get("Tailscale-Webhook-Signature"), body}
	}))
	t.Cleanup(s.Close)
	return s, got
}

// verify checks a signature as Tailscale's documentation says: t=<time>,v1=<HMAC of "time.body">.
func verify(t *testing.T, d delivery, secret string) {
	t.Helper()
	var when, sum string
	for part := range strings.SplitSeq(d.signature, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			when = value
		case "v1":
			sum = value
		}
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(when + "." + string(d.body)))
	if sum != hex.EncodeToString(mac.Sum(nil)) {
		t.Errorf("signature %q does not fit the body", d.signature)
	}
}

func next(t *testing.T, from chan delivery) delivery {
	t.Helper()
	select {
	case d := <-from:
		return d
	case <-time.After(60 * time.Second):
		t.Fatal("nothing was delivered")
		return delivery{}
	}
}

func TestWebhook(t *testing.T) {
	c := newClient(t)
	target, got := receiver(t)
	hook, err := c.Webhooks().Create(ctx(t), tailscale.CreateWebhookRequest{
		EndpointURL:   target.URL,
		Subscriptions: []tailscale.WebhookSubscriptionType{tailscale.WebhookUserCreated},
	})
	must(t, err)
	if hook.Secret == nil || *hook.Secret == "" {
		t.Fatal("no secret")
	}
	t.Cleanup(func() { c.Webhooks().Delete(ctx(t), hook.EndpointID) })

	headrace(t, "users", "create", "hooked")
	d := next(t, got)
	verify(t, d, *hook.Secret)
	var events []struct {
		Type string `json:"type"`
		Data map[string]any
	}
	must(t, json.Unmarshal(d.body, &events))
	want(t, "type", events[0].Type, "userCreated")

	must(t, c.Webhooks().Test(ctx(t), hook.EndpointID))
	d = next(t, got)
	must(t, json.Unmarshal(d.body, &events))
	want(t, "type of a test", events[0].Type, "test")

	rotated, err := c.Webhooks().RotateSecret(ctx(t), hook.EndpointID)
	must(t, err)
	headrace(t, "users", "create", "hooked-again")
	verify(t, next(t, got), *rotated.Secret)
}

func TestWebhookAdministration(t *testing.T) {
	c := newClient(t)
	hook, err := c.Webhooks().Create(ctx(t), tailscale.CreateWebhookRequest{
		EndpointURL:   "https://hooks.example.com/x",
		ProviderType:  tailscale.WebhookSlackProviderType,
		Subscriptions: []tailscale.WebhookSubscriptionType{tailscale.WebhookCategoryTailnetManagement},
	})
	must(t, err)
	changed, err := c.Webhooks().Update(ctx(t), hook.EndpointID,
		[]tailscale.WebhookSubscriptionType{tailscale.WebhookNodeCreated, tailscale.WebhookPolicyUpdate})
	must(t, err)
	want(t, "subscriptions", len(changed.Subscriptions), 2)
	seen, err := c.Webhooks().Get(ctx(t), hook.EndpointID)
	must(t, err)
	if seen.Secret != nil {
		t.Error("the secret is shown again")
	}
	want(t, "provider", seen.ProviderType, tailscale.WebhookSlackProviderType)
	list, err := c.Webhooks().List(ctx(t))
	must(t, err)
	if len(list) == 0 {
		t.Error("the list is empty")
	}
	must(t, c.Webhooks().Delete(ctx(t), hook.EndpointID))
	_, err = c.Webhooks().Get(ctx(t), hook.EndpointID)
	wantStatus(t, err, 404)
	_, err = c.Webhooks().Create(ctx(t), tailscale.CreateWebhookRequest{EndpointURL: "ftp://x"})
	if s := status(err); s != 400 && s != 422 {
		t.Errorf("a webhook at ftp: %v", err)
	}
}

func TestLogstream(t *testing.T) {
	c := newClient(t)
	_, err := c.Logging().LogstreamConfiguration(ctx(t), tailscale.LogTypeConfig)
	wantStatus(t, err, 404)
}
