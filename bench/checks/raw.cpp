#include "bench/checks/raw.h"

#include <utility>

#include <curl/curl.h>

namespace sonde::bench {
namespace {

std::size_t drop(char* /*data*/, std::size_t size, std::size_t count, void* /*self*/) { return size * count; }

}  // namespace

struct RawLoad::Transfer final : agent::CurlMulti::Listener {
    Transfer(RawLoad& load, const std::string& ca_file) : load_(load), easy(curl_easy_init()) {
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &drop);
        curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<char*>(nullptr));
        if (!ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
    }
    ~Transfer() { curl_easy_cleanup(easy); }

    void transferred(CURLcode code) override {
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        const auto finished = std::move(done);
        load_.idle_.push_back(this);
        finished(code == CURLE_OK && status == 200);
    }

    RawLoad& load_;
    CURL* easy;
    std::function<void(bool)> done;
};

RawLoad::RawLoad(uv::Loop& loop, std::vector<std::string> urls, std::string ca_file)
    : multi_(loop), urls_(std::move(urls)), ca_file_(std::move(ca_file)) {}

RawLoad::~RawLoad() = default;

void RawLoad::start(std::function<void(bool good)> done) {
    if (idle_.empty()) {
        transfers_.push_back(std::make_unique<Transfer>(*this, ca_file_));
        idle_.push_back(transfers_.back().get());
    }
    auto& transfer = *idle_.back();
    idle_.pop_back();
    transfer.done = std::move(done);
    curl_easy_setopt(transfer.easy, CURLOPT_URL, urls_[next_++ % urls_.size()].c_str());
    multi_.add(transfer.easy, &transfer);
}

}  // namespace sonde::bench
