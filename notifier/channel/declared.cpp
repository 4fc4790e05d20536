#include "notifier/channel/declared.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/channel/fields.h"
#include "lib/channel/structure.h"
#include "lib/crypto/crypto.h"
#include "lib/net/url.h"
#include "lib/template/template.h"
#include "notifier/channel/hidden.h"
#include "notifier/channel/notice.h"
#include "notifier/core/words.h"

namespace sonde::notifier::declared {
namespace {

using channel::Declaration;
using channel::Escape;
using channel::Request;

constexpr std::size_t kMaxBodyBytes = 256U << 10U;
constexpr std::size_t kMaxKeptBytes = 64U << 10U;

std::string time_text(const Json& event, const Notice& notice, bool end) {
    const auto at = from_rfc3339(text_of(event, "at")).value_or(TimePoint{});
    if (end) {
        const auto still = notice.verb == Verb::resolve ? seconds{0} : notice.verb == Verb::info ? seconds{3'600} : seconds{7 * 86'400};
        return to_rfc3339(at + still);
    }
    for (const auto& [part, field] : {std::pair("incident", "failing_since"), {"advisory", "opened_at"}, {"coverage", "since"}, {"region", "since"}}) {
        if (const auto since = from_rfc3339(text_of(part_of(event, part), field)); since && *since <= at) return to_rfc3339(*since);
    }
    return to_rfc3339(at);
}

// What people are told, written for the receiver.
Json told(const Notice& notice, const Json& event, const Declaration& declaration, Escape escape) {
    const auto fit = [escape](const std::string& text, int max) { return channel::shortened(text, static_cast<std::size_t>(max), escape); };
    const auto& limits = declaration.limits;
    Json values;
    values["title"] = fit(notice.title, limits.title);
    values["text"] = fit(notice.text, limits.text);
    values["site"] = fit(text_of(part_of(event, "site"), "name"), limits.value);
    values["thread"] = channel::escaped(notice.thread, escape);
    values["link"] = channel::escaped(notice.link, escape);
    values["ack_url"] = channel::escaped(notice.ack_url, escape);
    values["facts"] = Json::array();
    for (const auto& fact : notice.facts) values["facts"].push_back({{"name", fit(fact.name, limits.value)}, {"value", fit(fact.value, limits.value)}});
    return values;
}

channel::Context context_of(const Declaration& declaration, const Message& message, const Json& event, const Json& config, const Json& secrets, const Json& remembered) {
    const auto notice = notice_for(message, event);
    Json common;
    common["tone"] = name_of(notice.tone);
    common["verb"] = name_of(notice.verb);
    for (const auto verb : EnumNames<Verb>::names) common[std::string(verb)] = verb == name_of(notice.verb);
    common["kind"] = text_of(event, "kind");
    common["event_id"] = message.event.text();
    common["event"] = event;
    common["at"] = text_of(event, "at");
    common["unix"] = std::chrono::floor<seconds>(from_rfc3339(text_of(event, "at")).value_or(message.at)).time_since_epoch().count();
    common["began_at"] = time_text(event, notice, false);
    common["ends_at"] = time_text(event, notice, true);
    common["delivery"] = message.delivery.text();
    common["config"] = channel::with_defaults(config, declaration.config);
    common["secret"] = channel::with_defaults(secrets, declaration.secrets);
    common["remembered"] = remembered;
    auto plain = told(notice, event, declaration, Escape::none);
    common["plain"] = plain;
    channel::Context context;
    context.escaped = told(notice, event, declaration, declaration.escape);
    context.escaped.update(common);
    context.plain = std::move(plain);
    context.plain.update(common);
    return context;
}

Result<std::string> rendered(const std::string& text, const mustache::Values& values) {
    const auto parsed = mustache::Template::parse(text);
    if (!parsed) return Error{parsed.error().message};
    return parsed->render(values);
}

// Values for the URL: fields that are URLs as they are, but for a slash at their end; all else as one segment.
mustache::Values url_values(const Declaration& declaration, const channel::Context& context) {
    auto values = context.plain;
    values.erase("event");
    const auto keep = [&values](const char* part, const std::vector<channel::Field>& fields) {
        Json kept = Json::object();
        for (auto& [name, value] : values[part].items()) {
            const auto* field = channel::find_field(fields, name);
            auto text = value.is_string() ? value.get<std::string>() : value.is_null() ? "" : json::dump(value);
            if (field != nullptr && field->type == channel::FieldType::url) {
                while (text.ends_with('/')) text.pop_back();
            } else {
                text = channel::percent_encoded(text);
            }
            kept[name] = text;
        }
        values[part] = kept;
    };
    keep("config", declaration.config);
    keep("secret", declaration.secrets);
    for (auto& [name, value] : values.items()) {
        if (value.is_string()) value = channel::percent_encoded(value.get_ref<const std::string&>());
    }
    for (auto& [name, value] : values["remembered"].items()) {
        value = channel::percent_encoded(value.is_string() ? value.get<std::string>() : json::dump(value));
    }
    return mustache::Values(values);
}

Result<std::string> url_of(const Request& request, const mustache::Values& values) {
    auto url = rendered(request.url, values);
    if (!url) return url;
    for (const auto& [name, text] : request.query) {
        const auto value = rendered(text, values);
        if (!value) return value;
        *url += fmt::format("{}{}={}", url->find('?') == std::string::npos ? '?' : '&', name, *value);
    }
    const auto parsed = net::parse_url(*url);
    if (!parsed) return Error{fmt::format("the channel's url {}", parsed.error().message)};
    return parsed->text();
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string form_text(const Json& form) {
    std::string text;
    for (const auto& [name, value] : form.items()) {
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", channel::percent_encoded(name),
                            channel::percent_encoded(value.is_string() ? value.get<std::string>() : json::dump(value)));
    }
    return text;
}

Status add_headers(const Request& request, const mustache::Values& values, HttpRequest& made) {
    const auto add = [&made](const std::string& name, const std::string& value) -> Status {
        if (has_control(value)) return Error{fmt::format("the header {} would have control characters", name)};
        if (!value.empty()) made.headers.push_back(fmt::format("{}: {}", name, value));
        return Done{};
    };
    for (const auto& [name, text] : request.headers) {
        const auto value = rendered(text, values);
        if (!value) return value.error();
        if (auto added = add(name, *value); !added) return added;
    }
    if (request.basic.empty()) return Done{};
    const auto value = rendered(request.basic, values);
    if (!value) return value.error();
    return add("Authorization", "Basic " + crypto::base64(*value));
}

Result<Step> step_of(const Declaration& declaration, const Request& request, const channel::Context& context) {
    Step step{{}, request.remember, request.optional};
    auto& made = step.request;
    made.method = request.method;
    made.keep = kMaxKeptBytes;
    auto url = url_of(request, url_values(declaration, context));
    if (!url) return url.error();
    made.url = *std::move(url);
    const bool form = !request.form.is_null();
    const auto body = channel::filled(form ? request.form : request.json, context);
    if (!body) return body.error();
    if (*body) made.body = form ? form_text(**body) : json::dump(**body);
    if (made.body.size() > kMaxBodyBytes) return Error{fmt::format("the request would be larger than {} bytes", kMaxBodyBytes)};
    made.headers = {form ? "Content-Type: application/x-www-form-urlencoded" : "Content-Type: application/json", "User-Agent: Sonde/" SONDE_VERSION};
    if (auto added = add_headers(request, mustache::Values(context.plain), made); !added) return added.error();
    return step;
}

bool applies(const Request& request, const Json& values) {
    const auto verb = text_of(values, "verb");
    if (!request.verbs.empty() && std::find(request.verbs.begin(), request.verbs.end(), verb) == request.verbs.end()) return false;
    if (!request.when.empty() && !channel::is_there(channel::value_of(values, request.when))) return false;
    return request.unless.empty() || !channel::is_there(channel::value_of(values, request.unless));
}

}  // namespace

Result<Composed> compose(const Declaration& declaration, const Message& message, const Json& config, const Json& secrets) {
    if (const auto checked = check_settings(declaration, config, secrets); !checked) return checked.error();
    const auto event = json::parse(message.document);
    if (!event) return Error{"the event " + event.error().message};
    const auto remembered = message.remembered.empty() ? Result<Json>(Json::object()) : json::parse(message.remembered);
    const auto context = context_of(declaration, message, *event, config, secrets, remembered && remembered->is_object() ? *remembered : Json::object());

    Composed composed;
    composed.declaration = &declaration;
    composed.hidden = hidden_forms(secrets);
    for (const auto& request : declaration.requests) {
        if (!applies(request, context.plain)) continue;
        auto step = step_of(declaration, request, context);
        if (!step) return step.error();
        for (const auto& header : step->request.headers) {
            if (header.starts_with("Authorization: Basic ")) composed.hidden.push_back(header.substr(21));
        }
        composed.steps.push_back(*std::move(step));
    }
    if (composed.steps.empty()) return Error{fmt::format("channels of kind {} have no request for this event", declaration.kind)};
    return composed;
}

}  // namespace sonde::notifier::declared
