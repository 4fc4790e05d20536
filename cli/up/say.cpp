#include "cli/up/say.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "lib/base/instant.h"

namespace sonde::cli::up {
namespace {

void put(int fd, std::string text) {
    text += '\n';
    // A full disk or a closed terminal must not stop the supervision.
    [[maybe_unused]] const auto n = ::write(fd, text.data(), text.size());
}

}  // namespace

Say::Say(const std::filesystem::path& log) : log_(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}

Say::~Say() {
    if (log_ >= 0) ::close(log_);
}

void Say::line(std::string_view text) {
    privately(text);
    if (log_ >= 0) put(log_, to_rfc3339(wall_now()) + " " + std::string{text});
}

void Say::privately(std::string_view text) {
    if (terminal_) put(STDOUT_FILENO, std::string{text});
}

}  // namespace sonde::cli::up
