// Verifies the files of a bundle by docs/spec/bundle.md and the JSON Schemas it names; it shares no code with Arqon. Archives
// and the names of files are not judged, nor whose keys they are.
// Usage: spec-judge SCHEMAS FOLDER; exits 0 when every check holds, and otherwise names the files at fault.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudflare/circl/sign/mldsa/mldsa65"
	"github.com/gowebpki/jcs"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	artifactPath = "artifact.json"
	manifestPath = "record/run_manifest.json"
	envelopePath = "attestations/provenance.dsse.json"
	proofPath    = "ledger/inclusion.tlog-proof"
	parentsPath  = "provenance/parents.json"
	sumsPath     = "SHA256SUMS"
	payloadType  = "application/vnd.in-toto+json"
)

var (
	pages    = []string{"CITATION.cff", "VERIFY.md", "ro-crate-metadata.json"}
	views    = append(pages, "CITATION.md", "citation.bib", "datacite.json", "ro-crate-preview.html")
	required = append([]string{artifactPath, manifestPath, envelopePath, proofPath, sumsPath}, pages...)
	keyForm  = regexp.MustCompile(`^(attestations|ledger)/keys/(ed25519|ml-dsa-65)\.pub\.pem$`)
	stubForm = regexp.MustCompile(`^(provenance/parents/([0-9a-f]{64}))\.(artifact\.json|dsse\.json|(ed25519|ml-dsa-65)\.pub\.pem)$`)
)

// A JSON object. What a schema has not vouched for reads as empty.
type object map[string]any

func (o object) text(name string) string { text, _ := o[name].(string); return text }
func (o object) in(name string) object   { inner, _ := o[name].(map[string]any); return inner }
func (o object) list(name string) (all []object) {
	items, _ := o[name].([]any)
	for _, item := range items {
		one, _ := item.(map[string]any)
		all = append(all, one)
	}
	return all
}

func objectIn(text []byte) (read object) { _ = json.Unmarshal(text, &read); return read }

type judge struct {
	schemas string
	files   map[string][]byte
	faults  []string
}

func (j *judge) must(right bool, path string) {
	if !right && !slices.Contains(j.faults, path) {
		j.faults = append(j.faults, path)
	}
}

func main() {
	j := &judge{schemas: os.Args[1], files: map[string][]byte{}}
	folder := os.DirFS(os.Args[2])
	err := fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			j.files[path], err = fs.ReadFile(folder, path)
		}
		return err
	})
	if j.must(err == nil, os.Args[2]); err == nil {
		j.judge()
	}
	if len(j.faults) > 0 {
		fmt.Println("FAILED", strings.Join(j.faults, ", "))
		os.Exit(1)
	}
	fmt.Println("VERIFIED")
}

func (j *judge) judge() {
	sealed, said := j.artifact(artifactPath), j.document(manifestPath, "run_manifest.v1")
	if sealed == nil || said == nil || !isTime(said["created_at"]) {
		j.must(false, artifactPath+" or "+manifestPath)
		return
	}
	j.must(said["recipe_id"] == sealed["recipe_id"], manifestPath)
	j.must(said["artifact_id"] == sealed["artifact_id"] && said["artifact_hash"] == sealed["artifact_id"], manifestPath)
	j.checkFiles(sealed)
	keys := j.keysIn("attestations/keys/")
	payload, isSigned := openEnvelope(j.files[envelopePath], keys)
	j.must(isSigned && bytes.Equal(payload, j.statement(sealed, said)), envelopePath)
	j.must(slices.Contains([]string{"ed25519+ml-dsa-65", "ml-dsa-65+ed25519"}, said.text("pqc_suite")), manifestPath)
	if ledger := j.keysIn("ledger/keys/"); len(ledger) > 0 {
		keys = ledger
	}
	j.must(isLogged(j.files[proofPath], j.files[envelopePath], keys), proofPath)
	j.checkParents(sealed.in("recipe").list("parents"))
}

