// Package docs keeps the documentation true: it gives tfplugindocs the provider's schema without the help of any
// command-line program, and its tests run every example, every module, the drift detection and every plan that a guide
// prints against the simulator.
package docs
