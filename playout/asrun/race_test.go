//go:build race

package asrun

const raced = true
