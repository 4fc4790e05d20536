#include "lib/channel/declaration.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "lib/channel/structure.h"
#include "lib/config/tree.h"
#include "lib/json/reader.h"
#include "lib/template/template.h"

namespace sonde::channel {
namespace {

constexpr std::int64_t kMaxCertificates = 64 << 10;
constexpr json::TextRule kProse{.min = 1, .max = 4000, .multi_line = true};

void check_template(json::Reader& in, std::string_view field, const std::string& text) {
    if (const auto parsed = mustache::Template::parse(text); !parsed) in.refuse(field, "is no template: " + parsed.error().message);
}

void read_pairs(json::Reader& in, std::string_view field, std::vector<std::pair<std::string, std::string>>& pairs) {
    const auto* object = in.object(field);
    if (object == nullptr) return;
    for (const auto& [name, value] : object->items()) {
        if (value.is_string()) {
            pairs.emplace_back(name, value.get<std::string>());
        } else {
            in.refuse(field, fmt::format("has no text for {}", name));
        }
    }
}

Field read_field(const std::string& name, const Json& document, const std::string& pointer, json::Problems& problems) {
    Field field;
    field.name = name;
    json::Reader in(document, pointer, problems);
    in.require({"type", "doc"});
    in.name("type", field.type);
    in.text("doc", field.doc, kProse);
    in.boolean("required", field.required);
    in.boolean("query", field.query);
    if (field.type == FieldType::url) field.max = 2048;
    if (field.type == FieldType::integer) field.min = 0;
    if (field.type == FieldType::certificates) field.max = kMaxCertificates;
    in.whole("min", field.min, INT64_MIN, INT64_MAX);
    in.whole("max", field.max, INT64_MIN, INT64_MAX);
    in.whole("most", field.most, 1, 1000);
    in.text("pattern", field.pattern, {.min = 1, .max = 500});
    in.text("form", field.form, {.min = 1});
    in.text("with", field.with, {.min = 1});
    in.texts("choices", field.choices, 50, {.min = 1});
    if (const auto* value = in.value("default")) field.by_default = *value;
    if (const auto* value = in.value("example")) field.example = *value;
    if (!field.pattern.empty()) {
        if (field.form.empty()) in.refuse("pattern", "needs a `form`, which says it in words");
        const auto compiled = regex::Pattern::compile(field.pattern);
        if (compiled) {
            field.fitting = *compiled;
        } else {
            in.refuse("pattern", compiled.error().message);
        }
    }
    if (field.type == FieldType::choice && field.choices.empty()) in.refuse("type", "needs `choices`");
    in.finish();
    return field;
}

void read_fields(json::Reader& in, std::string_view name, std::vector<Field>& fields, json::Problems& problems) {
    const auto* object = in.object(name);
    if (object == nullptr) return;
    for (const auto& [field, document] : object->items()) fields.push_back(read_field(field, document, in.pointer(name) + "/" + field, problems));
}

Request read_request(const Json& document, const std::string& pointer, json::Problems& problems) {
    Request request;
    json::Reader in(document, pointer, problems);
    in.require({"url"});
    in.texts("verbs", request.verbs, 5, {.min = 1});
    in.text("when", request.when);
    in.text("unless", request.unless);
    if (in.text("method", request.method) && request.method != "POST" && request.method != "PUT" && request.method != "PATCH") {
        in.refuse("method", "must be POST, PUT or PATCH");
    }
    if (in.text("url", request.url, {.min = 1, .max = 1000})) check_template(in, "url", request.url);
    read_pairs(in, "query", request.query);
    for (const auto& [name, text] : request.query) check_template(in, "query", text);
    read_pairs(in, "headers", request.headers);
    for (const auto& [name, text] : request.headers) check_template(in, "headers", text);
    if (in.text("basic", request.basic)) check_template(in, "basic", request.basic);
    read_pairs(in, "remember", request.remember);
    in.boolean("optional", request.optional);
    for (const auto* field : {"json", "form"}) {
        const auto* structure = in.value(field);
        if (structure == nullptr) continue;
        (field == std::string_view("json") ? request.json : request.form) = *structure;
        for (auto& [place, what] : mistakes_of(*structure)) problems.push_back({in.pointer(field) + place, what});
    }
    in.finish();
    return request;
}

AnswerRule read_rule(const Json& document, const std::string& pointer, json::Problems& problems) {
    AnswerRule rule;
    json::Reader in(document, pointer, problems);
    in.require({"outcome"});
    if (const auto* statuses = in.array("statuses", 20)) {
        for (const auto& status : *statuses) {
            if (status.is_number_integer()) rule.statuses.push_back(status.get<int>());
        }
    }
    in.text("at", rule.at);
    if (const auto* value = in.value("is")) rule.is = *value;
    in.name("outcome", rule.outcome);
    in.text("words", rule.words);
    in.text("wait", rule.wait);
    std::vector<std::pair<std::string, std::string>> pairs;
    read_pairs(in, "by_words", pairs);
    for (const auto& [words, name] : pairs) {
        if (const auto told = from_name<Told>(name)) {
            rule.by_words.emplace_back(words, *told);
        } else {
            in.refuse("by_words", fmt::format("{} is no outcome", name));
        }
    }
    in.finish();
    return rule;
}

void read_rate(const Json& document, const std::string& pointer, Declaration& made, json::Problems& problems) {
    Rate rate;
    std::string per;
    json::Reader in(document, pointer, problems);
    in.require({"messages", "per", "url"});
    in.whole("messages", rate.messages, 1, 100'000);
    if (in.text("per", per)) {
        const auto duration = parse_duration(per);
        if (!duration || *duration < milliseconds{1'000}) in.refuse("per", "must be a duration of a second or more");
        rate.per = duration.value_or(rate.per);
    }
    in.text("url", made.rate_url, {.min = 1, .max = 300});
    in.finish();
    made.rate = rate;
}

// The line of a pointer, or of the nearest thing around it that has one.
int line_of(const config::Tree& tree, std::string pointer) {
    for (;; pointer.resize(pointer.rfind('/'))) {
        if (const auto found = tree.lines.find(pointer); found != tree.lines.end()) return found->second;
        if (pointer.empty()) return tree.line;
    }
}

}  // namespace

Result<Declaration> read_declaration(std::string_view kind, std::string_view text) {
    const auto name = fmt::format("{}.yaml", kind);
    const auto trees = config::read_trees(text, name, config::Variables::keep);
    if (!trees) return trees.error();
    if (trees->size() != 1) return Error{name + ": one document is expected"};
    const auto& tree = trees->front();
    Declaration made;
    made.kind = kind;
    json::Problems problems;
    json::Reader in(tree.value, "", problems);
    in.require({"title", "doc", "dedup"});
    in.text("title", made.title, {.min = 1});
    in.text("doc", made.doc, kProse);
    in.text("url", made.url);
    in.text("dedup", made.dedup, kProse);
    in.name("escape", made.escape);
    in.boolean("words", made.has_words);
    in.boolean("in_place", made.in_place);
    if (const auto* rate = in.object("rate")) read_rate(*rate, in.pointer("rate"), made, problems);
    if (const auto* limits = in.object("limits")) {
        json::Reader most(*limits, in.pointer("limits"), problems);
        most.whole("title", made.limits.title, 1, 10'000);
        most.whole("text", made.limits.text, 1, 100'000);
        most.whole("value", made.limits.value, 1, 10'000);
        most.finish();
    }
    read_fields(in, "config", made.config, problems);
    read_fields(in, "secrets", made.secrets, problems);
    if (const auto* requests = in.array("requests", 10)) {
        for (std::size_t i = 0; i < requests->size(); ++i) made.requests.push_back(read_request((*requests)[i], fmt::format("/requests/{}", i), problems));
    }
    if (const auto* answers = in.array("answers", 20)) {
        for (std::size_t i = 0; i < answers->size(); ++i) made.answers.push_back(read_rule((*answers)[i], fmt::format("/answers/{}", i), problems));
    }
    in.finish();
    if (problems.empty()) return made;
    std::string message;
    for (const auto& problem : problems) {
        message += fmt::format("{}{}:{}: {} {}", message.empty() ? "" : "\n", name, line_of(tree, problem.pointer), problem.pointer, problem.detail);
    }
    return Error{message};
}

const std::vector<Declaration>& declarations() {
    static const std::vector<Declaration> all = [] {
        std::vector<Declaration> made;
        for (const auto& source : sources()) {
            auto declaration = read_declaration(source.kind, source.text);
            if (!declaration) throw std::logic_error("a kind of channel is declared wrongly: " + declaration.error().message);
            made.push_back(*std::move(declaration));
        }
        return made;
    }();
    return all;
}

const Declaration* find(std::string_view kind) {
    const auto& all = declarations();
    const auto found = std::find_if(all.begin(), all.end(), [kind](const Declaration& one) { return one.kind == kind; });
    return found == all.end() ? nullptr : &*found;
}

const Field* find_field(const std::vector<Field>& fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(), [name](const Field& one) { return one.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

}  // namespace sonde::channel
