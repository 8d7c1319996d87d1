/** The view `VERIFY.md`: how to check a bundle with coreutils and OpenSSL alone. */
import type { SignatureAlgorithm } from "../../proof/index.ts";
import type { BundleIds } from "../draft.ts";

/** Files that carry their own proof, as patterns that `grep -x` takes. */
function carriers(suites: readonly SignatureAlgorithm[]): string {
  const keys = suites.map((suite) => `${suite}\\.pub\\.pem`).join("\\|");
  return ["attestations/provenance\\.dsse\\.json", "ledger/inclusion\\.tlog-proof"]
    .concat(`attestations/keys/\\(${keys}\\)`, `ledger/keys/\\(${keys}\\)`)
    .map((pattern) => `-e '${pattern}'`)
    .join(" ");
}

/** One block of shell for each step, in order; the tests run them. */
export function verifySteps(suites: readonly SignatureAlgorithm[]): readonly string[] {
  return [
    // 1. files
    `sha256sum --strict -c SHA256SUMS
[ "$(find . \\( ! -type d -o -empty \\) ! -path ./SHA256SUMS | cut -c3- | LC_ALL=C sort)" = "$(cut -c67- SHA256SUMS)" ] && echo "no file added"`,
    // 2. signatures
    `D=$(mktemp -d); E=attestations/provenance.dsse.json
sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' $E | base64 -d > $D/statement
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < $D/statement); cat $D/statement; } > $D/pae
for A in ${suites.join(" ")}; do
  K=$(grep -v -e ----- attestations/keys/$A.pub.pem | base64 -d | sha256sum | cut -c1-64)
  sed "s/.*\\"keyid\\":\\"sha256:$K\\",\\"sig\\":\\"\\([^\\"]*\\)\\".*/\\1/" $E | base64 -d > $D/$A.sig
  echo "$A, key sha256:$K"
  openssl pkeyutl -verify -rawin -pubin -inkey attestations/keys/$A.pub.pem -in $D/pae -sigfile $D/$A.sig
done`,
    // 3. what the signatures cover: path by path, for another file may have the same digest
    `{ grep -o '{"digest":{"sha256":"[0-9a-f]\\{64\\}"},"name":"[^"]*"}' $D/statement |
    sed 's/{"digest":{"sha256":"\\(.*\\)"},"name":"\\(.*\\)"}/\\1  \\2/'
  grep -o '{"path":"[^"]*","sha256":"[0-9a-f]\\{64\\}"' artifact.json |
    sed 's/{"path":"\\(.*\\)","sha256":"\\(.*\\)"/\\2  \\1/'; } | LC_ALL=C sort -u > $D/signed
cut -c67- $D/signed | LC_ALL=C sort -u > $D/paths
N=$(cut -c67- SHA256SUMS | LC_ALL=C sort | LC_ALL=C comm -23 - $D/paths |
  grep -vx ${carriers(suites)})
sha256sum --strict -c $D/signed &&
  grep -qx artifact.json $D/paths && [ -z "$N" ] && echo "all is here as it was signed" ||
  echo "NOT AS IT WAS SIGNED: $N"`,
    // 4. ledger
    `P=ledger/inclusion.tlog-proof
H() { printf "$(printf %s "$1" | sed 's/../\\\\x&/g')" | sha256sum | cut -c1-64; }
hex() { printf %s "$1" | base64 -d | od -An -v -tx1 | tr -d ' \\n'; }
I=$(sed -n 's/^index //p' $P); N=$(sed '1,/^$/d' $P | sed -n 2p); S=$((N - 1))
R=$({ printf '\\000'; cat attestations/provenance.dsse.json; } | sha256sum | cut -c1-64)
for B in $(sed '1,2d;/^$/,$d' $P); do
  if [ $((I % 2)) = 1 ] || [ $I = $S ]; then
    R=$(H "01$(hex $B)$R")
    while [ $((I % 2)) = 0 ] && [ $I -gt 0 ]; do I=$((I / 2)); S=$((S / 2)); done
  else R=$(H "01$R$(hex $B)"); fi
  I=$((I / 2)); S=$((S / 2))
done
[ $S = 0 ] && [ "$R" = "$(hex $(sed '1,/^$/d' $P | sed -n 3p))" ] && echo "in the ledger"
K=ledger/keys; [ -d $K ] || K=attestations/keys
sed '1,/^$/d' $P | sed '/^$/,$d' > $D/checkpoint
for A in ${suites.join(" ")}; do
  case $A in ed25519) T='\\001' L=32 ;; *) T='\\377urn:arqon:note:ml-dsa-65:v1' L=1952 ;; esac
  I=$({ sed -n 1p $D/checkpoint; printf "$T"; grep -v -e ----- $K/$A.pub.pem | base64 -d | tail -c $L; } |
    sha256sum | cut -c1-8)
  for B in $(sed -n 's/^\u2014 [^ ]* //p' $P); do
    [ "$(hex $B | cut -c1-8)" = $I ] && printf %s $B | base64 -d | tail -c +5 > $D/checkpoint.$A
  done
  echo "checkpoint, $A"
  openssl pkeyutl -verify -rawin -pubin -inkey $K/$A.pub.pem -in $D/checkpoint -sigfile $D/checkpoint.$A
done`,
  ];
}

/** The whole file. It depends on the ids and the suites alone, so that it can be signed with the rest. */
export function verifyText(
  ids: Pick<BundleIds, "recipeId" | "artifactId">,
  suites: readonly SignatureAlgorithm[],
): string {
  const [files, signatures, covered, ledger] = verifySteps(suites);
  return `# How to check this bundle

- artifact \`${ids.artifactId}\`
- recipe \`${ids.recipeId}\`

Nothing of ours is needed: bash, coreutils, find, grep, sed and OpenSSL are enough. Run the blocks in this folder, in one shell.

## 1. No file was changed, removed or added

Every line ends in OK, and the last says "no file added".

\`\`\`bash
${files}
\`\`\`

## 2. The signatures are good

OpenSSL answers "Signature Verified Successfully" once for each of: ${suites.join(", ")}. ML-DSA-65 needs OpenSSL 3.5 or
later; older ones check the Ed25519 signature only and fail to read the other key, which proves nothing either way.

\`\`\`bash
${signatures}
\`\`\`

A key inside a bundle proves only that the bundle is whole. Compare the key ids with those its maker published elsewhere.

## 3. What the signatures cover

Every line ends in OK, and the last says "all is here as it was signed". Files under \`attestations/\` and \`ledger/\` carry
their own proof. This tells what was signed: a file that was added, taken away, changed or put in another's place.

\`\`\`bash
${covered}
\`\`\`

## 4. The ledger knows it

Prints "in the ledger", then verifies the checkpoint's signatures (C2SP signed note): one for each suite, as above.

\`\`\`bash
${ledger}
\`\`\`
`;
}
