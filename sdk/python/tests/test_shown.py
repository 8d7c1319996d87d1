"""What a notebook shows: drawings, tables, progress, errors. Nothing a result says becomes markup."""

from __future__ import annotations

import dataclasses
import sys
import xml.etree.ElementTree
from types import SimpleNamespace
from typing import Any

import pytest

import arqon
from arqon import Parameter, QuantumCircuit
from arqon.gen.arqon.v1 import job_pb2 as job
from arqon.jobs import JobState
from arqon.progress import Progress

EVIL = "<script>alert('&')</script>"
IDS = {"job_id": "j", "artifact_id": "sha256:" + "a" * 64, "recipe_id": "r", "record_id": "d"}


def drawn() -> QuantumCircuit:
    made = (
        QuantumCircuit(3, 2)
        .h(0)
        .cx(0, 2)
        .barrier()
        .rz(3.141592653589793 / 4, 1)
        .swap(0, 1)
        .ry(-Parameter("a"), 2)
    )
    with made.measure(0, 1).if_test((1, 1)) as otherwise:
        made.x(2)
    with otherwise:
        made.h(2)
    return made.delay(5, 0, "ns").reset(1).measure_all()


def test_a_circuit_is_drawn_as_text() -> None:
    assert QuantumCircuit(2).h(0).cx(0, 1).measure_all().draw().splitlines() == [
        "q[0]   ──[H]──●──░──[M]───────",
        "              │  ░   ║",
        "q[1]   ───────⊕──░───╫───[M]──",
        "                     ║    ║",
        "meas/2 ══════════════╩0═══╩1══",
    ]
    text = drawn().draw()
    for words in ("Rz(π/4)", "Ry(-1.0 * a)", "╳", "If/Else", "■1=1", "Delay(5ns)", "|0⟩", "╩1"):
        assert words in text
    assert repr(text) == str(text)


def test_a_drawing_stays_within_its_columns_and_its_limits() -> None:
    wide = QuantumCircuit(2)
    for _ in range(100):
        wide.cx(0, 1)
    blocks = wide.draw(columns=60).split("\n\n")
    assert len(blocks) > 4
    assert max(len(line) for block in blocks for line in block.splitlines()) <= 60
    for made in (QuantumCircuit(1_001), QuantumCircuit(1).power(0).compose(_long(20_001))):
        with pytest.raises(arqon.ArqonError) as refused:
            made.draw()
        assert refused.value.code == "LIMIT_EXCEEDED"
        assert made._repr_html_().startswith("<code>")
    with pytest.raises(arqon.ArqonError) as unknown:
        wide.draw("mpl")
    assert unknown.value.code == "QASM_SEMANTIC"


def _long(count: int) -> QuantumCircuit:
    made = QuantumCircuit(1)
    for _ in range(count):
        made.x(0)
    return made


def test_a_circuit_is_drawn_as_svg_that_is_well_formed_for_every_gate() -> None:
    everything = drawn()
    for name, gate in arqon.gates.GATES.items():
        if gate.qubits <= 3:
            everything.gate(name, [0.1] * gate.parameters, range(gate.qubits))
    everything.compose(QuantumCircuit(2).h(0).sx(1).gphase(1).inverse().control(), inplace=True)
    for made in (everything, QuantumCircuit(0), QuantumCircuit(1), QuantumCircuit(2, 1)):
        root = xml.etree.ElementTree.fromstring(made.draw("svg"))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert made.draw() is not None
    empty = QuantumCircuit(1, 1)
    with empty.if_test((0, 1)):
        empty.gphase(1)
    empty.draw()


