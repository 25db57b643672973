// SPDX-License-Identifier: GPL-3.0-or-later

// Goroutines that wait for each other by channels, in a program that also waits for signals.
// why: ^goroutine 1: (sync\.WaitGroup\.Wait|semacquire).* in main\.main \(channels\.go:39\)
// why: ^goroutine [0-9]+: chan send in main\.produce \(channels\.go:22\), created by main\.main
// why: ^goroutine [0-9]+: select in main\.choose \(channels\.go:26\)
// why-not: \? runtime\.
package main

import (
	"os"
	"os/signal"
	"sync"
)

var group sync.WaitGroup
var full = make(chan int, 1)

func produce() {
	defer group.Done()
	full <- 1
	full <- 2
}

func choose(a, b chan int) {
	select {
	case <-a:
	case b <- 1:
	}
}

func main() {
	// Without it the runtime itself says that all goroutines are asleep.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	group.Add(1)
	go produce()
	go choose(make(chan int), make(chan int))
	group.Wait()
}
