#include "tests/integration/agent/dovecot.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/servers.h"

namespace sonde::test {
namespace {

constexpr const char* kDovecotProgram = "/usr/sbin/dovecot";

// Its default is to confine its processes to directories of the installation, which only root may; and this one is not there.
constexpr std::string_view kDovecotConfig = R"(base_dir = {0}/run
state_dir = {0}/state
log_path = {0}/log
protocols = imap pop3 submission
listen = 127.0.0.1
ssl = {1}
ssl_cert = <{0}/certificate.pem
ssl_key = <{0}/key.pem
submission_relay_host = 127.0.0.1
default_login_user = {2}
default_internal_user = {3}
default_internal_group = {4}
passdb {{
  driver = static
  args = nopassword=y
}}
service anvil {{
  chroot =
}}
)";

// `protocol` on `port`, and not in TLS from the first byte.
constexpr std::string_view kService = R"(service {0}-login {{
  chroot =
  inet_listener {0} {{
    port = {1}
  }}
  inet_listener {0}s {{
    port = 0
  }}
}}
)";

// Whom its processes run as: those who came with the package, or ourselves, who cannot become others.
struct Users {
    std::string login = "dovenull";
    std::string internal = "dovecot";
    std::string group = "dovecot";
};

Users users() {
    if (::getuid() == 0) return {};
    const auto* user = ::getpwuid(::getuid());
    const auto* group = ::getgrgid(::getgid());
    if (user == nullptr || group == nullptr) throw std::runtime_error("we have no name, which dovecot wants");
    return {user->pw_name, user->pw_name, group->gr_name};
}

std::string text_of(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

}  // namespace

bool Dovecot::is_there() {
    for (const auto* program : {kDovecotProgram, "/usr/lib/dovecot/imap-login", "/usr/lib/dovecot/pop3-login", "/usr/lib/dovecot/submission-login"}) {
        if (::access(program, X_OK) != 0) return false;
    }
    return true;
}

Dovecot::Dovecot(const Certificate& certificate, Tls tls) : imap_port_(closed_port()), pop3_port_(closed_port()), smtp_port_(closed_port()) {
    const auto& here = directory_.path();
    std::filesystem::permissions(here, std::filesystem::perms{0755});  // its processes may be other users
    std::ofstream(here + "/certificate.pem") << certificate.pem();
    std::ofstream(here + "/key.pem") << certificate.key_pem();
    const auto who = users();
    std::ofstream(here + "/dovecot.conf") << fmt::format(kDovecotConfig, here, tls == Tls::offered ? "yes" : "no", who.login, who.internal, who.group)
                                          << fmt::format(kService, "imap", imap_port_) << fmt::format(kService, "pop3", pop3_port_)
                                          << fmt::format(kService, "submission", smtp_port_);
    std::string arguments[] = {kDovecotProgram, "-F", "-c", here + "/dovecot.conf"};
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (::posix_spawn(&process_, kDovecotProgram, nullptr, nullptr, argv.data(), environ) != 0) throw std::runtime_error("cannot start dovecot");
    if (!eventually([&] { return text_of(here + "/log").find("starting up for") != std::string::npos; }))
        throw std::runtime_error("dovecot did not start: " + text_of(here + "/log"));
}

Dovecot::~Dovecot() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
}

}  // namespace sonde::test
