#include "controlplane/api/endpoint/permission.h"

namespace sonde::controlplane {
namespace {

using enum Permission;

constexpr Permissions kViewer{sites_read, monitors_read, maintenance_read, incidents_read, regions_read, channels_read, events_read, files_read, account_own, pages_read, settings_read};
constexpr Permissions kOperator =
    kViewer.with({monitors_pause, monitors_run, maintenance_write, incidents_write, regions_vote});

constexpr Permissions everything() {
    Permissions all;
    for (std::size_t i = 0; i < EnumNames<Permission>::names.size(); ++i) all = all.with({static_cast<Permission>(i)});
    return all;
}

}  // namespace

Permissions permissions_of(Role role) {
    switch (role) {
        case Role::viewer: return kViewer;
        case Role::operate: return kOperator;
        case Role::admin: return everything();
    }
    return {};
}

Permissions permissions_named(const std::vector<std::string>& keys) {
    Permissions all;
    for (const auto& key : keys) {
        if (const auto permission = from_name<Permission>(key)) all = all.with({*permission});
    }
    return all;
}

std::vector<std::string> keys_of(Permissions permissions) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < EnumNames<Permission>::names.size(); ++i) {
        if (permissions.has(static_cast<Permission>(i))) keys.emplace_back(EnumNames<Permission>::names[i]);
    }
    return keys;
}

}  // namespace sonde::controlplane
