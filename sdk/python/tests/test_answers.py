"""Answers of gradient, classify, validate and calibration that are not as they should be."""

from typing import Any

import pytest

from arqon.answers import ClassifyResult, GradientResult, ValidationResult
from arqon.errors import ArqonError
from arqon.gen.arqon.v1.job_pb2 import JobState as JobStateProto
from arqon.jobs import JobState
from arqon.quantum import as_told


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"gradient": None},
        {"gradient": [1]},
        {"method": "x", "classes": 4},
        {"verdict": "x", "constraints": [{}]},
    ],
)
@pytest.mark.parametrize(
    ("result", "more"), [(GradientResult, (0,)), (ClassifyResult, ()), (ValidationResult, ("sha256:00",))]
)
def test_an_answer_of_another_form_is_an_error_of_the_table(
    result: Any, more: tuple[Any, ...], answer: dict[str, Any]
) -> None:
    with pytest.raises(ArqonError) as caught:
        as_told(result.from_output, answer, JobState(JobStateProto(job_id="a")), *more)
    assert caught.value.code == "WIRE_MALFORMED"
