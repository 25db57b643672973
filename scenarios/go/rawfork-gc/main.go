// SPDX-License-Identifier: MIT

// go-rawfork-gc: the child of a raw fork calls runtime.GC(), and wakes every 100 us for ever to see
// whether the others have stopped. A hang that no proof covers: it is never at rest.
package main

import (
	"os"
	"runtime"

	"hangrate.example/scenarios/go/scenario"
)

func rawFork() {
	runtime.GC()
	pid := scenario.RawFork()
	if pid == 0 {
		runtime.GC()
		os.Exit(0)
	}
	scenario.Wait(pid)
}

func reexec() {
	runtime.GC()
	scenario.Wait(scenario.ForkExecHelper("collect", os.Stdin, os.Stdout, os.Stderr))
}

func main() {
	scenario.Main(scenario.Scenario{
		Summary: "a child of a raw fork runs a garbage collection",
		Hazard: "stopping the world waits for processors that threads of the parent had, and asks again " +
			"every 100 us: the child burns CPU for ever and looks alive",
		Symptom: "futex",
		Cause:   "= go-rawfork-save",
		Variants: []scenario.Variant{
			{
				Name: "rawfork", Summary: "runtime.GC() in the child of a bare fork()", Run: rawFork, TimeoutMS: 300,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.TimesOut,
					Why: "a futex wait with a 100 us timeout, again and again, is no rest that could be proven"}},
			},
			{
				Name: "forkexec", Summary: "runtime.GC() in a fresh process (syscall.ForkExec)", Run: reexec,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "exec starts a runtime that has all of its threads"}},
			},
		},
		Refs:    []string{"https://github.com/golang/go/issues/53806"},
		Helpers: map[string]func(){"collect": runtime.GC},
	})
}
