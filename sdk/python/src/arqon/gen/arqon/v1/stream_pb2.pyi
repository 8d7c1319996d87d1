from arqon.gen.arqon.v1 import error_pb2 as _error_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamStart(_message.Message):
    __slots__ = ("stream_id", "media_type", "chunk_schema", "expected_chunks", "expected_bytes", "job_id", "parameters_json")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_CHUNKS_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_BYTES_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_JSON_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    media_type: str
    chunk_schema: str
    expected_chunks: int
    expected_bytes: int
    job_id: str
    parameters_json: str
    def __init__(self, stream_id: _Optional[str] = ..., media_type: _Optional[str] = ..., chunk_schema: _Optional[str] = ..., expected_chunks: _Optional[int] = ..., expected_bytes: _Optional[int] = ..., job_id: _Optional[str] = ..., parameters_json: _Optional[str] = ...) -> None: ...

class StreamChunk(_message.Message):
    __slots__ = ("stream_id", "index", "data")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    index: int
    data: bytes
    def __init__(self, stream_id: _Optional[str] = ..., index: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class StreamEnd(_message.Message):
    __slots__ = ("stream_id", "chunks", "bytes", "sha256", "error")
    STREAM_ID_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    stream_id: str
    chunks: int
    bytes: int
    sha256: bytes
    error: _error_pb2.ErrorInfo
    def __init__(self, stream_id: _Optional[str] = ..., chunks: _Optional[int] = ..., bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ..., error: _Optional[_Union[_error_pb2.ErrorInfo, _Mapping]] = ...) -> None: ...
