#include "cli/status_page/changes.h"

#include <curl/curl.h>

#include <memory>
#include <string_view>
#include <utility>

namespace sonde::cli {
namespace {

constexpr milliseconds kBetween{2'000};   // two connections
constexpr long kConnectSeconds = 10;
constexpr long kSilenceSeconds = 90;      // the server says something more often than that
constexpr std::size_t kMostLine = 4'096;  // of which nothing but its beginning is looked at
constexpr std::string_view kData = "data:";

}  // namespace

struct Changes::Listening {
    Changes& changes;
    CURL* easy;
    bool begun = false;
    std::string line{};

    // Whether it is a stream of events at all.
    bool is_stream() {
        long status = 0;
        const char* type = nullptr;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
        return status == 200 && type != nullptr && std::string_view(type).starts_with("text/event-stream");
    }

    static std::size_t take(const char* data, std::size_t, std::size_t size, void* into) noexcept {
        auto& self = *static_cast<Listening*>(into);
        if (!self.begun && !self.is_stream()) return 0;
        if (!std::exchange(self.begun, true)) self.changes.note();
        for (const char c : std::string_view(data, size)) {
            if (c == '\n') {
                if (self.line.starts_with(kData)) self.changes.note();
                self.line.clear();
            } else if (self.line.size() < kMostLine) {
                self.line += c;
            }
        }
        return size;
    }

    static int go_on(void* into, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept { return static_cast<Listening*>(into)->changes.stopping_ ? 1 : 0; }
};

Changes::Changes(ApiOption api, std::string path) : api_(std::move(api)), path_(std::move(path)) {
    thread_ = std::thread([this] { run(); });
}

Changes::~Changes() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wakes_.notify_all();
    thread_.join();
}

void Changes::note() {
    {
        const std::scoped_lock lock(mutex_);
        changed_ = true;
    }
    wakes_.notify_all();
}

void Changes::wait(milliseconds at_least, milliseconds at_most) {
    std::unique_lock lock(mutex_);
    wakes_.wait_for(lock, at_least, [this] { return stopping_.load(); });
    wakes_.wait_for(lock, at_most - at_least, [this] { return changed_; });
    changed_ = false;
}

void Changes::run() {
    while (!stopping_) {
        try {
            listen();
        } catch (const Failure&) {
            // There is no token at the moment, which whoever asks for the page is told.
        }
        std::unique_lock lock(mutex_);
        wakes_.wait_for(lock, kBetween, [this] { return stopping_.load(); });
    }
}

// Until the connection ends, however it does: then there is another one. Throws Failure if there is no token.
void Changes::listen() {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
    if (!easy) return;
    const auto url = api_address(api_) + path_;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(curl_slist_append(nullptr, "Accept: text/event-stream"), &curl_slist_free_all);
    headers.reset(curl_slist_append(headers.release(), ("Authorization: Bearer " + api_token(api_).reveal()).c_str()));
    Listening listening{*this, easy.get()};
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_LOW_SPEED_TIME, kSilenceSeconds);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    if (!api_.ca_file.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, api_.ca_file.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &Listening::take);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, static_cast<void*>(&listening));
    curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, &Listening::go_on);
    curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, static_cast<void*>(&listening));
    curl_easy_perform(easy.get());
}

}  // namespace sonde::cli
