#include "lib/config/config.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

namespace config_test {

using namespace sonde;
using config::key;
using config::load_text;

namespace {

// A configuration with a key of every kind.
struct Example {
    std::string region = "none";
    std::string url = "http://localhost";
    Secret password;
    bool spool = true;
    int workers = 4;
    std::int64_t bytes = 1024;
    milliseconds wait{5000};
    std::vector<std::string> servers{"a"};
    std::string level = "info";

    config::Keys keys() {
        return {
            key("region", region, "Where this agent is.", {.required = true}),
            key("bus.url", url, "Where the bus is."),
            key("bus.password", password, "Its password."),
            key("bus.servers", servers, 3, "All of them."),
            key("spool.enabled", spool, "Whether to spool."),
            key("spool.bytes", bytes, 0, 1 << 30, "How much."),
            key("workers", workers, 1, 64, "How many.", {.reloadable = true}),
            key("wait", wait, milliseconds{100}, milliseconds{60000}, "How long.", {.reloadable = true}),
            config::one_of("level", level, {"debug", "info"}, "How loud.", {.reloadable = true}),
        };
    }
};

std::string refusal(std::string_view text) {
    Example example;
    const auto outcome = load_text(text, "agent.yaml", example.keys());
    return outcome ? "accepted" : outcome.error().message;
}

struct Mistake {
    const char* name;
    const char* text;
    std::string error;
};

}  // namespace

TEST_CASE("every kind of key is read") {
    Example example;
    setenv("SONDE_TEST_PASSWORD", "s3cret", 1);
    unsetenv("SONDE_TEST_ABSENT");
    const auto outcome = load_text(
        "region: eu\n"
        "bus:\n"
        "  url: nats://one:${SONDE_TEST_ABSENT:-4222}/$${x}\n"
        "  password: '${SONDE_TEST_PASSWORD}'\n"
        "  servers: [b, \"c\"]\n"
        "spool: {enabled: false, bytes: 0}\n"
        "workers: 64\n"
        "wait: 1m\n"
        "level: debug\n",
        "agent.yaml", example.keys());
    REQUIRE_MESSAGE(outcome.ok(), (outcome.ok() ? "" : outcome.error().message));
    CHECK(example.region == "eu");
    CHECK(example.url == "nats://one:4222/${x}");
    CHECK(example.password.reveal() == "s3cret");
    CHECK(example.servers == std::vector<std::string>{"b", "c"});
    CHECK_FALSE(example.spool);
    CHECK(example.bytes == 0);
    CHECK(example.workers == 64);
    CHECK(example.wait == milliseconds{60000});
    CHECK(example.level == "debug");
}

TEST_CASE("a single text may stand for a list of one") {
    Example example;
    REQUIRE(load_text("region: eu\nbus: {servers: only}\n", "x", example.keys()).ok());
    CHECK(example.servers == std::vector<std::string>{"only"});
}

TEST_CASE("each mistake is told with file, line and what would have been right") {
    unsetenv("SONDE_TEST_ABSENT");
    setenv("SONDE_TEST_WORD", "many", 1);
    const Mistake mistakes[] = {
        {"unknown key", "region: eu\nregoin: us\n", "agent.yaml:2: unknown key \"regoin\"; did you mean \"region\"?"},
        {"unknown key in a group", "region: eu\nbus:\n  colour: red\n", "agent.yaml:3: unknown key \"bus.colour\""},
        {"unknown group", "region: eu\nbuss:\n  url: x\n", "agent.yaml:2: unknown key \"buss\""},
        {"duplicate key", "region: eu\nworkers: 1\nregion: us\n", "agent.yaml:3: duplicate key \"region\", first on line 1"},
        {"duplicate key in another notation", "region: eu\nbus:\n  url: a\nbus.url: b\n",
         "agent.yaml:4: duplicate key \"bus.url\", first on line 3"},
        {"missing required key", "workers: 2\n", "agent.yaml:1: the key \"region\" is required"},
        {"empty file", "", "agent.yaml:1: the key \"region\" is required"},
        {"no value", "region:\n", "agent.yaml:1: \"region\" has no value"},
        {"number out of range", "region: eu\nworkers: 65\n",
         "agent.yaml:2: \"workers\" must be a whole number from 1 to 64, not \"65\""},
        {"number with a unit", "region: eu\nworkers: 6k\n",
         "agent.yaml:2: \"workers\" must be a whole number from 1 to 64, not \"6k\""},
        {"number too large to hold", "region: eu\nworkers: 99999999999999999999\n",
         "agent.yaml:2: \"workers\" must be a whole number from 1 to 64, not \"99999999999999999999\""},
        {"duration without unit", "region: eu\nwait: 5\n",
         "agent.yaml:2: \"wait\" must be a duration from 100ms to 1m, not \"5\""},
        {"duration out of range", "region: eu\nwait: 2m\n",
         "agent.yaml:2: \"wait\" must be a duration from 100ms to 1m, not \"2m\""},
        {"yes for true", "region: eu\nspool:\n  enabled: yes\n",
         "agent.yaml:3: \"spool.enabled\" must be true or false, not \"yes\""},
        {"name not of the set", "region: eu\nlevel: loud\n", "agent.yaml:2: \"level\" must be one of debug, info, not \"loud\""},
        {"list for a text", "region: [eu, us]\n", "agent.yaml:1: \"region\" must be one text, not a list"},
        {"group for a text", "region:\n  name: eu\n", "agent.yaml:1: \"region\" is a text, not a group of keys"},
        {"text for a group", "region: eu\nbus: nats\n", "agent.yaml:2: \"bus\" must be a group of keys"},
        {"too many items", "region: eu\nbus:\n  servers: [a, b, c, d]\n",
         "agent.yaml:3: \"bus.servers\" must be a list of at most 3 texts"},
        {"item that is a group", "region: eu\nbus:\n  servers:\n    - a: b\n",
         "agent.yaml:3: \"bus.servers\" must be a list of texts; an item of it is not a plain value"},
        {"control character", "region: \"e\\tu\"\n",
         "agent.yaml:1: \"region\" must not contain control characters, not \"e\\x09u\""},
        {"undefined variable", "region: ${SONDE_TEST_ABSENT}\n",
         "agent.yaml:1: \"region\": the environment variable SONDE_TEST_ABSENT is not set"},
        {"unclosed variable", "region: ${SONDE\n",
         "agent.yaml:1: \"region\": \"${\" has no closing \"}\"; a literal \"${\" is written \"$${\""},
        {"variable with a bad name", "region: ${not a name}\n",
         "agent.yaml:1: \"region\": \"${not a name}\" does not name an environment variable"},
        {"value of a variable is not repeated", "region: eu\nworkers: ${SONDE_TEST_WORD}\n",
         "agent.yaml:2: \"workers\" must be a whole number from 1 to 64, not \"${SONDE_TEST_WORD}\""},
        {"a secret is not repeated", "region: eu\nbus:\n  password: [hunter2]\n",
         "agent.yaml:3: \"bus.password\" must be one text, not a list"},
        {"a list as the document", "- region\n", "agent.yaml:1: a configuration file must be a map of keys"},
        {"a second document", "region: eu\n---\nregion: us\n",
         "agent.yaml:3: a second YAML document; a configuration file holds one"},
        {"a map as a key", "region: eu\n? {a: b}\n: c\n", "agent.yaml:2: a key must be a name"},
        {"broken YAML", "region: eu\nbus: [\n", "agent.yaml:3: is not valid YAML: end of sequence flow not found"},
    };
    for (const auto& mistake : mistakes) CHECK_MESSAGE(refusal(mistake.text) == mistake.error, mistake.name);
}

TEST_CASE("all mistakes of a file are told at once, in the order of its lines") {
    CHECK(refusal("workers: 0\nwait: never\nnonsense: 1\n") ==
          "agent.yaml:1: the key \"region\" is required\n"
          "agent.yaml:1: \"workers\" must be a whole number from 1 to 64, not \"0\"\n"
          "agent.yaml:2: \"wait\" must be a duration from 100ms to 1m, not \"never\"\n"
          "agent.yaml:3: unknown key \"nonsense\"");
}

TEST_CASE("a file with any mistake changes nothing") {
    Example example;
    CHECK_FALSE(load_text("region: eu\nworkers: 9\nbus: {servers: [x, y]}\nlevel: loud\n", "x", example.keys()).ok());
    CHECK(example.region == "none");
    CHECK(example.workers == 4);
    CHECK(example.servers == std::vector<std::string>{"a"});
}

TEST_CASE("a check sees the new values of all keys, and its refusal changes nothing") {
    int low = 1;
    int high = 9;
    config::Keys keys;
    keys.push_back(config::checked(key("low", low, 0, 100, "Low."),
                                   [&] { return std::string(low > high ? "must not be above \"high\"" : ""); }));
    keys.push_back(key("high", high, 0, 100, "High."));
    CHECK(load_text("low: 20\nhigh: 30\n", "x", keys).ok());
    const auto refused = load_text("low: 40\nhigh: 30\n", "x.yaml", keys);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message == "x.yaml:1: \"low\" must not be above \"high\"");
    CHECK(low == 20);
    CHECK(high == 30);
}

