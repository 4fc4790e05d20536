// Members of documents that a caller chose, `fields=id,name,state`, where he does not want all. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/json/json.h"

namespace sonde::controlplane {

class Fields {
public:
    // All.
    Fields() = default;
    // Names between commas, of `known`, each at most once. An error says which is none. The first of `known` is what the item is called by.
    static Result<Fields> parse(std::string_view text, std::span<const std::string_view> known);

    // The document with what was chosen of it, in its own order. What it is called by is always there.
    [[nodiscard]] Json of(Json document) const;

private:
    std::vector<std::string> chosen_;  // none: all
};

}  // namespace sonde::controlplane
