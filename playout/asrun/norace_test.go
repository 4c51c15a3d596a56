//go:build !race

package asrun

const raced = false // the race detector makes SQLite twenty times slower
