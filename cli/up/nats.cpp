#include "cli/up/nats.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "cli/up/local.h"
#include "cli/up/tool.h"
#include "lib/json/json.h"
#include "lib/message/subject.h"

namespace sonde::cli::up {

namespace subject = message::subject;

namespace {

std::string quoted(const std::vector<std::string>& subjects) {
    std::string out;
    for (const auto& subject : subjects) out += (out.empty() ? "\"" : ", \"") + subject + "\"";
    return out;
}

std::string agent_user(const std::string& region, const BusUser& user) {
    std::vector<std::string> publish;
    for (const auto& stream : {subject::jobs_stream(region), subject::urgent_stream(region)}) {
        publish.push_back("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + std::string{subject::agents_consumer});
        publish.push_back("$JS.ACK." + stream + ".>");
    }
    publish.push_back("sonde.v1.results.*." + region);
    publish.push_back(subject::runs(region));
    publish.push_back(subject::presence(region));
    publish.push_back(subject::parked("agent"));
    return fmt::format("    {{ user: \"{}\", password: \"{}\", permissions: {{\n        publish: [{}]\n        subscribe: [\"_INBOX_{}.>\"]\n    }} }}\n",
                       user.name, user.password, quoted(publish), region);
}

}  // namespace

std::string nats_config(int port, const fs::path& store, const std::string& store_key, const BusUser& services, const BusUser& subscriber,
                        const std::vector<std::pair<std::string, BusUser>>& agents) {
    std::string users = fmt::format("    {{ user: \"{}\", password: \"{}\" }}\n", services.name, services.password);
    users += fmt::format("    {{ user: \"{}\", password: \"{}\", permissions: {{ publish: {{ deny: [\">\"] }}, subscribe: [\"sonde.v1.events.>\"] }} }}\n",
                         subscriber.name, subscriber.password);
    for (const auto& [region, user] : agents) users += agent_user(region, user);
    return fmt::format(R"(# Written anew at every start of `sonde up`.
listen: "127.0.0.1:{}"
server_name: "sonde"
max_payload: 1MB
ping_interval: "20s"
write_deadline: "5s"
jetstream {{
    store_dir: "{}"
    max_mem: 64MB
    max_file: 8GB
    cipher: chachapoly
    key: "{}"
}}
authorization {{
    timeout: 5
    users: [
{}    ]
}}
)",
                       port, store.string(), store_key, users);
}

Program nats_program(const Layout& layout, int port, const std::vector<std::string>& regions) {
    const char* chosen = std::getenv("SONDE_NATS_SERVER");
    const auto server = chosen != nullptr ? fs::path{chosen} : find_program("nats-server", {"/usr/sbin", "/usr/bin", "/usr/local/bin"});
    if (server.empty()) throw Failure{"nats-server is not installed (apt-get install nats-server)"};
    const auto user = [&](const std::string& name) { return BusUser{name, secret_in(layout.secret("nats-" + name))}; };
    std::vector<std::pair<std::string, BusUser>> agents;
    for (const auto& region : regions) agents.emplace_back(region, user("agent-" + region));
    write_file(layout.config("nats.conf"),
               nats_config(port, layout.nats_store(), secret_in(layout.secret("nats-store")), user("sonde"), user("subscriber"), agents));
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
