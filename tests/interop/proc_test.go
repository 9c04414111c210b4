package interop

import (
	"errors"
	"syscall"
)

// kill ends a process with no chance to clean up.
func kill(pid int) {
	if pid > 0 {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// freeze stops a process as if its machine had lost power, connections and all.
func freeze(pid int) { syscall.Kill(pid, syscall.SIGSTOP) }

func thaw(pid int) { syscall.Kill(pid, syscall.SIGCONT) }

// gone answers nil once there is no such process.
func gone(pid int) error {
	if syscall.Kill(pid, 0) == nil {
		return errors.New("it runs")
	}
	return nil
}
