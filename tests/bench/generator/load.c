/* Options, the order of a run, and its figures as one JSON object. The exit status is 0 only if nothing was lost,
 * repeated, stray or refused, and every connection held.
 *
 *     sign on ─► join ─► all quiet ─► warm up ─► MEASURE ─► stop talking ─► wait for what is under way ─► report
 */
#include "load.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct options opt = {.clients = 2, .per_room = 2, .senders = 1, .window = 1, .size = 100, .concurrency = 50,
                      .warmup = 1, .duration = 3, .settle = 0.5, .patience = 15, .prefix = "u", .pass = "p"};
struct client *clients;
const struct protocol *protocol;
uint64_t written, reads;
char failure[256], run_name[20];

struct sample {
    uint64_t at;
    double server[MOST_SERVERS], self;
};

static double sign_on_s, memory_before, memory_after;
static struct sample sign_on_from, sign_on_to, from, to;

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fail(const char *format, ...)
{
    va_list arguments;
    if (failure[0])
        return;
    va_start(arguments, format);
    vsnprintf(failure, sizeof failure, format, arguments);
    va_end(arguments);
    for (char *at = failure; *at; at++)
        if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ')
            *at = '\'';
}

/* User and system time of a process in seconds, all its threads, to the nanosecond. */
static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used)) {
        fail("process %d has no CPU clock: is it gone?", (int)pid);
        return 0;
    }
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static struct sample sample(void)
{
    struct sample taken = {.at = now_ns(), .self = cpu_of(getpid())};
    for (int i = 0; i < opt.pid_count; i++)
        taken.server[i] = cpu_of(opt.pids[i]);
    return taken;
}

/* Resident memory of the first server in KiB. Kernel memory of its sockets is not in it. */
static double memory(void)
{
    char path[64], line[256];
    double kib = 0;
    if (!opt.pid_count)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", opt.pids[0]);
    FILE *file = fopen(path, "r");
    if (!file) {
        fail("cannot read %s", path);
        return 0;
    }
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "Rss: %lf", &kib) == 1)
            break;
    fclose(file);
    return kib;
}

static void turns_for(double seconds)
{
    uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
    for (uint64_t now; !failure[0] && (now = now_ns()) < end;) {
        if (talking && opt.rate > 0)
            pace(now);
        /* With a rate the generator never sleeps, so that the time its core takes to wake is in no latency. */
        net_turn(talking && opt.rate > 0 ? 0 : 5);
    }
}

static void probe(void)
{
    static uint64_t asked;
    struct client *client = &clients[opt.clients];
    uint64_t now = now_ns();
    if (client->stage == READY && !client->began && now - asked >= (uint64_t)opt.probe_ms * 1000000u) {
        client->began = asked = now;
        protocol->ask(client);
    }
}

/* Clients `first` to `last`, some at a time; `patience` seconds without any progress are too many. */
static void sign_on(int first, int last)
{
    int next = first;
    uint64_t moved = now_ns(), began = moved;
    while (ready_count < last && !failure[0]) {
        for (; next < last && next - ready_count < opt.concurrency; next++)
            net_connect(&clients[next]);
        int before = ready_count;
        if (opt.probe_ms)
            probe();
        net_turn(opt.probe_ms ? 1 : 5);
        if (ready_count != before)
            moved = now_ns();
        else if (now_ns() - moved > (uint64_t)(opt.patience * 1e9))
            fail("sign-on stands still at %d", ready_count);
    }
    sign_on_s += (double)(now_ns() - began) / 1e9;
}

static void sync_all(void)
{
    ready_count = 0;
    for (int i = 0; i < opt.clients && !failure[0]; i++) {
        clients[i].stage = SYNCING;
        protocol->ask(&clients[i]);
    }
    uint64_t moved = now_ns();
    for (int before = 0; ready_count < opt.clients && !failure[0]; before = ready_count) {
        net_turn(5);
        if (ready_count != before)
            moved = now_ns();
        else if (now_ns() - moved > (uint64_t)(opt.patience * 1e9))
            fail("not everybody has an answer to PING");
    }
}

static void join_all(void)
{
    int next = 0;
    uint64_t moved = now_ns();
    while (joined_count < opt.clients && !failure[0]) {
        for (; next < opt.clients && next - joined_count < 20; next++) {
            clients[next].stage = JOINING;
            protocol->join(&clients[next]);
        }
        int before = joined_count;
        net_turn(5);
        if (joined_count != before)
            moved = now_ns();
        else if (now_ns() - moved > (uint64_t)(opt.patience * 1e9))
            fail("joining stands still at %d", joined_count);
    }
    sync_all(); /* no notice of a join is left on the way */
}

