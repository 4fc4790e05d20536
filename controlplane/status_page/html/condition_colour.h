// The colours of conditions where style sheets do not reach: the browser's tab, badges. Those of the light style sheet.
#pragma once

#include <string_view>

#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::html {

constexpr std::string_view colour_of(Condition condition) {
    switch (condition) {
        case Condition::operational: return "#1c9160";
        case Condition::maintenance: return "#3a76d6";
        case Condition::unknown: return "#858f9b";
        case Condition::degraded: return "#c27c00";
        case Condition::partial_outage: return "#dd5b14";
        case Condition::major_outage: break;
    }
    return "#cf2b36";
}

}  // namespace sonde::status_page::html
