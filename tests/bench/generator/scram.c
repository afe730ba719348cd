/* SHA-256 (FIPS 180-4), HMAC (RFC 2104) and base64 (RFC 4648 section 4): no library, so that cc is all it takes. */
#include "load.h"

#include <string.h>

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotated(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void block(uint32_t h[8], const unsigned char *p)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++, p += 4)
        w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotated(a, 7) ^ rotated(a, 18) ^ a >> 3) + w[i - 7] +
               (rotated(b, 17) ^ rotated(b, 19) ^ b >> 10);
    }
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t one = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)) +
                       ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t two = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)) +
                       ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one;
        v[0] = one + two;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

/* Two pieces, for HMAC. */
static void digest(const void *first, size_t first_length, const void *data, size_t length, unsigned char out[32])
{
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    unsigned char rest[128];
    const unsigned char *p = data;
    size_t left = length;
    uint64_t bits = (uint64_t)(first_length + length) * 8;
    if (first_length) /* always one whole block */
        block(h, first);
    for (; left >= 64; left -= 64, p += 64)
        block(h, p);
    size_t size = left < 56 ? 64 : 128;
    memset(rest, 0, sizeof rest);
    if (left)
        memcpy(rest, p, left);
    rest[left] = 0x80;
    for (int i = 0; i < 8; i++)
        rest[size - 1 - (size_t)i] = (unsigned char)(bits >> (8 * i));
    for (size_t at = 0; at < size; at += 64)
        block(h, rest + at);
    for (int i = 0; i < 32; i++)
        out[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(const void *data, size_t length, unsigned char out[32]) { digest(NULL, 0, data, length, out); }

/* Keys of at most 64 bytes. */
void hmac_sha256(const unsigned char *key, size_t key_length, const void *data, size_t length, unsigned char out[32])
{
    unsigned char inner[64] = {0}, outer[64] = {0}, between[32];
    memcpy(inner, key, key_length);
    memcpy(outer, key, key_length);
    for (int i = 0; i < 64; i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5c;
    }
    digest(inner, 64, data, length, between);
    digest(outer, 64, between, 32, out);
}

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64(const void *data, size_t length, char *out)
{
    const unsigned char *p = data;
    size_t used = 0;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)p[i] << 16;
        if (i + 1 < length)
            three |= (uint32_t)p[i + 1] << 8;
        if (i + 2 < length)
            three |= p[i + 2];
        for (int k = 0; k < 4; k++)
            out[used++] = i + (size_t)k <= length ? LETTERS[three >> (18 - 6 * k) & 63] : '=';
    }
    out[used] = 0;
    return used;
}

size_t unbase64(const char *text, size_t length, unsigned char *out)
{
    size_t used = 0;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < length && text[i] != '='; i++) {
        const char *found = strchr(LETTERS, text[i]);
        if (!found || !text[i])
            return 0;
        bits = bits << 6 | (uint32_t)(found - LETTERS);
        have += 6;
        if (have >= 8)
            out[used++] = (unsigned char)(bits >> (have -= 8));
    }
    return used;
}
