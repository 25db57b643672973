// SPDX-License-Identifier: MIT

// Package scenario is what lib/scenario.h is for C: a Go scenario declares itself as data, and this
// package owns main(), answers --describe and --run, and hands out knobs and the seed. The wire is
// lib/protocol.h; its names are repeated in protocol.go.
//
// It is compiled by every Go from 1.19 on and depends on the standard library only.
package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
)

// What an expectation says; the words of the protocol.
const (
	Deadlocks = "deadlocks"
	Completes = "completes"
	May       = "may"
	TimesOut  = "times-out"
	Hangs     = "hangs"
	Recovers  = "recovers"
	Fails     = "fails"
)

// Kinds of knobs.
const (
	Delay = "delay"
	Size  = "size"
)

// None as Variant.Knobs says that no knob applies.
var None = []string{}

// Knob is what a sweep turns. The first level is the one that a trial gets when nobody asks.
type Knob struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Levels string `json:"levels"`
	Help   string `json:"help"`
}

// Expect is what is known about a variant on a Go release ("*", "go<1.21"); the first match wins.
type Expect struct {
	Libc string `json:"libc"`
	What string `json:"what"`
	Why  string `json:"why"`
}

// Variant is one trial's program. Run returns when the trial passed.
type Variant struct {
	Name      string
	Summary   string
	Run       func()
	TimeoutMS uint
	Knobs     []string // nil: all of them
	Expect    []Expect
}

// Scenario is the whole declaration of an executable.
type Scenario struct {
	Summary  string
	Hazard   string
	Symptom  string // what a stuck process is seen to wait in; "" not said
	Cause    string // what its cause looks like: lib/scenario.h
	Knobs    []Knob
	Variants []Variant
	Refs     []string
	// Helpers are other programs that this executable can be: "--helper NAME" runs one, so that a
	// cure which executes a fresh process has one to execute.
	Helpers map[string]func()
}

type describedVariant struct {
	Name      string    `json:"name"`
	Summary   string    `json:"summary"`
	TimeoutMS uint      `json:"timeout_ms"`
	Knobs     *[]string `json:"knobs,omitempty"`
	Expect    []Expect  `json:"expect"`
}

type described struct {
	Schema   int                `json:"schema"`
	Name     string             `json:"name"`
	Summary  string             `json:"summary"`
	Hazard   string             `json:"hazard"`
	Symptom  string             `json:"symptom,omitempty"`
	Cause    string             `json:"cause,omitempty"`
	Libc     string             `json:"libc"`
	Knobs    []Knob             `json:"knobs"`
	Variants []describedVariant `json:"variants"`
	Refs     []string           `json:"refs"`
}

// name is that of the folder that main lives in, with the prefix that all Go scenarios have.
func name() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != "" {
		return "go-" + path.Base(info.Path)
	}
	return path.Base(os.Args[0])
}

// libc is "go 1.26.8" for runtime.Version() "go1.26.8"; what a vendor adds behind a blank is cut.
func libc(version string) string {
	v := strings.TrimPrefix(version, "go")
	if i := strings.IndexAny(v, " -"); i >= 0 {
		v = v[:i]
	}
	return "go " + v
}

func (s *Scenario) describe() ([]byte, error) {
	d := described{
		Schema: describeSchema, Name: name(), Summary: s.Summary, Hazard: s.Hazard, Symptom: s.Symptom,
		Cause: s.Cause, Libc: libc(runtime.Version()), Knobs: s.Knobs, Refs: s.Refs,
	}
	if d.Knobs == nil {
		d.Knobs = []Knob{}
	}
	if d.Refs == nil {
		d.Refs = []string{}
	}
	for i := range s.Variants {
		v := &s.Variants[i]
		dv := describedVariant{v.Name, v.Summary, v.TimeoutMS, nil, v.Expect}
		if v.Knobs != nil {
			dv.Knobs = &v.Knobs
		}
		d.Variants = append(d.Variants, dv)
	}
	var text bytes.Buffer
	to := json.NewEncoder(&text)
	to.SetEscapeHTML(false) // "go<1.23" is to be read by people, too
	to.SetIndent("", "  ")
	err := to.Encode(d)
	return bytes.TrimSpace(text.Bytes()), err
}

func (s *Scenario) variant(name string) *Variant {
	for i := range s.Variants {
		if s.Variants[i].Name == name {
			return &s.Variants[i]
		}
	}
	return nil
}

func usage() {
	fmt.Fprintf(os.Stderr, "usage: %s --describe | --run VARIANT\n", name())
	os.Exit(exitBroken)
}

// Main is all that main() of a scenario does.
func Main(s Scenario) {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "--describe":
		text, err := s.describe()
		Must(err == nil, "the declaration can be written as JSON")
		fmt.Println(string(text))
	case len(os.Args) == 3 && os.Args[1] == "--run":
		v := s.variant(os.Args[2])
		if v == nil {
			fmt.Fprintf(os.Stderr, "%s: '%s': no such variant\n", name(), os.Args[2])
			os.Exit(exitBroken)
		}
		startTrial(s.Knobs)
		v.Run()
	case len(os.Args) >= 3 && os.Args[1] == "--helper":
		run := s.Helpers[os.Args[2]]
		if run == nil {
			usage()
		}
		run()
	default:
		usage()
	}
}
