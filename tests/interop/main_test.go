// Package interop joins real Tailscale clients, and scripted ones, to a real
// headrace behind a real web server.  "make interop" runs it.
package interop

import (
	"os"
	"testing"

	"headrace/tests/interop/lab"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }
