#include "probe-agent/blackbox/verdict.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "lib/check/dns/spec.h"
#include "lib/check/judge.h"
#include "probe-agent/blackbox/record_text.h"

namespace sonde::agent::blackbox {
namespace {

using check::AssertionResult;
using check::FailureClass;
using check::Verdict;

AssertionResult result(std::string assertion, std::string expected, std::string found, bool holds, FailureClass cause) {
    return {std::move(assertion), std::move(expected), std::move(found), holds ? Verdict::up : Verdict::down, holds ? FailureClass::none : cause};
}

const std::string* find_header(const check::HttpFacts& facts, const std::string& wanted) {
    for (const auto& [name, value] : facts.headers) {
        if (strcasecmp(name.c_str(), wanted.c_str()) == 0) return &value;
    }
    return nullptr;
}

// Assertions of headers that may be missing, and are, are taken out.
check::Judgement judge_by_spec(const Module& module, const check::HttpSpec& spec, const check::HttpFacts& facts, const Outcome& outcome) {
    auto asked = spec;
    const auto& optional = module.http.optional_headers;
    std::size_t i = 0;
    const auto is_missing = [&](const check::Assertion& assertion) {
        return std::find(optional.begin(), optional.end(), i++) != optional.end() && find_header(facts, assertion.of) == nullptr;
    };
    std::vector<check::Assertion> kept;
    for (auto& assertion : asked.assertions) {
        if (!is_missing(assertion)) kept.push_back(std::move(assertion));
    }
    asked.assertions = std::move(kept);
    return check::judge(asked, outcome.seen, outcome.started_at);
}

std::string protocol(const check::HttpFacts& facts) { return facts.version == "2" ? "HTTP/2.0" : "HTTP/" + facts.version; }

check::Judgement judge_http(const Outcome& outcome, const check::HttpSpec& spec) {
    static const check::HttpFacts nothing;
    const auto* seen = outcome.seen.find<check::HttpFacts>();
    const auto& facts = seen == nullptr ? nothing : *seen;
    const auto& demands = outcome.module->http;
    auto judgement = demands.optional_headers.empty() ? check::judge(spec, outcome.seen, outcome.started_at)
                                                      : judge_by_spec(*outcome.module, spec, facts, outcome);
    if (outcome.seen.failure) return judgement;
    const bool tls = outcome.seen.tls.has_value();
    if (demands.fail_if_tls) judgement.add(result("tls", "absent", tls ? "there" : "absent", !tls, FailureClass::assertion));
    if (demands.fail_if_no_tls) judgement.add(result("tls", "there", tls ? "there" : "absent", tls, FailureClass::assertion));
    if (!demands.versions.empty()) {
        const bool known = std::find(demands.versions.begin(), demands.versions.end(), protocol(facts)) != demands.versions.end();
        judgement.add(result("protocol", fmt::format("{}", fmt::join(demands.versions, " or ")), protocol(facts), known, FailureClass::http_protocol));
    }
    if (!demands.content_encoding.empty()) {
        const auto* encoding = find_header(facts, "content-encoding");
        const bool same = encoding != nullptr && strcasecmp(encoding->c_str(), demands.content_encoding.c_str()) == 0;
        judgement.add(result("content encoding", demands.content_encoding, encoding == nullptr ? "" : *encoding, same, FailureClass::assertion));
    }
    if (demands.fail_if_cut_off) {
        judgement.add(result("body", fmt::format("at most {} bytes", spec.max_body_bytes), facts.body_truncated ? "longer" : fmt::format("{} bytes", facts.body_bytes),
                             !facts.body_truncated, FailureClass::body_too_large));
    }
    return judgement;
}

class RecordJudge {
public:
    RecordJudge(const check::DnsFacts& facts, check::Judgement& judgement) : judgement_(judgement) {
        for (const auto& record : facts.records) texts_.push_back(record_text(record));
    }

    void judge(const DnsDemands::Records& demands) {
        for (const auto& [text, pattern] : demands.none_matches) add(fmt::format("without one that matches {}", text), matching(pattern) == 0);
        for (const auto& [text, pattern] : demands.all_match)
            add(fmt::format("there, and all to match {}", text), !texts_.empty() && matching(pattern) == texts_.size());
        if (demands.one_of.empty()) return;
        std::string wanted;
        bool found = false;
        for (const auto& [text, pattern] : demands.one_of) {
            wanted += (wanted.empty() ? "" : " or ") + text;
            found = found || matching(pattern) > 0;
        }
        add("with one that matches " + wanted, found);
    }

private:
    [[nodiscard]] std::size_t matching(const regex::Pattern& pattern) const {
        return static_cast<std::size_t>(std::count_if(texts_.begin(), texts_.end(), [&](const std::string& text) { return pattern.contains(text); }));
    }
    void add(std::string expected, bool holds) {
        judgement_.add(result("answer records", std::move(expected), texts_.empty() ? "none" : fmt::format("{}", fmt::join(texts_, "; ")), holds, FailureClass::dns_mismatch));
    }

    std::vector<std::string> texts_;
    check::Judgement& judgement_;
};

// The spec's own judgement would ask for a record of the type, which blackbox_exporter does not.
check::Judgement judge_dns(const Outcome& outcome, const check::DnsSpec& spec) {
    const auto* facts = outcome.seen.find<check::DnsFacts>();
    if (outcome.seen.failure || facts == nullptr) return check::judge(spec, outcome.seen, outcome.started_at);
    auto judgement = check::all_well();
    const auto& demands = outcome.module->dns;
    if (!facts->malformed.empty()) judgement.add(result("answer", "well formed", facts->malformed, false, FailureClass::dns_servfail));
    const auto rcode = check::dns_rcode_name(facts->rcode);
    const bool known = std::find(demands.rcodes.begin(), demands.rcodes.end(), rcode) != demands.rcodes.end();
    judgement.add(result("rcode", fmt::format("{}", fmt::join(demands.rcodes, " or ")), rcode, known, FailureClass::dns_mismatch));
    RecordJudge(*facts, judgement).judge(demands.answers);
    return judgement;
}

}  // namespace

check::Judgement judge(const Outcome& outcome) {
    // Nothing was run: what failed says it all.
    if (outcome.target == nullptr) return check::judge(check::Spec{}, outcome.seen, outcome.started_at);
    const auto& spec = outcome.target->spec;
    if (const auto* http = std::get_if<check::HttpSpec>(&spec)) return judge_http(outcome, *http);
    if (const auto* dns = std::get_if<check::DnsSpec>(&spec)) return judge_dns(outcome, *dns);
    return check::judge(spec, outcome.seen, outcome.started_at);
}

bool is_failed_by_pattern(const Module& module, const check::Judgement& judgement) {
    return std::any_of(judgement.assertions.begin(), judgement.assertions.end(), [&](const AssertionResult& one) {
        if (one.verdict == Verdict::up) return false;
        if (module.prober == Prober::http) return one.assertion == "body" ? one.cause == FailureClass::body_mismatch : one.assertion.starts_with("header ");
        return module.prober == Prober::tcp && one.cause == FailureClass::body_mismatch;
    });
}

}  // namespace sonde::agent::blackbox
