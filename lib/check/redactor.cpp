#include "lib/check/redactor.h"

#include <algorithm>

#include "lib/check/escaped.h"

namespace sonde::check {
namespace {

constexpr std::string_view kHiddenValue = "***";
constexpr std::string_view kCutMark = "…";  // what ends a quote that was shortened

// How far a value goes on from a place.
struct ValueMatch {
    std::size_t value = 0;   // bytes of it that are there
    std::size_t length = 0;  // of the text
    bool text_ended = false;
    bool at_mark = false;  // of a cut
};

ValueMatch match_value(std::string_view text, std::size_t at, std::string_view value, Escaping escaping) {
    ValueMatch so_far;
    while (so_far.value < value.size()) {
        if (at + so_far.length >= text.size()) {
            so_far.text_ended = true;
            return so_far;
        }
        const auto next = character_at(text, at + so_far.length, escaping);
        const auto rest = value.substr(so_far.value);
        const bool fits = next.size > 0 && rest.starts_with(std::string_view(next.bytes.data(), next.size));
        if (next.size == 0) {
            so_far.length += next.length;
        } else if (fits || (next.may_be_space && rest.front() == ' ')) {
            so_far.value += next.size;
            so_far.length += next.length;
        } else {
            so_far.at_mark = text.substr(at + so_far.length).starts_with(kCutMark);
            return so_far;
        }
    }
    return so_far;
}

// Every place at which `value` may begin: its first byte as it is, or something escaped.
std::size_t next_start(std::string_view text, std::size_t from, std::string_view value, Escaping escaping) {
    if (escaping == Escaping::none) return text.find(value.front(), from);
    const char starts[] = {value.front(), first_of_escape(escaping), '+'};
    return text.find_first_of({starts, value.front() == ' ' ? 3U : 2U}, from);
}

void hide_value(std::string& text, std::string_view value, Escaping escaping, bool may_be_cut) {
    for (auto at = next_start(text, 0, value, escaping); at != std::string::npos; at = next_start(text, at, value, escaping)) {
        const auto found = match_value(text, at, value, escaping);
        const bool cut_off = (found.at_mark || (may_be_cut && found.text_ended)) && found.value >= Redactor::kShortest;
        if (found.value == value.size() || cut_off) {
            text.replace(at, found.length, kHiddenValue);
            at += kHiddenValue.size();
        } else {
            ++at;
        }
    }
}

void redact_document(Json& document, const Redactor& redact) {
    if (document.is_string()) {
        document = redact(document.get<std::string>());
    } else if (document.is_structured()) {
        for (auto& value : document) redact_document(value, redact);
    }
}

}  // namespace

Redactor::Redactor(const Secrets& secrets) {
    for (const auto& [name, value] : secrets) add(value.reveal());
}

void Redactor::add(std::string_view value) {
    if (value.size() < kShortest || std::find(values_.begin(), values_.end(), value) != values_.end()) return;
    values_.emplace_back(value);
    std::sort(values_.begin(), values_.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Redactor::operator()(std::string text) const {
    const bool may_be_cut = text.size() >= kCutAt;
    for (const auto& value : values_) {
        hide_value(text, value, Escaping::none, may_be_cut);
        if (text.find_first_of("%+") != std::string::npos) hide_value(text, value, Escaping::percent, may_be_cut);
        if (text.find("%25") != std::string::npos) hide_value(text, value, Escaping::percent_twice, may_be_cut);
        if (text.find('\\') != std::string::npos) hide_value(text, value, Escaping::json, may_be_cut);
        if (text.find('&') != std::string::npos) hide_value(text, value, Escaping::html, may_be_cut);
    }
    return text;
}

void Redactor::apply(Json& document) const {
    if (!empty()) redact_document(document, *this);
}

}  // namespace sonde::check
