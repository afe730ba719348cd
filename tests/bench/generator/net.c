/* Connections: one epoll, lines in, and everything said in a turn written at its end in one send. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 1024

static int poller;
static struct client **dirty;
static int dirty_count;
/* A byte more than is read, for a NUL after a frame. */
static char scratch[(1 << 18) + 1];
static uint64_t ticked;

#define TICK 5000000u /* ns between two looks at what is due on datagrams */

static bool by_datagrams(void) { return opt.transport == UDP || opt.transport == DTLS; }

void append(struct buffer *buffer, const char *data, size_t length)
{
    if (buffer->length + length > buffer->room) {
        buffer->room = (buffer->length + length) * 2;
        buffer->data = realloc(buffer->data, buffer->room);
        if (!buffer->data)
            abort();
    }
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

void net_start(void)
{
    poller = epoll_create1(0);
    dirty = calloc((size_t)opt.clients + 1, sizeof *dirty);
}

static void want_writable(struct client *client, bool wanted)
{
    if (client->writable_wanted == wanted)
        return;
    client->writable_wanted = wanted;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
}

/* The first step of a handshake, or the next. */
static void secure(struct client *client)
{
    if (client->stage == CONNECTING) {
        client->stage = SECURING;
        tls_begin(client);
    }
    int done = failure[0] ? 0 : tls_handshake(client);
    if (done < 0)
        lost_connection(client, "the TLS handshake failed");
    else if (done && opt.transport == DTLS) {
        client->stage = CONNECTING;
        packets_open(client);
    } else if (done) {
        client->stage = SIGNING_ON;
        protocol->greet(client);
    }
}

void net_connect(struct client *client)
{
    int yes = 1;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->began = now_ns();
    client->fd = socket(AF_INET, (by_datagrams() ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    if (client->fd < 0) {
        fail("socket: %s", strerror(errno));
        return;
    }
    if (!by_datagrams())
        setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(client->fd, (struct sockaddr *)&where, sizeof where) < 0 && errno != EINPROGRESS) {
        fail("connect: %s", strerror(errno));
        return;
    }
    client->stage = CONNECTING;
    client->writable_wanted = !by_datagrams();
    struct epoll_event event = {.events = EPOLLIN | (client->writable_wanted ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event);
    if (opt.transport == UDP)
        packets_open(client);
    else if (opt.transport == DTLS)
        secure(client);
}

void net_close(struct client *client)
{
    tls_end(client);
    packets_close(client);
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->stage = CLOSED;
    free(client->in.data);
    free(client->out.data);
    free(client->wire.data);
    memset(&client->wire, 0, sizeof client->wire);
    memset(&client->in, 0, sizeof client->in);
    memset(&client->out, 0, sizeof client->out);
}

void net_dirty(struct client *client)
{
    if (!client->dirty) {
        client->dirty = true;
        dirty[dirty_count++] = client;
    }
}

void net_write(struct client *client, const char *data, size_t length)
{
    append(&client->out, data, length);
    net_dirty(client);
}

void net_print(struct client *client, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof text)
        fail("a line is too long for the generator");
    else
        net_write(client, text, (size_t)length);
}

/* Each line is a message; empty ones mean something on streams only. */
static void flush_datagrams(struct client *client)
{
    char *at = client->out.data, *end = at + client->out.length, *stop;
    while (at < end && (stop = memchr(at, '\n', (size_t)(end - at)))) {
        if (stop > at)
            packets_say(client, at, (size_t)(stop - at));
        at = stop + 1;
    }
    client->out.length = 0;
    packets_flush(client);
}

static void flush(struct client *client)
{
    if (client->stage == CLOSED || client->stage == SECURING)
        return;
    if (by_datagrams()) {
        flush_datagrams(client);
        return;
    }
    if (client->stage == CONNECTING)
        return;
    struct buffer *out = &client->out;
    if (opt.transport == WEBSOCKET) {
        frames_wrap(client);
        out = &client->wire;
    }
    size_t at = 0;
    while (at < out->length) {
        const char *rest = out->data + at;
        size_t length = out->length - at;
        ssize_t sent = client->tls ? tls_write(client, rest, length) : send(client->fd, rest, length, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN)
                lost_connection(client, strerror(errno));
            break;
        }
        at += (size_t)sent;
        written++;
    }
    if (client->stage == CLOSED)
        return;
    memmove(out->data, out->data + at, out->length - at);
    out->length -= at;
    want_writable(client, out->length > 0);
}

/* Lines in `data`; what is left over of the last one. */
static size_t split(struct client *client, char *data, size_t length)
{
    char *at = data, *end = data + length, *stop;
    if (opt.transport == WEBSOCKET)
        return frames_split(client, data, length);
    while (client->stage != CLOSED && (stop = memchr(at, '\n', (size_t)(end - at)))) {
        char *last = stop > at && stop[-1] == '\r' ? stop - 1 : stop;
        *last = 0;
        protocol->line(client, at, (size_t)(last - at));
        at = stop + 1;
    }
    return (size_t)(end - at);
}

static void readable_datagrams(struct client *client)
{
    for (int i = 0; i < 64 && client->stage != CLOSED; i++) {
        if (client->stage == SECURING) {
            secure(client);
            return;
        }
        ssize_t got = client->tls ? tls_read(client, scratch, sizeof scratch)
                                  : recv(client->fd, scratch, sizeof scratch, 0);
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN)
                lost_connection(client, got ? strerror(errno) : "closed by the server");
            break;
        }
        reads++;
        packets_received(client, (unsigned char *)scratch, (size_t)got);
    }
    if (client->stage != CLOSED)
        protocol->turn_over(client);
}

