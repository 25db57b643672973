// SPDX-License-Identifier: MIT

// go-rawfork-println: fork() by a bare system call, and the child prints a line with fmt.
package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"hangrate.example/scenarios/go/scenario"
)

// The program as it was published: a collection, a fork, a line from the child.
func forkAndPrint(allocators uint64) {
	stop := scenario.Allocating(allocators)
	runtime.GC()
	scenario.DelayPoint("before-fork")
	pid := scenario.RawFork()
	if pid == 0 {
		fmt.Println("hello from the child")
		os.Exit(0)
	}
	stop()
	scenario.Wait(pid)
}

func idle() {
	forkAndPrint(0)
}

func busy() {
	forkAndPrint(scenario.KnobValue("allocators"))
}

// The child stays out of the runtime: system calls only, nothing allocated, no scheduler.
func rawChild() {
	stop := scenario.Allocating(scenario.KnobValue("allocators"))
	line := []byte("hello from the child\n")
	runtime.GC()
	scenario.DelayPoint("before-fork")
	pid := scenario.RawFork()
	if pid == 0 {
		syscall.RawSyscall(syscall.SYS_WRITE, 1, uintptr(unsafe.Pointer(&line[0])), uintptr(len(line)))
		scenario.RawExit(0)
	}
	stop()
	scenario.Wait(pid)
}

func forkExec() {
	stop := scenario.Allocating(scenario.KnobValue("allocators"))
	runtime.GC()
	scenario.DelayPoint("before-fork")
	pid := scenario.ForkExecHelper("print", os.Stdin, os.Stdout, os.Stderr)
	stop()
	scenario.Wait(pid)
}

func main() {
	scenario.Main(scenario.Scenario{
		Summary: "a child of a raw fork in a Go program prints a line",
		Hazard: "the child of a bare fork() has one thread, but its Go runtime still counts on all of " +
			"the parent's: a lock or a processor that one of them had is gone for good",
		Symptom: "futex",
		Cause:   "= go-rawfork-save",
		Knobs: []scenario.Knob{
			{Name: "before-fork", Kind: scenario.Delay, Levels: "0,1ms", Help: "pause between the collection and fork()"},
			{Name: "allocators", Kind: scenario.Size, Levels: "4,1", Help: "goroutines that allocate while fork() happens"},
		},
		Variants: []scenario.Variant{
			{
				Name: "idle", Summary: "as published: nothing else runs in the parent", Run: idle,
				TimeoutMS: 300, Knobs: []string{"before-fork"},
				Expect: []scenario.Expect{{Libc: "*", What: scenario.May,
					Why: "hangs only when the background sweeper is at work at the instant of fork()"}},
			},
			{
				Name: "busy", Summary: "with goroutines that allocate", Run: busy, TimeoutMS: 300,
				Knobs: []string{"allocators"},
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Deadlocks,
					Why: "the child wants a processor or a lock of a thread that stayed in the parent"}},
			},
			{
				Name: "raw-child", Summary: "the child makes raw system calls only", Run: rawChild,
				Knobs: scenario.None,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "no code of the runtime runs in the child"}},
			},
			{
				Name: "forkexec", Summary: "syscall.ForkExec of a fresh process that prints", Run: forkExec,
				Knobs: scenario.None,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "between fork and exec Go makes raw system calls only, and exec starts a new runtime"}},
			},
		},
		Refs: []string{
			"https://github.com/golang/go/issues/15538",
			"POSIX.1-2024 fork(): only async-signal-safe functions in the child of a threaded process",
		},
		Helpers: map[string]func(){
			"print": func() { fmt.Println("hello from the child") },
		},
	})
}
