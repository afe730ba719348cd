/* WebSocket (RFC 6455): each line is a text message. Masked with zeros, which costs the server what any mask does. */
#define _GNU_SOURCE
#include "load.h"

#include <string.h>

void frames_begin(struct client *client)
{
    static const char head[] = " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Protocol: ";
    const char *subprotocol = opt.native ? "imd.native\r\n\r\n" : "text.ircv3.net\r\n\r\n";
    /* The origin of the site that the servers know of (ways.py). */
    static const char embedded[] = "Origin: https://shop.example.org\r\n";
    bool in_page = opt.embedded || is_visitor(client);
    const char *request = in_page ? "GET /embed/socket" : "GET /";
    client->upgraded = false;
    append(&client->wire, request, strlen(request));
    append(&client->wire, head, sizeof head - 1);
    append(&client->wire, subprotocol, strlen(subprotocol) - 2);
    if (in_page)
        append(&client->wire, embedded, sizeof embedded - 1);
    append(&client->wire, "\r\n", 2);
    net_dirty(client);
}

static void put(struct client *client, unsigned char first, const char *data, size_t length)
{
    unsigned char head[8] = {first, (unsigned char)(0x80 | length)};
    size_t size = 6;
    if (length > 125) {
        head[1] = 0x80 | 126;
        head[2] = (unsigned char)(length >> 8);
        head[3] = (unsigned char)length;
        size = 8;
    }
    if (length > 0xFFFF)
        fail("a message is too long for the generator");
    memset(head + size - 4, 0, 4);
    append(&client->wire, (char *)head, size);
    append(&client->wire, data, length);
}

/* Lines that were said, as frames. */
void frames_wrap(struct client *client)
{
    char *at = client->out.data, *end = at + client->out.length, *stop;
    if (!client->upgraded)
        return;
    while (at < end && (stop = memchr(at, '\n', (size_t)(end - at)))) {
        size_t length = (size_t)(stop - at);
        if (length && at[length - 1] == '\r')
            length--;
        if (length)
            put(client, 0x81, at, length);
        at = stop + 1;
    }
    client->out.length = 0;
}

/* Messages in `data`, of which one byte more may be written; what is left over of the last one. */
size_t frames_split(struct client *client, char *data, size_t length)
{
    char *at = data, *end = data + length;
    if (!client->upgraded) {
        char *stop = memmem(at, length, "\r\n\r\n", 4);
        if (!stop)
            return length;
        if (strncmp(at, "HTTP/1.1 101 ", 13)) {
            fail("no WebSocket: %.60s", at);
            return 0;
        }
        client->upgraded = true;
        at = stop + 4;
        protocol->greet(client);
    }
    while (client->stage != CLOSED && end - at >= 2) {
        unsigned char *head = (unsigned char *)at;
        size_t size = head[1], start = size == 126 ? 4 : size == 127 ? 10 : 2;
        if ((size_t)(end - at) < start)
            break;
        if (start > 2)
            size = 0;
        for (size_t i = 2; i < start; i++)
            size = size << 8 | head[i];
        if ((size_t)(end - at) - start < size)
            break;
        char *payload = at + start, kept = payload[size];
        unsigned char opcode = head[0] & 15;
        if (opcode == 1) {
            payload[size] = 0;
            protocol->line(client, payload, size);
            payload[size] = kept;
        } else if (opcode == 9) {
            put(client, 0x8A, payload, size);
            net_dirty(client);
        } else {
            lost_connection(client, "closed by the server");
            return 0;
        }
        at = payload + size;
    }
    return (size_t)(end - at);
}
