from arqon.gen.arqon.v1 import error_pb2 as _error_pb2
from arqon.gen.arqon.v1 import job_pb2 as _job_pb2
from arqon.gen.arqon.v1 import message_pb2 as _message_pb2
from arqon.gen.arqon.v1 import sam_pb2 as _sam_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Op(_message.Message):
    __slots__ = ("corr", "hello", "welcome", "subscribe", "unsubscribe", "done", "publish_ack", "credit", "ping", "pong", "error", "go_away", "history_get", "history_page", "job_extend", "job_release", "job_get", "job_state", "job_cancel")
    CORR_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    UNSUBSCRIBE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_ACK_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    GO_AWAY_FIELD_NUMBER: _ClassVar[int]
    HISTORY_GET_FIELD_NUMBER: _ClassVar[int]
    HISTORY_PAGE_FIELD_NUMBER: _ClassVar[int]
    JOB_EXTEND_FIELD_NUMBER: _ClassVar[int]
    JOB_RELEASE_FIELD_NUMBER: _ClassVar[int]
    JOB_GET_FIELD_NUMBER: _ClassVar[int]
    JOB_STATE_FIELD_NUMBER: _ClassVar[int]
    JOB_CANCEL_FIELD_NUMBER: _ClassVar[int]
    corr: int
    hello: Hello
    welcome: Welcome
    subscribe: Subscribe
    unsubscribe: Unsubscribe
    done: Done
    publish_ack: PublishAck
    credit: Credit
    ping: Ping
    pong: Pong
    error: _error_pb2.ErrorInfo
    go_away: GoAway
    history_get: HistoryGet
    history_page: HistoryPage
    job_extend: JobExtend
    job_release: JobRelease
    job_get: JobGet
    job_state: _job_pb2.JobState
    job_cancel: JobCancel
    def __init__(self, corr: _Optional[int] = ..., hello: _Optional[_Union[Hello, _Mapping]] = ..., welcome: _Optional[_Union[Welcome, _Mapping]] = ..., subscribe: _Optional[_Union[Subscribe, _Mapping]] = ..., unsubscribe: _Optional[_Union[Unsubscribe, _Mapping]] = ..., done: _Optional[_Union[Done, _Mapping]] = ..., publish_ack: _Optional[_Union[PublishAck, _Mapping]] = ..., credit: _Optional[_Union[Credit, _Mapping]] = ..., ping: _Optional[_Union[Ping, _Mapping]] = ..., pong: _Optional[_Union[Pong, _Mapping]] = ..., error: _Optional[_Union[_error_pb2.ErrorInfo, _Mapping]] = ..., go_away: _Optional[_Union[GoAway, _Mapping]] = ..., history_get: _Optional[_Union[HistoryGet, _Mapping]] = ..., history_page: _Optional[_Union[HistoryPage, _Mapping]] = ..., job_extend: _Optional[_Union[JobExtend, _Mapping]] = ..., job_release: _Optional[_Union[JobRelease, _Mapping]] = ..., job_get: _Optional[_Union[JobGet, _Mapping]] = ..., job_state: _Optional[_Union[_job_pb2.JobState, _Mapping]] = ..., job_cancel: _Optional[_Union[JobCancel, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("version_min", "version_max", "client", "api_key", "reality", "features", "sam", "receive_messages", "receive_bytes")
    VERSION_MIN_FIELD_NUMBER: _ClassVar[int]
    VERSION_MAX_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    REALITY_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    SAM_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_BYTES_FIELD_NUMBER: _ClassVar[int]
    version_min: int
    version_max: int
    client: str
    api_key: str
    reality: str
    features: _containers.RepeatedScalarFieldContainer[str]
    sam: _sam_pb2.Sam
    receive_messages: int
    receive_bytes: int
    def __init__(self, version_min: _Optional[int] = ..., version_max: _Optional[int] = ..., client: _Optional[str] = ..., api_key: _Optional[str] = ..., reality: _Optional[str] = ..., features: _Optional[_Iterable[str]] = ..., sam: _Optional[_Union[_sam_pb2.Sam, _Mapping]] = ..., receive_messages: _Optional[int] = ..., receive_bytes: _Optional[int] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("version", "connection_id", "principal", "reality", "epoch", "max_frame_bytes", "heartbeat_ms", "server_time_unix_us", "last_sequence", "features", "publish_messages", "publish_bytes", "duplicate_window_ms")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CONNECTION_ID_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    REALITY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    MAX_FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_MS_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_BYTES_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    version: int
    connection_id: str
    principal: str
    reality: str
    epoch: str
    max_frame_bytes: int
    heartbeat_ms: int
    server_time_unix_us: int
    last_sequence: int
    features: _containers.RepeatedScalarFieldContainer[str]
    publish_messages: int
    publish_bytes: int
    duplicate_window_ms: int
    def __init__(self, version: _Optional[int] = ..., connection_id: _Optional[str] = ..., principal: _Optional[str] = ..., reality: _Optional[str] = ..., epoch: _Optional[str] = ..., max_frame_bytes: _Optional[int] = ..., heartbeat_ms: _Optional[int] = ..., server_time_unix_us: _Optional[int] = ..., last_sequence: _Optional[int] = ..., features: _Optional[_Iterable[str]] = ..., publish_messages: _Optional[int] = ..., publish_bytes: _Optional[int] = ..., duplicate_window_ms: _Optional[int] = ...) -> None: ...

class Subscribe(_message.Message):
    __slots__ = ("subscription", "filter", "queue_group", "max_in_flight")
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    QUEUE_GROUP_FIELD_NUMBER: _ClassVar[int]
    MAX_IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    subscription: int
    filter: str
    queue_group: str
    max_in_flight: int
    def __init__(self, subscription: _Optional[int] = ..., filter: _Optional[str] = ..., queue_group: _Optional[str] = ..., max_in_flight: _Optional[int] = ...) -> None: ...

class Unsubscribe(_message.Message):
    __slots__ = ("subscription",)
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    subscription: int
    def __init__(self, subscription: _Optional[int] = ...) -> None: ...

class Done(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PublishAck(_message.Message):
    __slots__ = ("message_id", "sequence", "duplicate", "durability", "count")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    sequence: int
    duplicate: bool
    durability: _message_pb2.Durability
    count: int
    def __init__(self, message_id: _Optional[str] = ..., sequence: _Optional[int] = ..., duplicate: _Optional[bool] = ..., durability: _Optional[_Union[_message_pb2.Durability, str]] = ..., count: _Optional[int] = ...) -> None: ...

class Credit(_message.Message):
    __slots__ = ("messages", "bytes")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    messages: int
    bytes: int
    def __init__(self, messages: _Optional[int] = ..., bytes: _Optional[int] = ...) -> None: ...

class Ping(_message.Message):
    __slots__ = ("sent_unix_us",)
    SENT_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    sent_unix_us: int
    def __init__(self, sent_unix_us: _Optional[int] = ...) -> None: ...

class Pong(_message.Message):
    __slots__ = ("sent_unix_us",)
    SENT_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    sent_unix_us: int
    def __init__(self, sent_unix_us: _Optional[int] = ...) -> None: ...

class GoAway(_message.Message):
    __slots__ = ("reason", "drain_ms")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DRAIN_MS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    drain_ms: int
    def __init__(self, reason: _Optional[str] = ..., drain_ms: _Optional[int] = ...) -> None: ...

class HistoryGet(_message.Message):
    __slots__ = ("filter", "from_sequence", "to_sequence", "from_unix_us", "to_unix_us", "limit")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FROM_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TO_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    FROM_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    TO_UNIX_US_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    filter: str
    from_sequence: int
    to_sequence: int
    from_unix_us: int
    to_unix_us: int
    limit: int
    def __init__(self, filter: _Optional[str] = ..., from_sequence: _Optional[int] = ..., to_sequence: _Optional[int] = ..., from_unix_us: _Optional[int] = ..., to_unix_us: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class HistoryPage(_message.Message):
    __slots__ = ("messages", "next_sequence")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedScalarFieldContainer[bytes]
    next_sequence: int
    def __init__(self, messages: _Optional[_Iterable[bytes]] = ..., next_sequence: _Optional[int] = ...) -> None: ...

class JobExtend(_message.Message):
    __slots__ = ("job_id", "attempt", "progress", "note")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    attempt: int
    progress: float
    note: str
    def __init__(self, job_id: _Optional[str] = ..., attempt: _Optional[int] = ..., progress: _Optional[float] = ..., note: _Optional[str] = ...) -> None: ...

class JobRelease(_message.Message):
    __slots__ = ("job_id", "attempt", "reason", "delay_ms")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DELAY_MS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    attempt: int
    reason: str
    delay_ms: int
    def __init__(self, job_id: _Optional[str] = ..., attempt: _Optional[int] = ..., reason: _Optional[str] = ..., delay_ms: _Optional[int] = ...) -> None: ...

class JobGet(_message.Message):
    __slots__ = ("job_id", "watch")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    WATCH_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    watch: bool
    def __init__(self, job_id: _Optional[str] = ..., watch: _Optional[bool] = ...) -> None: ...

class JobCancel(_message.Message):
    __slots__ = ("job_id", "reason")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    reason: str
    def __init__(self, job_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
