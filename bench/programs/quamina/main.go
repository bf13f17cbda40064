// Answers line by line: `clear`; `+` and a pattern; `run`, with how many patterns matched in all events and in how many seconds.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"time"

	quamina "quamina.net/go/quamina/v2"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func run(matcher *quamina.Quamina, events [][]byte) {
	start := time.Now()
	matches := 0
	for _, event := range events {
		if len(event) > 0 {
			matches += len(must(matcher.MatchesForEvent(event)))
		}
	}
	fmt.Println(matches, time.Since(start).Seconds())
}

func main() {
	events := bytes.Split(must(os.ReadFile(os.Args[1])), []byte("\n"))
	matcher := must(quamina.New())
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for patterns := 0; in.Scan(); {
		switch line := in.Text(); line {
		case "clear":
			matcher = must(quamina.New())
		case "run":
			run(matcher, events)
		default:
			patterns++
			must(0, matcher.AddPattern(patterns, line[1:]))
		}
	}
}
