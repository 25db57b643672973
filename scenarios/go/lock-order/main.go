// SPDX-License-Identifier: MIT

// go-lock-order: two goroutines take two mutexes in opposite order while a ticker keeps the program
// alive, so that Go's own deadlock detector stays silent.
package main

import (
	"sync"
	"time"

	"hangrate.example/scenarios/go/scenario"
)

var accounts, journal sync.Mutex

func lockBoth(first, second *sync.Mutex) {
	first.Lock()
	scenario.DelayPoint("between-locks")
	second.Lock()
	second.Unlock()
	first.Unlock()
}

func transfer() { lockBoth(&accounts, &journal) }
func audit()    { lockBoth(&journal, &accounts) }

// runBoth runs both beside a ticker, as a server with a heartbeat does.
func runBoth(a, b func()) {
	var both sync.WaitGroup

	heartbeat := time.NewTicker(10 * time.Millisecond)
	defer heartbeat.Stop()
	for _, f := range []func(){a, b} {
		both.Add(1)
		go func(f func()) {
			f()
			both.Done()
		}(f)
	}
	both.Wait()
}

func main() {
	scenario.Main(scenario.Scenario{
		Summary: "two goroutines take two mutexes in opposite order beside a ticker",
		Hazard:  "each goroutine holds the mutex that the other one waits for, and the runtime sees a program that lives",
		Symptom: "futex",
		Cause:   "unproven: goroutine mutex + goroutine mutex",
		Knobs: []scenario.Knob{
			{Name: "between-locks", Kind: scenario.Delay, Levels: "0,1ms", Help: "between the first and the second mutex"},
		},
		Variants: []scenario.Variant{
			{
				Name: "opposite", Summary: "accounts then journal; journal then accounts",
				Run:       func() { runBoth(transfer, audit) },
				TimeoutMS: 300,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Hangs,
					Why: "both goroutines can be between their two locks"}},
			},
			{
				Name: "one-order", Summary: "both take accounts first",
				Run:    func() { runBoth(transfer, transfer) },
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: "who has accounts can always get journal"}},
			},
		},
		Refs: []string{"https://github.com/golang/go/issues/33004"},
	})
}