/* Whether there may be more: TLS keeps what it has read. */
static bool read_some(struct client *client)
{
    size_t kept = client->in.length;
    if (kept > sizeof scratch / 2) {
        lost_connection(client, "a line without end");
        return false;
    }
    memcpy(scratch, client->in.data, kept);
    ssize_t got = client->tls ? tls_read(client, scratch + kept, sizeof scratch - 1 - kept)
                              : recv(client->fd, scratch + kept, sizeof scratch - 1 - kept, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            lost_connection(client, got ? strerror(errno) : "closed by the server");
        return false;
    }
    reads++;
    size_t whole = kept + (size_t)got, left = split(client, scratch, whole);
    if (client->stage == CLOSED)
        return false;
    client->in.length = 0;
    if (left)
        append(&client->in, scratch + whole - left, left);
    protocol->turn_over(client);
    return client->tls != NULL;
}

static void readable(struct client *client)
{
    while (read_some(client))
        ;
}

static void connected(struct client *client)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        lost_connection(client, strerror(error));
        return;
    }
    want_writable(client, false);
    if (opt.transport == TLS) {
        secure(client);
        return;
    }
    client->stage = SIGNING_ON;
    if (opt.transport == WEBSOCKET)
        frames_begin(client);
    else
        protocol->greet(client);
}

/* Acknowledgements that wait for company, and what must be said again. */
static void tick(void)
{
    uint64_t now = now_ns();
    if (now - ticked < TICK)
        return;
    ticked = now;
    for (int i = 0; i <= opt.clients; i++) {
        if (clients[i].stage == SECURING)
            tls_timeout(&clients[i]);
        else if (clients[i].stage != IDLE && clients[i].stage != CLOSED)
            packets_tick(&clients[i], now);
    }
}

void net_turn(int timeout_ms)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (by_datagrams())
            readable_datagrams(client);
        else if (client->stage == SECURING)
            secure(client);
        else if (client->stage == CONNECTING && events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
            connected(client);
        else if (client->stage != CLOSED && client->stage != CONNECTING) {
            if (events[i].events & EPOLLOUT)
                flush(client);
            if (client->stage != CLOSED && events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
                readable(client);
        }
    }
    if (by_datagrams())
        tick();
    for (int i = 0; i < dirty_count; i++) {
        dirty[i]->dirty = false;
        flush(dirty[i]);
    }
    dirty_count = 0;
}
