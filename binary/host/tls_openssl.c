/* TLS for knell-tls, by OpenSSL: the last imports of binary/system/host.ts. One connection at a time; the wasm says what
 * is trusted and what an outcome means. OpenSSL allocates, which PID 1 may not: init asks over TLS in a child. */
#include "host.h"
#include "wabt.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* The record of binary/tls/settings.ts. */
enum text { CA_FILE, CA_FOLDER, CERTIFICATE, KEY, CIPHERS, CIPHER_SUITES, SERVER_NAME, VERIFIED_NAME, TEXT_COUNT };
struct settings { u32 texts[TEXT_COUNT]; u32 verifies; };

enum fact { HEARD = 1, ALERTED = 2, UNVERIFIED = 4 };

static SSL_CTX *context;
static SSL *connection;
static u32 facts;
static int is_broken;
static char reason[256];

static const char *text_of(const struct settings *settings, enum text text) {
  return settings->texts[text] ? host_at(settings->texts[text], 1) : NULL;
}

/* Every message in both directions, decrypted (SSL_CTX_set_msg_callback(3)). */
static void note_message(int is_sent, int version, int type, const void *bytes, size_t length, SSL *ssl, void *arg) {
  if (is_sent) return;
  if (type == SSL3_RT_HANDSHAKE) facts |= HEARD;
  if (type == SSL3_RT_ALERT && length == 2 && ((const unsigned char *)bytes)[0] == SSL3_AL_FATAL) facts |= ALERTED;
}

static void keep_reason(void) {
  long verified = connection ? SSL_get_verify_result(connection) : X509_V_OK;
  unsigned long error = ERR_peek_error();
  const char *text = NULL;
  if (verified != X509_V_OK && SSL_get_verify_mode(connection) != SSL_VERIFY_NONE) {
    facts |= UNVERIFIED;
    text = X509_verify_cert_error_string(verified);
  } else if (ERR_SYSTEM_ERROR(error)) {
    text = strerror(ERR_GET_REASON(error));
  } else if (error) {
    text = ERR_reason_error_string(error);
  }
  snprintf(reason, sizeof reason, "%s", text ? text : "connection closed");
  ERR_clear_error();
}

/* The number of the first text that cannot be used, from 1 on; 0 if all can. */
static int use_settings(const struct settings *settings) {
  const char *file = text_of(settings, CA_FILE), *folder = text_of(settings, CA_FOLDER);
  const char *certificate = text_of(settings, CERTIFICATE), *key = text_of(settings, KEY);
  const char *ciphers = text_of(settings, CIPHERS), *suites = text_of(settings, CIPHER_SUITES);
  SSL_CTX_set_verify(context, settings->verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  if (file && !SSL_CTX_load_verify_file(context, file)) return CA_FILE + 1;
  if (folder && !SSL_CTX_load_verify_dir(context, folder)) return CA_FOLDER + 1;
  if (certificate && !SSL_CTX_use_certificate_chain_file(context, certificate)) return CERTIFICATE + 1;
  if (key && !SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM)) return KEY + 1;
  if (ciphers && !SSL_CTX_set_cipher_list(context, ciphers)) return CIPHERS + 1;
  if (suites && !SSL_CTX_set_ciphersuites(context, suites)) return CIPHER_SUITES + 1;
  return 0;
}

u32 HOST(tls_open)(SELF, u32 socket, u32 address) {
  const struct settings *settings = host_at(address, sizeof *settings);
  facts = 0;
  is_broken = 0;
  /* No openssl.cnf: what an image has there is none of a probe's business. */
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
  ERR_clear_error();
  context = SSL_CTX_new(TLS_client_method());
  if (!context) return -ENOMEM;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  /* A peer that just closes has said what it had to say, as without TLS. */
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_msg_callback(context, note_message);
  int unusable = use_settings(settings);
  if (unusable == 0) connection = SSL_new(context);
  if (unusable != 0 || !connection) {
    keep_reason();
    return unusable != 0 ? unusable : -ENOMEM;
  }
  const char *server = text_of(settings, SERVER_NAME), *name = text_of(settings, VERIFIED_NAME);
  if (server && !SSL_set_tlsext_host_name(connection, server)) return SERVER_NAME + 1;
  if (name && !X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name) && !SSL_set1_host(connection, name))
    return VERIFIED_NAME + 1;
  ERR_clear_error();
  SSL_set_connect_state(connection);
  return SSL_set_fd(connection, socket) ? 0 : -ENOMEM;
}

/* `result` of a call that did not succeed, as an errno; `wanted`, if not NULL, gets what to wait for. */
static int failure(int result, int *wanted) {
  int error = SSL_get_error(connection, result);
  if (wanted) *wanted = error == SSL_ERROR_WANT_READ ? POLLIN : error == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return -EAGAIN;
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  is_broken = 1;
  int saved = errno;
  keep_reason();
  return error == SSL_ERROR_SYSCALL && saved != 0 ? -saved : -EPROTO;
}

u32 HOST(tls_handshake)(SELF) {
  int wanted = 0;
  errno = 0;
  ERR_clear_error();
  int result = SSL_do_handshake(connection);
  if (result == 1) return 0;
  int error = failure(result, &wanted);
  return error == -EAGAIN ? wanted : error == 0 ? -ECONNRESET : error;
}

u32 HOST(tls_read)(SELF, u32 buffer, u32 length) {
  errno = 0;
  ERR_clear_error();
  int result = SSL_read(connection, host_at(buffer, length), length);
  return result > 0 ? result : failure(result, NULL);
}

u32 HOST(tls_write)(SELF, u32 buffer, u32 length) {
  errno = 0;
  ERR_clear_error();
  int result = SSL_write(connection, host_at(buffer, length), length);
  return result > 0 ? result : failure(result, NULL);
}

void HOST(tls_close)(SELF) {
  if (connection && !is_broken) SSL_shutdown(connection);
  SSL_free(connection);
  SSL_CTX_free(context);
  connection = NULL;
  context = NULL;
}

u32 HOST(tls_facts)(SELF) {
  return facts;
}

u32 HOST(tls_error)(SELF, u32 buffer, u32 length) {
  size_t count = strlen(reason) < length ? strlen(reason) : length;
  memcpy(host_at(buffer, count), reason, count);
  return count;
}