TEST_CASE("a key that left the file has its default again") {
    Example example;
    const auto keys = example.keys();
    REQUIRE(load_text("region: eu\nworkers: 9\n", "x", keys).ok());
    REQUIRE(load_text("region: eu\n", "x", keys).ok());
    CHECK(example.workers == 4);
}

TEST_CASE("a reload takes over the reloadable keys and names those that need a restart") {
    Example example;
    const auto keys = example.keys();
    REQUIRE(load_text("region: eu\nworkers: 9\nwait: 1s\n", "x", keys).ok());
    const auto outcome = config::reload_text("region: us\nworkers: 10\nwait: 1s\n", "x", keys);
    REQUIRE(outcome.ok());
    CHECK(outcome->changed == std::vector<std::string>{"workers"});
    CHECK(outcome->need_restart == std::vector<std::string>{"region"});
    CHECK(example.region == "eu");
    CHECK(example.workers == 10);

    CHECK_FALSE(config::reload_text("region: us\nworkers: 11\nwait: 0\n", "x", keys).ok());
    CHECK(example.workers == 10);
}

TEST_CASE("what is printed reads back as the same configuration, and hides secrets") {
    Example example;
    REQUIRE(load_text("region: \"e\\\"u $${y} \\\\\"\nbus: {password: hunter2, servers: []}\nwait: 30s50ms\nworkers: 7\n", "x",
                      example.keys())
                .ok());
    const auto text = config::print(example.keys());
    CHECK(text.find("hunter2") == std::string::npos);
    CHECK(text.find("  password: \"***\"\n") != std::string::npos);
    CHECK(text.find("# Where this agent is.\n# (text; required)\n") != std::string::npos);

    Example again;
    const auto outcome = load_text(text, "printed.yaml", again.keys());
    REQUIRE_MESSAGE(outcome.ok(), (outcome.ok() ? "" : outcome.error().message));
    CHECK(again.region == example.region);
    CHECK(again.servers.empty());
    CHECK(again.wait == example.wait);
    CHECK(again.workers == 7);
}

