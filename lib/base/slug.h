// Keys for people to read, made of names. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace sonde {

// `Shop (EU)` becomes `shop-eu`; what has no letter or digit of ASCII is `fallback`. At most 48 characters.
std::string slug(std::string_view name, std::string_view fallback);

// The slug, or with a number behind it the first that is not in `taken`, to which it is added.
std::string unused_slug(std::string_view name, std::string_view fallback, std::set<std::string>& taken);

}  // namespace sonde
