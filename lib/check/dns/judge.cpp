#include "lib/check/dns/judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::check {
namespace {

constexpr int kLongestChain = 16;

struct Answers {
    std::vector<std::string> data;  // canonical, sorted, each once
    std::uint32_t least_ttl = 0;
    std::uint32_t most_ttl = 0;
};

Answers collect(const DnsSpec& spec, const DnsFacts& facts) {
    Answers answers;
    for (const auto* record : answers_to(facts.question, spec.type, facts.records)) {
        answers.least_ttl = answers.data.empty() ? record->ttl : std::min(answers.least_ttl, record->ttl);
        answers.most_ttl = std::max(answers.most_ttl, record->ttl);
        answers.data.push_back(canonical_data(spec.type, record->data).value_or(record->data));
    }
    std::sort(answers.data.begin(), answers.data.end());
    answers.data.erase(std::unique(answers.data.begin(), answers.data.end()), answers.data.end());
    return answers;
}

AssertionResult data_result(std::string assertion, std::string expected, std::string found, bool holds) {
    return result_of(std::move(assertion), std::move(expected), std::move(found), holds, FailureClass::dns_mismatch);
}

std::string list(const std::vector<std::string>& data) { return data.empty() ? "none" : fmt::format("{}", fmt::join(data, ", ")); }

FailureClass class_of_rcode(int rcode) {
    if (rcode == static_cast<int>(DnsRcode::noerror)) return FailureClass::dns_mismatch;
    if (rcode == static_cast<int>(DnsRcode::nxdomain)) return FailureClass::dns_nxdomain;
    return FailureClass::dns_servfail;
}

void judge_answers(const DnsSpec& spec, const Answers& answers, Judgement& judgement) {
    const auto& expected = spec.answers;
    const auto found = list(answers.data);
    if (expected.asks_nothing()) {
        judgement.add(data_result("answers", fmt::format("at least one {} record", name_of(spec.type)), found, !answers.data.empty()));
    }
    if (expected.equals) judgement.add(data_result("answers", list(*expected.equals), found, answers.data == *expected.equals));
    for (const auto& value : expected.contains) {
        judgement.add(data_result("answers", "with " + value, found, std::binary_search(answers.data.begin(), answers.data.end(), value)));
    }
    for (const auto& expression : expected.matches) {
        const auto matches = [&](const std::string& data) { return expression.pattern.contains(data); };
        judgement.add(data_result("answers", "with one that matches " + expression.text, found, std::any_of(answers.data.begin(), answers.data.end(), matches)));
    }
}

void judge_ttl(const DnsSpec& spec, const Answers& answers, Judgement& judgement) {
    if ((spec.min_ttl_s == 0 && spec.max_ttl_s == DnsSpec::kMostTtl) || answers.data.empty()) return;
    const auto seconds = [](std::uint32_t least, std::uint32_t most) {
        return least == most ? fmt::format("{} s", least) : fmt::format("{} to {} s", least, most);
    };
    const auto min = static_cast<std::uint32_t>(spec.min_ttl_s);
    const auto max = static_cast<std::uint32_t>(spec.max_ttl_s);
    judgement.add(data_result("ttl", fmt::format("from {} to {} s", min, max), seconds(answers.least_ttl, answers.most_ttl),
                              answers.least_ttl >= min && answers.most_ttl <= max));
}

}  // namespace

std::vector<const DnsRecord*> answers_to(const std::string& question, DnsType type, const std::vector<DnsRecord>& records) {
    const auto plain = [](const std::string& name) { return canonical_name(name).value_or(name); };
    auto owner = plain(question);
    std::vector<const DnsRecord*> found;
    for (int step = 0; step < kLongestChain; ++step) {
        const DnsRecord* alias = nullptr;
        for (const auto& record : records) {
            if (plain(record.name) != owner) continue;
            if (record.type == code_of(type)) found.push_back(&record);
            if (record.type == code_of(DnsType::cname)) alias = &record;
        }
        if (!found.empty() || alias == nullptr) break;
        owner = plain(alias->data);
    }
    return found;
}

Judgement judge(const DnsSpec& spec, const Observation& observation, TimePoint /*now*/) {
    auto judgement = all_well();
    const auto* seen = observation.find<DnsFacts>();
    static const DnsFacts nothing;
    const auto& facts = seen == nullptr ? nothing : *seen;
    if (!facts.malformed.empty()) judgement.add(result_of("answer", "well formed", facts.malformed, false, FailureClass::dns_servfail));
    judgement.add(result_of("rcode", std::string(name_of(spec.rcode)), dns_rcode_name(facts.rcode), facts.rcode == static_cast<int>(spec.rcode),
                            class_of_rcode(facts.rcode)));
    if (spec.rcode == DnsRcode::noerror) {
        const auto answers = collect(spec, facts);
        judge_answers(spec, answers, judgement);
        judge_ttl(spec, answers, judgement);
    }
    if (spec.authoritative) judgement.add(data_result("authoritative", "yes", facts.aa ? "yes" : "no", facts.aa));
    return judgement;
}

}  // namespace sonde::check
