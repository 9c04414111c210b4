package lab

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// envNetwork says to a test binary that it runs in a network of its own.
const envNetwork = "INTEROP_NETWORK"

// network is a machine with one card, and an address of a subnet behind it.
// It is all loopback in the end: nothing here is seen from outside.
const network = `set -e
ip link set lo up
ip link add card type veth peer name wire
ip addr add 192.168.77.1/24 dev card
ip link set card up
ip link set wire up
ip route add default via 192.168.77.2
for a in $ADDRESSES; do ip addr add "$a" dev lo; done
exec "$@"`

// InNetwork is true in a test that runs in a network namespace where these
// addresses are the machine's own, so that a router can pass packets on to
// them.  Otherwise it runs the test there and is false: the caller returns.
// Leaves the test out where no such namespace can be made, as for want of rights.
func InNetwork(t *testing.T, addresses ...string) bool {
	t.Helper()
	if os.Getenv(envNetwork) == t.Name() {
		return true
	}
	args := []string{"-n", "sh", "-c", network, "sh"}
	env := append(os.Environ(), "ADDRESSES="+strings.Join(addresses, " "), envNetwork+"="+t.Name(),
		"PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	try := exec.Command("unshare", append(args, "true")...)
	try.Env = env
	if out, err := try.CombinedOutput(); err != nil {
		leaveOut(t, "no network namespace of its own: %v: %s", err, out)
	}
	cmd := exec.Command("unshare", append(args, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=5m", "-test.v")...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a network namespace: %v\n%s", err, out)
	}
	return false
}
