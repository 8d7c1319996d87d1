/* What the servers say to the load, in each protocol: every message is found, and its index is looked at. */

enum { HEAD_BYTES = 2048, IN_BYTES = 1 << 18 };

typedef enum { ENVELOPE, RECORDS, JSON, NATS, REDIS, MQTT, SOCKET_IO } Inner;

static const struct {
  const char *name;
  Inner inner;
  int is_ws;
  const char *path; /* NULL: "/read" and "/publish" */
  const char *subprotocol;
} PROTOCOLS[] = {
    {"arqon", ENVELOPE, 1, NULL, "arqonbus.v1.proto"},
    {"arqon-packed", RECORDS, 1, NULL, "arqonbus.v1.proto"},
    {"arqon-tcp", RECORDS, 0, NULL, NULL},
    {"arqon-json", JSON, 1, NULL, "arqonbus.v1.json"},
    {"relay", ENVELOPE, 1, NULL, "arqonbus.v1.proto"},
    {"ws", ENVELOPE, 1, NULL, "arqonbus.v1.proto"},
    {"nats-ws", NATS, 1, "/", NULL},
    {"nats-tcp", NATS, 0, NULL, NULL},
    {"redis", REDIS, 0, NULL, NULL},
    {"mosquitto-ws", MQTT, 1, "/", "mqtt"},
    {"socket.io", SOCKET_IO, 1, "/socket.io/?EIO=4&transport=websocket", NULL},
};

typedef enum { READER, WATCHER, PUBLISHER } Role;

typedef struct {
  int fd;
  Role role;
  uint64_t next;    /* index expected; of a watcher, messages seen */
  uint64_t sent;    /* by a publisher */
  uint64_t granted; /* messages seen when credit was last given */
  /* WebSocket layer */
  uint8_t header[14];
  int header_filled;
  int opcode;
  uint64_t frame_left;
  /* message layer */
  uint8_t head[HEAD_BYTES]; /* first bytes of the present frame, line or payload */
  size_t head_filled;
  uint64_t body_left;
  int is_body, shift, part; /* a length was read; its bits so far; which bulk of a RESP array */
  char after_hello;
} Peer;

static int protocol, is_ack;
static Blob hello, welcome, subscribe_, watch, done_, publish, prefix, credit, stream;
static long id_at = -1, payload_at = -1;
static uint64_t all_received, grant_every = 1024;
static void (*seen)(Peer *, const uint8_t *payload);

#define INNER PROTOCOLS[protocol].inner
#define IS_WS PROTOCOLS[protocol].is_ws
#define IS_PACKED (IS_WS && INNER == RECORDS)

static size_t put_varint(uint8_t *out, uint64_t value) {
  size_t at = 0;
  for (; value >= 128; value >>= 7) out[at++] = (uint8_t)(value | 128);
  out[at++] = (uint8_t)value;
  return at;
}

/* Says one message of the protocol. */
static void say(Peer *peer, int opcode, const void *bytes, size_t length) {
  static uint8_t out[1 << 17], record[1 << 16];
  if (length + 64 > sizeof record) die("too long to be said");
  if (INNER == RECORDS && opcode == 2 && (!IS_WS || peer->after_hello)) {
    size_t at = put_varint(record, length);
    memcpy(record + at, bytes, length);
    bytes = record;
    length += at;
  }
  if (IS_WS) send_all(peer->fd, out, frame(out, opcode, bytes, length));
  else send_all(peer->fd, bytes, length);
}

static int text_opcode(void) { return INNER == JSON || INNER == SOCKET_IO ? 1 : 2; }

/* A message of a publisher may be half sent: what answers a ping goes between two of them. */
static Peer *in_message, *pong_due;

static void pong(Peer *peer) {
  if (peer == in_message) pong_due = peer;
  else if (INNER == NATS) say(peer, 2, "PONG\r\n", 6);
  else if (INNER == SOCKET_IO) say(peer, 1, "3", 1);
  else say(peer, 10, "", 0);
}

static void expect(Peer *peer, uint64_t index) {
  if (peer->role == WATCHER) {
    peer->next++;
    return;
  }
  if (index != peer->next) {
    errno = 0;
    fprintf(stderr, "load: expected %llu, got %llu\n", (unsigned long long)peer->next, (unsigned long long)index);
    exit(1);
  }
  peer->next++;
  all_received++;
  if (credit.length && peer->next - peer->granted >= grant_every) {
    peer->granted = peer->next;
    say(peer, 2, credit.bytes, credit.length);
  }
}

static void refused(Peer *peer) {
  size_t length = peer->head_filled < 400 ? peer->head_filled : 400;
  for (size_t i = 0; i < length; i++)
    if (peer->head[i] < 32 || peer->head[i] > 126) peer->head[i] = '.';
  errno = 0;
  fprintf(stderr, "load: not expected: %.*s\n", (int)length, peer->head);
  exit(1);
}

