#include "lib/crypto/pem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace sonde::crypto {
namespace {

struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Text = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

Text open(std::string_view text) { return Text(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Without this, OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*self*/) { return -1; }

Certificate next_certificate(BIO* in) { return Certificate(PEM_read_bio_X509(in, nullptr, no_passphrase, nullptr)); }

}  // namespace

Status check_certificates(std::string_view text) {
    const auto in = open(text);
    int count = 0;
    while (next_certificate(in.get())) ++count;
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (count == 0) return Error{"must be a certificate in PEM, beginning with -----BEGIN CERTIFICATE-----"};
    if (!at_end) return Error{"has a certificate in PEM that cannot be read"};
    return Done{};
}

Status check_key_pair(std::string_view certificate, std::string_view key) {
    if (auto whole = check_certificates(certificate); !whole) return whole;
    const auto leaf = next_certificate(open(certificate).get());
    const Key own(PEM_read_bio_PrivateKey(open(key).get(), nullptr, no_passphrase, nullptr));
    const bool fits = own != nullptr && X509_check_private_key(leaf.get(), own.get()) == 1;
    ERR_clear_error();
    if (own == nullptr) return Error{"must be a private key in PEM without a passphrase"};
    if (!fits) return Error{"is not the key of the certificate"};
    return Done{};
}

}  // namespace sonde::crypto
