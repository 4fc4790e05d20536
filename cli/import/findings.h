// What an import comes to: resources, and every single thing that could not be taken over. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/files/resource.h"
#include "lib/base/result.h"

namespace sonde::cli::import_from {

struct Findings {
    std::vector<files::Resource> resources;  // with notes of what is not as it was
    std::vector<std::string> left_out;       // what no resource was made of
    bool has_variables = false;              // `${NAME}` stands for an environment variable there as here
    std::set<std::string> taken;             // keys, with the site's before those of monitors

    // The site of that name, made when it is first asked for. Its key.
    std::string site(const std::string& name);
    // Adds it under a key made of its name; `site` is a key.
    void add_monitor(const std::string& site, Json set, std::vector<std::string> notes);
    void add_channel(Json set, std::vector<std::string> notes);

private:
    std::map<std::string, std::string> sites_;
};

// One line for each thing that was not taken over.
std::vector<std::string> lines_of(const Findings& findings);

// An object of which every field has to be looked at: what was not asked for and says something is told at the end.
class Fields {
public:
    // Anything but an object has no fields.
    explicit Fields(const Json& object) : object_(object) {}

    // Nothing if it is not there, or null.
    const Json* take(std::string_view name);
    // As text; numbers and booleans as they are written. Empty if it is not there.
    std::string text(std::string_view name);
    bool flag(std::string_view name, bool otherwise = false);
    std::optional<std::int64_t> whole(std::string_view name);
    // Known, and of no meaning here.
    void pass_over(std::initializer_list<std::string_view> names);

    // A note for each field that is left and is not null, false, 0 or empty.
    void tell_the_rest(std::vector<std::string>& notes) const;

private:
    const Json& object_;
    std::set<std::string, std::less<>> asked_;
};

// A secret of a monitor: `{{secrets.NAME}}` in its spec, whose value is in an environment variable that is named once the key is known.
std::string secret_reference(Json& set, const std::string& name);

// `value` as one short line.
std::string shown(const Json& value);

// A text for a regular expression that matches it alone.
std::string escape_regex(std::string_view text);

// Seconds; what is too short or too long for a monitor is brought in range, with a note.
void set_times(Json& set, std::optional<std::int64_t> interval_ms, std::optional<std::int64_t> timeout_ms, std::vector<std::string>& notes);

}  // namespace sonde::cli::import_from
