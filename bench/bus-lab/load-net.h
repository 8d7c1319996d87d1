/* Sockets of the load: time, bytes in and out, plain or over TLS, and the frames of a WebSocket client. */
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

typedef struct {
  uint8_t *bytes;
  size_t length;
} Blob;

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

/* A file of the script; empty when there is none. */
static Blob blob(const char *folder, const char *name) {
  enum { MOST = 1 << 22 };
  char path[512];
  Blob made = {0};
  snprintf(path, sizeof path, "%s/%s.bin", folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) return made;
  made.bytes = malloc(MOST);
  made.length = fread(made.bytes, 1, MOST, file);
  fclose(file);
  return made;
}

static long find(Blob in, const char *what) {
  uint8_t *at = in.length ? memmem(in.bytes, in.length, what, strlen(what)) : NULL;
  return at ? at - in.bytes : -1;
}

static uint32_t random_state = 0x9e3779b9;

/* A random mask for every frame: with a zero mask unmasking would be free. */
static uint32_t mask_key(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state;
}

enum { FRAME_HEAD_BYTES = 14 };

/* Writes a client's frame; `payload` may lie at `out + FRAME_HEAD_BYTES` or before `out`. Returns its length. */
static size_t frame(uint8_t *out, int opcode, const uint8_t *payload, size_t length) {
  size_t at = 2;
  uint32_t key = mask_key();
  out[0] = (uint8_t)(0x80 | opcode);
  if (length < 126) out[1] = (uint8_t)(0x80 | length);
  else {
    int size = length < 65536 ? 2 : 8;
    out[1] = (uint8_t)(0x80 | (size == 2 ? 126 : 127));
    for (int i = 0; i < size; i++) out[2 + i] = (uint8_t)(length >> 8 * (size - 1 - i));
    at += (size_t)size;
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

/* Reads until `what` was seen: answers of the handshake come in their own time. */
static void await_bytes(int fd, Blob what) {
  static uint8_t bytes[65536];
  size_t filled = 0;
  while (!memmem(bytes, filled, what.bytes, what.length)) {
    struct pollfd wait = {fd, POLLIN, 0};
    if (filled == sizeof bytes || poll(&wait, 1, 20000) <= 0) {
      errno = 0;
      fprintf(stderr, "load: no \"%.*s\" in the answer: %.*s\n", (int)what.length, what.bytes,
              (int)(filled < 400 ? filled : 400), bytes);
      exit(1);
    }
    ssize_t count = get(fd, bytes + filled, sizeof bytes - filled);
    if (count < 0 && errno == EAGAIN) continue;
    if (count <= 0) die("a connection ended during its handshake");
    filled += (size_t)count;
  }
}
