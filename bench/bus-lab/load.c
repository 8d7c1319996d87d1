/*
 * The load of the bus benches: one thread, epoll, the same code for every server, so that differences between rows come
 * from the servers. Publishers and readers, payloads whose first eight bytes are an index; every reader checks that the
 * index goes up by exactly one.
 *
 *   load PROTOCOL MODE PORT PID READERS WINDOW WARM_MS RUN_MS SCRIPT [name=value ...]
 *
 * PROTOCOL  see the table in load-wire.h
 * MODE      fan: a closed loop, one publisher, at most WINDOW messages ahead of the slowest reader; prints the server's CPU
 *                per delivery.
 *           pairs: the same with a publisher for every reader, on a topic of its own; WINDOW is for all together.
 *           pace: pairs, each publishing hz times a second; prints the server's CPU per message and how late they arrived.
 *           ack: no readers, at most WINDOW messages not acknowledged; prints acknowledgements per second.
 *           idle: opens READERS connections, prints "ready", answers pings, and holds them until a line comes.
 *           floor: no server at all; how late this machine wakes a program that sleeps 10 ms again and again.
 * SCRIPT    a folder with what is said, NAME.bin, one message each; what is absent is not said. hello and the text that
 *           answers it, welcome; subscribe and its answer, done; publish, and prefix which goes before it; stream (nats);
 *           watch: the subscription of watchers; credit: what grants grant_every messages; bystanders: subscriptions
 *           that match nothing, each behind its length of four bytes.
 *           In publish the text "0123456789ab" is replaced by the index in hexadecimal, and the payload begins with
 *           "PAYLOAD!"; in publish, subscribe and bystanders "t000000" by the number of a topic.
 * Options   topics=1     how many topics one publisher goes through
 *           burst=64     messages written at once
 *           watchers=0   connections that read everything, unchecked
 *           stalled=0    connections that subscribe and never read
 *           bystanders=0 connections that say all of bystanders
 *           hz=100       of pace
 *           source=0     address that connections come from: 0 the usual, n 127.0.0.(n + 1)
 *
 * Compiled with -DLOAD_TLS (and -lssl -lcrypto) all connections are TLS 1.3, with one cipher for every server. Certificates are
 * not verified: the servers are the bench's own.
 */
#define _GNU_SOURCE
#include "load-net.h"
#include "load-wire.h"

enum { MOST_OUT_BYTES = 1 << 20, MOST_LATE = 1 << 20 };

static int port, reader_count, publisher_count;
static long topics = 1, most_burst = 64, watcher_count, stalled_count, bystander_count, hz = 100, source_address;
static Peer *readers, *publishers, *watchers;
static long topic_at = -1;

/* ── connecting ── */

static void connect_(Peer *peer, int is_publisher) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (peer->fd < 0) die("socket");
  if (source_address) {
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)source_address);
    setsockopt(peer->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(peer->fd, (struct sockaddr *)&from, sizeof from)) die("bind");
  }
  if (connect(peer->fd, (struct sockaddr *)&to, sizeof to)) die("connect");
  setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  handshake(peer->fd);
  if (IS_WS) {
    static const Blob end = {(uint8_t *)"\r\n\r\n", 4};
    const char *path = PROTOCOLS[protocol].path, *subprotocol = PROTOCOLS[protocol].subprotocol;
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
                          path ? path : is_publisher ? "/publish" : "/read",
                          subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "",
                          subprotocol ? "\r\n" : "");
    send_all(peer->fd, (uint8_t *)request, (size_t)length);
    await_bytes(peer->fd, end);
  }
  if (hello.length) {
    say(peer, text_opcode(), hello.bytes, hello.length);
    await_bytes(peer->fd, welcome);
  }
  peer->after_hello = 1;
}

/* Puts the number of a topic in its place, if there is one. */
static void number(uint8_t *at, long topic) {
  for (int digit = 6; digit > 0; digit--, topic /= 10) at[digit] = (uint8_t)('0' + topic % 10);
}

static void ask(Peer *peer, Blob what, long topic) {
  if (!what.length) return;
  long at = find(what, "t00");
  if (at >= 0) number(what.bytes + at, topic);
  say(peer, text_opcode(), what.bytes, what.length);
  if (at >= 0) number(what.bytes + at, 0);
  await_bytes(peer->fd, done_);
}

