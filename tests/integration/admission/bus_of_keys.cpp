#include "tests/integration/admission/bus_of_keys.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/nats/server.h"
#include "cli/up/file.h"
#include "lib/admission/claims.h"

namespace sonde::test {
namespace {

std::filesystem::path new_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sonde-bus-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
}

}  // namespace

BusOfKeys::BusOfKeys() : directory_(new_directory()) {
    const auto account = admission::account_token(keys, TimePoint{seconds{1}}, {});
    server = std::make_unique<NatsServer>(cli::nats::server_settings(keys, account, directory_ / "accounts"));
}

BusOfKeys::~BusOfKeys() {
    server.reset();
    std::filesystem::remove_all(directory_);
}

std::string BusOfKeys::write(const Secret& credentials) {
    const auto file = directory_ / std::to_string(files_++);
    cli::up::write_file(file, credentials.reveal());
    return file;
}

BusOfKeys::Agent BusOfKeys::make_agent(const std::string& region) {
    const auto key = crypto::SigningKey::random();
    Agent agent{new_id<AgentId>(), region, admission::public_text(admission::KeyKind::user, key), {}};
    const auto token = admission::agent_token(keys, agent.id.text(), region, agent.public_key, wall_now());
    agent.credentials_file = write(admission::credentials(token, admission::seed_text(admission::KeyKind::user, key)));
    return agent;
}

bus::Options BusOfKeys::options() const {
    bus::Options options;
    options.urls = {server->url()};
    options.client_name = "test";
    return options;
}

BusOfKeys::Connected BusOfKeys::connect_with(const std::string& file, const std::string& inbox, bool wait) {
    auto with = options();
    with.credentials_file = file;
    with.inbox_prefix = inbox;
    Connected made;
    made.bus = bus::Bus::connect(with, *made.registry);
    if (wait) REQUIRE(eventually([&] { return made.up(); }));
    return made;
}

BusOfKeys::Connected BusOfKeys::connect(const Agent& agent) { return connect_with(agent.credentials_file, admission::inbox_prefix(agent.id.text())); }
BusOfKeys::Connected BusOfKeys::connect(admission::Role role) { return connect_with(write(admission::shared_credentials(keys, role)), admission::inbox_prefix(name_of(role))); }

bool BusOfKeys::lets_in(const Agent& agent) {
    const auto tried = connect_with(agent.credentials_file, admission::inbox_prefix(agent.id.text()), false);
    const auto refused = [&] { return tried.registry->counter({"sonde_bus_errors_total", ""}, {{"kind", "connect"}}).value() > 0; };
    REQUIRE(eventually([&] { return tried.up() || refused(); }));
    return tried.up();
}

double BusOfKeys::Connected::refusals(const std::string& kind) const {
    return static_cast<double>(registry->counter({"sonde_bus_errors_total", ""}, {{"kind", kind}}).value());
}

}  // namespace sonde::test
