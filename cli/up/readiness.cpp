#include "cli/up/readiness.h"

#include <sys/socket.h>
#include <unistd.h>

#include "cli/up/local.h"
#include "lib/json/json.h"

namespace sonde::cli::up {
namespace {

constexpr std::size_t kMostBytes = 64U << 10U;

// HTTP/1.0: the server closes when it has said all, so that no length need be read.
std::string fetch(int port) {
    const int fd = connect_local(port, milliseconds{2000});
    if (fd < 0) return {};
    static constexpr std::string_view request = "GET /readyz HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    std::string answer;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
        char buffer[4096];
        for (ssize_t n = 0; answer.size() < kMostBytes && (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
            answer.append(buffer, static_cast<std::size_t>(n));
        }
    }
    ::close(fd);
    return answer;
}

}  // namespace

std::string not_ready(int port) {
    if (port <= 0) return "has not started";
    const auto answer = fetch(port);
    const auto space = answer.find(' ');
    if (space == std::string::npos) return "does not answer on port " + std::to_string(port);
    if (answer.compare(space + 1, 3, "200") == 0) return {};
    const auto begin = answer.find("\r\n\r\n");
    const auto document = json::parse(begin == std::string::npos ? std::string_view{} : std::string_view{answer}.substr(begin + 4));
    std::string reasons;
    if (document && document->is_object() && document->contains("checks")) {
        for (const auto& [name, outcome] : (*document)["checks"].items()) {
            if (outcome.is_string() && outcome != "ok") reasons += (reasons.empty() ? "" : ", ") + name + ": " + outcome.get<std::string>();
        }
    }
    return reasons.empty() ? "answers " + answer.substr(space + 1, 3) : reasons;
}

}  // namespace sonde::cli::up
