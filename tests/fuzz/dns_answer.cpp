#include "probe-agent/probe/dns/answer.h"

#include "lib/check/dns/judge.h"
#include "tests/fuzz/target.h"

using namespace sonde;

SONDE_FUZZ_TARGET(dns_answer) {
    check::Observation seen;
    auto& facts = seen.facts<check::DnsFacts>();
    agent::read_dns_answer(fuzz::text(data, size), facts);
    fuzz::require(facts.records.size() <= 500, "records are bounded");
    fuzz::require(json::dump(check::write(facts, true)).size() < 128 * 1024, "so is their document");
    if (facts.records.empty()) return 0;
    facts.question = facts.records.front().name;
    for (std::size_t type = 0; type < EnumNames<check::DnsType>::names.size(); ++type) {
        check::DnsSpec spec;
        spec.type = static_cast<check::DnsType>(type);
        const auto judged = check::judge(spec, seen, TimePoint{});
        fuzz::require((judged.verdict == check::Verdict::up) == (judged.cause == check::FailureClass::none), "whatever is not up has a cause");
    }
    return 0;
}
