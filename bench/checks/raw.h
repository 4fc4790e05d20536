// The least that checks by libcurl can cost: fresh connections on one multi handle, nothing looked at but the status.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/checks/load.h"
#include "probe-agent/probe/http/curl_multi.h"

namespace sonde::bench {

// Asks `urls` in turn. `ca_file` is what https targets are verified with, read once.
class RawLoad final : public Load {
public:
    RawLoad(uv::Loop& loop, std::vector<std::string> urls, std::string ca_file);
    ~RawLoad() override;

    void start(std::function<void(bool good)> done) override;

private:
    struct Transfer;
    agent::CurlMulti multi_;
    std::vector<std::string> urls_;
    std::string ca_file_;
    std::size_t next_ = 0;
    std::vector<std::unique_ptr<Transfer>> transfers_;
    std::vector<Transfer*> idle_;
};

}  // namespace sonde::bench
