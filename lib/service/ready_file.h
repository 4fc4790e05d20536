// Tells whoever started the process that it serves, and where. Internal to lib/service.
#pragma once

#include <string>

namespace sonde::service {

// There from `write` until it is destroyed; a leftover of an earlier process is removed at once.
class ReadyFile {
public:
    explicit ReadyFile(std::string path);  // an empty path: nothing is ever written
    ~ReadyFile();
    ReadyFile(const ReadyFile&) = delete;
    ReadyFile& operator=(const ReadyFile&) = delete;

    // `{"pid":…,"port":…}`, whole or not at all. Throws std::runtime_error with path and reason.
    void write(int port);

private:
    std::string path_;
};

}  // namespace sonde::service
