#include "controlplane/status_page/subscribe/form.h"

#include <set>

#include "controlplane/status_page/subscribe/desk.h"
#include "lib/http/target.h"

namespace sonde::status_page::subscribe {

std::optional<Form> read_form(const http::Request& request, const Snapshot& page) {
    const auto* type = request.header("content-type");
    if (type == nullptr || !type->starts_with("application/x-www-form-urlencoded") || request.body.size() > kMostForm) return std::nullopt;
    const auto decoded = http::decode_target("/?" + request.body);  // the query of an address is encoded as a form
    if (!decoded) return std::nullopt;
    Form form;
    std::set<std::string> ticked;
    for (const auto& [name, value] : decoded->query) {
        if (name == "kind") form.kind = from_name<Kind>(value).value_or(Kind::email);
        if (name == "address") form.address = value;
        if (name == "component") ticked.insert(value);
    }
    std::size_t all = 0;
    for (const auto& group : page.groups) {
        for (const auto& component : group.components) {
            ++all;
            if (ticked.contains(component.id)) form.components.push_back(component.id);
        }
    }
    if (form.components.size() == all) form.components.clear();
    return form;
}

}  // namespace sonde::status_page::subscribe
