// Judges the ledger's proof of a bundle with the packages Go itself trusts for its checksum database.
// Usage: tlog-judge FOLDER; exits 0 when checkpoint and inclusion hold.
// Usage: tlog-judge FOLDER|URL VKEY [CHECKPOINT]; a log as C2SP tlog-tiles has it, in a folder or over HTTP (with the API key
// in ARQON_API_KEY): exits 0 when its checkpoint is signed by that key, every tile belongs to its tree, the entries are those
// of its leaves, every entry and every earlier tree can be proven from the tiles, and the log has grown from CHECKPOINT.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
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
	if len(os.Args) > 2 {
		check = func() error { return judgeTiles(os.Args[1], os.Args[2], os.Args[3:]) }
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

// Files of a log by their path, each read once.
type logFiles struct {
	place string
	known map[string][]byte
}

func (log *logFiles) read(path string) ([]byte, error) {
	if data, found := log.known[path]; found {
		return data, nil
	}
	data, err := log.fetch(path)
	if err == nil && path != "checkpoint" {
		log.known[path] = data
	}
	return data, err
}

func (log *logFiles) fetch(path string) ([]byte, error) {
	if !strings.HasPrefix(log.place, "http") {
		return os.ReadFile(filepath.Join(log.place, path))
	}
	request, err := http.NewRequest("GET", log.place+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if key := os.Getenv("ARQON_API_KEY"); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}

// Tiles of height 8 where C2SP has them: without the height in their path.
func (log *logFiles) Height() int                         { return 8 }
func (log *logFiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (log *logFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := log.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// The entries of a log of this size, from bundles in which each has its length before it in 16 bits.
func (log *logFiles) entries(size int64) ([][]byte, error) {
	var all [][]byte
	for start := int64(0); start < size; start += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: start / 256, W: int(min(256, size-start))}
		data, err := log.read(strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1))
		if err != nil {
			return nil, err
		}
		for len(data) > 0 {
			if len(data) < 2 {
				return nil, fmt.Errorf("a length is cut in a bundle")
			}
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				return nil, fmt.Errorf("an entry is cut in a bundle")
			}
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	if int64(len(all)) != size {
		return nil, fmt.Errorf("%d entries, not %d", len(all), size)
	}
	return all, nil
}

func judgeTiles(place, vkey string, earlier []string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	log := &logFiles{place, map[string][]byte{}}
	checkpoint, err := log.read("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return err
	}
	entries, err := log.entries(tree.N)
	if err != nil {
		return err
	}
	// This reader believes no tile that does not lead to the tree's root.
	reader := tlog.TileHashReader(tree, log)
	for i := int64(0); i < tree.N; i++ {
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, i)})
		if err != nil {
			return err
		}
		if leaf[0] != tlog.RecordHash(entries[i]) {
			return fmt.Errorf("entry %d is not the one of its leaf", i)
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
	for _, file := range earlier {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		before, err := openCheckpoint(text, verifier)
		if err != nil {
			return err
		}
		growth, err := tlog.ProveTree(tree.N, before.N, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(growth, tree.N, tree.Hash, before.N, before.Hash); err != nil {
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
