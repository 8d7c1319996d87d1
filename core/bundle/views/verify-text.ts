/** The view `VERIFY.md`: how to check a bundle with coreutils and OpenSSL alone. */
import type { SignatureAlgorithm } from "../../proof/index.ts";
import type { BundleIds } from "../draft.ts";

/** One block of shell for each step, in order; the tests run them. */
export function verifySteps(suites: readonly SignatureAlgorithm[]): readonly string[] {
  return [
    // 1. files
    `sha256sum --strict -c SHA256SUMS
[ "$(find . -type f ! -path ./SHA256SUMS | cut -c3- | LC_ALL=C sort)" = "$(cut -c67- SHA256SUMS)" ] && echo "no file added"`,
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
    // 3. what the signatures cover
    `while read -r H F; do
  if grep -q "$H" $D/statement artifact.json; then echo "$F: signed"; else echo "$F: not signed"; fi
done < SHA256SUMS
grep -c "$(sha256sum < artifact.json | cut -c1-64)" $D/statement`,
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
sed -n 's/^\u2014 [^ ]* //p' $P | sed -n 1p | base64 -d | tail -c +5 > $D/checkpoint.sig
openssl pkeyutl -verify -rawin -pubin -inkey $K/ed25519.pub.pem -in $D/checkpoint -sigfile $D/checkpoint.sig`,
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

Nothing of ours is needed: bash, coreutils and OpenSSL are enough. Run the blocks in this folder, in one shell.

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

Only files under \`attestations/\` and \`ledger/\`, which carry their own proof, are "not signed". The last number is 1.

\`\`\`bash
${covered}
\`\`\`

## 4. The ledger knows it

Prints "in the ledger", then verifies the checkpoint's Ed25519 signature (C2SP signed note).

\`\`\`bash
${ledger}
\`\`\`
`;
}
