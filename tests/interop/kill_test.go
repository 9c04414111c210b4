package interop

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn"
)

// tailnet is a server with one client of each kind, all online.
type tailnet struct {
	*lab.Server
	key      string
	daemon   *lab.Daemon
	tsnet    *lab.Tsnet
	scripted *lab.Device
	stream   *lab.Stream
	renames  int
}

func newTailnet(t *testing.T) *tailnet {
	n := &tailnet{Server: lab.NewServer(t)}
	n.key = n.ReusableKey()
	n.daemon = n.NewDaemon("daemon").Join(n.key)
	n.tsnet = n.NewTsnet("engine", n.key)
	n.NewDevice("marker-0").Join(n.key)
	n.scripted = n.NewDevice("scripted").Join(n.key)
	n.stream = n.scripted.Online()
	n.daemon.Sees("engine")
	n.tsnet.Sees("daemon")
	n.stream.Wait("both", present("engine"))
	return n
}

// everybodyHears makes a change and waits until it is with every client.
func (n *tailnet) everybodyHears() {
	n.T.Helper()
	old := fmt.Sprintf("marker-%d", n.renames)
	n.renames++
	name := fmt.Sprintf("marker-%d", n.renames)
	n.Nodes("rename", old, name)
	if n.stream.Err() != nil {
		n.stream = n.scripted.Online()
	}
	n.stream.Wait(name, present(name))
	n.daemon.WaitPeer(name, "there", nothing)
	n.tsnet.WaitPeer(name, "there", nothing)
	n.daemon.WaitState(ipn.Running)
	n.tsnet.WaitState(ipn.Running)
}

// A worker that dies, idle or at work, disturbs no stream and is replaced.
func TestKillWorkers(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	var before []int
	lab.Eventually(t, "two workers at least", func() error {
		if before = n.Workers(); len(before) < 2 {
			return fmt.Errorf("they are %v", before)
		}
		return nil
	})
	for _, pid := range before {
		kill(pid)
		n.everybodyHears()
	}
	for _, pid := range n.Workers() { // all at once
		kill(pid)
	}
	n.everybodyHears()
	if n.stream.Err() != nil {
		t.Errorf("the stream ended: %v", n.stream.Err())
	}
	lab.Eventually(t, "as many workers as before", func() error {
		if now := n.Workers(); len(now) != len(before) {
			return fmt.Errorf("there are %v", now)
		}
		return nil
	})
}

func TestKillNotifier(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	for range 2 {
		pid := n.Notifier()
		kill(pid)
		n.Nodes("rename", fmt.Sprintf("marker-%d", n.renames), fmt.Sprintf("marker-%d", n.renames+1)) // while it is away
		n.renames++
		lab.Eventually(t, "another notifier", func() error {
			if now := n.Notifier(); now == 0 || now == pid {
				return fmt.Errorf("it is %d", now)
			}
			return nil
		})
		<-n.stream.Done()
		n.WaitHealthy()
		n.everybodyHears()
	}
	lab.Eventually(t, "who is online", func() error {
		if got := n.SQL("SELECT group_concat(name, ' ') FROM (SELECT name FROM nodes WHERE online = 1 ORDER BY name)"); got != "daemon engine scripted" {
			return fmt.Errorf("online are %s", got)
		}
		return nil
	})
}

func TestKillWebServer(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	n.Web.Kill()
	<-n.stream.Done()
	n.StartWeb()
	n.WaitHealthy()
	n.everybodyHears()
}

// The supervisor's death ends what it started, so that a new one can start.
func TestKillServe(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	pids := append(n.Workers(), n.Notifier())
	n.Head.KillAlone()
	n.Start()
	for _, pid := range pids {
		lab.Eventually(t, fmt.Sprintf("the orphan %d ends", pid), func() error { return gone(pid) })
	}
	n.everybodyHears()
}

