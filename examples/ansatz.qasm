OPENQASM 3.0;
include "stdgates.inc";
// A variational circuit: `arqon gradient examples/ansatz.qasm --observable ZZ --parameters theta=0.4,phi=1.3`
input float theta;
input float phi;
qubit[2] q;
bit[2] c;
ry(theta) q[0];
cx q[0], q[1];
rz(2 * theta + phi) q[1];
rx(phi / 2) q[1];
c = measure q;
