// Documents as responses: what is said of each beside its text.
#pragma once

#include <string_view>

#include "controlplane/status_page/pages.h"
#include "controlplane/status_page/serve/answers.h"
#include "controlplane/status_page/serve/document.h"
#include "lib/http/message.h"

namespace sonde::status_page::serve {

// With a strong ETag, by which 304 is answered to who has it; packed for who takes that. Public pages may be kept for a moment by anybody, and shown as they were where we cannot be
// reached; those of others by their reader's browser, which asks each time.
http::Response respond(const http::Request& request, const Page& page, Use use, const Answer& answer);

// For who may not see the page: a form or a hint for people, a problem document for programs.
enum class Refusal : unsigned char { ask, wrong_password, limited, busy };
http::Response refuse(const Page& page, Use use, std::string_view base, Refusal refusal);

// Nothing is here, whatever may be elsewhere: the same for all that is not there.
http::Response nothing_here();
// The same for people who may see the page.
http::Response nothing_here(const Page& page, std::string_view base);

// The way on, by GET.
http::Response lead(std::string to);

// Whether search engines are kept from this page.
bool is_hidden(const Page& page);

}  // namespace sonde::status_page::serve
