// Keys in place of identifiers, and back. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "controlplane/api/apply/kind.h"

namespace sonde::controlplane::apply_api {

// The pointer to a field of the API's document as files that say `set` have it: `/schedule_id` is what they call `/schedule`, if they do not say the former.
std::string pointer_in_files(Kind kind, const Json& set, const std::string& pointer);

class References {
public:
    // A key of the files; its identifier may be told later.
    void expect(Kind kind, const std::string& key) { by_key_.try_emplace({kind, key}); }
    void tell(Kind kind, const std::string& key, const std::string& identifier);

    // The API's document of `set`: `site` becomes `site_id`, and so on for members, anchors, targets and the ends of a dependency. Each reference is a key
    // or an identifier; one that is neither, or whose key nobody expects, is a problem below `pointer`. A key that was not told yet is left as it is.
    [[nodiscard]] Json resolve(Kind kind, const std::string& key, const Json& set, const std::string& pointer, json::Problems& problems) const;

    // The way back, of a document or a part of one: identifiers of what has a key become the key.
    [[nodiscard]] Json name(Kind kind, const Json& document) const;
    // `value` of one field of a canonical document, for people.
    [[nodiscard]] Json name_value(const Json& value) const;

private:
    Json one(Kind kind, const Json& value, const std::string& pointer, json::Problems& problems) const;
    Json list(Kind kind, const Json& value, const std::string& pointer, json::Problems& problems) const;
    Json node(const Json& value, const std::string& pointer, json::Problems& problems) const;

    std::map<std::pair<Kind, std::string>, std::string> by_key_;
    std::map<std::string, std::string> by_identifier_;
};

}  // namespace sonde::controlplane::apply_api
