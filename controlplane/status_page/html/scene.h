// What every part of a page is made from, and small things that all of them say.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "controlplane/status_page/html/language.h"
#include "controlplane/status_page/html/render.h"
#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::html {

struct Scene {
    const Snapshot& page;
    const Visit& visit;
    const Language& words;
    calendar::Zone zone;
};

struct Member {
    const char* name;
    mutable Json value;  // moved out of the list that it is given in
};

// An object of members in their order. Written as a list of lists it would be made of an array for each, and copied as it grows: half of what a large page costs.
inline Json object(std::initializer_list<Member> members) {
    Json::object_t all;
    all.reserve(members.size());
    for (const auto& member : members) all.emplace_back(member.name, std::move(member.value));
    return all;
}

// An instant for `<time>`: as machines read it, and what is said of it.
inline Json moment(const Scene& scene, TimePoint at, std::string text) { return object({{"iso", scene.zone.text(at)}, {"text", std::move(text)}}); }

// The style sheet's class of a condition: `partial-outage`.
inline const std::string& mark_of(Condition condition) {
    static const auto marks = [] {
        std::array<std::string, EnumNames<Condition>::names.size()> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            all.at(i) = EnumNames<Condition>::names.at(i);
            std::replace(all.at(i).begin(), all.at(i).end(), '_', '-');
        }
        return all;
    }();
    return marks.at(static_cast<std::size_t>(condition));
}

}  // namespace sonde::status_page::html
