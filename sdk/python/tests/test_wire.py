"""The generated wire types import beside the package and round-trip."""

from arqon.gen.arqon.v1 import message_pb2


def test_an_envelope_round_trips() -> None:
    sent = message_pb2.ArqonMessage(id="x", topic="lab.sensor.read")
    assert message_pb2.ArqonMessage.FromString(sent.SerializeToString()) == sent
