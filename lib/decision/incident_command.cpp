#include "lib/decision/incident_command.h"

#include "lib/json/reader.h"

namespace sonde::decision {
namespace {

constexpr std::size_t kMostText = 1 << 20;  // the API has bounds of its own

struct Writer {
    Json operator()(const std::monostate&) const { return nullptr; }
    Json operator()(const Opening& it) const {
        Json terms{{"site", it.site.text()}, {"scope", name_of(it.scope)}, {"title", it.title}, {"auto_resolve", it.auto_resolve}};
        if (it.severity) terms["severity"] = name_of(*it.severity);
        for (const auto monitor : it.monitors) terms["monitors"].push_back(monitor.text());
        return terms;
    }
    Json operator()(const Assignment& it) const { return {{"to", it.to}}; }
    Json operator()(const SeverityWish& it) const {
        return it.severity ? Json{{"severity", name_of(*it.severity)}} : Json::object();
    }
    Json operator()(const Retitling& it) const { return {{"title", it.title}}; }
    Json operator()(const Reopening& it) const {
        return it.auto_resolve ? Json{{"auto_resolve", *it.auto_resolve}} : Json::object();
    }
    Json operator()(const UpdateDraft& it) const { return {{"number", it.number}, {"status", name_of(it.status)}, {"text", it.text}}; }
    Json operator()(const PostmortemDraft& it) const {
        return {{"text", it.text}, {"root_cause", it.root_cause}, {"published", it.published}};
    }
    Json operator()(const Due& it) const { return {{"details", it.details}, {"reached", it.reached}, {"while_acknowledged", it.while_acknowledged}}; }
};

constexpr json::TextRule kAny{.min = 0, .max = kMostText, .multi_line = true};

std::optional<Severity> read_severity(json::Reader& in) {
    auto severity = Severity::critical;
    return in.name("severity", severity) ? std::optional(severity) : std::nullopt;
}

Opening read_opening(json::Reader& in) {
    Opening it;
    in.require({"site", "title"});
    in.id("site", it.site);
    in.name("scope", it.scope);
    in.text("title", it.title, kAny);
    in.boolean("auto_resolve", it.auto_resolve);
    it.severity = read_severity(in);
    std::vector<std::string> monitors;
    in.texts("monitors", monitors, 1000);
    for (const auto& text : monitors) {
        if (const auto id = MonitorId::parse(text)) it.monitors.push_back(*id);
        else in.refuse("monitors", "are not monitors");
    }
    return it;
}

Terms read_terms(Action action, json::Reader& in) {
    switch (action) {
        case Action::acknowledge:
        case Action::unacknowledge:
        case Action::comment:
        case Action::resolve: return {};
        case Action::open: return read_opening(in);
        case Action::assign: {
            Assignment it;
            in.text("to", it.to, kAny);
            return it;
        }
        case Action::set_severity: return SeverityWish{read_severity(in)};
        case Action::set_title: {
            Retitling it;
            in.require({"title"});
            in.text("title", it.title, kAny);
            return it;
        }
        case Action::reopen: {
            bool wanted = false;
            return Reopening{in.boolean("auto_resolve", wanted) ? std::optional(wanted) : std::nullopt};
        }
        case Action::publish_update:
        case Action::edit_update:
        case Action::delete_update: {
            UpdateDraft it;
            in.whole("number", it.number, 0, INT32_MAX);
            in.name("status", it.status);
            in.text("text", it.text, kAny);
            return it;
        }
        case Action::write_postmortem: {
            PostmortemDraft it;
            in.text("text", it.text, kAny);
            in.text("root_cause", it.root_cause, kAny);
            in.boolean("published", it.published);
            return it;
        }
        case Action::escalate:
        case Action::remind: {
            Due it;
            in.require({"details"});
            if (const auto* details = in.object("details")) it.details = *details;
            in.boolean("reached", it.reached);
            in.boolean("while_acknowledged", it.while_acknowledged);
            return it;
        }
    }
    return {};
}

}  // namespace

Json write_body(const Command& command) {
    Json body = Json::object();
    if (!command.comment.empty()) body["comment"] = command.comment;
    if (command.may_edit_others) body["may_edit_others"] = true;
    if (auto terms = std::visit(Writer{}, command.terms); !terms.is_null()) body["terms"] = std::move(terms);
    return body;
}

bool read_body(const Json& body, Command& command) {
    json::Problems problems;
    json::Reader in(body, "", problems);
    in.text("comment", command.comment, kAny);
    in.boolean("may_edit_others", command.may_edit_others);
    const Json none = Json::object();
    const auto* given = in.has("terms") ? in.object("terms") : &none;
    if (given != nullptr) {
        json::Reader terms(*given, "/terms", problems);
        command.terms = read_terms(command.action, terms);
        terms.finish();
    }
    in.finish();
    return problems.empty();
}

}  // namespace sonde::decision
