#include "tests/integration/controlplane/api_stand.h"

#include <curl/curl.h>
#include <doctest/doctest.h>

#include "controlplane/api/api.h"
#include "controlplane/api/endpoint/command_desk.h"
#include "controlplane/api/region/joining.h"
#include "controlplane/events/feed.h"
#include "controlplane/login/login.h"
#include "controlplane/run/desk.h"
#include "lib/crypto/crypto.h"
#include "lib/http/server.h"

namespace sonde::test {
namespace {

std::size_t keep_body(char* data, std::size_t size, std::size_t count, void* to) {
    static_cast<std::string*>(to)->append(data, size * count);
    return size * count;
}

std::size_t keep_header(char* data, std::size_t size, std::size_t count, void* to) {
    const std::string_view line(data, size * count);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) {
        std::string name(line.substr(0, colon));
        for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        (*static_cast<std::map<std::string, std::string>*>(to))[name] =
            line.substr(colon + 2, line.find_last_not_of("\r\n") - colon - 1);
    }
    return size * count;
}

db::PoolOptions pool_options(Secret dsn, int size) {
    db::PoolOptions options;
    options.dsn = std::move(dsn);
    options.application_name = "test";
    options.size = size;
    options.idle_in_transaction_timeout = milliseconds{300'000};  // of a debug build that shares its processor with others
    options.acquire_timeout = milliseconds{3000};
    options.connect_timeout = milliseconds{2000};
    return options;
}

// Passwords that cost little.
login::Options login_options() {
    login::Options options;
    options.hashing = {8, 1};
    return options;
}

}  // namespace

Json Answer::json() const {
    auto document = json::parse(body, {.bytes = 64 << 20, .depth = 64});
    REQUIRE_MESSAGE(document.ok(), body);
    return *document;
}

std::string Answer::errors() const {
    std::string lines;
    const auto document = json();
    if (document.contains("errors")) {
        for (const auto& error : document["errors"]) {
            lines += error["pointer"].get<std::string>() + ": " + error["detail"].get<std::string>() + "\n";
        }
    }
    return lines;
}

std::string Answer::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
}

Answer Client::send(const std::string& method, const std::string& path, const std::string& body, const Headers& headers) const {
    Answer answer;
    auto* curl = curl_easy_init();
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    bool typed = false;
    for (const auto& header : headers) {
        list = curl_slist_append(list, header.c_str());
        typed = typed || header.starts_with("Content-Type:");
    }
    if (!typed && !body.empty()) list = curl_slist_append(list, "Content-Type: application/json");
    if (!token_.empty()) list = curl_slist_append(list, ("Authorization: Bearer " + token_).c_str());
    curl_easy_setopt(curl, CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(port_) + path).c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 60'000L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    if (method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.headers);
    const auto outcome = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    REQUIRE_MESSAGE(outcome == CURLE_OK, method << " " << path << ": " << curl_easy_strerror(outcome));
    const auto breach = breach_of_contract(method, path, answer);
    CHECK_MESSAGE(breach.empty(), method << " " << path << " " << answer.status << ": " << breach << "\n"
                                         << answer.body.substr(0, 2000));
    return answer;
}

Answer Client::post(const std::string& path, const Json& body, const Headers& headers) const {
    return send("POST", path, json::dump(body), headers);
}

Answer Client::put(const std::string& path, const Json& body, const Headers& headers) const {
    return send("PUT", path, json::dump(body), headers);
}

Answer Client::patch(const std::string& path, const Json& body, const Headers& headers) const {
    return send("PATCH", path, json::dump(body), headers);
}

