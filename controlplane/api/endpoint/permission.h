// What may be allowed: one key for each thing that somebody may be trusted with, and sets of them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/enum_name.h"

namespace sonde::controlplane {

// Every operation needs one of these (`x-sonde-permission` in the API document).
enum class Permission : unsigned char {
    sites_read,
    sites_write,
    monitors_read,
    monitors_write,  // also groups and dependencies; shows ping tokens
    monitors_pause,  // `paused`, and nothing else of a monitor
    monitors_run,
    maintenance_read,
    maintenance_write,
    incidents_read,
    incidents_write,
    incidents_moderate,  // change what others wrote
    regions_read,        // and agents
    regions_write,
    regions_vote,  // say what a region's votes are worth
    channels_read,
    channels_write,
    events_read,
    files_read,   // export: sites, monitors, groups, dependencies, maintenance, channels, regions
    files_write,  // apply: whatever files have of these
    access_read,  // users, clients, roles, and who has which
    access_write,
    audit_read,
    account_own,  // what everybody who logs in may do with himself
    pages_read,   // status pages and their settings; anybody may see a public one
    pages_write,
    pages_subscribers,  // see the addresses of who subscribed to them, and erase them
    settings_read,      // of the whole installation
    settings_write,
};

class Permissions {
public:
    constexpr Permissions() = default;
    constexpr Permissions(std::initializer_list<Permission> all) {
        for (const auto permission : all) bits_ |= bit(permission);
    }

    [[nodiscard]] constexpr bool has(Permission permission) const { return (bits_ & bit(permission)) != 0; }
    [[nodiscard]] constexpr bool includes(Permissions others) const { return (others.bits_ & ~bits_) == 0; }
    [[nodiscard]] constexpr Permissions with(Permissions others) const { return Permissions{bits_ | others.bits_}; }
    [[nodiscard]] constexpr Permissions common(Permissions others) const { return Permissions{bits_ & others.bits_}; }
    friend constexpr bool operator==(Permissions, Permissions) = default;

private:
    constexpr explicit Permissions(std::uint64_t bits) : bits_(bits) {}
    static constexpr std::uint64_t bit(Permission permission) { return std::uint64_t{1} << static_cast<unsigned>(permission); }

    std::uint64_t bits_ = 0;
};

// The roles that there always are. Each may do what those before it may.
enum class Role : unsigned char { viewer, operate, admin };

Permissions permissions_of(Role role);

// By key; those that this program does not know are left out.
Permissions permissions_named(const std::vector<std::string>& keys);
// Their keys, in the order of the enum.
std::vector<std::string> keys_of(Permissions permissions);

}  // namespace sonde::controlplane

template <>
struct sonde::EnumNames<sonde::controlplane::Permission> {
    static constexpr std::array<std::string_view, 28> names{
        "sites.read",     "sites.write",     "monitors.read",      "monitors.write", "monitors.pause", "monitors.run",
        "maintenance.read", "maintenance.write", "incidents.read", "incidents.write", "incidents.moderate", "regions.read",
        "regions.write",  "regions.vote",    "channels.read",      "channels.write", "events.read",
        "files.read",     "files.write",     "access.read",        "access.write",   "audit.read",     "account.own",
        "pages.read",     "pages.write",     "pages.subscribers",  "settings.read",  "settings.write"};
};

template <>
struct sonde::EnumNames<sonde::controlplane::Role> {
    static constexpr std::array<std::string_view, 3> names{"viewer", "operator", "admin"};
};