def test_results_are_tables_in_which_text_is_only_text() -> None:
    run = arqon.RunResult(
        counts={"0": 1, EVIL: 3},
        shots=4,
        seed="0x1",
        backend=EVIL,
        engine="e",
        qubits=1,
        **IDS,
        warnings=[EVIL],
        name=EVIL,
        expectations=[({"ZZ": 0.5}, 0.25)],
    )
    number = arqon.Estimate(0.5, 0.1, 0.4, 0.6)
    slope = arqon.Derivative(**dataclasses.asdict(number), parameter=EVIL, at=0.4, uses=1)
    quality = arqon.Accuracy(0.75, (0.5, 0.9), 3)
    judged = arqon.Judged(EVIL, "expectation", "HOLDS", EVIL, {})
    common: dict[str, Any] = {**IDS, "backend": EVIL}
    results: list[Any] = [
        run,
        arqon.ReplayResult(EVIL, [{"text": EVIL}, 5], {"artifactId": EVIL}, {}, {}, "j", EVIL),
        arqon.GradientResult(
            **common,
            expectation=number,
            gradient=[slope],
            observable=[("Z", 1.0)],
            is_exact=False,
            level=0.95,
            qubits=1,
            evaluations=2,
            shots=10,
            seed="0x1",
            warnings=[EVIL],
        ),
        arqon.ClassifyResult(
            **common,
            classes=["a"],
            predicted=[EVIL] * 30,
            method=EVIL,
            qubits=1,
            samples=2,
            unseen=30,
            quality=quality,
            control=None,
            summary={},
            seed="0x1",
        ),
        arqon.ValidationResult(**IDS, verdict=EVIL, constraints=[judged], artifact=EVIL),
        arqon.CalibrationResult(**common, calibration="c", device=EVIL, qubits=1, gates=2, calibrated_at=""),
        arqon.Table(
            ("theta",), [{"theta": EVIL, "run": run}, {"theta": 1, "error": arqon.ArqonError("USAGE", EVIL)}]
        ),
        arqon.Lineage(
            "a",
            [{"artifactId": "a", "row": {"artifactType": EVIL, "title": EVIL}}],
            [arqon.LineageEdge("a", "b", EVIL)],
            [],
        ),
        arqon.CircuitCost(EVIL, EVIL, 1, 1, 2048, 3.0, 1, {}, {"memoryBytes": 4096, "timeMs": 1e6}, [EVIL]),
        arqon.bundle.Report("UNTRUSTED", False, None, [arqon.bundle.Check(EVIL, "OK", EVIL)]),
    ]
    for each in results:
        page = each._repr_html_()
        assert "<script" not in page and "&lt;script" in page, type(each)
        xml.etree.ElementTree.fromstring(f"<div>{page}</div>")
        assert repr(each) and "object at 0x" not in repr(each)


def test_an_error_in_a_notebook_says_what_and_what_to_do_and_no_frame_of_ours() -> None:
    try:
        QuantumCircuit(1).h(5)
    except arqon.ArqonError as error:
        lines = error._render_traceback_()
    text = "\n".join(lines)
    assert "test_shown.py" in text and "src/arqon" not in text
    assert lines[-2:] == [
        "ArqonError [QASM_SEMANTIC]: QuantumCircuit.h: qubit 5 of 1",
        "  Correct the argument named in the message.",
    ]
    try:
        raise arqon.ArqonError("INTERNAL", "x")
    except arqon.ArqonError as error:
        assert error._render_traceback_()[0].startswith("Traceback")


class Outputs:
    """What IPython has of a cell's outputs."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.HTML = str

    def display(self, value: str, *, display_id: bool) -> Outputs:
        assert display_id
        self.shown.append(value)
        return self

    def update(self, value: str) -> None:
        self.shown.append(value)


def state(status: int, progress: float = 0, note: str = "") -> JobState:
    return JobState(job.JobState(job_id="j", status=status, progress=progress, note=note))


def test_progress_is_a_bar_in_a_notebook_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = Outputs()
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell, display=outputs))
    now = [0.0]
    progress = Progress(lambda: now[0])
    progress.state(state(job.JOB_STATUS_LEASED, 0.1, EVIL))
    progress.show()
    assert outputs.shown == []
    now[0] = 1.0
    progress.show()
    progress.show()
    progress.state(state(job.JOB_STATUS_SUBMITTED))
    progress.show()
    progress.sweep(arqon.SweepProgress(1, 1, 4, {}))
    progress.show()
    progress.end()
    assert outputs.shown == [
        "",
        "<div><progress value='0.100'></progress> 10 % &lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;</div>",
        "<div><progress></progress> waiting</div>",
        "<div><progress value='0.250'></progress> 25 % 1 of 4, 1 failed</div>",
        "",
    ]


def test_progress_in_a_terminal_is_one_line_without_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    progress = Progress(lambda: now[0])
    now[0] = 1.0
    progress.state(state(job.JOB_STATUS_RUNNING, 0.5, "half\x1b[2J way"))
    progress.show()
    progress.end()
    assert capsys.readouterr() == ("", "\r\x1b[K 50 % half [2J way\r\x1b[K")