// document reads canonical JSON of a schema.
func (j *judge) document(path, schema string) object {
	compiled, err := jsonschema.NewCompiler().Compile(filepath.Join(j.schemas, schema+".schema.json"))
	value, err2 := jsonschema.UnmarshalJSON(bytes.NewReader(j.files[path]))
	if err != nil || err2 != nil || compiled.Validate(value) != nil || !isCanonical(j.files[path]) {
		return nil
	}
	return objectIn(j.files[path])
}

// artifact reads an artifact.json: the schema, what it cannot say of order, and the ids that follow.
func (j *judge) artifact(path string) object {
	sealed := j.document(path, "artifact.v1")
	recipe, content := sealed.in("recipe"), sealed.in("content")
	for _, list := range [][]object{recipe.list("parents"), recipe.list("files"), content.list("conditions"),
		content.list("results"), sealed.list("results"), sealed.list("record")} {
		before := ""
		for _, one := range list {
			order := one.text("path") + one.text("artifact_id") + " " + one.text("role")
			if order <= before {
				return nil
			}
			before = order
		}
	}
	isSame := func(a, b object) bool { return a["path"] == b["path"] }
	if !slices.EqualFunc(content.list("results"), sealed.list("results"), isSame) || content["recipe_id"] != sealed["recipe_id"] ||
		sealed["recipe_id"] != "sha256:"+digest([]byte("arqon.recipe.v1\n"), canonical(recipe)) ||
		sealed["artifact_id"] != "sha256:"+digest([]byte("arqon.artifact.v1\n"), canonical(content)) {
		return nil
	}
	return sealed
}

func isTime(value any) bool {
	text, _ := value.(string)
	_, err := time.Parse("2006-01-02T15:04:05.999999999Z", text)
	return err == nil
}

func (j *judge) checkFiles(sealed object) {
	recipe, content := sealed.in("recipe"), sealed.in("content")
	known := slices.Concat(required, views, []string{parentsPath})
	for _, path := range required {
		j.must(j.files[path] != nil, path)
	}
	for _, one := range slices.Concat(recipe.list("files"), content.list("conditions"), sealed.list("results"), sealed.list("record")) {
		file := j.files[one.text("path")]
		j.must(digest(file) == one["sha256"] && float64(len(file)) == one["size"], one.text("path"))
		known = append(known, one.text("path"))
	}
	var sums strings.Builder
	for _, path := range slices.Sorted(maps.Keys(j.files)) {
		if path != sumsPath {
			fmt.Fprintf(&sums, "%s  %s\n", digest(j.files[path]), path)
		}
		j.must(slices.Contains(known, path) || keyForm.MatchString(path) || stubForm.MatchString(path), path)
		j.must(!strings.HasSuffix(path, ".json") || isCanonical(j.files[path]), path)
	}
	j.must(sums.String() == string(j.files[sumsPath]), sumsPath)
	for _, one := range content.list("results") {
		if path := one.text("path"); strings.HasSuffix(path, ".json") {
			file := bytes.TrimSuffix(j.files[path], []byte("\n"))
			j.must(digest(file) == one["logical_sha256"] && rows(file) == one["rows"], path)
		}
	}
	isCounted := j.files["results/counts.json"] != nil
	j.must(!isCounted || j.document("results/counts.json", "counts.v1") != nil, "results/counts.json")
}

func rows(text []byte) float64 {
	var list []any
	if object := objectIn(text); object != nil {
		return float64(len(object))
	} else if json.Unmarshal(text, &list) == nil && list != nil {
		return float64(len(list))
	}
	return 1
}

// keysIn reads the key files with this beginning.
func (j *judge) keysIn(prefix string) (keys []key) {
	for i, suite := range suites {
		path := prefix + suite.name + ".pub.pem"
		if text := j.files[path]; text != nil {
			one, right := readKey(text, i)
			j.must(right, path)
			keys = append(keys, one)
		}
	}
	return keys
}

