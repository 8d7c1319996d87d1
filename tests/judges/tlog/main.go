// Judges the ledger's proof of a bundle with the packages Go itself trusts for its checksum database.
// Usage: tlog-judge FOLDER; exits 0 when checkpoint and inclusion hold.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"crypto/ed25519"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := judge(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ok")
}

func judge(folder string) error {
	envelope, err := os.ReadFile(filepath.Join(folder, "attestations/provenance.dsse.json"))
	if err != nil {
		return err
	}
	proofFile, err := os.ReadFile(filepath.Join(folder, "ledger/inclusion.tlog-proof"))
	if err != nil {
		return err
	}
	head, checkpoint, found := bytes.Cut(proofFile, []byte("\n\n"))
	if !found {
		return fmt.Errorf("no checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return fmt.Errorf("no tlog-proof")
	}
	index, err := strconv.ParseInt(lines[1][len("index "):], 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}

	origin, _, _ := strings.Cut(string(checkpoint), "\n")
	key, err := publicKey(folder)
	if err != nil {
		return err
	}
	vkey, err := note.NewEd25519VerifierKey(origin, key)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	text := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(text[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := base64.StdEncoding.DecodeString(text[2])
	if err != nil || len(root) != tlog.HashSize {
		return fmt.Errorf("root: %q", text[2])
	}
	return tlog.CheckRecord(proof, size, tlog.Hash(root), index, tlog.RecordHash(envelope))
}

// The ledger's own key, or that of the attestation where it is the same.
func publicKey(folder string) (ed25519.PublicKey, error) {
	for _, place := range []string{"ledger/keys", "attestations/keys"} {
		text, err := os.ReadFile(filepath.Join(folder, place, "ed25519.pub.pem"))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("%s: no PEM", place)
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		if public, ok := key.(ed25519.PublicKey); ok {
			return public, nil
		}
	}
	return nil, fmt.Errorf("no Ed25519 key")
}
