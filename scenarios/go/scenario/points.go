// SPDX-License-Identifier: MIT

package scenario

import (
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// pointRule is one "name,dist,lo_ns,hi_ns,p,from,step" of HANGRATE_POINTS.
type pointRule struct {
	name       string
	dist       byte
	lo, hi     uint64
	p          float64
	from, step uint64
	passages   uint64
}

var points pointSet

// pointSet is empty in the bare arm: a passage then costs one comparison.
type pointSet struct {
	rules    []*pointRule
	counters []byte
	draws    uint64
}

// load parses both variables, maps the counters page and closes its fd. An empty text is the bare arm.
func (s *pointSet) load(text, countersFd string) bool {
	if text == "" {
		return true
	}
	rules, ok := parsePoints(text)
	if !ok {
		return false
	}
	s.rules = rules
	if countersFd == "" {
		return true
	}
	fd, err := strconv.Atoi(countersFd)
	if err != nil {
		return false
	}
	// An executed grandchild inherits the variable but not the descriptor: no page, no counters.
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG || st.Size != countersSize {
		return true
	}
	page, err := syscall.Mmap(fd, 0, countersSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return false
	}
	if *(*uint32)(unsafe.Pointer(&page[countersAtMagic])) != countersMagic {
		syscall.Munmap(page)
		return true
	}
	syscall.Close(fd)
	s.counters = page
	loaded := (*uint32)(unsafe.Pointer(&page[countersAtLoaded]))
	for {
		old := atomic.LoadUint32(loaded)
		if atomic.CompareAndSwapUint32(loaded, old, old|enginePoints) {
			return true
		}
	}
}

func parsePoints(text string) ([]*pointRule, bool) {
	var rules []*pointRule

	for _, part := range strings.Split(text, ";") {
		if part == "" {
			continue
		}
		f := strings.Split(part, ",")
		if len(f) != 7 || f[0] == "" || len(f[1]) != 1 || !strings.Contains("fue", f[1]) {
			return nil, false
		}
		r := &pointRule{name: f[0], dist: f[1][0]}
		for i, to := range map[int]*uint64{2: &r.lo, 3: &r.hi, 5: &r.from, 6: &r.step} {
			v, err := strconv.ParseUint(f[i], 10, 64)
			if err != nil {
				return nil, false
			}
			*to = v
		}
		p, err := strconv.ParseFloat(f[4], 64)
		if err != nil || !(p >= 0 && p <= 1) || r.hi < r.lo && r.dist == 'u' {
			return nil, false
		}
		r.p = p
		rules = append(rules, r)
	}
	return rules, true
}

// arm counts the rules that name a delay knob of this scenario.
func (s *pointSet) arm(knobs []Knob) {
	for _, r := range s.rules {
		for _, k := range knobs {
			if k.Kind == Delay && k.Name == r.name {
				s.count(countersAtArmed, 1)
			}
		}
	}
}

func (s *pointSet) count(at int, by uint64) {
	if s.counters != nil {
		atomic.AddUint64((*uint64)(unsafe.Pointer(&s.counters[at])), by)
	}
}

// draw is splitmix64 over the trial's seed and the number of the draw: uniform in [0,1).
func (s *pointSet) draw() float64 {
	z := Seed() + atomic.AddUint64(&s.draws, 1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// counts says whether the n-th passage (from 1) is one that counts.
func (r *pointRule) counts(n uint64) bool {
	if r.step == 0 {
		return n == r.from
	}
	return n >= r.from && (n-r.from)%r.step == 0
}

func (r *pointRule) delay(u float64) uint64 {
	switch r.dist {
	case 'u':
		return r.lo + uint64(u*float64(r.hi-r.lo))
	case 'e':
		return uint64(-math.Log(1-u) * float64(r.lo))
	}
	return r.lo
}

// DelayPoint is a passage where the injector may sleep.
func DelayPoint(name string) {
	for _, r := range points.rules {
		if r.name == name {
			points.pass(r)
		}
	}
}

func (s *pointSet) pass(r *pointRule) {
	n := atomic.AddUint64(&r.passages, 1)
	s.count(countersAtPassed, 1)
	if !r.counts(n) || s.draw() >= r.p {
		return
	}
	ns := r.delay(s.draw())
	if ns == 0 {
		return
	}
	s.count(countersAtFired, 1)
	s.count(countersAtDelay, ns)
	time.Sleep(time.Duration(ns))
}
