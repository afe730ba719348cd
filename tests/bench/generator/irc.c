/* Clients of IRC: NICK and USER (and PASS), then PRIVMSG; every PING is answered, as a client must. */
#include "load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void greet(struct client *client)
{
    if (opt.sasl)
        net_print(client, "CAP REQ :sasl\r\nAUTHENTICATE SCRAM-SHA-256\r\n");
    if (opt.scenario == PRESENCE)
        net_print(client, "CAP REQ :away-notify extended-monitor\r\n");
    if (opt.password)
        net_print(client, "PASS %s\r\n", opt.pass);
    net_print(client, "NICK %s%05d\r\nUSER bench 0 * :bench\r\n", opt.prefix, client->number);
    if (opt.scenario == PRESENCE && !opt.sasl)
        net_print(client, "CAP END\r\n");
}

/* https://ircv3.net/specs/extensions/sasl-3.2: "+" asks for the first message, and takes note of the server's proof. */
static void authenticate(struct client *client, const char *data)
{
    char coded[600];
    if (!strcmp(data, "+"))
        proof_first(client, coded);
    else if (!client->first[0])
        snprintf(coded, sizeof coded, "+");
    else if (proof_final(client, data, strlen(data), coded))
        client->first[0] = 0;
    else {
        fail("a challenge the generator does not understand");
        return;
    }
    net_print(client, "AUTHENTICATE %s\r\n", coded);
}

static void ask(struct client *client) { net_write(client, "PING :here\r\n", 12); }

static void join(struct client *client)
{
    if (opt.scenario == PRESENCE && client->number % opt.per_room == 0)
        joined(client); /* who is watched */
    else if (opt.scenario == PRESENCE)
        net_print(client, "MONITOR + %s%05d\r\n", opt.prefix, client->room * opt.per_room);
    else
        net_print(client, "JOIN #r%d\r\n", client->room);
}

static void change(struct client *client, const char *text) { net_print(client, "AWAY :%s\r\n", text); }

static void say(struct client *client, const char *to, const char *body, uint32_t number)
{
    (void)number;
    net_print(client, "PRIVMSG %s :%s\r\n", to, body);
}

static void numeric(struct client *client, int code, const char *text)
{
    if (code == 1)
        signed_on(client);
    else if (code == 366) /* RPL_ENDOFNAMES: the end of the answer to JOIN */
        joined(client);
    else if (code == 730 || code == 731) /* RPL_MONONLINE, RPL_MONOFFLINE */
        joined(client);
    else if (code == 903) /* RPL_SASLSUCCESS */
        net_print(client, "CAP END\r\n");
    else if ((code >= 400 && code < 600 && code != 422) || (code > 903 && code < 908)) { /* ERR_NOMOTD is no error */
        totals.errors++;
        if (client->stage < READY)
            fail("sign-on refused: %s", text);
        else
            fprintf(stderr, "%s%05d: %s\n", opt.prefix, client->number, text);
    }
}

static void line(struct client *client, char *text, size_t length)
{
    char *end = text + length, *at = text, *source = "", *command, *rest;
    if (!strncmp(text, "PING ", 5)) {
        net_print(client, "PONG %s\r\n", text + 5);
        return;
    }
    if (*at == '@') { /* tags */
        at = strchr(at, ' ');
        if (!at)
            return;
        at++;
    }
    if (*at == ':') {
        source = at + 1;
        at = strchr(at, ' ');
        if (!at)
            return;
        *at++ = 0;
    }
    command = at;
    rest = strchr(at, ' ');
    if (rest)
        *rest++ = 0;
    else
        rest = end;
    if (!strcmp(command, "PRIVMSG")) {
        char *body = strchr(rest, ' ');
        if (body) {
            *body++ = 0;
            if (*body == ':')
                body++;
            arrived(client, source, rest, body);
        }
    } else if (!strcmp(command, "AWAY")) {
        if (opt.scenario == PRESENCE)
            arrived(client, source, "", *rest == ':' ? rest + 1 : rest);
    } else if (!strcmp(command, "AUTHENTICATE"))
        authenticate(client, rest);
    else if (!strcmp(command, "PONG"))
        answered(client);
    else if (!strcmp(command, "PING"))
        net_print(client, "PONG %s\r\n", rest);
    else if (!strcmp(command, "ERROR"))
        lost_connection(client, rest);
    else if (isdigit((unsigned char)command[0]) && strlen(command) == 3)
        numeric(client, atoi(command), rest);
}

static void turn_over(struct client *client) { (void)client; }

const struct protocol irc = {greet, line, join, ask, say, change, turn_over};
