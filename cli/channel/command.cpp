// `sonde channel`: tries a channel, and says what its receiver answered.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "cli/api_client.h"
#include "cli/command.h"
#include "cli/failure.h"
#include "lib/base/instant.h"

namespace sonde::cli {
namespace {

constexpr long kChannelPatienceMs = 10'000;
constexpr milliseconds kLookAtDeliveryEvery{300};

struct ChannelArguments {
    ApiOption api;
    std::string channel;
    int wait_seconds = 30;
};

Json ask_of_channel(const ChannelArguments& arguments, const char* method, const std::string& path) {
    const auto answer = ask_api(arguments.api, method, path, "", kChannelPatienceMs);
    if (answer.status < 200 || answer.status > 299) throw Failure(refusal(answer));
    return document_of(answer);
}

struct FoundChannel {
    std::string id;
    std::string_view speaks;  // what its receiver's codes are of
};

// By its name or its identifier.
FoundChannel find_channel(const ChannelArguments& arguments) {
    FoundChannel found;
    std::string path = "/v1/channels?limit=500";
    while (true) {
        const auto page = ask_of_channel(arguments, "GET", path);
        for (const auto& channel : page.at("items")) {
            const FoundChannel one{channel.at("id").get<std::string>(), channel.at("kind") == "email" ? "SMTP" : "HTTP"};
            if (one.id == arguments.channel) return one;
            if (channel.at("name") != arguments.channel) continue;
            if (!found.id.empty()) throw Failure("several channels are named " + arguments.channel + ": give the identifier", kUsage);
            found = one;
        }
        if (!page.at("next_cursor").is_string()) break;
        path = "/v1/channels?limit=500&cursor=" + page.at("next_cursor").get<std::string>();
    }
    if (found.id.empty()) throw Failure("there is no channel " + arguments.channel, kUsage);
    return found;
}

std::optional<Json> delivery_of(const ChannelArguments& arguments, const std::string& channel, const Json& id) {
    const auto page = ask_of_channel(arguments, "GET", "/v1/channels/" + channel + "/deliveries?limit=100");
    for (const auto& delivery : page.at("items")) {
        if (delivery.at("id") == id) return delivery;
    }
    return std::nullopt;
}

// What came of the last attempt that has ended, in one line.
std::string last_answer(const Json& delivery, std::string_view speaks) {
    std::string text;
    for (const auto& attempt : delivery.at("attempts")) {
        if (attempt.at("finished_at").is_null()) continue;
        text.clear();
        for (const auto* field : {"error", "response"}) {
            if (attempt.at(field).is_string() && !attempt.at(field).get_ref<const std::string&>().empty()) text += (text.empty() ? "" : "; ") + attempt.at(field).get<std::string>();
        }
        if (attempt.at("http_status").is_number()) text = std::string(speaks) + " " + std::to_string(attempt.at("http_status").get<int>()) + (text.empty() ? "" : ": ") + text;
    }
    return text.empty() ? "no answer yet" : text;
}

int test_channel(const ChannelArguments& arguments) {
    const auto [channel, speaks] = find_channel(arguments);
    const auto planned = ask_of_channel(arguments, "POST", "/v1/channels/" + channel + "/test");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{arguments.wait_seconds};
    std::optional<Json> delivery;
    while (true) {
        delivery = delivery_of(arguments, channel, planned.at("delivery_id"));
        const auto state = delivery ? delivery->at("state").get<std::string>() : "planned";
        if (state == "sent") {
            std::printf("sent (%s)\n", last_answer(*delivery, speaks).c_str());
            return kOk;
        }
        if (state != "planned" && state != "sending") throw Failure(state + ": " + last_answer(*delivery, speaks));
        if (std::chrono::steady_clock::now() >= deadline) break;
        std::this_thread::sleep_for(kLookAtDeliveryEvery);
    }
    throw Failure("not sent after " + std::to_string(arguments.wait_seconds) + " s (" + (delivery ? last_answer(*delivery, speaks) : "no attempt yet") + "); it is tried again");
}

}  // namespace

void add_channel(CLI::App& app, std::function<int()>& run) {
    auto* command = app.add_subcommand("channel", "Try channels");
    command->require_subcommand(1);
    const auto arguments = std::make_shared<ChannelArguments>();
    auto* test = command->add_subcommand("test", "Send a test message to a channel, and say what its receiver answered");
    test->add_option("CHANNEL", arguments->channel, "its name or identifier")->required();
    test->add_option("--wait", arguments->wait_seconds, "for how many seconds")->capture_default_str()->check(CLI::Range(1, 600));
    add_api_options(*test, arguments->api);
    test->callback([&run, arguments] { run = [arguments] { return test_channel(*arguments); }; });
}

}  // namespace sonde::cli
