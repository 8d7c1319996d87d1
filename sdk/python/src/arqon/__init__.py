"""Client and operator SDK of Arqon.

`arqon.connect()` is the asyncio client, `arqon.Client()` the one for notebooks, `@arqon.operator` makes an operator,
`arqon.bundle` reads and verifies artifacts offline.
"""

from arqon import bundle
from arqon.answers import (
    Accuracy,
    CalibrationResult,
    ClassifyResult,
    Derivative,
    Estimate,
    GradientResult,
    Judged,
    ValidationResult,
)
from arqon.blocking import Client, Job
from arqon.circuit_source import Circuit
from arqon.circuits import QuantumCircuit
from arqon.client import AsyncClient
from arqon.connecting import connect
from arqon.cost import CircuitCost
from arqon.errors import ArqonError
from arqon.inflow import Subscription
from arqon.jobs import JobHandle, JobState
from arqon.messages import Message, Published
from arqon.operators import JobContext, JobOutput, Worker
from arqon.parameter import Parameter
from arqon.payloads import Json
from arqon.provenance import Lineage, LineageEdge, RunEntry
from arqon.results import ReplayResult, RunResult, Table
from arqon.serve import Operator, operator, serve_operator
from arqon.source import capture_source
from arqon.streams import StreamReader, StreamSummary, StreamWriter
from arqon.sweeps import SweepProgress
from arqon.tls import TlsFiles
from arqon.version import __version__

__all__ = [
    "Accuracy",
    "ArqonError",
    "AsyncClient",
    "CalibrationResult",
    "Circuit",
    "CircuitCost",
    "ClassifyResult",
    "Client",
    "Derivative",
    "Estimate",
    "GradientResult",
    "Job",
    "JobContext",
    "JobHandle",
    "JobOutput",
    "JobState",
    "Json",
    "Judged",
    "Lineage",
    "LineageEdge",
    "Message",
    "Operator",
    "Parameter",
    "Published",
    "QuantumCircuit",
    "ReplayResult",
    "RunEntry",
    "RunResult",
    "StreamReader",
    "StreamSummary",
    "StreamWriter",
    "Subscription",
    "SweepProgress",
    "Table",
    "TlsFiles",
    "ValidationResult",
    "Worker",
    "__version__",
    "bundle",
    "capture_source",
    "connect",
    "operator",
    "serve_operator",
]
