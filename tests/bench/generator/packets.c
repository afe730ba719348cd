/* The native protocol's packets on UDP and DTLS (docs/protocols/native-udp.md), the client's end.
 *
 * Datagrams hardly get lost on one machine, so this is simple where that may be slow: what comes after a gap is not
 * taken (and not acknowledged, so that it comes again), what was lost is sent again after a fixed time or when three
 * later packets were acknowledged, and there is no congestion window.
 */
#include "load.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define VERSION 0xC1
#define HEADER 17
#define FRAGMENT 1100
#define FRAGMENT_HEADER 15
#define ACK_HEADER 20
#define PACKET 1160 /* fits 1,200 with DTLS around it */
#define RANGES 8
#define ACK_DELAY 25000000u   /* ns */
#define SAY_AGAIN 300000000u  /* ns */
#define CREDIT (1u << 20)

enum frame { PADDING, PING, ACK, MESSAGE, CLOSE, HELLO, CHALLENGE, RESET, PATH_CHALLENGE, PATH_RESPONSE };

struct piece {
    uint64_t sequence, number, sent; /* number of the packet it was last in, and when; 0: not sent */
    uint16_t index, count, length;
    bool again;
    char *data;
};

struct packets {
    bool open;
    unsigned char token[255];
    uint8_t token_length;
    uint64_t id, next_number, said_hello;
    /* Out: pieces from the first that is not acknowledged. */
    struct piece *pieces;
    size_t first, count, room, fresh; /* fresh: how many at the end were never sent */
    uint64_t sequence, spent, credit;
    /* In. */
    uint64_t from[RANGES], upto[RANGES];
    int ranges, unacknowledged;
    uint64_t ack_due, taken, expected;
    uint16_t expected_index;
    struct buffer message;
};

static void put16(unsigned char *at, uint16_t value) { value = htobe16(value), memcpy(at, &value, 2); }
static void put32(unsigned char *at, uint32_t value) { value = htobe32(value), memcpy(at, &value, 4); }
static void put64(unsigned char *at, uint64_t value) { value = htobe64(value), memcpy(at, &value, 8); }
static uint16_t get16(const unsigned char *at) { uint16_t value; return memcpy(&value, at, 2), be16toh(value); }
static uint32_t get32(const unsigned char *at) { uint32_t value; return memcpy(&value, at, 4), be32toh(value); }
static uint64_t get64(const unsigned char *at) { uint64_t value; return memcpy(&value, at, 8), be64toh(value); }

void packets_open(struct client *client)
{
    struct packets *packets = client->packets = calloc(1, sizeof *packets);
    if (!packets)
        abort();
    packets->id = (now_ns() << 20) + (uint64_t)client->number + 1;
    packets->credit = 16 * 1024;
    net_dirty(client);
}

void packets_close(struct client *client)
{
    struct packets *packets = client->packets;
    if (!packets)
        return;
    for (size_t i = 0; i < packets->count; i++)
        free(packets->pieces[packets->first + i].data);
    free(packets->pieces);
    free(packets->message.data);
    free(packets);
    client->packets = NULL;
}

void packets_say(struct client *client, const char *data, size_t length)
{
    struct packets *packets = client->packets;
    size_t count = (length + FRAGMENT - 1) / FRAGMENT;
    for (size_t i = 0; i < count; i++) {
        if (packets->first + packets->count == packets->room) {
            if (packets->first > packets->room / 2)
                memmove(packets->pieces, packets->pieces + packets->first, packets->count * sizeof(struct piece));
            else {
                struct piece *more = calloc(packets->room * 2 + 8, sizeof *more);
                if (!more)
                    abort();
                if (packets->count)
                    memcpy(more, packets->pieces + packets->first, packets->count * sizeof *more);
                free(packets->pieces);
                packets->pieces = more;
                packets->room = packets->room * 2 + 8;
            }
            packets->first = 0;
        }
        size_t size = i == count - 1 ? length - i * FRAGMENT : FRAGMENT;
        struct piece *piece = &packets->pieces[packets->first + packets->count++];
        *piece = (struct piece){.sequence = packets->sequence, .index = (uint16_t)i, .count = (uint16_t)count,
                                .length = (uint16_t)size, .data = malloc(size)};
        if (!piece->data)
            abort();
        memcpy(piece->data, data + i * FRAGMENT, size);
        packets->fresh++;
    }
    packets->sequence++;
}

