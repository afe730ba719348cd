/* Clients of IRC: NICK and USER (and PASS), then PRIVMSG; every PING is answered, as a client must. */
#include "load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void greet(struct client *client)
{
    if (opt.password)
        net_print(client, "PASS %s\r\n", opt.pass);
    net_print(client, "NICK %s%05d\r\nUSER bench 0 * :bench\r\n", opt.prefix, client->number);
}

static void ask(struct client *client) { net_write(client, "PING :here\r\n", 12); }

static void join(struct client *client) { net_print(client, "JOIN #r%d\r\n", client->room); }

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
    else if (code >= 400 && code < 600 && code != 422) { /* ERR_NOMOTD is no error */
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
    } else if (!strcmp(command, "PONG"))
        answered(client);
    else if (!strcmp(command, "PING"))
        net_print(client, "PONG %s\r\n", rest);
    else if (!strcmp(command, "ERROR"))
        lost_connection(client, rest);
    else if (isdigit((unsigned char)command[0]) && strlen(command) == 3)
        numeric(client, atoi(command), rest);
}

static void turn_over(struct client *client) { (void)client; }

const struct protocol irc = {greet, line, join, ask, say, turn_over};
