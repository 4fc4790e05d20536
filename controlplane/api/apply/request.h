// What is asked of POST /v1/apply: a whole set of resources under the keys of their author. Pure.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "controlplane/api/apply/kind.h"

namespace sonde::controlplane::apply_api {

enum class Mode : unsigned char { plan, apply };

inline constexpr std::size_t kMostResources = 60'000;

struct Wanted {
    Kind kind = Kind::site;
    std::string key;
    std::string adopt;    // the identifier of a resource that is there already and is to be this one; empty: none
    Json set;             // what the files say, with keys where the API has identifiers
    std::string pointer;  // of the resource in the request
    [[nodiscard]] std::string at() const { return pointer + "/set"; }
};

struct Request {
    std::string owner;
    Mode mode = Mode::plan;
    bool prune = false;
    std::vector<Wanted> wanted;
};

// Keys are well formed and each is there once. What is set is not looked at.
Request read_request(const Json& document, json::Problems& problems);

// 1 to 64 of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or digit.
bool is_owner(std::string_view text);

}  // namespace sonde::controlplane::apply_api

template <>
struct sonde::EnumNames<sonde::controlplane::apply_api::Mode> {
    static constexpr std::array<std::string_view, 2> names{"plan", "apply"};
};
