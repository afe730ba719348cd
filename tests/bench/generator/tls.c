/* TLS and DTLS of the generator, by OpenSSL. Any certificate is right: what is measured is the server. */
#include "load.h"

#include <errno.h>

#ifdef WITHOUT_TLS

void tls_begin(struct client *client)
{
    (void)client;
    fail("this generator was built without TLS");
}
int tls_handshake(struct client *client) { return (void)client, -1; }
ssize_t tls_read(struct client *client, char *data, size_t room) { return (void)client, (void)data, (void)room, -1; }
ssize_t tls_write(struct client *client, const char *data, size_t length)
{
    return (void)client, (void)data, (void)length, -1;
}
void tls_timeout(struct client *client) { (void)client; }
void tls_end(struct client *client) { (void)client; }

#else

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

static SSL_CTX *context;

static void make_context(void)
{
    context = SSL_CTX_new(opt.transport == DTLS ? DTLS_client_method() : TLS_client_method());
    if (!context)
        return;
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

void tls_begin(struct client *client)
{
    SSL *tls = NULL;
    if (!context)
        make_context();
    if (!context || !(tls = SSL_new(context))) {
        fail("no TLS to be had");
        return;
    }
    if (opt.transport == DTLS) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        BIO *bio = BIO_new_dgram(client->fd, BIO_NOCLOSE);
        getpeername(client->fd, (struct sockaddr *)&peer, &size);
        BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &peer);
        SSL_set_bio(tls, bio, bio);
        SSL_set_mtu(tls, 1200);
    } else
        SSL_set_fd(tls, client->fd);
    SSL_set_connect_state(tls);
    client->tls = tls;
}

/* As system calls say it. */
static ssize_t outcome(struct client *client, int done)
{
    if (done > 0)
        return done;
    int why = SSL_get_error(client->tls, done);
    ERR_clear_error();
    if (why == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        errno = EAGAIN;
    else if (!errno || errno == EAGAIN)
        errno = EPROTO;
    return -1;
}

int tls_handshake(struct client *client)
{
    errno = 0;
    int done = SSL_do_handshake(client->tls);
    if (done == 1)
        return 1;
    return outcome(client, done) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t tls_read(struct client *client, char *data, size_t room)
{
    errno = 0;
    return outcome(client, SSL_read(client->tls, data, (int)room));
}

ssize_t tls_write(struct client *client, const char *data, size_t length)
{
    errno = 0;
    return outcome(client, SSL_write(client->tls, data, (int)length));
}

/* Of DTLS: a flight that was lost is said again when OpenSSL thinks it is time. */
void tls_timeout(struct client *client)
{
    if (opt.transport == DTLS && client->tls && DTLSv1_handle_timeout(client->tls) < 0)
        lost_connection(client, "no answer to the DTLS handshake");
}

void tls_end(struct client *client)
{
    SSL_free(client->tls);
    client->tls = NULL;
}

#endif
