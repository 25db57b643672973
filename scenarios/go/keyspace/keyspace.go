// SPDX-License-Identifier: MIT

// Package keyspace is the little Redis that the save scenarios share: keys and values in memory, and
// a dump of them to a file that allocates as such code does.
package keyspace

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sort"

	"hangrate.example/scenarios/go/scenario"
)

const valueSize = 1 << 10

// Space is the data that a save has to write.
type Space map[string][]byte

// New makes a space of that many bytes of values, the same for the same seed.
func New(bytes, seed uint64) Space {
	s := make(Space)
	x := seed
	for i := uint64(0); i < bytes/valueSize; i++ {
		v := make([]byte, valueSize)
		for j := range v {
			x = x*6364136223846793005 + 1442695040888963407
			v[j] = byte(x >> 56)
		}
		s[fmt.Sprintf("key:%08d", i)] = v
	}
	return s
}

// Dump writes one line a key, in order. Each line grows in a buffer of its own: a dump of a space
// that is not tiny allocates several times the space, and brings garbage collections with it.
func (s Space) Dump(to io.Writer) error {
	keys := make([]string, 0, len(s))
	for k := range s {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	w := bufio.NewWriterSize(to, 64<<10)
	for _, k := range keys {
		var line bytes.Buffer

		line.WriteString(k)
		line.WriteByte(' ')
		hex.NewEncoder(&line).Write(s[k])
		line.WriteByte('\n')
		if _, err := w.Write(line.Bytes()); err != nil {
			return err
		}
	}
	return w.Flush()
}

// DumpSize is what Dump writes, in bytes.
func (s Space) DumpSize() int64 {
	var n int64

	for k, v := range s {
		n += int64(len(k)) + 1 + 2*int64(len(v)) + 1
	}
	return n
}

// File is a fresh file for a dump that nobody has to remove.
func File() *os.File {
	f, err := os.CreateTemp("", "hangrate-dump-")
	scenario.Must(err == nil, "a temporary file")
	scenario.Must(os.Remove(f.Name()) == nil, "its name is given back")
	return f
}

// Whole says whether the file holds a dump of that size.
func Whole(f *os.File, size int64) bool {
	info, err := f.Stat()
	scenario.Must(err == nil, "stat of the dump")
	return info.Size() == size
}

// Copier is the fresh process that saves in the place of a forked one (a scenario's helper): it
// takes the dump from standard input and writes it to standard output.
func Copier() {
	_, err := io.Copy(os.Stdout, os.Stdin)
	scenario.Must(err == nil, "the dump is copied")
}
