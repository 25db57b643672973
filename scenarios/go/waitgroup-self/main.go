// SPDX-License-Identifier: MIT

// go-waitgroup-self: a goroutine waits for a WaitGroup that counts the goroutine itself.
package main

import (
	"sync"
	"time"

	"hangrate.example/scenarios/go/scenario"
)

func finish(group *sync.WaitGroup, done chan<- struct{}) {
	group.Wait()
	close(done)
}

// run starts one worker and one finisher beside a ticker. counted: the finisher is in the group, too.
func run(counted bool) {
	var group sync.WaitGroup

	heartbeat := time.NewTicker(10 * time.Millisecond)
	defer heartbeat.Stop()
	done := make(chan struct{})
	group.Add(1)
	go func() {
		defer group.Done()
	}()
	if counted {
		group.Add(1)
	}
	go func() {
		finish(&group, done)
		if counted {
			group.Done()
		}
	}()
	<-done
}

func main() {
	scenario.Main(scenario.Scenario{
		Summary: "a goroutine waits for a WaitGroup that it is a member of",
		Hazard:  "the group is done when the goroutine is, and the goroutine when the group is",
		Symptom: "futex",
		Cause:   "unproven: goroutine WaitGroup + goroutine sender channel",
		Variants: []scenario.Variant{
			{
				Name: "member", Summary: "the goroutine that waits was added to the group",
				Run: func() { run(true) }, TimeoutMS: 300,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Hangs, Why: "the count never comes to zero"}},
			},
			{
				Name: "outside", Summary: "only the workers are added", Run: func() { run(false) },
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: "the last worker brings the count to zero"}},
			},
		},
		Refs: []string{"https://pkg.go.dev/sync#WaitGroup"},
	})
}
