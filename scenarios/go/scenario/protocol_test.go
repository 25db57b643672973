// SPDX-License-Identifier: MIT

package scenario

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// The one truth about the wire is the C header.
func header(t *testing.T) string {
	text, err := os.ReadFile("../../../lib/protocol.h")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func define(t *testing.T, text, name string) string {
	m := regexp.MustCompile(`(?m)^#define ` + name + `\s+(?:\\\n\s*)?("[^"]*"|\w+)`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("lib/protocol.h has no %s", name)
	}
	return strings.Trim(m[1], `"`)
}

func TestSameAsHeader(t *testing.T) {
	text := header(t)
	for name, ours := range map[string]string{
		"HANGRATE_ENV_SEED": envSeed, "HANGRATE_ENV_KNOBS": envKnobs,
		"HANGRATE_ENV_POINTS": envPoints, "HANGRATE_ENV_COUNTERS": envCounters,
		"HANGRATE_EXPECT_DEADLOCKS": Deadlocks, "HANGRATE_EXPECT_COMPLETES": Completes,
		"HANGRATE_EXPECT_MAY": May, "HANGRATE_EXPECT_TIMEOUT": TimesOut,
		"HANGRATE_EXPECT_HANGS": Hangs, "HANGRATE_EXPECT_RECOVERS": Recovers, "HANGRATE_EXPECT_FAILS": Fails,
	} {
		if theirs := define(t, text, name); theirs != ours {
			t.Errorf("%s is %q in the header, %q here", name, theirs, ours)
		}
	}
	for name, ours := range map[string]int64{
		"HANGRATE_EXIT_FAIL": exitFail, "HANGRATE_EXIT_SKIP": exitSkip, "HANGRATE_EXIT_BROKEN": exitBroken,
		"HANGRATE_DESCRIBE_SCHEMA": describeSchema, "HANGRATE_COUNTERS_MAGIC": countersMagic,
		"HANGRATE_COUNTERS_SIZE": countersSize, "HANGRATE_ENGINE_POINTS": enginePoints,
	} {
		theirs, err := strconv.ParseInt(strings.TrimRight(define(t, text, name), "u"), 0, 64)
		if err != nil || theirs != ours {
			t.Errorf("%s is %d in the header, %d here", name, theirs, ours)
		}
	}
}

func TestCountersLayout(t *testing.T) {
	m := regexp.MustCompile(`(?s)struct hangrate_counters \{(.*?)\};`).FindStringSubmatch(header(t))
	if m == nil {
		t.Fatal("lib/protocol.h has no struct hangrate_counters")
	}
	ours := map[string]int{"magic": countersAtMagic, "loaded": countersAtLoaded, "armed": countersAtArmed,
		"passed": countersAtPassed, "fired": countersAtFired, "delay_ns": countersAtDelay}
	at, seen := 0, 0
	for _, f := range regexp.MustCompile(`uint(32|64)_t (\w+);`).FindAllStringSubmatch(m[1], -1) {
		if want, ok := ours[f[2]]; ok {
			seen++
			if at != want {
				t.Errorf("%s is at %d in the header, at %d here", f[2], at, want)
			}
		}
		bits, _ := strconv.Atoi(f[1])
		at += bits / 8
	}
	if seen != len(ours) {
		t.Errorf("%d of %d fields found in the header", seen, len(ours))
	}
}

func TestDescribe(t *testing.T) {
	s := Scenario{Summary: "s", Variants: []Variant{
		{Name: "a", Expect: []Expect{{"*", Completes, "why"}}},
		{Name: "b", Knobs: None, TimeoutMS: 7},
	}}
	text, err := s.describe()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]interface{}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"schema", "name", "summary", "hazard", "libc", "knobs", "variants", "refs"} {
		if got[key] == nil {
			t.Errorf("%s is missing", key)
		}
	}
	variants := got["variants"].([]interface{})
	a, b := variants[0].(map[string]interface{}), variants[1].(map[string]interface{})
	if _, there := a["knobs"]; there {
		t.Error("nil knobs mean all of them: the key must be absent")
	}
	if list, ok := b["knobs"].([]interface{}); !ok || len(list) != 0 {
		t.Error("no knobs must be an empty list")
	}
	if b["timeout_ms"].(float64) != 7 {
		t.Error("timeout_ms is lost")
	}
}

