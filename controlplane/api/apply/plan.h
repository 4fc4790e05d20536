// What applying files comes to, step by step. Pure.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "controlplane/api/apply/fields.h"
#include "controlplane/api/apply/reference.h"
#include "controlplane/api/apply/request.h"

namespace sonde::controlplane::apply_api {

enum class Action : unsigned char {
    unchanged,
    create,
    update,
    adopt,     // it was there before and is the files' from now on; it may have changes
    remove,    // the files made it, and no file has it any more
    release,   // the files adopted it, or it is over, and no file has it any more: it stays as it is
    orphan,    // no file has it any more, and nobody asked to prune
    keep,      // to be removed, but that would touch what the files did not make
    over,      // not there, and not made, for its time is past
};

struct Step {
    Action action = Action::unchanged;
    Kind kind = Kind::site;
    std::string key;
    std::string identifier;  // empty if it is to be made
    std::string name;        // as people call it
    std::vector<Change> changes;
    std::string reason;      // of `keep`, `release` and `over`, and of a creation in the place of something that is gone
};

struct Plan {
    std::vector<Step> steps;  // but for those that change nothing
    std::size_t unchanged = 0;
};

// How a present resource is to become what the files want.
struct Desired {
    Json document;       // what is to be read and written
    bool same = false;   // surely nothing changes: the document is the present one
};

// `present` is canonical; `applied` what the files set the last time, `patch` what they set now. What they set and set no more goes, what they never
// set stays, unless it is only the default that `by_default` has: that is left out, so that it follows what it is derived from.
Desired desire(const Json& present, const Json& applied, const Json& patch, const Json& by_default);

// The changes, each with whether somebody else made it necessary.
std::vector<Change> explain_changes(const Json& before, const Json& after, const Json& applied, const Json& patch);

// The answer of POST /v1/apply, secrets masked and identifiers under their keys.
Json present(const Request& request, const Plan& plan, const References& references);

}  // namespace sonde::controlplane::apply_api

template <>
struct sonde::EnumNames<sonde::controlplane::apply_api::Action> {
    static constexpr std::array<std::string_view, 9> names{"unchanged", "create", "update", "adopt", "delete", "release", "orphan", "keep", "over"};
};
