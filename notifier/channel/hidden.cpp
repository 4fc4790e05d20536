#include "notifier/channel/hidden.h"

#include <algorithm>
#include <set>

#include "lib/channel/escape.h"
#include "lib/net/url.h"

namespace sonde::notifier {
namespace {

// Shorter ones would make holes in ordinary words.
constexpr std::size_t kLeast = 4;

void add(std::set<std::string>& forms, const std::string& text) {
    if (text.size() < kLeast) return;
    forms.insert(text);
    forms.insert(channel::percent_encoded(text));
    const auto quoted = json::dump(text);
    forms.insert(quoted.substr(1, quoted.size() - 2));
    std::string slashed;  // as PHP and others write JSON
    for (const char c : quoted.substr(1, quoted.size() - 2)) slashed += c == '/' ? std::string("\\/") : std::string(1, c);
    forms.insert(slashed);
}

}  // namespace

std::vector<std::string> hidden_forms(const Json& secrets) {
    std::set<std::string> forms;
    if (!secrets.is_object()) return {};
    for (const auto& [name, value] : secrets.items()) {
        if (!value.is_string()) continue;
        const auto& text = value.get_ref<const std::string&>();
        add(forms, text);
        const auto url = net::parse_url(text);
        if (!url || !text.starts_with("http")) continue;
        add(forms, url->text());
        if (url->path.size() > 1) add(forms, url->path);
        if (!url->query.empty()) add(forms, url->query);
        if (const auto last = url->path.substr(url->path.rfind('/') + 1); last.size() >= 8) add(forms, last);
    }
    std::vector<std::string> all(forms.begin(), forms.end());
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return all;
}

std::string without(const std::vector<std::string>& hidden, std::string_view text, bool cut) {
    if (cut && !hidden.empty()) text = text.substr(0, text.size() - std::min(text.size(), hidden.front().size()));
    std::string made(text);
    for (const auto& form : hidden) {
        for (auto at = made.find(form); at != std::string::npos; at = made.find(form, at + 3)) made.replace(at, form.size(), "***");
    }
    return made;
}

}  // namespace sonde::notifier
