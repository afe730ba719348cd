/* Who says what to whom, and when.
 *
 *     PAIRS    2n and 2n+1 talk; `window` messages are under way in each pair, whoever gets one sends the next back
 *     ROOM     the first `senders` of each room talk; a line is done, and the next is said, when all members have it
 *     OFFLINE  the first `senders` clients write to the others, who are away; they sign on afterwards and collect
 *     PRESENCE the first changes its presence whenever all others have been told of the last change
 *     CONNECT  nobody says anything
 *
 * With a rate, messages leave at even intervals instead, and count from the moment they are due.
 */
#include "load.h"

#include <stdio.h>
#include <string.h>

int ready_count, joined_count;
bool talking, measuring;
static uint64_t due_next;
static int turn_of;

void signed_on(struct client *client)
{
    if (client->stage != SIGNING_ON)
        return;
    client->stage = SYNCING;
    if (opt.native)
        answered(client); /* `welcome` is the last of it */
    else
        protocol->ask(client);
}

void answered(struct client *client)
{
    if (client->stage == SYNCING) {
        client->stage = READY;
        client->began = 0;
        if (!client->probe)
            ready_count++;
    } else if (client->probe && client->stage == READY && client->began) {
        note(&probes, now_ns() - client->began);
        client->began = 0;
    }
}

void joined(struct client *client)
{
    if (client->stage != JOINING)
        return;
    client->stage = READY;
    joined_count++;
}

void lost_connection(struct client *client, const char *why)
{
    fail("%s lost its connection: %s", client->name, why);
    net_close(client);
}

/* Whether it signs on as a visitor of a page: those do who begin to talk, or all of them if nobody talks. */
bool is_visitor(const struct client *client)
{
    return opt.visitors && !client->probe && (opt.scenario == CONNECT || client->number % 2 == 0);
}

/* Where client `number` says its next line. */
static int destination(struct client *client)
{
    if (opt.scenario == PAIRS)
        return client->number ^ 1;
    if (opt.scenario == ROOM || opt.scenario == PRESENCE)
        return client->room;
    /* OFFLINE: its own recipients in turn; `missing` is not used, so the turn is counted in under_way. */
    int own = (opt.clients - opt.senders - client->number + opt.senders - 1) / opt.senders;
    return opt.senders + client->number + (int)(client->under_way++ % (uint32_t)own) * opt.senders;
}

void say_next(struct client *client, uint64_t due)
{
    char body[1024], to[48];
    int where = destination(client);
    /* The number belongs to sender and destination; offline, each recipient has one sender and keeps it. */
    uint32_t number = opt.scenario == OFFLINE ? clients[where].said++ : client->said++;
    int length = snprintf(body, sizeof body, "B%s %d %d %u %llu ", run_name, client->number, where, number,
                          (unsigned long long)due);
    while (length < opt.size && length < (int)sizeof body - 1)
        body[length++] = 'x';
    body[length] = 0;
    if (opt.scenario == ROOM)
        snprintf(to, sizeof to, "#r%d", where);
    else if (is_visitor(client))
        snprintf(to, sizeof to, "desk-%05d", where);
    else
        snprintf(to, sizeof to, "%s", clients[where].name);
    if (opt.scenario == ROOM || opt.scenario == PRESENCE) {
        if (client->missing[number % RING] > 0) {
            fail("more room lines under way than the generator can count");
            return;
        }
        client->missing[number % RING] = opt.per_room - 1;
        client->under_way++;
        totals.expected += (uint64_t)opt.per_room - 1;
    } else
        totals.expected++;
    totals.said++;
    if (opt.scenario == PRESENCE)
        protocol->change(client, body);
    else
        protocol->say(client, to, body, number);
}

/* All members of the room have it. */
void line_complete(struct client *client, uint32_t number)
{
    (void)number;
    client->under_way--;
    if (!talking || opt.rate > 0 || (opt.burst && client->under_way))
        return;
    uint64_t now = now_ns();
    for (int i = 0; i < (opt.burst ? opt.window : 1); i++)
        say_next(client, now);
}

static bool talks(int number)
{
    if (opt.scenario == PAIRS)
        return opt.rate > 0 || number % 2 == 0;
    if (opt.scenario == ROOM || opt.scenario == PRESENCE)
        return number % opt.per_room < opt.senders;
    return number < opt.senders;
}

void begin_talking(void)
{
    uint64_t now = now_ns();
    talking = true;
    due_next = now;
    if (opt.rate > 0)
        return;
    for (int i = 0; i < opt.clients; i++)
        for (int k = 0; k < opt.window && talks(i); k++)
            say_next(&clients[i], now);
}

/* Say what is due by now, at `rate` in all, in turn from all who talk. */
void pace(uint64_t now)
{
    uint64_t step = (uint64_t)(1e9 / opt.rate);
    while (due_next <= now && !failure[0]) {
        do
            turn_of = (turn_of + 1) % opt.clients;
        while (!talks(turn_of));
        say_next(&clients[turn_of], due_next);
        due_next += step;
    }
}
