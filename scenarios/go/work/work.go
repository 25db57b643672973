// SPDX-License-Identifier: MIT

// Package work is what the C hosts ask Go for: once as functions of a c-shared library, once from a
// service process over a Unix socket. Each answer can be checked.
package work

import "fmt"

// AddOne stays out of the scheduler but for the call itself.
func AddOne(x int64) int64 {
	return x + 1
}

// Print writes a line with fmt.
func Print(x int64) int64 {
	fmt.Println("go got", x)
	return x + 1
}

// Allocate allocates until a collection must have happened.
func Allocate(x int64) int64 {
	var keep [16][]byte

	for i := 0; i < 2048; i++ {
		keep[i%len(keep)] = make([]byte, 16<<10)
	}
	return x + int64(len(keep[0]))/(16<<10)
}

// Goroutine has another goroutine compute the answer.
func Goroutine(x int64) int64 {
	answer := make(chan int64)
	go func() { answer <- x + 1 }()
	return <-answer
}
