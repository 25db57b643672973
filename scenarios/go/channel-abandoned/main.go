// SPDX-License-Identifier: MIT

// go-channel-abandoned: a worker sends on an unbuffered channel whose receiver has returned early.
package main

import (
	"errors"
	"sync"
	"time"

	"hangrate.example/scenarios/go/scenario"
)

var errFirst = errors.New("the first result is bad")

// firstError receives until something is wrong, and then no more.
func firstError(results <-chan error, n int) error {
	for i := 0; i < n; i++ {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}

// run starts n workers beside a ticker and waits for all of them.
func run(n, buffer int) {
	var workers sync.WaitGroup

	heartbeat := time.NewTicker(10 * time.Millisecond)
	defer heartbeat.Stop()
	results := make(chan error, buffer)
	for i := 0; i < n; i++ {
		workers.Add(1)
		go func() {
			results <- errFirst
			workers.Done()
		}()
	}
	scenario.Check(firstError(results, n) == errFirst, "the first error is returned")
	workers.Wait()
}

func main() {
	const workers = 3

	scenario.Main(scenario.Scenario{
		Summary: "workers send on a channel whose receiver has returned",
		Hazard:  "a send on an unbuffered channel waits for a receiver, and the only one returned at the first error",
		Symptom: "futex",
		Cause:   "unproven: goroutine receiver channel + goroutine WaitGroup",
		Variants: []scenario.Variant{
			{
				Name: "unbuffered", Summary: "make(chan error)", Run: func() { run(workers, 0) }, TimeoutMS: 300,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Hangs, Why: "the other workers wait for a receiver"}},
			},
			{
				Name: "buffered", Summary: "room for every result", Run: func() { run(workers, workers) },
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: "no send waits"}},
			},
		},
		Refs: []string{"https://songlh.github.io/paper/go-study.pdf"},
	})
}
