package main

// Modules of rooms that are being built; gone when the last of them is.
import (
	_ "github.com/fsnotify/fsnotify"
	_ "github.com/robfig/cron/v3"
	_ "modernc.org/sqlite"
	_ "pgregory.net/rapid"
)
