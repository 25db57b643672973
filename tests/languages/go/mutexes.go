// SPDX-License-Identifier: GPL-3.0-or-later

// Two goroutines that wait for each other's lock while a third one is alive.
// why: ^not provable, goroutines of .* wait for a lock: goroutine [0-9]+: sync\.Mutex\.Lock
// why: in main\.transfer \(mutexes\.go:21\), created by main\.main \(mutexes\.go:[0-9]+\)
// why: ^goroutine [0-9]+ and 2 more like it: chan receive in main\.work \(mutexes\.go:25\)
// why: ^goroutine 1: IO wait in main\.main
package main

import (
	"net"
	"sync"
)

var accounts, journal sync.Mutex
var both = make(chan int)

func transfer(mine, other *sync.Mutex) {
	mine.Lock()
	meet()
	other.Lock()
}

func work(jobs chan int) {
	for range jobs {
		meet()
	}
}

func meet() {
	select {
	case both <- 1:
	case <-both:
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	jobs := make(chan int)
	for i := 0; i < 3; i++ {
		go work(jobs)
	}
	go transfer(&accounts, &journal)
	go transfer(&journal, &accounts)
	listener.Accept()
}
