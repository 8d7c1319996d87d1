"""Aer's device noise: one JSON request on stdin, one JSON answer on stdout; see bench/noise.ts."""

import json
import logging
import sys
from types import SimpleNamespace

from qiskit import qasm2, quantum_info
from qiskit.circuit.library import ECRGate
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from qiskit_aer.noise.device import models, parameters

logging.disable(logging.WARNING)
GATES = [*qasm2.LEGACY_CUSTOM_INSTRUCTIONS, qasm2.CustomInstruction("ecr", 0, 2, ECRGate)]


def properties(path):
    """A snapshot as the objects Aer's functions read."""
    with open(path, encoding="utf8") as file:
        return json.load(file, object_hook=lambda entry: SimpleNamespace(**entry))


def figures(path, temperature, together):
    """
    For each gate [name, qubits, fidelity of its relaxation, depolarising parameter, fidelity of both]; readout by qubit.
    The last fidelity takes Aer most of the time and follows from the others: without `together` it is null.
    """
    device = properties(path)
    relaxations = [(t1, t2, f * 1e9) for t1, t2, f in parameters.thermal_relaxation_values(device)]
    fidelity = quantum_info.average_gate_fidelity
    seen, relaxed = [], []

    def noted(error):
        relaxed.append(fidelity(error))
        return relaxed[-1]

    depolarizing = models.depolarizing_error

    def note(parameter, qubits):
        seen.append(parameter)
        return depolarizing(parameter, qubits)

    models.depolarizing_error = note
    quantum_info.average_gate_fidelity = noted
    known, gates = {}, []
    try:
        for name, qubits, time, error in parameters.gate_param_values(device):
            # Two gates of one duration, error and relaxation are one channel.
            key = (time, error, *(relaxations[q] for q in qubits))
            if key not in known:
                seen.clear()
                relax = models._device_thermal_relaxation_error(qubits, time, relaxations, temperature)
                depol = models._device_depolarizing_error(qubits, error, relax)
                both = models._combine_depol_and_relax_error(depol, relax) if together else None
                known[key] = [
                    1 if relax is None else relaxed[-1],
                    seen[0] if seen else 0,
                    (1 if both is None else fidelity(both)) if together else None,
                ]
            gates.append([name, qubits, *known[key]])
    finally:
        models.depolarizing_error = depolarizing
        quantum_info.average_gate_fidelity = fidelity
    return {"gates": gates, "readout": parameters.readout_error_values(device)}


def errors(device, qubits, temperature):
    """Aer's errors of gates on the first qubits of a device."""
    device.gates = [gate for gate in device.gates if max(gate.qubits) < qubits]
    found = models.basic_device_gate_errors(device, temperature=temperature)
    return {(name, *on): error for name, on, error in found}


def read(probabilities, readout):
    """What is read of a distribution."""
    out = [float(p) for p in probabilities]
    for q, (up, down) in enumerate(readout):
        one = 1 << q
        for i in range(len(out)):
            if not i & one:
                a, b = out[i], out[i | one]
                out[i], out[i | one] = (1 - up) * a + down * b, up * a + (1 - down) * b
    return out


def distribution(path, temperature, source):
    """
    Probabilities of the outcomes by Aer's simulator and by Aer's channels on Qiskit's density matrix. The
    simulator leaves out terms of a channel that are rarer than 1e-10, so its sums are not quite 1.
    """
    device = properties(path)
    circuit = qasm2.loads(source, custom_instructions=GATES)
    noisy = errors(device, circuit.num_qubits, temperature)
    noise = NoiseModel()
    for (name, *on), error in noisy.items():
        noise.add_quantum_error(error, name, on)
    options = {"noise_model": noise, "max_parallel_threads": 1}
    circuit.remove_final_measurements(inplace=True)
    readout = parameters.readout_error_values(device)[: circuit.num_qubits]
    state = quantum_info.DensityMatrix.from_label("0" * circuit.num_qubits)
    channels = {key: quantum_info.SuperOp(error) for key, error in noisy.items()}
    for instruction in circuit.data:
        on = [circuit.find_bit(q).index for q in instruction.qubits]
        state = state.evolve(instruction.operation, on)
        channel = channels.get((instruction.operation.name, *on))
        if channel is not None:
            state = state.evolve(channel, on)
    circuit.save_density_matrix()
    simulated = AerSimulator(method="density_matrix", **options).run(circuit).result().data()["density_matrix"]
    return {
        "simulator": read(simulated.probabilities(), readout),
        "channels": read(state.probabilities(), readout),
    }


request = json.load(sys.stdin)
if "snapshots" in request:
    out = [figures(path, t, request["together"]) for path in request["snapshots"] for t in request["temperatures"]]
else:
    out = [distribution(*run) for run in request["runs"]]
json.dump(out, sys.stdout)
