// What people set of a site: its reading, its defaults, its canonical document. Pure.
#pragma once

#include <string>
#include <vector>

#include "lib/json/reader.h"

namespace sonde::controlplane {

struct SiteDraft {
    std::string name;
    std::string base_url;  // for people; empty if there is none
    std::vector<std::string> tags;
    std::string owner_note;
    bool active = true;
    friend bool operator==(const SiteDraft&, const SiteDraft&) = default;
};

// The fields of a site, from a reader that the caller finishes.
SiteDraft read_site_fields(json::Reader& in);
// A whole document, refusing what is not a field.
SiteDraft read_site(const Json& document, const std::string& pointer, json::Problems& problems);

// The canonical document: every field present. `read_site` reads it back equal.
Json write_site(const SiteDraft& draft);

}  // namespace sonde::controlplane
