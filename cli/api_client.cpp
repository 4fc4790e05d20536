#include "cli/api_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <utility>

#include "cli/input.h"

namespace sonde::cli {
namespace {

constexpr std::size_t kMostAnswerBytes = 256U << 20U;

std::string environment(const char* name) {
    const auto* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing of ours changes the environment
    return value != nullptr ? value : "";
}

std::size_t take_bytes(const char* data, std::size_t, std::size_t size, void* into) noexcept {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size > kMostAnswerBytes) return 0;
    body.append(data, size);
    return size;
}

}  // namespace

void add_api_options(CLI::App& command, ApiOption& option) {
    command.add_option("--api", option.api, "the control plane; SONDE in the environment, or http://127.0.0.1:8600, if not given");
    command.add_option("--token-file", option.token_file, "a file with the API token; SONDE_TOKEN in the environment, if not given");
    command.add_option("--ca-file", option.ca_file, "certificates (PEM) to verify with, instead of the system's");
}

ApiAnswer send(const ApiRequest& request) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
    if (!easy) throw Failure{"libcurl cannot be used"};
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, &curl_slist_free_all);
    for (const auto* line : {"Content-Type: application/json", "Expect:"}) headers.reset(curl_slist_append(headers.release(), line));
    if (!request.token.empty()) headers.reset(curl_slist_append(headers.release(), ("Authorization: Bearer " + request.token.reveal()).c_str()));
    ApiAnswer answer;
    char error[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, static_cast<char*>(error));
    curl_easy_setopt(easy.get(), CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    if (request.method == "POST") {
        curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, request.body.c_str());
    }
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, request.patience_ms);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    if (!request.ca_file.empty()) curl_easy_setopt(easy.get(), CURLOPT_CAINFO, request.ca_file.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &take_bytes);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
    const auto code = curl_easy_perform(easy.get());
    if (code != CURLE_OK) {
        throw Failure{fmt::format("{} does not answer: {}", request.url, error[0] != '\0' ? static_cast<const char*>(error) : curl_easy_strerror(code))};
    }
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

std::string api_address(const ApiOption& option) {
    auto url = option.api.empty() ? environment("SONDE") : option.api;
    if (url.empty()) url = "http://127.0.0.1:8600";
    while (url.ends_with('/')) url.pop_back();
    return url;
}

// From a file or the environment, since everybody on a machine can read command lines.
Secret api_token(const ApiOption& option) {
    auto token = option.token_file.empty() ? environment("SONDE_TOKEN") : read_input(option.token_file, option.usage);
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
    if (token.empty()) throw Failure{"name a --token-file, or put the token into SONDE_TOKEN", option.usage};
    if (token.find_first_of("\r\n") != std::string::npos) throw Failure{"the token is one line", option.usage};
    return Secret{std::move(token)};
}

ApiAnswer ask_api(const ApiOption& option, const std::string& method, const std::string& path, const std::string& body, long patience_ms) {
    return send({method, api_address(option) + path, api_token(option), body, option.ca_file, patience_ms});
}

Json document_of(const ApiAnswer& answer) {
    auto document = json::parse(answer.body, {.bytes = kMostAnswerBytes, .depth = 64});
    if (!document) throw Failure{"the answer cannot be read: " + document.error().message};
    return std::move(*document);
}

std::string refusal(const ApiAnswer& answer) {
    const auto document = json::parse(answer.body);
    if (!document || !document->is_object()) return fmt::format("the control plane answered {}", answer.status);
    auto text = fmt::format("{}: {}", document->value("title", fmt::format("{}", answer.status)), document->value("detail", ""));
    for (const auto& error : document->value("errors", Json::array())) text += fmt::format("\n  {}: {}", error.value("pointer", ""), error.value("detail", ""));
    return text;
}

}  // namespace sonde::cli
