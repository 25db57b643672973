// SPDX-License-Identifier: MIT

// go-rawfork-save: what Redis does with fork(), in Go. The child has a frozen copy of all data for
// free and writes it to a file, until its allocations ask for a garbage collection.
package main

import (
	"os"
	"os/exec"

	"hangrate.example/scenarios/go/keyspace"
	"hangrate.example/scenarios/go/scenario"
)

func newSpace() keyspace.Space {
	return keyspace.New(scenario.KnobValue("heap"), scenario.Seed())
}

func saveInChild(allocators uint64) {
	space := newSpace()
	file := keyspace.File()
	stop := scenario.Allocating(allocators)
	pid := scenario.RawFork()
	if pid == 0 {
		scenario.Check(space.Dump(file) == nil, "the child writes the dump")
		os.Exit(0)
	}
	stop()
	scenario.Wait(pid)
	scenario.Check(keyspace.Whole(file, space.DumpSize()), "the dump is whole")
}

func idle() {
	saveInChild(0)
}

func busy() {
	saveInChild(scenario.KnobValue("allocators"))
}

// The fresh process gets the dump as a request on its standard input.
func reexec() {
	space := newSpace()
	file := keyspace.File()
	cmd := exec.Command("/proc/self/exe", "--helper", "save")
	cmd.Stdout = file
	cmd.Stderr = os.Stderr
	request, err := cmd.StdinPipe()
	scenario.Must(err == nil, "a pipe for the request")
	scenario.Must(cmd.Start() == nil, "the saver starts")
	scenario.Check(space.Dump(request) == nil, "the request is written")
	scenario.Must(request.Close() == nil, "the request is ended")
	scenario.Check(cmd.Wait() == nil, "the saver exits with 0")
	scenario.Check(keyspace.Whole(file, space.DumpSize()), "the dump is whole")
}

func forkExec() {
	space := newSpace()
	file := keyspace.File()
	in, out, err := os.Pipe()
	scenario.Must(err == nil, "a pipe for the request")
	pid := scenario.ForkExecHelper("save", in, file, os.Stderr)
	scenario.Must(in.Close() == nil, "the saver alone reads")
	scenario.Check(space.Dump(out) == nil, "the request is written")
	scenario.Must(out.Close() == nil, "the request is ended")
	scenario.Wait(pid)
	scenario.Check(keyspace.Whole(file, space.DumpSize()), "the dump is whole")
}

func main() {
	scenario.Main(scenario.Scenario{
		Summary: "a child of a raw fork walks the heap and saves it, as Redis does",
		Hazard: "a dump allocates, so it needs a garbage collection, and a collection needs threads " +
			"that stayed behind in the parent",
		Symptom: "futex",
		Cause:   "lost-wakeup: go-copy; orphaned-lock: go-copy; unproven: go-copy",
		Knobs: []scenario.Knob{
			{Name: "heap", Kind: scenario.Size, Levels: "1M,4M", Help: "bytes of values in memory"},
			{Name: "allocators", Kind: scenario.Size, Levels: "4,1", Help: "goroutines that allocate while fork() happens"},
		},
		Variants: []scenario.Variant{
			{
				Name: "idle", Summary: "fork() by a bare system call, nothing else runs in the parent", Run: idle,
				TimeoutMS: 500, Knobs: []string{"heap"},
				Expect: []scenario.Expect{
					{Libc: "go<1.23", What: scenario.Deadlocks,
						Why: "the goroutine waits for workers of the collection that were left in the parent"},
					{Libc: "*", What: scenario.TimesOut,
						Why: "the collection gets as far as asking every processor for a safe point, and " +
							"asks again every 100 us: no rest that could be proven"},
				},
			},
			{
				Name: "busy", Summary: "the same while other goroutines allocate", Run: busy, TimeoutMS: 500,
				Knobs: []string{"allocators"},
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Deadlocks,
					Why: "the collection waits for work that threads of the parent had in hand, with nothing to wake it"}},
			},
			{
				Name: "reexec", Knobs: []string{"heap"}, Summary: "a fresh copy of the program gets the dump on a pipe (os/exec)", Run: reexec,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "exec starts a runtime that has all of its threads"}},
			},
			{
				Name: "forkexec", Knobs: []string{"heap"}, Summary: "the same by syscall.ForkExec", Run: forkExec,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "exec starts a runtime that has all of its threads"}},
			},
		},
		Refs: []string{
			"https://github.com/golang/go/issues/53806",
			"https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/",
		},
		Helpers: map[string]func(){"save": keyspace.Copier},
	})
}
