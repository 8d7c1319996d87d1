from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sam(_message.Message):
    __slots__ = ("operator_id", "operator_type", "version", "input_schemas", "output_schemas", "limits", "hardware", "engine_modes", "supports_delta_only_topics", "churn_metrics", "backends")
    OPERATOR_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_TYPE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_MODES_FIELD_NUMBER: _ClassVar[int]
    SUPPORTS_DELTA_ONLY_TOPICS_FIELD_NUMBER: _ClassVar[int]
    CHURN_METRICS_FIELD_NUMBER: _ClassVar[int]
    BACKENDS_FIELD_NUMBER: _ClassVar[int]
    operator_id: str
    operator_type: str
    version: str
    input_schemas: _containers.RepeatedScalarFieldContainer[str]
    output_schemas: _containers.RepeatedScalarFieldContainer[str]
    limits: ResourceLimits
    hardware: HardwareProfile
    engine_modes: _containers.RepeatedScalarFieldContainer[str]
    supports_delta_only_topics: bool
    churn_metrics: _containers.RepeatedScalarFieldContainer[str]
    backends: _containers.RepeatedCompositeFieldContainer[Backend]
    def __init__(self, operator_id: _Optional[str] = ..., operator_type: _Optional[str] = ..., version: _Optional[str] = ..., input_schemas: _Optional[_Iterable[str]] = ..., output_schemas: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[ResourceLimits, _Mapping]] = ..., hardware: _Optional[_Union[HardwareProfile, _Mapping]] = ..., engine_modes: _Optional[_Iterable[str]] = ..., supports_delta_only_topics: _Optional[bool] = ..., churn_metrics: _Optional[_Iterable[str]] = ..., backends: _Optional[_Iterable[_Union[Backend, _Mapping]]] = ...) -> None: ...

class ResourceLimits(_message.Message):
    __slots__ = ("max_in_flight", "max_memory_bytes", "max_energy_j", "max_runtime_ms", "max_runs")
    MAX_IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    MAX_ENERGY_J_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNTIME_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_RUNS_FIELD_NUMBER: _ClassVar[int]
    max_in_flight: int
    max_memory_bytes: int
    max_energy_j: float
    max_runtime_ms: int
    max_runs: int
    def __init__(self, max_in_flight: _Optional[int] = ..., max_memory_bytes: _Optional[int] = ..., max_energy_j: _Optional[float] = ..., max_runtime_ms: _Optional[int] = ..., max_runs: _Optional[int] = ...) -> None: ...

class HardwareProfile(_message.Message):
    __slots__ = ("kind", "model")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    model: str
    def __init__(self, kind: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class Backend(_message.Message):
    __slots__ = ("id", "backend_class", "max_qubits", "input_schemas", "cost_per_shot", "expected_fidelity", "calibration_id", "healthy")
    ID_FIELD_NUMBER: _ClassVar[int]
    BACKEND_CLASS_FIELD_NUMBER: _ClassVar[int]
    MAX_QUBITS_FIELD_NUMBER: _ClassVar[int]
    INPUT_SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    COST_PER_SHOT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIDELITY_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_ID_FIELD_NUMBER: _ClassVar[int]
    HEALTHY_FIELD_NUMBER: _ClassVar[int]
    id: str
    backend_class: str
    max_qubits: int
    input_schemas: _containers.RepeatedScalarFieldContainer[str]
    cost_per_shot: float
    expected_fidelity: float
    calibration_id: str
    healthy: bool
    def __init__(self, id: _Optional[str] = ..., backend_class: _Optional[str] = ..., max_qubits: _Optional[int] = ..., input_schemas: _Optional[_Iterable[str]] = ..., cost_per_shot: _Optional[float] = ..., expected_fidelity: _Optional[float] = ..., calibration_id: _Optional[str] = ..., healthy: _Optional[bool] = ...) -> None: ...
