/** Lines that are no OpenQASM 3, one statement each. */

/**
 * The grammar's own invalid examples.
 * @source source/grammar/tests/invalid of github.com/openqasm/openqasm, Apache-2.0, comments left out
 */
export const INVALID: readonly string[] = `
if true x $0;
if false { x $0; }
if (myvar += 1) { x $0; }
if (int[8] myvar = 1) { x $0; }
if (true);
if (true) else x $0;
if (true) else (false) x $0;
if (reset $0) { x $1; }
defcalgrammar "openpulse" defcalgrammar "openpulse";
defcalgrammar 3;
defcal x $0 -> int[8] -> int[8] {}
const int myvar;
const int myvar = ;
const myvar = 8.0;
input const myvar = 8;
output const myvar = 8;
const input myvar = 8;
const output myvar = 8;
float;
uint[8];
qreg[4];
creg[4];
complex[float[32]];
int[8, 8] myvar;
uint[8, 8] myvar;
float[8, 8] myvar;
angle[8, 8] myvar;
bool[4] myvar;
bool[4, 4] myvar;
bit[4, 4] myvar;
creg[2] myvar;
creg[2, 2] myvar;
qreg[2] myvar;
qreg[2, 2] myvar;
complex[32] myvar;
complex[mytype] myvar;
complex[float[32], float[32]] myvar;
complex[qreg] myvar;
complex[creg] myvar;
complex[qreg[8]] myvar;
complex[creg[8]] myvar;
array myvar;
array[8] myvar;
array[not_a_type, 4] myvar;
array[int[8], int[8], 2] myvar;
int[8] int;
int[8] def;
int[8] 0;
int[8] input;
int[8] myvar = end;
int[8] myvar =;
float[32] myvar_f = int[32] myvar_i = 2;
array[uint[8], 4] myvar = [4, 5, 6, 7];
array[uint[8], 4] myvar = 2 * {1, 2, 3, 4};
array[uint[8], #dim=2] myvar;
array[int[8], int[8]] myvar;
myvar: int[8];
myvar int[8];
int myvar[8];
uint myvar[8];
float myvar[32];
int[8] myvar1, myvar2;
int[8] myvari, float[32] myvarf;
int[8] myvari float[32] myvarf;
U (1)(2) $0;
notmodifier @ x $0;
pow @ x $0;
pow(2, 3) @ x $0;
ctrl(2, 3) @ x $0, $1;
negctrl(2, 3) @ x $0, $1;
inv(1) @ ctrl @ x $0, $1;
gphase(pi) @ ctrl @ x $0, $1;
OPENQASM int;
OPENQASM 'hello, world';
OPENQASM 3 3;
OPENQASM 3.x;
include 3;
include include;
include def;
include "hello;
input int[8];
output int[8];
input qreg myvar[4];
output qreg myvar[4];
input int[8] myvar = 32;
output int[8] myvar = 32;
input myvar;
output myvar;
for int myvar in { 1, 2, 3 };
for int myvar1, myvar2 in { 1, 2, 3 } { x $0; }
for int myvar in { x $0; } { x $0; }
for int myvar in for { x $0; }
for int  myvar { x $0; }
for (true) { x $0; }
for { x $0; }
for for in { 1, 2, 3 } { x $0; }
for in { 1, 2, 3 } { x $0; }
while true { x $0; }
while (true) (true) { x $0; }
while x in { 1, 2, 3 } { x $0; }
while (true);
measure $0, $1;
a[0:1] = measure $0, $1;
a = measure $0 -> b;
creg a[1] = measure $0;
measure $0 -> creg a[1];
measure $0 -> bit[1] a;
a = 2 * measure $0;
a = (measure $0) + (measure $1);
switch () {}
switch (i) { x $0 }
switch (i) { case {} }
switch (i) { case 1,, {} }
switch (i) { default 0 {} }
switch (i) { default, default {} }
#;
3x;
x@x;
3.4.3;
3.4e3e3;
3__4;
3_4_;
0b123;
0B123;
0o789;
0O789;
0x12g;
0X12g;
12af;
`
  .trim()
  .split("\n");
