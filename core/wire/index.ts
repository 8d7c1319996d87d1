/** The wire: generated messages, envelope codec, topic grammar and size limits. */
export {
  create,
  type DescMessage,
  fromBinary,
  fromJson,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
export { anyPack, BytesValueSchema, StringValueSchema, ValueSchema } from "@bufbuild/protobuf/wkt";
export * from "./ack.ts";
export * from "./causality.ts";
export * from "./codec.ts";
export * from "./gen/arqon/control/v1/job_service_pb.ts";
export * from "./gen/arqon/v1/error_pb.ts";
export * from "./gen/arqon/v1/job_pb.ts";
export * from "./gen/arqon/v1/message_pb.ts";
export * from "./gen/arqon/v1/op_pb.ts";
export * from "./gen/arqon/v1/sam_pb.ts";
export * from "./gen/arqon/v1/stream_pb.ts";
export * from "./hybrid-clock.ts";
export * from "./limits.ts";
export { malformedMessage, topicText } from "./message-text.ts";
export * from "./scan.ts";
export * from "./stamp.ts";
export * from "./topic.ts";
export * from "./trie.ts";
export * from "./vector-clock.ts";
