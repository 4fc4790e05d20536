#include "probe-agent/blackbox/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "lib/crypto/crypto.h"
#include "lib/log/log.h"
#include "probe-agent/blackbox/answer.h"

namespace sonde::agent::blackbox {
namespace {

constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestToken = 1024;

Status read_token(const std::string& file, std::string& token) {
    if (file.empty()) return Done{};
    std::ifstream opened(file);
    if (!opened) return Error{fmt::format("{}: cannot be read", file)};
    token.resize(kLongestToken + 1);
    opened.read(token.data(), static_cast<std::streamsize>(token.size()));
    token.resize(static_cast<std::size_t>(opened.gcount()));
    token.resize(token.find_last_not_of(" \t\r\n") + 1);
    if (token.size() < kShortestToken || token.size() > kLongestToken)
        return Error{fmt::format("{}: must have a token of {} to {} bytes", file, kShortestToken, kLongestToken)};
    return Done{};
}

bool is_authorized(const http::Request& request, const std::string& token) {
    constexpr std::string_view scheme = "Bearer ";
    if (token.empty()) return true;
    const auto* header = request.header("authorization");
    return header != nullptr && header->starts_with(scheme) && crypto::equal(std::string_view(*header).substr(scheme.size()), token);
}

std::string query_value(const http::Request& request, const char* name) {
    const auto* value = request.query_value(name);
    return value == nullptr ? std::string() : *value;
}

void log_lines(std::string_view event, const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        log::warning(event, "reason", text.substr(at, end - at));
        at = end + 1;
    }
}

}  // namespace

Endpoint::Endpoint(uv::Loop& loop, Scrapes& scrapes, EndpointOptions options, metrics::Registry& metrics)
    : loop_(loop), scrapes_(scrapes), options_(std::move(options)), metrics_(metrics) {
    auto read_now = read(options_);
    if (!read_now) throw std::runtime_error(read_now.error().message);
    settings_ = std::make_shared<const Settings>(std::move(*read_now));
    log::info("probe_modules_read", "file", options_.modules_file, "modules", settings_->modules->by_name.size());
}

Endpoint::~Endpoint() = default;

Result<Endpoint::Settings> Endpoint::read(const EndpointOptions& options) {
    auto modules = load_modules(options.modules_file);
    if (!modules) return modules.error();
    Settings settings{std::move(*modules), {}};
    if (const auto token = read_token(options.token_file, settings.token); !token) return token.error();
    return settings;
}

std::shared_ptr<const Endpoint::Settings> Endpoint::settings() const {
    const std::scoped_lock lock(mutex_);
    return settings_;
}

void Endpoint::reload() {
    auto read_now = read(options_);
    if (!read_now) return log_lines("probe_modules_refused", read_now.error().message);
    auto settings = std::make_shared<const Settings>(std::move(*read_now));
    log::info("probe_modules_read", "file", options_.modules_file, "modules", settings->modules->by_name.size());
    const std::scoped_lock lock(mutex_);
    settings_ = std::move(settings);
}

metrics::Counter& Endpoint::counter(const char* outcome) { return metrics_.counter(kScrapes, {{"outcome", outcome}}); }

void Endpoint::add_routes(http::Router& router) {
    router.add_deferred(http::Method::get, kPath, [this](const http::Request& request, const http::Reply& reply) { asked(request, reply); });
    for (const auto method : {http::Method::head, http::Method::post, http::Method::put, http::Method::patch, http::Method::del}) {
        router.add(method, kPath, [](const http::Request&) { return refusal(405, "only GET is possible here").with("Allow", "GET"); });
    }
}

void Endpoint::refuse(const http::Reply& reply, http::Response response) {
    counter(response.status == 503 ? "overload" : "refused").add();
    reply(std::move(response));
}

void Endpoint::asked(const http::Request& request, const http::Reply& reply) {
    const auto now = settings();
    if (!is_authorized(request, now->token)) {
        return refuse(reply, refusal(401, "a bearer token is needed").with("WWW-Authenticate", "Bearer"));
    }
    const auto target = query_value(request, "target");
    if (target.empty()) return refuse(reply, refusal(400, "target is missing"));
    auto name = query_value(request, "module");
    if (name.empty()) name = kUsualModule;
    const auto module = now->modules->by_name.find(name);
    if (module == now->modules->by_name.end()) return refuse(reply, refusal(400, fmt::format("there is no module \"{}\"", json::clean_utf8(name))));
    const auto timeout = time_for(request.header("x-prometheus-scrape-timeout-seconds"), options_.timeout_offset, module->second->timeout);
    if (!timeout) return refuse(reply, refusal(400, timeout.error().message));
    auto errand = make_errand(module->second, target, query_value(request, "hostname"));
    if (!errand) return refuse(reply, refusal(400, errand.error().message));
    run(std::move(*errand), *timeout, query_value(request, "debug") == "true", reply);
}

void Endpoint::run(Errand errand, milliseconds timeout, bool debug, const http::Reply& reply) {
    if (closed_) return refuse(reply, refusal(503, "the agent stops"));
    if (open_.fetch_add(1) >= options_.concurrency) {
        open_.fetch_sub(1);
        return refuse(reply, refusal(503, fmt::format("{} probes are under way, and no more may be (probe_endpoint.concurrency)", options_.concurrency))
                                 .with("Retry-After", "1"));
    }
    const auto finish = [this, debug, reply, target = errand.target](const std::optional<Outcome>& outcome) {
        auto made = outcome ? answer(*outcome, target, debug) : Answer{refusal(503, "the agent stops")};
        open_.fetch_sub(1);  // before the reply: who has it may ask again
        counter(std::string(name_of(made.verdict)).c_str()).add();
        reply(std::move(made.response));
    };
    auto ended = [this, finish](std::optional<Outcome> outcome) {
        answers_.add([finish, outcome = std::move(outcome)] { finish(outcome); });
    };
    loop_.post([this, errand = std::move(errand), timeout, ended = std::move(ended)] { scrapes_.start(errand, timeout, ended); });
}

}  // namespace sonde::agent::blackbox
