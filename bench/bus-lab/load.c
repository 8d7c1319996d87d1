/*
 * The load of the bus benches: one thread, epoll, the same code for every server, so that differences between rows come
 * from the servers. One publisher, some readers, 1 KB payloads whose first eight bytes are an index; every reader checks
 * that the index goes up by exactly one.
 *
 *   load PROTOCOL MODE PORT PID READERS WINDOW WARM_MS RUN_MS SCRIPT
 *
 * PROTOCOL  arqon | relay | nats-ws | nats-tcp
 * MODE      fan: a closed loop, at most WINDOW messages ahead of the slowest reader. Prints the server's CPU per delivery.
 *           ack: no readers, at most WINDOW messages not acknowledged. Prints acknowledgements per second.
 *           idle: opens READERS connections, prints "ready", and holds them until a line comes on stdin.
 * SCRIPT    a folder: hello.bin, subscribe.bin, publish.bin (one message of the protocol each; those that are absent are
 *           not sent), stream.bin (nats: creates the stream).
 *
 * Compiled with -DLOAD_TLS (and -lssl -lcrypto) all connections are TLS 1.3, with one cipher for every server. Certificates are
 * not verified: the servers are the bench's own.
 *
 * In publish.bin the text "0123456789ab" is replaced by the index in hexadecimal, and the payload begins with "PAYLOAD!".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef LOAD_TLS
#include <openssl/ssl.h>
enum { IS_TLS = 1 };
#else
enum { IS_TLS = 0 };
#endif

enum { BURST = 64, HEAD_BYTES = 2048, OUT_BYTES = 1 << 20, IN_BYTES = 1 << 18 };

typedef struct {
  int fd;
  uint64_t next; /* index expected */
  /* WebSocket layer */
  uint8_t header[14];
  int header_filled;
  int opcode;
  uint64_t frame_left;
  /* message layer */
  uint8_t head[HEAD_BYTES]; /* first bytes of the present frame, line or payload */
  size_t head_filled;
  uint64_t body_left; /* nats: bytes of a payload still to come, with its line end */
  char subject;       /* nats: first character of the subject */
} Peer;

typedef struct {
  uint8_t *bytes;
  size_t length;
} Blob;

static int is_nats, is_ws, is_ack, port;
static Blob hello, subscribe_, publish, stream;
static long id_at = -1, payload_at = -1;
static Peer *readers, publisher;
static int reader_count;
static uint32_t random_state = 0x9e3779b9;

static void die(const char *what) {
  fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* Run time of all threads of a process: the first field of schedstat, nanoseconds. */
static uint64_t cpu_ns(int pid) {
  char path[320];
  uint64_t sum = 0;
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *tasks = opendir(path);
  if (!tasks) die("the server is gone");
  for (struct dirent *task; (task = readdir(tasks));) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task->d_name);
    FILE *file = fopen(path, "r");
    unsigned long long ran = 0;
    if (!file) continue;
    if (fscanf(file, "%llu", &ran) == 1) sum += ran;
    fclose(file);
  }
  closedir(tasks);
  return sum;
}

static Blob blob(const char *folder, const char *name) {
  char path[512];
  Blob made = {0};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) return made;
  made.bytes = malloc(65536);
  made.length = fread(made.bytes, 1, 65536, file);
  fclose(file);
  return made;
}

static long find(Blob in, const char *what) {
  uint8_t *at = in.length ? memmem(in.bytes, in.length, what, strlen(what)) : NULL;
  return at ? at - in.bytes : -1;
}

/* A random mask for every frame: with a zero mask unmasking would be free. */
static uint32_t mask_key(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

/* Writes a client's frame. Returns its length. */
static size_t frame(uint8_t *out, int opcode, const uint8_t *payload, size_t length) {
  size_t at = 2;
  uint32_t key = mask_key();
  out[0] = (uint8_t)(0x80 | opcode);
  if (length < 126) out[1] = (uint8_t)(0x80 | length);
  else {
    out[1] = 0x80 | 126;
    out[2] = (uint8_t)(length >> 8);
    out[3] = (uint8_t)length;
    at = 4;
  }
  memcpy(out + at, &key, 4);
  at += 4;
  uint64_t wide = (uint64_t)key << 32 | key;
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    uint64_t word;
    memcpy(&word, payload + i, 8);
    word ^= wide;
    memcpy(out + at + i, &word, 8);
  }
  for (; i < length; i++) out[at + i] = payload[i] ^ ((uint8_t *)&key)[i & 3];
  return at + length;
}

