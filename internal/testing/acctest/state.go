package acctest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
)

// stateFile is what the program keeps in terraform.tfstate.
type stateFile struct {
	Outputs map[string]struct {
		Value any `json:"value"`
	} `json:"outputs"`
	Resources []struct {
		Mode      tfjson.ResourceMode `json:"mode"`
		Type      string              `json:"type"`
		Name      string              `json:"name"`
		Instances []struct {
			Index      any            `json:"index_key"`
			Status     string         `json:"status"`
			Deposed    string         `json:"deposed"`
			Attributes map[string]any `json:"attributes"`
		} `json:"instances"`
	} `json:"resources"`
}

// state reads the state file. Numbers stay text, as the checks expect them.
func (r *run) state() (stateFile, error) {
	decoder := json.NewDecoder(strings.NewReader(r.terminal.StateFile()))
	decoder.UseNumber()
	var state stateFile
	if err := decoder.Decode(&state); err != nil {
		return state, fmt.Errorf("the state file: %w", err)
	}
	return state, nil
}

// resources are the objects in state without the deposed ones, as the program would show them.
func (s stateFile) resources() []*tfjson.StateResource {
	var shown []*tfjson.StateResource
	for _, r := range s.Resources {
		for _, object := range r.Instances {
			if object.Deposed != "" {
				continue
			}
			address := r.Type + "." + r.Name
			if r.Mode == tfjson.DataResourceMode {
				address = "data." + address
			}
			switch index := object.Index.(type) {
			case json.Number:
				address += "[" + index.String() + "]"
			case string:
				address += "[" + strconv.Quote(index) + "]"
			}
			shown = append(shown, &tfjson.StateResource{
				Address: address, Mode: r.Mode, Type: r.Type, Name: r.Name, Index: object.Index,
				Tainted: object.Status == "tainted", AttributeValues: object.Attributes,
			})
		}
	}
	return shown
}

// shown is the state for checks of state.
func (s stateFile) shown() *tfjson.State {
	if len(s.Resources) == 0 && len(s.Outputs) == 0 {
		return &tfjson.State{}
	}
	values := &tfjson.StateValues{Outputs: map[string]*tfjson.StateOutput{}, RootModule: &tfjson.StateModule{Resources: s.resources()}}
	for name, output := range s.Outputs {
		values.Outputs[name] = &tfjson.StateOutput{Value: output.Value}
	}
	return &tfjson.State{Values: values}
}

// attributes is the state for check functions: each attribute a text under a flat name.
func (s stateFile) attributes() *terraform.State {
	root := &terraform.ModuleState{Path: []string{"root"}, Resources: map[string]*terraform.ResourceState{}, Outputs: map[string]*terraform.OutputState{}}
	for _, r := range s.resources() {
		flat := map[string]string{}
		flatten(flat, "", r.AttributeValues)
		address := r.Address
		if n, ok := r.Index.(json.Number); ok {
			address = strings.TrimSuffix(address, "["+n.String()+"]") + "." + n.String()
		}
		root.Resources[address] = &terraform.ResourceState{
			Type: r.Type, Primary: &terraform.InstanceState{ID: flat["id"], Attributes: flat, Tainted: r.Tainted},
		}
	}
	return &terraform.State{Modules: []*terraform.ModuleState{root}}
}

func flatten(into map[string]string, name string, value any) {
	below := func(key string) string { return strings.TrimPrefix(name+"."+key, ".") }
	switch value := value.(type) {
	case nil:
	case map[string]any:
		into[below("%")] = strconv.Itoa(len(value))
		for key, element := range value {
			flatten(into, below(key), element)
		}
	case []any:
		into[below("#")] = strconv.Itoa(len(value))
		for i, element := range value {
			flatten(into, below(strconv.Itoa(i)), element)
		}
	default:
		into[name] = fmt.Sprint(value)
	}
}
