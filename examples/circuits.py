# %% Circuits written in Python, with the names Qiskit gives them. Start `npx arqon serve` first.
import math

import arqon
from arqon import Parameter, QuantumCircuit

client = arqon.Client()

# %% A run is sealed, and replays the same.
bell = QuantumCircuit(2, name="bell").h(0).cx(0, 1).measure_all()
run = client.run_circuit(bell, shots=1000, seed=42)
print(f"bell: {dict(sorted(run.counts.items()))}, replayed: {client.replay(run).verdict}")

# %% Circuits are made of circuits: the phase of p(2 pi / 8) on |1>, read by the inverse Fourier transform.
bits = 3
fourier = QuantumCircuit(bits)
for high in reversed(range(bits)):
    fourier.h(high)
    for low in range(high):
        fourier.cp(math.pi / 2 ** (high - low), low, high)
fourier.swap(0, bits - 1)
estimate = QuantumCircuit(bits + 1, bits).h(range(bits)).x(bits)
for bit in range(bits):
    turns = QuantumCircuit(1).p(2 * math.pi / 8, 0).power(2**bit).control()
    estimate.compose(turns, [bit, bits], inplace=True)
estimate.compose(fourier.inverse(), range(bits), inplace=True).measure(range(bits), range(bits))
print(f"phase: {dict(client.run_circuit(estimate, shots=100, seed=1).counts)} / 8, depth {estimate.depth()}")

# %% A qubit is sent by two bits: what is measured decides which gates follow.
sent = QuantumCircuit(3, 3).ry(2, 0).h(1).cx(1, 2).cx(0, 1).h(0).measure([0, 1], [0, 1])
with sent.if_test((1, 1)):
    sent.x(2)
with sent.if_test((0, 1)):
    sent.z(2)
sent.ry(-2, 2).measure(2, 2)
arrived = {key[0] for key in client.run_circuit(sent, shots=200, seed=7).counts}
print(f"sent: {arrived}")

# %% An angle by name: derivatives by it, and a sweep over it.
theta = Parameter("theta")
ansatz = QuantumCircuit(2).ry(theta, 0).cx(0, 1).rz(2 * theta, 1)
slope = client.gradient(ansatz, "ZI", parameters={"theta": 0.4})
print(f"gradient: {slope.gradient[0].value:.4f}, by hand {-math.sin(0.4):.4f}")
for row in client.sweep(
    ansatz.measure_all(), parameters={"theta": [0, math.pi]}, shots=100, seeds=[1]
).to_dicts():
    print(f"theta {row['theta']:.2f}: {row['counts']}")
client.close()
