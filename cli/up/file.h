// Small files of the data directory: secrets, process ids, state. Written whole or not at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::cli::up {

// Replaces `file` atomically; mode 0600 unless told otherwise. Throws Failure naming the file and the reason (a full disk, no permission).
void write_file(const std::filesystem::path& file, std::string_view text, unsigned mode = 0600);

// The whole text; nothing if there is no such file. Throws Failure if it cannot be read.
std::optional<std::string> read_file(const std::filesystem::path& file);

// The first line of a secret's file; a new random one is made there if there is none.
std::string secret_in(const std::filesystem::path& file);

// The last `lines` lines of a log, each indented by two spaces; empty if there are none.
std::string tail_of(const std::filesystem::path& file, int lines);

}  // namespace sonde::cli::up
