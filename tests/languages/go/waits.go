// SPDX-License-Identifier: GPL-3.0-or-later

// Goroutines that wait, in a program whose runtime lives because it also waits for signals.
// case group: ^not provable, goroutines of .* \(pid [0-9]+\) wait: goroutine 1: (sync\.WaitGroup\.Wait|semacquire).* in main\.group \(waits\.go:[0-9]+\)
// case context: goroutine [0-9]+: chan receive in main\.work \(waits\.go:[0-9]+\), created by main\.cancelled
// case choose: goroutine 1: select in main\.choose \(waits\.go:[0-9]+\)
// case output: goroutine 1: chan receive in main\.output \(waits\.go:[0-9]+\); .* held open by sleep 77 \(pid [0-9]+, outside this tree\)
// case filter: ^not proven, most likely: cat \(pid .*; goroutine 1: IO wait in main\.filter \(waits\.go:[0-9]+\): .* polls
// case own: ^not proven, most likely: goroutine 1: IO wait in main\.own \(waits\.go:[0-9]+\): .* polls .*a full pipe
package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
)

func group() {
	var g sync.WaitGroup
	g.Add(1)
	g.Wait()
}

func work(c context.Context) {
	<-c.Done()
}

func cancelled() {
	c, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan bool)
	go func() {
		work(c)
		close(done)
	}()
	<-done
}

func choose() {
	select {
	case <-make(chan bool):
	case <-make(chan int):
	}
}

func output() {
	exec.Command("sh", "-c", "sleep 77 & echo started").Output()
}

func filter() {
	c := exec.Command("cat")
	to, _ := c.StdinPipe()
	from, _ := c.StdoutPipe()
	c.Start()
	io.WriteString(to, "one line")
	io.ReadAll(from)
}

func own() {
	r, w, _ := os.Pipe()
	defer r.Close()
	w.Write(make([]byte, 1<<20))
}

func main() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	map[string]func(){"group": group, "context": cancelled, "choose": choose, "output": output, "filter": filter, "own": own}[os.Args[1]]()
}
