#include "lib/crypto/pem.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace sonde::crypto {
namespace {

struct Free {
    void operator()(void* memory) const { OPENSSL_free(memory); }
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

bool is_certificate(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    return certificate != nullptr && at == end;
}

}  // namespace

Result<std::vector<std::string>> read_pem_certificates(std::string_view pem, std::size_t most) {
    const auto in = open(pem);
    std::vector<std::string> found;
    std::string wrong;
    while (wrong.empty()) {
        char* name = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long length = 0;
        if (in == nullptr || PEM_read_bio(in.get(), &name, &header, &data, &length) != 1) {
            const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            if (!is_end) wrong = fmt::format("is not PEM: certificate {} of it is cut off or misspelt", found.size() + 1);
            break;
        }
        const std::unique_ptr<void, Free> owned[] = {std::unique_ptr<void, Free>(name), std::unique_ptr<void, Free>(header),
                                                     std::unique_ptr<void, Free>(data)};
        std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(length));
        if (std::string_view(name) != PEM_STRING_X509) {
            wrong = "must hold certificates only";
        } else if (found.size() == most) {
            wrong = fmt::format("must hold at most {} certificates", most);
        } else if (!is_certificate(der)) {
            wrong = fmt::format("holds something that is no certificate, the {}. of it", found.size() + 1);
        }
        found.push_back(std::move(der));
    }
    ERR_clear_error();
    if (!wrong.empty()) return Error{std::move(wrong)};
    if (found.empty()) return Error{"must hold a certificate in PEM"};
    return found;
}

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

