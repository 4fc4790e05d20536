#include "lib/service/ready_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sonde::service {

ReadyFile::ReadyFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) unlink(path_.c_str());
}

ReadyFile::~ReadyFile() {
    if (!path_.empty()) unlink(path_.c_str());
}

void ReadyFile::write(int port) {
    if (path_.empty()) return;
    const auto beside = fmt::format("{}.{}", path_, getpid());
    const auto text = fmt::format("{{\"pid\":{},\"port\":{}}}\n", getpid(), port);
    auto* file = std::fopen(beside.c_str(), "we");
    const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (written && closed && std::rename(beside.c_str(), path_.c_str()) == 0) return;
    const auto reason = std::generic_category().message(errno);
    unlink(beside.c_str());
    throw std::runtime_error(fmt::format("cannot write the ready file {}: {}", path_, reason));
}

}  // namespace sonde::service
