// Strict reading of JSON objects into values: every mistake is reported with its JSON pointer (RFC 6901), none hides another.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/duration.h"
#include "lib/base/enum_name.h"
#include "lib/base/id.h"
#include "lib/json/json.h"

namespace sonde::json {

// One mistake in a document. As it goes into the `errors` of a problem document (RFC 9457).
struct Problem {
    std::string pointer;  // of the offending value; of the object, for a missing field; "" is the whole document
    std::string detail;   // for people, e.g. "must be a whole number from 5 to 86400"
};

using Problems = std::vector<Problem>;

struct TextRule {
    std::size_t min = 0;  // in bytes
    std::size_t max = 200;
    bool multi_line = false;  // control characters are always refused, but for line breaks and tabs here
};

// Reads the fields of one object. Each call that finds its field absent or wrong leaves the target unchanged, and in the
// wrong case adds a problem. An explicit null counts as wrong except in the `nullable` calls. `finish()` must be the last call: it reports fields nobody asked for.
//
//     json::Reader in(body, "", problems);
//     in.text("name", name, {.min = 1});
//     in.whole("timeout_ms", timeout, 100, 60'000);
//     in.finish();
//
// Not thread-safe; does not own `document`, which must outlive it.
class Reader {
public:
    Reader(const Json& document, std::string pointer, Problems& problems);

    // Which fields must be there. Reports those that are not.
    Reader& require(std::initializer_list<std::string_view> fields);

    bool has(std::string_view field) const;
    bool boolean(std::string_view field, bool& target);
    bool whole(std::string_view field, std::int64_t& target, std::int64_t min, std::int64_t max);
    bool whole(std::string_view field, int& target, int min, int max);
    bool text(std::string_view field, std::string& target, TextRule rule = {});
    bool texts(std::string_view field, std::vector<std::string>& target, std::size_t max_items, TextRule rule = {});
    // Durations travel as whole milliseconds in fields named `…_ms`.
    bool duration_ms(std::string_view field, milliseconds& target, milliseconds min, milliseconds max);

    template <class Enum>
    bool name(std::string_view field, Enum& target) {
        const auto* value = find_string(field);
        if (value == nullptr) return false;
        if (const auto found = from_name<Enum>(*value)) {
            target = *found;
            return true;
        }
        refuse_name(field, EnumNames<Enum>::names.data(), EnumNames<Enum>::names.size());
        return false;
    }

    template <class AnyId>
    bool id(std::string_view field, AnyId& target) {
        const auto* value = find_string(field);
        if (value == nullptr) return false;
        if (const auto found = AnyId::parse(*value)) {
            target = *found;
            return true;
        }
        refuse(field, "is not an identifier of the right kind");
        return false;
    }

    // The raw value, for nested readers; nullptr if absent. Counts as asked for.
    const Json* value(std::string_view field);
    // As `value`, but reports anything that is not an object.
    const Json* object(std::string_view field);
    const Json* array(std::string_view field, std::size_t max_items);

    [[nodiscard]] std::string pointer(std::string_view field) const;
    void refuse(std::string_view field, std::string detail);
    void finish();

private:
    const Json* take(std::string_view field);
    const std::string* find_string(std::string_view field);
    void refuse_name(std::string_view field, const std::string_view* names, std::size_t count);

    const Json& document_;
    std::string pointer_;
    Problems& problems_;
    std::vector<std::string_view> asked_;
    bool is_object_ = false;
};

// One token of a JSON pointer, escaped (RFC 6901, section 3).
std::string escape_pointer(std::string_view token);

}  // namespace sonde::json