/* ── bytes in and out ── */

#ifdef LOAD_TLS
enum { MOST_FDS = 4096 };
static SSL *secure[MOST_FDS];
static SSL_CTX *context;

static void handshake(int fd) {
  if (!context) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  if (fd >= MOST_FDS) die("too many connections");
  secure[fd] = SSL_new(context);
  SSL_set_fd(secure[fd], fd);
  if (SSL_connect(secure[fd]) != 1) die("no TLS");
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* As send and recv do it, an error that passes is EAGAIN. */
static ssize_t result(int fd, int count) {
  if (count > 0) return count;
  int why = SSL_get_error(secure[fd], count);
  if (why == SSL_ERROR_ZERO_RETURN) return 0;
  errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

static ssize_t put(int fd, const void *bytes, size_t length) {
  return result(fd, SSL_write(secure[fd], bytes, (int)length));
}

static ssize_t get(int fd, void *bytes, size_t length) {
  return result(fd, SSL_read(secure[fd], bytes, (int)length));
}
#else
static void handshake(int fd) { (void)fd; }

static ssize_t put(int fd, const void *bytes, size_t length) { return send(fd, bytes, length, MSG_NOSIGNAL); }

static ssize_t get(int fd, void *bytes, size_t length) { return recv(fd, bytes, length, MSG_DONTWAIT); }
#endif

static void send_all(int fd, const uint8_t *bytes, size_t length) {
  while (length) {
    ssize_t sent = put(fd, bytes, length);
    if (sent < 0 && errno == EAGAIN) {
      struct pollfd wait = {fd, POLLOUT, 0};
      poll(&wait, 1, 1000);
      continue;
    }
    if (sent < 0) die("send");
    bytes += sent;
    length -= (size_t)sent;
  }
}

static void say(Peer *peer, int opcode, const void *bytes, size_t length) {
  uint8_t out[66000];
  if (is_ws) send_all(peer->fd, out, frame(out, opcode, bytes, length));
  else send_all(peer->fd, bytes, length);
}

/* A message of the publisher may be half sent: what answers a ping goes between two of them. */
static int in_message, pong_due;

static void pong(Peer *peer) {
  if (peer == &publisher && in_message) pong_due = 1;
  else if (is_nats) say(peer, 2, "PONG\r\n", 6);
  else say(peer, 10, "", 0);
}

/* ── what comes in ── */

static void expect(Peer *peer, uint64_t index) {
  if (index == peer->next) {
    peer->next++;
    return;
  }
  errno = 0;
  fprintf(stderr, "load: expected %llu, got %llu\n", (unsigned long long)peer->next, (unsigned long long)index);
  exit(1);
}

static void refused(Peer *peer) {
  size_t length = peer->head_filled < 400 ? peer->head_filled : 400;
  for (size_t i = 0; i < length; i++)
    if (peer->head[i] < 32 || peer->head[i] > 126) peer->head[i] = '.';
  fprintf(stderr, "load: not expected: %.*s\n", (int)length, peer->head);
  exit(1);
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

/* A whole message of the bus, or of the relay. */
static void envelope(Peer *peer) {
  if (!is_ack) {
    uint64_t index;
    if (peer == &publisher || peer->head_filled < (size_t)payload_at + 8) refused(peer);
    memcpy(&index, peer->head + payload_at, 8);
    expect(peer, index);
    return;
  }
  /* publish_ack: it names the message by its id, whose last 12 digits are the index. */
  static const char verb[] = "sys.session.publish_ack";
  uint8_t *id = memmem(peer->head, peer->head_filled, publish.bytes + id_at - 24, 24);
  if (!memmem(peer->head, peer->head_filled, verb, sizeof verb - 1) || !id) refused(peer);
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
  peer->next = index + 1;
}

static void nats_message(Peer *peer) {
  if (!is_ack) {
    uint64_t index;
    memcpy(&index, peer->head, 8);
    expect(peer, index);
    return;
  }
  char *sequence = memmem(peer->head, peer->head_filled, "\"seq\":", 6);
  if (!sequence || memmem(peer->head, peer->head_filled, "\"error\"", 7)) refused(peer);
  expect(peer, strtoull(sequence + 6, NULL, 10) - 1);
}

/* Lines and payloads of the NATS protocol, cut anywhere. */
static void nats(Peer *peer, const uint8_t *bytes, size_t length) {
  while (length) {
    if (peer->body_left) {
      size_t count = length < peer->body_left ? length : peer->body_left;
      size_t wanted = is_ack ? 512 : 8; /* enough to see the index */
      if (peer->head_filled < wanted) keep(peer, bytes, count < wanted ? count : wanted);
      peer->body_left -= count;
      bytes += count;
      length -= count;
      if (peer->body_left == 0) {
        nats_message(peer);
        peer->head_filled = 0;
      }
      continue;
    }
    uint8_t *end = memchr(bytes, '\n', length);
    size_t count = end ? (size_t)(end - bytes) + 1 : length;
    keep(peer, bytes, count);
    bytes += count;
    length -= count;
    if (!end) return;
    uint8_t *line = peer->head;
    if (!memcmp(line, "MSG ", 4)) {
      uint8_t *digits = memrchr(line, ' ', peer->head_filled);
      peer->body_left = strtoull((char *)digits + 1, NULL, 10) + 2;
    } else if (!memcmp(line, "PING", 4)) pong(peer);
    else if (!memcmp(line, "-ERR", 4)) refused(peer);
    peer->head_filled = 0;
  }
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
      if (is_nats) nats(peer, bytes, count);
      else {
        /* Beyond the index nothing is looked at. */
        if (is_ack || peer->head_filled < (size_t)payload_at + 8) keep(peer, bytes, count);
        if (peer->frame_left == 0) {
          envelope(peer);
          peer->head_filled = 0;
        }
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
    if (is_ws) websocket(peer, bytes, (size_t)count);
    else nats(peer, bytes, (size_t)count);
    /* What TLS has decrypted is not announced by the poller. */
  } while (IS_TLS);
}

/* ── connecting ── */

/* Reads until `what` was seen: answers of the handshake come in their own time. */
static void await_text(int fd, const char *what) {
  static uint8_t bytes[65536];
  size_t filled = 0;
  while (!memmem(bytes, filled, what, strlen(what))) {
    struct pollfd wait = {fd, POLLIN, 0};
    if (filled == sizeof bytes || poll(&wait, 1, 5000) <= 0) {
      errno = 0;
      fprintf(stderr, "load: no \"%s\" in the answer: %.*s\n", what, (int)(filled < 400 ? filled : 400), bytes);
      exit(1);
    }
    ssize_t count = get(fd, bytes + filled, sizeof bytes - filled);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) die("a connection ended during its handshake");
    filled += (size_t)count;
  }
}

static void join_(Peer *peer, int is_reader) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (peer->fd < 0 || connect(peer->fd, (struct sockaddr *)&to, sizeof to)) die("connect");
  setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  handshake(peer->fd);
  if (is_ws) {
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
                          is_nats ? "/" : is_reader ? "/read" : "/publish",
                          is_nats ? "" : "Sec-WebSocket-Protocol: arqonbus.v1.proto\r\n");
    send_all(peer->fd, (uint8_t *)request, (size_t)length);
    await_text(peer->fd, "\r\n\r\n");
  }
  if (hello.length) {
    say(peer, 2, hello.bytes, hello.length);
    await_text(peer->fd, is_nats ? "PONG" : "sys.session.welcome");
  }
  if (is_reader && subscribe_.length) {
    say(peer, 2, subscribe_.bytes, subscribe_.length);
    await_text(peer->fd, is_nats ? "PONG" : "sys.session.done");
  }
}

