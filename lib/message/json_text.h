// Writing and reading of the bus's JSON. Internal to lib/message: the codecs share it, nobody else may.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/base/instant.h"
#include "lib/base/result.h"

namespace sonde::message::json_text {

// Appends a JSON string, quoted and escaped. Invalid UTF-8 becomes U+FFFD, and U+0000, which PostgreSQL's jsonb cannot hold, a space.
void append_string(std::string& out, std::string_view text);

// Thrown while a message is read, and caught where reading began.
struct Malformed {
    std::string what;
};

// Typed access to the fields of an object; throws Malformed with the field's name.
class Fields {
public:
    explicit Fields(simdjson::dom::element element);

    [[nodiscard]] bool has(std::string_view field) const;
    [[nodiscard]] std::string_view text(std::string_view field, std::size_t max) const;
    [[nodiscard]] std::int64_t whole(std::string_view field, std::int64_t min, std::int64_t max) const;
    [[nodiscard]] std::int64_t whole_or(std::string_view field, std::int64_t min, std::int64_t max, std::int64_t fallback) const;
    [[nodiscard]] int small(std::string_view field, int min, int max) const;
    [[nodiscard]] double real_or(std::string_view field, double fallback) const;
    [[nodiscard]] bool boolean_or(std::string_view field, bool fallback) const;
    [[nodiscard]] TimePoint instant(std::string_view field) const;
    [[nodiscard]] simdjson::dom::array array(std::string_view field, std::size_t min, std::size_t max) const;
    [[nodiscard]] Fields object(std::string_view field) const;
    // An object as compact text, which is then known to be valid JSON without U+0000.
    [[nodiscard]] std::string object_text(std::string_view field) const;

    // Calls `visit(name, text)` for each field of an object of strings, of which there are at most `max`.
    template <class Visit>
    void each_text(std::string_view field, std::size_t max, Visit visit) const;

    template <class AnyId>
    [[nodiscard]] AnyId id(std::string_view field) const {
        if (const auto found = AnyId::parse(text(field, 32))) return *found;
        throw wrong(field, "is not an identifier of the right kind");
    }
    template <class Enum>
    [[nodiscard]] Enum name(std::string_view field) const;

    [[nodiscard]] static Malformed wrong(std::string_view field, std::string_view what);

private:
    simdjson::dom::object object_;
    [[nodiscard]] simdjson::dom::element get(std::string_view field) const;
};

// Parses one message of version 1, at most 1 MiB, and hands its fields to `read`; gives what that returned, or what was wrong.
template <class Message, class Read>
Result<Message> read_message(std::string_view text, Read read);

// The thread's own parser, so that its buffers are reused.
simdjson::dom::element parse(std::string_view text);

}  // namespace sonde::message::json_text

#include "lib/base/enum_name.h"

template <class Enum>
Enum sonde::message::json_text::Fields::name(std::string_view field) const {
    if (const auto found = from_name<Enum>(text(field, 64))) return *found;
    throw wrong(field, "is not one of the names allowed");
}

template <class Visit>
void sonde::message::json_text::Fields::each_text(std::string_view field, std::size_t max, Visit visit) const {
    simdjson::dom::object object;
    if (get(field).get(object) != simdjson::SUCCESS) throw wrong(field, "must be an object");
    if (object.size() > max) throw wrong(field, "has too many fields");
    for (const auto& [name, value] : object) {
        std::string_view text;
        if (value.get(text) != simdjson::SUCCESS) throw wrong(field, "must hold strings only");
        visit(name, text);
    }
}

template <class Message, class Read>
sonde::Result<Message> sonde::message::json_text::read_message(std::string_view text, Read read) {
    try {
        const Fields in(parse(text));
        if (in.whole("v", 0, 1'000'000) != 1) return Error{"is of a version this program does not know"};
        return read(in);
    } catch (const Malformed& malformed) {
        return Error{malformed.what};
    } catch (const simdjson::simdjson_error& error) {
        return Error{error.what()};
    }
}
