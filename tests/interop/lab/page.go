package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Page is a document whose commands a test runs as they stand.
type Page struct {
	t      *testing.T
	name   string
	blocks map[string]map[string]string // heading, language: what is in the blocks below it
}

// ReadPage reads a document of the checkout, like "docs/cli.md".
func ReadPage(t *testing.T, name string) *Page {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), name))
	p := &Page{t: t, name: name, blocks: map[string]map[string]string{}}
	heading, language := "", ""
	for line := range strings.Lines(string(Must(t, text, err))) {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && language == "":
			language = strings.TrimSpace(fence)
		case isFence:
			language = ""
		case language != "":
			if p.blocks[heading] == nil {
				p.blocks[heading] = map[string]string{}
			}
			p.blocks[heading][language] += line
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimSpace(strings.TrimLeft(line, "#"))
		}
	}
	return p
}

// Block is what the page has in blocks of that language below a heading.
func (p *Page) Block(heading, language string) string {
	p.t.Helper()
	text := p.blocks[heading][language]
	if text == "" {
		p.t.Fatalf("%s has no %s below %q", p.name, language, heading)
	}
	return text
}

// Run runs the commands below a heading on a machine.
func (p *Page) Run(m *Machine, heading string) string {
	p.t.Helper()
	return m.Run(p.Block(heading, "sh"))
}

// Headings are those with commands below them, sorted.
func (p *Page) Headings() (out []string) {
	for heading, languages := range p.blocks {
		if languages["sh"] != "" {
			out = append(out, heading)
		}
	}
	slices.Sort(out)
	return out
}
