from arqon.gen.arqon.v1 import error_pb2 as _error_pb2
from arqon.gen.arqon.v1 import sam_pb2 as _sam_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Effect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_UNSPECIFIED: _ClassVar[Effect]
    EFFECT_PURE: _ClassVar[Effect]
    EFFECT_IDEMPOTENT: _ClassVar[Effect]
    EFFECT_PHYSICAL: _ClassVar[Effect]

class JobStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JOB_STATUS_UNSPECIFIED: _ClassVar[JobStatus]
    JOB_STATUS_SUBMITTED: _ClassVar[JobStatus]
    JOB_STATUS_LEASED: _ClassVar[JobStatus]
    JOB_STATUS_RUNNING: _ClassVar[JobStatus]
    JOB_STATUS_SUCCEEDED: _ClassVar[JobStatus]
    JOB_STATUS_FAILED: _ClassVar[JobStatus]
    JOB_STATUS_CANCELLED: _ClassVar[JobStatus]
    JOB_STATUS_EXPIRED: _ClassVar[JobStatus]
    JOB_STATUS_DEAD: _ClassVar[JobStatus]
EFFECT_UNSPECIFIED: Effect
EFFECT_PURE: Effect
EFFECT_IDEMPOTENT: Effect
EFFECT_PHYSICAL: Effect
JOB_STATUS_UNSPECIFIED: JobStatus
JOB_STATUS_SUBMITTED: JobStatus
JOB_STATUS_LEASED: JobStatus
JOB_STATUS_RUNNING: JobStatus
JOB_STATUS_SUCCEEDED: JobStatus
JOB_STATUS_FAILED: JobStatus
JOB_STATUS_CANCELLED: JobStatus
JOB_STATUS_EXPIRED: JobStatus
JOB_STATUS_DEAD: JobStatus

class Job(_message.Message):
    __slots__ = ("capsule", "deadline_unix_us", "effect", "max_attempts", "parent_job_id", "decision", "tenant")
    CAPSULE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    PARENT_JOB_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    TENANT_FIELD_NUMBER: _ClassVar[int]
    capsule: Capsule
    deadline_unix_us: int
    effect: Effect
    max_attempts: int
    parent_job_id: str
    decision: bytes
    tenant: str
    def __init__(self, capsule: _Optional[_Union[Capsule, _Mapping]] = ..., deadline_unix_us: _Optional[int] = ..., effect: _Optional[_Union[Effect, str]] = ..., max_attempts: _Optional[int] = ..., parent_job_id: _Optional[str] = ..., decision: _Optional[bytes] = ..., tenant: _Optional[str] = ...) -> None: ...

class Capsule(_message.Message):
    __slots__ = ("schema", "program", "program_media_type", "name", "parameters_json", "constraints_json", "source_json", "labels_json")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_JSON_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_JSON_FIELD_NUMBER: _ClassVar[int]
    SOURCE_JSON_FIELD_NUMBER: _ClassVar[int]
    LABELS_JSON_FIELD_NUMBER: _ClassVar[int]
    schema: str
    program: bytes
    program_media_type: str
    name: str
    parameters_json: str
    constraints_json: str
    source_json: str
    labels_json: str
    def __init__(self, schema: _Optional[str] = ..., program: _Optional[bytes] = ..., program_media_type: _Optional[str] = ..., name: _Optional[str] = ..., parameters_json: _Optional[str] = ..., constraints_json: _Optional[str] = ..., source_json: _Optional[str] = ..., labels_json: _Optional[str] = ...) -> None: ...

class JobResult(_message.Message):
    __slots__ = ("job_id", "attempt", "status", "output", "output_media_type", "error", "recipe_id", "artifact_id", "record_id", "hops", "output_omitted")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RECIPE_ID_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    HOPS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_OMITTED_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    attempt: int
    status: JobStatus
    output: bytes
    output_media_type: str
    error: _error_pb2.ErrorInfo
    recipe_id: str
    artifact_id: str
    record_id: str
    hops: _containers.RepeatedCompositeFieldContainer[Hop]
    output_omitted: bool
    def __init__(self, job_id: _Optional[str] = ..., attempt: _Optional[int] = ..., status: _Optional[_Union[JobStatus, str]] = ..., output: _Optional[bytes] = ..., output_media_type: _Optional[str] = ..., error: _Optional[_Union[_error_pb2.ErrorInfo, _Mapping]] = ..., recipe_id: _Optional[str] = ..., artifact_id: _Optional[str] = ..., record_id: _Optional[str] = ..., hops: _Optional[_Iterable[_Union[Hop, _Mapping]]] = ..., output_omitted: _Optional[bool] = ...) -> None: ...

class Hop(_message.Message):
    __slots__ = ("name", "start_ms", "duration_ms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    name: str
    start_ms: float
    duration_ms: float
    def __init__(self, name: _Optional[str] = ..., start_ms: _Optional[float] = ..., duration_ms: _Optional[float] = ...) -> None: ...

class JobState(_message.Message):
    __slots__ = ("job_id", "topic", "status", "attempt", "progress", "note", "result", "sealed", "seal_pending")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    SEAL_PENDING_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    topic: str
    status: JobStatus
    attempt: int
    progress: float
    note: str
    result: JobResult
    sealed: Sealed
    seal_pending: bool
    def __init__(self, job_id: _Optional[str] = ..., topic: _Optional[str] = ..., status: _Optional[_Union[JobStatus, str]] = ..., attempt: _Optional[int] = ..., progress: _Optional[float] = ..., note: _Optional[str] = ..., result: _Optional[_Union[JobResult, _Mapping]] = ..., sealed: _Optional[_Union[Sealed, _Mapping]] = ..., seal_pending: _Optional[bool] = ...) -> None: ...

class Sealed(_message.Message):
    __slots__ = ("recipe_id", "artifact_id", "record_id", "reported")
    RECIPE_ID_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_ID_FIELD_NUMBER: _ClassVar[int]
    REPORTED_FIELD_NUMBER: _ClassVar[int]
    recipe_id: str
    artifact_id: str
    record_id: str
    reported: bool
    def __init__(self, recipe_id: _Optional[str] = ..., artifact_id: _Optional[str] = ..., record_id: _Optional[str] = ..., reported: _Optional[bool] = ...) -> None: ...

class FinishedJob(_message.Message):
    __slots__ = ("job_message", "result_message", "operator_principal", "operator_sam", "attempts")
    JOB_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RESULT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_SAM_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    job_message: bytes
    result_message: bytes
    operator_principal: str
    operator_sam: _sam_pb2.Sam
    attempts: int
    def __init__(self, job_message: _Optional[bytes] = ..., result_message: _Optional[bytes] = ..., operator_principal: _Optional[str] = ..., operator_sam: _Optional[_Union[_sam_pb2.Sam, _Mapping]] = ..., attempts: _Optional[int] = ...) -> None: ...

class BundleGet(_message.Message):
    __slots__ = ("artifact_id", "offset")
    ARTIFACT_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    artifact_id: str
    offset: int
    def __init__(self, artifact_id: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class LedgerGet(_message.Message):
    __slots__ = ("path", "offset")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    path: str
    offset: int
    def __init__(self, path: _Optional[str] = ..., offset: _Optional[int] = ...) -> None: ...

class BundleChunk(_message.Message):
    __slots__ = ("offset", "total_bytes", "data")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    offset: int
    total_bytes: int
    data: bytes
    def __init__(self, offset: _Optional[int] = ..., total_bytes: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...
