package main_test

import (
	"flag"
	"os"
	"testing"

	"airloom/cmd/internal/airtest"
)

// beside is how many channels of tests that may run beside one another do so. They
// mostly wait: one takes a sixth of a processor, and all are judged as if alone.
const beside = "3"

func TestMain(m *testing.M) {
	flag.Parse()
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		_ = flag.Set("test.parallel", beside)
	}
	code := m.Run()
	airtest.EndShared()
	os.Exit(code)
}