static size_t write_ack(struct packets *packets, unsigned char *out)
{
    uint64_t largest = packets->upto[0];
    out[0] = ACK;
    put64(out + 1, largest);
    put16(out + 9, 0);
    put64(out + 11, packets->taken + CREDIT);
    out[19] = (unsigned char)packets->ranges;
    for (int i = 0; i < packets->ranges; i++) {
        put32(out + ACK_HEADER + 8 * i, (uint32_t)(largest - packets->upto[i]));
        put32(out + ACK_HEADER + 8 * i + 4, (uint32_t)(packets->upto[i] - packets->from[i]));
    }
    packets->unacknowledged = 0;
    packets->ack_due = 0;
    return (size_t)(ACK_HEADER + 8 * packets->ranges);
}

static size_t write_piece(struct packets *packets, struct piece *piece, unsigned char *out, uint64_t now)
{
    out[0] = MESSAGE;
    put64(out + 1, piece->sequence);
    put16(out + 9, piece->index);
    put16(out + 11, piece->count);
    put16(out + 13, piece->length);
    memcpy(out + FRAGMENT_HEADER, piece->data, piece->length);
    piece->number = packets->next_number;
    piece->sent = now;
    piece->again = false;
    return (size_t)FRAGMENT_HEADER + piece->length;
}

static void transmit(struct client *client, const unsigned char *data, size_t length)
{
    ssize_t sent = client->tls ? tls_write(client, (const char *)data, length)
                               : send(client->fd, data, length, MSG_NOSIGNAL);
    /* No room is as good as lost on the way. */
    if (sent < 0 && errno != EAGAIN && errno != ENOBUFS)
        lost_connection(client, strerror(errno));
    written++;
}

/* One packet; false if there was nothing to say. */
static bool send_packet(struct client *client, bool ack)
{
    struct packets *packets = client->packets;
    unsigned char out[PACKET];
    size_t at = HEADER;
    uint64_t now = now_ns();
    if (!packets->open) {
        out[at++] = HELLO;
        out[at++] = packets->token_length;
        memcpy(out + at, packets->token, packets->token_length);
        at += packets->token_length;
        packets->said_hello = now;
    }
    if (ack && packets->ranges)
        at += write_ack(packets, out + at);
    for (size_t i = 0; packets->open && i < packets->count; i++) {
        struct piece *piece = &packets->pieces[packets->first + i];
        bool fresh = i >= packets->count - packets->fresh;
        size_t size = FRAGMENT_HEADER + (size_t)piece->length;
        if (!fresh && !piece->again)
            continue;
        if (at + size > PACKET || (fresh && packets->spent + size > packets->credit))
            break;
        at += write_piece(packets, piece, out + at, now);
        if (fresh) {
            packets->fresh--;
            packets->spent += size;
        }
    }
    if (at == HEADER)
        return false;
    out[0] = VERSION;
    put64(out + 1, packets->id);
    put64(out + 9, packets->next_number++);
    transmit(client, out, at);
    return client->stage != CLOSED && packets->open;
}

void packets_flush(struct client *client)
{
    struct packets *packets = client->packets;
    bool ack = packets->unacknowledged >= 2 || (packets->unacknowledged && packets->count);
    while (send_packet(client, ack))
        ack = false;
}

/* Retransmission, and acknowledgements nothing else has taken along. */
void packets_tick(struct client *client, uint64_t now)
{
    struct packets *packets = client->packets;
    if (!packets)
        return;
    if (!packets->open) {
        if (now - packets->said_hello > SAY_AGAIN)
            send_packet(client, false);
        return;
    }
    size_t sent = packets->count - packets->fresh;
    for (size_t i = 0; i < sent; i++) {
        struct piece *piece = &packets->pieces[packets->first + i];
        if (now - piece->sent > SAY_AGAIN && now > piece->sent)
            piece->again = true;
    }
    bool due = packets->ack_due && now >= packets->ack_due;
    if (due || sent)
        while (send_packet(client, due) && client->packets)
            due = false;
}

static void acknowledged(struct packets *packets, const unsigned char *at, int ranges)
{
    uint64_t largest = get64(at + 1);
    packets->credit = get64(at + 11) > packets->credit ? get64(at + 11) : packets->credit;
    size_t kept = 0, sent = packets->count - packets->fresh;
    for (size_t i = 0; i < packets->count; i++) {
        struct piece piece = packets->pieces[packets->first + i];
        bool gone = false;
        for (int k = 0; k < ranges && i < sent && !gone; k++) {
            uint64_t upto = largest - get32(at + ACK_HEADER + 8 * k);
            gone = piece.number <= upto && piece.number >= upto - get32(at + ACK_HEADER + 8 * k + 4);
        }
        if (gone) {
            free(piece.data);
            continue;
        }
        if (i < sent && piece.number + 3 <= largest)
            piece.again = true;
        packets->pieces[packets->first + kept++] = piece;
    }
    packets->count = kept;
    if (!kept)
        packets->first = 0;
}

