"""The canonical form of two-qubit unitaries: turns of each qubit, before and after one turn about XX, YY and ZZ.

Source: B. Kraus and J. I. Cirac, Phys. Rev. A 63, 062309 (2001); in the magic basis turns of each qubit are real.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

Matrix = Sequence[Sequence[complex]]
Pair = tuple[Matrix, Matrix]
_R = math.sqrt(0.5)
_MAGIC: Matrix = ((_R, 0, 0, 1j * _R), (0, 1j * _R, _R, 0), (0, 1j * _R, -_R, 0), (_R, 0, 0, -1j * _R))
_SWEEPS = 60
_NOISE = 1e-28


def canonical(unitary: Matrix) -> tuple[float, Pair, tuple[float, float, float], Pair]:
    """Phase, turns before, angles of rxx, ryy and rzz, turns after; of each pair the first is on the lower bit."""
    inside = _times(_adjoint(_MAGIC), _times(unitary, _MAGIC))
    frame = _eigenframe(_times(_transposed(inside), inside))
    if _determinant(frame) < 0:
        frame = [[-row[0], *row[1:]] for row in frame]
    turned = _times(inside, frame)
    # Of a symmetric unitary the eigenvalues are squares of the phases wanted.
    squares = _times(_transposed(turned), turned)
    phases = [cmath.phase(squares[k][k]) / 2 for k in range(4)]
    left = [[(turned[i][k] * cmath.exp(-1j * phases[k])).real for k in range(4)] for i in range(4)]
    if _determinant(left) < 0:
        phases[0] += math.pi
        left = [[-row[0], *row[1:]] for row in left]
    a, b, c, d = phases
    xx, yy, zz = (a + b - c - d) / 4, (-a + b - c + d) / 4, (a - b - c + d) / 4
    before, after = _factors(_outside(_transposed(frame))), _factors(_outside(left))
    return (a + b + c + d) / 4, before, (-2 * xx, -2 * yy, -2 * zz), after


def _eigenframe(symmetric: Matrix) -> list[list[float]]:
    """The rotation that makes real and imaginary part diagonal, which commute.

    Source: J.-F. Cardoso and A. Souloumiac, SIAM J. Matrix Anal. Appl. 17, 161 (1996).
    """
    parts = [
        [[value.real for value in row] for row in symmetric],
        [[value.imag for value in row] for row in symmetric],
    ]
    frame = [[float(i == j) for j in range(4)] for i in range(4)]
    for _ in range(_SWEEPS):
        largest = 0.0
        for p in range(3):
            for q in range(p + 1, 4):
                on = sum((m[p][p] - m[q][q]) ** 2 - (2 * m[p][q]) ** 2 for m in parts)
                off = 2 * sum((m[p][p] - m[q][q]) * 2 * m[p][q] for m in parts)
                if math.hypot(on, off) < _NOISE:
                    continue
                angle = math.atan2(off, on) / 4
                largest = max(largest, abs(angle))
                c, s = math.cos(angle), math.sin(angle)
                for m in (*parts, frame):
                    for row in m:
                        row[p], row[q] = c * row[p] + s * row[q], c * row[q] - s * row[p]
                for m in parts:
                    m[p], m[q] = (
                        [c * x + s * y for x, y in zip(m[p], m[q], strict=True)],
                        [c * y - s * x for x, y in zip(m[p], m[q], strict=True)],
                    )
        if largest < 1e-15:
            break
    return frame


def _outside(real: Matrix) -> Matrix:
    """Out of the magic basis."""
    return _times(_MAGIC, _times(real, _adjoint(_MAGIC)))


def _factors(product: Matrix) -> Pair:
    """The two of a Kronecker product, the one on the lower bit first; both of determinant 1, but for a sign."""
    blocks = [
        [[row[2 * j : 2 * j + 2] for row in product[2 * i : 2 * i + 2]] for j in range(2)] for i in range(2)
    ]
    best = max((block for row in blocks for block in row), key=lambda block: abs(_determinant2(block)))
    scale = cmath.sqrt(_determinant2(best))
    low = [[value / scale for value in row] for row in best]
    high = [
        [sum(low[i][j].conjugate() * block[i][j] for i in range(2) for j in range(2)) / 2 for block in row]
        for row in blocks
    ]
    return low, high


def _determinant2(m: Matrix) -> complex:
    return m[0][0] * m[1][1] - m[0][1] * m[1][0]


def _determinant(matrix: Sequence[Sequence[float]]) -> float:
    if len(matrix) == 1:
        return matrix[0][0]
    return sum(
        (-1) ** k * matrix[0][k] * _determinant([[*row[:k], *row[k + 1 :]] for row in matrix[1:]])
        for k in range(len(matrix))
    )


def _times(a: Matrix, b: Matrix) -> list[list[complex]]:
    columns = list(zip(*b, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in a]


def _transposed(a: Matrix) -> list[list[complex]]:
    return [list(column) for column in zip(*a, strict=True)]


def _adjoint(a: Matrix) -> list[list[complex]]:
    return [[complex(value).conjugate() for value in column] for column in zip(*a, strict=True)]
