// Command report turns the events of "go test -json" into one line per test,
// the output of the tests that failed, and how many passed and failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is what test2json writes, one per line.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func main() {
	output := map[string][]string{} // by package and test, until the test has ended
	passed, failed, skipped := 0, 0, 0
	in := bufio.NewReader(os.Stdin)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil { // what the compiler says comes as it is
			os.Stdout.Write(line)
			continue
		}
		name := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if isFrame(e.Output) {
				continue
			}
			output[name] = append(output[name], e.Output)
			if e.Action == "build-output" {
				fmt.Print(e.Output)
			}
			continue
		case "pass", "skip", "fail":
		default:
			continue
		}
		if e.Test == "" { // a package has ended; it fails with its tests, or alone
			if e.Action == "fail" && failed == 0 {
				failed++
				fmt.Print(strings.Join(output[name], ""))
			}
			continue
		}
		switch e.Action {
		case "pass":
			passed++
			fmt.Printf("ok   %6.1f s  %s\n", e.Elapsed, e.Test)
		case "skip":
			skipped++
			fmt.Printf("skip %6.1f s  %s\n", e.Elapsed, e.Test)
		case "fail":
			failed++
			fmt.Printf("FAIL %6.1f s  %s\n%s", e.Elapsed, e.Test, strings.Join(output[name], ""))
		}
		delete(output, name)
	}
	if skipped > 0 {
		fmt.Printf("%d skipped\n", skipped)
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

// isFrame tells the lines of go test that we write ourselves, and that would be counted twice.
func isFrame(line string) bool {
	line = strings.TrimLeft(line, " ")
	return strings.HasPrefix(line, "--- ") || strings.HasPrefix(line, "=== ")
}
