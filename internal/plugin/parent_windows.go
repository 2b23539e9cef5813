package plugin

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// watchParent gives what tells whether the parent has ended. Windows keeps its id as that of the parent, and may give the id to
// another process, so the process itself is held on to. What the system does not show counts as alive.
func watchParent() (gone func() bool) {
	parent, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(os.Getppid()))
	switch {
	case errors.Is(err, windows.ERROR_INVALID_PARAMETER): // there is no process with this id
		return func() bool { return true }
	case err != nil:
		return func() bool { return false }
	case began(parent) > began(windows.CurrentProcess()): // one that took over the id
		_ = windows.CloseHandle(parent)
		return func() bool { return true }
	}
	return func() bool {
		event, err := windows.WaitForSingleObject(parent, 0)
		return err == nil && event == windows.WAIT_OBJECT_0
	}
}

// began is when a process was created, in nanoseconds; 0 where the system does not tell.
func began(process windows.Handle) int64 {
	var creation, exit, kernel, user windows.Filetime
	if windows.GetProcessTimes(process, &creation, &exit, &kernel, &user) != nil {
		return 0
	}
	return creation.Nanoseconds()
}
