// SPDX-License-Identifier: MIT

package scenario

import (
	"os"
	"sync/atomic"
	"syscall"
)

// RawFork is what a port of a C program reaches for: fork() as a bare system call. The child has the
// calling thread only, and the Go runtime in it does not know. Returns the pid, 0 in the child.
//
// RawSyscall keeps the runtime out of the call itself; syscall.Syscall would in addition hand the
// processor (P) back and ask for it again on the way out, on both sides.
func RawFork() int {
	pid, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	Must(errno == 0, "clone")
	return int(pid)
}

// Wait waits for the child for ever. A child that ended with anything but 0 fails the trial; 77 and
// 99 are passed on.
func Wait(pid int) {
	status := WaitStatus(pid)
	if status.Exited() && (status.ExitStatus() == exitSkip || status.ExitStatus() == exitBroken) {
		os.Exit(status.ExitStatus())
	}
	Check(status.Exited() && status.ExitStatus() == 0, "the child exits with 0")
}

// WaitStatus waits for the child for ever and says how it ended.
func WaitStatus(pid int) syscall.WaitStatus {
	var status syscall.WaitStatus

	for {
		_, err := syscall.Wait4(pid, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		Must(err == nil, "wait4 of the child")
		return status
	}
}

// Allocating starts n goroutines that allocate, and returns when each has begun. They go on until
// stop is called; a forked child has its own copy of the flag and can't be told.
func Allocating(n uint64) (stop func()) {
	var stopped int32

	begun := make(chan bool)
	for i := uint64(0); i < n; i++ {
		go func() {
			var keep [64][]byte
			begun <- true
			for j := 0; atomic.LoadInt32(&stopped) == 0; j++ {
				keep[j%len(keep)] = make([]byte, 16<<10)
			}
		}()
	}
	for i := uint64(0); i < n; i++ {
		<-begun
	}
	return func() { atomic.StoreInt32(&stopped, 1) }
}

// ForkExecHelper executes this program anew as the helper of that name, with these files as its
// 0, 1, 2, ... syscall.ForkExec runs no Go code between fork and exec. Returns the pid.
func ForkExecHelper(name string, files ...*os.File) int {
	fds := make([]uintptr, len(files))
	for i, f := range files {
		fds[i] = f.Fd()
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{os.Args[0], "--helper", name},
		&syscall.ProcAttr{Env: os.Environ(), Files: fds})
	Must(err == nil, "ForkExec of this program")
	return pid
}