/* Connections that only hold subscriptions. */
static void stand_by(const char *folder) {
  Blob all = blob(folder, "bystanders");
  long topic = 0;
  for (long i = 0; i < bystander_count; i++) {
    Peer peer = {0};
    connect_(&peer, 0);
    for (size_t at = 0; at + 4 <= all.length;) {
      uint32_t length;
      memcpy(&length, all.bytes + at, 4);
      Blob one = {all.bytes + at + 4, length};
      ask(&peer, one, topic++);
      at += 4 + length;
    }
  }
}

static Peer *join_(long count, Role role, Blob subscription) {
  Peer *peers = calloc((size_t)count + 1, sizeof *peers);
  for (long i = 0; i < count; i++) {
    peers[i].role = role;
    connect_(&peers[i], role == PUBLISHER);
    ask(&peers[i], subscription, i);
    fcntl(peers[i].fd, F_SETFL, O_NONBLOCK);
  }
  return peers;
}

/* ── publishing ── */

/* The next message of a publisher, in its place in `publish`. @param stamp_ns  goes behind the index, unless 0 */
static void next_message(Peer *from, uint64_t stamp_ns) {
  static const char hex[] = "0123456789abcdef";
  uint64_t index = from->sent++;
  if (id_at >= 0)
    for (int digit = 0; digit < 12; digit++) publish.bytes[id_at + digit] = (uint8_t)hex[index >> (44 - 4 * digit) & 15];
  if (INNER == JSON)
    for (int digit = 0; digit < 16; digit++)
      publish.bytes[payload_at + 8 + digit] = (uint8_t)hex[index >> (60 - 4 * digit) & 15];
  else memcpy(publish.bytes + payload_at, &index, 8);
  if (stamp_ns) memcpy(publish.bytes + payload_at + 8, &stamp_ns, 8);
  if (topic_at >= 0) number(publish.bytes + topic_at, publisher_count > 1 ? from - publishers : (long)(index % (uint64_t)topics));
}

static size_t burst(uint8_t *out, Peer *from, long count, uint64_t stamp_ns) {
  static uint8_t packed[MOST_OUT_BYTES + (1 << 16)];
  size_t filled = 0, packed_filled = 0;
  for (long i = 0; i < count; i++) {
    next_message(from, stamp_ns);
    if (prefix.length) filled += frame(out + filled, 1, prefix.bytes, prefix.length);
    if (IS_PACKED) {
      packed_filled += put_varint(packed + packed_filled, publish.length);
      memcpy(packed + packed_filled, publish.bytes, publish.length);
      packed_filled += publish.length;
    } else if (IS_WS) filled += frame(out + filled, text_opcode() == 1 && INNER == JSON ? 1 : 2, publish.bytes, publish.length);
    else {
      if (INNER == RECORDS) filled += put_varint(out + filled, publish.length);
      memcpy(out + filled, publish.bytes, publish.length);
      filled += publish.length;
    }
  }
  if (IS_PACKED) filled += frame(out, 2, packed, packed_filled);
  return filled;
}

static void between_messages(void) {
  Peer *due = pong_due;
  in_message = pong_due = NULL;
  if (due) pong(due);
}

/* What has arrived everywhere. */
static uint64_t arrived(void) {
  if (is_ack || publisher_count > 1) return all_received;
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < reader_count; i++)
    if (readers[i].next < least) least = readers[i].next;
  return least;
}

static int poller_of_all(void) {
  int poller = epoll_create1(0);
  Peer *groups[] = {readers, publishers, watchers};
  long counts[] = {reader_count, publisher_count, watcher_count};
  for (int group = 0; group < 3; group++)
    for (long i = 0; i < counts[group]; i++) {
      struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &groups[group][i]};
      epoll_ctl(poller, EPOLL_CTL_ADD, groups[group][i].fd, &interest);
    }
  return poller;
}

/* Counts what happens in a stretch of time. */
static int server_pid;
static uint64_t start_ns, start_cpu, start_received;

static void begin_counting(void) {
  start_cpu = cpu_ns(server_pid);
  start_received = all_received;
  start_ns = now_ns();
}

