/*
 * A bare relay for the bus benches: what one core of this machine can do with the work of a broadcast and nothing else.
 * It unmasks, looks for the topic, appends a sequence and a time, frames once, and writes the same bytes to everyone who
 * asked for "/read". No authentication, no routing, no limits; a reader that stalls stalls everyone.
 *
 *   relay        listens on a free port of the loopback and prints it
 */
#define _GNU_SOURCE
#include <errno.h>
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

enum { IN_BYTES = 1 << 18, BUFFER_BYTES = 2 * IN_BYTES, OUT_BYTES = 2 * BUFFER_BYTES, MAX_READERS = 4096 };

typedef struct {
  int fd, upgraded;
  size_t filled;
  uint8_t *bytes;
} Peer;

static Peer *readers[MAX_READERS];
static int reader_count;
static uint64_t sequence;
static uint8_t out[OUT_BYTES];
static volatile uint32_t topic_seen; /* so that the scan is not left out by the compiler */

static uint8_t *varint(uint8_t *at, uint64_t value) {
  for (; value >= 128; value >>= 7) *at++ = (uint8_t)(value | 128);
  *at++ = (uint8_t)value;
  return at;
}

static void unmask(uint8_t *bytes, size_t length, uint32_t key) {
  uint64_t wide = (uint64_t)key << 32 | key, word;
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    memcpy(&word, bytes + i, 8);
    word ^= wide;
    memcpy(bytes + i, &word, 8);
  }
  for (; i < length; i++) bytes[i] ^= ((uint8_t *)&key)[i & 3];
}

/* Length of the topic (field 3) of an envelope whose fields are length-delimited or varints. */
static uint32_t scan(const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    uint8_t tag = *at++;
    uint64_t value = 0;
    for (int shift = 0; at < end; shift += 7) {
      value |= (uint64_t)(*at & 127) << shift;
      if (*at++ < 128) break;
    }
    if (tag == 0x1a) return (uint32_t)value;
    if ((tag & 7) == 2) at += value;
  }
  return 0;
}

static void write_all(int fd, const uint8_t *bytes, size_t length) {
  while (length) {
    ssize_t wrote = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (wrote > 0) {
      bytes += wrote;
      length -= (size_t)wrote;
    } else if (errno == EAGAIN) {
      struct pollfd wait = {fd, POLLOUT, 0};
      poll(&wait, 1, 1000);
    } else return;
  }
}

static void upgrade(Peer *peer) {
  /* The answer to the key the load sends. */
  static const char answer[] =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Protocol: arqonbus.v1.proto\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n";
  if (!memmem(peer->bytes, peer->filled, "\r\n\r\n", 4)) return;
  if (!memcmp(peer->bytes, "GET /read", 9) && reader_count < MAX_READERS) readers[reader_count++] = peer;
  write_all(peer->fd, (const uint8_t *)answer, sizeof answer - 1);
  peer->upgraded = 1;
  peer->filled = 0;
}

static void drop(Peer *peer) {
  for (int i = 0; i < reader_count; i++)
    if (readers[i] == peer) readers[i--] = readers[--reader_count];
  close(peer->fd);
  free(peer->bytes);
  free(peer);
}

static void relay(Peer *peer) {
  struct timespec clock;
  size_t at = 0;
  uint8_t *to = out;
  clock_gettime(CLOCK_REALTIME, &clock);
  uint64_t now_us = (uint64_t)clock.tv_sec * 1000000ull + (uint64_t)clock.tv_nsec / 1000;
  while (peer->filled - at >= 8) {
    uint8_t *frame = peer->bytes + at;
    size_t length = frame[1] & 127, header = 6;
    if (length == 126) {
      length = (size_t)frame[2] << 8 | frame[3];
      header = 8;
    }
    if (peer->filled - at < header + length) break;
    uint8_t *message = frame + header;
    uint32_t key;
    memcpy(&key, message - 4, 4);
    unmask(message, length, key);
    topic_seen += scan(message, message + length);
    uint8_t stamp[24], *end = stamp;
    *end++ = 0x10;
    end = varint(end, ++sequence);
    *end++ = 0x50;
    end = varint(end, now_us);
    size_t total = length + (size_t)(end - stamp);
    *to++ = 0x82;
    if (total < 126) *to++ = (uint8_t)total;
    else {
      *to++ = 126;
      *to++ = (uint8_t)(total >> 8);
      *to++ = (uint8_t)total;
    }
    memcpy(to, message, length);
    memcpy(to + length, stamp, (size_t)(end - stamp));
    to += total;
    at += header + length;
  }
  memmove(peer->bytes, peer->bytes + at, peer->filled - at);
  peer->filled -= at;
  if (to > out)
    for (int i = 0; i < reader_count; i++) write_all(readers[i]->fd, out, (size_t)(to - out));
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poller = epoll_create1(0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event interest = {.events = EPOLLIN}, events[128];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &interest);
  for (;;) {
    int ready = epoll_wait(poller, events, 128, -1);
    for (int i = 0; i < ready; i++) {
      Peer *peer = events[i].data.ptr;
      if (!peer) {
        peer = calloc(1, sizeof *peer);
        peer->fd = accept(listener, NULL, NULL);
        peer->bytes = malloc(BUFFER_BYTES);
        setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        interest.data.ptr = peer;
        epoll_ctl(poller, EPOLL_CTL_ADD, peer->fd, &interest);
        continue;
      }
      ssize_t count = recv(peer->fd, peer->bytes + peer->filled, IN_BYTES, MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) continue;
      if (count <= 0) {
        drop(peer);
        continue;
      }
      peer->filled += (size_t)count;
      if (peer->upgraded) relay(peer);
      else upgrade(peer);
    }
  }
}
