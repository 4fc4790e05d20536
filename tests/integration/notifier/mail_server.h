// A real mail server by aiosmtpd (smtp_server.py), told how to behave, with a certificate for 127.0.0.1.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/json/json.h"
#include "tests/integration/notifier/tls_identity.h"
#include "tests/support/python_server.h"

namespace sonde::test {

class MailServer {
public:
    // As the script has it: one word for each connection, the last for all that follow.
    explicit MailServer(const std::vector<std::string>& how = {"ok"});
    ~MailServer();
    MailServer(const MailServer&) = delete;
    MailServer& operator=(const MailServer&) = delete;

    [[nodiscard]] int port() const { return server_->port(); }
    // What vouches for it.
    [[nodiscard]] const std::string& pem() const { return identity_.pem(); }
    // What it has taken, in that order.
    [[nodiscard]] std::vector<Json> taken() const;

private:
    std::string directory_;
    TlsIdentity identity_;
    std::unique_ptr<PythonServer> server_;
};

}  // namespace sonde::test
