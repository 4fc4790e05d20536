// A page with texts of the worst kinds in every field that holds one.
#pragma once

#include <string>

#include "tests/unit/status_page/sample.h"

namespace sonde::test {

// In every field a text of its own, by calling `text`; identifiers and addresses too.
template <class Text>
status_page::Snapshot filled_page(Text text) {
    auto page = sample_page();
    page.slug = text();
    auto& look = page.look;
    for (auto* field : {&look.title, &look.description, &look.language, &look.time_zone, &look.accent, &look.css, &page.accounting}) *field = text();
    look.home_url = "https://" + text();
    look.support_url = "https://" + text();
    look.logo = "data:image/" + text();
    look.favicon = "data:image/" + text();
    for (auto& group : page.groups) {
        if (!group.name.empty()) group.name = text();
        for (auto& component : group.components) {
            component.name = text();
            component.description = text();
            component.latencies = {{text(), 1, 2}};
            component.id = text();
        }
    }
    for (auto* incidents : {&page.open, &page.past}) {
        for (auto& incident : *incidents) {
            incident.id = text();
            incident.title = text();
            incident.postmortem = text();
            for (auto& update : incident.updates) update.text = text();
        }
    }
    for (auto& maintenance : page.maintenance) {
        maintenance.id = text();
        maintenance.title = text();
        maintenance.description = text();
    }
    return page;
}

inline const std::string& worst_text() {
    static const std::string text = std::string("]]><b a=\"'>&amp;</b></style></script>{{t.skip}}\n\r\t\x01\x1b\x7f\xff\xc3(\xed\xa0\x80\xef\xbf\xbe <!-- --> %22\\\" ") + "\xe2\x80\xa8";
    return text;
}

}  // namespace sonde::test
