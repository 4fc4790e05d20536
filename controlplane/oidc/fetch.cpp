#include "controlplane/oidc/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <stdexcept>

#include "lib/net/url.h"

namespace sonde::oidc {
namespace {

void initialize_libcurl() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("cannot set up libcurl");
    });
}

std::size_t take_bytes(const char* data, std::size_t, std::size_t size, void* into) noexcept {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size > kMaxAnswerBytes) return 0;
    body.append(data, size);
    return size;
}

std::string host_of(const std::string& url) {
    const auto parsed = net::parse_url(url);
    return parsed ? parsed->host : "the provider";
}

}  // namespace

Result<Answer> fetch(const Ask& ask, milliseconds timeout, const std::string& ca_file) {
    initialize_libcurl();
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
    if (!easy) throw std::bad_alloc();
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, &curl_slist_free_all);
    const auto add = [&headers](const char* line) { headers.reset(curl_slist_append(headers.release(), line)); };
    for (const auto* line : {"Accept: application/json", "Expect:"}) add(line);
    for (const auto& line : ask.headers) add(line.c_str());
    const auto set = [&easy](CURLoption option, auto value) {
        if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK) throw std::runtime_error("cannot set an option of libcurl");
    };
    Answer answer;
    char error[CURL_ERROR_SIZE] = "";
    set(CURLOPT_ERRORBUFFER, static_cast<char*>(error));
    set(CURLOPT_URL, ask.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROXY, "");
    set(CURLOPT_NETRC, 0L);
    set(CURLOPT_HTTPHEADER, headers.get());
    if (!ask.form.empty()) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(ask.form.size()));
        set(CURLOPT_POSTFIELDS, ask.form.c_str());
    }
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // else the end of it waits for the resolver
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
    set(CURLOPT_WRITEFUNCTION, &take_bytes);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
    const auto code = curl_easy_perform(easy.get());
    if (code == CURLE_WRITE_ERROR) return Error{fmt::format("{} answers with more than {} bytes", host_of(ask.url), kMaxAnswerBytes)};
    if (code != CURLE_OK) {
        return Error{fmt::format("{} does not answer: {}", host_of(ask.url), error[0] != '\0' ? static_cast<const char*>(error) : curl_easy_strerror(code))};
    }
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

}  // namespace sonde::oidc
