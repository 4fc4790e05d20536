// Versions of TLS that a spec may ask for.
#pragma once

#include "lib/base/enum_name.h"

namespace sonde::check {

enum class TlsVersion : unsigned char { tls_1_0, tls_1_1, tls_1_2, tls_1_3 };

}  // namespace sonde::check

template <>
struct sonde::EnumNames<sonde::check::TlsVersion> {
    static constexpr std::array<std::string_view, 4> names{"1.0", "1.1", "1.2", "1.3"};
};
