// Events that are JSON documents.
#pragma once

#include <functional>
#include <string_view>

#include "lib/http/stream.h"
#include "lib/json/json.h"

namespace sonde::http {

// Sends what `document` returns, as an event of this type. If it throws, the log has why, and the client an event `problem` in its place, an RFC 9457
// document, with which the stream ends. False then, and if the stream is over.
bool send_document(Stream& stream, std::string_view type, const std::function<Json()>& document);

}  // namespace sonde::http
