// What a DNS answer means under a spec.
#pragma once

#include "lib/check/dns/spec.h"
#include "lib/check/judgement.h"
#include "lib/check/observation.h"

namespace sonde::check {

// Of an observation without failure.
Judgement judge(const DnsSpec& spec, const Observation& observation, TimePoint now);

// The records that answer a question: of its type, and owned by its name or by what CNAME records make of it.
std::vector<const DnsRecord*> answers_to(const std::string& question, DnsType type, const std::vector<DnsRecord>& records);

}  // namespace sonde::check
