// Package bench measures what the provider costs: its own time and memory per resource, the requests that it sends, and
// whole runs of the command-line program next to the floor of doing nothing. Run it with make bench.
package bench
