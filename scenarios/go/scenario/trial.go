// SPDX-License-Identifier: MIT

package scenario

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// What the runner gave this trial.
var trial struct {
	seed  uint64
	knobs map[string]uint64
}

// startTrial reads the environment once, and takes it away: a process that the scenario executes is
// no trial.
func startTrial(knobs []Knob) {
	trial.seed, _ = strconv.ParseUint(os.Getenv(envSeed), 10, 64)
	given, ok := parseKnobs(os.Getenv(envKnobs))
	Must(ok, envKnobs+" has the form name=bytes;name=bytes")
	trial.knobs = make(map[string]uint64)
	for _, k := range knobs {
		if k.Kind != Size {
			continue
		}
		first := strings.SplitN(k.Levels, ",", 2)[0]
		value, ok := parseSize(first)
		Must(ok, "a first level is a size")
		trial.knobs[k.Name] = value
		if v, ok := given[k.Name]; ok {
			trial.knobs[k.Name] = v
		}
	}
	Must(points.load(os.Getenv(envPoints), os.Getenv(envCounters)), "points and counters are as the protocol says")
	points.arm(knobs)
	for _, e := range []string{envSeed, envKnobs, envPoints, envCounters} {
		os.Unsetenv(e)
	}
}

// parseKnobs reads "name=bytes;name=bytes".
func parseKnobs(text string) (map[string]uint64, bool) {
	ret := make(map[string]uint64)
	if text == "" {
		return ret, true
	}
	for _, part := range strings.Split(text, ";") {
		if part == "" {
			continue
		}
		eq := strings.IndexByte(part, '=')
		if eq <= 0 {
			return nil, false
		}
		v, err := strconv.ParseUint(part[eq+1:], 10, 64)
		if err != nil {
			return nil, false
		}
		ret[part[:eq]] = v
	}
	return ret, true
}

// parseSize reads a level: a number with K, M or G behind it.
func parseSize(text string) (uint64, bool) {
	shift := uint(0)
	if text != "" {
		if i := strings.IndexByte("KMG", text[len(text)-1]); i >= 0 {
			shift = uint(i+1) * 10
			text = text[:len(text)-1]
		}
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil || v<<shift>>shift != v {
		return 0, false
	}
	return v << shift, true
}

// KnobValue is the level of a size knob in bytes (or, where the knob counts things, their number).
func KnobValue(name string) uint64 {
	v, ok := trial.knobs[name]
	Must(ok, "a scenario asks only for knobs that it declares")
	return v
}

// Seed of this trial; 0 when run by hand. Every random choice comes from it.
func Seed() uint64 {
	return trial.seed
}

// Check judges the subject: the trial fails.
func Check(ok bool, what string) {
	if !ok {
		leave("CHECK", what, exitFail)
	}
}

// Must judges the set-up: the trial is broken and not counted.
func Must(ok bool, what string) {
	if !ok {
		leave("MUST", what, exitBroken)
	}
}

// Skip leaves a trial whose variant does not exist here.
func Skip(why string) {
	rawWrite(2, "skipped: "+why+"\n")
	RawExit(exitSkip)
}

// leave is safe in a child that was forked behind the runtime's back: no lock, no scheduler.
func leave(kind, what string, status int) {
	_, file, line, _ := runtime.Caller(2)
	if i := strings.LastIndex(file, "scenarios/go/"); i >= 0 {
		file = file[i:]
	}
	rawWrite(2, file+":"+strconv.Itoa(line)+": "+kind+" failed: "+what+"\n")
	RawExit(status)
}

func rawWrite(fd uintptr, text string) {
	b := []byte(text)
	syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
}

// RawExit ends the process without telling the Go runtime.
func RawExit(status int) {
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(status), 0, 0)
	}
}
