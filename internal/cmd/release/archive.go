package main

import (
	"archive/zip"
	"bytes"
	"time"
)

// archive packs one program. The same program gives the same bytes: the only date inside is the oldest one that the
// format has.
func archive(inside string, program []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: inside, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	header.SetMode(0o755)
	file, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(program); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}
