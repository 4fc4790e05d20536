#include "lib/check/secrets.h"

#include <fmt/format.h>

#include <algorithm>

namespace sonde::check {
namespace {

constexpr std::string_view kOpen = "{{secrets.";
constexpr std::string_view kClose = "}}";

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Calls `plain(text)` and `named(name)` for the pieces of `text`, in their order. What only begins like a name is plain.
template <class Plain, class Named>
void split(std::string_view text, Plain plain, Named named) {
    while (true) {
        const auto open = text.find(kOpen);
        if (open == std::string_view::npos) return plain(text);
        const auto rest = text.substr(open + kOpen.size());
        const auto close = rest.find(kClose);
        if (close == std::string_view::npos || !is_secret_name(rest.substr(0, close))) {
            plain(text.substr(0, open + kOpen.size()));
            text = rest;
            continue;
        }
        plain(text.substr(0, open));
        named(rest.substr(0, close));
        text = rest.substr(close + kClose.size());
    }
}

bool names_any(std::string_view text) {
    bool any = false;
    split(text, [](std::string_view) {}, [&any](std::string_view) { any = true; });
    return any;
}

std::string put_in(std::string_view text, const Secrets& secrets, const std::string& pointer, json::Problems& problems) {
    std::string result;
    split(
        text, [&](std::string_view piece) { result += piece; },
        [&](std::string_view name) {
            const auto found = secrets.find(std::string(name));
            if (found == secrets.end()) {
                problems.push_back({pointer, fmt::format("names the secret {}, which is not there", name)});
            } else {
                result += found->second.reveal();
            }
        });
    return result;
}

// Calls `visit(string, pointer)` for each string value in `document`.
template <class Document, class Visit>
void for_each_string(Document& document, const std::string& pointer, const Visit& visit) {
    if (document.is_string()) {
        visit(document, pointer);
    } else if (document.is_object()) {
        for (auto item = document.begin(); item != document.end(); ++item)
            for_each_string(item.value(), pointer + '/' + json::escape_pointer(item.key()), visit);
    } else if (document.is_array()) {
        for (std::size_t i = 0; i < document.size(); ++i) for_each_string(document[i], fmt::format("{}/{}", pointer, i), visit);
    }
}

}  // namespace

bool is_secret_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), is_name_character);
}

std::string wrong_with_secret(std::string_view value) {
    if (value.empty() || value.size() > kMaxSecretBytes) return fmt::format("must be a string of 1 to {} bytes", kMaxSecretBytes);
    const auto is_control = [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
    };
    if (std::any_of(value.begin(), value.end(), is_control)) return "must not contain control characters but line breaks and tabs";
    return {};
}

Secrets named_in(std::string_view text, const Secrets& secrets) {
    Secrets named;
    split(text, [](std::string_view) {},
          [&](std::string_view name) {
              if (const auto found = secrets.find(std::string(name)); found != secrets.end()) named.insert(*found);
          });
    return named;
}

bool names_secrets(const Json& document) {
    bool any = false;
    for_each_string(document, "", [&](const Json& value, const std::string&) {
        any = any || names_any(value.get_ref<const std::string&>());
    });
    return any;
}

Json substitute(const Json& document, const Secrets& secrets, std::string_view pointer, json::Problems& problems) {
    Json result = document;
    for_each_string(result, std::string(pointer), [&](Json& value, const std::string& at) {
        value = put_in(value.get_ref<const std::string&>(), secrets, at, problems);
    });
    return result;
}

Json restore(Json written, const Json& document, const Secrets& secrets, std::string_view pointer, json::Problems& problems) {
    for_each_string(document, "", [&](const Json& value, const std::string& at) {
        const auto& text = value.get_ref<const std::string&>();
        if (!names_any(text)) return;
        const Json::json_pointer place(at);
        if (written.contains(place) && written[place] == Json(put_in(text, secrets, at, problems))) {
            written[place] = text;
        } else {
            problems.push_back({std::string(pointer) + at, "must not name a secret: this field is not kept as it is written"});
        }
    });
    return written;
}

}  // namespace sonde::check