TEST_CASE("the reference has a row for every key") {
    Example example;
    const auto text = config::reference(example.keys());
    CHECK(text.find("| `region` | text | required | restart | Where this agent is. |\n") != std::string::npos);
    CHECK(text.find("| `wait` | duration: 100ms to 1m | `5s` | yes | How long. |\n") != std::string::npos);
    CHECK(text.find("| `level` | name: debug, info | `info` | yes | How loud. |\n") != std::string::npos);
    CHECK(text.find("| `bus.servers` | list of texts: at most 3 items | `[\"a\"]` | restart | All of them. |\n") !=
          std::string::npos);
}

TEST_CASE("a file that cannot be read is named with the reason") {
    Example example;
    const auto missing = config::load("/nonexistent/agent.yaml", example.keys());
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().message == "/nonexistent/agent.yaml: cannot be read: No such file or directory");
    const auto directory = config::load("/", example.keys());
    REQUIRE_FALSE(directory.ok());
    CHECK(directory.error().message == "/: cannot be read: Is a directory");
}

TEST_CASE("a file beyond a mebibyte is refused unread") {
    CHECK(refusal("region: " + std::string(1 << 20, 'x'))
              .starts_with("agent.yaml:1: a configuration file has at most 1048576 bytes"));
}

}  // namespace config_test
