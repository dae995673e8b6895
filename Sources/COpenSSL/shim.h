#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

/* What Swift cannot say: macros of OpenSSL's, and a BIO over memory that belongs to an event loop. */

/* Where the BIOs of one loop read from and write to; filled in anew before each call of OpenSSL. */
struct tls_memory {
    const unsigned char *input;
    size_t input_count;
    unsigned char *output;
    size_t output_count;
    size_t output_room;
};

static inline int tls_memory_read(BIO *bio, char *into, int count) {
    struct tls_memory *memory = (struct tls_memory *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (memory == NULL || memory->input_count == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t taken = memory->input_count < (size_t)count ? memory->input_count : (size_t)count;
    memcpy(into, memory->input, taken);
    memory->input += taken;
    memory->input_count -= taken;
    return (int)taken;
}

static inline int tls_memory_write(BIO *bio, const char *bytes, int count) {
    struct tls_memory *memory = (struct tls_memory *)BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t room = memory == NULL ? 0 : memory->output_room - memory->output_count;
    if (room == 0) {
        BIO_set_retry_write(bio);
        return -1;
    }
    size_t taken = room < (size_t)count ? room : (size_t)count;
    memcpy(memory->output + memory->output_count, bytes, taken);
    memory->output_count += taken;
    return (int)taken;
}

static inline long tls_memory_control(BIO *bio, int command, long number, void *pointer) {
    (void)bio, (void)number, (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static inline int tls_memory_create(BIO *bio) {
    BIO_set_init(bio, 1);
    return 1;
}

static inline BIO_METHOD *tls_memory_method(void) {
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop memory");
    if (method == NULL) return NULL;
    BIO_meth_set_read(method, tls_memory_read);
    BIO_meth_set_write(method, tls_memory_write);
    BIO_meth_set_ctrl(method, tls_memory_control);
    BIO_meth_set_create(method, tls_memory_create);
    return method;
}

/* Gives a session its BIO; nonzero when there was memory for it. */
static inline int tls_memory_attach(SSL *ssl, BIO_METHOD *method, struct tls_memory *memory) {
    BIO *bio = BIO_new(method);
    if (bio == NULL) return 0;
    BIO_set_data(bio, memory);
    SSL_set_bio(ssl, bio, bio);
    return 1;
}

/* TLS 1.2 and 1.3; no compression, no renegotiation. */
static inline void tls_prepare_context(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
}

static inline int tls_set_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

/* Remembers sessions of servers by callback alone. */
static inline void tls_keep_client_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
}

static inline int tls_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int tls_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int tls_trusted_count(SSL_CTX *context) {
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    return store == NULL ? 0 : sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}
static inline int tls_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add0_chain_cert(context, certificate);
}
static inline void tls_clear_chain(SSL_CTX *context) { SSL_CTX_clear_chain_certs(context); }

/* The server side: whose certificate is shown is decided by the callback on the name asked for. */
static inline void tls_prepare_server_context(SSL_CTX *context) {
    tls_prepare_context(context);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_ciphersuites(
        context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
    SSL_CTX_set_cipher_list(
        context,
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA");
}

static inline void tls_on_server_name(SSL_CTX *context, int (*chosen)(SSL *, int *, void *), void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, chosen);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}

/* A session of another context goes on with this one: the keys of its tickets are taken over. */
static inline void tls_copy_ticket_keys(SSL_CTX *from, SSL_CTX *to) {
    unsigned char keys[256];
    long size = SSL_CTX_get_tlsext_ticket_keys(from, NULL, 0);
    if (size <= 0 || (size_t)size > sizeof keys) return;
    if (SSL_CTX_get_tlsext_ticket_keys(from, keys, size) == 1) SSL_CTX_set_tlsext_ticket_keys(to, keys, size);
    OPENSSL_cleanse(keys, sizeof keys);
}

static inline int tls_is_address_name(const GENERAL_NAME *name) { return name->type == GEN_IPADD; }
static inline int tls_is_host_name(const GENERAL_NAME *name) { return name->type == GEN_DNS; }
static inline int tls_name_bytes(const GENERAL_NAME *name, const unsigned char **bytes) {
    const ASN1_STRING *text = name->type == GEN_IPADD ? name->d.iPAddress : name->d.dNSName;
    *bytes = ASN1_STRING_get0_data(text);
    return ASN1_STRING_length(text);
}
static inline int tls_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline GENERAL_NAME *tls_names_at(const GENERAL_NAMES *names, int index) {
    return sk_GENERAL_NAME_value(names, index);
}

/* A certificate of one's own making for a year, with a fresh key; nonzero when it could be made. */
static inline int tls_self_signed(const char *common_name, const char *alternative, X509 **made, EVP_PKEY **key) {
    *made = NULL;
    *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_EXTENSION *names = NULL, *usage = NULL, *purpose = NULL;
    BIGNUM *serial = BN_new();
    int done = 0;
    if (*key == NULL || certificate == NULL || serial == NULL) goto out;
    if (!X509_set_version(certificate, 2) || !BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY)) goto out;
    if (BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) == NULL) goto out;
    if (!X509_gmtime_adj(X509_getm_notBefore(certificate), -60)) goto out;
    if (!X509_gmtime_adj(X509_getm_notAfter(certificate), 365L * 24 * 3600)) goto out;
    X509_NAME *name = X509_get_subject_name(certificate);
    if (!X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0)) goto out;
    if (!X509_set_issuer_name(certificate, name) || !X509_set_pubkey(certificate, *key)) goto out;
    names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
    usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "critical,digitalSignature");
    purpose = X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, "serverAuth");
    if (names == NULL || usage == NULL || purpose == NULL) goto out;
    if (!X509_add_ext(certificate, names, -1) || !X509_add_ext(certificate, usage, -1)) goto out;
    if (!X509_add_ext(certificate, purpose, -1)) goto out;
    done = X509_sign(certificate, *key, EVP_sha256()) > 0;
out:
    X509_EXTENSION_free(names);
    X509_EXTENSION_free(usage);
    X509_EXTENSION_free(purpose);
    BN_free(serial);
    if (done) {
        *made = certificate;
    } else {
        X509_free(certificate);
        EVP_PKEY_free(*key);
        *key = NULL;
    }
    return done;
}

/* A fresh key on the curve P-256. */
static inline EVP_PKEY *tls_fresh_key(void) { return EVP_EC_gen("P-256"); }
