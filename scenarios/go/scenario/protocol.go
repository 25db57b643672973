// SPDX-License-Identifier: MIT

package scenario

// The wire of lib/protocol.h, repeated; protocol_test.go compares the two.
const (
	exitFail   = 1
	exitSkip   = 77
	exitBroken = 99

	describeSchema = 1

	envSeed     = "HANGRATE_SEED"
	envKnobs    = "HANGRATE_KNOBS"
	envPoints   = "HANGRATE_POINTS"
	envCounters = "HANGRATE_RECEIPT"

	countersMagic = 0x48525231
	countersSize  = 4096
	enginePoints  = 1
)

// Offsets in struct hangrate_counters.
const (
	countersAtMagic  = 0
	countersAtLoaded = 4
	countersAtArmed  = 8
	countersAtPassed = 16
	countersAtFired  = 24
	countersAtDelay  = 32
)
