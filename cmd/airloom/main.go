// Command airloom is a 24/7 playlist playout engine.
package main

func main() {}
