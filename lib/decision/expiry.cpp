#include "lib/decision/expiry.h"

#include <algorithm>

namespace sonde::decision {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

constexpr std::size_t kDateLength = 10;  // of an instant as text
constexpr std::size_t kLongestIdentity = 128;

const Json* member(const Json& object, std::string_view field) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(field);
    return found == object.end() ? nullptr : &*found;
}

std::string text(const Json& object, std::string_view field) {
    const auto* value = member(object, field);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

// The least of the thresholds that the assertions tell; 0 if none does.
int threshold_in(const Json& detail) {
    int least = 0;
    const auto* assertions = member(detail, "assertions");
    if (assertions == nullptr || !assertions->is_array()) return least;
    for (const auto& assertion : *assertions) {
        const auto* days = member(assertion, "threshold_days");
        if (days == nullptr || !days->is_number_integer()) continue;
        const auto value = days->get<std::int64_t>();
        if (value > 0 && value <= INT16_MAX && (least == 0 || value < least)) least = static_cast<int>(value);
    }
    return least;
}

}  // namespace

std::optional<ExpirySeen> expiry_in(const Json& detail) {
    ExpirySeen seen;
    seen.threshold_days = threshold_in(detail);
    if (seen.threshold_days == 0) return std::nullopt;
    const auto* tls = member(detail, "tls");
    const auto* domain = member(detail, "domain");
    std::optional<TimePoint> ends_at;
    if (domain != nullptr) {
        seen.what = Ending::domain;
        const auto expires = text(*domain, "expires");
        ends_at = from_rfc3339(expires);
        seen.identity = expires.substr(0, kDateLength);
        seen.facts = {{"registrar", text(*domain, "registrar")}, {"source", text(*domain, "source")}};
    } else if (const auto* certificate = tls != nullptr ? member(*tls, "certificate") : nullptr) {
        ends_at = from_rfc3339(text(*certificate, "not_after"));
        seen.identity = text(*certificate, "fingerprint");
        seen.facts = {{"subject", text(*certificate, "subject")}, {"issuer", text(*certificate, "issuer")}, {"fingerprint", seen.identity}};
    }
    if (!ends_at || seen.identity.empty() || seen.identity.size() > kLongestIdentity) return std::nullopt;
    seen.ends_at = *ends_at;
    seen.facts["ends_at"] = to_rfc3339(seen.ends_at);
    seen.facts["threshold_days"] = seen.threshold_days;
    return seen;
}

bool is_heard(Reason reason) {
    switch (reason) {
        case Reason::vote_superseded:
        case Reason::vote_late:
        case Reason::vote_from_stranger:
        case Reason::vote_of_old_spec:
        case Reason::vote_excluded:
        case Reason::vote_quarantined:
        case Reason::agents_fault:
        case Reason::not_watched: return false;
        default: return true;
    }
}

bool withholds_expiry(const MonitorState& state) {
    const auto& muting = *state.muting;
    return muting.window || muting.warning || (muting.outage && muting.outage->by != Cover::quiet);
}

bool is_news(const ExpirySeen& seen, const std::vector<ExpiryTold>& told, TimePoint now) {
    if (seen.ends_at <= now || seen.ends_at - now > Days{seen.threshold_days}) return false;
    const bool known = std::any_of(told.begin(), told.end(), [&](const ExpiryTold& one) {
        return one.what == seen.what && one.identity == seen.identity && one.threshold_days <= seen.threshold_days;
    });
    if (known) return false;
    const auto lately = std::count_if(told.begin(), told.end(), [&](const ExpiryTold& one) { return one.told_at > now - Days{1}; });
    return static_cast<std::size_t>(lately) < kMostExpiriesADay;
}

}  // namespace sonde::decision
