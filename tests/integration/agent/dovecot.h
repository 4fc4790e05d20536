// A real mail server, Dovecot: IMAP, POP3 and SMTP submission, for as long as the object lives.
#pragma once

#include <sys/types.h>

#include "tests/integration/agent/tls_server.h"
#include "tests/support/temp_dir.h"

namespace sonde::test {

// On free ports of 127.0.0.1. It begins in clear on each, and is asked for TLS there. Throws std::runtime_error if it does not start.
class Dovecot {
public:
    static bool is_there();

    enum class Tls : unsigned char { offered, none };
    explicit Dovecot(const Certificate& certificate, Tls tls = Tls::offered);
    ~Dovecot();
    Dovecot(const Dovecot&) = delete;
    Dovecot& operator=(const Dovecot&) = delete;

    [[nodiscard]] int imap_port() const { return imap_port_; }
    [[nodiscard]] int pop3_port() const { return pop3_port_; }
    [[nodiscard]] int smtp_port() const { return smtp_port_; }

private:
    TempDir directory_;
    int imap_port_;
    int pop3_port_;
    int smtp_port_;
    pid_t process_ = -1;
};

}  // namespace sonde::test
