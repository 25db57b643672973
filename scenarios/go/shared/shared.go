// SPDX-License-Identifier: MIT

// The c-shared library of the scenarios go-shared-host and go-shared-prefork. The runtime starts its
// threads when the library is loaded, not when it is called first.
package main

import "C"

import "hangrate.example/scenarios/go/work"

//export hangrate_go_add_one
func hangrate_go_add_one(x C.longlong) C.longlong {
	return C.longlong(work.AddOne(int64(x)))
}

//export hangrate_go_print
func hangrate_go_print(x C.longlong) C.longlong {
	return C.longlong(work.Print(int64(x)))
}

//export hangrate_go_allocate
func hangrate_go_allocate(x C.longlong) C.longlong {
	return C.longlong(work.Allocate(int64(x)))
}

//export hangrate_go_goroutine
func hangrate_go_goroutine(x C.longlong) C.longlong {
	return C.longlong(work.Goroutine(int64(x)))
}

// Goroutines that allocate for as long as the host lives.
//
//export hangrate_go_be_busy
func hangrate_go_be_busy(n C.longlong) C.longlong {
	begun := make(chan bool)
	for i := C.longlong(0); i < n; i++ {
		go func() {
			begun <- true
			for {
				work.Allocate(0)
			}
		}()
	}
	for i := C.longlong(0); i < n; i++ {
		<-begun
	}
	return n
}

func main() {}
