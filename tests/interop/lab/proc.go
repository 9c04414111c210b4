package lab

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Proc is a process that a test started, in a process group of its own so that
// what it starts in turn ends with it.
type Proc struct {
	t    *testing.T
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has been waited for
}

// logTail is how much of each log a failed test prints.
const logTail = 8 << 10

// startProc starts argv with its output in dir/name.log.  A log that is there
// already is continued: a process that is started again has one history.
func startProc(t *testing.T, dir, name string, env []string, argv ...string) *Proc {
	t.Helper()
	p := &Proc{t: t, name: name, log: filepath.Join(dir, name+".log"), done: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	fmt.Fprintf(out, "--- %s %s\n", time.Now().Format("15:04:05.000"), strings.Join(argv, " "))
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() { p.cmd.Wait(); close(p.done) }()
	t.Cleanup(p.Kill)
	return p
}

// Pid is the process id.
func (p *Proc) Pid() int { return p.cmd.Process.Pid }

// Done is closed once the process has ended.
func (p *Proc) Done() <-chan struct{} { return p.done }

// Running tells whether the process has not ended yet.
func (p *Proc) Running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Kill ends the process and all of its group at once; doing it twice is fine.
func (p *Proc) Kill() {
	syscall.Kill(-p.Pid(), syscall.SIGKILL)
	<-p.done
}

// KillAlone ends only the process itself, with no chance to clean up.
func (p *Proc) KillAlone() {
	syscall.Kill(p.Pid(), syscall.SIGKILL)
	<-p.done
}

// Signal sends a signal to the process itself.
func (p *Proc) Signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatalf("signal %s: %v", p.name, err)
	}
}

// Stop asks the process to end and requires that it does so cleanly in time.
func (p *Proc) Stop(within time.Duration) {
	p.t.Helper()
	p.end(syscall.SIGTERM, within)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("%s ended with %v after SIGTERM", p.name, p.cmd.ProcessState)
	}
}

// end asks the process by a signal to end and requires that it does so in time.
func (p *Proc) end(sig syscall.Signal, within time.Duration) {
	p.t.Helper()
	p.Signal(sig)
	select {
	case <-p.done:
	case <-time.After(within):
		p.t.Fatalf("%s does not end within %v of %v", p.name, within, sig)
	}
}

// Log is all that the process has written so far.
func (p *Proc) Log() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// child is a process below another one, as /proc shows it.
type child struct {
	pid  int
	argv []string
}

// children lists the processes below pid, whole tree, oldest first.
func children(pid int) (out []child) {
	kids, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, f := range strings.Fields(string(kids)) {
		id, err := strconv.Atoi(f)
		if err != nil {
			continue
		}
		cmdline, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", id))
		if err != nil {
			continue
		}
		argv := strings.Split(string(bytes.TrimRight(cmdline, "\x00")), "\x00")
		out = append(out, child{id, argv})
		out = append(out, children(id)...)
	}
	return out
}

// childrenLike lists the pids below p whose command line contains every word.
func (p *Proc) childrenLike(words ...string) (pids []int) {
	for _, c := range children(p.Pid()) {
		line := strings.Join(c.argv, " ")
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) }) {
			pids = append(pids, c.pid)
		}
	}
	return pids
}

// run runs a command to its end and returns what it printed.  The error of a
// command that fails holds its standard error.
func run(dir string, env []string, within time.Duration, argv ...string) (stdout string, err error) {
	var out, errs bytes.Buffer
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return "", err
	}
	timer := time.AfterFunc(within, func() { cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Wait(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s%s", strings.Join(argv, " "), err, out.String(), errs.String())
	}
	return out.String(), nil
}

// tail is the end of a file, cut at a line.
func tail(path string, max int) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if len(b) > max {
		b = b[len(b)-max:]
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			b = b[i+1:]
		}
	}
	return string(b)
}
