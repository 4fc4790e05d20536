// Closed enums with names: one table a type, checked against the enum at compile time.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sonde {

// Specialise with `static constexpr std::array<std::string_view, N> names`, in the order of the enumerators from 0.
template <class Enum>
struct EnumNames;

template <class Enum>
constexpr std::string_view name_of(Enum value) {
    return EnumNames<Enum>::names.at(static_cast<std::size_t>(value));
}

template <class Enum>
constexpr std::optional<Enum> from_name(std::string_view name) {
    for (std::size_t i = 0; i < EnumNames<Enum>::names.size(); ++i) {
        if (EnumNames<Enum>::names[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

}  // namespace sonde
