// Command demo shows the life of three client secrets, one per vendor: it builds the provider, starts the simulator on
// loopback, drives both with the real Terraform or OpenTofu, checks every step, and draws what happened. It needs no
// credentials and leaves nothing behind.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted; nothing is left behind")
	}
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	svg     string
	verbose bool
	overlap time.Duration
}

// run is the whole demo. Whatever it made is gone when it returns.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	var s settings
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&s.svg, "svg", "", "also write the timeline as an SVG to this `file`")
	flags.BoolVar(&s.verbose, "v", false, "show everything that Terraform says")
	flags.DurationVar(&s.overlap, "overlap", 6*time.Second, "how long a previous secret lives in the retirement step, whole seconds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s.overlap < time.Second || s.overlap%time.Second != 0 {
		return fmt.Errorf("-overlap %s: give whole seconds, at least one", s.overlap)
	}
	rep := newReport(out)
	d, err := prepare(ctx, s, rep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.play(ctx); err != nil {
		return err
	}
	t := d.timeline()
	rep.timeline(t)
	if s.svg == "" {
		return nil
	}
	return os.WriteFile(s.svg, t.svg(), 0o644)
}
