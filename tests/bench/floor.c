/* The floor: what a chat server costs that does nothing but move bytes. One bare epoll loop, which knows as much of
 * IRC as the generator needs: NICK, JOIN, PRIVMSG, PING, PONG. It checks nothing, remembers nothing, and writes what
 * a turn has brought once per connection, at the end of the turn.
 *
 *     floor [--confirm]      prints its port; names are a letter and a number, rooms "#r" and a number
 *
 * --confirm: private messages are followed by a PING, at most one in flight for each connection, as imd does it for
 * accounts.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEOPLE 20000
#define ROOMS 1000
#define EVENTS 1024

struct peer {
    int fd, number;
    char name[16];
    char *in, *out;
    size_t in_length, out_length, out_room;
    bool dirty, unconfirmed, ping_in_flight, blocked;
};

struct room {
    struct peer **members;
    int count, space;
};

static struct peer *people[PEOPLE], *dirty[PEOPLE];
static struct room rooms[ROOMS];
static int dirty_count, poller;
static bool confirm;
static char scratch[1 << 17];

static void put(struct peer *peer, const char *data, size_t length)
{
    if (peer->out_length + length > peer->out_room) {
        peer->out_room = (peer->out_length + length) * 2;
        peer->out = realloc(peer->out, peer->out_room);
        if (!peer->out)
            abort();
    }
    memcpy(peer->out + peer->out_length, data, length);
    peer->out_length += length;
    if (!peer->dirty && dirty_count < PEOPLE) {
        peer->dirty = true;
        dirty[dirty_count++] = peer;
    }
}

static void message(struct peer *peer, const char *target, const char *body)
{
    char line[1200];
    int size = snprintf(line, sizeof line, ":%s!bench@127.0.0.1 PRIVMSG %s %s\r\n", peer->name, target, body);
    if (size < 0 || (size_t)size >= sizeof line)
        return;
    if (target[0] == '#') {
        struct room *room = &rooms[(unsigned)atoi(target + 2) % ROOMS];
        for (int i = 0; i < room->count; i++)
            if (room->members[i] != peer)
                put(room->members[i], line, (size_t)size);
        return;
    }
    struct peer *to = people[(unsigned)atoi(target + 1) % PEOPLE];
    if (to) {
        put(to, line, (size_t)size);
        to->unconfirmed = true;
    }
}

static void join(struct peer *peer, const char *name)
{
    char line[128];
    struct room *room = &rooms[(unsigned)atoi(name + 2) % ROOMS];
    if (room->count == room->space) {
        room->space = room->space ? room->space * 2 : 16;
        room->members = realloc(room->members, (size_t)room->space * sizeof *room->members);
        if (!room->members)
            abort();
    }
    room->members[room->count++] = peer;
    put(peer, line, (size_t)snprintf(line, sizeof line, ":floor 366 %s %.60s :End\r\n", peer->name, name));
}

static void command(struct peer *peer, char *line)
{
    char *rest = strchr(line, ' '), reply[128];
    if (!rest)
        return;
    *rest++ = 0;
    if (!strcmp(line, "PRIVMSG")) {
        char *body = strchr(rest, ' ');
        if (body) {
            *body++ = 0;
            message(peer, rest, body);
        }
    } else if (!strcmp(line, "PONG")) {
        peer->ping_in_flight = false;
        if (peer->unconfirmed)
            put(peer, "", 0);
    } else if (!strcmp(line, "PING"))
        put(peer, reply, (size_t)snprintf(reply, sizeof reply, ":floor PONG floor %.80s\r\n", rest));
    else if (!strcmp(line, "NICK")) {
        snprintf(peer->name, sizeof peer->name, "%s", rest);
        peer->number = (int)((unsigned)atoi(rest + 1) % PEOPLE);
        people[peer->number] = peer;
        put(peer, reply, (size_t)snprintf(reply, sizeof reply, ":floor 001 %.15s :Welcome\r\n", rest));
    } else if (!strcmp(line, "JOIN"))
        join(peer, rest);
}

static void gone(struct peer *peer)
{
    if (peer->number >= 0 && people[peer->number] == peer)
        people[peer->number] = NULL;
    for (int i = 0; i < ROOMS; i++)
        for (int k = 0; k < rooms[i].count; k++)
            if (rooms[i].members[k] == peer)
                rooms[i].members[k--] = rooms[i].members[--rooms[i].count];
    for (int i = 0; i < dirty_count; i++)
        if (dirty[i] == peer)
            dirty[i--] = dirty[--dirty_count];
    close(peer->fd);
    free(peer->in);
    free(peer->out);
    free(peer);
}

static void readable(struct peer *peer)
{
    size_t kept = peer->in_length;
    memcpy(scratch, peer->in, kept);
    ssize_t got = recv(peer->fd, scratch + kept, sizeof scratch - kept, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            gone(peer);
        return;
    }
    char *at = scratch, *end = scratch + kept + got, *stop;
    while ((stop = memchr(at, '\n', (size_t)(end - at)))) {
        *(stop > at && stop[-1] == '\r' ? stop - 1 : stop) = 0;
        command(peer, at);
        at = stop + 1;
    }
    peer->in_length = (size_t)(end - at);
    if (peer->in_length > sizeof scratch / 2) {
        gone(peer);
        return;
    }
    if (peer->in_length) {
        peer->in = realloc(peer->in, peer->in_length);
        memcpy(peer->in, at, peer->in_length);
    }
}

static void watch(struct peer *peer, bool writable)
{
    struct epoll_event wanted = {.events = EPOLLIN | (writable ? EPOLLOUT : 0), .data.ptr = peer};
    if (peer->blocked != writable)
        epoll_ctl(poller, EPOLL_CTL_MOD, peer->fd, &wanted);
    peer->blocked = writable;
}

static void flush(struct peer *peer)
{
    if (confirm && peer->unconfirmed && !peer->ping_in_flight) {
        peer->unconfirmed = false;
        peer->ping_in_flight = true;
        put(peer, "PING :0123456789abcdef\r\n", 24);
    }
    size_t at = 0;
    while (at < peer->out_length) {
        ssize_t sent = send(peer->fd, peer->out + at, peer->out_length - at, MSG_NOSIGNAL);
        if (sent < 0)
            break;
        at += (size_t)sent;
    }
    memmove(peer->out, peer->out + at, peer->out_length - at);
    peer->out_length -= at;
    watch(peer, peer->out_length > 0);
}

int main(int count, char **arguments)
{
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    struct rlimit files;
    confirm = count > 1 && !strcmp(arguments[1], "--confirm");
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (listener < 0 || bind(listener, (struct sockaddr *)&where, size) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&where, &size)) {
        perror("floor");
        return 1;
    }
    poller = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted);
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);
    for (;;) {
        static struct epoll_event events[EVENTS];
        int ready = epoll_wait(poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr) {
                if (events[i].events & EPOLLOUT)
                    put(events[i].data.ptr, "", 0); /* to be flushed again */
                if (events[i].events & ~(uint32_t)EPOLLOUT)
                    readable(events[i].data.ptr);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            struct peer *peer = fd < 0 ? NULL : calloc(1, sizeof *peer);
            if (!peer)
                continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            peer->fd = fd;
            peer->number = -1;
            wanted = (struct epoll_event){.events = EPOLLIN, .data.ptr = peer};
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted);
        }
        for (int i = 0; i < dirty_count; i++) {
            flush(dirty[i]);
            dirty[i]->dirty = false;
        }
        dirty_count = 0;
    }
}