static void tell(const char *more) {
  uint64_t received = all_received - start_received, took = now_ns() - start_ns;
  printf("{\"received\":%llu,\"perSecond\":%.1f,\"cpuUs\":%.4f%s}\n", (unsigned long long)received,
         (double)received * 1e9 / (double)took, (double)(cpu_ns(server_pid) - start_cpu) / 1e3 / (double)received, more);
}

static void closed_loop(uint64_t window, uint64_t warm, uint64_t run) {
  long size = (long)(publish.length + prefix.length + 64);
  long count = most_burst * size > MOST_OUT_BYTES ? MOST_OUT_BYTES / size : most_burst;
  if (count < 1) count = 1;
  if ((uint64_t)count > window) count = (long)window;
  uint8_t *out = malloc((size_t)(count * size) + 64);
  size_t out_at = 0, out_end = 0;
  uint64_t sent = 0, begun = now_ns(), progress_ns = begun, progress = 0;
  struct epoll_event events[256];
  int poller = poller_of_all(), turn = 0;
  Peer *from = publishers;
  for (;;) {
    uint64_t now = now_ns();
    if (!start_ns && now - begun >= warm) begin_counting();
    if (start_ns && now > start_ns && now - start_ns >= run) break;
    if (out_at == out_end) {
      between_messages();
      uint64_t room = window - (sent - arrived());
      if (room >= (uint64_t)count) {
        from = &publishers[turn];
        turn = (turn + 1) % publisher_count;
        out_at = 0;
        out_end = burst(out, from, count, 0);
        sent += (uint64_t)count;
        in_message = from;
      }
    }
    if (out_at < out_end) {
      ssize_t wrote = put(from->fd, out + out_at, out_end - out_at);
      if (wrote > 0) out_at += (size_t)wrote;
      else if (wrote < 0 && errno != EAGAIN) die("publish");
    }
    int ready = epoll_wait(poller, events, 256, 0);
    for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    if (arrived() != progress) {
      progress = arrived();
      progress_ns = now;
    } else if (now > progress_ns && now - progress_ns > 30000000000ull) {
      errno = 0;
      die("nothing arrived for thirty seconds");
    }
  }
}

/* ── at a pace ── */

static uint32_t *late_us;
static size_t late_count;

/* Keeps how late a message is that the first reader has. */
static void note_lateness(Peer *peer, const uint8_t *bytes) {
  uint64_t planned;
  memcpy(&planned, bytes + 8, 8);
  if (peer == readers && start_ns && planned > start_ns && late_count < MOST_LATE)
    late_us[late_count++] = (uint32_t)((now_ns() - planned) / 1000);
}

static int ascending(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double quantile_us(double q) {
  if (!late_count) return 0;
  qsort(late_us, late_count, sizeof *late_us, ascending);
  return late_us[(size_t)(q * (double)(late_count - 1))];
}

static void wait_until(int poller, uint64_t planned) {
  struct epoll_event events[256];
  uint64_t now = now_ns(), left = planned > now ? planned - now : 0;
  struct timespec time = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
  int ready = epoll_pwait2(poller, events, 256, &time, NULL);
  for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
}

static void at_a_pace(uint64_t warm, uint64_t run) {
  uint64_t every = 1000000000ull / (uint64_t)hz, begun = now_ns(), step = every / (uint64_t)publisher_count;
  uint8_t *out = malloc(publish.length + prefix.length + 64);
  int poller = poller_of_all();
  seen = note_lateness;
  for (uint64_t tick = 1;; tick++) {
    uint64_t planned = begun + tick * step;
    while (now_ns() < planned) wait_until(poller, planned);
    if (!start_ns && planned - begun >= warm) begin_counting();
    if (start_ns && now_ns() - start_ns >= run) break;
    Peer *from = &publishers[tick % (uint64_t)publisher_count];
    send_all(from->fd, out, burst(out, from, 1, planned));
  }
}

/* Answers what servers ask of silent connections, until a line comes. */
static int hold(void) {
  struct epoll_event events[256], line_ = {.events = EPOLLIN, .data.ptr = NULL};
  int poller = poller_of_all();
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &line_);
  for (;;) {
    int ready = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < ready; i++) {
      if (!events[i].data.ptr) return 0;
      receive(events[i].data.ptr);
    }
  }
}

