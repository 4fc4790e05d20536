// Assertions about the text of a body. Internal to lib/check/http.
#pragma once

#include "lib/check/http/facts.h"
#include "lib/check/http/finding.h"

namespace sonde::check {

// Whether there was more of the body than is there to look at.
bool is_cut_off(const HttpFacts& facts);
// `cut off after 1048576 bytes`; of a body that is.
std::string describe_cut(const HttpFacts& facts);

// Of a body that was cut off only what holds whatever would have followed is judged; the rest is body_too_large.
Finding judge_body(const Assertion& assertion, const HttpFacts& facts, Work& work);

}  // namespace sonde::check