struct Stand::Impl {
    PostgresServer postgres;
    metrics::Registry registry;
    db::Pool pool{pool_options(postgres.dsn(), 6), registry};
    metrics::Registry own_registry;
    db::Pool own{pool_options(postgres.dsn(), 3), own_registry};
    crypto::SecretBox box{crypto::random_bytes(32)};
    controlplane::CommandDesk desk{pool, box, 2, milliseconds{1500}};
    controlplane::Tokens tokens{pool};
    login::Login login{pool, login_options(), registry};
    run::Desk runs{{}, registry};  // without a bus
    events::Feed feed{pool, registry};
    controlplane::Backend backend{pool, box, desk, runs, feed, tokens, login};
    admission::BusKeys keys{Secret{std::string(32, 'k')}};
    controlplane::Joining joining{keys, {"tls://nats.example:4222"}, "", 10'000};
    http::Router router;
    std::unique_ptr<http::Server> server;

    Impl() {
        feed.start(Secret(postgres.dsn()));
        backend.joining = &joining;
        // Every caller is behind a proxy that is trusted, and says for himself where he is.
        backend.proxies.trusted = {*net::Cidr::parse("127.0.0.1")};
        controlplane::add_api_routes(router, backend);
        http::ServerOptions options;
        options.workers = 4;
        options.max_body_bytes = controlplane::kMaxBulkBytes;
        options.body_limit = controlplane::body_limit;
        server = std::make_unique<http::Server>(options, router, registry);
    }

    struct Limited {
        controlplane::Proxies proxies;
        metrics::Registry registry;
        controlplane::RateLimiter limiter;
        controlplane::Backend backend;
        http::Router router;
        http::Server server;

        Limited(Impl& stand, const controlplane::RateLimits& limits)
            : proxies(stand.backend.proxies),
              limiter(limits, registry),
              backend{stand.pool, stand.box, stand.desk, stand.runs, stand.feed, stand.tokens, stand.login},
              server({}, with_routes(), registry) {}

        http::Router& with_routes() {
            backend.limits = &limiter;
            backend.proxies = proxies;
            controlplane::add_api_routes(router, backend);
            return router;
        }
    };
    std::vector<std::unique_ptr<Limited>> limited;

    std::string token(const std::string& role) {
        const auto token = crypto::random_token("sonde_");
        own.transact([&](db::Tx& tx) {
            const auto id = new_id<ClientId>();
            tx.run_text("insert into api_client (id, name, role) values ($1, $2, $3)", {id, "of the " + role, role});
            tx.run_text("insert into client_secret (client_id, hash) values ($1, $2)", {id, db::Param::bytes(crypto::sha256(token.reveal()))});
        });
        return std::string(token.reveal());
    }
    std::unique_ptr<Client> client(const std::string& role) { return std::make_unique<Client>(server->port(), token(role)); }
};

Stand::Stand() : impl_(std::make_unique<Impl>()) {
    admin_ = impl_->client("admin");
    operate_ = impl_->client("operator");
    viewer_ = impl_->client("viewer");
    nobody_ = std::make_unique<Client>(impl_->server->port(), "");
    for (const auto* region : {"eu", "us", "ap"}) REQUIRE(admin_->post("/v1/regions", {{"name", region}}).status == 201);
}

Stand::~Stand() = default;

int Stand::port() const { return impl_->server->port(); }

Client Stand::with_token(std::string token, int port) const { return {port == 0 ? impl_->server->port() : port, std::move(token)}; }

int Stand::limited(const controlplane::RateLimits& limits) {
    impl_->limited.push_back(std::make_unique<Impl::Limited>(*impl_, limits));
    return impl_->limited.back()->server.port();
}

std::string Stand::make_token(const std::string& role) { return impl_->token(role); }

db::Pool& Stand::pool() { return impl_->own; }

void Stand::run(std::string_view sql, const std::vector<db::Param>& params) {
    impl_->own.transact([&](db::Tx& tx) { tx.run_text(sql, params); });
}

PostgresServer& Stand::postgres() { return impl_->postgres; }

const crypto::SecretBox& Stand::box() { return impl_->box; }

std::string Stand::make_site(const std::string& name) {
    const auto answer = admin_->post("/v1/sites", {{"name", name}});
    REQUIRE(answer.status == 201);
    return answer.json()["id"];
}

std::string Stand::make_monitor(const std::string& site, const std::string& name) {
    const auto answer =
        admin_->post("/v1/monitors", {{"site_id", site}, {"name", name}, {"spec", {{"url", "https://example.com/"}}}});
    REQUIRE_MESSAGE(answer.status == 201, answer.body);
    return answer.json()["id"];
}

Stand& stand() {
    static Stand one;
    return one;
}

}  // namespace sonde::test
