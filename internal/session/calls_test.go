package session

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// Only the gate makes and ends secrets: no other code of the product calls what changes a client. A vendor may call its own.
func TestOnlyTheGateChangesAClient(t *testing.T) {
	t.Parallel()
	const root = ".."
	found := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		switch {
		case err != nil:
			return err
		case d.IsDir() && (rel == "testing" || rel == "cmd" || rel == "tools"): // no part of the product
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			own := ""
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil && len(f.Recv.List[0].Names) == 1 {
				own = f.Recv.List[0].Names[0].Name
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				s, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || s.Sel.Name != "Issue" && s.Sel.Name != "Retire" {
					return true
				}
				if x, ok := s.X.(*ast.Ident); strings.HasPrefix(rel, "vendors/") && ok && x.Name == own {
					return true
				}
				if found[rel]++; !strings.HasPrefix(rel, "session/gate.go") {
					t.Errorf("%s calls %s, which only the gate may", files.Position(s.Pos()), s.Sel.Name)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found["session/gate.go"] == 0 {
		t.Error("the gate makes and ends nothing: this test looks at the wrong place")
	}
}