static void drain(void)
{
    last_arrival = now_ns();
    while (under_way() && !failure[0] && now_ns() - last_arrival < (uint64_t)(opt.patience * 1e9))
        net_turn(5);
    if (!failure[0])
        turns_for(opt.patience < 0.2 ? opt.patience : 0.2); /* what comes twice may come late */
}

static void run(void)
{
    int at_first = opt.scenario == OFFLINE ? opt.senders : opt.clients;
    if (opt.probe_ms) {
        net_connect(&clients[opt.clients]);
        turns_for(0.5);
    }
    memory_before = memory();
    sign_on_from = sample();
    sign_on(0, at_first);
    sign_on_to = sample();
    if (failure[0])
        return;
    if (opt.scenario == CONNECT) {
        turns_for(opt.settle);
        memory_after = memory();
        return;
    }
    if (opt.scenario == ROOM || opt.scenario == PRESENCE)
        join_all();
    begin_talking();
    turns_for(opt.warmup);
    from = sample();
    measuring = true;
    turns_for(opt.duration);
    measuring = false;
    to = sample();
    talking = false;
    drain();
    if (opt.scenario == OFFLINE && !failure[0]) {
        sign_on(opt.senders, opt.clients);
        drain();
    }
}

static bool report(void)
{
    struct rusage self;
    getrusage(RUSAGE_SELF, &self);
    uint64_t lost = totals.expected > totals.delivered ? totals.expected - totals.delivered : 0;
    uint64_t unanswered = opt.native && opt.scenario != PRESENCE && totals.said > totals.settled ? totals.said - totals.settled : 0;
    bool ok = !failure[0] && !lost && !totals.repeated && !totals.stray && !totals.refused && !totals.errors &&
              !unanswered;
    double wall = (double)(to.at - from.at) / 1e9;
    printf("{\"ok\":%s,\"failure\":\"%s\",\"said\":%llu,\"expected\":%llu,\"delivered\":%llu,\"lost\":%llu,"
           "\"repeated\":%llu,\"stray\":%llu,\"refused\":%llu,\"errors\":%llu,\"unanswered\":%llu,",
           ok ? "true" : "false", failure, (unsigned long long)totals.said, (unsigned long long)totals.expected,
           (unsigned long long)totals.delivered, (unsigned long long)lost, (unsigned long long)totals.repeated,
           (unsigned long long)totals.stray, (unsigned long long)totals.refused, (unsigned long long)totals.errors,
           (unsigned long long)unanswered);
    printf("\"clients\":%d,\"signed_on\":%d,\"sign_on_s\":%.4f,\"sign_on_cpu_s\":%.6f,\"memory_kib\":%.1f,", opt.clients,
           ready_count, sign_on_s, sign_on_to.server[0] - sign_on_from.server[0],
           memory_after > 0 ? memory_after - memory_before : 0);
    printf("\"probes\":%llu,\"probe_worst_ms\":%.3f,", (unsigned long long)probes.count, (double)probes.most / 1e6);
    printf("\"seconds\":%.4f,\"measured\":%llu,\"measured_settled\":%llu,\"generator_cpu_s\":%.6f,", wall,
           (unsigned long long)delivered_measured, (unsigned long long)settled_measured, to.self - from.self);
    printf("\"server_cpu_s\":[");
    for (int i = 0; i < opt.pid_count; i++)
        printf("%s%.6f", i ? "," : "", to.server[i] - from.server[i]);
    printf("],\"latency_us\":{\"p50\":%.1f,\"p99\":%.1f,\"p99_9\":%.1f,\"most\":%.1f},\"reads\":%llu,\"writes\":%llu}\n",
           quantile(&latencies, 0.5), quantile(&latencies, 0.99), quantile(&latencies, 0.999),
           (double)latencies.most / 1000, (unsigned long long)reads, (unsigned long long)written);
    return ok;
}

static void usage(const char *what)
{
    fprintf(stderr, "load: %s; see tests/bench/load.py for how it is called\n", what);
    exit(2);
}

static void key(const char *hex)
{
    unsigned byte;
    for (int i = 0; i < 32; i++, hex += 2) {
        if (sscanf(hex, "%2x", &byte) != 1)
            usage("--client-key takes 64 hexadecimal digits");
        opt.client_key[i] = (unsigned char)byte;
    }
}

