#include "cli/join/join.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/failure.h"
#include "cli/up/file.h"
#include "lib/admission/id.h"
#include "lib/config/config.h"
#include "lib/service/service.h"

namespace join_test {

using namespace sonde;
using namespace sonde::cli;

namespace {

const std::string kId = AgentId{1}.text();

std::string answer(const std::string& change = "{}") {
    auto document = *json::parse(R"({"agent":{"id":")" + kId + R"(","name":"edge-1","region":"eu"},"nats":{"urls":["tls://nats-1.example:4222","tls://nats-2.example:4222"],
        "ca":"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"},"credential":"a.b.c"})");
    document.merge_patch(*json::parse(change));
    return json::dump(document);
}

struct Directory {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("sonde-join-" + std::to_string(::getpid()));
    Directory() { std::filesystem::remove_all(path); }
    ~Directory() { std::filesystem::remove_all(path); }
};

unsigned mode_of(const std::filesystem::path& file) {
    struct stat info {};
    REQUIRE(::stat(file.c_str(), &info) == 0);
    return info.st_mode & 0777U;
}

}  // namespace

TEST_CASE("what an agent is told on joining becomes a configuration") {
    const auto welcome = join::read_welcome(answer());
    REQUIRE(welcome);
    const auto text = join::configuration(*welcome, {"/etc/sonde agent"});
    // Of the agent's keys those that it has to name; that the agent takes it is tried in tests/e2e/agents.py.
    service::CommonConfig common;
    service::BusConfig bus;
    std::string region, name, spool;
    std::vector<std::string> allow, deny;
    config::Keys keys{config::key("region", region, ""), config::key("name", name, ""), config::key("spool.directory", spool, ""),
                      config::key("guard.allow", allow, 10, ""), config::key("guard.deny", deny, 10, "")};
    service::add_common_keys(keys, common);
    service::add_bus_keys(keys, bus);
    const auto read = config::load_text(text, "agent.yaml", keys);
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    CHECK(region == "eu");
    CHECK(name == "edge-1");
    CHECK(bus.urls == std::vector<std::string>{"tls://nats-1.example:4222", "tls://nats-2.example:4222"});
    CHECK(bus.credentials_file == "/etc/sonde agent/agent.creds");
    CHECK(bus.ca_file == "/etc/sonde agent/nats-ca.pem");
    CHECK(spool == "/etc/sonde agent/spool");
}

TEST_CASE("an answer that would be more than values in a configuration is refused") {
    for (const auto* change : {R"({"agent":null})", R"({"agent":{"id":"x"}})", R"({"agent":{"name":"a\"\nguard"}})", R"({"agent":{"name":"${HOME}"}})", R"({"agent":{"region":"EU"}})",
                               R"({"nats":{"urls":[]}})", R"({"nats":{"urls":["tls://a\"]"]}})", R"({"nats":{"urls":[7]}})", R"({"nats":{"urls":"x"}})", R"({"credential":null})",
                               R"({"credential":"a\nb"})"}) {
        CHECK_MESSAGE(!join::read_welcome(answer(change)), change);
    }
    CHECK(!join::read_welcome("[]"));
    CHECK(!join::read_welcome("no"));
}

TEST_CASE("the key stays in the directory, and who joins again has the same") {
    const Directory directory;
    const join::Files files{directory.path};
    const auto key = join::key_in(files, false);
    CHECK(mode_of(files.directory) == 0700);
    CHECK(mode_of(files.seed()) == 0600);
    CHECK(join::key_in(files, false).public_key() == key.public_key());
    CHECK(join::key_in(files, true).public_key() != key.public_key());
    up::write_file(files.seed(), "nonsense\n");
    CHECK_THROWS_AS(join::key_in(files, false), Failure);
}

TEST_CASE("joining again renews the credentials and leaves an edited configuration alone, unless it is another agent's") {
    const Directory directory;
    const join::Files files{directory.path};
    const auto key = join::key_in(files, false);
    join::keep(files, *join::read_welcome(answer()), key);
    CHECK(mode_of(files.credentials()) == 0600);
    CHECK(mode_of(files.config()) == 0600);
    const auto edited = *up::read_file(files.config()) + "log:\n  level: debug\n";
    up::write_file(files.config(), edited);
    join::keep(files, *join::read_welcome(answer(R"({"credential":"d.e.f"})")), key);
    CHECK(up::read_file(files.config()) == edited);
    CHECK(up::read_file(files.credentials())->find("\nd.e.f\n") != std::string::npos);
    join::keep(files, *join::read_welcome(answer(R"({"agent":{"id":")" + AgentId{2}.text() + R"("}})")), key);
    CHECK(up::read_file(files.config().string() + ".old") == edited);
    CHECK(up::read_file(files.config())->find(AgentId{2}.text()) != std::string::npos);
}

}  // namespace join_test
