#include "lib/check/http/url_credentials.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "lib/check/escaped.h"
#include "lib/check/http/header.h"

namespace sonde::check {
namespace {

constexpr std::string_view kHiddenCredential = "***";
constexpr std::string_view kUrlBounds = " \t\r\n\v\f\"<>";  // a URL in prose ends at one of these
constexpr int kDeepestUrl = 3;                                 // a URL in a URL in a URL

// Words that tell by themselves, wherever they stand in a name; those of headers tell, too.
constexpr std::array<std::string_view, 22> kTellingWords{"key",       "keys",      "tokens",      "secrets", "pass",     "passphrase", "pwd",      "auth",
                                                    "sig",       "signature", "hmac",        "otp",     "totp",     "ticket",     "idtoken",  "refreshtoken",
                                                    "verifier",  "assertion", "samlresponse", "samlart", "phpsessid", "jsessionid"};

bool is_upper_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_word_character(char c) { return is_upper_letter(c) || is_lower_letter(c) || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80; }

std::string percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const auto next = character_at(text, at, Escaping::percent);
        result += next.size == 0 ? text.substr(at, next.length) : std::string_view(next.may_be_space ? " " : next.bytes.data(), 1);
        at += next.length;
    }
    return result;
}

// `accessToken`, `access.token` and `access_token[]` as `access-token`.
std::string hyphenated(std::string_view name) {
    std::string words;
    char before = '\0';
    for (const char c : name) {
        const bool begins = !is_word_character(c) || (is_upper_letter(c) && is_lower_letter(before));
        if (begins && !words.empty() && words.back() != '-') words += '-';
        if (is_word_character(c)) words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        before = c;
    }
    if (words.ends_with('-')) words.pop_back();
    return words;
}

std::size_t end_of_url_part(std::string_view text, std::size_t from, std::string_view ends) { return std::min(text.find_first_of(ends, from), text.size()); }

bool ends_in_scheme(std::string_view text) {
    for (const std::string_view scheme : {"http", "https", "ws", "wss", "ftp"}) {
        if (text.size() < scheme.size()) continue;
        const auto last = text.substr(text.size() - scheme.size());
        const bool equal = std::equal(last.begin(), last.end(), scheme.begin(), [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
        if (equal && (last.size() == text.size() || !is_word_character(text[text.size() - scheme.size() - 1]))) return true;
    }
    return false;
}

// One pass over a text. Each step takes something of it.
class Hiding {
public:
    Hiding(std::string_view text, int depth) : text_(text), depth_(depth) {}

    std::string run() {
        while (at_ < text_.size()) step();
        return std::move(out_);
    }

private:
    void step() {
        const char c = text_[at_];
        if (kUrlBounds.find(c) != std::string_view::npos) in_query_ = false;
        if (is_slash(c) && at_ + 1 < text_.size() && is_slash(text_[at_ + 1])) return authority();
        if (c == ':' && ends_in_scheme(text_.substr(0, at_))) return authority();
        if (c == '?' || c == '#') in_query_ = true;
        if (c == '?' || c == '#' || c == '&' || c == ';' || c == '@') return parameter();
        keep(1);
    }

    static bool is_slash(char c) { return c == '/' || c == '\\'; }

    void keep(std::size_t bytes) {
        out_ += text_.substr(at_, bytes);
        at_ += bytes;
    }

    void hide_to(std::size_t end) {
        out_ += kHiddenCredential;
        at_ = end;
    }

    // After `//`, or a scheme with as many slashes as somebody thought right.
    void authority() {
        keep(1);
        while (at_ < text_.size() && is_slash(text_[at_])) keep(1);
        if (at_ < authority_end_) return;  // a scheme within an authority: it was looked through
        authority_end_ = end_of_url_part(text_, at_, "/\\?# \t\r\n\v\f\"<>");
        const auto at_sign = text_.substr(at_, authority_end_ - at_).rfind('@');
        if (at_sign != std::string_view::npos && at_sign > 0) hide_to(at_ + at_sign);
    }

    // `name=value` after one of `?#&;`, or of `@`, so that what came before it is no part of a name. What is only looked at ends at the next of these, so
    // that no byte is looked at twice; what is hidden goes on for as long as a value might.
    void parameter() {
        const bool in_path = text_[at_] == ';' && !in_query_;
        keep(1);
        while (in_path && at_ < text_.size() && text_[at_] == ' ') keep(1);
        const auto equals = end_of_url_part(text_, at_, "=?#&;@/ \t\r\n\v\f\"<>");
        if (equals == text_.size() || text_[equals] != '=') return;
        const bool is_credential = is_credential_parameter(text_.substr(at_, equals - at_));
        keep(equals + 1 - at_);
        const auto piece = text_.substr(at_, end_of_url_part(text_, at_, "?#&; \t\r\n\v\f\"<>") - at_);
        if (is_hidden(piece)) return keep(piece.size());
        if (!is_credential && !hides_some(piece)) return;
        const auto end = end_of_url_part(text_, at_, in_path ? "/?#&; \t\r\n\v\f\"<>" : "#& \t\r\n\v\f\"<>");
        if (end > at_) hide_to(end);
    }

    // What a sentence around it may have added is no part of it.
    static bool is_hidden(std::string_view value) {
        return value.starts_with(kHiddenCredential) && value.find_first_not_of(",.:)", kHiddenCredential.size()) == std::string_view::npos;
    }

    [[nodiscard]] bool hides_some(std::string_view value) const {
        if (value.find('%') == std::string_view::npos) return false;
        const auto meant = percent_decoded(value);
        if (meant == value) return false;
        if (depth_ == kDeepestUrl) return true;
        const auto as_parameters = '&' + meant;
        return Hiding(as_parameters, depth_ + 1).run() != as_parameters;
    }

    std::string_view text_;
    int depth_;
    std::size_t at_ = 0;
    std::size_t authority_end_ = 0;
    bool in_query_ = false;
    std::string out_;
};

}  // namespace

bool is_credential_parameter(std::string_view name) {
    const auto words = hyphenated(percent_decoded(name));
    if (words == "code" || is_secret_header(words)) return true;
    for (std::string_view rest = words; !rest.empty();) {
        const auto word = rest.substr(0, rest.find('-'));
        if (std::find(kTellingWords.begin(), kTellingWords.end(), word) != kTellingWords.end()) return true;
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return false;
}

std::string without_credentials(std::string_view text) { return Hiding(text, 0).run(); }

}  // namespace sonde::check
