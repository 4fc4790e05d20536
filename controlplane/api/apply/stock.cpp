#include "controlplane/api/apply/stock.h"

#include <fmt/format.h>

#include "controlplane/api/api.h"
#include "controlplane/api/notify/channel_store.h"
#include "controlplane/status_page/store.h"

namespace sonde::controlplane::apply_api {
namespace {

constexpr std::size_t kReadOneByOne = 100;
constexpr db::Statement kChannelSecrets{"apply_channel_secrets", "select secrets from channel where id = $1 and secrets is not null"};
constexpr db::Statement kPagesNamed{"apply_pages_named", "select slug, id from status_page where slug = any($1::text[])"};

// Goes through the operations of the API, as a client would, but within one transaction.
class OperatedStock final : public Stock {
public:
    OperatedStock(Kind kind, Backend& backend, const Call& call, db::Tx& tx)
        : kind_(kind), list_(path_of(kind)), one_(one_of(list_)), backend_(backend), call_(call), tx_(tx) {}

    Currents load(const std::set<std::string>& identifiers) override {
        if (identifiers.size() > kReadOneByOne && lists_whole()) {
            auto all = load_all(SIZE_MAX);
            std::erase_if(all, [&](const auto& entry) { return !identifiers.contains(entry.first); });
            return all;
        }
        Currents found;
        for (const auto& identifier : identifiers) {
            try {
                note(body_of(ask(http::Method::get, one_, identifier)), found);
            } catch (const http::ProblemError& error) {
                if (error.kind.status != http::problem::not_found.status) throw;
            }
        }
        return found;
    }

    Currents load_all(std::size_t most) override {
        Currents found;
        std::string cursor;
        do {
            http::Request request;
            request.query = {{"limit", "500"}};
            if (!cursor.empty()) request.query.emplace_back("cursor", cursor);
            const auto page = body_of(operate(http::Method::get, list_, std::move(request)));
            for (const auto& item : page.at("items")) note(lists_whole() ? item : body_of(ask(http::Method::get, one_, item.at(name_field()))), found);
            cursor = page.at("next_cursor").is_string() ? page.at("next_cursor").get<std::string>() : "";
        } while (!cursor.empty() && found.size() <= most);
        return found;
    }

    std::map<std::string, std::string> named(const std::set<std::string>& keys) override {
        std::map<std::string, std::string> found;
        if (kind_ == Kind::region) {
            for (const auto& key : keys) found.emplace(key, key);
        } else if (kind_ == Kind::status_page && !keys.empty()) {
            for (const auto row : tx_.run(kPagesNamed, {std::vector<std::string>(keys.begin(), keys.end())})) found.emplace(row.text(0), row.id<StatusPageId>(1).text());
        }
        return found;
    }

    void open_secrets(const std::set<std::string>& identifiers) override {
        for (const auto& identifier : identifiers) {
            if (kind_ == Kind::channel) open_channel(identifier);
            if (kind_ == Kind::status_page) open_page(identifier);
        }
    }

    [[nodiscard]] const check::Secrets& secrets(const std::string& identifier) const override {
        const auto found = secrets_.find(identifier);
        return found == secrets_.end() ? Stock::secrets(identifier) : found->second;
    }

    std::string create(const Json& document, const std::string&) override {
        const auto made = body_of(ask(http::Method::post, list_, "", &document));
        return made.at(name_field()).get<std::string>();
    }

    void update(const Current& current, const Json& document, const std::string&) override {
        const auto method = kind_ == Kind::channel ? http::Method::patch : http::Method::put;
        ask(method, one_, current.identifier, &document, current.version);
    }

    void remove(const Current& current) override { ask(http::Method::del, one_, current.identifier, nullptr, current.version); }

private:
    [[nodiscard]] const char* name_field() const { return kind_ == Kind::region ? "name" : "id"; }

    // Lists of status pages leave out what is large.
    [[nodiscard]] bool lists_whole() const { return kind_ != Kind::status_page; }

    void open_channel(const std::string& identifier) {
        const auto id = ChannelId::parse(identifier).value();
        const auto rows = tx_.run(kChannelSecrets, {id});
        if (rows.empty()) return;
        const auto opened = backend_.secrets.open(rows[0].bytes(0), channel_store::secret_context(id));
        if (!opened) throw db::DbError(db::Failure::broken, "the secrets of a channel do not open: " + opened.error().message);
        const auto document = json::parse(opened->reveal());
        if (!document || !document->is_object()) return;
        for (const auto& [name, value] : document->items()) {
            if (value.is_string()) secrets_[identifier].emplace(name, Secret(value.get<std::string>()));
        }
    }