static int floor_(uint64_t run) {
  uint64_t begun = now_ns(), planned = begun;
  int poller = epoll_create1(0);
  while (planned - begun < run) {
    planned += 10000000;
    while (now_ns() < planned) wait_until(poller, planned);
    late_us[late_count++] = (uint32_t)((now_ns() - planned) / 1000);
  }
  printf("{\"p50Us\":%.0f,\"p99Us\":%.0f}\n", quantile_us(0.5), quantile_us(0.99));
  return 0;
}

static void option(const char *word) {
  static const struct {
    const char *name;
    long *value;
  } all[] = {{"topics", &topics},         {"burst", &most_burst},           {"watchers", &watcher_count},
             {"stalled", &stalled_count}, {"bystanders", &bystander_count}, {"hz", &hz},
             {"source", &source_address}};
  const char *equals = strchr(word, '=');
  for (size_t i = 0; equals && i < sizeof all / sizeof *all; i++)
    if (strlen(all[i].name) == (size_t)(equals - word) && !strncmp(all[i].name, word, (size_t)(equals - word))) {
      *all[i].value = atol(equals + 1);
      return;
    }
  die(word);
}

int main(int count, char **words) {
  if (count < 10) die("usage: load PROTOCOL MODE PORT PID READERS WINDOW WARM_MS RUN_MS SCRIPT [name=value ...]");
  const char *mode = words[2], *folder = words[9];
  const int known = (int)(sizeof PROTOCOLS / sizeof *PROTOCOLS);
  while (protocol < known && strcmp(PROTOCOLS[protocol].name, words[1])) protocol++;
  if (protocol == known) die("no such protocol");
  port = atoi(words[3]);
  server_pid = atoi(words[4]);
  reader_count = atoi(words[5]);
  uint64_t window = strtoull(words[6], NULL, 10);
  uint64_t warm = strtoull(words[7], NULL, 10) * 1000000ull, run = strtoull(words[8], NULL, 10) * 1000000ull;
  for (int i = 10; i < count; i++) option(words[i]);
  late_us = malloc(MOST_LATE * sizeof *late_us);
  if (!strcmp(mode, "floor")) return floor_(run);

  is_ack = !strcmp(mode, "ack");
  hello = blob(folder, "hello");
  welcome = blob(folder, "welcome");
  subscribe_ = blob(folder, "subscribe");
  watch = blob(folder, "watch");
  done_ = blob(folder, "done");
  publish = blob(folder, "publish");
  prefix = blob(folder, "prefix");
  credit = blob(folder, "credit");
  stream = blob(folder, "stream");
  id_at = find(publish, "0123456789ab");
  payload_at = find(publish, "PAYLOAD!");
  topic_at = find(publish, "t000000");

  readers = join_(reader_count, READER, subscribe_);
  if (!strcmp(mode, "idle")) {
    printf("ready\n");
    fflush(stdout);
    return hold();
  }
  if (payload_at < 0) die("publish.bin has no payload");
  publisher_count = !strcmp(mode, "pairs") || !strcmp(mode, "pace") ? reader_count : 1;
  Blob nothing = {0};
  publishers = join_(publisher_count, PUBLISHER, nothing);
  watchers = join_(watcher_count, WATCHER, watch);
  join_(stalled_count, WATCHER, subscribe_);
  stand_by(folder);
  if (stream.length && is_ack) {
    static const Blob created = {(uint8_t *)"\"created\"", 9};
    say(publishers, 2, stream.bytes, stream.length);
    await_bytes(publishers->fd, created);
    usleep(50000);
    uint8_t rest[4096];
    while (get(publishers->fd, rest, sizeof rest) > 0) {}
  }

  char more[128] = "";
  if (strcmp(mode, "pace")) closed_loop(window, warm, run);
  else {
    at_a_pace(warm, run);
    snprintf(more, sizeof more, ",\"p50Us\":%.0f,\"p99Us\":%.0f", quantile_us(0.5), quantile_us(0.99));
  }
  tell(more);
  return 0;
}
