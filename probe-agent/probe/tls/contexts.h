// What TLS connections share: certificate authorities, parsed once.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "lib/base/instant.h"
#include "lib/base/result.h"
#include "probe-agent/probe/recent.h"

namespace sonde::agent {

struct FreeTlsContext {
    void operator()(SSL_CTX* context) const;
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

// Contexts by their authorities. Parsing a bundle takes 25 times as long as a check, so the system's is read when the first check
// asks for it, and again when the file has changed; those of specs are kept, the least recently used go first. A context takes
// any version from TLS 1.0 and any strength: what is too old or too weak is for others to say. Loop thread only.
class TlsContexts {
public:
    // `ca_file` empty: the system's bundle.
    explicit TlsContexts(std::string ca_file, std::size_t capacity = 64);

    // With the authorities of `ca` (PEM), or of the file if it is empty. The context is good until the next call; a connection that
    // was made of it keeps what it needs. An error says why there is none, and is this machine's or the spec's fault.
    Result<SSL_CTX*> find(const std::string& ca);

private:
    Result<SSL_CTX*> of_file();

    std::string ca_file_;
    TlsContext system_;
    std::int64_t system_changed_ = 0;  // modification time of the file that was read, in nanoseconds
    MonotonicPoint system_seen_{};
    Recent<TlsContext> of_specs_;
};

}  // namespace sonde::agent
