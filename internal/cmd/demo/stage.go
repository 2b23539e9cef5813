package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/cli"
	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/simulator"
)

//go:embed terraform
var configuration embed.FS

// demo is a simulator, a provider built from this tree, and a configuration that the command-line program applies.
type demo struct {
	settings
	report  *report
	dir     string
	server  *http.Server
	sim     *simulator.Simulator
	clients []*client
	cli     *driver

	began time.Time
	step  int
	steps []mark
	// names are those of the secrets, by their values.
	names map[string]string
	// effects counts the changing calls that were reported already.
	effects int
}

// prepare sets the stage. After an error nothing is left of it.
func prepare(ctx context.Context, s settings, rep *report) (_ *demo, err error) {
	d := &demo{settings: s, report: rep, names: map[string]string{}}
	defer func() {
		if err != nil {
			_ = d.close()
		}
	}()
	program, err := cli.Find()
	if err != nil {
		return nil, err
	}
	if d.dir, err = os.MkdirTemp("", "oauthsecret-demo-"); err != nil {
		return nil, err
	}
	root, err := d.serve(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := cli.Build(ctx, filepath.Join(d.dir, "bin"), ""); err != nil {
		return nil, err
	}
	built := time.Since(began)
	if err := d.configure(program, root); err != nil {
		return nil, err
	}
	if err := d.cli.identify(ctx); err != nil {
		return nil, err
	}
	rep.title("The life of three client secrets")
	rep.fact("provider", fmt.Sprintf("built from this tree in %.1f s", built.Seconds()))
	rep.fact("program", d.cli.version)
	rep.fact("vendors", "the simulator at "+root+"; no credentials, no network")
	d.began = d.sim.Now()
	return d, nil
}

// serve starts the simulator on loopback, with one client per vendor.
func (d *demo) serve(ctx context.Context) (root string, err error) {
	d.sim = simulator.New(simulator.Options{})
	// CSP can report the age of a secret; without it nobody could see that somebody else changed one.
	d.sim.CSP.Set(func(s *simulator.CSPSwitches) { s.SecretAge = simulator.SecretAgeResets })
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	root = "http://" + listener.Addr().String()
	d.server = &http.Server{Handler: d.sim, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = d.server.Serve(listener) }()
	d.clients = newClients(d.sim, root)
	return root, nil
}

// configure writes the program's own configuration, which uses the provider just built, and the first files to apply.
func (d *demo) configure(program, root string) error {
	work := filepath.Join(d.dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	rc := filepath.Join(d.dir, "cli.tfrc")
	overrides := cli.Overrides(map[string]string{"oauthsecret/oauthsecret": filepath.Join(d.dir, "bin")})
	if err := os.WriteFile(rc, []byte(overrides), 0o600); err != nil {
		return err
	}
	env := simulator.Environment(root)
	env["CLOUDFLARE_ACCOUNT_ID"] = account
	env["CSP_ORG_ID"] = organization
	env["IDENTITY_SERVICE_TENANT"] = tenant
	env["TF_CLI_CONFIG_FILE"] = rc
	d.cli = &driver{CLI: cli.CLI{Path: program, Dir: work, Env: cli.Environment(env)}}
	if d.verbose {
		d.cli.verbose = d.report.w
	}
	return d.install("main.tf")
}

// install copies one file of the configuration.
func (d *demo) install(name string) error {
	text, err := configuration.ReadFile("terraform/" + name)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.cli.Dir, name), text, 0o600)
}

// close stops the simulator and removes every file.
func (d *demo) close() error {
	var err error
	if d.server != nil {
		err = d.server.Close()
	}
	if d.dir != "" {
		err = errors.Join(err, os.RemoveAll(d.dir))
	}
	return err
}
