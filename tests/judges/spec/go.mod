module arqon.local/spec-judge

go 1.24.0

require (
	github.com/cloudflare/circl v1.6.3 // BSD-3-Clause
	github.com/gowebpki/jcs v1.0.1 // Apache-2.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.2 // Apache-2.0
	golang.org/x/mod v0.30.0 // BSD-3-Clause
)

require (
	golang.org/x/sys v0.28.0 // indirect; BSD-3-Clause
	golang.org/x/text v0.31.0 // indirect; BSD-3-Clause
)
