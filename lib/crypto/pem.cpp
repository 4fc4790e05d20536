#include "lib/crypto/pem.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace sonde::crypto {
namespace {

struct Free {
    void operator()(void* memory) const { OPENSSL_free(memory); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};

bool is_certificate(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    const std::unique_ptr<X509, Free> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    return certificate != nullptr && at == end;
}

}  // namespace

Result<std::vector<std::string>> read_pem_certificates(std::string_view pem, std::size_t most) {
    const std::unique_ptr<BIO, Free> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
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

}  // namespace sonde::crypto
