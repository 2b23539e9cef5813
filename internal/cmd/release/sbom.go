package main

import (
	"debug/buildinfo"
	"encoding/json"
)

// The part of CycloneDX 1.6 that says what a Go program was linked from.
type bom struct {
	Format      string      `json:"bomFormat"`
	SpecVersion string      `json:"specVersion"`
	Version     int         `json:"version"`
	Metadata    bomMetadata `json:"metadata"`
	Components  []component `json:"components"`
}

type bomMetadata struct {
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	PURL       string     `json:"purl"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// sbom lists the modules in a program, as the linker recorded them. It has no date and no serial number, so that the same
// program gives the same list.
func sbom(program, version string) ([]byte, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	list := bom{Format: "CycloneDX", SpecVersion: "1.6", Version: 1}
	list.Metadata.Component = module("application", info.Main.Path, "v"+version, "")
	for _, setting := range info.Settings {
		if setting.Key == "GOOS" || setting.Key == "GOARCH" {
			list.Metadata.Component.Properties = append(list.Metadata.Component.Properties, property{"build:" + setting.Key, setting.Value})
		}
	}
	list.Components = []component{module("library", "std", info.GoVersion, "")}
	for _, dependency := range info.Deps {
		if dependency.Replace != nil {
			dependency = dependency.Replace
		}
		list.Components = append(list.Components, module("library", dependency.Path, dependency.Version, dependency.Sum))
	}
	return json.MarshalIndent(list, "", "  ")
}

// module names one Go module. Its checksum is Go's own (of the module's tree, not of one file), hence a property.
func module(kind, path, version, sum string) component {
	c := component{Type: kind, Name: path, Version: version, PURL: "pkg:golang/" + path + "@" + version}
	if sum != "" {
		c.Properties = []property{{"go:sum", sum}}
	}
	return c
}