/* ── publishing ── */

static size_t burst(uint8_t *out, uint64_t first, int count) {
  static const char hex[] = "0123456789abcdef";
  size_t filled = 0;
  for (int i = 0; i < count; i++) {
    uint64_t index = first + (uint64_t)i;
    if (id_at >= 0)
      for (int digit = 0; digit < 12; digit++) publish.bytes[id_at + digit] = (uint8_t)hex[index >> (44 - 4 * digit) & 15];
    memcpy(publish.bytes + payload_at, &index, 8);
    if (is_ws) filled += frame(out + filled, 2, publish.bytes, publish.length);
    else {
      memcpy(out + filled, publish.bytes, publish.length);
      filled += publish.length;
    }
  }
  return filled;
}

/* What has arrived everywhere. */
static uint64_t arrived(void) {
  uint64_t least = is_ack ? publisher.next : UINT64_MAX;
  for (int i = 0; i < reader_count && !is_ack; i++)
    if (readers[i].next < least) least = readers[i].next;
  return least;
}

static uint64_t all_received(void) {
  uint64_t sum = is_ack ? publisher.next : 0;
  for (int i = 0; i < reader_count && !is_ack; i++) sum += readers[i].next;
  return sum;
}

int main(int count, char **words) {
  if (count != 10) die("usage: load PROTOCOL MODE PORT PID READERS WINDOW WARM_MS RUN_MS SCRIPT");
  const char *protocol = words[1], *mode = words[2], *folder = words[9];
  port = atoi(words[3]);
  int pid = atoi(words[4]);
  reader_count = atoi(words[5]);
  uint64_t window = strtoull(words[6], NULL, 10);
  uint64_t warm = strtoull(words[7], NULL, 10) * 1000000ull, run = strtoull(words[8], NULL, 10) * 1000000ull;
  is_nats = !strncmp(protocol, "nats", 4);
  is_ws = strcmp(protocol, "nats-tcp") != 0;
  is_ack = !strcmp(mode, "ack");
  hello = blob(folder, "hello.bin");
  subscribe_ = blob(folder, "subscribe.bin");
  publish = blob(folder, "publish.bin");
  stream = blob(folder, "stream.bin");
  id_at = find(publish, "0123456789ab");
  payload_at = find(publish, "PAYLOAD!");

  readers = calloc((size_t)reader_count + 1, sizeof *readers);
  for (int i = 0; i < reader_count; i++) join_(&readers[i], 1);
  if (!strcmp(mode, "idle")) {
    char line[16];
    printf("ready\n");
    fflush(stdout);
    return fgets(line, sizeof line, stdin) ? 0 : 1;
  }
  if (payload_at < 0) die("publish.bin has no payload");
  join_(&publisher, 0);
  if (stream.length && is_ack) {
    say(&publisher, 2, stream.bytes, stream.length);
    await_text(publisher.fd, "\"created\"");
    usleep(50000);
    uint8_t rest[4096];
    while (get(publisher.fd, rest, sizeof rest) > 0) {}
  }

  int poller = epoll_create1(0);
  for (int i = -1; i < reader_count; i++) {
    Peer *peer = i < 0 ? &publisher : &readers[i];
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = peer};
    fcntl(peer->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &interest);
  }

  uint8_t *out = malloc(OUT_BYTES);
  size_t out_at = 0, out_end = 0;
  uint64_t sent = 0, begun = now_ns(), progress_ns = begun, progress = 0;
  uint64_t start_ns = 0, start_cpu = 0, start_received = 0;
  struct epoll_event events[256];
  for (;;) {
    uint64_t now = now_ns();
    if (!start_ns && now - begun >= warm) {
      start_cpu = cpu_ns(pid);
      start_received = all_received();
      start_ns = now_ns();
    }
    if (start_ns && now > start_ns && now - start_ns >= run) break;
    if (out_at == out_end) {
      in_message = 0;
      if (pong_due) {
        pong_due = 0;
        pong(&publisher);
      }
      uint64_t room = window - (sent - arrived());
      if (room >= BURST) {
        out_at = 0;
        out_end = burst(out, sent, BURST);
        sent += BURST;
        in_message = 1;
      }
    }
    if (out_at < out_end) {
      ssize_t wrote = put(publisher.fd, out + out_at, out_end - out_at);
      if (wrote > 0) out_at += (size_t)wrote;
      else if (wrote < 0 && errno != EAGAIN) die("publish");
    }
    int ready = epoll_wait(poller, events, 256, 0);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    if (arrived() != progress) {
      progress = arrived();
      progress_ns = now;
    } else if (now > progress_ns && now - progress_ns > 5000000000ull) {
      errno = 0;
      die("nothing arrived for five seconds");
    }
  }
  uint64_t received = all_received() - start_received, took = now_ns() - start_ns;
  printf("{\"received\":%llu,\"perSecond\":%.1f,\"cpuUs\":%.4f}\n", (unsigned long long)received,
         (double)received * 1e9 / (double)took, (double)(cpu_ns(pid) - start_cpu) / 1e3 / (double)received);
  return 0;
}
