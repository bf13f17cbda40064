/* A runtime that answers each event with itself, over the Runtime API as it is: one kept-alive connection, one request after the other. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char received[8 * 1024 * 1024];
static size_t length;
static char *body;
static size_t body_length;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void write_all(int fd, struct iovec *parts, int count) {
  while (count > 0) {
    ssize_t written = writev(fd, parts, count);
    if (written < 0) fail("write");
    while (count > 0 && (size_t)written >= parts->iov_len) written -= (parts++)->iov_len, count--;
    if (count > 0) parts->iov_base = (char *)parts->iov_base + written, parts->iov_len -= written;
  }
}

/* The value of a field of the head that was received; its line ends with CR. */
static char *field(const char *name) {
  size_t name_length = strlen(name);
  for (char *line = received; (line = strstr(line, "\r\n")) != NULL && line < body;) {
    line += 2;
    if (strncasecmp(line, name, name_length) == 0 && line[name_length] == ':') return line + name_length + 1 + strspn(line + name_length + 1, " ");
  }
  return NULL;
}

static void receive(int fd) {
  length = 0;
  body = NULL;
  for (;;) {
    ssize_t got = read(fd, received + length, sizeof received - 1 - length);
    if (got <= 0) fail("read");
    length += got;
    received[length] = 0;
    if (body == NULL && (body = strstr(received, "\r\n\r\n")) != NULL) {
      body += 4;
      char *given = field("Content-Length");
      body_length = given == NULL ? 0 : strtoul(given, NULL, 10);
    }
    if (body != NULL && length >= (size_t)(body - received) + body_length) return;
  }
}

int main(void) {
  char host[64], request[512];
  int port, on = 1;
  if (sscanf(getenv("AWS_LAMBDA_RUNTIME_API"), "%63[^:]:%d", host, &port) != 2) return 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &address.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (;;) {
    int head = snprintf(request, sizeof request, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: %s:%d\r\n\r\n", host, port);
    write_all(fd, &(struct iovec){request, head}, 1);
    receive(fd);
    char *id = field("Lambda-Runtime-Aws-Request-Id");
    if (id == NULL) return 1;
    head = snprintf(request, sizeof request, "POST /2018-06-01/runtime/invocation/%.36s/response HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", id, host, port, body_length);
    write_all(fd, (struct iovec[]){{request, head}, {body, body_length}}, 2);
    receive(fd);
  }
}
