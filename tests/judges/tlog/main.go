// Judges the ledger's proof of a bundle with the packages Go itself trusts for its checksum database.
// Usage: tlog-judge FOLDER; exits 0 when checkpoint and inclusion hold.
// Usage: tlog-judge FOLDER VKEY; a folder of tiles: exits 0 when its checkpoint is signed by that key, every tile belongs to
// its tree, and every entry and every earlier tree can be proven from them.
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
	check := func() error { return judge(os.Args[1]) }
	if len(os.Args) == 3 {
		check = func() error { return judgeTiles(os.Args[1], os.Args[2]) }
	}
	if err := check(); err != nil {
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
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(envelope))
}

func openCheckpoint(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %w", err)
	}
	text := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(text[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(text[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("root: %q", text[2])
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

// Tiles of height 8 where C2SP has them: without the height in their path.
type folderOfTiles string

func (folder folderOfTiles) Height() int                         { return 8 }
func (folder folderOfTiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (folder folderOfTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func judgeTiles(folder, vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	checkpoint, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return err
	}
	// This reader believes no tile that does not lead to the tree's root.
	reader := tlog.TileHashReader(tree, folderOfTiles(folder))
	for i := int64(0); i < tree.N; i++ {
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		if err != nil {
			return err
		}
		proof, err := tlog.ProveRecord(tree.N, i, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, leaf[0]); err != nil {
			return err
		}
		before, err := tlog.TreeHash(i+1, reader)
		if err != nil {
			return err
		}
		growth, err := tlog.ProveTree(tree.N, i+1, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(growth, tree.N, tree.Hash, i+1, before); err != nil {
			return err
		}
	}
	return nil
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
