/* Clients of the native protocol: SCRAM-SHA-256 with a kept key, then lines of JSON.
 *
 * What the server writes is read by looking for a member's name: it begins each object with "type", and no value
 * the generator is interested in holds a quotation mark.
 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void greet(struct client *client)
{
    char coded[256];
    if (is_visitor(client)) {
        net_print(client, "{\"type\":\"visit\",\"ref\":1}\n");
        return;
    }
    if (opt.plain) {
        char text[128];
        int length = snprintf(text, sizeof text, "%c%s%05d%c%s", 0, opt.prefix, client->number, 0, opt.pass);
        base64(text, (size_t)length, coded);
    } else
        proof_first(client, coded);
    /* The empty line tells the server that this is not TLS. */
    net_print(client, "\n{\"type\":\"authenticate\",\"ref\":1,\"mechanism\":\"%s\",\"data\":\"%s\"}\n",
              opt.plain ? "PLAIN" : "SCRAM-SHA-256", coded);
}

/* The value of a member, or NULL; it ends at the next quotation mark, comma or brace. */
static char *member(char *text, const char *name)
{
    char *found = strstr(text, name);
    return found ? found + strlen(name) : NULL;
}

static char *word(char *value)
{
    if (value)
        value[strcspn(value, "\"")] = 0;
    return value;
}

static void begin_session(struct client *client)
{
    net_print(client, "{\"type\":\"session\",\"ref\":3,\"client\":\"bench\",\"device\":\"bench\"}\n");
}

static void prove(struct client *client, char *data)
{
    char coded[600];
    if (!proof_final(client, data ? data : "", data ? strcspn(data, "\"") : 0, coded)) {
        fail("a challenge the generator does not understand");
        return;
    }
    net_print(client, "{\"type\":\"response\",\"ref\":2,\"data\":\"%s\"}\n", coded);
    begin_session(client);
}

static void ask(struct client *client) { net_print(client, "{\"type\":\"ping\",\"ref\":4}\n"); }

static void join(struct client *client)
{
    if (opt.scenario == PRESENCE) {
        joined(client); /* by the buddy list */
        return;
    }
    net_print(client, "{\"type\":\"join\",\"ref\":5,\"room\":\"#r%d\"}\n", client->room);
}

static void say(struct client *client, const char *to, const char *body, uint32_t number)
{
    /* Unique in the run, and the run's name keeps runs apart. */
    static uint64_t serial;
    net_print(client, "{\"type\":\"send\",\"ref\":%u,\"to\":\"%s\",\"client_id\":\"%s-%llx\",\"body\":\"%s\"}\n",
              10 + number, to, run_name, (unsigned long long)++serial, body);
}

static void change(struct client *client, const char *text)
{
    net_print(client, "{\"type\":\"set-presence\",\"ref\":6,\"state\":\"busy\",\"text\":\"%s\"}\n", text);
}

static void message(struct client *client, char *text)
{
    char *id = member(text, "\"id\":\""), *from = member(text, "\"from\":\""), *to = member(text, "\"to\":\"");
    char *body = member(text, "\"body\":\"");
    /* A desk tells its agent who rings. */
    bool notice = opt.visitors && strstr(text, "\"kind\":\"notice\"");
    if (!id || !from || !to || !body) {
        fail("a message the generator does not understand: %s", text);
        return;
    }
    append(&client->acks, ",\"", client->acks.length ? 2 : 0);
    if (!client->acks.length)
        append(&client->acks, "\"", 1);
    append(&client->acks, word(id), strlen(word(id)));
    append(&client->acks, "\"", 1);
    if (!notice)
        arrived(client, word(from), word(to), word(body));
}

static void line(struct client *client, char *text, size_t length)
{
    (void)length;
    char *type = member(text, "{\"type\":\"");
    if (type != text + 9)
        fail("a line the generator does not understand: %s", text);
    else if (!strncmp(type, "message\"", 8))
        message(client, text);
    else if (!strncmp(type, "sent\"", 5)) {
        char *outcome = member(text, "\"outcome\":\"");
        settled(client, outcome && (!strncmp(outcome, "accepted\"", 9) || !strncmp(outcome, "kept\"", 5)), text);
    } else if (!strncmp(type, "challenge\"", 10))
        prove(client, member(text, "\"data\":\""));
    else if (!strncmp(type, "authenticated\"", 14)) {
        if (is_visitor(client)) {
            char *address = member(text, "\"address\":\"");
            if (address)
                snprintf(client->name, sizeof client->name, "%.*s", (int)strcspn(address, "@\""), address);
        }
        if (opt.plain || is_visitor(client))
            begin_session(client);
    } else if (!strncmp(type, "presence\"", 9)) {
        char *address = member(text, "\"address\":\""), *said = member(text, "\"text\":\"");
        if (address && said && opt.scenario == PRESENCE)
            arrived(client, word(address), "", word(said));
    }
    else if (!strncmp(type, "welcome\"", 8))
        signed_on(client);
    else if (!strncmp(type, "ping\"", 5))
        net_print(client, "{\"type\":\"pong\"}\n");
    else if (!strncmp(type, "room\"", 5))
        joined(client);
    else if (!strncmp(type, "pong\"", 5))
        answered(client);
    else if (!strncmp(type, "error\"", 6)) {
        totals.errors++;
        if (client->stage < READY)
            fail("sign-on refused: %s", text);
    } else if (!strncmp(type, "bye\"", 4))
        lost_connection(client, text);
}

/* Whatever came in one read is acknowledged in one line, as a good client does. */
static void turn_over(struct client *client)
{
    if (!client->acks.length || client->stage == CLOSED)
        return;
    net_write(client, "{\"type\":\"ack\",\"ids\":[", 21);
    net_write(client, client->acks.data, client->acks.length);
    net_write(client, "]}\n", 3);
    client->acks.length = 0;
}

const struct protocol native = {greet, line, join, ask, say, change, turn_over};
