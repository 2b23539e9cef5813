package plugin

import "strings"

// Environment variables of log levels. Terraform reads the first two, the others are terraform-plugin-log's.
const (
	logAll       = "TF_LOG"
	logProviders = "TF_LOG_PROVIDER"

	logThis      = "TF_LOG_PROVIDER_OAUTHSECRET"
	logSDK       = "TF_LOG_SDK"
	logFramework = "TF_LOG_SDK_FRAMEWORK"
	logProtocol  = "TF_LOG_SDK_PROTO"
)

// unheard gives the log levels to set so that nothing is logged that Terraform drops. Without them a provider writes
// everything down to TRACE to Terraform, whatever its user wants to see: a third of the work of both. A level that the user
// set is left as it is.
func unheard(getenv func(string) string) map[string]string {
	heard := getenv(logProviders)
	if heard == "" {
		heard = getenv(logAll)
	}
	switch heard = strings.ToUpper(heard); heard {
	case "":
		heard = "OFF"
	case "DEBUG", "INFO", "WARN", "ERROR", "OFF":
	default: // JSON, and what Terraform does not know, are TRACE to it
		return nil
	}
	levels := map[string]string{}
	if getenv(logThis) == "" {
		levels[logThis] = heard
	}
	if getenv(logSDK) == "" {
		for _, name := range []string{logSDK, logFramework, logProtocol} {
			if getenv(name) == "" {
				levels[name] = heard
			}
		}
	}
	return levels
}