// statement is what must have been signed of these files.
func (j *judge) statement(sealed, said object) []byte {
	recipe := sealed.in("recipe")
	subject, dependencies := []object{}, []object{}
	resource := func(path string, sha256 any) object { return object{"name": path, "digest": object{"sha256": sha256}} }
	for _, path := range slices.Sorted(maps.Keys(j.files)) {
		isResult := strings.HasPrefix(path, "results/") || strings.HasPrefix(path, "provenance/")
		if isResult || path == artifactPath || path == manifestPath || slices.Contains(views, path) {
			subject = append(subject, resource(path, digest(j.files[path])))
		}
	}
	for _, one := range slices.Concat(recipe.list("files"), sealed.in("content").list("conditions")) {
		dependencies = append(dependencies, resource(one.text("path"), one["sha256"]))
	}
	for _, one := range recipe.list("parents") {
		id := one.text("artifact_id")
		dependencies = append(dependencies, object{"uri": "urn:arqon:artifact:" + id,
			"digest": object{"sha256": id[7:]}, "annotations": object{"role": one["role"]}})
	}
	metadata, times := object{"invocationId": "urn:uuid:" + said.text("job_id")}, objectIn(j.files["record/execution.json"])
	for name, value := range map[string]any{"startedOn": times["started"], "finishedOn": times["ended"]} {
		if isTime(value) {
			metadata[name] = value
		}
	}
	// As JavaScript's encodeURIComponent.
	unescaped := strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*")
	version := object{recipe.in("engine").text("name"): recipe.in("engine")["semantics_version"], "sdk": said["sdk_version"]}
	return canonical(object{
		"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1", "subject": subject,
		"predicate": object{
			"buildDefinition": object{
				"buildType": "urn:arqon:run:v1", "resolvedDependencies": dependencies,
				"externalParameters": object{"artifact_type": recipe["artifact_type"], "recipe_id": sealed["recipe_id"]},
				"internalParameters": object{"artifact_id": sealed["artifact_id"], "reported": said["reported"]}},
			"runDetails": object{"metadata": metadata, "builder": object{
				"id": "urn:arqon:backend:" + unescaped.Replace(url.QueryEscape(said.text("backend_id"))), "version": version}}}})
}

func (j *judge) checkParents(parents []object) {
	stubs := map[string]bool{}
	for path := range j.files {
		if stub := stubForm.FindStringSubmatch(path); stub != nil {
			stubs[stub[1]] = true
			j.must(slices.ContainsFunc(parents, func(one object) bool { return one["artifact_id"] == "sha256:"+stub[2] }), path)
		}
	}
	for _, one := range parents {
		one["record_id"] = nil
		if stub := "provenance/parents/" + one.text("artifact_id")[7:]; stubs[stub] {
			one["record_id"] = "sha256:" + digest(j.files[stub+".artifact.json"])
			sealed := j.artifact(stub + ".artifact.json")
			j.must(sealed != nil && sealed["artifact_id"] == one["artifact_id"], stub+".artifact.json")
			payload, isSigned := openEnvelope(j.files[stub+".dsse.json"], j.keysIn(stub+"."))
			isNamed := func(one object) bool {
				return one["name"] == artifactPath && one.in("digest")["sha256"] == digest(j.files[stub+".artifact.json"])
			}
			j.must(isSigned && slices.ContainsFunc(objectIn(payload).list("subject"), isNamed), stub+".dsse.json")
		}
	}
	listing, isThere := j.files[parentsPath]
	isRight := isThere && len(parents) > 0 && string(listing) == string(canonical(parents))+"\n"
	j.must(isRight || !isThere && len(stubs) == 0, parentsPath)
}

func digest(parts ...[]byte) string {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return hex.EncodeToString(sum[:])
}

func unbase64(text string) ([]byte, bool) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	return data, err == nil && base64.StdEncoding.EncodeToString(data) == text
}

func canonical(value any) []byte {
	text, _ := json.Marshal(value)
	text, _ = jcs.Transform(text)
	return text
}

var texts = regexp.MustCompile(`"(\\.|[^"\\])*"`)

// isCanonical: JCS, in which no value stands in more than 128 lists and objects, and a line feed.
func isCanonical(file []byte) bool {
	text, isLine := bytes.CutSuffix(file, []byte("\n"))
	depth := 0
	for _, char := range texts.ReplaceAll(text, []byte("x")) {
		if char == ']' || char == '}' {
			depth--
		} else if depth > 128 {
			return false
		} else if char == '[' || char == '{' {
			depth++
		}
	}
	again, err := jcs.Transform(text)
	return isLine && err == nil && bytes.Equal(again, text) && utf8.Valid(text)
}

