#include "cli/up/endpoints.h"

#include "cli/up/file.h"
#include "lib/json/json.h"

namespace sonde::cli::up {

void write_endpoints(const Layout& layout, const Surroundings& surroundings, const std::vector<std::unique_ptr<Child>>& children) {
    Json document;
    document["api"] = surroundings.url();
    document["token_file"] = layout.admin_token().string();
    document["nats_url"] = "nats://127.0.0.1:" + std::to_string(surroundings.nats_port);
    document["nats_credentials_file"] = credentials_file(layout, "administrator").string();
    document["nats_subscriber_credentials_file"] = credentials_file(layout, "subscriber").string();
    document["postgres_dsn"] = surroundings.dsn.reveal();
    auto& logs = document["logs"] = Json::object();
    auto& processes = document["processes"] = Json::object();
    for (const auto& child : children) {
        logs[child->program.name] = child->program.log.string();
        processes[child->program.name] = {{"pid", child->id.pid}, {"port", child->port}};
    }
    write_file(layout.endpoints(), json::dump_pretty(document) + "\n");
}

void write_state(const Layout& layout, const std::vector<std::unique_ptr<Child>>& children) {
    auto rows = Json::array();
    for (const auto& child : children) {
        rows.push_back({{"name", child->program.name},
                        {"pid", child->id.pid},
                        {"started", child->id.started},
                        {"state", std::string{name_of(child->state)}},
                        {"restarts", child->restarts},
                        {"port", child->port}});
    }
    write_file(layout.state(), json::dump_pretty({{"processes", rows}}) + "\n");
}

std::vector<ChildRecord> read_state(const Layout& layout) {
    std::vector<ChildRecord> records;
    const auto document = json::parse(read_file(layout.state()).value_or("{}"));
    if (!document || !document->is_object()) return records;
    for (const auto& row : document->value("processes", Json::array())) {
        ChildRecord record;
        record.name = row.value("name", "");
        record.id = {row.value("pid", 0), row.value("started", std::uint64_t{0})};
        record.state = row.value("state", "");
        record.restarts = row.value("restarts", 0);
        record.port = row.value("port", 0);
        records.push_back(std::move(record));
    }
    return records;
}

}  // namespace sonde::cli::up
