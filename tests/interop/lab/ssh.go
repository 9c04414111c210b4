package lab

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Me is the user that the tests run as: whom a daemon can let in by SSH
// whether or not it is root.
func Me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	return Must(t, u, err).Username
}

// SSH is one "tailscale ssh", as a person runs it.
type SSH struct{ *Proc }

var sshCount atomic.Int64

// SSH starts a session from this daemon, which runs one command line there.
func (d *Daemon) SSH(login, target, command string) *SSH {
	d.t.Helper()
	name := fmt.Sprintf("ssh-%s-%d", d.Name, sshCount.Add(1))
	config := filepath.Join(d.dir, "config") // known_hosts is written there
	if err := os.MkdirAll(config, 0o700); err != nil {
		d.t.Fatal(err)
	}
	return &SSH{startProc(d.t, d.s.Dir, name, []string{"XDG_CONFIG_HOME=" + config},
		filepath.Join(d.bin, "tailscale"), "--socket="+d.socket(), "ssh", login+"@"+target,
		"-F", "none", "-o", "BatchMode=yes", command)}
}

// text is what the session has shown, without the line that says how it began.
func (c *SSH) text() string {
	_, rest, _ := strings.Cut(c.Log(), "\n")
	return rest
}

// Shows waits until the session has shown a text.
func (c *SSH) Shows(want string) {
	c.t.Helper()
	Eventually(c.t, fmt.Sprintf("%s shows %q", c.name, want), func() error {
		if text := c.text(); !strings.Contains(text, want) {
			return fmt.Errorf("it shows %q", text)
		}
		return nil
	})
}

var checkLine = regexp.MustCompile(`(?m)^# To authenticate, visit: (\S+)\r?$`)

// Asks waits until the session either shows that it is to be approved, or ends.
func (c *SSH) Asks() bool {
	c.t.Helper()
	Eventually(c.t, c.name+" asks for an approval or ends", func() error {
		if c.Running() && !checkLine.MatchString(c.text()) {
			return fmt.Errorf("it shows %q", c.text())
		}
		return nil
	})
	return c.Running()
}

// CheckURL waits until the session shows where it is to be approved.
func (c *SSH) CheckURL() (url string) {
	c.t.Helper()
	if !c.Asks() {
		c.t.Fatalf("%s ended with %d: %q", c.name, c.cmd.ProcessState.ExitCode(), c.text())
	}
	return checkLine.FindStringSubmatch(c.text())[1]
}

// Waits requires that the session is neither let in nor turned away for a while.
func (c *SSH) Waits(long time.Duration) {
	c.t.Helper()
	select {
	case <-c.Done():
		c.t.Fatalf("%s ended with %d: %s", c.name, c.cmd.ProcessState.ExitCode(), c.text())
	case <-time.After(long):
	}
}

// Ends waits for the end of the session and returns its status and what it showed.
func (c *SSH) Ends() (code int, text string) {
	c.t.Helper()
	select {
	case <-c.Done():
	case <-time.After(Patience):
		c.t.Fatalf("%s does not end: %s", c.name, c.text())
	}
	return c.cmd.ProcessState.ExitCode(), c.text()
}

// Succeeds requires that the session was let in and showed exactly this at its end.
func (c *SSH) Succeeds(want string) {
	c.t.Helper()
	if code, text := c.Ends(); code != 0 || !strings.HasSuffix(text, want) {
		c.t.Fatalf("%s ended with %d: %q, want %q", c.name, code, text, want)
	}
}

// Refused requires that the session was turned away with this text.
func (c *SSH) Refused(want string) {
	c.t.Helper()
	if code, text := c.Ends(); code != 255 || !strings.Contains(text, want) {
		c.t.Fatalf("%s ended with %d: %q, want a refusal with %q", c.name, code, text, want)
	}
}
