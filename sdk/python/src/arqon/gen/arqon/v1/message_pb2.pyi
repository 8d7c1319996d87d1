from google.protobuf import any_pb2 as _any_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_TYPE_UNSPECIFIED: _ClassVar[MessageType]
    MESSAGE_TYPE_EVENT: _ClassVar[MessageType]
    MESSAGE_TYPE_JOB: _ClassVar[MessageType]
    MESSAGE_TYPE_JOB_RESULT: _ClassVar[MessageType]
    MESSAGE_TYPE_STREAM_START: _ClassVar[MessageType]
    MESSAGE_TYPE_STREAM_CHUNK: _ClassVar[MessageType]
    MESSAGE_TYPE_STREAM_END: _ClassVar[MessageType]
    MESSAGE_TYPE_CONTROL: _ClassVar[MessageType]

class Durability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DURABILITY_UNSPECIFIED: _ClassVar[Durability]
    DURABILITY_EPHEMERAL: _ClassVar[Durability]
    DURABILITY_LOGGED: _ClassVar[Durability]
    DURABILITY_SYNCED: _ClassVar[Durability]
MESSAGE_TYPE_UNSPECIFIED: MessageType
MESSAGE_TYPE_EVENT: MessageType
MESSAGE_TYPE_JOB: MessageType
MESSAGE_TYPE_JOB_RESULT: MessageType
MESSAGE_TYPE_STREAM_START: MessageType
MESSAGE_TYPE_STREAM_CHUNK: MessageType
MESSAGE_TYPE_STREAM_END: MessageType
MESSAGE_TYPE_CONTROL: MessageType
DURABILITY_UNSPECIFIED: Durability
DURABILITY_EPHEMERAL: Durability
DURABILITY_LOGGED: Durability
DURABILITY_SYNCED: Durability

class ArqonMessage(_message.Message):
    __slots__ = ("id", "sequence", "topic", "producer_id", "reality_id", "trace_context", "spectral", "payload", "type", "timestamp_unix_us", "schema", "vector_clock", "attempt", "durability", "dropped", "reply_to", "lease_until_unix_us", "subscription", "cause", "origin", "seen_clock")
    class TraceContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    PRODUCER_ID_FIELD_NUMBER: _ClassVar[int]
    REALITY_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    SPECTRAL_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    VECTOR_CLOCK_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    LEASE_UNTIL_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    SEEN_CLOCK_FIELD_NUMBER: _ClassVar[int]
    id: str
    sequence: int
    topic: str
    producer_id: str
    reality_id: str
    trace_context: _containers.ScalarMap[str, str]
    spectral: SpectralMetadata
    payload: _any_pb2.Any
    type: MessageType
    timestamp_unix_us: int
    schema: str
    vector_clock: bytes
    attempt: int
    durability: Durability
    dropped: int
    reply_to: str
    lease_until_unix_us: int
    subscription: int
    cause: str
    origin: Origin
    seen_clock: bytes
    def __init__(self, id: _Optional[str] = ..., sequence: _Optional[int] = ..., topic: _Optional[str] = ..., producer_id: _Optional[str] = ..., reality_id: _Optional[str] = ..., trace_context: _Optional[_Mapping[str, str]] = ..., spectral: _Optional[_Union[SpectralMetadata, _Mapping]] = ..., payload: _Optional[_Union[_any_pb2.Any, _Mapping]] = ..., type: _Optional[_Union[MessageType, str]] = ..., timestamp_unix_us: _Optional[int] = ..., schema: _Optional[str] = ..., vector_clock: _Optional[bytes] = ..., attempt: _Optional[int] = ..., durability: _Optional[_Union[Durability, str]] = ..., dropped: _Optional[int] = ..., reply_to: _Optional[str] = ..., lease_until_unix_us: _Optional[int] = ..., subscription: _Optional[int] = ..., cause: _Optional[str] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., seen_clock: _Optional[bytes] = ...) -> None: ...

class Origin(_message.Message):
    __slots__ = ("reality_id", "sequence", "timestamp_unix_us")
    REALITY_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    reality_id: str
    sequence: int
    timestamp_unix_us: int
    def __init__(self, reality_id: _Optional[str] = ..., sequence: _Optional[int] = ..., timestamp_unix_us: _Optional[int] = ...) -> None: ...

class SpectralMetadata(_message.Message):
    __slots__ = ("coherence", "criticality", "eigenvalues")
    COHERENCE_FIELD_NUMBER: _ClassVar[int]
    CRITICALITY_FIELD_NUMBER: _ClassVar[int]
    EIGENVALUES_FIELD_NUMBER: _ClassVar[int]
    coherence: float
    criticality: float
    eigenvalues: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, coherence: _Optional[float] = ..., criticality: _Optional[float] = ..., eigenvalues: _Optional[_Iterable[float]] = ...) -> None: ...

class VectorClock(_message.Message):
    __slots__ = ("entries", "hybrid_logical_clock", "dot", "truncated")
    class Entry(_message.Message):
        __slots__ = ("actor", "counter")
        ACTOR_FIELD_NUMBER: _ClassVar[int]
        COUNTER_FIELD_NUMBER: _ClassVar[int]
        actor: int
        counter: int
        def __init__(self, actor: _Optional[int] = ..., counter: _Optional[int] = ...) -> None: ...
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HYBRID_LOGICAL_CLOCK_FIELD_NUMBER: _ClassVar[int]
    DOT_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[VectorClock.Entry]
    hybrid_logical_clock: int
    dot: VectorClock.Entry
    truncated: bool
    def __init__(self, entries: _Optional[_Iterable[_Union[VectorClock.Entry, _Mapping]]] = ..., hybrid_logical_clock: _Optional[int] = ..., dot: _Optional[_Union[VectorClock.Entry, _Mapping]] = ..., truncated: _Optional[bool] = ...) -> None: ...
