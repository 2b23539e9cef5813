// Package chaos tries to lose a secret. Its tests drive the provider server in process, in virtual time, as Terraform would,
// against the simulator, with a fault at every call of every operation; then with random sequences, crashes and two
// applies at once; and at last the real program with real signals. RESULTS.md says what was tried and how it ended; a
// test keeps it true.
//
// The package holds tests only. Nothing in it is part of the provider.
package chaos
