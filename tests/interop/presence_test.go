package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"headrace/tests/interop/lab"
	"tailscale.com/ipn/ipnstate"
	"tailscale.com/tailcfg"
)

// Who goes is shown offline after the grace, with when it was last there.
func TestOfflineAfterGrace(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	real := s.NewTsnet("real", k)
	d := s.NewDevice("leaves").Join(k)
	st := d.Online()
	real.Sees("leaves")
	watch.Wait("leaves online", online("leaves", true))
	left := time.Now()
	d.Close()
	<-st.Done()
	watch.Wait("leaves offline", online("leaves", false))
	if took := time.Since(left); took < lab.OfflineGrace-100*time.Millisecond || took > lab.OfflineGrace+lab.Promptness {
		t.Errorf("it is offline after %v, with a grace of %v", took, lab.OfflineGrace)
	}
	watch.View(peer("leaves", func(p *tailcfg.Node) error {
		if p.LastSeen == nil || left.Sub(*p.LastSeen) > 2*time.Second || time.Until(*p.LastSeen) > time.Second {
			t.Errorf("LastSeen is %v, it left at %v, now it is %v", p.LastSeen, left, time.Now())
		}
		return nil
	}))
	real.WaitPeer("leaves", "offline", func(p *ipnstate.PeerStatus) error {
		if p.Online {
			return fmt.Errorf("it is online")
		}
		return nil
	})
	d.Online()
	watch.Wait("it back", online("leaves", true))
	real.Sees("leaves")
}

// inTime does what makes nodes go and come back, until none was away for as long
// as the grace: of those that were, because the machine stood still, the others
// are told, and rightly.  It answers what the watcher heard, also a while later.
func inTime(t *testing.T, watch *lab.Stream, what func() (longest time.Duration)) []lab.Message {
	t.Helper()
	for range 5 {
		mark := watch.Mark()
		longest := what()
		time.Sleep(lab.OfflineGrace + time.Second)
		if longest < lab.OfflineGrace {
			return watch.Since(mark)
		}
		t.Logf("one was away for %v", longest)
	}
	t.Fatalf("this machine is too slow to come back within %v", lab.OfflineGrace)
	return nil
}

// Who comes back within the grace was never away, however it went.
func TestQuickReconnect(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	d := s.NewDevice("quick").Join(k)
	st := d.Online()
	watch.Wait("quick online", online("quick", true))
	for _, m := range inTime(t, watch, func() (longest time.Duration) {
		for i := range 4 {
			left := time.Now()
			if i%2 == 0 {
				st.Cancel()
			} else {
				d.Close()
				<-st.Done()
			}
			time.Sleep(lab.OfflineGrace / 4)
			st = d.Online()
			longest = max(longest, time.Since(left))
		}
		return longest
	}) {
		if strings.Contains(string(m.JSON), `"Online":`) {
			t.Errorf("a quick reconnect is told by %s", m.JSON)
		}
	}
	if err := watch.View(online("quick", true)); err != nil {
		t.Error(err)
	}
}

// A mass reconnect tells nobody anything.
func TestMassReconnectIsSilent(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	var devices []*lab.Device
	var streams []*lab.Stream
	for i := range 20 {
		d := s.NewDevice(fmt.Sprintf("n%02d", i)).Join(k)
		devices, streams = append(devices, d), append(streams, d.Online())
	}
	watch.Wait("the last online", online("n19", true))
	for _, m := range inTime(t, watch, func() (longest time.Duration) {
		for i, d := range devices {
			left := time.Now()
			d.Close()
			<-streams[i].Done()
			streams[i] = d.Online()
			longest = max(longest, time.Since(left))
		}
		return longest
	}) {
		t.Errorf("the watcher is told %s", m.JSON)
	}
}

// A client that reads slowly, or not at all, costs a bounded amount of memory
// and nobody else any time; when it reads again it ends up with the truth.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	slow := s.NewDevice("slow").Join(k)
	st := slow.Online()
	const n = 60
	for i := range n {
		s.NewDevice(fmt.Sprintf("n%02d", i)).Join(k)
	}
	st.Wait("the last", present("n59"))
	before := lab.Memory(s.Notifier())
	slow.Pause()
	for round := range 40 { // one message each, of what does not compress well
		name := fmt.Sprintf("round-%d", round)
		s.SQL(`UPDATE nodes SET hostinfo = json_set(hostinfo, '$.OSVersion', hex(randomblob(3000)))
			WHERE name GLOB 'n*' OR name GLOB 'round-*';
			UPDATE nodes SET name = '%s' WHERE name = 'n00' OR name GLOB 'round-*'`, name)
		watch.WaitWithin(lab.Promptness, name, present(name))
	}
	if grown := lab.Memory(s.Notifier()) - before; grown > 30<<10 {
		t.Errorf("one slow reader costs %d KiB", grown)
	}
	// (Where all of this takes half a minute, it is given up before.)
	if log := s.Head.Log(); !strings.Contains(log, "reads too slowly") && !strings.Contains(log, "does not read what we write") {
		t.Error("the queue never filled: this test tests nothing")
	}
	slow.Resume()
	lab.Eventually(t, "the slow reader knows all", func() error {
		if st.Err() != nil { // it was given up; a real client comes again
			st = slow.Online()
		}
		return st.View(func(v *lab.View) error {
			want := s.SQL("SELECT json_extract(hostinfo, '$.OSVersion') FROM nodes WHERE name = 'round-39'")
			return peer("round-39", func(p *tailcfg.Node) error {
				if got := p.Hostinfo.OSVersion(); got != want {
					return fmt.Errorf("it has something old")
				}
				return nil
			})(v)
		})
	})
}

// A hang-up that never arrives: the peer vanishes without closing its
// connection, and is found out by the server's own questions.
func TestStoppedClientGoesOffline(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	t.Parallel()
	s := lab.NewServer(t)
	k := s.ReusableKey()
	watch := s.NewDevice("watch").Join(k).Online()
	d := s.NewDaemon("frozen").Join(k)
	watch.Wait("frozen online", online("frozen", true))
	freeze(d.Proc.Pid())
	defer thaw(d.Proc.Pid())
	watch.WaitWithin(4*time.Minute, "frozen offline", online("frozen", false))
	thaw(d.Proc.Pid())
	watch.WaitWithin(3*time.Minute, "frozen back", online("frozen", true))
}
