// What there is of a page under its address, and what it is made of. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/status_page/picture/font.h"
#include "controlplane/status_page/snapshot.h"

namespace sonde::status_page::serve {

// What a document is for, which decides how it is served.
enum class Use : unsigned char {
    reading,   // HTML for people; the only sort that a browser is asked for a password at, or led away from
    widget,    // HTML in other people's pages
    data,      // for programs
    picture,
    script,
};

struct Asked {
    std::string place;    // below the page's address: ``, `history/2026-03`, `badge/api/state.svg`
    std::string base;     // what links begin with: `/status/acme/` or `/`
    std::string address;  // the page's own, absolute, which ends with `/`; empty if it is not known, which is nothing for `data`
    std::int64_t age = 0;  // of the snapshot, in whole minutes, if it is so old that it must be said; else 0. Looked at for `reading` and `widget` alone
    const picture::Font* font = nullptr;  // what pictures are drawn with; null: there are none
};

// The picture of the page for who links to it.
inline constexpr std::string_view kPicture = "og.png";

struct Document {
    std::string_view content_type;
    std::string body;
    std::string policy;  // Content-Security-Policy
};

// What is at this place of the page; nothing if nothing is. Quick: so it bounds what can be asked for at all.
std::optional<Use> use_of(const Snapshot& page, std::string_view place);

// Nothing for what `use_of` has not, for a month or badge about which there is nothing to tell, and for a picture without a font.
std::optional<Document> make(const Snapshot& page, const Asked& asked);

// `age` of Asked. Documents of one age are the same.
std::int64_t age_of(const Snapshot& page, TimePoint now);

}  // namespace sonde::status_page::serve