/* Bytes of a message that are needed to see its index. */
static size_t wanted_bytes(void) {
  if (is_ack || INNER == JSON) return HEAD_BYTES;
  if (INNER == ENVELOPE || INNER == RECORDS) return (size_t)payload_at + 16;
  return INNER == MQTT ? 256 : 16;
}

/* Keeps the first bytes of a message: the index lies there, the rest is only counted. */
static void keep(Peer *peer, const uint8_t *bytes, size_t length) {
  size_t room = HEAD_BYTES - peer->head_filled;
  size_t count = length < room ? length : room;
  memcpy(peer->head + peer->head_filled, bytes, count);
  peer->head_filled += count;
}

static uint64_t varint(uint8_t **at, uint8_t *end) {
  uint64_t value = 0;
  for (int shift = 0; *at < end; shift += 7) {
    uint8_t byte = *(*at)++;
    value |= (uint64_t)(byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

static void payload(Peer *peer, const uint8_t *bytes) {
  uint64_t index;
  memcpy(&index, bytes, 8);
  if (seen) seen(peer, bytes);
  expect(peer, index);
}

static int holds(Peer *peer, const char *text) { return memmem(peer->head, peer->head_filled, text, strlen(text)) != NULL; }

/* publish_ack: it names the message by its id, whose last 12 digits are the index. */
static void acknowledgement(Peer *peer) {
  uint8_t *id = memmem(peer->head, peer->head_filled, publish.bytes + id_at - 24, 24);
  if (!holds(peer, "sys.session.publish_ack") || !id) refused(peer);
  char digits[13] = {0};
  memcpy(digits, id + 24, 12);
  /* It may stand for several: then they end with the one it names. A duplicate (field 3) is none of them. */
  uint64_t count = 1, index = strtoull(digits, NULL, 16);
  uint8_t *end = peer->head + peer->head_filled;
  for (uint8_t *at = id + 36; at < end && *at != 0x48;) {
    uint8_t tag = *at++;
    uint64_t value = varint(&at, end);
    if (tag == 0x28) count = value;
    if (tag == 0x18) refused(peer);
  }
  expect(peer, index + 1 - count);
  all_received += index + 1 - peer->next;
  peer->next = index + 1;
}

/* A whole message of the bus, or of a relay. */
static void envelope(Peer *peer) {
  if (is_ack) acknowledgement(peer);
  else if (peer->role == PUBLISHER || peer->head_filled < (size_t)payload_at + 8) {
    if (!holds(peer, "sys.session.credit") && !holds(peer, "sys.session.ping")) refused(peer);
  } else payload(peer, peer->head + payload_at);
}

/* In JSON the index is 16 hexadecimal digits behind its mark. */
static void json(Peer *peer) {
  uint8_t *mark = memmem(peer->head, peer->head_filled, "PAYLOAD!", 8);
  if (!mark || peer->role == PUBLISHER) refused(peer);
  char digits[17] = {0};
  memcpy(digits, mark + 8, 16);
  expect(peer, strtoull(digits, NULL, 16));
}

/* Messages behind their lengths, cut anywhere. */
static void records(Peer *peer, const uint8_t *bytes, size_t length) {
  while (length) {
    if (!peer->is_body) {
      peer->body_left |= (uint64_t)(*bytes & 127) << peer->shift;
      peer->shift += 7;
      peer->is_body = *bytes < 128;
      bytes++;
      length--;
      continue;
    }
    size_t count = length < peer->body_left ? length : peer->body_left;
    if (peer->head_filled < wanted_bytes()) keep(peer, bytes, count);
    peer->body_left -= count;
    bytes += count;
    length -= count;
    if (peer->body_left) continue;
    envelope(peer);
    peer->is_body = peer->shift = 0;
    peer->head_filled = 0;
  }
}

static void nats_message(Peer *peer) {
  if (!is_ack) {
    payload(peer, peer->head);
    return;
  }
  char *sequence = memmem(peer->head, peer->head_filled, "\"seq\":", 6);
  if (!sequence || holds(peer, "\"error\"")) refused(peer);
  expect(peer, strtoull(sequence + 6, NULL, 10) - 1);
}

/* A line of NATS or Redis is whole. */
static void line(Peer *peer) {
  uint8_t *text = peer->head;
  if (INNER == REDIS) {
    if (*text == '*') peer->part = 0;
    else if (*text == '$') {
      peer->body_left = strtoull((char *)text + 1, NULL, 10) + 2;
      peer->part++;
    } else if (*text == '-') refused(peer);
  } else if (!memcmp(text, "MSG ", 4)) {
    uint8_t *digits = memrchr(text, ' ', peer->head_filled);
    peer->body_left = strtoull((char *)digits + 1, NULL, 10) + 2;
  } else if (!memcmp(text, "PING", 4)) pong(peer);
  else if (!memcmp(text, "-ERR", 4)) refused(peer);
}

/* Lines and payloads of NATS and Redis, cut anywhere. */
static void lines(Peer *peer, const uint8_t *bytes, size_t length) {
  while (length) {
    if (peer->body_left) {
      size_t count = length < peer->body_left ? length : peer->body_left;
      size_t wanted = is_ack ? 512 : 16; /* enough to see the index */
      if (peer->head_filled < wanted) keep(peer, bytes, count < wanted ? count : wanted);
      peer->body_left -= count;
      bytes += count;
      length -= count;
      if (peer->body_left) continue;
      if (INNER == NATS) nats_message(peer);
      /* *4 pmessage, pattern, channel, payload */
      else if (peer->part == 4) payload(peer, peer->head);
      peer->head_filled = 0;
      continue;
    }
    uint8_t *end = memchr(bytes, '\n', length);
    size_t count = end ? (size_t)(end - bytes) + 1 : length;
    keep(peer, bytes, count);
    bytes += count;
    length -= count;
    if (!end) return;
    line(peer);
    peer->head_filled = 0;
  }
}

/* Packets of MQTT, cut anywhere: a type, a length, and the rest. */
static void mqtt(Peer *peer, const uint8_t *bytes, size_t length) {
  while (length) {
    if (!peer->is_body) {
      if (peer->part == 0) peer->part = *bytes;
      else {
        peer->body_left |= (uint64_t)(*bytes & 127) << peer->shift;
        peer->shift += 7;
        peer->is_body = *bytes < 128;
      }
      bytes++;
      length--;
      if (!peer->is_body || peer->body_left) continue;
    }
    size_t count = length < peer->body_left ? length : peer->body_left;
    if (peer->head_filled < wanted_bytes()) keep(peer, bytes, count);
    peer->body_left -= count;
    bytes += count;
    length -= count;
    if (peer->body_left) continue;
    if (peer->part >> 4 == 3) payload(peer, peer->head + 2 + (peer->head[0] << 8 | peer->head[1]));
    peer->is_body = peer->shift = peer->part = 0;
    peer->head_filled = 0;
  }
}

/* A frame is whole. */
static void framed(Peer *peer) {
  if (INNER == ENVELOPE) envelope(peer);
  else if (INNER == JSON) json(peer);
  else if (INNER == SOCKET_IO) {
    if (peer->opcode == 2) payload(peer, peer->head);
    else if (peer->head[0] == '2') pong(peer);
    else if (memcmp(peer->head, "451-", 4)) refused(peer);
  }
  peer->head_filled = 0;
}

static void websocket(Peer *peer, const uint8_t *bytes, size_t length) {
  while (length) {
    if (peer->frame_left == 0) {
      peer->header[peer->header_filled++] = *bytes++;
      length--;
      if (peer->header_filled < 2) continue;
      int small = peer->header[1] & 127;
      int size = small < 126 ? 2 : small == 126 ? 4 : 10;
      if (peer->header_filled < size) continue;
      uint64_t total = small < 126 ? (uint64_t)small : 0;
      for (int i = 2; i < size; i++) total = total << 8 | peer->header[i];
      peer->opcode = peer->header[0] & 15;
      peer->header_filled = 0;
      peer->frame_left = total;
      if (peer->opcode == 9) pong(peer);
      else if (peer->opcode == 8) die("the server closed a connection");
      continue;
    }
    size_t count = length < peer->frame_left ? length : peer->frame_left;
    peer->frame_left -= count;
    if (peer->opcode <= 2) {
      if (INNER == NATS) lines(peer, bytes, count);
      else if (INNER == MQTT) mqtt(peer, bytes, count);
      else if (INNER == RECORDS) records(peer, bytes, count);
      else {
        /* Beyond the index nothing is looked at. */
        if (peer->head_filled < wanted_bytes()) keep(peer, bytes, count);
        if (peer->frame_left == 0) framed(peer);
      }
    }
    bytes += count;
    length -= count;
  }
}

static void receive(Peer *peer) {
  static uint8_t bytes[IN_BYTES];
  ssize_t count;
  do {
    count = get(peer->fd, bytes, sizeof bytes);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) die("a connection was lost");
    if (IS_WS) websocket(peer, bytes, (size_t)count);
    else if (INNER == RECORDS) records(peer, bytes, (size_t)count);
    else lines(peer, bytes, (size_t)count);
    /* What TLS has decrypted is not announced by the poller. */
  } while (IS_TLS);
}