func TestLibc(t *testing.T) {
	for version, want := range map[string]string{
		"go1.26.8": "go 1.26.8", "go1.19.8": "go 1.19.8", "go1.27rc1": "go 1.27rc1",
		"go1.24.4 X:boringcrypto": "go 1.24.4", "go1.24.4-vendor": "go 1.24.4",
	} {
		if got := libc(version); got != want {
			t.Errorf("%q gives %q, not %q", version, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "65537": 65537, "64K": 65536, "4M": 4 << 20, "2G": 2 << 30} {
		if got, ok := parseSize(text); !ok || got != want {
			t.Errorf("%q gives %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "K", "-1", "1T", "1k", "18014398509481984K", " 1"} {
		if _, ok := parseSize(text); ok {
			t.Errorf("%q is taken for a size", text)
		}
	}
}

func TestParseKnobs(t *testing.T) {
	got, ok := parseKnobs("heap=4096;volume=0")
	if !ok || len(got) != 2 || got["heap"] != 4096 {
		t.Errorf("got %v, %v", got, ok)
	}
	for _, text := range []string{"heap", "=1", "heap=", "heap=4K", "heap=1;volume"} {
		if _, ok := parseKnobs(text); ok {
			t.Errorf("%q is taken for knobs", text)
		}
	}
}

func TestParsePoints(t *testing.T) {
	rules, ok := parsePoints("a,f,5,5,1,1,1;b,u,1,9,0.5,3,0")
	if !ok || len(rules) != 2 || rules[1].hi != 9 || rules[1].p != 0.5 {
		t.Fatalf("got %v, %v", rules, ok)
	}
	if rules[1].counts(2) || !rules[1].counts(3) || rules[1].counts(4) {
		t.Error("step 0 counts one passage only")
	}
	every := pointRule{from: 2, step: 3}
	if every.counts(1) || !every.counts(2) || every.counts(4) || !every.counts(5) {
		t.Error("from 2 step 3 counts 2, 5, 8")
	}
	for _, text := range []string{"a", "a,x,1,1,1,1,1", "a,f,1,1,2,1,1", "a,f,1,1,nan,1,1", "a,u,9,1,1,1,1",
		",f,1,1,1,1,1", "a,f,-1,1,1,1,1", "a,f,1,1,1,1,1,1"} {
		if _, ok := parsePoints(text); ok {
			t.Errorf("%q is taken for points", text)
		}
	}
}

// countersPage is a file as the runner makes it.
func countersPage(t *testing.T, size int64, magic uint32) *os.File {
	f, err := os.CreateTemp(t.TempDir(), "counters")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	f.Write((*[4]byte)(unsafe.Pointer(&magic))[:])
	f.Truncate(size)
	return f
}

func TestCountersIsKept(t *testing.T) {
	var s pointSet

	f := countersPage(t, countersSize, countersMagic)
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	if !s.load("here,f,1000,1000,1,2,1;there,f,0,0,1,1,1", strconv.Itoa(fd)) {
		t.Fatal("not loaded")
	}
	if syscall.Close(fd) == nil {
		t.Error("the descriptor is still open")
	}
	s.arm([]Knob{{Name: "here", Kind: Delay}, {Name: "there", Kind: Size}})
	for i := 0; i < 3; i++ {
		s.pass(s.rules[0])
	}
	s.pass(s.rules[1])
	page := make([]byte, countersSize)
	f.ReadAt(page, 0)
	for at, want := range map[int]uint64{countersAtArmed: 1, countersAtPassed: 4, countersAtFired: 2, countersAtDelay: 2000} {
		if got := *(*uint64)(unsafe.Pointer(&page[at])); got != want {
			t.Errorf("%d at offset %d, not %d", got, at, want)
		}
	}
	if page[countersAtLoaded] != enginePoints {
		t.Error("the engine does not say that it is loaded")
	}
}

func TestNoCountersOfOurs(t *testing.T) {
	for _, f := range []*os.File{countersPage(t, countersSize, 7), countersPage(t, 8192, countersMagic)} {
		var s pointSet
		if !s.load("a,f,0,0,1,1,1", strconv.Itoa(int(f.Fd()))) || s.counters != nil {
			t.Error("a file that holds no counters is taken for one, or ends the trial")
		}
	}
}

func TestDrawsComeFromTheSeed(t *testing.T) {
	var a, b pointSet

	trial.seed = 42
	first := []float64{a.draw(), a.draw()}
	if first[0] == first[1] || first[0] != b.draw() || first[1] != b.draw() {
		t.Error("the draws of a seed are not its own")
	}
	trial.seed = 43
	var c pointSet
	if c.draw() == first[0] {
		t.Error("another seed draws the same")
	}
	trial.seed = 0
}