static void parse(int count, char **arguments)
{
    static const char *const names[] = {"connect", "pairs", "room", "offline", "presence"};
    static const char *const transports[] = {"tcp", "tls", "websocket", "udp", "dtls"};
    static const struct option known[] = {
        {"scenario", 1, 0, 's'}, {"native", 0, 0, 'n'},   {"burst", 0, 0, 'b'},      {"pass", 1, 0, 'P'},
        {"port", 1, 0, 'p'},     {"clients", 1, 0, 'c'},  {"per-room", 1, 0, 'm'},   {"senders", 1, 0, 'S'},
        {"window", 1, 0, 'w'},   {"size", 1, 0, 'z'},     {"concurrency", 1, 0, 'C'}, {"rate", 1, 0, 'r'},
        {"warmup", 1, 0, 'W'},   {"duration", 1, 0, 'd'}, {"settle", 1, 0, 'e'},     {"pid", 1, 0, 'i'},
        {"prefix", 1, 0, 'x'},   {"client-key", 1, 0, 'k'}, {"probe", 1, 0, 'o'},    {"patience", 1, 0, 't'},
        {"transport", 1, 0, 'T'}, {"sasl", 0, 0, 'A'},    {"plain", 0, 0, 'L'},
        {"embedded", 0, 0, 'E'}, {"visitors", 0, 0, 'V'},
        {0, 0, 0, 0}};
    for (int letter; (letter = getopt_long(count, arguments, "", known, NULL)) != -1;)
        switch (letter) {
        case 's':
            for (opt.scenario = CONNECT; strcmp(names[opt.scenario], optarg);)
                if (++opt.scenario > PRESENCE)
                    usage("no such scenario");
            break;
        case 'n': opt.native = true; break;
        case 'b': opt.burst = true; break;
        case 'P': opt.password = true; snprintf(opt.pass, sizeof opt.pass, "%s", optarg); break;
        case 'p': opt.port = atoi(optarg); break;
        case 'c': opt.clients = atoi(optarg); break;
        case 'm': opt.per_room = atoi(optarg); break;
        case 'S': opt.senders = atoi(optarg); break;
        case 'w': opt.window = atoi(optarg); break;
        case 'z': opt.size = atoi(optarg); break;
        case 'C': opt.concurrency = atoi(optarg); break;
        case 'r': opt.rate = atof(optarg); break;
        case 'W': opt.warmup = atof(optarg); break;
        case 'd': opt.duration = atof(optarg); break;
        case 'e': opt.settle = atof(optarg); break;
        case 'i':
            if (opt.pid_count < MOST_SERVERS)
                opt.pids[opt.pid_count++] = atoi(optarg);
            break;
        case 'x': snprintf(opt.prefix, sizeof opt.prefix, "%s", optarg); break;
        case 'k': key(optarg); break;
        case 'o': opt.probe_ms = atoi(optarg); break;
        case 't': opt.patience = atof(optarg); break;
        case 'T':
            for (opt.transport = TCP; strcmp(transports[opt.transport], optarg);)
                if (++opt.transport > DTLS)
                    usage("no such transport");
            break;
        case 'A': opt.sasl = true; break;
        case 'L': opt.plain = true; break;
        case 'E': opt.embedded = true; break;
        case 'V': opt.visitors = true; break;
        default: usage("wrong option");
        }
    if (opt.clients < 1 || opt.window < 1 || opt.window > RING || opt.size < 60 || opt.size > 400 || !opt.port ||
        (opt.scenario == PAIRS && opt.clients % 2) || opt.per_room < 2 || opt.senders < 1 ||
        (opt.scenario == ROOM && (opt.clients % opt.per_room || opt.senders > opt.per_room)) ||
        (opt.scenario == PRESENCE && (opt.clients != opt.per_room || opt.senders != 1)) ||
        (opt.transport >= UDP && !opt.native) ||
        ((opt.embedded || opt.visitors) && (!opt.native || opt.transport != WEBSOCKET)) ||
        (opt.visitors && opt.scenario != PAIRS && opt.scenario != CONNECT) || (opt.scenario == OFFLINE && (!opt.native || opt.clients < 2 * opt.senders)))
        usage("these options do not fit together");
}

int main(int count, char **arguments)
{
    struct rlimit files;
    parse(count, arguments);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    protocol = opt.native ? &native : &irc;
    snprintf(run_name, sizeof run_name, "%x-%llx", (unsigned)getpid(), (unsigned long long)now_ns() & 0xffffff);
    clients = calloc((size_t)opt.clients + 1, sizeof *clients);
    for (int i = 0; i <= opt.clients; i++) {
        clients[i].fd = -1;
        clients[i].number = i;
        clients[i].room = i / opt.per_room;
        snprintf(clients[i].name, sizeof clients[i].name, "%s%05d", opt.prefix, i);
        clients[i].probe = i == opt.clients;
    }
    book_open();
    net_start();
    run();
    return report() ? 0 : 1;
}
