// What a kind of channel is, as schema/channels/KIND.yaml declares it: the fields that people set, how an event becomes requests, and what answers mean.
// The one source for the API, the notifier and docs/notifications.md. docs/adr/0025-kinds-of-channels-are-data.md.
//
// A structure (`json`, `form`) is what is sent, with templates (lib/template) for texts. These maps stand for something else:
//
//     {$when: NAME, …} {$unless: NAME, …}       the rest of the map, if NAME is there (not); else the member or item is left out
//     {$when: NAME, $value: S} …                the structure S, likewise
//     {$each: LIST, $most: 10, $item: S}        S for each item of a list, with the item's own names; spliced into the list it stands in
//     {$pick: NAME, a: S, b: T, $else: U}       the structure that the value of NAME chooses
//     {$raw: NAME}                              the value itself, whatever its type
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/enum_name.h"
#include "lib/base/result.h"
#include "lib/channel/escape.h"
#include "lib/channel/flow.h"
#include "lib/json/json.h"
#include "lib/regex/pattern.h"

namespace sonde::channel {

enum class FieldType : unsigned char { text, url, integer, boolean, choice, signing_key, texts, certificates };

// One thing that people set. Secret ones are sealed, never shown.
struct Field {
    std::string name;
    FieldType type = FieldType::text;
    std::string doc;
    bool required = false;
    bool query = true;       // of a url: it may have one
    std::int64_t min = 1;    // of a text in bytes; of a number
    std::int64_t max = 200;  // likewise
    int most = 20;           // of texts: how many there may be; at least one
    std::string pattern;     // of a text: an RE2 expression for all of it
    std::optional<regex::Pattern> fitting{};  // the same, compiled
    std::string form;        // what that means, after `must be`
    std::vector<std::string> choices;
    std::string with;  // another setting or secret that must be there if this one is; a signing key with one is never made here
    Json by_default;  // null: none
    Json example;
};

struct Request {
    std::vector<std::string> verbs;  // of events it is for; empty for all
    std::string when;                // a name that must be there, or empty
    std::string unless;              // a name that must not be
    std::string method = "POST";
    std::string url;  // a template: urls are put in as they are, all else percent-encoded
    std::vector<std::pair<std::string, std::string>> query;    // templates; added to what the url has
    std::vector<std::pair<std::string, std::string>> headers;  // templates; one that comes to nothing is left out
    std::string basic;                                         // a template `user:password`
    Json json;  // a structure; null if `form` is sent, or nothing
    Json form;
    std::vector<std::pair<std::string, std::string>> remember;  // name → pointer into the answer, kept for the thread's later requests
    bool optional = false;  // if it is refused for good, what follows is sent all the same
};

// What became of a request, where its status alone does not say.
enum class Told : unsigned char { accepted, gone, refused, throttled, unavailable };

// The first rule that fits an answer decides.
struct AnswerRule {
    std::vector<int> statuses;  // empty for all
    std::string at;             // a pointer that must have the value `is`; empty for no such condition. A null stands for what is not there
    Json is;
    Told outcome = Told::refused;
    std::string words;  // a pointer to what the receiver says is wrong
    std::vector<std::pair<std::string, Told>> by_words;
    std::string wait;  // a pointer to the seconds it asks to wait
};

// Most characters of what is told, once escaped; of a fact each its value.
struct Limits {
    int title = 200;
    int text = 2000;
    int value = 300;
};

struct Declaration {
    std::string kind;
    std::string title;
    std::string doc;
    std::string url;    // where the receiver documents it
    std::string dedup;  // what keeps a second copy from being seen
    std::vector<Field> config;
    std::vector<Field> secrets;
    Escape escape = Escape::none;  // of what is told; settings and secrets are never touched
    Limits limits;
    std::optional<Rate> rate;  // what the receiver says it takes, and
    std::string rate_url;      // where
    bool has_words = true;  // what is told is words, and not the event's document
    bool in_place = false;  // a later message of a thread brings the first one up to date, or joins it
    std::vector<Request> requests;  // empty: the notifier has code for it
    std::vector<AnswerRule> answers;
};

// The source of a declaration, embedded by schema/embed.py.
struct Source {
    std::string_view kind;
    std::string_view text;
};
const std::vector<Source>& sources();

// An error says file, line and what is wrong.
Result<Declaration> read_declaration(std::string_view kind, std::string_view text);

// All kinds, in the order of their names. The embedded ones are right, which a test holds; else the program ends here.
const std::vector<Declaration>& declarations();
// nullptr for a kind that there is not.
const Declaration* find(std::string_view kind);

const Field* find_field(const std::vector<Field>& fields, std::string_view name);

}  // namespace sonde::channel

template <>
struct sonde::EnumNames<sonde::channel::FieldType> {
    static constexpr std::array<std::string_view, 8> names{"text", "url", "integer", "boolean", "choice", "signing_key", "texts", "certificates"};
};

template <>
struct sonde::EnumNames<sonde::channel::Told> {
    static constexpr std::array<std::string_view, 5> names{"accepted", "gone", "refused", "throttled", "unavailable"};
};
