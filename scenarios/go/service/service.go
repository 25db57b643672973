// SPDX-License-Identifier: MIT

// The cure that always holds: the Go code in a process of its own. It inherits a listening Unix
// socket as descriptor 3 and answers requests of nine bytes: what to do, and its argument.
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"

	"hangrate.example/scenarios/go/work"
)

var does = map[byte]func(int64) int64{
	'a': work.AddOne,
	'p': work.Print,
	'm': work.Allocate,
	'g': work.Goroutine,
}

func serve(c net.Conn) {
	var request [9]byte

	defer c.Close()
	for {
		if _, err := io.ReadFull(c, request[:]); err != nil {
			return
		}
		do := does[request[0]]
		if do == nil {
			return
		}
		x := int64(binary.LittleEndian.Uint64(request[1:]))
		var answer [8]byte
		binary.LittleEndian.PutUint64(answer[:], uint64(do(x)))
		if _, err := c.Write(answer[:]); err != nil {
			return
		}
	}
}

func main() {
	// A host that fails takes its service with it. The kernel asks for the thread that stays.
	runtime.LockOSThread()
	syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
	l, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "service: descriptor 3:", err)
		os.Exit(99)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "service: accept:", err)
			os.Exit(99)
		}
		go serve(c)
	}
}
