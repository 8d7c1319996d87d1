"""Commands of the conformance agent that wrap a job of a known schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import arqon


class Experiments:
    """Gradients, classifiers, validations, calibrations; results as the TypeScript SDK shows them."""

    clients: dict[str, arqon.AsyncClient]

    async def gradient(self, a: Mapping[str, Any]) -> dict[str, Any]:
        options = pick(a, "name", "parameters", "shots", "level", "seed", "backend")
        result = await self.clients[a["client"]].gradient(a["qasm"], a["observable"], **options)
        return {
            **show_answer(result),
            "expectation": show_estimate(result.expectation),
            "gradient": [
                {**show_estimate(each), "parameter": each.parameter, "at": each.at, "uses": each.uses}
                for each in result.gradient
            ],
            "observable": [
                {"label": label, "coefficient": coefficient} for label, coefficient in result.observable
            ],
            "isExact": result.is_exact,
            **{name: getattr(result, name) for name in ("level", "qubits", "evaluations", "shots")},
            **{name: getattr(result, name) for name in ("seed", "backend", "warnings")},
        }

    async def classify(self, a: Mapping[str, Any]) -> dict[str, Any]:
        options = pick(a, "method", "qubits", "shots", "epochs", "seed", "name", "unseen", "truth")
        result = await self.clients[a["client"]].classify(a["features"], a["labels"], **options)
        names = ("classes", "predicted", "method", "qubits", "samples", "unseen", "summary")
        return {
            **show_answer(result),
            **{name: getattr(result, name) for name in (*names, "seed", "backend", "warnings")},
            **show_accuracy(result.quality),
            "control": show_accuracy(result.control),
        }

    async def validate(self, a: Mapping[str, Any]) -> dict[str, Any]:
        client = self.clients[a["client"]]
        result = await client.validate(a["artifactId"], a["constraints"], **pick(a, "name"))
        return {
            **show_answer(result),
            "verdict": result.verdict,
            "artifact": result.artifact,
            "constraints": [vars(each) for each in result.constraints],
        }

    async def calibration(self, a: Mapping[str, Any]) -> dict[str, Any]:
        result = await self.clients[a["client"]].calibration(a["values"], **pick(a, "backend", "name"))
        names = ("calibration", "device", "qubits", "gates", "backend")
        return {
            **show_answer(result),
            **{name: getattr(result, name) for name in names},
            "calibratedAt": result.calibrated_at,
        }


def pick(a: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The arguments of these names that are present."""
    return {name: a[name] for name in names if name in a}


def show_answer(result: arqon.answers.Answer) -> dict[str, Any]:
    return {
        "jobId": result.job_id,
        "artifactId": result.artifact_id,
        "recipeId": result.recipe_id,
        "recordId": result.record_id,
    }


def show_estimate(each: arqon.Estimate) -> dict[str, float]:
    return {"value": each.value, "standardError": each.standard_error, "low": each.low, "high": each.high}


def show_accuracy(quality: arqon.Accuracy | None) -> dict[str, Any]:
    if quality is None:
        return {}
    return {"accuracy": quality.accuracy, "interval": list(quality.interval), "right": quality.right}
