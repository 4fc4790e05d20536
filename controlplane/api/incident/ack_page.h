// What is shown to whoever follows a link to acknowledge by. Needs nothing beside itself, and runs nothing. Pure.
#pragma once

#include <string_view>

#include "lib/http/message.h"

namespace sonde::controlplane {

// What a link leads to, by its state. Of one that is forged, over, or about what is gone, nothing is told but that.
enum class AckView : unsigned char {
    ask,           // open: a form asks
    done,
    acknowledged,  // already, by whomever
    resolved,
    used,          // the link was, before
    under_way,     // written down, but the engine has not answered
    no_link,
    limited,
    not_now,  // try again
};

// `title` is the incident's; not looked at where there is none to tell of.
http::Response ack_page(AckView view, std::string_view title = {}, std::string_view state = {});

}  // namespace sonde::controlplane
