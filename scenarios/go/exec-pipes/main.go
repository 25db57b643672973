// SPDX-License-Identifier: MIT

// go-exec-pipes: os/exec with both pipes, read one after the other. The command fills the pipe that
// nobody reads yet, and the reader waits for the other to end.
package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"

	"hangrate.example/scenarios/go/scenario"
)

const stdoutText = "the answer\n"

// command writes volume bytes to its standard error first, then the answer.
func command() (*exec.Cmd, int) {
	volume := int(scenario.KnobValue("volume"))
	return exec.Command("/proc/self/exe", "--helper", "talk", strconv.Itoa(volume)), volume
}

func talk() {
	volume, err := strconv.Atoi(os.Args[3])
	scenario.Must(err == nil, "the helper's volume is a number")
	os.Stderr.Write(bytes.Repeat([]byte{'.'}, volume))
	os.Stdout.WriteString(stdoutText)
}

func start(cmd *exec.Cmd) (stdout, stderr io.Reader) {
	stdout, err := cmd.StdoutPipe()
	scenario.Must(err == nil, "StdoutPipe")
	stderr, err = cmd.StderrPipe()
	scenario.Must(err == nil, "StderrPipe")
	scenario.Must(cmd.Start() == nil, "the command starts")
	return stdout, stderr
}

func check(out, err []byte, volume int) {
	scenario.Check(string(out) == stdoutText, "standard output is whole")
	scenario.Check(len(err) == volume, "standard error is whole")
}

func readAll(r io.Reader) []byte {
	text, err := io.ReadAll(r)
	scenario.Check(err == nil, "the pipe is read to its end")
	return text
}

func oneAfterTheOther() {
	cmd, volume := command()
	stdout, stderr := start(cmd)
	out := readAll(stdout)
	err := readAll(stderr)
	scenario.Check(cmd.Wait() == nil, "the command exits with 0")
	check(out, err, volume)
}

func twoGoroutines() {
	var err []byte
	var both sync.WaitGroup

	cmd, volume := command()
	stdout, stderr := start(cmd)
	both.Add(1)
	go func() {
		err = readAll(stderr)
		both.Done()
	}()
	out := readAll(stdout)
	both.Wait()
	scenario.Check(cmd.Wait() == nil, "the command exits with 0")
	check(out, err, volume)
}

func output() {
	var stderr bytes.Buffer

	cmd, volume := command()
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	scenario.Check(err == nil, "the command exits with 0")
	check(out, stderr.Bytes(), volume)
}

func combinedOutput() {
	cmd, volume := command()
	both, err := cmd.CombinedOutput()
	scenario.Check(err == nil, "the command exits with 0")
	scenario.Check(len(both) == volume+len(stdoutText), "both are whole")
}

func main() {
	const drained = "someone reads each pipe as long as the command writes"

	scenario.Main(scenario.Scenario{
		Summary: "os/exec: the standard output read to its end before the standard error",
		Hazard: "a pipe holds 64 KiB: a command that writes more than that to the pipe that is read last " +
			"never gets to close the one that is read first",
		Symptom: "read",
		Cause:   "= pipe-fill",
		Knobs: []scenario.Knob{
			{Name: "volume", Kind: scenario.Size, Levels: "64K,65537,1M", Help: "bytes that the command writes to standard error"},
		},
		Variants: []scenario.Variant{
			{
				Name: "one-after-the-other", Summary: "StdoutPipe to its end, then StderrPipe", Run: oneAfterTheOther,
				TimeoutMS: 300,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.TimesOut,
					Why: "the command waits for its parent, and a Go parent is never wholly at rest: its sysmon " +
						"thread sleeps with a timeout"}},
			},
			{
				Name: "two-goroutines", Summary: "a goroutine for each pipe", Run: twoGoroutines,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: drained}},
			},
			{
				Name: "output", Summary: "Cmd.Output with a buffer for the standard error", Run: output,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: drained}},
			},
			{
				Name: "combined-output", Summary: "Cmd.CombinedOutput", Run: combinedOutput,
				Expect: []scenario.Expect{{Libc: "*", What: scenario.Completes, Why: drained}},
			},
		},
		Refs:    []string{"https://pkg.go.dev/os/exec#Cmd.StdoutPipe", "https://man7.org/linux/man-pages/man7/pipe.7.html"},
		Helpers: map[string]func(){"talk": talk},
	})
}
