// Command api_load asks one URL over and over on kept connections, and prints as JSON how
// many answers a second there were and how long they took.
//
//	go run api_load.go -url http://127.0.0.1:8080/api/v1/user -key hskey-api-... -c 16 -d 5s
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

func ask(client *http.Client, req *http.Request) (time.Duration, int64, error) {
	begin := time.Now()
	resp, err := client.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("status %d", resp.StatusCode)
	}
	return time.Since(begin), n, err
}

func main() {
	url := flag.String("url", "", "what to ask")
	key := flag.String("key", "", "an API key")
	connections := flag.Int("c", 16, "connections")
	duration := flag.Duration("d", 5*time.Second, "how long")
	pause := flag.Duration("pause", 0, "between two requests of a connection")
	flag.Parse()

	var mu sync.Mutex
	var times []time.Duration
	var bytes int64
	failed := map[string]int{}
	var all sync.WaitGroup
	begin := time.Now()
	for range *connections {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
			req, err := http.NewRequest("GET", *url, nil)
			if err != nil {
				panic(err)
			}
			req.Header.Set("Authorization", "Bearer "+*key)
			for time.Since(begin) < *duration {
				took, n, err := ask(client, req)
				mu.Lock()
				if err != nil {
					failed[err.Error()]++
				} else {
					times = append(times, took)
					bytes = n
				}
				mu.Unlock()
				time.Sleep(*pause)
			}
		})
	}
	all.Wait()
	seconds := time.Since(begin).Seconds()
	slices.Sort(times)
	at := func(q float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return float64(times[int(q*float64(len(times)-1))].Microseconds()) / 1000
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"answers": len(times), "per_second": float64(len(times)) / seconds, "failed": failed,
		"bytes": bytes, "p50_ms": at(0.5), "p90_ms": at(0.9), "p99_ms": at(0.99), "max_ms": at(1),
	})
}
