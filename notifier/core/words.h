// Small pieces of sentences about event documents. Whatever is missing or of another type is nothing. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/instant.h"
#include "lib/json/json.h"

namespace sonde::notifier {

// The value in the object's field; a null for none.
const Json& part_of(const Json& object, std::string_view field);
std::string text_of(const Json& object, std::string_view field);
std::int64_t count_of(const Json& object, std::string_view field);
std::vector<std::string> texts_of(const Json& object, std::string_view field);

// `connection refused` of connect_refused; of a class that only a newer writer knows, its name with spaces.
std::string cause_words(std::string_view failure_class);
// `ann` of `token:ann`, `link of channel ops` of `link:ops`; nothing of a program of ours.
std::string person(std::string_view actor);
// ` by ann`, or nothing.
std::string by_person(const Json& event);
// `eu, us and 3 more`.
std::string listed(const std::vector<std::string>& names);
// `1 monitor`, `3 monitors`.
std::string counted(std::int64_t count, std::string_view one, std::string_view many);
// `4 min`, `1 h 5 min`, `2 days 3 h`; nothing if either instant is none, or they are the wrong way round.
std::string time_between(const Json& object, std::string_view from, std::string_view to);
// `2026-01-01 12:00:00 UTC`.
std::string instant_words(const Json& object, std::string_view field);
// With a capital letter at the front, if that is ASCII.
std::string capital(std::string text);

}  // namespace sonde::notifier
