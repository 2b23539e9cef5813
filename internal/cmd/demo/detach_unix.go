//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// detach keeps Ctrl-C on the terminal from reaching the program directly: it is interrupted once, by the demo. A second
// interrupt would make it leave without cleaning up.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
