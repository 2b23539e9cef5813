//go:build !linux

package plugin

// Harden does nothing here: the system has no such switch, or needs none.
func Harden() {}
