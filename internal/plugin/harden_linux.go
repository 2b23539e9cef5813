package plugin

import "golang.org/x/sys/unix"

// Harden keeps the memory of the process, which holds secrets, out of core dumps and away from other processes of the
// same user. What the system refuses is left as it is.
func Harden() {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
