/* SCRAM-SHA-256 of a client that has kept its key (RFC 5802, RFC 7677), without channel binding. */
#include "load.h"

#include <stdio.h>
#include <string.h>

void proof_first(struct client *client, char *coded)
{
    unsigned char noise[18];
    char message[200];
    uint64_t seed = now_ns() * 6364136223846793005u + (uint64_t)client->number;
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        noise[i] = (unsigned char)(seed >> 56);
    }
    base64(noise, sizeof noise, client->nonce);
    snprintf(client->first, sizeof client->first, "n=%s%05d,r=%s", opt.prefix, client->number, client->nonce);
    int length = snprintf(message, sizeof message, "n,,%s", client->first);
    base64(message, (size_t)length, coded);
}

/* RFC 5802 section 3: ClientProof = ClientKey XOR HMAC(StoredKey, AuthMessage). */
bool proof_final(struct client *client, const char *challenge, size_t length, char *coded)
{
    unsigned char stored[32], proof[32];
    char first[256], without[256], message[768], answer[400], proof_text[64];
    size_t size = length < 300 ? unbase64(challenge, length, (unsigned char *)first) : 0;
    first[size] = 0;
    if (strncmp(first, "r=", 2) || strncmp(first + 2, client->nonce, strlen(client->nonce)) || !strchr(first, ','))
        return false;
    snprintf(without, sizeof without, "c=biws,r=%.*s", (int)strcspn(first + 2, ","), first + 2);
    int whole = snprintf(message, sizeof message, "%s,%s,%s", client->first, first, without);
    sha256(opt.client_key, 32, stored);
    hmac_sha256(stored, 32, message, (size_t)whole, proof);
    for (int i = 0; i < 32; i++)
        proof[i] ^= opt.client_key[i];
    base64(proof, 32, proof_text);
    whole = snprintf(answer, sizeof answer, "%s,p=%s", without, proof_text);
    base64(answer, (size_t)whole, coded);
    return true;
}
