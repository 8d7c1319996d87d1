"""Ids, topics, canonical JSON, settings and what notebooks show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import arqon
from arqon.canonical import canonical_json, parse_canonical_json
from arqon.circuit_source import format_seed, qasm_media_type, read_circuit
from arqon.errors import error_from_info, info_from_error
from arqon.ids import Uuid7Generator, derive_uuid, is_uuid7
from arqon.results import MAX_ROWS, RunResult, Table
from arqon.settings import resolve_settings
from arqon.topics import filter_matches, require_filter, require_topic


def test_uuids_sort_as_they_were_made_also_when_the_clock_stands_or_goes_back() -> None:
    times = iter([5_000_000] * 5000 + [4_000_000] * 10 + [6_000_000])
    make = Uuid7Generator(lambda: next(times), lambda n: b"\xff" * n)
    made = [make() for _ in range(5011)]
    assert made == sorted(set(made))
    assert all(is_uuid7(one) for one in made)
    assert made[0] == "00000000-1388-7000-bfff-ffffffffffff"


def test_a_derived_uuid_is_the_same_everywhere() -> None:
    parent = "01890000-0000-7000-8000-000000000000"
    child = derive_uuid(parent, "seal")
    assert is_uuid7(child)
    assert child[:13] == parent[:13]
    assert child == derive_uuid(parent, "seal") != derive_uuid(parent, "bound")
    with pytest.raises(arqon.ArqonError):
        derive_uuid("not a uuid", "x")


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a.b.c", "a.b.c", True),
        ("a.*.c", "a.b.c", True),
        ("a.>", "a.b.c", True),
        ("a.b.c.>", "a.b.c", False),
        ("a.*", "a.b.c", False),
        ("*.*.*", "a.b.c", True),
        (">", "a.b.c", True),
        ("a.b.d", "a.b.c", False),
    ],
)
def test_filters_match_by_token(pattern: str, topic: str, expected: bool) -> None:
    assert filter_matches(require_filter(pattern), require_topic(topic)) is expected


@pytest.mark.parametrize(
    "topic",
    ["", "a", "a.b", "a..b", "a.b.*", "a.b.>", "a.b.ü", "a.b.c ", ".".join("a" * 17), "a.b." + "c" * 65],
)
def test_topics_outside_the_grammar_are_refused(topic: str) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        require_topic(topic)
    assert refused.value.code == "TOPIC_INVALID"


def test_topics_of_two_tokens_have_known_endings() -> None:
    assert require_topic("nvm.jobs") == "nvm.jobs"
    with pytest.raises(arqon.ArqonError):
        require_filter("a.>.b")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.1, "0.1"),
        (333333333.33333329, "333333333.3333333"),
        (1e23, "1e+23"),
        (-1.5e-10, "-1.5e-10"),
        (9007199254740992, "9007199254740992"),
        (4.35, "4.35"),
        (123.456e5, "12345600"),
        ('\u20ac\u000f\nA\'B"\\\\"/\x7f', '"€\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'),
        ({"\ufb33": 1, "\U0001f600": 2, "1": 3, "\r": 4}, '{"\\r":4,"1":3,"\U0001f600":2,"\ufb33":1}'),
        ([True, None, {"b": [], "a": {}}], '[true,null,{"a":{},"b":[]}]'),
    ],
)
def test_canonical_json_is_that_of_rfc_8785(value: Any, text: str) -> None:
    assert canonical_json(value) == text


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53 + 1, {1: 2}, {"a": object()}, "\ud800", b"x"]
)
def test_canonical_json_refuses_what_json_cannot_hold(value: Any) -> None:
    with pytest.raises(arqon.ArqonError) as refused:
        canonical_json(value)
    assert refused.value.code == "JSON_INVALID"


def test_canonical_json_has_a_depth() -> None:
    assert canonical_json(nested(128))
    with pytest.raises(arqon.ArqonError):
        canonical_json(nested(129))


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{"b":1,"a":2}', "1.0", " 1", "1e2", "NaN", "9007199254740993", '"\\u0061"', "{", "\\"],
)
def test_json_that_is_not_canonical_is_refused(text: str) -> None:
    with pytest.raises(arqon.ArqonError):
        parse_canonical_json(text.encode(), "it")


def test_whole_numbers_beyond_2_53_are_doubles_as_for_every_other_reader() -> None:
    for text in (b"10000000000000000", b"-100000000000000000000", b"9007199254740992"):
        assert canonical_json(parse_canonical_json(text, "it")).encode() == text


def test_json_of_any_depth_or_encoding_is_refused_without_a_crash() -> None:
    for data in (b"[" * 100_000, b"\xff", b"9" * 5000):
        with pytest.raises(arqon.ArqonError):
            parse_canonical_json(data, "it")


def test_an_error_keeps_code_remedy_and_retryability_on_the_wire() -> None:
    sent = arqon.ArqonError("CODE_OF_TOMORROW", "what", remedy="do", retryable=True, retry_after_ms=5)
    got = error_from_info(info_from_error(sent))
    assert (got.code, got.message, got.remedy, got.retryable, got.retry_after_ms) == (
        *("CODE_OF_TOMORROW", "what", "do"),
        *(True, 5),
    )
    assert str(got) == "[CODE_OF_TOMORROW] what (do)"
    assert info_from_error(KeyError("x")).code == "INTERNAL"


def test_settings_come_from_options_then_environment_then_home(tmp_path: Path) -> None:
    home = {"ARQON_HOME": str(tmp_path)}
    with pytest.raises(arqon.ArqonError) as nowhere:
        resolve_settings(environment=home)
    assert nowhere.value.code == "SERVER_UNREACHABLE"
    (tmp_path / "server.json").write_text(json.dumps({"url": "ws://home", "pid": 1}))
    with pytest.raises(arqon.ArqonError) as nobody:
        resolve_settings(environment=home)
    assert nobody.value.code == "AUTH_REQUIRED"
    (tmp_path / "client.json").write_text(json.dumps({"apiKey": "of-home"}))
    assert resolve_settings(environment=home).url == "ws://home"
    assert resolve_settings(environment=home).api_key == "of-home"
    both = {**home, "ARQON_URL": "ws://env", "ARQON_API_KEY": "of-env"}
    assert resolve_settings(environment=both).api_key == "of-env"
    assert resolve_settings("ws://given", "given", both).url == "ws://given"
    assert "given" not in repr(resolve_settings("ws://x", "given", both))


def test_of_what_a_server_offers_the_cheapest_is_taken(tmp_path: Path) -> None:
    home = {"ARQON_HOME": str(tmp_path)}
    (tmp_path / "server.json").write_text(json.dumps({"url": "ws://home", "tcpUrl": "tcp://home"}))
    (tmp_path / "client.json").write_text(json.dumps({"apiKey": "of-home"}))
    assert resolve_settings(environment=home).url == "tcp://home"
    assert resolve_settings("ws://home", environment=home).api_key == "of-home"


def test_a_key_of_home_never_goes_to_another_server(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(json.dumps({"url": "ws://home"}))
    (tmp_path / "client.json").write_text(json.dumps({"apiKey": "of-home"}))
    with pytest.raises(arqon.ArqonError) as refused:
        resolve_settings("ws://elsewhere", environment={"ARQON_HOME": str(tmp_path)})
    assert refused.value.code == "AUTH_REQUIRED"


def test_seeds_are_64_bits_in_hexadecimal() -> None:
    assert [format_seed(seed) for seed in (42, "0x2A", "7", 2**64 - 1)] == [
        "0x2a",
        "0x2a",
        "0x7",
        f"0x{'f' * 16}",
    ]
    for seed in (-1, 2**64, "x"):
        with pytest.raises(arqon.ArqonError):
            format_seed(seed)


def test_a_circuit_is_a_file_or_its_text(tmp_path: Path) -> None:
    (tmp_path / "bell.qasm").write_text("OPENQASM 2.0;")
    assert read_circuit(tmp_path / "bell.qasm") == ("OPENQASM 2.0;", "bell.qasm")
    assert read_circuit(str(tmp_path / "bell.qasm"))[1] == "bell.qasm"
    assert read_circuit("OPENQASM 2.0;") == ("OPENQASM 2.0;", "circuit.qasm")
    with pytest.raises(arqon.ArqonError) as missing:
        read_circuit(tmp_path / "none.qasm")
    assert missing.value.code == "FILE_UNREADABLE"


def a_run(counts: dict[str, int], **changes: Any) -> RunResult:
    fields: dict[str, Any] = {
        "counts": counts,
        "shots": sum(counts.values()),
        "seed": "0x2a",
        "backend": "sim-statevector",
        "engine": "e",
        "qubits": 2,
        "job_id": "j",
        "recipe_id": "r",
        "artifact_id": "sha256:" + "ab" * 32,
        "record_id": "c",
    }
    return RunResult(**{**fields, **changes})


def test_a_run_is_a_mapping_and_a_table() -> None:
    run = a_run({"11": 24, "00": 1000})
    assert (run["00"], len(run), dict(run)) == (1000, 2, {"11": 24, "00": 1000})
    assert run.probabilities["00"] == 1000 / 1024
    assert json.loads(json.dumps(run.to_dict()))["counts"] == {"11": 24, "00": 1000}
    assert repr(run).index("00") < repr(run).index("11")
    assert "abababababab" in repr(run)
    shown = run._repr_html_()
    assert shown.index("<code>00</code>") < shown.index("<code>11</code>")
    assert "width:97.7%" in shown


def test_what_a_notebook_shows_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)>'\""
    run = a_run({evil: 1}, name=evil, backend=evil, seed=evil, artifact_id=evil, warnings=[evil])
    table = Table((evil,), [{evil: evil, "run": run}])
    for shown in (run._repr_html_(), table._repr_html_()):
        assert "<img" not in shown
        assert "title='&lt;img" in shown or "&lt;img" in shown


def test_many_outcomes_are_cut_to_the_most_frequent() -> None:
    run = a_run({f"{i:010b}": i + 1 for i in range(1000)})
    assert repr(run).count("\n") == MAX_ROWS + 2
    assert f"and {1000 - MAX_ROWS} more" in run._repr_html_()


def test_a_sweep_is_a_table() -> None:
    table = Table(("theta", "seed"), [{"theta": 0.5, "seed": "0x1", "run": a_run({"00": 3, "11": 1})}])
    assert table.column("theta") == [0.5]
    assert table.to_dicts()[0]["counts"] == {"00": 3, "11": 1}
    assert repr(table).splitlines()[0].split() == ["theta", "seed", "outcomes", "artifact"]
    assert "00: 3, 11: 1" in table._repr_html_()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("OPENQASM 3;", 3),
        ("// a\n/* b */ OPENQASM\n3.0;", 3),
        ('include "stdgates.inc";', 3),
        ("OPENQASM 2.0;", 2),
        ('include "qelib1.inc";', 2),
        ("/* OPENQASM 3; ", 2),
        ("", 2),
    ],
)
def test_the_media_type_names_the_version(text: str, version: int) -> None:
    assert qasm_media_type(text) == f"text/x-openqasm;version={version}.0"
