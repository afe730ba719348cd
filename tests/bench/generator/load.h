/* The load generator: many clients in one thread, and a book of what must arrive.
 *
 *     load.c      options, the order of a run, the figures
 *     traffic.c   who says what to whom, and when
 *     book.c      what was said and what arrived: lost, repeated, stray; latencies
 *     net.c       epoll, connections, reading by lines, writing once per turn
 *     frames.c    WebSocket: lines as messages
 *     tls.c       TLS and DTLS, by OpenSSL       packets.c  the native protocol's packets on UDP
 *     irc.c       clients of IRC                 native.c   clients of the native protocol
 *     proof.c     what a client with kept keys says for SCRAM (RFC 5802)
 *     scram.c     SHA-256, HMAC, base64
 *
 * Every message carries its sender, its destination, a number that grows per sender and destination, and the
 * time at which it was sent (or due), so a delivery can be judged from itself and one counter.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MOST_SERVERS 4 /* processes whose CPU time is counted */
#define RING 4096      /* room lines of one sender that may be under way; a power of two */

enum scenario { CONNECT, PAIRS, ROOM, OFFLINE, PRESENCE };
enum transport { TCP, TLS, WEBSOCKET, UDP, DTLS };

struct options {
    enum scenario scenario;
    enum transport transport;
    bool native, burst, password, sasl, plain;
    bool embedded; /* by WebSocket: at the door of embedded pages */
    bool visitors; /* those with even numbers are visitors of a page, and write to the desk of the account that follows */
    int port, clients, per_room, senders, window, size, concurrency, probe_ms;
    double rate, warmup, duration, settle, patience;
    int pids[MOST_SERVERS], pid_count;
    char prefix[16], pass[64];
    unsigned char client_key[32];
};

struct buffer {
    char *data;
    size_t length, room;
};

enum stage { IDLE, CONNECTING, SECURING, SIGNING_ON, SYNCING, READY, JOINING, CLOSED };

struct client {
    int fd, number, room;
    char name[48];
    enum stage stage;
    bool dirty, writable_wanted, probe;
    struct buffer in, out;
    struct buffer wire; /* WebSocket: what was said, as frames */
    bool upgraded;
    uint64_t began; /* ns, of connect() or of the probe under way */
    char nonce[40];
    char first[160];    /* SCRAM: what the client said first, without "n,," */
    struct buffer acks; /* native: ids to acknowledge at the end of the turn */
    void *tls;          /* OpenSSL's, if any */
    struct packets *packets;
    /* The book: numbers given, by whom they are counted depends on the scenario (see book.c). */
    uint32_t said, settled;
    uint32_t *heard;
    int32_t *missing; /* room senders: receivers that have not had line n yet, by n % RING */
    uint32_t under_way;
};

struct totals {
    uint64_t said, expected, delivered, repeated, stray, settled, refused, errors;
};

struct histogram {
    uint32_t cells[64 * 32];
    uint64_t count, most;
};

extern struct options opt;
extern struct client *clients;
extern struct totals totals;
extern struct histogram latencies, probes;
extern bool talking, measuring;
extern int ready_count, joined_count;
extern uint64_t last_arrival, settled_measured, delivered_measured, written, reads;
extern char failure[256], run_name[20];

/* load.c */
uint64_t now_ns(void);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* net.c */
void net_start(void);
void net_connect(struct client *client);
void net_close(struct client *client);
void net_write(struct client *client, const char *data, size_t length);
void net_print(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));
void net_turn(int timeout_ms);
void net_dirty(struct client *client);
void append(struct buffer *buffer, const char *data, size_t length);

/* tls.c: as recv and send, with EAGAIN; the handshake answers 1 when it is done, 0 while it is not, -1 if it failed. */
void tls_begin(struct client *client);
int tls_handshake(struct client *client);
ssize_t tls_read(struct client *client, char *data, size_t room);
ssize_t tls_write(struct client *client, const char *data, size_t length);
void tls_timeout(struct client *client);
void tls_end(struct client *client);

/* frames.c */
void frames_begin(struct client *client);
void frames_wrap(struct client *client);
size_t frames_split(struct client *client, char *data, size_t length);

/* packets.c */
void packets_open(struct client *client);
void packets_received(struct client *client, const unsigned char *data, size_t length);
void packets_say(struct client *client, const char *data, size_t length);
void packets_flush(struct client *client);
void packets_tick(struct client *client, uint64_t now);
void packets_close(struct client *client);

/* A protocol: what a connection says first, what it makes of a line, and how it says things. */
struct protocol {
    void (*greet)(struct client *);
    void (*line)(struct client *, char *line, size_t length);
    void (*join)(struct client *);
    void (*ask)(struct client *); /* something the server answers: PING */
    void (*say)(struct client *, const char *to, const char *body, uint32_t number);
    void (*change)(struct client *, const char *text); /* its presence */
    void (*turn_over)(struct client *);
};
extern const struct protocol irc, native;
extern const struct protocol *protocol;

bool is_visitor(const struct client *client);

/* traffic.c */
void signed_on(struct client *client);
void joined(struct client *client);
void answered(struct client *client);
void lost_connection(struct client *client, const char *why);
void begin_talking(void);
void say_next(struct client *client, uint64_t due);
void pace(uint64_t now);
void line_complete(struct client *client, uint32_t number);

/* book.c */
void book_open(void);
void arrived(struct client *client, const char *source, const char *target, const char *body);
void settled(struct client *client, bool accepted, const char *line);
uint64_t under_way(void);
void note(struct histogram *histogram, uint64_t ns);
double quantile(const struct histogram *histogram, double share);

/* proof.c: in base64; the final message is false if the challenge is none. */
void proof_first(struct client *client, char *coded);
bool proof_final(struct client *client, const char *challenge, size_t length, char *coded);

/* scram.c */
void sha256(const void *data, size_t length, unsigned char out[32]);
void hmac_sha256(const unsigned char *key, size_t key_length, const void *data, size_t length, unsigned char out[32]);
size_t base64(const void *data, size_t length, char *out);
size_t unbase64(const char *text, size_t length, unsigned char *out);

#endif
