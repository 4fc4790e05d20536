// What every part of a page is made from, and small things that all of them say.
#pragma once

#include <string>
#include <string_view>

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

// An instant for `<time>`: as machines read it, and what is said of it.
inline Json moment(const Scene& scene, TimePoint at, std::string text) { return {{"iso", scene.zone.text(at)}, {"text", std::move(text)}}; }

// The style sheet's class of a condition: `partial-outage`.
inline std::string mark_of(Condition condition) {
    std::string mark{name_of(condition)};
    for (auto& c : mark) {
        if (c == '_') c = '-';
    }
    return mark;
}

}  // namespace sonde::status_page::html
