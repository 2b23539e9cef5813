package httpapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oauthsecret/terraform-provider-oauthsecret/internal/httpapi"
)

func TestUnmarshalBoundsDepth(t *testing.T) {
	t.Parallel()
	nest := func(n int, inner string) string {
		return strings.Repeat("[", n) + inner + strings.Repeat("]", n)
	}
	for body, want := range map[string]bool{
		`{}`:                                      true,
		nest(32, `1`):                             true,
		nest(33, `1`):                             false,
		nest(31, `{"a": "b"}`):                    true,
		nest(32, `{"a": "b"}`):                    false,
		`"` + strings.Repeat("[{", 100) + `"`:     true,
		`"\"` + strings.Repeat("[", 100) + `"`:    true,
		`["\\",` + nest(32, `1`) + `]`:            false,
		`[` + strings.Repeat(`[],{},`, 99) + `1]`: true,
		strings.Repeat("[", 1<<20):                false,
		`[`:                                       false,
		``:                                        false,
	} {
		var v any
		if err := httpapi.Unmarshal([]byte(body), &v); (err == nil) != want {
			t.Errorf("%.60s: got %v", body, err)
		}
	}
}

// What comes from a vendor is decoded within bounds everywhere. A method UnmarshalJSON gets a part of what was checked.
func TestNobodyDecodesWithoutBounds(t *testing.T) {
	t.Parallel()
	for _, root := range []string{"../vendors", "."} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == "decode.go" {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					return n.Name.Name != "UnmarshalJSON"
				case *ast.SelectorExpr:
					x, ok := n.X.(*ast.Ident)
					if ok && x.Name == "json" && (n.Sel.Name == "Unmarshal" || n.Sel.Name == "NewDecoder") {
						t.Errorf("%s uses json.%s instead of httpapi.Unmarshal", files.Position(n.Pos()), n.Sel.Name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// Some servers put a byte order mark in front of UTF-8.
func TestUnmarshalByteOrderMark(t *testing.T) {
	t.Parallel()
	var v struct{ A int }
	if err := httpapi.Unmarshal([]byte("\ufeff{\"a\": 1}"), &v); err != nil || v.A != 1 {
		t.Errorf("%v, %v", v, err)
	}
}
