#include "controlplane/status_page/format/badge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "controlplane/status_page/format/parts.h"
#include "controlplane/status_page/format/xml.h"
#include "controlplane/status_page/html/colour.h"
#include "controlplane/status_page/html/condition_colour.h"
#include "lib/base/utf8.h"
#include "lib/json/json.h"

namespace sonde::status_page::format {
namespace {

constexpr std::size_t kMostCharacters = 60;  // of a label or message; what is longer is cut
constexpr std::string_view kLabelColour = "#3b4048";
constexpr int kPadding = 6;

// Steps at which people read uptime: three nines, two, and below.
std::string_view colour_of_uptime(double share) {
    if (share >= 0.999) return html::colour_of(Condition::operational);
    return html::colour_of(share >= 0.99 ? Condition::degraded : Condition::partial_outage);
}

std::string cut(std::string_view text) {
    const auto clean = json::clean_utf8(text);
    std::string kept;
    Utf8Cursor cursor(clean);
    for (std::size_t n = 0; const auto c = cursor.next(); ++n) {
        if (n == kMostCharacters) return kept + "…";
        append_utf8(kept, *c);
    }
    return kept;
}

// About how wide Verdana and DejaVu Sans are at 11 pixels, in tenths; the picture says how wide the text is to be, so that another font fits too.
int tenths_of(char32_t c) {
    if (c == ' ' || (c < 0x80 && std::string_view("ijl.,:;|!'()[]I-rtf").find(static_cast<char>(c)) != std::string_view::npos)) return 43;
    if (c < 0x80 && std::string_view("mwMW@%").find(static_cast<char>(c)) != std::string_view::npos) return 106;
    if (c >= 'A' && c <= 'Z') return 77;
    return c >= 0x1100 ? 110 : 68;
}

int width_of(std::string_view text) {
    int tenths = 0;
    Utf8Cursor cursor(text);
    while (const auto c = cursor.next()) tenths += tenths_of(*c);
    return (tenths + 9) / 10;
}

std::string text_at(int x, int width, std::string_view colour, std::string_view text) {
    if (text.empty()) return {};
    return fmt::format("<text x=\"{}\" y=\"14\" textLength=\"{}\" fill=\"{}\">{}</text>\n", x, width, colour, xml_text(text));
}

std::string colour_on(std::string_view background) {
    const auto colour = html::read_colour(background);
    return html::write_colour(html::text_on(colour.value_or(html::Colour{})));
}

std::optional<Badge> badge_of(const Snapshot& page, std::string_view place) {
    const auto slash = place.find('/');
    if (slash == std::string_view::npos) return place == "state" ? std::optional(state_badge(page)) : std::nullopt;
    const auto* component = find_component(page, place.substr(0, slash));
    if (component == nullptr) return std::nullopt;
    const auto fact = place.substr(slash + 1);
    if (fact == "state") return state_badge(page, *component);
    if (fact == "uptime") return uptime_badge(page, *component);
    if (fact == "response-time") return latency_badge(page, *component);
    return std::nullopt;
}

}  // namespace

Badge state_badge(const Snapshot& page) {
    const auto& words = html::Language::find(page.look.language);
    return {cut(page.look.title), words.text("condition", name_of(page.condition)), std::string(html::colour_of(page.condition))};
}

Badge state_badge(const Snapshot& page, const Component& component) {
    const auto& words = html::Language::find(page.look.language);
    return {cut(component.name), words.text("condition", name_of(component.condition)), std::string(html::colour_of(component.condition))};
}

std::optional<Badge> uptime_badge(const Snapshot& page, const Component& component) {
    if (!page.look.shows_uptime || !component.uptime) return std::nullopt;
    const auto& words = html::Language::find(page.look.language);
    return Badge{cut(component.name), words.say("uptime", {{"percent", words.percent(*component.uptime)}}), std::string(colour_of_uptime(*component.uptime))};
}

std::optional<Badge> latency_badge(const Snapshot&, const Component& component) {
    const auto& all = component.latencies;
    if (all.empty()) return std::nullopt;
    const auto [least, most] = std::minmax_element(all.begin(), all.end(), [](const Latency& a, const Latency& b) { return a.p50_ms < b.p50_ms; });
    const auto from = std::lround(least->p50_ms);
    const auto to = std::lround(most->p50_ms);
    return Badge{cut(component.name), from == to ? fmt::format("{} ms", from) : fmt::format("{}–{} ms", from, to), std::string(html::colour_of(Condition::maintenance))};
}

std::string badge_svg(const Badge& badge) {
    const auto label = cut(badge.label);
    const auto message = cut(badge.message);
    const int label_text = width_of(label);
    const int message_text = width_of(message);
    const int left = label.empty() ? 0 : label_text + 2 * kPadding;
    const int all = left + message_text + 2 * kPadding;
    const auto name = xml_text(label.empty() ? message : label + ": " + message);
    auto svg = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"20\" viewBox=\"0 0 {0} 20\" role=\"img\" aria-label=\"{1}\">\n<title>{1}</title>\n", all, name);
    svg += fmt::format("<rect width=\"{}\" height=\"20\" rx=\"3\" fill=\"{}\"/>\n", all, badge.colour);
    if (left > 0) svg += fmt::format("<path d=\"M3 0H{0}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z\" fill=\"{1}\"/>\n", left, kLabelColour);
    svg += "<g font-family=\"Verdana,DejaVu Sans,Geneva,sans-serif\" font-size=\"11\">\n";
    svg += text_at(kPadding, label_text, colour_on(kLabelColour), label);
    svg += text_at(left + kPadding, message_text, colour_on(badge.colour), message);
    return svg + "</g>\n</svg>\n";
}

std::string badge_json(const Badge& badge) {
    return json::dump({{"schemaVersion", 1}, {"label", badge.label}, {"message", badge.message}, {"color", badge.colour}});
}

std::optional<std::string> badge(const Snapshot& page, std::string_view place) {
    const bool svg = place.ends_with(".svg");
    if (!svg && !place.ends_with(".json")) return std::nullopt;
    const auto found = badge_of(page, place.substr(0, place.rfind('.')));
    if (!found) return std::nullopt;
    return svg ? badge_svg(*found) : badge_json(*found);
}

}  // namespace sonde::status_page::format
