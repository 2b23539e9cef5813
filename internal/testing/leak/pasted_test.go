package leak_test

import (
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/testing/acctest"
)

// pastedText is a secret that somebody wrote into the configuration, alone on its line or beside others. It has no character that HCL escapes.
const pastedText = "AGE-SECRET-KEY-1PASTEDPASTEDPASTEDPASTEDPASTEDPASTEDPASTED"

// mistakes are configurations with a mistake about a value that is or may be secret. Terraform prints the lines of the
// attribute that an error names, and the values of the variables in it.
func mistakes() map[string]struct{ config, says string } {
	const own = pastedText
	csp := func(attributes string) string {
		return "resource \"oauthsecret_csp_client_secret\" \"app\" {\n  oauth_app_id = \"billing-worker\"\n" + attributes + "\n}\n"
	}
	configured := func(blocks string) string {
		return "provider \"oauthsecret\" {\n" + blocks + "\n}\n" + csp("")
	}
	opened := func(attributes string) string {
		return "ephemeral \"oauthsecret_decrypted_secret\" \"app\" {\n" + attributes + "\n}\n"
	}
	return map[string]struct{ config, says string }{
		"a private key as recipient":        {csp(`encryption_recipients = ["` + own + `"]`), "encryption_recipients"},
		"a private key in a variable":       {csp(`encryption_recipients = [var.key]`) + "variable \"key\" {\n  type    = string\n  default = \"" + own + "\" \n}\n", "encryption_recipients"},
		"a private key beside a public one": {csp(`encryption_recipients = ["ssh-ed25519 x", "` + own + `"]`), "encryption_recipients"},
		"a chosen value against the rule":   {csp("client_secret_wo = \"" + strings.ToLower(own) + "\"\nclient_secret_wo_version = 1"), "client_secret_wo"},
		"a chosen value without a version":  {csp(`client_secret_wo = "` + own + `a1"`), "client_secret_wo"},
		"an identity that is none":          {opened("ciphertext = \"x\"\nidentity = \"" + own + `"`), "identity"},
		"a secret as ciphertext":            {opened("identity = \"x\"\nciphertext = \"" + own + `"`), "identity"},
		"conflicting credentials":           {configured("csp {\napi_token = \"" + own + "\"\naccess_token = \"x\"\n}"), "csp.access_token"},
		"a comment beside a credential":     {configured("csp {\n  access_token = \"x\" # " + own + "\n  api_token = \"y\"\n}"), "csp.access_token"},
		"half a pair":                       {configured(`csp { client_secret = "` + own + `" }`), "csp.client_id"},
		"an address beside a credential":    {configured("csp {\napi_token = \"" + own + "\"\n" + `base_url = "http://example.com"` + "\n}"), "csp.base_url"},
		"a password in the address":         {configured("csp {\napi_token = \"x\"\nbase_url = \"https://u:" + own + "@example.com\"\n}"), "csp.base_url"},
		"a key as certificate":              {configured("csp {\napi_token = \"x\"\nca_certificate_pem = \"" + own + "\"\n}"), "csp.ca_certificate_pem"},
		"a pace beside a credential":        {configured("csp {\napi_token = \"" + own + "\"\n" + `requests_per_second = 0` + "\n}"), "requests_per_second"},
		"a line break in a credential":      {configured(`csp { api_token = "` + own + `\n" }`), "csp.api_token"},
		"a tenant beside a credential":      {configured("identity_service {\naccess_token = \"" + own + "\"\ntenant = \"Not A Tenant\"\n}"), ""},
		"an account beside a credential":    {configured("cloudflare {\napi_token = \"" + own + "\"\naccount_id = \"a/b\"\nemail = \"x\"\n}"), "cloudflare"},
	}
}

// What was pasted into the configuration by mistake is on no terminal and in no report of a program that reads its output.
func TestPastedSecretsAreNotQuoted(t *testing.T) {
	t.Parallel()
	for name, c := range mistakes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := acctest.NewWorld(t)
			for _, env := range []string{"CSP_API_TOKEN", "CLOUDFLARE_API_TOKEN", "IDENTITY_SERVICE_ACCESS_TOKEN"} {
				if strings.HasPrefix(c.config, "provider") {
					delete(w.Env, env)
				}
			}
			cli := acctest.NewProgram(t, c.config, w.Env)
			said := ""
			for _, command := range []string{"validate", "validate -json", "plan", "plan -json"} {
				out, _ := cli.Run(strings.Fields(command)...)
				for _, text := range []string{pastedText, strings.ToLower(pastedText)} {
					if strings.Contains(out, text) {
						t.Errorf("%s prints what was pasted:\n%s", command, out)
					}
				}
				said += out
			}
			if c.says != "" && !strings.Contains(said, "rror") || !strings.Contains(said, c.says) {
				t.Errorf("no error says %q:\n%s", c.says, said)
			}
		})
	}
}