/* Whether it is new; false also for one too old to be remembered. */
static bool note_number(struct packets *packets, uint64_t number)
{
    for (int i = 0; i < packets->ranges; i++)
        if (number >= packets->from[i] && number <= packets->upto[i])
            return false;
    if (packets->ranges && number == packets->upto[0] + 1) {
        packets->upto[0]++;
        return true;
    }
    int place = 0;
    while (place < packets->ranges && packets->from[place] > number)
        place++;
    if (place == RANGES)
        return false;
    if (packets->ranges == RANGES)
        packets->ranges--;
    memmove(packets->from + place + 1, packets->from + place, sizeof *packets->from * (size_t)(packets->ranges - place));
    memmove(packets->upto + place + 1, packets->upto + place, sizeof *packets->upto * (size_t)(packets->ranges - place));
    packets->from[place] = packets->upto[place] = number;
    packets->ranges++;
    return true;
}

/* The size of a frame, or 0. */
static size_t frame_size(const unsigned char *at, size_t left)
{
    size_t size = 0;
    switch (*at) {
    case PADDING: case PING: case RESET: size = 1; break;
    case ACK: size = left < ACK_HEADER ? 0 : ACK_HEADER + 8 * (size_t)at[19]; break;
    case MESSAGE: size = left < FRAGMENT_HEADER ? 0 : FRAGMENT_HEADER + (size_t)get16(at + 13); break;
    case CLOSE: case HELLO: case CHALLENGE: size = left < 2 ? 0 : 2 + (size_t)at[1]; break;
    case PATH_CHALLENGE: case PATH_RESPONSE: size = 9; break;
    }
    return size <= left ? size : 0;
}

static void take_piece(struct client *client, const unsigned char *at)
{
    struct packets *packets = client->packets;
    uint16_t index = get16(at + 9), count = get16(at + 11), length = get16(at + 13);
    if (get64(at + 1) != packets->expected || index != packets->expected_index)
        return; /* it has come before */
    packets->taken += FRAGMENT_HEADER + (uint64_t)length;
    append(&packets->message, (const char *)at + FRAGMENT_HEADER, length);
    packets->expected_index++;
    if (index + 1 < count)
        return;
    packets->expected++;
    packets->expected_index = 0;
    append(&packets->message, "", 1);
    size_t whole = packets->message.length - 1;
    packets->message.length = 0;
    protocol->line(client, packets->message.data, whole);
}

void packets_received(struct client *client, const unsigned char *data, size_t length)
{
    struct packets *packets = client->packets;
    if (!packets || length <= HEADER || data[0] != VERSION || get64(data + 1) != packets->id)
        return;
    /* First look through it: is anything in it ahead of what is expected? */
    uint64_t expected = packets->expected;
    uint16_t index = packets->expected_index;
    bool eliciting = false;
    for (size_t at = HEADER, size; at < length; at += size) {
        if (!(size = frame_size(data + at, length - at)))
            return;
        eliciting = eliciting || (data[at] != ACK && data[at] != CLOSE && data[at] != PADDING);
        if (data[at] == CHALLENGE) {
            packets->token_length = data[at + 1];
            memcpy(packets->token, data + at + 2, packets->token_length);
            net_dirty(client);
            return;
        }
        if (data[at] == RESET) {
            lost_connection(client, "the server knows of no connection");
            return;
        }
        if (data[at] != MESSAGE)
            continue;
        uint64_t sequence = get64(data + at + 1);
        uint16_t place = get16(data + at + 9);
        if (sequence == expected && place == index) {
            expected += place + 1 == get16(data + at + 11);
            index = place + 1 == get16(data + at + 11) ? 0 : index + 1;
        } else if (sequence > expected || (sequence == expected && place > index))
            return;
    }
    if (!packets->open) {
        packets->open = true;
        client->stage = SIGNING_ON;
        protocol->greet(client);
    }
    bool known = !note_number(packets, get64(data + 9));
    if (eliciting) {
        packets->unacknowledged += known ? 2 : 1;
        if (!packets->ack_due)
            packets->ack_due = now_ns() + ACK_DELAY;
        net_dirty(client);
    }
    for (size_t at = HEADER, size; !known && at < length && client->stage != CLOSED; at += size) {
        size = frame_size(data + at, length - at);
        if (data[at] == ACK)
            acknowledged(packets, data + at, data[at + 19]);
        else if (data[at] == MESSAGE)
            take_piece(client, data + at);
        else if (data[at] == CLOSE)
            lost_connection(client, "closed by the server");
    }
}
