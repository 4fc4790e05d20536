#include "lib/check/tcp/spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/check/hex.h"
#include "lib/check/host.h"

namespace sonde::check {
namespace {

constexpr std::size_t kMaxSteps = 20;
constexpr std::size_t kMaxSent = 8 * 1024;      // of one step
constexpr std::size_t kMaxExpected = 1024;      // of one step
constexpr std::size_t kMaxPatternSize = 500;    // instructions: what a peer sends is matched on the loop
constexpr std::size_t kMaxDialogueBytes = 64 * 1024;  // of all steps

// What is wrong with it, or nothing.
std::optional<std::string> read_text(TcpStep& step, const std::string& text) {
    const auto most = is_sending(step.action) ? kMaxSent : kMaxExpected;
    step.text = text;
    switch (step.action) {
        case TcpAction::send_hex:
        case TcpAction::expect_hex: {
            auto bytes = from_hex(text);
            if (!bytes || bytes->empty()) return "must be pairs of hexadecimal digits";
            step.bytes = std::move(*bytes);
            break;
        }
        case TcpAction::expect_matches:
        case TcpAction::expect_line: {
            auto pattern = regex::Pattern::compile(text);
            if (!pattern) return pattern.error().message;
            if (pattern->size() > kMaxPatternSize) return fmt::format("is a regular expression of more than {} steps", kMaxPatternSize);
            step.pattern = std::move(*pattern);
            break;
        }
        case TcpAction::send:
        case TcpAction::expect: step.bytes = text; break;
        case TcpAction::starttls: break;
    }
    if (text.empty()) return "must not be empty";
    if (step.bytes.size() > most) return fmt::format("must be at most {} bytes", most);
    return std::nullopt;
}

void read_step(const Json& document, const std::string& pointer, TcpSpec& spec, json::Problems& problems) {
    const auto refuse = [&](const std::string& where, std::string detail) { problems.push_back({where, std::move(detail)}); };
    if (!document.is_object() || document.size() != 1) return refuse(pointer, "must be an object with one of send, send_hex, expect, expect_hex, expect_matches, expect_line, starttls");
    const auto& name = document.begin().key();
    const auto& value = document.begin().value();
    const auto action = from_name<TcpAction>(name);
    const auto field = pointer + '/' + json::escape_pointer(name);
    if (!action) return refuse(field, "must be one of send, send_hex, expect, expect_hex, expect_matches, expect_line, starttls");
    TcpStep step;
    step.action = *action;
    if (*action == TcpAction::starttls) {
        if (value != true) return refuse(field, "must be true");
        if (spec.starts_tls()) return refuse(field, "is there twice");
        spec.dialogue.push_back(std::move(step));
        return;
    }
    if (!value.is_string()) return refuse(field, "must be a string");
    if (auto wrong = read_text(step, value.get_ref<const std::string&>())) return refuse(field, std::move(*wrong));
    spec.dialogue.push_back(std::move(step));
}

void read_dialogue(json::Reader& in, TcpSpec& spec, json::Problems& problems) {
    const auto* steps = in.array("dialogue", kMaxSteps);
    if (steps == nullptr) return;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < steps->size(); ++i) read_step((*steps)[i], fmt::format("{}/{}", in.pointer("dialogue"), i), spec, problems);
    for (const auto& step : spec.dialogue) bytes += step.text.size();
    if (spec.starts_tls() && !spec.tls) in.refuse("dialogue", "has a step `starttls`, for which `tls` must be given");
    if (bytes > kMaxDialogueBytes) in.refuse("dialogue", fmt::format("must not be longer than {} bytes together", kMaxDialogueBytes));
}

}  // namespace

bool TcpSpec::starts_tls() const {
    return std::any_of(dialogue.begin(), dialogue.end(), [](const auto& step) { return step.action == TcpAction::starttls; });
}

void read(TcpSpec& spec, json::Reader& in, json::Problems& problems) {
    in.require({"host", "port"});
    read_host(in, "host", spec.host);
    in.whole("port", spec.port, 1, 65535);
    in.name("addresses", spec.addresses);
    read_tls(in, "tls", spec.tls, problems);
    read_dialogue(in, spec, problems);
}

Json write(const TcpSpec& spec) {
    Json dialogue = Json::array();
    for (const auto& step : spec.dialogue) {
        const bool has_text = step.action != TcpAction::starttls;
        dialogue.push_back({{std::string(name_of(step.action)), has_text ? Json(step.text) : Json(true)}});
    }
    return {{"host", spec.host},
            {"port", spec.port},
            {"addresses", name_of(spec.addresses)},
            {"tls", write_tls(spec.tls)},
            {"dialogue", std::move(dialogue)}};
}

Endpoint endpoint(const TcpSpec& spec) { return {spec.host, spec.port}; }

std::string describe(const TcpStep& step) {
    switch (step.action) {
        case TcpAction::send: return fmt::format("send {}", json::dump(step.text));
        case TcpAction::send_hex: return fmt::format("send bytes {}", step.text);
        case TcpAction::expect: return fmt::format("contains {}", json::dump(step.text));
        case TcpAction::expect_hex: return fmt::format("contains bytes {}", step.text);
        case TcpAction::expect_matches: return fmt::format("matches /{}/", step.text);
        case TcpAction::expect_line: return fmt::format("has a line that matches /{}/", step.text);
        case TcpAction::starttls: return "begin TLS";
    }
    return {};
}

}  // namespace sonde::check
