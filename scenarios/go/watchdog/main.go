// SPDX-License-Identifier: MIT

// go-watchdog: the save of go-rawfork-save under a parent that kills a child which takes too long.
// The hang has an end; the data is lost all the same.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"hangrate.example/scenarios/go/keyspace"
	"hangrate.example/scenarios/go/scenario"
)

const saves = 2

// Goroutines that allocate while a save forks.
const clients = 4

// Long enough for a healthy save of this size, many times over, and for the proof that it hangs.
const patience = 300 * time.Millisecond

// watched waits for the child, sends sig when the watchdog's time is up, and waits on.
func watched(pid int, sig syscall.Signal, limit time.Duration) syscall.WaitStatus {
	dog := time.AfterFunc(limit, func() { syscall.Kill(pid, sig) })
	defer dog.Stop()
	return scenario.WaitStatus(pid)
}

// save forks a child that dumps, and says whether the dump arrived.
func save(space keyspace.Space, sig syscall.Signal) bool {
	file := keyspace.File()
	defer file.Close()
	stop := scenario.Allocating(clients)
	pid := scenario.RawFork()
	if pid == 0 {
		scenario.Check(space.Dump(file) == nil, "the child writes the dump")
		os.Exit(0)
	}
	stop()
	status := watched(pid, sig, patience)
	return status.Exited() && status.ExitStatus() == 0 && keyspace.Whole(file, space.DumpSize())
}

func saveAll(sig syscall.Signal) {
	space := keyspace.New(scenario.KnobValue("heap"), scenario.Seed())
	lost := 0
	for i := 0; i < saves; i++ {
		if !save(space, sig) {
			lost++
		}
	}
	fmt.Printf("%d of %d saves lost\n", lost, saves)
	// Nearly every one is. One that got through, when fork() came at a quiet moment, is no success of
	// the watchdog.
	scenario.Check(lost > 0, "the watchdog bounds the hang, and the dumps are lost")
}

func sigkill() {
	saveAll(syscall.SIGKILL)
}

func sigterm() {
	saveAll(syscall.SIGTERM)
}

func notify() chan os.Signal {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	return stop
}

func notifySigterm() {
	notify()
	saveAll(syscall.SIGTERM)
}

func notifySigkill() {
	notify()
	saveAll(syscall.SIGKILL)
}

// The cure makes the watchdog idle: nothing hangs, so it never barks, however loaded the machine.
func forkExec() {
	space := keyspace.New(scenario.KnobValue("heap"), scenario.Seed())
	notify()
	for i := 0; i < saves; i++ {
		file := keyspace.File()
		in, out, err := os.Pipe()
		scenario.Must(err == nil, "a pipe for the request")
		pid := scenario.ForkExecHelper("save", in, file, os.Stderr)
		scenario.Must(in.Close() == nil, "the saver alone reads")
		scenario.Check(space.Dump(out) == nil, "the request is written")
		scenario.Must(out.Close() == nil, "the request is ended")
		status := watched(pid, syscall.SIGKILL, time.Hour)
		scenario.Check(status.Exited() && status.ExitStatus() == 0, "the saver exits with 0")
		scenario.Check(keyspace.Whole(file, space.DumpSize()), "no save is lost")
		scenario.Must(file.Close() == nil, "the dump is closed")
	}
}

func main() {
	const survives = "the runtime's handler only queues SIGTERM for a goroutine that no thread of the child " +
		"will ever run: the child survives, and its parent waits for it"
	const bounded = "the child is stuck until the signal ends it, and its dump is lost"

	scenario.Main(scenario.Scenario{
		Summary: "a watchdog kills forked savers that hang",
		Hazard: "a deadline with a kill bounds the hang of a raw fork's child, but every save is lost; and a " +
			"signal that the program handles does not even end the child",
		Symptom: "futex",
		Cause:   "= go-rawfork-save",
		Knobs: []scenario.Knob{
			{Name: "heap", Kind: scenario.Size, Levels: "4M", Help: "bytes of values in memory"},
		},
		Variants: []scenario.Variant{
			{
				Name: "sigkill", Summary: "SIGKILL after the deadline", Run: sigkill,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Recovers, Why: bounded}},
			},
			{
				Name: "sigterm", Summary: "SIGTERM after the deadline, the program handles no signal", Run: sigterm,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Recovers, Why: bounded}},
			},
			{
				Name: "notify-sigterm", Summary: "SIGTERM, in a program with signal.Notify(INT, TERM)",
				Run: notifySigterm, TimeoutMS: 900,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Deadlocks, Why: survives}},
			},
			{
				Name: "notify-sigkill", Summary: "SIGKILL, in a program with signal.Notify(INT, TERM)",
				Run:    notifySigkill,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Recovers, Why: bounded}},
			},
			{
				Name: "forkexec", Summary: "the savers are fresh processes (syscall.ForkExec)", Run: forkExec,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "nothing hangs, so the watchdog has nothing to do and no save is lost"}},
			},
		},
		Refs:    []string{"https://pkg.go.dev/os/signal#hdr-Default_behavior_of_signals_in_Go_programs"},
		Helpers: map[string]func(){"save": keyspace.Copier},
	})
}