// The suites, with what stands before the raw key in its DER, and their types in a note.
var suites = []struct {
	name, der, note string
	size            int
}{
	{"ed25519", "302a300506032b6570032100", "\x01", ed25519.PublicKeySize},
	{"ml-dsa-65", "308207b2300b0609608648016503040312038207a100", "\xffurn:arqon:note:ml-dsa-65:v1", mldsa65.PublicKeySize},
}

type key struct {
	suite int
	id    string
	raw   []byte
}

func readKey(text []byte, suite int) (key, bool) {
	block, _ := pem.Decode(text)
	if block == nil || !bytes.Equal(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: block.Bytes}), text) {
		return key{}, false
	}
	before, _ := hex.DecodeString(suites[suite].der)
	raw, right := bytes.CutPrefix(block.Bytes, before)
	return key{suite, "sha256:" + digest(block.Bytes), raw}, right && len(raw) == suites[suite].size
}

func (k key) verifies(message, signature []byte) bool {
	if k.suite == 0 {
		return ed25519.Verify(k.raw, message, signature)
	}
	var public mldsa65.PublicKey
	return public.UnmarshalBinary(k.raw) == nil && mldsa65.Verify(&public, message, nil, signature)
}

// openEnvelope gives the payload that exactly these keys signed, of every suite one.
func openEnvelope(file []byte, keys []key) (payload []byte, right bool) {
	one := objectIn(file)
	payload, right = unbase64(one.text("payload"))
	right = right && isCanonical(file) && isCanonical(append(payload, '\n')) && len(one) == 3 && one["payloadType"] == payloadType
	message := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
	signed := map[int]bool{}
	for _, each := range one.list("signatures") {
		bytes, isBase64 := unbase64(each.text("sig"))
		at := slices.IndexFunc(keys, func(key key) bool { return key.id == each["keyid"] })
		right = right && isBase64 && len(each) == 2 && at >= 0 && !signed[at] && keys[at].verifies(message, bytes)
		signed[at] = true
	}
	return payload, right && len(signed) == len(suites) && len(keys) == len(suites)
}

var (
	proofForm = regexp.MustCompile(`^c2sp\.org/tlog-proof@v1\nindex (0|[1-9]\d*)\n((?:\S{44}\n)*)\n` +
		`(([^\s+\p{C}]{1,255})\n(0|[1-9]\d*)\n(\S{44})\n)\n((?:— [^\s+\p{C}]+ \S+\n){1,16})$`)
	noteForm = regexp.MustCompile(`— (\S+) (\S+)\n`)
)

// isLogged: the proof leads from the entry to a checkpoint that all these keys signed, of every suite one.
func isLogged(text, entry []byte, keys []key) bool {
	form := proofForm.FindStringSubmatch(string(text))
	if form == nil {
		return false
	}
	index, err := strconv.ParseInt(form[1], 10, 54)
	size, err2 := strconv.ParseInt(form[5], 10, 54)
	right := err == nil && err2 == nil && index < size && len(form[2]) <= 63*45
	var hashes []tlog.Hash
	for _, line := range append(strings.Fields(form[2]), form[6]) {
		hash, isBase64 := unbase64(line)
		if !isBase64 || len(hash) != tlog.HashSize {
			return false
		}
		hashes = append(hashes, tlog.Hash(hash))
	}
	proof, root := hashes[:len(hashes)-1], hashes[len(hashes)-1]
	signed := map[int]bool{}
	for _, line := range noteForm.FindAllStringSubmatch(form[7], -1) {
		data, isBase64 := unbase64(line[2])
		if !isBase64 || len(data) < 5 {
			return false
		}
		for _, key := range keys {
			hash := digest([]byte(form[4]+"\n"+suites[key.suite].note), key.raw)[:8]
			if line[1] == form[4] && hash == hex.EncodeToString(data[:4]) {
				right = right && !signed[key.suite] && key.verifies([]byte(form[3]), data[4:])
				signed[key.suite] = true
			}
		}
	}
	return right && len(signed) == len(suites) && tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry)) == nil
}
