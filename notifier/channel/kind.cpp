#include "notifier/channel/kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lib/channel/fields.h"
#include "notifier/channel/hidden.h"
#include "notifier/core/clean_text.h"

namespace sonde::notifier {
namespace {

using channel::AnswerRule;
using channel::Told;

Outcome outcome_of(Told told) {
    switch (told) {
        case Told::accepted: return Outcome::accepted;
        case Told::gone: return Outcome::gone;
        case Told::refused: return Outcome::refused;
        case Told::throttled: return Outcome::throttled;
        case Told::unavailable: return Outcome::unavailable;
    }
    return Outcome::unavailable;
}

const Json* found_at(const Json& answer, const std::string& pointer) {
    if (pointer.empty()) return nullptr;
    const Json::json_pointer where(pointer);
    return answer.contains(where) ? &answer.at(where) : nullptr;
}

bool fits(const AnswerRule& rule, int status, const Json& answer) {
    if (!rule.statuses.empty() && std::find(rule.statuses.begin(), rule.statuses.end(), status) == rule.statuses.end()) return false;
    if (rule.at.empty()) return true;
    const auto* value = found_at(answer, rule.at);
    return value == nullptr ? rule.is.is_null() : *value == rule.is;
}

std::optional<milliseconds> seconds_at(const Json& answer, const std::string& pointer) {
    const auto* value = found_at(answer, pointer);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    const auto wanted = value->get<double>();
    if (!(wanted >= 0)) return std::nullopt;
    return milliseconds{static_cast<std::int64_t>(std::ceil(std::min(wanted, 1e9) * 1000))};
}

// Only plain values are kept, and of texts no more than an identifier needs.
Json kept(const Step& step, const Json& answer) {
    constexpr std::size_t most = 512;
    Json remembered = Json::object();
    for (const auto& [name, pointer] : step.remember) {
        const auto* value = found_at(answer, pointer);
        if (value == nullptr) continue;
        if (value->is_number_integer() || (value->is_string() && value->get_ref<const std::string&>().size() <= most)) remembered[name] = *value;
    }
    return remembered.empty() ? Json() : remembered;
}

}  // namespace

Status check_settings(const channel::Declaration& declaration, const Json& config, const Json& secrets) {
    json::Problems problems;
    channel::check_fields(config, declaration.config, "/config", true, problems);
    channel::check_fields(secrets, declaration.secrets, "/secrets", true, problems);
    if (problems.empty()) return Done{};
    return Error{fmt::format("the channel's settings cannot be used: {} {}", problems[0].pointer, problems[0].detail)};
}

Judged judge(const Composed& composed, const Step& step, const HttpReply& reply, TimePoint now) {
    Judged judged;
    judged.error = without(composed.hidden, reply.error, false);
    judged.response = clean_text(without(composed.hidden, reply.body, reply.body.size() >= step.request.keep), kMaxReplyBytes);
    judged.wait = parse_retry_after(reply.retry_after, now);
    judged.status = reply.status;
    if (reply.status == 0) {
        judged.outcome = reply.failure;
        return judged;
    }
    judged.outcome = outcome_of_status(reply.status);
    const auto parsed = json::parse(reply.body, {.duplicates = json::Duplicates::last_counts});
    const Json answer = parsed ? *parsed : Json();
    for (const auto& rule : composed.declaration->answers) {
        if (!fits(rule, reply.status, answer)) continue;
        judged.outcome = outcome_of(rule.outcome);
        if (const auto* words = found_at(answer, rule.words); words != nullptr && words->is_string()) {
            const auto& text = words->get_ref<const std::string&>();
            judged.error = clean_text(without(composed.hidden, text, false), 256);
            for (const auto& [name, told] : rule.by_words) {
                if (name == text) judged.outcome = outcome_of(told);
            }
        }
        if (const auto wait = seconds_at(answer, rule.wait); wait && (!judged.wait || *judged.wait < *wait)) judged.wait = wait;
        break;
    }
    if (judged.outcome == Outcome::accepted) {
        judged.error.clear();
        judged.remembered = kept(step, answer);
    }
    return judged;
}

}  // namespace sonde::notifier
