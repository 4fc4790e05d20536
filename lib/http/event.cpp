#include "lib/http/event.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace sonde::http {
namespace {

// The next part of a list, which is then without it.
std::string_view take(std::string_view& list, char separator) {
    const auto end = std::min(list.find(separator), list.size());
    const auto part = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    return part;
}

bool same(std::string_view given, std::string_view lower) {
    return std::equal(given.begin(), given.end(), lower.begin(), lower.end(),
                      [](char left, char right) { return (left >= 'A' && left <= 'Z' ? left + 32 : left) == right; });
}

// A weight of nothing means "not this" (RFC 9110, section 12.4.2).
bool is_refused(std::string_view parameters) {
    while (!parameters.empty()) {
        auto parameter = take(parameters, ';');
        if (!same(take(parameter, '='), "q")) continue;
        const auto weight = trimmed(parameter);
        return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
    }
    return false;
}

void add_field(std::string& text, std::string_view name, std::string_view value) {
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
        throw std::logic_error("an event's " + std::string(name) + " cannot have a line break or a NUL");
    }
    text.append(name).append(": ").append(value).append("\n");
}

}  // namespace

Frame encode(const Event& event) {
    auto text = std::make_shared<std::string>();
    text->reserve(event.data.size() + event.type.size() + event.id.size() + 32);
    if (!event.id.empty()) add_field(*text, "id", event.id);
    if (event.retry > milliseconds{0}) add_field(*text, "retry", std::to_string(event.retry.count()));
    if (!event.type.empty()) add_field(*text, "event", event.type);
    const bool is_event = event.retry == milliseconds{0} || !event.id.empty() || !event.type.empty() || !event.data.empty();
    std::string_view rest = event.data;
    while (is_event) {
        const auto end = rest.find_first_of("\r\n");
        text->append("data: ").append(rest.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + (rest.substr(end, 2) == "\r\n" ? 2 : 1));
    }
    text->append("\n");
    return text;
}

Frame comment() {
    static const Frame text = std::make_shared<const std::string>(":\n\n");
    return text;
}

bool accepts_events(const Request& request) {
    for (const auto& [name, value] : request.headers) {
        if (name != "accept") continue;
        std::string_view list = value;
        while (!list.empty()) {
            auto range = take(list, ',');
            if (same(take(range, ';'), "text/event-stream") && !is_refused(range)) return true;
        }
    }
    return false;
}

const std::string* last_event_id(const Request& request) { return request.header("last-event-id"); }

}  // namespace sonde::http
