// A key and a certificate for 127.0.0.1, signed by itself: trusted by whoever is given its PEM, by nobody else.
#pragma once

#include <string>

struct ssl_ctx_st;

namespace sonde::test {

class TlsIdentity {
public:
    TlsIdentity();  // throws std::runtime_error
    ~TlsIdentity();
    TlsIdentity(const TlsIdentity&) = delete;
    TlsIdentity& operator=(const TlsIdentity&) = delete;

    [[nodiscard]] ssl_ctx_st* context() const { return context_; }
    [[nodiscard]] const std::string& pem() const { return pem_; }
    [[nodiscard]] const std::string& key_pem() const { return key_pem_; }

private:
    ssl_ctx_st* context_ = nullptr;
    std::string pem_;
    std::string key_pem_;
};

}  // namespace sonde::test