// Everything at once, as when the power goes.
func TestKillEverything(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	n.Nodes("rename", "engine", "acknowledged")
	n.Head.Kill()
	n.Web.Kill()
	n.Start()
	if n.NodeID("acknowledged") == "" {
		t.Error("a rename that was acknowledged is lost")
	}
	n.everybodyHears()
	n.daemon.Sees("acknowledged")
}

// While processes die left and right, what was acknowledged stays true.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	key := s.ReusableKey()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var joined [4][]string
	var failures atomic.Int32
	for w := range joined {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				d := s.NewDevice(fmt.Sprintf("w%d-%d", w, i))
				rr, err := d.TryRegister(d.RegisterRequest(key))
				if err != nil || rr.Error != "" || !rr.MachineAuthorized {
					failures.Add(1)
					time.Sleep(50 * time.Millisecond)
				} else {
					joined[w] = append(joined[w], d.Node.Public().String())
				}
				d.Close()
			}
		})
	}
	for round := range 12 {
		time.Sleep(250 * time.Millisecond)
		if victims := s.Workers(); len(victims) > 0 {
			kill(victims[round%len(victims)])
		}
		if round%4 == 3 {
			kill(s.Notifier())
		}
	}
	close(stop)
	wg.Wait()
	s.WaitHealthy()
	rows := s.SQL("SELECT node_key FROM nodes")
	total := 0
	for _, keys := range joined {
		total += len(keys)
		for _, k := range keys {
			if !strings.Contains(rows, k) {
				t.Errorf("%s was let in and is not there", k)
			}
		}
	}
	t.Logf("%d joined, %d attempts failed", total, failures.Load())
	if total < 20 {
		t.Errorf("only %d joined", total)
	}
	if got := s.SQL("PRAGMA integrity_check"); got != "ok" {
		t.Errorf("the database says %s", got)
	}
	d := s.NewDevice("last").Join(key)
	d.Online()
}

// SIGHUP gives new workers and the new configuration; no stream notices.
func TestReloadDisturbsNobody(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	before := n.Workers()
	mark := n.stream.Mark()
	n.Set("dns.search_domains", "reloaded.example")
	n.Reload()
	n.stream.Wait("the new search domain", func(v *lab.View) error {
		if got := fmt.Sprint(v.DNS.Domains); !strings.Contains(got, "reloaded.example") {
			return fmt.Errorf("Domains are %s", got)
		}
		return nil
	})
	n.everybodyHears()
	lab.Eventually(t, "new workers, one after the other", func() error {
		for _, pid := range n.Workers() {
			if slices.Contains(before, pid) {
				return fmt.Errorf("worker %d is still the same", pid)
			}
		}
		return nil
	})
	if n.stream.Err() != nil {
		t.Errorf("the stream ended: %v", n.stream.Err())
	}
	for _, m := range n.stream.Since(mark) {
		if m.Map.Node != nil || len(m.Map.Peers) > 0 {
			t.Errorf("after the reload the client is sent %s", m.JSON)
		}
	}
	// A configuration that is wrong is not taken, and what runs goes on.
	n.Set("dns.magic_dns", "perhaps")
	n.Reload()
	lab.Eventually(t, "the log names the bad key", func() error {
		if !strings.Contains(n.Head.Log(), "magic_dns") {
			return fmt.Errorf("it does not")
		}
		return nil
	})
	n.Set("dns.magic_dns", "true")
	n.everybodyHears()
	if n.stream.Err() != nil || !n.Head.Running() {
		t.Errorf("a bad configuration ended the stream (%v) or the server", n.stream.Err())
	}
}

// An orderly restart: clients are back by themselves, and quick ones were
// never away.
func TestRestart(t *testing.T) {
	t.Parallel()
	n := newTailnet(t)
	n.StopHead()
	<-n.stream.Done()
	n.Start()
	n.everybodyHears()
	lab.Eventually(t, "who is online", func() error {
		if got := n.Count("nodes WHERE online = 1"); got != 3 {
			return fmt.Errorf("%d are", got)
		}
		return nil
	})
}
