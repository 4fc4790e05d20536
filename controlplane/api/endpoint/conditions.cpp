#include "controlplane/api/endpoint/conditions.h"

#include <fmt/format.h>

namespace sonde::controlplane {

void Conditions::add(std::string_view sql, const std::vector<db::Param>& params) {
    where_ += where_.empty() ? "where " : " and ";
    auto param = params.begin();
    for (const char c : sql) {
        if (c == '?' && param != params.end()) {
            where_ += bind(*param++);
        } else {
            where_ += c;
        }
    }
}

std::string Conditions::bind(db::Param param) {
    params_.push_back(std::move(param));
    return fmt::format("${}", params_.size());
}

}  // namespace sonde::controlplane
