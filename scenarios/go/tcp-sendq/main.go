// SPDX-License-Identifier: MIT

// go-tcp-sendq: Listen, Accept, and never Read. The sender fills the receive queue of the one side
// and the send queue of the other, and then waits for ever.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"hangrate.example/scenarios/go/scenario"
)

const (
	volume   = 64 << 20 // more than both queues hold, whatever the kernel's limits are here
	readable = 4 << 20
)

// connected gives both ends of a connection over the loopback.
func connected() (sender, receiver *net.TCPConn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	scenario.Must(err == nil, "listen on the loopback")
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	scenario.Must(err == nil, "connect to it")
	a, err := l.Accept()
	scenario.Must(err == nil, "accept it")
	sender, receiver = c.(*net.TCPConn), a.(*net.TCPConn)
	size := int(scenario.KnobValue("buffer"))
	scenario.Must(sender.SetWriteBuffer(size) == nil, "SO_SNDBUF")
	scenario.Must(receiver.SetReadBuffer(size) == nil, "SO_RCVBUF")
	return sender, receiver
}

// queued asks the kernel what stands in a queue: TIOCOUTQ sent and not acknowledged, TIOCINQ
// arrived and not read.
func queued(c *net.TCPConn, request uintptr) int64 {
	var n int32

	raw, err := c.SyscallConn()
	scenario.Must(err == nil, "the connection's descriptor")
	err = raw.Control(func(fd uintptr) {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(&n)))
		scenario.Must(errno == 0, "ioctl of a queue")
	})
	scenario.Must(err == nil, "the connection is open")
	return int64(n)
}

// where is how much was written, and in which queue it stands.
type where struct{ written, sendq, recvq int64 }

func (w where) tell() {
	fmt.Printf("written %d = Send-Q %d + Recv-Q %d\n", w.written, w.sendq, w.recvq)
}

// settled waits until the two queues hold what was written so far: what is on its way, or arrived
// and not yet acknowledged, is in neither or in both.
func settled(sender, receiver *net.TCPConn, written *int64) where {
	for nap := time.Millisecond; ; nap += nap / 2 {
		n := atomic.LoadInt64(written)
		sendq, recvq := queued(sender, syscall.TIOCOUTQ), queued(receiver, syscall.TIOCINQ)
		if n > 0 && n == sendq+recvq && n == atomic.LoadInt64(written) {
			return where{n, sendq, recvq}
		}
		time.Sleep(nap)
	}
}

// writeAll is c.Write() with a count that others can read while it waits.
func writeAll(c *net.TCPConn, text []byte, written *int64) error {
	var failed error

	raw, err := c.SyscallConn()
	scenario.Must(err == nil, "the connection's descriptor")
	err = raw.Write(func(fd uintptr) bool {
		for int(atomic.LoadInt64(written)) < len(text) {
			n, err := syscall.Write(int(fd), text[atomic.LoadInt64(written):])
			if err == syscall.EAGAIN {
				return false
			}
			if err != nil {
				failed = err
				return true
			}
			atomic.AddInt64(written, int64(n))
		}
		return true
	})
	if err == nil {
		err = failed
	}
	return err
}

// A reporter tells how far the sender got, and leaves when that is the same for a while; the sender
// never comes back.
func report(sender, receiver *net.TCPConn, written *int64) {
	var told where

	for same := 0; same < 5; same++ {
		time.Sleep(2 * time.Millisecond)
		now := settled(sender, receiver, written)
		if now != told {
			now.tell()
			told, same = now, 0
		}
	}
}

func neverRead() {
	var written int64

	sender, receiver := connected()
	go report(sender, receiver, &written)
	err := writeAll(sender, make([]byte, volume), &written)
	scenario.Check(err == nil, "the peer takes it all")
}

func readingPeer() {
	sender, receiver := connected()
	read := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, receiver)
		read <- n
	}()
	n, err := sender.Write(make([]byte, readable))
	scenario.Check(err == nil && n == readable, "the sender is done")
	scenario.Must(sender.Close() == nil, "the sender closes")
	scenario.Check(<-read == readable, "the peer read it all")
}

func writeDeadline() {
	sender, receiver := connected()
	defer receiver.Close()
	scenario.Must(sender.SetWriteDeadline(time.Now().Add(50*time.Millisecond)) == nil, "SetWriteDeadline")
	n, err := sender.Write(make([]byte, volume))
	scenario.Check(errors.Is(err, os.ErrDeadlineExceeded), "the deadline ends the write")
	fmt.Printf("written %d before the deadline\n", n)
}

func main() {
	scenario.Main(scenario.Scenario{
		Summary: "a TCP peer accepts and never reads",
		Hazard:  "write() to a connection waits for the other side without limit once both queues are full",
		Symptom: "write",
		Cause:   "= tcp-sendq",
		Knobs: []scenario.Knob{
			{Name: "buffer", Kind: scenario.Size, Levels: "16K,256K", Help: "SO_SNDBUF and SO_RCVBUF"},
		},
		Variants: []scenario.Variant{
			{
				Name: "never-read", Summary: "Listen, Accept, no Read", Run: neverRead, TimeoutMS: 300,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.TimesOut,
					Why: "nobody reads; the Go runtime's sysmon thread sleeps with a timeout, so the process is " +
						"never wholly at rest"}},
			},
			{
				Name: "reading-peer", Summary: "a goroutine reads", Run: readingPeer,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: "the queues drain"}},
			},
			{
				Name: "write-deadline", Summary: "SetWriteDeadline", Run: writeDeadline,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes,
					Why: "the deadline ends the write with an error that says how much was written"}},
			},
		},
		Refs: []string{"https://man7.org/linux/man-pages/man7/tcp.7.html", "https://pkg.go.dev/net#Conn"},
	})
}
