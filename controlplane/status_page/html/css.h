// Style sheets from the owners of pages: what loads something, runs something, or would end the element it is put in is refused.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace sonde::status_page::html {

inline constexpr std::size_t kMaxCssBytes = 20'000;
inline constexpr std::size_t kMaxCssDepth = 16;  // of brackets in brackets

// `text` with its comments emptied, read as browsers read it (CSS Syntax Level 3), so that no escape hides anything. Refused are functions that take an address (`url()`,
// `src()`, `image-set()`, …) or code (`expression()`), properties that do (`behavior`, `-moz-binding`), rules other than `@media`, `@supports`, `@container`, `@layer`, `@page`,
// `@keyframes`, `</` and `<!` anywhere, brackets without partners, strings and comments without end, control characters, what is not UTF-8, and more than kMaxCssBytes. What is
// answered may be cleaned again and stays as it is. The error says where and what, and may follow a field's name: `line 3, column 1: @import is not allowed`.
Result<std::string> clean_css(std::string_view text);

}  // namespace sonde::status_page::html
