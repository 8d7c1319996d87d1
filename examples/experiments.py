# %% Gradients, validations, calibrations and classifiers from Python, cell by cell. Start `npx arqon serve` first.
# examples/experiments.mts is the same in TypeScript.
import json
from pathlib import Path

import arqon

EXAMPLES = Path(__file__).parent
client = arqon.Client()

# %% A run, and what has to hold of it. The judgement is an artifact too, and can be replayed.
bell = client.run_circuit(EXAMPLES / "bell.qasm", shots=2000, seed=1)
validation = client.validate(
    bell, [{"name": "entangled", "kind": "expectation", "observable": "ZZ", "min": 0.9}]
)
for each in validation.constraints:
    print(f"{each.name}: {each.finding}, {each.detail}")
print(f"the validation replayed: {client.replay(validation).verdict}")

# %% Gradient descent on the energy of two qubits. Every step is sealed.
point = {"theta": 0.4, "phi": 1.3}
for step in range(5):
    slope = client.gradient(EXAMPLES / "ansatz.qasm", "ZZ - 0.5*XX", parameters=point)
    print(f"step {step}: energy {slope.expectation.value:.4f}")
    point = {each.parameter: each.at - 0.4 * each.value for each in slope.gradient}

# %% A simulated device: told what it is, it runs under that calibration, and its runs cite it.
device = client.calibration(json.loads((EXAMPLES / "device.json").read_text()))
noisy = client.run_circuit(EXAMPLES / "bell.qasm", backend=device.backend, seed=1)
print(f"{noisy.shots} shots on {device.device}, calibration {device.artifact_id[:19]}")

# %% Classes from samples, beside a classical control.
features = [[(k % 2) * 3 + (k % 5) / 5, (k % 7) / 7] for k in range(24)]
labels = ["low" if k % 2 == 0 else "high" for k in range(24)]
learned = client.classify(features[:16], labels[:16], features[16:], labels[16:], qubits=2, seed=1)
print(f"right: {learned.quality.right} of {learned.unseen}, the control {learned.control.right}")
client.close()