    // Nobody knows more of a password than its hash.
    void open_page(const std::string& identifier) {
        const auto page = status_page::store::find(tx_, StatusPageId::parse(identifier).value());
        if (page && !page->guard.password_hash.empty()) secrets_[identifier].emplace("password", Secret(page->guard.password_hash));
    }

    // `/v1/groups/{group_id}` of `/v1/groups`.
    static std::string one_of(const std::string& list) {
        for (const auto& endpoint : operations()) {
            const auto& pattern = endpoint.pattern;
            if (pattern.starts_with(list + "/{") && pattern.find('/', list.size() + 1) == std::string_view::npos) return std::string(pattern);
        }
        throw db::DbError(db::Failure::broken, "no operation for one of " + list);
    }

    static const Endpoints& operations() {
        static const Endpoints all = controlplane::endpoints();
        return all;
    }

    void note(const Json& shown, Currents& found) const {
        Current current;
        current.identifier = shown.at(name_field()).get<std::string>();
        current.version = shown.at("version").get<int>();
        current.document = settable(kind_, shown);
        if (kind_ == Kind::channel) current.secret_names = shown.at("secrets_set").get<std::vector<std::string>>();
        if (kind_ == Kind::status_page && shown.at("access") == name_of(status_page::Access::password)) current.secret_names = {"password"};
        found.emplace(current.identifier, std::move(current));
    }

    http::Response ask(http::Method method, const std::string& pattern, const std::string& identifier, const Json* body = nullptr, int version = 0) {
        http::Request request;
        if (!identifier.empty()) {
            const auto open = pattern.find('{');
            request.parameters.emplace(pattern.substr(open + 1, pattern.find('}') - open - 1), identifier);
        }
        if (body != nullptr) request.body = json::dump(*body);
        if (version > 0) request.headers.emplace_back("if-match", fmt::format("\"{}\"", version));
        return operate(method, pattern, std::move(request));
    }

    http::Response operate(http::Method method, const std::string& pattern, http::Request request) {
        request.method = method;
        for (const auto& endpoint : operations()) {
            if (endpoint.method != method || endpoint.pattern != pattern) continue;
            const Call inner{endpoint, request, call_.actor, &tx_};
            try {
                return endpoint.operation(backend_, inner);
            } catch (const http::ProblemError& error) {
                if (error.kind.status != http::problem::precondition_failed.status) throw;
                throw db::DbError(db::Failure::conflict, "it was changed by others while it was looked at");
            }
        }
        throw db::DbError(db::Failure::broken, fmt::format("there is no operation {} {}", name_of(method), pattern));
    }

    static Json body_of(const http::Response& response) {
        auto document = json::parse(response.body, {.bytes = 64 << 20, .depth = 64});
        if (response.status >= 300 || !document) throw db::DbError(db::Failure::broken, fmt::format("an operation answered {}: {}", response.status, response.body.substr(0, 200)));
        return std::move(*document);
    }

    Kind kind_;
    std::string list_;
    std::string one_;
    Backend& backend_;
    const Call& call_;
    db::Tx& tx_;
    std::map<std::string, check::Secrets> secrets_;
};

}  // namespace

const check::Secrets& Stock::secrets(const std::string&) const {
    static const check::Secrets none;
    return none;
}

std::unique_ptr<Stock> stock_of(Kind kind, Backend& backend, const Call& call, db::Tx& tx) {
    return std::make_unique<OperatedStock>(kind, backend, call, tx);
}

Stocks::Stocks(Backend& backend, const Call& call, db::Tx& tx) {
    for (const auto kind : kKinds) {
        switch (kind) {
            case Kind::site: all_.push_back(site_stock(tx)); break;
            case Kind::monitor: all_.push_back(monitor_stock(backend, tx)); break;
            case Kind::schedule_override: all_.push_back(schedule_override_stock(tx)); break;
            default: all_.push_back(stock_of(kind, backend, call, tx));
        }
    }
}

}  // namespace sonde::controlplane::apply_api
