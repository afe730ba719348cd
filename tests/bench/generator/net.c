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
static char scratch[1 << 18];

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

void net_connect(struct client *client)
{
    int yes = 1;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->began = now_ns();
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (client->fd < 0) {
        fail("socket: %s", strerror(errno));
        return;
    }
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(client->fd, (struct sockaddr *)&where, sizeof where) < 0 && errno != EINPROGRESS) {
        fail("connect: %s", strerror(errno));
        return;
    }
    client->stage = CONNECTING;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = client};
    client->writable_wanted = true;
    epoll_ctl(poller, EPOLL_CTL_ADD, client->fd, &event);
}

void net_close(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->stage = CLOSED;
    free(client->in.data);
    free(client->out.data);
    memset(&client->in, 0, sizeof client->in);
    memset(&client->out, 0, sizeof client->out);
}

void net_write(struct client *client, const char *data, size_t length)
{
    append(&client->out, data, length);
    if (!client->dirty) {
        client->dirty = true;
        dirty[dirty_count++] = client;
    }
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

static void want_writable(struct client *client, bool wanted)
{
    if (client->writable_wanted == wanted)
        return;
    client->writable_wanted = wanted;
    struct epoll_event event = {.events = EPOLLIN | (wanted ? EPOLLOUT : 0), .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
}

static void flush(struct client *client)
{
    if (client->stage == CLOSED || client->stage == CONNECTING)
        return;
    size_t at = 0;
    while (at < client->out.length) {
        ssize_t sent = send(client->fd, client->out.data + at, client->out.length - at, MSG_NOSIGNAL);
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
    memmove(client->out.data, client->out.data + at, client->out.length - at);
    client->out.length -= at;
    want_writable(client, client->out.length > 0);
}

/* Lines in `data`; what is left over of the last one. */
static size_t split(struct client *client, char *data, size_t length)
{
    char *at = data, *end = data + length, *stop;
    while (client->stage != CLOSED && (stop = memchr(at, '\n', (size_t)(end - at)))) {
        char *last = stop > at && stop[-1] == '\r' ? stop - 1 : stop;
        *last = 0;
        protocol->line(client, at, (size_t)(last - at));
        at = stop + 1;
    }
    return (size_t)(end - at);
}

static void readable(struct client *client)
{
    size_t kept = client->in.length;
    if (kept > sizeof scratch / 2) {
        lost_connection(client, "a line without end");
        return;
    }
    memcpy(scratch, client->in.data, kept);
    ssize_t got = recv(client->fd, scratch + kept, sizeof scratch - kept, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            lost_connection(client, got ? strerror(errno) : "closed by the server");
        return;
    }
    reads++;
    size_t whole = kept + (size_t)got, left = split(client, scratch, whole);
    if (client->stage == CLOSED)
        return;
    client->in.length = 0;
    if (left)
        append(&client->in, scratch + whole - left, left);
    protocol->turn_over(client);
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
    client->stage = SIGNING_ON;
    want_writable(client, false);
    protocol->greet(client);
}

void net_turn(int timeout_ms)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (client->stage == CONNECTING && events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
            connected(client);
        else if (client->stage != CLOSED && client->stage != CONNECTING) {
            if (events[i].events & EPOLLOUT)
                flush(client);
            if (client->stage != CLOSED && events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
                readable(client);
        }
    }
    for (int i = 0; i < dirty_count; i++) {
        dirty[i]->dirty = false;
        flush(dirty[i]);
    }
    dirty_count = 0;
}
