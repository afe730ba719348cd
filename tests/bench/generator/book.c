/* The book: what was said, what has arrived, and what should not have.
 *
 * A body reads "B<run> FROM TO NUMBER TIME" and padding. Numbers of one sender to one destination grow by one, so a
 * receiver needs one counter for each sender it hears. A number below it has come before (or comes too late, which
 * is as bad); one above it leaves a gap that is found at the end, when fewer have been delivered than were said.
 */
#include "load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals totals;
struct histogram latencies, probes;
uint64_t last_arrival, settled_measured, delivered_measured;

void book_open(void)
{
    for (int i = 0; i < opt.clients + 1; i++) {
        struct client *client = &clients[i];
        client->heard = calloc(opt.scenario == ROOM || opt.scenario == PRESENCE ? (size_t)opt.senders : 1, sizeof *client->heard);
        if ((opt.scenario == ROOM || opt.scenario == PRESENCE) && i % opt.per_room < opt.senders)
            client->missing = calloc(RING, sizeof *client->missing);
    }
}

/* Whether `text` is this name, be it followed by "!user@host" or "@domain". */
static bool is_named(const char *text, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(text, name, length) && !isalnum((unsigned char)text[length]);
}

/* The counter for messages of `from`, or NULL if this client should not hear from it. */
static uint32_t *counter(struct client *client, int from, int to)
{
    if (opt.scenario == PAIRS)
        return from == (client->number ^ 1) && to == client->number ? &client->heard[0] : NULL;
    if (opt.scenario == OFFLINE)
        return to == client->number && client->number >= opt.senders &&
                       from == (client->number - opt.senders) % opt.senders
                   ? &client->heard[0]
                   : NULL;
    if ((opt.scenario == ROOM || opt.scenario == PRESENCE) && to == client->room && from >= 0 && from < opt.clients &&
        from / opt.per_room == client->room && from % opt.per_room < opt.senders && from != client->number)
        return &client->heard[from % opt.per_room];
    return NULL;
}

void arrived(struct client *client, const char *source, const char *target, const char *body)
{
    int from, to;
    unsigned number;
    unsigned long long said;
    char run[20], name[48];
    uint32_t *next;
    last_arrival = now_ns();
    if (sscanf(body, "B%16s %d %d %u %llu", run, &from, &to, &number, &said) != 5 || strcmp(run, run_name) ||
        !(next = counter(client, from, to))) {
        totals.stray++;
        return;
    }
    bool right = is_named(source, clients[from].name);
    if (opt.scenario == ROOM)
        snprintf(name, sizeof name, "#r%d", to);
    else
        snprintf(name, sizeof name, "%s", clients[to].name);
    /* Of a presence there is no other target than whoever is told. */
    if (!right || (opt.scenario != PRESENCE && !is_named(target, name))) {
        totals.stray++;
        return;
    }
    if (number < *next) {
        totals.repeated++;
        return;
    }
    *next = number + 1;
    totals.delivered++;
    if (measuring) {
        delivered_measured++;
        note(&latencies, last_arrival > said ? last_arrival - said : 0);
    }
    if (opt.scenario == ROOM || opt.scenario == PRESENCE) {
        if (--clients[from].missing[number % RING] == 0)
            line_complete(&clients[from], number);
    } else if (opt.scenario == PAIRS && talking && opt.rate <= 0)
        say_next(client, last_arrival);
}

void settled(struct client *client, bool accepted, const char *line)
{
    last_arrival = now_ns();
    totals.settled++;
    client->settled++;
    if (measuring)
        settled_measured++;
    if (!accepted && totals.refused++ < 3)
        fprintf(stderr, "not accepted: %s\n", line);
    if (opt.scenario == OFFLINE && talking)
        say_next(client, last_arrival);
}

/* What is still awaited: deliveries, and the server's word on what was sent. */
uint64_t under_way(void)
{
    uint64_t open = opt.native && opt.scenario != PRESENCE ? totals.said - totals.settled : 0;
    if (opt.scenario == OFFLINE && ready_count <= opt.senders)
        return open;
    return open + (totals.expected > totals.delivered ? totals.expected - totals.delivered : 0);
}

/* 32 cells per doubling: within 3 %. */
void note(struct histogram *histogram, uint64_t ns)
{
    int power = 63 - __builtin_clzll(ns | 32);
    histogram->cells[(power - 5) * 32 + (int)(ns >> (power - 5) & 31)]++;
    histogram->count++;
    if (ns > histogram->most)
        histogram->most = ns;
}

/* In microseconds. */
double quantile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;
    if (!histogram->count)
        return 0;
    for (int i = 0; i < 64 * 32; i++)
        if ((seen += histogram->cells[i]) > wanted)
            return (double)((uint64_t)(32 + i % 32) << (i / 32)) / 1000;
    return (double)histogram->most / 1000;
}
