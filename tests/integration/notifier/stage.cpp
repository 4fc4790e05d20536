#include "tests/integration/notifier/stage.h"

#include <curl/curl.h>

#include <filesystem>
#include <fstream>

#include "notifier/channel/compose.h"

namespace sonde::test {
namespace {

constexpr auto kNoStorms = R"({"digest": {"storm": {"more_than": 0}}})";

db::PoolOptions pool_options() {
    db::PoolOptions options;
    options.dsn = shared_postgres().dsn();
    options.application_name = "sonde-test";
    options.size = 2;
    return options;
}

std::string stage_directory() {
    std::string name = "/tmp/sonde-notifier-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return name;
}

}  // namespace

PostgresServer& shared_postgres() {
    static PostgresServer server;
    return server;
}

Stage::Stage() : directory_(stage_directory()), pool_(pool_options(), registry_) {
    run("truncate outbox, "
        "delivery_attempt, delivery, channel_thread, channel_flood, channel_health, digest, channel, route, route_override, escalation, incident_course, incident_command, "
        "incident, site, schedule, person cascade");
    config.key_file = directory_ + "/secrets.key";
    if (const auto made = crypto::SecretBox::make_key_file(config.key_file); !made)
        throw std::runtime_error(made.error().message);
    config.database.dsn = shared_postgres().dsn();
    config.guard_allow = {"127.0.0.0/8"};
    config.timeout = milliseconds{3'000};
    config.lease = milliseconds{6'000};
    config.drain = milliseconds{5'000};
}

Stage::~Stage() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::unique_ptr<notifier::NotifierApp> Stage::start(const notifier::NotifierConfig& with) {
    auto app = std::make_unique<notifier::NotifierApp>(with);
    app->start();
    return app;
}

ChannelId Stage::channel(const std::string& url, std::vector<std::string> events, bool enabled) {
    const auto id = new_id<ChannelId>();
    run("insert into channel (id, kind, name, config, secrets, events, enabled, flow) values ($1, 'webhook', 'test', $2::jsonb, '', "
        "$3::text[], $4, $5::jsonb)",
        {id, json::dump({{"url", url}}), events, enabled, kNoStorms});
    seal_signing_key(id, signing_key_.reveal());
    return id;
}

ChannelId Stage::channel(const std::string& kind, const Json& channel_config, const Json& secrets, std::vector<std::string> events) {
    const auto id = new_id<ChannelId>();
    const auto box = crypto::SecretBox::from_key_file(config.key_file);
    run("insert into channel (id, kind, name, config, secrets, events, enabled, flow) values ($1, $2, 'test', $3::jsonb, $4, $5::text[], true, $6::jsonb)",
        {id, kind, json::dump(channel_config), db::Param::bytes(box->seal(Secret(json::dump(secrets)), notifier::secrets_context(id))), events, kNoStorms});
    return id;
}

void Stage::flow(ChannelId channel, const Json& document) { run("update channel set flow = $2::jsonb where id = $1", {channel, json::dump(document)}); }

void Stage::seal_signing_key(ChannelId channel, const std::string& key) {
    const auto box = crypto::SecretBox::from_key_file(config.key_file);
    const auto sealed = box->seal(Secret(json::dump({{"signing_key", key}})), notifier::secrets_context(channel));
    run("update channel set secrets = $2 where id = $1", {channel, db::Param::bytes(sealed)});
}

EventId Stage::event(const std::string& kind, IncidentId incident, std::int64_t seq, const Json& of_incident) {
    Json about{{"id", incident.text()}, {"seq", seq}};
    about.update(of_incident);
    return write(kind, incident, seq, {{"incident", about}});
}

EventId Stage::event(const std::string& kind, const Json& about) { return write(kind, std::nullopt, 0, about); }

EventId Stage::write(const std::string& kind, std::optional<IncidentId> incident, std::int64_t seq, const Json& about) {
    const auto id = new_id<EventId>();
    Json document = {{"v", 1}, {"id", id.text()}, {"kind", kind}, {"at", to_rfc3339(wall_now())}};
    document.update(about);
    pool_.transact([&](db::Tx& tx) {
        tx.run_text(
            "insert into outbox (id, at, kind, incident_id, seq, payload) values ($1, clock_timestamp(), $2, $3, $4, $5::jsonb)",
            {id, kind, incident, incident ? std::optional(seq) : std::nullopt, json::dump(document)});
        tx.run_text("select pg_notify('sonde_outbox', '')");
    });
    return id;
}

Ledgered Stage::delivery(EventId event, ChannelId channel) {
    return pool_.transact([&](db::Tx& tx) {
        const auto rows =
            tx.run_text("select state, reason, attempts from delivery where event_id = $1 and channel_id = $2", {event, channel});
        if (rows.empty()) return Ledgered{};
        return Ledgered{std::string(rows[0].text(0)), std::string(rows[0].text(1)), rows[0].small(2)};
    });
}

EventId Stage::told_by(EventId event, ChannelId channel) {
    return pool_.transact([&](db::Tx& tx) {
        const auto rows = tx.run_text("select coalesce(told_by, 0) from delivery where event_id = $1 and channel_id = $2", {event, channel});
        return rows.empty() ? EventId{} : rows[0].id<EventId>(0);
    });
}

std::vector<Attempted> Stage::attempts(EventId event, ChannelId channel) {
    return pool_.transact([&](db::Tx& tx) {
        std::vector<Attempted> attempts;
        for (const auto row :
             tx.run_text("select a.finished_at is not null, coalesce(a.http_status, 0), coalesce(a.error, ''), "
                         "coalesce(a.response, '') from delivery_attempt a join delivery d on d.id = a.delivery_id "
                         "where d.event_id = $1 and d.channel_id = $2 order by a.number",
                         {event, channel})) {
            attempts.push_back({row.boolean(0), row.small(1), std::string(row.text(2)), std::string(row.text(3))});
        }
        return attempts;
    });
}

std::int64_t Stage::count(const std::string& where) {
    return pool_.transact([&](db::Tx& tx) { return tx.run_text("select count(*) from delivery where " + where)[0].whole(0); });
}

std::int64_t Stage::asked(const std::string& sql) {
    return pool_.transact([&](db::Tx& tx) { return tx.run_text(sql)[0].whole(0); });
}

std::int64_t Stage::unplanned() {
    return pool_.transact(
        [](db::Tx& tx) { return tx.run_text("select count(*) from event_to_plan")[0].whole(0); });
}

void Stage::run(const std::string& sql, const std::vector<db::Param>& params) {
    pool_.transact([&](db::Tx& tx) { tx.run_text(sql, params); });
}

std::string page(int port, const std::string& path) {
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy(curl_easy_init(), &curl_easy_cleanup);
    std::string text;
    const auto url = "http://127.0.0.1:" + std::to_string(port) + path;
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &text);
    curl_easy_setopt(
        easy.get(), CURLOPT_WRITEFUNCTION, +[](const char* data, std::size_t, std::size_t size, void* out) {
            static_cast<std::string*>(out)->append(data, size);
            return size;
        });
    if (curl_easy_perform(easy.get()) != CURLE_OK) throw std::runtime_error("no page " + url);
    return text;
}

double metric(int port, const std::string& line) {
    const auto text = page(port, "/metrics");
    const auto at = text.find("\n" + line + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size() + 2));
}

}  // namespace sonde::test
