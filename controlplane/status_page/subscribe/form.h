// What a visitor filled in. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/status_page/snapshot.h"
#include "controlplane/status_page/subscribe/address.h"
#include "lib/http/message.h"

namespace sonde::status_page::subscribe {

struct Form {
    Kind kind = Kind::email;
    std::string address;                  // as it was written
    std::vector<std::string> components;  // of the page; empty: all
};

// Of a posted form (application/x-www-form-urlencoded). What it should not have is passed over, for forms are filled in by browsers of all sorts; nothing if it is no form at all. All components
// ticked, or none, are all: also those that the page will have some day.
std::optional<Form> read_form(const http::Request& request, const Snapshot& page);

}  // namespace sonde::status_page::subscribe
