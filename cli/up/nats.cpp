#include "cli/up/nats.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "cli/nats/server.h"
#include "cli/failure.h"
#include "cli/up/file.h"
#include "cli/up/local.h"
#include "cli/up/tool.h"
#include "lib/json/json.h"

namespace sonde::cli::up {

std::string nats_config(int port, const fs::path& store, const std::string& store_key, const admission::BusKeys& keys, const std::string& account) {
    return fmt::format(R"(# Written anew at every start of `sonde up`.
listen: "127.0.0.1:{}"
server_name: "sonde"
max_payload: 1MB
ping_interval: "20s"
write_deadline: "5s"
jetstream {{
    store_dir: "{}"
    max_mem: 256MB
    max_file: 8GB
    cipher: chachapoly
    key: "{}"
}}
authorization {{
    timeout: 5
}}
{})",
                       port, store.string(), store_key, nats::server_settings(keys, account, store / "accounts"));
}

Program nats_program(const Layout& layout, int port, const admission::BusKeys& keys, const std::string& account) {
    const char* chosen = std::getenv("SONDE_NATS_SERVER");
    const auto server = chosen != nullptr ? fs::path{chosen} : find_program("nats-server", {"/usr/sbin", "/usr/bin", "/usr/local/bin"});
    if (server.empty()) throw Failure{"nats-server is not installed (apt-get install nats-server)"};
    write_file(layout.config("nats.conf"), nats_config(port, layout.nats_store(), secret_in(layout.secret("nats-store")), keys, account));
    Program program;
    program.name = "nats";
    program.tier = Tier::bus;
    program.arguments = {server, "-c", layout.config("nats.conf")};
    // Its own collector would let memory grow to several times what is alive; and at our rates more threads only wake each other.
    program.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "GOMEMLIMIT=96MiB", "GOMAXPROCS=1", "HOME=/"};
    program.log = layout.log("nats");
    program.stop_signal = SIGTERM;
    program.quit_signal = SIGKILL;
    program.port = port;
    return program;
}

bool remove_former_streams(const Layout& layout) {
    const auto former = layout.nats_store() / "jetstream" / "$G";
    std::error_code failed;
    return fs::remove_all(former, failed) > 0 && !failed;
}

std::string nats_version(int port) {
    const int fd = connect_local(port, milliseconds{1000});
    if (fd < 0) return {};
    std::string greeting(4096, '\0');
    const auto n = ::recv(fd, greeting.data(), greeting.size(), 0);
    ::close(fd);
    greeting.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    // `INFO {"server_id":…,"version":"2.9.10",…}` and a line's end.
    const auto begin = greeting.find('{');
    const auto end = greeting.find("\r\n");
    if (!greeting.starts_with("INFO") || begin == std::string::npos || end == std::string::npos) return {};
    const auto info = json::parse(std::string_view{greeting}.substr(begin, end - begin));
    return info ? info->value("version", "") : "";
}

bool is_old_nats(const std::string& version) {
    std::array<int, 3> found{};
    if (std::sscanf(version.c_str(), "%d.%d.%d", &found[0], &found[1], &found[2]) != 3) return false;
    return found < std::array<int, 3>{2, 10, 23};
}

}  // namespace sonde::cli::up
