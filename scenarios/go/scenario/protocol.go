// SPDX-License-Identifier: MIT

package scenario

// The wire of lib/protocol.h, repeated; protocol_test.go compares the two.
const (
	exitFail   = 1
	exitSkip   = 77
	exitBroken = 99

	describeSchema = 1

	envSeed    = "HANGRATE_SEED"
	envKnobs   = "HANGRATE_KNOBS"
	envPoints  = "HANGRATE_POINTS"
	envReceipt = "HANGRATE_RECEIPT"

	receiptMagic = 0x48525231
	receiptSize  = 4096
	enginePoints = 1
)

// Offsets in struct hangrate_receipt.
const (
	receiptAtMagic  = 0
	receiptAtLoaded = 4
	receiptAtArmed  = 8
	receiptAtPassed = 16
	receiptAtFired  = 24
	receiptAtDelay  = 32
)
