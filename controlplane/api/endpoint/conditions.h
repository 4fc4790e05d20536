// The `where` of a list, put together from what the caller asked for; values are always parameters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/db/db.h"

namespace sonde::controlplane {

class Conditions {
public:
    // `sql` with a `?` for each parameter, in order.
    void add(std::string_view sql, const std::vector<db::Param>& params = {});

    // `where …`, or nothing.
    [[nodiscard]] const std::string& where() const { return where_; }
    // The next parameter's `$n`, for what follows the `where`.
    std::string bind(db::Param param);
    [[nodiscard]] const std::vector<db::Param>& params() const { return params_; }

private:
    std::string where_;
    std::vector<db::Param> params_;
};

}  // namespace sonde::controlplane
