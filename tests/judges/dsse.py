"""Opens a DSSE envelope with securesystemslib. Usage: dsse.py ENVELOPE PEM KEYID; exits 0 when the signature holds."""

import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

document = json.loads(pathlib.Path(sys.argv[1]).read_bytes())
key = SSlibKey.from_crypto(load_pem_public_key(pathlib.Path(sys.argv[2]).read_bytes()), keyid=sys.argv[3])
envelope = Envelope.from_dict(document)
accepted = envelope.verify([key], 1)
print(json.dumps({"accepted": sorted(accepted), "payload": json.loads(envelope.payload)["_type"]}))
