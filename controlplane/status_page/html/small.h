// What is shown alone: the page's state as a widget for other pages, the question for what opens a protected page, and that something is not there.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/status_page/html/render.h"

namespace sonde::status_page::html {

// One line with the state, which leads to the page at `url`. Without scripts; it asks for itself anew once a minute. Of `visit`, `now` is looked at alone.
std::string widget(const Snapshot& page, const Visit& visit, std::string_view url);
// It may be in any page.
const std::string& widget_policy();
// A script that puts the widget where it is loaded from, for whoever would rather not write an `<iframe>`.
std::string_view widget_script();

enum class Question : unsigned char { password, wrong_password, later, token };

// Tells nothing of the page but its language. A form that is posted to `base`, or, for a token, what to do.
std::string guard(std::string_view language, Question question, std::string_view base);
const std::string& guard_policy();

// For who comes to what is not there, under a policy like the guard's: an old link, perhaps. It leads to the page at `base`.
std::string nothing(const Snapshot& page, std::string_view base);

}  // namespace sonde::status_page::html
