//go:build !windows

package plugin

import "os"

// watchParent gives what tells whether the parent has ended: its child then has another one.
func watchParent() (gone func() bool) {
	parent := os.Getppid()
	return func() bool { return os.Getppid() != parent }
}
